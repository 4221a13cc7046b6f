#include "analysis/calibrate.h"

#include <math.h>

#include "analysis/compare.h"
#include "base/rng.h"
#include "support/normal.h"
#include "support/sample_result.h"
#include "support/tap.h"

enum { PAIRS = 30, SLICES = 12 };

/* Slices of 250 ms of a target against itself, in turns: a launch adds 2 %, and what disturbs a
 * slice of either arm passes on `share` of itself to the next slice in time. */
static void fill(struct result *result, double share)
{
    struct rng rng;
    rng_init(&rng, 3);
    sample_init(result, 2);
    result->design.aa = true;
    double slow = 0;
    nsec now = NSEC_PER_SEC;
    for (uint32_t pair = 1; pair <= PAIRS; pair++) {
        struct result_window *windows[2];
        double launch[2];
        for (uint32_t arm = 0; arm < 2; arm++) {
            struct result_run *run = sample_run(result, arm, pair, &sample_usual);
            windows[arm] = arena_alloc_array(&result->arena, SLICES, sizeof *windows[arm]);
            run->windows = windows[arm];
            run->window_count = SLICES;
            launch[arm] = 0.02 * normal_draw(&rng);
        }
        for (size_t i = 0; i < 2 * SLICES; i++) {
            size_t arm = (i % 4 == 1 || i % 4 == 2) ? 1 : 0;
            size_t slice = i / 4 * 2 + (i % 4 >= 2 ? 1 : 0);
            slow = share * slow + sqrt(1 - share * share) * normal_draw(&rng);
            windows[arm][slice] = (struct result_window){
                .end = 0.25 * (double)(slice + 1),
                .seconds = 0.25,
                .started_wall = now,
                .operations = (uint64_t)(25000 * exp(launch[arm] + 0.01 * slow)),
            };
            now += 300 * NSEC_PER_MSEC;
        }
    }
    struct result_cell *cell = &result->cells[0];
    for (size_t i = 0; i < cell->run_count; i++) {
        cell->runs[i].operations = 0;
        for (size_t k = 0; k < SLICES; k++) {
            cell->runs[i].operations += 4 * cell->runs[i].windows[k].operations / SLICES;
        }
    }
    analysis_compare(result);
}

static void test_levels(void)
{
    struct result result;
    struct calibration got;
    fill(&result, 0);
    tap_check(analysis_calibrate(&result, &result.cells[0], &got), "thirty pairs are enough");
    const struct calibration_metric *ops = &got.metrics[METRIC_OPS];
    tap_int(ops->n, PAIRS, "pairs");
    /* Two launches, and a twelfth of the variance of either arm's slices. */
    tap_near(ops->sd, sqrt(2) * 0.0202, 0.007, "how much pairs scatter");
    tap_near(ops->visible[0], expm1(2.11 * ops->sd), 1e-12, "six pairs see 2.1 times that");
    tap_check(ops->visible[2] < ops->visible[1] && ops->visible[1] < ops->visible[0],
              "more pairs see more");
    tap_check(ops->low < 1 && ops->high > 1, "the target does not differ from itself");
    tap_check(ops->pairs_to_equate > 20 && ops->pairs_to_equate < 60,
              "equivalence within 2 %% takes %u pairs", ops->pairs_to_equate);
    tap_int(got.metrics[METRIC_P50].pairs_to_equate, 6, "without noise six are enough");
    tap_int(got.metrics[METRIC_MEMORY].n, 0, "memory is not known");
    tap_near(got.launch_sd, 0.02, 0.006, "what a launch adds");
    tap_near(got.slice_sd, 0.01, 0.001, "what a slice adds");
    tap_near(got.noise_seconds, 0.25, 0.15, "noise that does not last");
    tap_text(got.result, "sample", "which control");
    tap_text(got.engine_version, "7.0.15", "of what");
    tap_int(got.pairs, PAIRS, "from how many pairs");
    result.cells[0].comparisons[0].verdict = VERDICT_INVALID;
    tap_check(analysis_calibrate(&result, &result.cells[0], &got) &&
                  got.metrics[METRIC_OPS].n == 0 && got.launches == 0 && isnan(got.noise_seconds),
              "throughput that says nothing is not calibrated");
    result_release(&result);
}

