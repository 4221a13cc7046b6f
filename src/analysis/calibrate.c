#include "analysis/calibrate.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/pairs.h"
#include "base/mem.h"
#include "model/fingerprint.h"
#include "stats/levels.h"
#include "stats/power.h"
#include "stats/rank.h"
#include "stats/series.h"
#include "stats/spread.h"
#include "stats/summary.h"

static const double CONFIDENCE = 0.95;
static const double NOISIER = 2; /* how many times, at least, before it is told */

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
    struct signed_rank rank;
    stats_signed_rank(d, n, CONFIDENCE, &rank);
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
                               ? (uint32_t)stats_signed_rank_least(CONFIDENCE)
                               : (uint32_t)stats_pairs_to_equate(scaled, power, CONFIDENCE);
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
        levels_estimate(x, repeats, 2, CONFIDENCE, &levels);
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

/* The comparison of a metric that says something; NULL: none. */
static struct result_comparison *find(const struct result_cell *cell, uint32_t arm,
                                      enum metric metric)
{
    for (size_t i = 0; i < cell->comparison_count; i++) {
        struct result_comparison *c = &cell->comparisons[i];
        if (c->arm == arm && c->metric == metric && c->verdict != VERDICT_INVALID) {
            return c;
        }
    }
    return NULL;
}

/* Whose calibration it is. */
static void identify(struct calibration *out, struct result *result, const struct result_cell *cell)
{
    char fingerprint[FINGERPRINT_SIZE];
    out->result = result->id;
    out->created_wall = result->created_wall;
    out->engine = result->arms[0].engine;
    out->engine_version = result->arms[0].engine_version;
    out->fingerprint =
        arena_copy_text(&result->arena, fingerprint_take(result, cell, 0, fingerprint));
}

/* The log-ratios of a metric under the load at which it is compared; `*n` of them, the caller's
 * (mem_free). NULL when it is not known in some pair, or there are fewer than two. */
static double *ratios_of(const struct result_cell *cell, uint32_t arm, enum metric metric,
                         size_t *n)
{
    struct pairs pairs;
    pairs_init(&pairs, cell, pairs_load_of(cell, metric), 0, arm);
    double *d = mem_alloc_array(pairs.count, sizeof *d);
    *n = pairs.count;
    if (pairs.count < 2 || !fill_ratios(&pairs, metric, d)) {
        mem_free(d);
        d = NULL;
    }
    pairs_release(&pairs);
    return d;
}

static void calibrate_metrics(struct calibration *out, const struct result_cell *cell)
{
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        const struct result_comparison *c = find(cell, 1, metric);
        size_t n;
        double *d = c != NULL ? ratios_of(cell, 1, metric, &n) : NULL;
        if (d != NULL) {
            calibrate_metric(&out->metrics[metric], d, n, c->margin);
        }
        mem_free(d);
    }
}

bool analysis_calibrate(struct result *result, const struct result_cell *cell,
                        struct calibration *out)
{
    *out = (struct calibration){
        .slice_seconds = NAN,
        .noise_seconds = NAN,
        .best_slice = NAN,
        .watched_seconds = NAN,
        .warmup_seconds = NAN,
    };
    if (!result->design.aa || result->arm_count < 2) {
        return false;
    }
    struct pairs pairs;
    pairs_init(&pairs, cell, pairs_load_of(cell, METRIC_OPS), 0, 1);
    bool enough = pairs.count >= 2;
    if (enough) {
        identify(out, result, cell);
        out->pairs = (uint32_t)pairs.count;
        calibrate_metrics(out, cell);
    }
    size_t slices = enough && out->metrics[METRIC_OPS].n > 0 ? fewest_slices(&pairs) : 0;
    if (slices > 0) {
        calibrate_levels(out, &pairs, slices);
        calibrate_time(out, &pairs, slices);
    }
    pairs_release(&pairs);
    return enough;
}

void calibrate_cells(struct result *result)
{
    for (size_t i = 0; i < result->cell_count; i++) {
        struct calibration calibration;
        struct result_cell *cell = &result->cells[i];
        bool is_valid = finding_list_worst(&result->findings) != SEVERITY_INVALID &&
                        finding_list_worst(&cell->findings) != SEVERITY_INVALID;
        if (is_valid && analysis_calibrate(result, cell, &calibration) &&
            calibration.pairs >= CALIBRATE_LEAST_PAIRS) {
            cell->calibration = arena_alloc(&result->arena, sizeof calibration);
            *cell->calibration = calibration;
        }
    }
}

/* ---- a later comparison ---- */

/* How much the pairs scatter; n 0: not known. */
static struct spread scatter(const struct result_cell *cell, uint32_t arm, enum metric metric)
{
    struct spread spread = {0};
    size_t n;
    double *d = ratios_of(cell, arm, metric, &n);
    if (d != NULL) {
        spread = (struct spread){stats_sd(d, n), n};
    }
    mem_free(d);
    return spread;
}

