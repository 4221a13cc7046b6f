#include "analysis/describe.h"

#include <math.h>

#include "analysis/pairs.h"
#include "base/mem.h"
#include "stats/summary.h"
#include "stats/weighted.h"

/* The buckets of a histogram as values with counts. */
struct buckets {
    double *values;
    double *counts;
    struct weighted x;
};

static void buckets_init(struct buckets *buckets, const struct hist *hist)
{
    struct hist_iter iter = {.hist = hist};
    struct hist_bucket bucket;
    size_t n = 0;
    buckets->values = mem_alloc_array(HIST_BUCKETS, sizeof *buckets->values);
    buckets->counts = mem_alloc_array(HIST_BUCKETS, sizeof *buckets->counts);
    while (hist_next(&iter, &bucket)) {
        double low = fmax((double)bucket.low, (double)hist_min(hist));
        double high = fmin((double)bucket.high, (double)hist_max(hist));
        /* A latency of 0 has no logarithm; no clock tells it from 1 ns. */
        buckets->values[n] = fmax(0.5, (low + high) / 2);
        buckets->counts[n++] = (double)bucket.count;
    }
    buckets->x = (struct weighted){buckets->values, buckets->counts, n};
}

static void buckets_release(struct buckets *buckets)
{
    mem_free(buckets->values);
    mem_free(buckets->counts);
}

bool describe_tells(uint64_t count, double percentile)
{
    enum { BEYOND = 10 };
    double beyond = fmin(percentile, 100 - percentile) / 100 * (double)count;
    /* The slack is for percentiles that are no binary fractions. */
    return beyond * (1 + 1e-9) >= BEYOND;
}

static void describe_latency(struct result_distribution *out, const struct hist *hist)
{
    struct buckets buckets;
    struct weighted_mode modes[WEIGHTED_MOST_MODES];
    _Static_assert((int)WEIGHTED_MOST_MODES == (int)RESULT_MODES, "the same number of hills");
    *out = (struct result_distribution){
        .count = hist->count, .mean = NAN, .median = NAN, .sd = NAN, .mad = NAN, .cv = NAN};
    for (size_t i = 0; i < RESULT_PERCENTILES; i++) {
        double percentile = result_percentiles[i];
        out->percentiles[i] = describe_tells(hist->count, percentile)
                                  ? (double)hist_percentile(hist, percentile)
                                  : NAN;
    }
    if (hist->count == 0) {
        return;
    }
    buckets_init(&buckets, hist);
    out->mean = hist_mean(hist);
    out->median = (double)hist_percentile(hist, 50);
    out->sd = weighted_sd(&buckets.x);
    out->mad = weighted_mad(&buckets.x);
    out->cv = out->mean > 0 ? out->sd / out->mean : NAN;
    out->mode_count = weighted_modes(&buckets.x, modes);
    for (size_t i = 0; i < out->mode_count; i++) {
        out->modes[i] = (struct result_mode){modes[i].at, modes[i].share};
    }
    buckets_release(&buckets);
}

static void describe_values(struct result_spread *out, const double *values, size_t n)
{
    struct stats_summary summary;
    stats_summary(values, n, &summary);
    *out = (struct result_spread){
        .n = (uint32_t)n,
        .mean = summary.mean,
        .median = summary.median,
        .sd = summary.sd,
        .mad = n > 1 ? summary.mad : NAN,
        .cv = summary.cv,
        .min = summary.min,
        .max = summary.max,
    };
}

/* The runs of one arm that count. */
struct arm_runs {
    struct run_ref *items;
    size_t count;
};

static void arm_runs_init(struct arm_runs *runs, const struct result *result,
                          const struct result_cell *cell, const char *load, uint32_t arm)
{
    size_t count;
    struct run_ref *all = pairs_last_attempts(cell, load, &count);
    *runs = (struct arm_runs){.items = mem_alloc_array(count, sizeof *runs->items)};
    for (size_t i = 0; i < count; i++) {
        const struct result_run *run = all[i].run;
        if (run->arm == arm && (run->valid || result->kind == RESULT_RUN)) {
            runs->items[runs->count++].run = run;
        }
    }
    mem_free(all);
}

static void describe_arm(const struct arm_runs *runs, struct result_description *out)
{
    struct hist all;
    double *values = mem_alloc_array(runs->count, sizeof *values);
    out->arm = runs->items[0].run->arm;
    out->load = runs->items[0].run->load;
    out->runs = (uint32_t)runs->count;
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        size_t known = 0;
        for (size_t i = 0; i < runs->count; i++) {
            known += result_run_metric(runs->items[i].run, metric, &values[i]);
        }
        if (known == runs->count) {
            describe_values(&out->values[metric], values, known);
        }
    }
    mem_free(values);
    hist_init(&all);
    for (size_t i = 0; i < runs->count; i++) {
        hist_add(&all, runs->items[i].run->latency);
    }
    describe_latency(&out->latency, &all);
    hist_release(&all);
}

static void describe_arms(struct result *result, struct result_cell *cell, const char *load)
{
    for (uint32_t arm = 0; arm < result->arm_count; arm++) {
        struct arm_runs runs;
        arm_runs_init(&runs, result, cell, load, arm);
        if (runs.count > 0) {
            describe_arm(&runs, &cell->descriptions[cell->description_count++]);
        }
        mem_free(runs.items);
    }
}

static void describe_cell(struct result *result, struct result_cell *cell)
{
    struct arena *arena = &result->arena;
    const char *loads[PAIRS_LOADS];
    size_t load_count = pairs_loads(cell, loads);
    cell->description_count = 0;
    cell->descriptions =
        arena_alloc_array(arena, load_count * result->arm_count, sizeof *cell->descriptions);
    for (size_t k = 0; k < load_count; k++) {
        describe_arms(result, cell, loads[k]);
    }
    describe_shifts(result, cell);
    describe_anomalies(result, cell);
}

void analysis_describe(struct result *result)
{
    for (size_t i = 0; i < result->cell_count; i++) {
        describe_cell(result, &result->cells[i]);
    }
}