/* With both loops throughput is that of the closed one, and latency that of the open one. */
static void test_two_loops(void)
{
    static const double calm[] = {1, 1, 1};
    static const double wild[] = {1.5, 0.7, 1.1};
    struct result result;
    struct calibration got;
    sample_init(&result, 2);
    result.design.aa = true;
    sample_pairs(&result, 1, METRIC_OPS, calm, 3);
    sample_pairs(&result, 1, METRIC_P50, wild, 3);
    struct result_cell *cell = &result.cells[0];
    for (size_t i = 6; i < cell->run_count; i++) {
        result_make_open(&cell->runs[i]);
        cell->runs[i].operations /= 2;
    }
    analysis_compare(&result);
    tap_check(analysis_calibrate(&result, cell, &got), "three pairs in each loop");
    tap_check(got.metrics[METRIC_OPS].n == 3 && got.metrics[METRIC_OPS].sd < 1e-9,
              "throughput does not scatter");
    tap_check(got.metrics[METRIC_P50].n == 3 && got.metrics[METRIC_P50].sd > 0.3,
              "the median of the open loop does");
    result_release(&result);
}

static void test_slow_noise(void)
{
    struct result result;
    struct calibration got;
    fill(&result, 0.8);
    tap_check(analysis_calibrate(&result, &result.cells[0], &got), "noise that lasts");
    /* (1 + 0.8) / (1 - 0.8) slices of 250 ms. What is slower than a run is taken for the run's. */
    tap_check(got.noise_seconds > 0.8 && got.noise_seconds < 2.5, "about 2 s: %.2f",
              got.noise_seconds);
    tap_near(got.best_slice, 0.25, 1e-12, "the shortest slices are the best");
    result_release(&result);
}

/* What is told of the warm-up, and of slices. */
static void test_words(void)
{
    static const struct {
        double watched, settled, slice, best;
        const char *words;
    } rows[] = {
        {NAN, NAN, NAN, NAN, ""},
        {10, NAN, NAN, NAN,
         "The target had not settled in the first half of the 10 s that it was watched: watch it "
         "for longer (--settle)\n"},
        {10, 0, NAN, NAN, "The target needs no warm-up that can be seen in 10 s\n"},
        {10, 0.5, NAN, NAN,
         "The target has settled after 0.5 s of load: the warm-up of 0.5 s is enough\n"},
        {10, 1.251, NAN, NAN, "The target has settled after 1.25 s of load: --warmup 1260ms\n"},
        {NAN, NAN, 0.253, 0.253, "Slices of 250 ms, as here, have less noise than longer ones\n"},
        {NAN, NAN, 0.252, 0.504, "Slices of 500 ms have the least noise: --slice 500ms\n"},
    };
    const struct design_spec design = {.warmup = 500 * NSEC_PER_MSEC};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf text = {0};
        struct calibration calibration = {.watched_seconds = rows[i].watched,
                                          .warmup_seconds = rows[i].settled,
                                          .slice_seconds = rows[i].slice,
                                          .best_slice = rows[i].best,
                                          .noise_seconds = NAN};
        calibration_describe(&calibration, &design, &text);
        tap_text(buf_text(&text), rows[i].words, "words, row %zu", i);
        buf_release(&text);
    }
    struct buf text = {0};
    struct calibration calibration = {.launches = 6,
                                      .slices = 4,
                                      .launch_sd = 0.02,
                                      .slice_sd = 0.01,
                                      .noise_seconds = 1.5,
                                      .best_slice = NAN,
                                      .watched_seconds = NAN};
    calibration_describe(&calibration, &design, &text);
    tap_text(buf_text(&text),
             "Throughput of one arm scatters by 2 % from launch to launch (with what the machine "
             "does meanwhile, which pairs cancel), and by 1 % from slice to slice, of which 4 "
             "slices leave 0.5 %\nA disturbance lasts about 1.5 s\n",
             "launches, slices and how long");
    buf_release(&text);
}

static void test_warmup(void)
{
    enum { N = 60 };
    struct result_window windows[N];
    struct rng rng;
    rng_init(&rng, 4);
    for (size_t i = 0; i < N; i++) {
        double level = 1 - 0.4 * exp(-(double)i / 4) + 0.01 * normal_draw(&rng);
        windows[i] = (struct result_window){
            .end = (double)(i + 1), .seconds = 1, .operations = (uint64_t)(100000 * level)};
    }
    struct result_run run = {.windows = windows, .window_count = N};
    double settled = calibrate_warmup(&run);
    tap_check(settled >= 5 && settled <= 20, "a time of 4 s: settled after %.0f s", settled);
    run.window_count = 19;
    tap_check(isnan(calibrate_warmup(&run)), "nineteen windows tell nothing");
    for (size_t i = 0; i < N; i++) {
        windows[i].operations = 1000 * (i + 1);
    }
    run.window_count = N;
    tap_check(isnan(calibrate_warmup(&run)), "what climbs all along has not settled");
}