/* Appends a clause about the comparison if its pairs scatter more than was calibrated. */
static void add_noisier(struct buf *out, const struct result *result,
                        const struct result_cell *cell, const struct result_comparison *c)
{
    const struct calibration_metric *m = &cell->calibration->metrics[c->metric];
    struct spread now = scatter(cell, c->arm, c->metric);
    struct spread then = {m->sd, m->n};
    double low = 0;
    double high = 0;
    if (now.n >= 2 && now.sd > 0 && then.sd > 0) {
        spread_ratio(now, then, CONFIDENCE, &low, &high);
    }
    if (low > NOISIER) {
        buf_addf(out, "%s%s of %s by %.2g %% (%.2g %%)", out->len > 0 ? ", " : "",
                 metric_title(c->metric), result->arms[c->arm].label, now.sd * 100, then.sd * 100);
    }
}

void calibrate_attach(struct result *result, struct result_cell *cell,
                      struct calibration *calibration)
{
    struct buf noisier = {0};
    cell->calibration = calibration;
    for (size_t i = 0; i < cell->comparison_count; i++) {
        struct result_comparison *c = &cell->comparisons[i];
        const struct calibration_metric *m = &calibration->metrics[c->metric];
        /* The noise of pairs is not that of hosts. */
        if (m->n >= 2 && c->verdict != VERDICT_INVALID && !result_unit_is_host(result)) {
            c->noise_floor = stats_ratio_change(stats_detectable_effect(m->sd, c->n));
            add_noisier(&noisier, result, cell, c);
        }
    }
    if (noisier.len > 0) {
        result_add_finding(
            result, result->kind == RESULT_SUITE ? &cell->findings : &result->findings,
            SEVERITY_NOTE, "noisier-than-calibrated",
            "find out what disturbs this machine (`tenbin doctor`), or calibrate again",
            "pairs scatter more than twice as much as when this was calibrated (in brackets): %s",
            buf_text(&noisier));
    }
    buf_release(&noisier);
}

/* ---- how long it takes to settle ---- */

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

/* ---- in words ---- */

static void describe_levels(const struct calibration *calibration, struct buf *out)
{
    if (calibration->launches == 0) {
        return;
    }
    double left = calibration->slice_sd / sqrt(calibration->slices);
    buf_addf(out,
             "Throughput of one arm scatters by %.2g %% from launch to launch (with what the "
             "machine does meanwhile, which pairs cancel), and by %.2g %% from slice to slice, of "
             "which %u slices leave %.2g %%\n",
             calibration->launch_sd * 100, calibration->slice_sd * 100, calibration->slices,
             left * 100);
}

static void describe_slices(const struct calibration *calibration, struct buf *out)
{
    if (isfinite(calibration->noise_seconds)) {
        buf_addf(out, "A disturbance lasts about %.2g s\n", calibration->noise_seconds);
    }
    if (!isfinite(calibration->best_slice)) {
        return;
    }
    bool is_used = calibration->best_slice < 1.5 * calibration->slice_seconds;
    /* What was measured is a little longer than what was asked for: the last reply is awaited. */
    double best_ms = fmax(1, round(calibration->best_slice * 100)) * 10;
    buf_addf(out,
             is_used ? "Slices of %.0f ms, as here, have less noise than longer ones\n"
                     : "Slices of %.0f ms have the least noise: --slice %.0fms\n",
             best_ms, best_ms);
}

static void describe_warmup(const struct calibration *calibration, const struct design_spec *design,
                            struct buf *out)
{
    double settled = calibration->warmup_seconds;
    double used = (double)design->warmup / (double)NSEC_PER_SEC;
    if (isnan(calibration->watched_seconds)) {
        return;
    }
    if (isnan(settled)) {
        buf_addf(out,
                 "The target had not settled in the first half of the %.3g s that it was watched: "
                 "watch it for longer (--settle)\n",
                 calibration->watched_seconds);
    } else if (settled <= 0) {
        buf_addf(out, "The target needs no warm-up that can be seen in %.3g s\n",
                 calibration->watched_seconds);
    } else {
        buf_addf(out, "The target has settled after %.3g s of load: ", settled);
        if (settled <= used) {
            buf_addf(out, "the warm-up of %.3g s is enough\n", used);
        } else {
            buf_addf(out, "--warmup %.0fms\n", ceil(settled * 100) * 10);
        }
    }
}

void calibration_describe(const struct calibration *calibration, const struct design_spec *design,
                          struct buf *out)
{
    describe_levels(calibration, out);
    describe_slices(calibration, out);
    describe_warmup(calibration, design, out);
}
