#include "analysis/calibrate.h"

#include <math.h>

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
}

static void test_levels(void)
{
    struct result result;
    struct calibration got;
    fill(&result, 0);
    tap_check(analysis_calibrate(&result, &got), "thirty pairs are enough");
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
    tap_check(analysis_calibrate(&result, &got), "three pairs in each loop");
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
    tap_check(analysis_calibrate(&result, &got), "noise that lasts");
    /* (1 + 0.8) / (1 - 0.8) slices of 250 ms. What is slower than a run is taken for the run's. */
    tap_check(got.noise_seconds > 0.8 && got.noise_seconds < 2.5, "about 2 s: %.2f",
              got.noise_seconds);
    tap_near(got.best_slice, 0.25, 1e-12, "the shortest slices are the best");
    struct buf text = {0};
    calibration_describe(&got, &text);
    tap_check(strstr(buf_text(&text), "throughput: pairs scatter by") != NULL &&
                  strstr(buf_text(&text), "a disturbance lasts about") != NULL &&
                  strstr(buf_text(&text), "settled") == NULL,
              "sentences for what is known, and none for what is not");
    buf_release(&text);
    result_release(&result);
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
    tap_check(!analysis_calibrate(&result, &got), "two different targets are no calibration");
    result_release(&result);
    sample_init(&result, 2);
    result.design.aa = true;
    sample_pairs(&result, 1, METRIC_OPS, (const double[]){1}, 1);
    tap_check(!analysis_calibrate(&result, &got), "nor is one pair");
    result_release(&result);
}

int main(void)
{
    test_levels();
    test_two_loops();
    test_slow_noise();
    test_warmup();
    test_refused();
    return tap_end();
}
