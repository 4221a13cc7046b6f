#include "stats/quantile.h"

#include "base/rng.h"
#include "stats/rank.h"
#include "support/normal.h"
#include "support/tap.h"

enum { POINTS = 5, MOST = 30 };

/* With one point there is nothing to hold at once: the interval of the signed ranks. */
static void test_one_point(void)
{
    struct rng rng;
    rng_init(&rng, 1);
    for (size_t n = 5; n <= 14; n += 3) {
        double d[MOST];
        for (size_t i = 0; i < n; i++) {
            d[i] = 0.5 + normal_draw(&rng);
        }
        struct shift_point got;
        struct shift whole;
        struct signed_rank wanted;
        stats_shift(&(struct shift_rows){d, n, 1}, 0.95, 1, &got, &whole);
        stats_signed_rank(d, n, 0.95, &wanted);
        tap_check(fabs(got.estimate - wanted.estimate) < 1e-15 && got.low == wanted.low &&
                      got.high == wanted.high && fabs(whole.coverage - wanted.coverage) < 1e-12,
                  "n = %zu: one point is the signed ranks", n);
    }
}

static void test_together(void)
{
    double d[8 * POINTS];
    struct shift_point got[POINTS];
    struct shift whole;
    for (size_t i = 0; i < 8; i++) {
        for (size_t k = 0; k < POINTS; k++) {
            d[i * POINTS + k] = (double)((i * 5) % 8) + (double)k;
        }
    }
    stats_shift(&(struct shift_rows){d, 8, POINTS}, 0.95, 1, got, &whole);
    tap_int((int64_t)whole.depth, 4, "points that go together cost nothing: depth as for one");
    tap_near(got[3].estimate - got[0].estimate, 3, 1e-12, "each has its own estimate");
    /* Six rows and points that have little to do with each other: no interval holds for all. */
    struct rng rng;
    rng_init(&rng, 2);
    for (size_t i = 0; i < 6 * POINTS; i++) {
        d[i] = normal_draw(&rng);
    }
    stats_shift(&(struct shift_rows){d, 6, POINTS}, 0.95, 1, got, &whole);
    tap_check(whole.depth == 0 && got[0].low == -INFINITY && got[4].high == INFINITY,
              "too few rows for that many points");
}

/* All points at once, half of the noise in common. */
static void test_coverage(size_t n, double common, int samples)
{
    struct rng rng;
    rng_init(&rng, n);
    int covered = 0;
    for (int sample = 0; sample < samples; sample++) {
        double d[MOST * POINTS];
        for (size_t i = 0; i < n; i++) {
            double shared = normal_draw(&rng);
            for (size_t k = 0; k < POINTS; k++) {
                d[i * POINTS + k] = sqrt(common) * shared + sqrt(1 - common) * normal_draw(&rng);
            }
        }
        struct shift_point got[POINTS];
        struct shift whole;
        stats_shift(&(struct shift_rows){d, n, POINTS}, 0.95, (uint64_t)sample, got, &whole);
        bool all = true;
        for (size_t k = 0; k < POINTS; k++) {
            all = all && got[k].low <= 0 && got[k].high >= 0;
        }
        covered += all;
    }
    double share = (double)covered / samples;
    tap_check(share >= 0.945 - 3 * sqrt(0.05 * 0.95 / samples),
              "n = %zu, common part %g: all %d points are inside %.1f %% of the time", n, common,
              POINTS, 100 * share);
}

int main(void)
{
    test_one_point();
    test_together();
    test_coverage(10, 0.5, 2000);
    test_coverage(14, 0, 500);
    test_coverage(14, 0.9, 500);
    test_coverage(30, 0.5, 150);
    return tap_end();
}
