#include "run/budget.h"

#include <math.h>

#include "stats/power.h"

enum {
    LEAST_PAIRS = 6,
    MOST_PAIRS = 30,
    LEAST_SLICES = 4,
    SLICE_COST_MS = 16, /* settling, and asking the server for its counters */
    CELL_COST_MS = 30,  /* connecting, and checking that the data is there */
    HEADROOM_MS = 450,  /* of a cell, once */
    LAUNCH_MS = 300,
    LEAST_SLICE_MS = 25,
    LEAST_WARMUP_MS = 20,
    WARMUP_SHARE = 8, /* of a run's time */
};
#define LOADED_PER_SECOND (UINT64_C(40) << 20)
#define MOST_RUN (3 * NSEC_PER_SEC)
#define MOST_WARMUP (500 * NSEC_PER_MSEC)
#define USUAL_SLICE (250 * NSEC_PER_MSEC)

static uint64_t slices_of(const struct design_spec *design)
{
    if (design->slice == 0 || design->slice >= design->duration) {
        return 1;
    }
    return (design->duration + design->slice / 2) / design->slice;
}

/* One arm of one cell in one pair. */
static nsec run_time(const struct design_spec *design)
{
    return design->warmup + design->duration + slices_of(design) * SLICE_COST_MS * NSEC_PER_MSEC;
}

nsec budget_total(const struct budget_cost *cost, const struct design_spec *design)
{
    nsec block = cost->per_block + (nsec)cost->arms * cost->cells * run_time(design);
    return cost->once + block * design->pairs;
}

struct budget_cost budget_guess(uint32_t arms, uint32_t cells, uint64_t bytes)
{
    double seconds = (double)bytes / (double)LOADED_PER_SECOND;
    nsec per_arm = (LAUNCH_MS + (nsec)cells * CELL_COST_MS) * NSEC_PER_MSEC +
                   (nsec)(seconds * (double)NSEC_PER_SEC);
    return (struct budget_cost){
        .arms = arms,
        .cells = cells,
        .per_block = per_arm * arms,
        .once = per_arm * arms + (nsec)cells * HEADROOM_MS * NSEC_PER_MSEC,
    };
}

/* A run that takes about `time` with all that belongs to it. False: too short for one. */
static bool fit_run(nsec time, const struct suite_spec *wish, struct design_spec *design)
{
    if (!wish->keeps_warmup) {
        nsec warmup = time / WARMUP_SHARE;
        warmup = warmup > MOST_WARMUP ? MOST_WARMUP : warmup;
        design->warmup =
            warmup < LEAST_WARMUP_MS * NSEC_PER_MSEC ? LEAST_WARMUP_MS * NSEC_PER_MSEC : warmup;
    }
    if (wish->keeps_run) {
        return run_time(design) <= time;
    }
    /* As many slices of the usual length as fit, but at least four, shorter ones if need be. */
    nsec fixed = design->warmup;
    nsec slice = wish->keeps_slice && design->slice > 0 ? design->slice : USUAL_SLICE;
    nsec whole = slice + SLICE_COST_MS * NSEC_PER_MSEC;
    uint64_t slices = time > fixed ? (time - fixed) / whole / 2 * 2 : 0;
    if (slices < LEAST_SLICES) {
        slices = LEAST_SLICES;
        nsec share = time > fixed ? (time - fixed) / slices : 0;
        nsec left =
            share > SLICE_COST_MS * NSEC_PER_MSEC ? share - SLICE_COST_MS * NSEC_PER_MSEC : 0;
        if (wish->keeps_slice || left < LEAST_SLICE_MS * NSEC_PER_MSEC) {
            return false;
        }
        slice = left / NSEC_PER_MSEC * NSEC_PER_MSEC;
    }
    design->slice = slice;
    design->duration = slice * slices;
    if (design->duration > MOST_RUN) {
        design->duration = MOST_RUN / slice * slice;
    }
    return true;
}

