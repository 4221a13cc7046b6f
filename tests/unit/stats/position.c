#include "stats/position.h"

#include "base/rng.h"
#include "stats/rank.h"
#include "support/normal.h"
#include "support/tap.h"

enum { N = 20 };

static void test_effect(void)
{
    static const double d[] = {1.5, 0.5, 1.7, 0.3};
    static const bool first[] = {true, false, true, false};
    tap_near(stats_position_effect(d, first, 4), 0.6, 1e-15,
             "half of the median of 1, 1.2, 1.2, 1.4");
    static const bool always[] = {true, true, true, true};
    tap_check(isnan(stats_position_effect(d, always, 4)), "one order only says nothing");
}

static void test_removal(void)
{
    double d[N];
    bool first[N];
    for (size_t i = 0; i < N; i++) {
        first[i] = i % 2 == 0;
        d[i] = 0.01 + (first[i] ? 0.02 : -0.02);
    }
    double out[N];
    tap_check(stats_position_remove(d, first, N, out), "twenty pairs are enough");
    double worst = 0;
    for (size_t i = 0; i < N; i++) {
        worst = fmax(worst, fabs(out[i] - 0.01));
    }
    tap_check(worst < 1e-15, "nothing but the effect itself is left");
    tap_check(!stats_position_remove(d, first, 15, out) && memcmp(d, out, 15 * sizeof d[0]) == 0,
              "fifteen pairs stay as they are");
    for (size_t i = 0; i < N; i++) {
        first[i] = i < 4;
    }
    tap_check(!stats_position_remove(d, first, N, out) && memcmp(d, out, sizeof d) == 0,
              "four of twenty in one order are too few");
}

/* With an effect of position and without one the interval of what is left covers as it states. */
static void test_coverage(double effect)
{
    enum { SAMPLES = 6000 };
    struct rng rng;
    rng_init(&rng, 16);
    int covered = 0;
    struct signed_rank got = {0};
    for (int sample = 0; sample < SAMPLES; sample++) {
        double d[N];
        bool first[N] = {false};
        for (size_t i = 0; i < N; i++) {
            first[i] = i % 2 == 0 ? rng_below(&rng, 2) == 0 : !first[i - 1];
            d[i] = normal_draw(&rng) + (first[i] ? effect : -effect);
        }
        stats_position_remove(d, first, N, d);
        stats_signed_rank(d, N, 0.95, &got);
        covered += got.low <= 0 && got.high >= 0;
    }
    tap_near((double)covered / SAMPLES, got.coverage, 0.008, "effect %g: coverage as stated",
             effect);
}

int main(void)
{
    test_effect();
    test_removal();
    test_coverage(0);
    test_coverage(1);
    return tap_end();
}
