#include "stats/power.h"
#include "base/rng.h"
#include "stats/rank.h"
#include "support/normal.h"
#include "support/tap.h"

static void test_scales(void)
{
    tap_near(stats_ratio_change(0), 0, 0, "no effect is no change");
    tap_near(stats_ratio_change(log(1.25)), 0.25, 1e-15, "a quarter more");
    tap_near(stats_log_effect(-0.2), log(0.8), 1e-15, "a fifth less");
    tap_near(stats_ratio_change(1e-12), 1e-12, 1e-23, "small effects keep their digits");
}

static void test_detectable(void)
{
    tap_check(stats_detectable_effect(0.02, 5) == INFINITY, "five pairs detect nothing");
    tap_check(isnan(stats_detectable_effect(NAN, 1)), "one pair has no spread");
    tap_near(stats_detectable_effect(0, 6), 0, 0, "without noise everything is detected");
    tap_near(stats_detectable_effect(0.01, 6), 0.0211, 1e-15, "six pairs: the table");
    tap_near(stats_detectable_effect(1, 30), 3.2415155 / sqrt(3 / M_PI * 28), 1e-7,
             "thirty pairs: the formula");
    bool falling = true;
    for (size_t n = 6; n < 200; n++) {
        falling = falling && stats_detectable_effect(1, n + 1) < stats_detectable_effect(1, n);
    }
    tap_check(falling, "every further pair helps, across the end of the table too");
}

/* The promise itself: nine intervals in ten leave out 0. */
static void test_power(void)
{
    enum { SAMPLES = 4000 };
    static const size_t sizes[] = {6, 7, 10, 20, 25};
    struct rng rng;
    rng_init(&rng, 90);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t n = sizes[i];
        double effect = stats_detectable_effect(1, n);
        int detected = 0;
        for (int sample = 0; sample < SAMPLES; sample++) {
            double d[32];
            for (size_t k = 0; k < n; k++) {
                d[k] = effect + normal_draw(&rng);
            }
            struct signed_rank got;
            stats_signed_rank(d, n, 0.95, &got);
            detected += got.low > 0 || got.high < 0;
        }
        double power = (double)detected / SAMPLES;
        /* Four standard errors of the simulation. */
        tap_near(power, 0.9, 0.019, "%zu pairs detect it %.1f %% of the time", n, 100 * power);
    }
}

static void test_pairs_needed(void)
{
    static const struct {
        const char *name;
        size_t n;
        double half_width, margin, confidence;
        size_t wanted;
    } rows[] = {
        {"twice too wide takes four times the pairs", 6, 0.02, 0.02, 0.95, 24},
        {"fractions are rounded up", 10, 0.011, 0.02, 0.95, 13},
        {"narrow enough needs no more", 10, 0.009, 0.02, 0.95, 10},
        {"no width at all needs no more", 10, 0, 0.02, 0.95, 10},
        {"endless at 95 %", 3, INFINITY, 0.02, 0.95, 6},
        {"endless at 99 %", 6, INFINITY, 0.02, 0.99, 8},
        {"hopeless is capped", 6, 50, 0.01, 0.95, STATS_PAIRS_MOST},
        {"the cap never takes pairs away", 20000, 50, 0.01, 0.95, 20000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t got =
            stats_pairs_needed(rows[i].n, rows[i].half_width, rows[i].margin, rows[i].confidence);
        tap_int((int64_t)got, (int64_t)rows[i].wanted, "pairs needed: %s", rows[i].name);
    }
}

/* Against pt() of R with its noncentrality, and against signs by hand. */
static void test_any_power(void)
{
    tap_near(stats_power(6, 1, 0.95), 0.354685898, 1e-9, "six pairs: all signs must agree");
    tap_near(stats_power(5, 3, 0.95), 0, 0, "five pairs tell nothing");
    tap_near(stats_power(10, 0, 0.95), 50.0 / 2048, 1e-7, "no effect: the level of the ranks");
    tap_near(stats_power(10, 0.75, 0.95), 0.538051381, 1e-7, "ten pairs");
    tap_near(stats_power(30, 0.5, 0.95), 0.733694596, 1e-7, "thirty pairs");
    tap_near(stats_power(20, -0.5, 0.95), 0.000025172, 1e-7, "the wrong direction");
    tap_int((int64_t)stats_pairs_to_detect(1, 0.9, 0.95), 14, "90 %% for one sd");
    tap_int((int64_t)stats_pairs_to_equate(1, 0.9, 0.95), 17, "equivalence within one sd");
    tap_int((int64_t)stats_pairs_to_detect(0.2, 0.9, 0.95), 278, "a fifth of a sd takes many");
    tap_int((int64_t)stats_pairs_to_detect(1e-4, 0.9, 0.95), STATS_PAIRS_MOST, "and is capped");
}

int main(void)
{
    test_scales();
    test_any_power();
    test_detectable();
    test_power();
    test_pairs_needed();
    return tap_end();
}
