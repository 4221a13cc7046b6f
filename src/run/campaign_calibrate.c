/* How noisy it is: a target against itself, after a look at how it settles. */
#include <math.h>

#include "analysis/calibrate.h"
#include "run/campaign.h"

/* The longest time that a run of the result took to settle, in seconds; NAN: some had not, or there
 * is none. */
static double settling_time(const struct result *result)
{
    double longest = -1;
    const struct result_cell *cell = &result->cells[0];
    for (size_t i = 0; i < cell->run_count; i++) {
        double settled = cell->runs[i].valid ? calibrate_warmup(&cell->runs[i]) : NAN;
        if (isnan(settled)) {
            return NAN;
        }
        longest = fmax(longest, settled);
    }
    return longest < 0 ? NAN : longest;
}

/* One pair of the target and itself without warm-up, in slices, as it is loaded in a comparison.
 * Its figures serve for this alone: nothing of it is stored. */
static bool watch_settling(const struct spec *spec, const struct run_observer *observer,
                           double *settled, struct error *err)
{
    struct spec cold = *spec;
    struct run_observer watching = *observer;
    struct result result;
    cold.design.pairs = 1;
    cold.design.max_pairs = 0;
    cold.design.time_budget = 0;
    cold.design.latency_share = 0;
    cold.design.warmup = 0;
    cold.design.duration = spec->design.settle;
    cold.design.slice = spec->design.settle / CALIBRATE_SETTLE_SLICES;
    cold.load.requests = 0;
    watching.measured = NULL;
    result_init(&result);
    bool done = campaign_compare(&cold, &watching, &result, err);
    *settled = done && result.cell_count > 0 ? settling_time(&result) : NAN;
    result_release(&result);
    return done;
}

bool campaign_calibrate(const struct spec *spec, const struct run_observer *observer,
                        struct result *result, struct error *err)
{
    double settled = NAN;
    nsec settle = spec->design.settle;
    if (settle > 0 && !watch_settling(spec, observer, &settled, err)) {
        return false;
    }
    /* Where the user stopped it meanwhile, this stops at once, too. */
    if (!campaign_compare(spec, observer, result, err)) {
        return false;
    }
    struct calibration *calibration = result->cells[0].calibration;
    if (calibration == NULL) {
        return result->interrupted ||
               error_set(err, ERROR_INVALID,
                         "calibrate: fewer than %d pairs are valid, which tells too little",
                         CALIBRATE_LEAST_PAIRS);
    }
    if (settle > 0) {
        calibration->watched_seconds = (double)settle / (double)NSEC_PER_SEC;
        calibration->warmup_seconds = settled;
    }
    return true;
}
