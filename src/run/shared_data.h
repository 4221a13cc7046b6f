/* Data that cells share: loaded once per launch of a server that we start, once on another one as
 * long as there is room, and removed from that one by name. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "run/cell.h"

struct holding {
    bool is_loaded;  /* all of it is in the server */
    bool may_remain; /* some of it may be in a server that we did not start */
};

struct shared_data {
    const struct workload_spec *spec;                          /* of one of its cells */
    struct cell *cell;                                         /* that one */
    uint64_t bytes;                                            /* about */
    struct holding holdings[PLAN_MAX_ARMS * TARGET_MAX_HOSTS]; /* by the number of the host */
};

/* What the host at hand of an arm holds of it. */
struct holding *shared_data_holding(struct shared_data *data, uint32_t arm);

/* Removes the keys from a server that we did not start, if there may be some. */
bool shared_data_remove(struct shared_data *data, uint32_t arm, const struct arm_context *context,
                        struct error *err);
/* After an arm stood down: what was in a server of ours is gone with it. */
void shared_data_forget(struct shared_data *data, const struct arm *arm);
