/* What stands out: windows unlike the other windows of their run, runs unlike the runs before, and
 * pairs unlike the other pairs. */
#include <inttypes.h>
#include <math.h>

#include "analysis/describe.h"
#include "analysis/pairs.h"
#include "base/buf.h"
#include "base/mem.h"
#include "stats/series.h"
#include "stats/summary.h"

enum { MOST = 64 }; /* of a cell; more than anybody reads */
/* Runs or pairs of a host, to tell what is the host's from what is theirs: of two the middle is as
 * far from the one as from the other. */
enum { LEAST_OF_HOST = 3 };

static const enum metric watched[] = {METRIC_OPS, METRIC_P99};

const char *describe_cause(struct result *result, const struct result_run *run)
{
    struct buf text = {0};
    uint64_t errors = 0;
    for (size_t i = 0; i < run->error_count; i++) {
        errors += run->errors[i].count;
    }
    if (run->server_is_told && run->forks > 0) {
        buf_addf(&text, ", the server forked (%" PRIu64 ")", run->forks);
    }
    if (run->server_is_told && run->evicted_keys > 0) {
        buf_addf(&text, ", the server evicted %" PRIu64 " keys", run->evicted_keys);
    }
    if (run->topology_changes > 0) {
        buf_add_text(&text, ", nodes of the target changed");
    }
    if (run->lost_connections > 0) {
        buf_addf(&text, ", %" PRIu64 " connections broke", run->lost_connections);
    }
    if (errors > 0) {
        buf_addf(&text, ", %" PRIu64 " operations failed", errors);
    }
    if (run->steal >= 0.01) {
        buf_addf(&text, ", other guests of the host took %.0f %% of the time", run->steal * 100);
    }
    if (run->throttled >= 0.01) {
        buf_addf(&text, ", a processor quota took %.0f %% of a processor", run->throttled * 100);
    }
    if (run->longest_loop_stall_seconds >= 0.005) {
        buf_addf(&text, ", the load generator stood still for up to %.0f ms",
                 run->longest_loop_stall_seconds * 1000);
    }
    const char *cause = text.len > 2 ? arena_copy_text(&result->arena, buf_text(&text) + 2) : NULL;
    buf_release(&text);
    return cause;
}

struct watch {
    struct result *result;
    struct result_cell *cell;
    const char *load;           /* of the runs that are looked at */
    const struct run_ref *runs; /* of all arms */
    size_t run_count;
    double *x;             /* a series */
    struct moment *places; /* where each value comes from */
    size_t n;
};

static void add(const struct watch *watch, const struct result_anomaly *anomaly, const char *cause)
{
    struct result_cell *cell = watch->cell;
    if (cell->anomaly_count < MOST) {
        struct result_anomaly *out = &cell->anomalies[cell->anomaly_count++];
        *out = *anomaly;
        out->load = watch->load;
        out->cause = cause;
    }
}

static const char *kind_name(enum anomaly_kind kind)
{
    static const char *const names[] = {"spike", "sag", "break", "trend"};
    return names[kind];
}

static bool window_value(const struct result_window *window, enum metric metric, double *out)
{
    if (window->operations == 0 || !(window->seconds > 0)) {
        return false;
    }
    *out =
        metric == METRIC_OPS ? (double)window->operations / window->seconds : (double)window->p99;
    return *out > 0;
}

/* The windows of a run, relative to their median when there are other runs, so that what is left is
 * what happened within runs. */
static void add_windows(struct watch *watch, const struct result_run *run, enum metric metric,
                        bool relative)
{
    size_t start = watch->n;
    for (size_t i = 0; i < run->window_count; i++) {
        if (window_value(&run->windows[i], metric, &watch->x[watch->n])) {
            watch->places[watch->n++] = (struct moment){run, i};
        }
    }
    double median = watch->n > start ? stats_median(watch->x + start, watch->n - start) : 1;
    for (size_t i = start; relative && i < watch->n; i++) {
        watch->x[i] /= median;
    }
}

/* With many runs in a row only spikes and sags are anomalies of windows: breaks and trends from run
 * to run have been taken out. */
