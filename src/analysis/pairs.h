/* Which runs count: the valid pairs of a cell. Private to analysis.
 *
 * Of a pair only the last attempt counts, and only when both arms have a valid run in it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/result.h"

struct pair_runs {
    const struct result_run *baseline;
    const struct result_run *arm;
};

/* Did the arm's run come before the baseline's? */
bool pairs_arm_is_first(const struct pair_runs *pair);

struct pairs {
    struct pair_runs *items; /* the pairs that count, by pair number */
    size_t count;
    size_t complete; /* pairs with a run of both arms in their last attempt, valid or not */
};

/* The loads of the cell's runs, "closed" before "open": one or two, or none without runs. Returns
 * how many. */
enum { PAIRS_LOADS = 2 };
size_t pairs_loads(const struct result_cell *cell, const char *loads[PAIRS_LOADS]);
/* The load at which the metric is compared. With one load it is that; with both, what a server can
 * do is seen in the closed loop, and latency in the open one, at the same rate for all. */
const char *pairs_load_of(const struct result_cell *cell, enum metric metric);

/* Fills `pairs` for two arms of the cell, from its runs under that load, without the pairs that
 * confirm a gate. The runs stay the cell's. */
void pairs_init(struct pairs *pairs, const struct result_cell *cell, const char *load,
                uint32_t baseline, uint32_t arm);
/* The pairs that confirm a gate. */
void pairs_init_fresh(struct pairs *pairs, const struct result_cell *cell, const char *load,
                      uint32_t baseline, uint32_t arm);
void pairs_release(struct pairs *pairs);

/* The level of intervals: the design's, or 0.95 when that is no level (0..1, exclusive). Where
 * pairs are added until the intervals are narrow, an interval is narrow a little too often by luck,
 * so that it must be made at a higher level to keep the promise: 0.965 for 0.95
 * (docs/STATISTICS.md).
 */
double pairs_confidence(const struct result *result);

struct run_ref {
    const struct result_run *run;
};

/* The runs of the last attempt of every pair under that load (NULL: under any), by pair number,
 * load and arm, without partial ones; `count` of them. The array is the caller's (mem_free). */
struct run_ref *pairs_last_attempts(const struct result_cell *cell, const char *load,
                                    size_t *count);
