#include "stats/adjust.h"

#include "base/rng.h"
#include "support/normal.h"
#include "support/tap.h"

enum { MOST = 15 };

/* The fifteen p-values of the paper of Benjamini and Hochberg (section 4.1), where the procedure
 * with level 0.05 rejects four and Holm's three. */
static const double paper[MOST] = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                                   0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};

static size_t rejected(const double *adjusted, size_t count)
{
    size_t number = 0;
    for (size_t i = 0; i < count; i++) {
        number += adjusted[i] <= 0.05;
    }
    return number;
}

static void test_paper(void)
{
    double adjusted[MOST];
    stats_adjust_holm(paper, MOST, adjusted);
    tap_int((int64_t)rejected(adjusted, MOST), 3, "Holm rejects three of the fifteen");
    tap_near(adjusted[0], 0.0015, 1e-15, "the smallest times fifteen");
    tap_near(adjusted[3], 12 * 0.0095, 1e-15, "the fourth times twelve");
    tap_near(adjusted[14], 1, 0, "never above 1");
    stats_adjust_benjamini_hochberg(paper, MOST, adjusted);
    tap_int((int64_t)rejected(adjusted, MOST), 4, "Benjamini-Hochberg rejects four");
    tap_near(adjusted[3], 15 * 0.0095 / 4, 1e-15, "the fourth times 15 / 4");
    tap_near(adjusted[5], 15 * 0.0298 / 7, 1e-15, "the sixth is no worse than the seventh");
}

static void test_order_and_gaps(void)
{
    double p[] = {0.03, NAN, 0.01, 0.02, NAN};
    stats_adjust_holm(p, 5, p);
    tap_near(p[2], 0.03, 1e-15, "Holm: three were tested, the order does not matter");
    tap_near(p[3], 0.04, 1e-15, "Holm: the second times two");
    tap_near(p[0], 0.04, 1e-15, "Holm: never below one that is smaller");
    tap_check(isnan(p[1]) && isnan(p[4]), "what was not tested stays so");
    double q[] = {0.03, NAN, 0.01, 0.02, NAN};
    stats_adjust_benjamini_hochberg(q, 5, q);
    tap_check(fabs(q[0] - 0.03) < 1e-15 && fabs(q[2] - 0.03) < 1e-15 && fabs(q[3] - 0.03) < 1e-15,
              "Benjamini-Hochberg: the largest pulls the others down");
    double none[] = {NAN, NAN};
    stats_adjust_holm(none, 2, none);
    stats_adjust_benjamini_hochberg(none, 2, none);
    tap_check(isnan(none[0]) && isnan(none[1]), "nothing tested, nothing adjusted");
    double one = 0.04;
    stats_adjust_holm(&one, 1, &one);
    tap_near(one, 0.04, 0, "one comparison is left as it is");
}

static void test_levels(void)
{
    tap_near(stats_adjust_level(0.95, 1), 0.95, 1e-15, "one interval keeps its level");
    tap_near(stats_adjust_level(0.95, 5), 0.99, 1e-15, "five intervals: 99 %% each");
    tap_near(stats_adjust_level_selected(0.95, 5, 5), 0.95, 1e-15, "all selected: nothing to pay");
    tap_near(stats_adjust_level_selected(0.95, 1, 10), 0.995, 1e-15, "one of ten");
    tap_int((int64_t)stats_signed_rank_least(1 - 2 * 0.025 / 4), 8,
            "four gates at 2.5 %% take eight pairs");
}

static void test_geometric_mean(void)
{
    static const double d[] = {
        0.01, 0.03, /* block 1: mean 0.02 */
        0.02, NAN,  /* left out */
        0.05, 0.03, 0.00, 0.02, 0.01, 0.05, 0.04, 0.08, 0.02, 0.02, 0.06, 0.04,
    };
    struct signed_rank got;
    stats_adjust_geometric_mean(d, 8, 2, 0.95, &got);
    tap_int((int64_t)got.n, 7, "a block without a cell is left out");
    static const double means[] = {0.02, 0.04, 0.01, 0.03, 0.06, 0.02, 0.05};
    struct signed_rank wanted;
    stats_signed_rank(means, 7, 0.95, &wanted);
    tap_check(fabs(got.estimate - wanted.estimate) < 1e-15 && fabs(got.low - wanted.low) < 1e-15 &&
                  fabs(got.high - wanted.high) < 1e-15,
              "the signed ranks of the means of blocks");
    static const double holes[] = {NAN, 1, 1, NAN};
    stats_adjust_geometric_mean(holes, 2, 2, 0.95, &got);
    tap_check(got.n == 0 && isnan(got.estimate) && !got.bounded && got.low == -INFINITY,
              "no complete block, no figure");
}

/* Two cells that share the noise of their launch: an interval that took them for independent would
 * miss far more often than it says. */
static void test_shared_noise(void)
{
    enum { SAMPLES = 4000, BLOCKS = 10, CELLS = 4 };
    struct rng rng;
    rng_init(&rng, 11);
    int covered = 0;
    for (int sample = 0; sample < SAMPLES; sample++) {
        double d[BLOCKS * CELLS];
        for (size_t i = 0; i < BLOCKS; i++) {
            double launch = normal_draw(&rng);
            for (size_t k = 0; k < CELLS; k++) {
                d[i * CELLS + k] = (double)k - 1.5 + launch + 0.3 * normal_draw(&rng);
            }
        }
        struct signed_rank got;
        stats_adjust_geometric_mean(d, BLOCKS, CELLS, 0.95, &got);
        covered += got.low <= 0 && got.high >= 0;
    }
    tap_near((double)covered / SAMPLES, 0.951, 0.013, "cells with noise in common: coverage");
}

int main(void)
{
    test_paper();
    test_order_and_gaps();
    test_levels();
    test_geometric_mean();
    test_shared_noise();
    return tap_end();
}