static void tell_windows(struct watch *watch, enum metric metric, bool relative)
{
    struct anomaly found[SERIES_MOST_ANOMALIES];
    size_t count = series_anomalies(watch->x, watch->n, found);
    for (size_t i = 0; i < count; i++) {
        const struct moment *first = &watch->places[found[i].start];
        const struct moment *last = &watch->places[found[i].end - 1];
        const struct result_window *begin = &first->run->windows[first->window];
        if (relative && found[i].kind > ANOMALY_SAG) {
            continue;
        }
        struct result_anomaly anomaly = {
            .kind = kind_name(found[i].kind),
            .arm = first->run->arm,
            .metric = metric,
            .pair = first->run->pair,
            .last_pair = last->run->pair,
            .start = begin->end - begin->seconds,
            .end = last->run->windows[last->window].end,
            .size = found[i].size,
        };
        struct witness witness = {watch->result, watch->runs, watch->run_count, first,
                                  found[i].end - found[i].start};
        add(watch, &anomaly, describe_moment(&witness));
    }
}

/* Against what else its host did. False: a host has too few runs to tell. */
static bool take_out_hosts(struct watch *watch, uint32_t arm)
{
    bool is_enough = true;
    double *own = mem_alloc_array(watch->n, sizeof *own);
    for (uint32_t host = 1; host <= result_arm_hosts(&watch->result->arms[arm]); host++) {
        size_t count = 0;
        for (size_t i = 0; i < watch->n; i++) {
            if (watch->places[i].run->host_number == host) {
                own[count++] = watch->x[i];
            }
        }
        double median = count > 0 ? stats_median(own, count) : 1;
        for (size_t i = 0; i < watch->n; i++) {
            watch->x[i] /= watch->places[i].run->host_number == host ? median : 1;
        }
        is_enough = is_enough && (count == 0 || count >= LEAST_OF_HOST);
    }
    mem_free(own);
    return is_enough;
}

/* From run to run: what changed in the course of the whole measurement. */
static void tell_runs(struct watch *watch, uint32_t arm, enum metric metric)
{
    const struct run_ref *runs = watch->runs;
    struct anomaly found[SERIES_MOST_ANOMALIES];
    watch->n = 0;
    for (size_t i = 0; i < watch->run_count; i++) {
        double value;
        if (runs[i].run->arm == arm && runs[i].run->valid &&
            result_run_metric(runs[i].run, metric, &value) && value > 0) {
            watch->x[watch->n] = value;
            watch->places[watch->n++] = (struct moment){watch->runs[i].run, 0};
        }
    }
    if (result_arm_hosts(&watch->result->arms[arm]) > 1 && !take_out_hosts(watch, arm)) {
        return;
    }
    size_t count = series_anomalies(watch->x, watch->n, found);
    for (size_t i = 0; i < count; i++) {
        const struct result_run *first = watch->places[found[i].start].run;
        if (found[i].kind == ANOMALY_BREAK || found[i].kind == ANOMALY_TREND) {
            struct result_anomaly anomaly = {
                .kind = kind_name(found[i].kind),
                .arm = arm,
                .metric = metric,
                .pair = first->pair,
                .last_pair = watch->places[found[i].end - 1].run->pair,
                .size = found[i].size,
            };
            add(watch, &anomaly, describe_cause(watch->result, first));
        }
    }
}

static void watch_arm(struct watch *watch, uint32_t arm)
{
    bool relative = result_kind_compares(watch->result->kind);
    for (size_t m = 0; m < sizeof watched / sizeof watched[0]; m++) {
        watch->n = 0;
        for (size_t i = 0; i < watch->run_count; i++) {
            if (watch->runs[i].run->arm == arm) {
                add_windows(watch, watch->runs[i].run, watched[m], relative);
            }
        }
        tell_windows(watch, watched[m], relative);
        if (relative) {
            tell_runs(watch, arm, watched[m]);
        }
    }
}

/* What was noticed in either run. */
static const char *cause_of_pair(struct result *result, const struct pair_runs *pair)
{
    const char *arm = describe_cause(result, pair->arm);
    const char *baseline = describe_cause(result, pair->baseline);
    if (baseline == NULL) {
        return arm;
    }
    return arena_printf(&result->arena, "%s%s %s %s", arm == NULL ? "" : arm,
                        arm == NULL ? "with" : "; with", result->arms[pair->baseline->arm].label,
                        baseline);
}

/* Takes out what one of the hosts adds, so that what is left is peculiar to a pair. False: it has
 * too few pairs to tell the two apart. */
