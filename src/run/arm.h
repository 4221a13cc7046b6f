/* One arm of a campaign: its target, the engine that loads it, and what must be taken back. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "model/spec.h"
#include "run/placement.h"
#include "run/tally.h"
#include "target/target.h"

struct arm {
    struct target target;
    struct engine *engine; /* between arm_connect and arm_stand_down */
    bool is_up;            /* the server runs or is reached */
    bool holds_data;       /* our keys are, or may be, in a server that we did not start */
    bool is_loaded;        /* ... all of them */
    uint64_t reach;        /* one past the greatest number of a key inserted; 0: none was */
    struct tally tally;
};

struct arm_context {
    const struct spec *spec;
    const struct workload *workload;
    const struct placement *placement;
    const struct engine_watch *watch;
};

/* Starts or reaches the server, unless it is up already. */
bool arm_launch(struct arm *arm, struct error *err);
/* Connects an engine whose streams are drawn from `seed`. ERROR_TARGET, ERROR_INTERRUPTED. */
bool arm_connect(struct arm *arm, const struct arm_context *context, uint64_t seed,
                 struct error *err);
/* Loads the dataset, unless the server still holds it, and checks by a sample that it is there.
 * From the call on, keys may be left in a server that we did not start: set `holds_data` before,
 * and tell the user. ERROR_TARGET, ERROR_INVALID (data), ERROR_INTERRUPTED. */
bool arm_load(struct arm *arm, const struct arm_context *context, struct error *err);
/* Loads for `duration` and throws the figures away. */
bool arm_warm_up(struct arm *arm, const struct arm_context *context, nsec duration,
                 struct error *err);
/* One slice, added to the arm's tally. `outcome` is scratch, and tells the last slice's figures. */
bool arm_measure(struct arm *arm, const struct arm_context *context,
                 const struct engine_slice *slice, struct engine_outcome *outcome,
                 struct error *err);
/* Disconnects the engine; a server that we started ends. */
void arm_stand_down(struct arm *arm);
/* Removes our keys from a server that we did not start. True if nothing remains. */
bool arm_remove_data(struct arm *arm, const struct arm_context *context, struct error *err);
/* Ends everything. */
void arm_release(struct arm *arm);
