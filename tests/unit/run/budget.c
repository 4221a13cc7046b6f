/* What a time budget buys. */
#include "run/budget.h"

#include <math.h>

#include "support/tap.h"

#define SECONDS(n) ((nsec)(n)*NSEC_PER_SEC)
#define MS(n) ((nsec)(n)*NSEC_PER_MSEC)

static struct design_spec quick(void)
{
    struct spec spec;
    spec_init(&spec, PRESET_QUICK);
    return spec.design;
}

static void test_choice(void)
{
    static const struct {
        uint32_t cells;
        nsec budget;
        nsec per_block;
        uint32_t pairs;
        nsec least, most; /* of the measured time */
        const char *why;
    } rows[] = {
        {74, SECONDS(600), SECONDS(20), 6, MS(200), MS(500), "many cells, ten minutes"},
        {74, SECONDS(3600), SECONDS(20), 6, MS(2500), MS(3000), "an hour"},
        {4, SECONDS(20), MS(600), 6, MS(100), MS(400), "four cells, 20 s"},
        {1, SECONDS(600), MS(600), 30, MS(3000), MS(3000), "more pairs before longer runs"},
        {2, SECONDS(150), MS(600), 9, MS(3000), MS(3000), "a few more pairs"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct budget_cost cost = {.arms = 2,
                                   .cells = rows[i].cells,
                                   .per_block = rows[i].per_block,
                                   .once = rows[i].per_block};
        struct suite_spec wish = {.budget = rows[i].budget};
        struct design_spec design = quick();
        struct error err = {0};
        tap_check(budget_choose(&cost, &wish, &design, &err), "%s: %s", rows[i].why, err.text);
        tap_int(design.pairs, rows[i].pairs, "pairs");
        tap_check(design.duration >= rows[i].least && design.duration <= rows[i].most,
                  "measured time: %llu ms", (unsigned long long)(design.duration / NSEC_PER_MSEC));
        tap_check(budget_total(&cost, &design) <= rows[i].budget, "within the budget");
        tap_int((int64_t)(design.duration % design.slice), 0, "whole slices");
        tap_int((int64_t)(design.duration / design.slice % 2), 0, "an even number of them");
        tap_check(design.duration / design.slice >= 4, "at least four");
    }
}

static void test_what_is_kept(void)
{
    struct budget_cost cost = {.arms = 2, .cells = 4, .per_block = MS(500)};
    struct suite_spec wish = {.budget = SECONDS(100), .keeps_pairs = true};
    struct design_spec design = quick();
    design.pairs = 8;
    tap_check(budget_choose(&cost, &wish, &design, NULL), "pairs that were asked for");
    tap_int(design.pairs, 8, "stay");
    wish = (struct suite_spec){.budget = SECONDS(100), .keeps_run = true, .keeps_warmup = true};
    design = quick();
    design.duration = MS(500);
    design.warmup = MS(77);
    tap_check(budget_choose(&cost, &wish, &design, NULL), "measured time and warm-up");
    tap_int((int64_t)(design.duration / NSEC_PER_MSEC), 500, "stay, too");
    tap_int((int64_t)(design.warmup / NSEC_PER_MSEC), 77, "both");
    tap_check(design.pairs > 6 && budget_total(&cost, &design) <= SECONDS(100),
              "and more pairs are made: %u", design.pairs);
    struct design_spec untouched = quick();
    wish = (struct suite_spec){0};
    tap_check(budget_choose(&cost, &wish, &untouched, NULL), "without a budget");
    tap_int(untouched.pairs, 6, "nothing changes");
}

static void test_too_short(void)
{
    struct budget_cost cost = {.arms = 2, .cells = 74, .per_block = SECONDS(1)};
    struct suite_spec wish = {.budget = SECONDS(60)};
    struct design_spec design = quick();
    struct error err = {0};
    tap_check(!budget_choose(&cost, &wish, &design, &err), "a budget that is too short");
    tap_int(err.code, ERROR_USAGE, "is wrong usage");
    tap_check(strstr(err.text, "74 cells and 2 targets take at least ") == err.text &&
                  strstr(err.text, "more than the budget of 1 m 00 s") != NULL,
              "the sentence says what is needed: %s", err.text);
}

static void test_expectation(void)
{
    struct design_spec design = quick();
    design.duration = SECONDS(3);
    tap_near(budget_noise(METRIC_OPS, design.duration), 0.051, 1e-9, "noise of three seconds");
    tap_check(budget_noise(METRIC_OPS, MS(300)) > 2 * 0.051, "shorter runs are noisier");
    tap_near(budget_noise(METRIC_OPS, SECONDS(1000)), 0.051 * sqrt(0.5), 1e-3,
             "the launch's part stays");
    double six = budget_detectable(METRIC_OPS, &design);
    design.pairs = 24;
    tap_check(budget_detectable(METRIC_OPS, &design) < 0.6 * six, "more pairs see more");
    tap_check(budget_half_width(METRIC_OPS, &design) < budget_detectable(METRIC_OPS, &design),
              "an interval is narrower than what is sure to be seen");
    design.pairs = 5;
    tap_check(isinf(budget_half_width(METRIC_OPS, &design)), "five pairs have no interval");
}

int main(void)
{
    test_choice();
    test_what_is_kept();
    test_too_short();
    test_expectation();
    return tap_end();
}