static bool take_host_out(const struct pairs *pairs, double *d, uint32_t host, bool is_baseline)
{
    double *own = mem_alloc_array(pairs->count, sizeof *own);
    size_t count = 0;
    for (size_t pass = 0; pass < 2; pass++) {
        double median = pass > 0 && count > 0 ? stats_median(own, count) : 0;
        count = 0;
        for (size_t i = 0; i < pairs->count; i++) {
            const struct result_run *run =
                is_baseline ? pairs->items[i].baseline : pairs->items[i].arm;
            if (run->host_number == host) {
                d[i] -= median;
                own[count++] = d[i];
            }
        }
    }
    mem_free(own);
    return count == 0 || count >= LEAST_OF_HOST;
}

static bool take_hosts_out(const struct result *result, const struct pairs *pairs, double *d)
{
    bool is_enough = true;
    for (int side = 0; side < 2 && pairs->count > 0 && result_unit_is_host(result); side++) {
        const struct pair_runs *any = &pairs->items[0];
        uint32_t arm = side == 0 ? any->baseline->arm : any->arm->arm;
        for (uint32_t host = 1; host <= result_arm_hosts(&result->arms[arm]); host++) {
            is_enough = take_host_out(pairs, d, host, side == 0) && is_enough;
        }
    }
    return is_enough;
}

/* Pairs whose ratio is far from that of the others. */
static void tell_pairs(struct watch *watch, uint32_t arm, enum metric metric)
{
    enum { LEAST = 8 };
    struct pairs pairs;
    pairs_init(&pairs, watch->cell, watch->load, 0, arm);
    double *d = mem_alloc_array(pairs.count, sizeof *d);
    size_t known = 0;
    for (size_t i = 0; i < pairs.count; i++) {
        double baseline;
        double value;
        if (result_run_metric(pairs.items[i].baseline, metric, &baseline) && baseline > 0 &&
            result_run_metric(pairs.items[i].arm, metric, &value) && value > 0) {
            d[known++] = log(value / baseline);
        }
    }
    if (known == pairs.count && known >= LEAST && take_hosts_out(watch->result, &pairs, d)) {
        double median = stats_median(d, known);
        /* The scale of few pairs is itself uncertain: with normal noise one comparison in a hundred
         * has a pair beyond. */
        double limit = 5 * (1 + 4.8 / (double)known);
        double least = fmax(limit * stats_mad(d, known), log1p(metric_default_margin(metric)));
        for (size_t i = 0; i < known; i++) {
            if (fabs(d[i] - median) > least) {
                struct result_anomaly anomaly = {.kind = "outlier",
                                                 .arm = arm,
                                                 .metric = metric,
                                                 .pair = pairs.items[i].arm->pair,
                                                 .last_pair = pairs.items[i].arm->pair,
                                                 .size = expm1(d[i] - median)};
                add(watch, &anomaly, cause_of_pair(watch->result, &pairs.items[i]));
            }
        }
    }
    mem_free(d);
    pairs_release(&pairs);
}

/* What stands out under one of the cell's loads. */
static void watch_load(struct watch *watch)
{
    struct run_ref *runs = pairs_last_attempts(watch->cell, watch->load, &watch->run_count);
    watch->runs = runs;
    for (uint32_t arm = 1; arm < watch->result->arm_count; arm++) {
        for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
            tell_pairs(watch, arm, metric);
        }
    }
    for (uint32_t arm = 0; arm < watch->result->arm_count; arm++) {
        watch_arm(watch, arm);
    }
    mem_free(runs);
}

void describe_anomalies(struct result *result, struct result_cell *cell)
{
    const char *loads[PAIRS_LOADS];
    size_t load_count = pairs_loads(cell, loads);
    size_t most = cell->run_count; /* values in a series */
    for (size_t i = 0; i < cell->run_count; i++) {
        most += cell->runs[i].window_count;
    }
    cell->anomaly_count = 0;
    cell->anomalies = arena_alloc_array(&result->arena, MOST, sizeof *cell->anomalies);
    struct watch watch = {
        .result = result,
        .cell = cell,
        .x = mem_alloc_array(most, sizeof *watch.x),
        .places = mem_alloc_array(most, sizeof *watch.places),
    };
    for (size_t k = 0; k < load_count; k++) {
        watch.load = loads[k];
        watch_load(&watch);
    }
    mem_free(watch.places);
    mem_free(watch.x);
}
