#include "analysis/describe.h"

#include <math.h>

#include "analysis/compare.h"
#include "base/rng.h"
#include "support/normal.h"
#include "support/sample_result.h"
#include "support/tap.h"

enum { PAIRS = 10, SLICES = 12 };

/* Runs whose latencies are lognormal about `median`, `pairs` pairs; the arm's are `ratio` times as
 * long from the 90th percentile on. */
static void fill(struct result *result, uint32_t pairs, double ratio)
{
    struct rng rng;
    rng_init(&rng, 5);
    sample_init(result, 2);
    for (uint32_t pair = 1; pair <= pairs; pair++) {
        for (uint32_t arm = 0; arm < 2; arm++) {
            struct result_run *run = sample_run(result, arm, pair, &sample_usual);
            hist_clear(run->latency);
            for (int i = 0; i < 20000; i++) {
                double z = normal_draw(&rng);
                double tail = z > 1.2816 && arm == 1 ? ratio : 1;
                hist_record(run->latency, (nsec)(100000 * exp(0.3 * z) * tail));
            }
        }
    }
}

static const struct result_shift_point *point_at(const struct result_shift *shift,
                                                 double percentile)
{
    for (size_t i = 0; i < shift->point_count; i++) {
        if (fabs(shift->points[i].percentile - percentile) < 1e-9) {
            return &shift->points[i];
        }
    }
    return NULL;
}

static void test_distribution(void)
{
    struct result result;
    fill(&result, PAIRS, 1.5);
    analysis_describe(&result);
    const struct result_cell *cell = &result.cells[0];
    tap_int((int64_t)cell->description_count, 2, "both arms are described");
    const struct result_distribution *latency = &cell->descriptions[0].latency;
    tap_int((int64_t)latency->count, 200000, "all latencies of all runs");
    tap_near(latency->median, 100000, 500, "median of the lognormal");
    tap_near(latency->mean, 100000 * exp(0.045), 500, "its mean");
    tap_near(latency->sd, 100000 * exp(0.045) * sqrt(exp(0.09) - 1), 500, "its sd");
    tap_near(latency->cv, sqrt(exp(0.09) - 1), 0.005, "its coefficient of variation");
    tap_near(latency->percentiles[8], 100000 * exp(0.3 * 2.3263), 1500, "p99");
    tap_check(latency->percentiles[11] > latency->percentiles[10], "p99.99 has its ten beyond it");
    tap_int((int64_t)latency->mode_count, 1, "one hill");
    tap_int(cell->descriptions[1].values[METRIC_OPS].n, PAIRS, "one value per run");
    tap_near(cell->descriptions[1].values[METRIC_OPS].mean, 100000, 1e-6, "of operations");
    tap_int(cell->descriptions[1].values[METRIC_MEMORY].n, 0, "memory is not known");

    tap_int((int64_t)cell->shift_count, 1, "one shift function");
    const struct result_shift *shift = &cell->shifts[0];
    const struct result_shift_point *middle = point_at(shift, 50);
    const struct result_shift_point *tail = point_at(shift, 99);
    tap_check(middle != NULL && middle->band_low < 1 && middle->band_high > 1,
              "the median does not differ");
    tap_check(tail != NULL && tail->band_low > 1.4 && tail->band_high < 1.6 &&
                  tail->band_low <= tail->low && tail->band_high >= tail->high,
              "p99 does, by half; its own interval is inside of the band");
    tap_check(point_at(shift, 99.9) != NULL && point_at(shift, 99.99) == NULL,
              "20,000 latencies hold p99.9 and no p99.99");
    result_release(&result);
}

static void test_few_pairs(void)
{
    struct result result;
    fill(&result, 3, 1);
    analysis_describe(&result);
    const struct result_shift *shift = &result.cells[0].shifts[0];
    tap_check(shift->n == 3 && shift->point_count > 0 && isinf(shift->points[0].high) &&
                  isinf(shift->points[0].band_high),
              "three pairs: estimates without intervals");
    result_release(&result);

    sample_init(&result, 2);
    analysis_describe(&result);
    tap_check(result.cells[0].description_count == 0 && result.cells[0].shift_count == 0 &&
                  result.cells[0].anomaly_count == 0,
              "nothing measured, nothing described");
    result_release(&result);
}

static void add_slices(struct result *result, struct result_run *run, struct rng *rng)
{
    struct result_window *windows = arena_alloc_array(&result->arena, SLICES, sizeof *windows);
    for (size_t i = 0; i < SLICES; i++) {
        windows[i] = (struct result_window){
            .end = 0.25 * (double)(i + 1),
            .seconds = 0.25,
            .operations = (uint64_t)(25000 * (1 + 0.01 * normal_draw(rng))),
            .p99 = (uint64_t)(400000 * (1 + 0.02 * normal_draw(rng))),
        };
    }
    run->windows = windows;
    run->window_count = SLICES;
}

static const struct result_anomaly *find(const struct result *result, const char *kind)
{
    const struct result_cell *cell = &result->cells[0];
    for (size_t i = 0; i < cell->anomaly_count; i++) {
        if (str_eq(str_from(cell->anomalies[i].kind), str_from(kind))) {
            return &cell->anomalies[i];
        }
    }
    return NULL;
}

