#include "analysis/calibrate.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/pairs.h"
#include "base/mem.h"
#include "stats/levels.h"
#include "stats/power.h"
#include "stats/rank.h"
#include "stats/series.h"
#include "stats/summary.h"

const uint32_t calibration_sizes[CALIBRATION_SIZES] = {6, 10, 30};

/* The log-ratios of a metric; false when it is not known in some pair. */
static bool fill_ratios(const struct pairs *pairs, enum metric metric, double *d)
{
    for (size_t i = 0; i < pairs->count; i++) {
        double baseline;
        double arm;
        if (!result_run_metric(pairs->items[i].baseline, metric, &baseline) ||
            !result_run_metric(pairs->items[i].arm, metric, &arm) || !(baseline > 0) ||
            !(arm > 0)) {
            return false;
        }
        d[i] = log(arm / baseline);
    }
    return true;
}

static void calibrate_metric(struct calibration_metric *out, const double *d, size_t n,
                             double margin)
{
    static const double power = 0.9;
    static const double confidence = 0.95;
    struct signed_rank rank;
    stats_signed_rank(d, n, confidence, &rank);
    out->n = (uint32_t)n;
    out->sd = stats_sd(d, n);
    out->low = exp(rank.low);
    out->high = exp(rank.high);
    for (size_t i = 0; i < CALIBRATION_SIZES; i++) {
        double effect = stats_detectable_effect(out->sd, calibration_sizes[i]);
        out->visible[i] = stats_ratio_change(effect);
    }
    double scaled = out->sd > 0 ? stats_log_effect(margin) / out->sd : INFINITY;
    out->pairs_to_equate = isinf(scaled)
                               ? (uint32_t)stats_signed_rank_least(confidence)
                               : (uint32_t)stats_pairs_to_equate(scaled, power, confidence);
}

/* One slice of any arm. */
struct slice {
    nsec started;
    double value; /* its rate over the median rate of its run's slices */
};

static int compare_slices(const void *left, const void *right)
{
    nsec a = ((const struct slice *)left)->started;
    nsec b = ((const struct slice *)right)->started;
    return (a > b) - (a < b);
}

static double rate(const struct result_window *window)
{
    return window->seconds > 0 ? (double)window->operations / window->seconds : 0;
}

static size_t fewest_slices(const struct pairs *pairs)
{
    size_t fewest = SIZE_MAX;
    for (size_t i = 0; i < pairs->count; i++) {
        const struct result_run *runs[] = {pairs->items[i].baseline, pairs->items[i].arm};
        for (size_t k = 0; k < 2; k++) {
            fewest = runs[k]->window_count < fewest ? runs[k]->window_count : fewest;
        }
    }
    return fewest;
}

/* The logarithms of the rates of the baseline's slices, launch by launch: what a launch adds is in
 * the means of its slices. */
static void calibrate_levels(struct calibration *out, const struct pairs *pairs, size_t slices)
{
    double *x = mem_alloc_array(pairs->count * slices, sizeof *x);
    bool known = slices >= 2;
    for (size_t i = 0; i < pairs->count; i++) {
        for (size_t k = 0; known && k < slices; k++) {
            double value = rate(&pairs->items[i].baseline->windows[k]);
            known = value > 0;
            x[i * slices + k] = known ? log(value) : 0;
        }
    }
    if (known) {
        size_t repeats[] = {slices, pairs->count};
        struct levels levels;
        levels_estimate(x, repeats, 2, 0.95, &levels);
        out->launches = (uint32_t)pairs->count;
        out->slices = (uint32_t)slices;
        out->slice_sd = sqrt(levels.variance[0]);
        out->launch_sd = sqrt(levels.variance[1]);
    }
    mem_free(x);
}

/* In slices. Rates are relative to their run's, which takes what is slower than a run out of the
 * correlation; what a slice passes on to the next is left. The longer answer is the safer one. */
static double noise_time(const double *x, size_t n)
{
    double share = fmin(0.98, fmax(0, series_share(x, n)));
    return fmax(series_correlation_time(x, n), (1 + share) / (1 - share));
}

/* All slices in the order of time. Both arms are the same target, so what is left of their rates is
 * the noise of the machine as it went on. */
