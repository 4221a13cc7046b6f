/* One arm in one cell: the engine that puts the cell's load on the arm's server, and what it came
 * to. The lanes of a cell are warm and connected at the same time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "model/result.h"
#include "run/arm.h"
#include "run/tally.h"
#include "workload/workload.h"

struct lane {
    struct arm *arm;
    const struct workload *workload;     /* the cell's, compiled */
    const struct result_cell *described; /* what was asked of the cell */
    const struct load_spec *load;        /* the cell's */
    struct engine *engine;               /* between lane_connect and lane_close */
    uint64_t reach;     /* one past the greatest number of a key inserted; 0: none was */
    struct tally tally; /* the caller's to initialise and release */
    size_t told;        /* windows of it that were told to who watches the run grow */
};

/* Connects an engine whose streams are drawn from `seed`. ERROR_TARGET, ERROR_INTERRUPTED. */
bool lane_connect(struct lane *lane, const struct arm_context *context, uint64_t seed,
                  struct error *err);
/* Fills the keys of the cell's data, and what else its operations need. With `counts` a server of
 * ours must count as many keys more afterwards. From the call on, keys may be left in a server that
 * we did not start. ERROR_TARGET, ERROR_INVALID (data), ERROR_INTERRUPTED. */
bool lane_load(struct lane *lane, const struct arm_context *context, bool counts,
               struct error *err);
/* Checks by a sample of operations that the data is there. Must be done in every pair, so that the
 * streams of all arms stand at the same place afterwards. */
bool lane_check_data(struct lane *lane, const struct arm_context *context, struct error *err);
/* Loads for `duration` and throws the figures away. */
bool lane_warm_up(struct lane *lane, const struct arm_context *context, nsec duration,
                  struct error *err);
/* One slice, added to the lane's tally. `outcome` is scratch, and tells the last slice's
 * figures. */
bool lane_measure(struct lane *lane, const struct arm_context *context,
                  const struct engine_slice *slice, struct engine_outcome *outcome,
                  struct error *err);
/* Removes the keys of the cell's data, with an engine made for it. Goes on when the user wants to
 * stop, for that may be why we clean up. */
bool lane_remove(const struct lane *lane, const struct arm_context *context, struct error *err);
/* Disconnects the engine. */
void lane_close(struct lane *lane);