static void test_anomalies(void)
{
    struct result result;
    struct rng rng;
    rng_init(&rng, 17);
    fill(&result, PAIRS, 1);
    struct result_cell *cell = &result.cells[0];
    for (size_t i = 0; i < cell->run_count; i++) {
        add_slices(&result, &cell->runs[i], &rng);
    }
    analysis_describe(&result);
    tap_int((int64_t)cell->anomaly_count, 0, "calm runs: nothing stands out");
    for (size_t i = 0; i < cell->anomaly_count; i++) {
        printf("# %s of %s %g in pair %u at %g\n", cell->anomalies[i].kind,
               metric_name(cell->anomalies[i].metric), cell->anomalies[i].size,
               cell->anomalies[i].pair, cell->anomalies[i].start);
    }

    struct result_run *run = &cell->runs[7]; /* of the arm, in the fourth pair */
    run->windows[4].p99 *= 3;
    run->server_is_told = true;
    run->forks = 1;
    run->operations = 70000;
    analysis_compare(&result);
    analysis_conclude(&result);
    const struct result_anomaly *spike = find(&result, "spike");
    if (tap_check(spike != NULL, "a slice with three times the latency is found")) {
        tap_check(spike->arm == 1 && spike->metric == METRIC_P99 && spike->pair == 4 &&
                      spike->start == 1 && spike->end == 1.25 && fabs(spike->size - 2) < 0.2,
                  "in the fourth pair, from 1 s to 1.25 s, by 200 %%");
        tap_text(spike->cause, "the server forked (1)", "with what the server did in that run");
    }
    const struct result_anomaly *outlier = find(&result, "outlier");
    tap_check(outlier != NULL && outlier->pair == 4 && outlier->metric == METRIC_OPS &&
                  fabs(outlier->size + 0.3) < 0.01,
              "a pair that lacks 30 %% of its operations is found");
    tap_text(outlier == NULL ? NULL : outlier->cause, "the server forked (1)", "and why");
    tap_int(cell->comparisons[0].n, PAIRS, "and stays in the comparison");

    cell->runs[6].steal = 0.2; /* of the baseline */
    analysis_conclude(&result);
    outlier = find(&result, "outlier");
    tap_text(outlier == NULL ? NULL : outlier->cause,
             "the server forked (1); with redis other guests of the host took 20 % of the time",
             "what befell the other run of the pair is told, too");
    result_release(&result);
}

/* Hosts that differ are not anomalies of the pairs that are made on them. */
static void check_hosts(uint32_t turns, size_t anomalies)
{
    static struct result_host hosts[] = {{.target = "redis://b1"}, {.target = "redis://b2"}};
    struct result result;
    struct rng rng;
    rng_init(&rng, 3);
    sample_init(&result, 2);
    result.arms[1].hosts = hosts;
    result.arms[1].host_count = 2;
    for (uint32_t pair = 1; pair <= 20; pair++) {
        for (uint32_t arm = 0; arm < 2; arm++) {
            struct sample_figures figures = sample_usual;
            /* The second host does half, and has its turns at the end; one pair lacks 30 %. */
            uint32_t host = arm == 1 && pair > 20 - turns ? 2 : 1;
            double level = (host == 2 ? 0.5 : 1) * (1 + 0.005 * normal_draw(&rng));
            level *= arm == 1 && pair == 19 ? 0.7 : 1;
            figures.operations = (uint64_t)(100000 * level);
            sample_run(&result, arm, pair, &figures)->host_number = host;
        }
    }
    analysis_describe(&result);
    const struct result_cell *cell = &result.cells[0];
    tap_int((int64_t)cell->anomaly_count, (int64_t)anomalies,
            "%u turns of a host: pairs that are unlike the others", turns);
    if (anomalies > 0 && cell->anomaly_count > 0) {
        tap_check(strcmp(cell->anomalies[0].kind, "outlier") == 0 &&
                      cell->anomalies[0].pair == 19 && fabs(cell->anomalies[0].size + 0.3) < 0.02,
                  "that is 30 %% below what its host did otherwise");
    }
    for (size_t i = 0; i < cell->anomaly_count; i++) {
        printf("# %s of %s %g in pair %u\n", cell->anomalies[i].kind,
               metric_name(cell->anomalies[i].metric), cell->anomalies[i].size,
               cell->anomalies[i].pair);
    }
    result_release(&result);
}

static void test_hosts(void)
{
    check_hosts(4, 1);
    check_hosts(2, 0); /* which of the two it is cannot be told */
}

/* The machine gets slower and slower: both arms, so no verdict, but it is told. */
static void test_trend(void)
{
    struct result result;
    sample_init(&result, 2);
    struct rng rng;
    rng_init(&rng, 8);
    for (uint32_t pair = 1; pair <= 20; pair++) {
        for (uint32_t arm = 0; arm < 2; arm++) {
            struct sample_figures figures = sample_usual;
            double level = 1 - 0.01 * pair + 0.005 * normal_draw(&rng);
            figures.operations = (uint64_t)(100000 * level);
            sample_run(&result, arm, pair, &figures);
        }
    }
    analysis_describe(&result);
    const struct result_anomaly *trend = find(&result, "trend");
    tap_check(trend != NULL && trend->pair == 1 && trend->last_pair == 20 &&
                  fabs(trend->size + 0.21) < 0.04 && trend->end < 1e-9,
              "a decline of a fifth over the session");
    result_release(&result);
}

static void test_run(void)
{
    struct result result;
    struct rng rng;
    rng_init(&rng, 9);
    sample_init(&result, 1);
    result.kind = RESULT_RUN;
    struct result_run *run = sample_run(&result, 0, 1, &sample_usual);
    add_slices(&result, run, &rng);
    run->valid = false;
    run->windows[9].operations /= 2;
    analysis_conclude(&result);
    const struct result_anomaly *spike = find(&result, "spike");
    tap_check(spike != NULL && spike->metric == METRIC_OPS && fabs(spike->start - 2.25) < 1e-9,
              "one run is described as well, valid or not");
    tap_int((int64_t)result.cells[0].description_count, 1, "its latencies too");
    result_release(&result);
}

int main(void)
{
    test_distribution();
    test_few_pairs();
    test_anomalies();
    test_hosts();
    test_trend();
    test_run();
    return tap_end();
}