static void calibrate_time(struct calibration *out, const struct pairs *pairs, size_t slices)
{
    struct slice *all = mem_alloc_array(pairs->count * slices * 2, sizeof *all);
    double *x = mem_alloc_array(pairs->count * slices * 2, sizeof *x);
    size_t n = 0;
    for (size_t i = 0; i < pairs->count; i++) {
        const struct result_run *runs[] = {pairs->items[i].baseline, pairs->items[i].arm};
        for (size_t k = 0; k < 2; k++) {
            for (size_t s = 0; s < slices; s++) {
                x[s] = rate(&runs[k]->windows[s]);
            }
            double median = stats_median(x, slices);
            for (size_t s = 0; median > 0 && s < slices; s++) {
                all[n++] = (struct slice){runs[k]->windows[s].started_wall, x[s] / median};
            }
        }
    }
    qsort(all, n, sizeof *all, compare_slices);
    for (size_t i = 0; i < n; i++) {
        x[i] = all[i].value;
    }
    if (n > 0) {
        size_t best = series_best_slice(x, n, 0);
        out->slice_seconds = pairs->items[0].baseline->windows[0].seconds;
        out->noise_seconds = noise_time(x, n) * out->slice_seconds;
        out->best_slice = best > 0 ? (double)best * out->slice_seconds : NAN;
    }
    mem_free(x);
    mem_free(all);
}

bool analysis_calibrate(const struct result *result, struct calibration *out)
{
    *out = (struct calibration){
        .slice_seconds = NAN, .noise_seconds = NAN, .best_slice = NAN, .warmup_seconds = NAN};
    if (!result->design.aa || result->cell_count == 0 || result->arm_count < 2) {
        return false;
    }
    struct pairs pairs;
    pairs_init(&pairs, &result->cells[0], NULL, 0, 1);
    bool enough = pairs.count >= 2;
    double *d = mem_alloc_array(pairs.count, sizeof *d);
    for (enum metric metric = 0; enough && metric < METRIC_COUNT; metric++) {
        double margin = result->design.margins[metric];
        if (fill_ratios(&pairs, metric, d)) {
            calibrate_metric(&out->metrics[metric], d, pairs.count,
                             margin > 0 ? margin : metric_default_margin(metric));
        }
    }
    mem_free(d);
    size_t slices = enough ? fewest_slices(&pairs) : 0;
    if (slices > 0) {
        calibrate_levels(out, &pairs, slices);
        calibrate_time(out, &pairs, slices);
    }
    pairs_release(&pairs);
    return enough;
}

double calibrate_warmup(const struct result_run *run)
{
    enum { LEAST = 20 };
    size_t n = run->window_count;
    double *x = mem_alloc_array(n, sizeof *x);
    for (size_t i = 0; i < n; i++) {
        x[i] = rate(&run->windows[i]);
    }
    size_t settled = n >= LEAST ? series_warmup(x, n) : n;
    bool known = settled + 5 <= n / 2; /* the last place looked at may be no end */
    mem_free(x);
    return !known ? NAN : settled == 0 ? 0 : run->windows[settled - 1].end;
}

static void describe_metrics(const struct calibration *calibration, struct buf *out)
{
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        const struct calibration_metric *m = &calibration->metrics[metric];
        if (m->n == 0) {
            continue;
        }
        buf_addf(out, "%s: pairs scatter by %.2g %%;", metric_title(metric), m->sd * 100);
        for (size_t i = 0; i < CALIBRATION_SIZES; i++) {
            buf_addf(out, "%s %u pairs see %.2g %%", i == 0 ? "" : ",", calibration_sizes[i],
                     m->visible[i] * 100);
        }
        buf_addf(out, "; equivalence takes %u pairs", m->pairs_to_equate);
        if (m->low > 1 || m->high < 1) {
            buf_add_text(out, "; the target differs from itself, so something is not alike");
        }
        buf_add_char(out, '\n');
    }
}

void calibration_describe(const struct calibration *calibration, struct buf *out)
{
    describe_metrics(calibration, out);
    if (calibration->launches > 0) {
        buf_addf(out,
                 "from launch to launch throughput scatters by %.2g %%, from slice to slice by "
                 "%.2g %%\n",
                 calibration->launch_sd * 100, calibration->slice_sd * 100);
    }
    if (isfinite(calibration->noise_seconds)) {
        buf_addf(out, "a disturbance lasts about %.2g s\n", calibration->noise_seconds);
    }
    if (isfinite(calibration->best_slice)) {
        buf_addf(out, "slices of %.3g s have the least noise\n", calibration->best_slice);
    }
    if (isfinite(calibration->warmup_seconds)) {
        buf_addf(out, "the target has settled after %.3g s\n", calibration->warmup_seconds);
    }
}