static void test_refused(void)
{
    struct result result;
    struct calibration got;
    fill(&result, 0);
    result.design.aa = false;
    tap_check(!analysis_calibrate(&result, &result.cells[0], &got),
              "two different targets are no calibration");
    result_release(&result);
    sample_init(&result, 2);
    result.design.aa = true;
    sample_pairs(&result, 1, METRIC_OPS, (const double[]){1}, 1);
    tap_check(!analysis_calibrate(&result, &result.cells[0], &got), "nor is one pair");
    result_release(&result);
}

/* In R: sd(log(...)) of these is 0.6695731 %. */
static const double quiet[] = {1.01, 0.99, 1.005, 0.995, 1, 1.002, 0.998, 1.008};

static void fill_control(struct result *result, uint32_t pairs)
{
    sample_init(result, 2);
    result->design.aa = true;
    sample_pairs(result, 1, METRIC_OPS, quiet, pairs);
    analysis_compare(result);
}

/* Which controls give a calibration. */
static void test_cells(void)
{
    struct result result;
    fill_control(&result, 6);
    calibrate_cells(&result);
    tap_check(result.cells[0].calibration != NULL && result.cells[0].calibration->pairs == 6,
              "six pairs do");
    result_release(&result);
    fill_control(&result, 5);
    calibrate_cells(&result);
    tap_check(result.cells[0].calibration == NULL, "five do not");
    result_release(&result);
    fill_control(&result, 6);
    result_add_finding(&result, &result.findings, SEVERITY_INVALID, "misses", NULL, "No.");
    calibrate_cells(&result);
    tap_check(result.cells[0].calibration == NULL, "what is not valid does not");
    result_release(&result);
    fill_control(&result, 6);
    result.design.aa = false;
    calibrate_cells(&result);
    tap_check(result.cells[0].calibration == NULL, "nor do two different targets");
    result_release(&result);
}

/* A comparison whose changes scatter `times` as much as the control's. */
static void check_attached(double times, bool is_told)
{
    struct result result;
    double ratios[8];
    fill_control(&result, 8);
    calibrate_cells(&result);
    struct calibration calibration = *result.cells[0].calibration;
    const double sd = 0.006695731;
    tap_near(calibration.metrics[METRIC_OPS].sd, sd, 1e-5, "the noise of the control");
    result_release(&result);
    for (size_t i = 0; i < 8; i++) {
        ratios[i] = 1.1 * pow(quiet[i], times);
    }
    sample_init(&result, 2);
    sample_pairs(&result, 1, METRIC_OPS, ratios, 8);
    analysis_compare(&result);
    tap_check(isnan(result.cells[0].comparisons[0].noise_floor), "no floor yet");
    calibrate_attach(&result, &result.cells[0], &calibration);
    const struct result_comparison *ops = &result.cells[0].comparisons[0];
    /* The tabulated factor of eight pairs, by what the comparison itself says of its own noise. */
    double factor = log1p(ops->minimum_detectable) / (times * sd);
    tap_near(log1p(ops->noise_floor), factor * sd, 0.001 * factor * sd, "the floor of eight pairs");
    tap_int((int64_t)result.findings.count, is_told, "%g times the noise", times);
    if (is_told && result.findings.count == 1) {
        const struct finding *finding = &result.findings.items[0];
        tap_text(finding->code, "noisier-than-calibrated", "how it is called");
        tap_check(finding->severity == SEVERITY_NOTE, "a note");
        tap_text(finding->text,
                 "pairs scatter more than twice as much as when this was calibrated (in brackets): "
                 "throughput of valkey by 3.3 % (0.67 %)",
                 "with the figures");
    }
    result_release(&result);
}

static void test_attach(void)
{
    /* sqrt(qf(.975, 7, 7)) is 2.2349: told from 4.47 times on. */
    check_attached(1, false);
    check_attached(4.4, false);
    check_attached(5, true);
}

/* In a suite it is said of the cell. */
static void test_suite(void)
{
    static const char *const names[] = {"a", "b"};
    double ratios[8];
    struct result result;
    fill_control(&result, 8);
    calibrate_cells(&result);
    struct calibration calibration = *result.cells[0].calibration;
    result_release(&result);
    for (size_t i = 0; i < 8; i++) {
        ratios[i] = pow(quiet[i], 10);
    }
    sample_init(&result, 2);
    sample_cells(&result, names, 2);
    sample_cell_pairs(&result, 1, ratios, 8);
    analysis_compare(&result);
    calibrate_attach(&result, &result.cells[1], &calibration);
    tap_int((int64_t)result.findings.count, 0, "nothing about the whole");
    tap_int((int64_t)result.cells[1].findings.count, 1, "but about the cell");
    result_release(&result);
}

int main(void)
{
    test_levels();
    test_two_loops();
    test_slow_noise();
    test_words();
    test_warmup();
    test_refused();
    test_cells();
    test_attach();
    test_suite();
    return tap_end();
}