/* The time of one run when there are so many pairs. */
static nsec time_of_run(const struct budget_cost *cost, nsec budget, uint32_t pairs)
{
    nsec left = budget > cost->once ? (budget - cost->once) / pairs : 0;
    left = left > cost->per_block ? left - cost->per_block : 0;
    return left / cost->arms / cost->cells;
}

static uint32_t fewest_pairs(const struct suite_spec *wish, const struct design_spec *design)
{
    if (wish->keeps_pairs) {
        return design->pairs;
    }
    return wish->least_pairs > LEAST_PAIRS ? wish->least_pairs : LEAST_PAIRS;
}

void budget_least(const struct suite_spec *wish, struct design_spec *design)
{
    design->pairs = fewest_pairs(wish, design);
    if (!wish->keeps_warmup) {
        design->warmup = LEAST_WARMUP_MS * NSEC_PER_MSEC;
    }
    if (!wish->keeps_run) {
        nsec slice =
            wish->keeps_slice && design->slice > 0 ? design->slice : LEAST_SLICE_MS * NSEC_PER_MSEC;
        design->slice = slice;
        design->duration = slice * LEAST_SLICES;
    }
}

bool budget_choose(const struct budget_cost *cost, const struct suite_spec *wish,
                   struct design_spec *design, struct error *err)
{
    char needed[UNITS_TEXT_SIZE];
    char given[UNITS_TEXT_SIZE];
    if (wish->budget == 0) {
        return true;
    }
    uint32_t fewest = fewest_pairs(wish, design);
    uint32_t most = wish->keeps_pairs ? design->pairs : MOST_PAIRS;
    nsec enough = MOST_RUN + MOST_WARMUP + MOST_RUN / USUAL_SLICE * SLICE_COST_MS * NSEC_PER_MSEC;
    if (wish->keeps_run) {
        enough = run_time(design);
    }
    design->pairs = fewest;
    while (design->pairs < most && time_of_run(cost, wish->budget, design->pairs + 1) >= enough) {
        design->pairs++;
    }
    if (fit_run(time_of_run(cost, wish->budget, design->pairs), wish, design)) {
        return true;
    }
    struct design_spec least = *design;
    least.pairs = fewest;
    budget_least(wish, &least);
    return error_set(err, ERROR_USAGE,
                     "%u cells and %u targets take at least %s for %u pairs each, more than the "
                     "budget of %s",
                     cost->cells, cost->arms,
                     units_format_duration(budget_total(cost, &least), needed), fewest,
                     units_format_duration(wish->budget, given));
}

/* ---- what evidence can show ---- */

double budget_noise(enum metric metric, nsec duration)
{
    static const double at_three_seconds[METRIC_COUNT] = {
        [METRIC_OPS] = 0.051,          [METRIC_P50] = 0.038,          [METRIC_P99] = 0.163,
        [METRIC_P999] = 0.240,         [METRIC_CPU] = 0.041,          [METRIC_MEMORY] = 0,
        [METRIC_DELIVERY_P50] = 0.038, [METRIC_DELIVERY_P99] = 0.163, /* as other latencies */
    };
    double seconds = (double)duration / (double)NSEC_PER_SEC;
    double of_slices = seconds > 0 ? 3 / seconds : 1;
    return at_three_seconds[metric] * sqrt(0.5 + 0.5 * of_slices);
}

double budget_detectable(enum metric metric, const struct design_spec *design)
{
    double sd = budget_noise(metric, design->duration);
    return stats_ratio_change(stats_detectable_effect(sd, design->pairs));
}

double budget_half_width(enum metric metric, const struct design_spec *design)
{
    /* The interval's part of what makes a difference visible in 9 of 10 tries. */
    static const double part = 1.96 / (1.96 + 1.28);
    double sd = budget_noise(metric, design->duration);
    return stats_ratio_change(part * stats_detectable_effect(sd, design->pairs));
}
