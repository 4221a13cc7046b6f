#include "run/shared_data.h"

struct holding *shared_data_holding(struct shared_data *data, uint32_t arm)
{
    return &data->holdings[data->cell->lanes[arm].arm->number];
}

bool shared_data_remove(struct shared_data *data, uint32_t arm, const struct arm_context *context,
                        struct error *err)
{
    struct holding *holding = shared_data_holding(data, arm);
    if (holding->may_remain && lane_remove(&data->cell->lanes[arm], context, err)) {
        *holding = (struct holding){0};
    }
    return !holding->may_remain;
}

void shared_data_forget(struct shared_data *data, const struct arm *arm)
{
    if (arm->target.owned) {
        data->holdings[arm->number] = (struct holding){0};
    }
}
