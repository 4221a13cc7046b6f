#include "run/arm.h"

bool arm_launch(struct arm *arm, struct error *err)
{
    if (!arm->is_up) {
        arm->is_up = target_start(&arm->target, err);
    }
    return arm->is_up;
}

bool arm_explain(struct arm *arm, struct error *err)
{
    struct error gone = {0};
    bool is_about_server = err == NULL || err->code == ERROR_TARGET || err->code == ERROR_INVALID;
    if (err != NULL && is_about_server && !target_is_alive(&arm->target, &gone)) {
        *err = gone;
    }
    return false;
}

void arm_stand_down(struct arm *arm)
{
    if (arm->target.owned) {
        target_stop(&arm->target);
        arm->is_up = false;
    }
}

void arm_release(struct arm *arm)
{
    target_release(&arm->target);
    arm->is_up = false;
}
