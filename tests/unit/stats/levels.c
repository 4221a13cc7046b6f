#include "stats/levels.h"

#include "base/rng.h"
#include "support/normal.h"
#include "support/tap.h"

/* Two launches of two slices, by hand: means 2 and 6. */
static void test_by_hand(void)
{
    static const double x[] = {1, 3, 5, 7};
    static const size_t repeats[] = {2, 2};
    struct levels got;
    levels_estimate(x, repeats, 2, 0.95, &got);
    tap_near(got.mean, 4, 0, "mean");
    tap_near(got.spread[0], 2, 0, "slices about their launch");
    tap_near(got.spread[1], 8, 0, "launches about the whole");
    tap_near(got.variance[0], 2, 0, "what slices add");
    tap_near(got.variance[1], 8 - 2.0 / 2, 0, "what launches add: less what slices left in them");
    tap_near(got.high - got.mean, 12.706204736 * 2, 1e-8, "t with one degree of freedom");
    tap_near(levels_variance_of_mean(&got, repeats), 8.0 / 2, 1e-15, "variance of that mean");
}

static void test_repeats(void)
{
    struct levels levels = {.count = 3, .variance = {16, 1, 4}};
    static const double cost[] = {1, 4, 9};
    size_t repeats[2];
    levels_repeats(&levels, cost, 100, repeats);
    tap_int((int64_t)repeats[0], 8, "sqrt(4 / 1 * 16 / 1)");
    tap_int((int64_t)repeats[1], 1, "sqrt(9 / 4 * 1 / 4) is below 1");
    levels.variance[1] = 0;
    levels_repeats(&levels, cost, 100, repeats);
    tap_int((int64_t)repeats[0], 100, "a level above that adds nothing: as often as allowed");
    tap_int((int64_t)repeats[1], 1, "and itself once");
}

/* Estimates over many samples are right on average, and the interval of the mean covers. */
static void test_truth(void)
{
    enum { SAMPLES = 2000, LAUNCHES = 6, SLICES = 5 };
    static const size_t repeats[] = {SLICES, LAUNCHES};
    struct rng rng;
    rng_init(&rng, 4);
    double spread[2] = {0};
    int covered = 0;
    for (int sample = 0; sample < SAMPLES; sample++) {
        double x[LAUNCHES * SLICES];
        for (size_t i = 0; i < LAUNCHES; i++) {
            double launch = 2 * normal_draw(&rng);
            for (size_t k = 0; k < SLICES; k++) {
                x[i * SLICES + k] = 7 + launch + 3 * normal_draw(&rng);
            }
        }
        struct levels got;
        levels_estimate(x, repeats, 2, 0.95, &got);
        spread[0] += got.spread[0] / SAMPLES;
        spread[1] += (got.spread[1] - got.spread[0] / SLICES) / SAMPLES;
        covered += got.low <= 7 && got.high >= 7;
    }
    tap_near(spread[0], 9, 0.2, "variance of slices");
    tap_near(spread[1], 4, 0.35, "variance of launches");
    tap_near((double)covered / SAMPLES, 0.95, 0.015, "coverage of the mean");
}

int main(void)
{
    test_by_hand();
    test_repeats();
    test_truth();
    return tap_end();
}
