#include "run/dataset.h"

bool dataset_remove(struct dataset *dataset, uint32_t arm, const struct arm_context *context,
                    struct error *err)
{
    struct holding *holding = &dataset->holdings[arm];
    if (holding->may_remain && lane_remove(&dataset->cell->lanes[arm], context, err)) {
        *holding = (struct holding){0};
    }
    return !holding->may_remain;
}

void dataset_forget(struct dataset *dataset, const struct arm *arm, uint32_t index)
{
    if (arm->target.owned) {
        dataset->holdings[index] = (struct holding){0};
    }
}
