#include "stats/equivalence.h"

#include "base/rng.h"
#include "stats/rank.h"
#include "support/normal.h"
#include "support/tap.h"

static void test_by_hand(void)
{
    static const double d[] = {0.1, -0.2, 0.3, -0.4, 0.5, -0.6};
    struct equivalence got;
    stats_equivalence(d, 6, 1, 0.025, &got);
    tap_near(got.p_low, 1.0 / 64, 1e-15, "all six above -1: one sign pattern of 64");
    tap_near(got.p_high, 1.0 / 64, 1e-15, "all six below +1");
    tap_near(got.p_value, 1.0 / 64, 1e-15, "the larger of both");
    tap_near(got.least_margin, 0.6, 0, "six differences: the farthest is the least margin");
    stats_equivalence(d, 6, 0.55, 0.025, &got);
    tap_near(got.p_low, 2.0 / 64, 1e-15, "one just outside on the low side");
    tap_near(got.p_high, 1.0 / 64, 1e-15, "none outside on the other");
    stats_equivalence(d, 5, 1, 0.025, &got);
    tap_check(got.least_margin == INFINITY && got.p_value > 0.025, "five show nothing at 2.5 %%");
}

/* Test and interval are two ways to say the same. */
static void test_duality(void)
{
    enum { SAMPLES = 500 };
    struct rng rng;
    rng_init(&rng, 3);
    int disagreed = 0;
    int shown = 0;
    for (int sample = 0; sample < SAMPLES; sample++) {
        double d[12];
        size_t n = 6 + (size_t)rng_below(&rng, 7);
        for (size_t i = 0; i < n; i++) {
            d[i] = 0.3 + normal_draw(&rng);
        }
        struct equivalence got;
        struct signed_rank rank;
        stats_equivalence(d, n, 1, 0.05, &got);
        stats_signed_rank(d, n, 0.90, &rank);
        bool inside = rank.low > -1 && rank.high < 1;
        disagreed += inside != (got.p_value <= 0.05) || inside != (got.least_margin < 1);
        shown += inside;
    }
    tap_int(disagreed, 0, "the tests agree with the interval at confidence 1 - 2 level");
    tap_check(shown > 50 && shown < SAMPLES - 50, "both outcomes occur (%d of 500)", shown);
}

int main(void)
{
    test_by_hand();
    test_duality();
    return tap_end();
}
