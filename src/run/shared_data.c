#include "run/shared_data.h"

bool shared_data_remove(struct shared_data *data, uint32_t arm, const struct arm_context *context,
                        struct error *err)
{
    struct holding *holding = &data->holdings[arm];
    if (holding->may_remain && lane_remove(&data->cell->lanes[arm], context, err)) {
        *holding = (struct holding){0};
    }
    return !holding->may_remain;
}

void shared_data_forget(struct shared_data *data, const struct arm *arm, uint32_t index)
{
    if (arm->target.owned) {
        data->holdings[index] = (struct holding){0};
    }
}
