/* One arm of a campaign on one of its hosts: its target, up or not, and what all cells of it need
 * to know. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/engine.h"
#include "run/placement.h"
#include "target/target.h"

struct arm {
    struct target target;
    bool is_up;      /* the server runs or is reached */
    uint32_t of;     /* which arm, from 0 */
    uint32_t host;   /* which of its hosts, from 0 */
    uint32_t number; /* among the hosts of all arms, from 0 */
};

/* What everything that is done to an arm is given. */
struct arm_context {
    const struct placement *placement;
    const struct engine_watch *watch;
    nsec duration; /* measured per arm and pair */
};

/* Starts or reaches the server, unless it is up already. */
bool arm_launch(struct arm *arm, struct error *err);
/* When something failed: a server that is gone is the better reason. Returns false. */
bool arm_explain(struct arm *arm, struct error *err);
/* A server that we started ends; another one is left as it is. */
void arm_stand_down(struct arm *arm);
/* Ends everything. */
void arm_release(struct arm *arm);
