/* One invocation from start to end: servers up, data loaded, trials in the right order, results
 * filled in and judged, everything cleaned up. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "model/result.h"
#include "model/spec.h"

enum run_phase {
    RUN_STARTING, /* servers are started or reached */
    RUN_LOADING,  /* data is loaded and checked */
    RUN_WARMING,
    RUN_MEASURING,
    RUN_HEADROOM, /* what the load generator can do by itself is measured */
    RUN_CLEANING,
};

/* What happens now, for a progress line, a log or nothing at all. */
struct run_progress {
    enum run_phase phase;
    const char *arm;      /* label; NULL: all */
    const char *cell;     /* its name; NULL: all of them, or there is only one */
    uint32_t cell_number; /* from 1; 0: all */
    uint32_t cells;
    uint32_t pair; /* from 1; 0 outside pairs */
    uint32_t pairs;
    uint32_t repeats;      /* pairs repeated so far */
    double done;           /* 0..1 of the whole */
    nsec left;             /* estimate */
    double ops_per_second; /* of the last slice; 0: nothing measured yet */
    double p99_ns;
};

/* What one run shows so far. */
struct run_part {
    const struct result *result; /* as the whole, but with one cell, and that with one run */
    uint32_t cell;               /* which ones of the whole they are */
    uint32_t run;
};

struct run_observer {
    void (*progress)(void *self, const struct run_progress *progress); /* may be NULL */
    /* Polled between slices and while waiting: stop now and keep what was measured? */
    bool (*wants_stop)(void *self); /* may be NULL */
    /* Of a suite: how it will be made, and how long that takes, now that it is known. */
    void (*plan)(void *self, const struct design_spec *design, nsec total); /* may be NULL */
    /* Of a suite, after each block: what there is so far, to be kept. False: it cannot be. */
    bool (*save)(void *self, const struct result *result, struct error *err); /* may be NULL */
    /* What a second Ctrl-C would leave behind ("keys tenbin:3f2a:* on redis://..."); "" nothing. */
    void (*remains)(void *self, const char *text); /* may be NULL */
    /* Something new was measured: told about once a second, and of each run when it is whole. A run
     * is told again until then, always with all its windows, and is `partial` meanwhile. Lives
     * during the call; measuring waits for its end. */
    void (*measured)(void *self, const struct run_part *part); /* may be NULL */
    void *self;
};

/* Compares spec->targets (>= 2, or one with design.aa): fills `result` (initialised by the caller)
 * with runs, comparisons, findings and verdict. False when it could not be measured to
 * the end (ERROR_TARGET, ERROR_INVALID, ERROR_USAGE, ERROR_SYSTEM): what was measured before, if
 * anything, is in the result, with an invalid finding "broken-off". Interrupted: true,
 * `result->interrupted` is set, and what was measured is in it. */
bool campaign_compare(const struct spec *spec, const struct run_observer *observer,
                      struct result *result, struct error *err);
/* Compares spec->targets in all spec->cells, cell by cell: a suite. */
bool campaign_suite(const struct spec *spec, const struct run_observer *observer,
                    struct result *result, struct error *err);
/* Compares spec->targets[0] with itself (design.aa, one cell), after it was watched without warm-up
 * for design.settle in each arm; the cell gets a calibration. ERROR_INVALID also when too few pairs
 * are valid for one. */
bool campaign_calibrate(const struct spec *spec, const struct run_observer *observer,
                        struct result *result, struct error *err);
/* Measures one target: one run with one-second windows. */
bool campaign_run(const struct spec *spec, const struct run_observer *observer,
                  struct result *result, struct error *err);
