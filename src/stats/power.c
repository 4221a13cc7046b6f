#include "stats/power.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "stats/rank.h"

double stats_ratio_change(double effect)
{
    return expm1(effect);
}

double stats_log_effect(double change)
{
    assert(change > -1);
    return log1p(change);
}

double stats_detectable_effect(double sd, size_t n)
{
    enum { FEWEST = 6, TABLED = 20 };
    /* In units of sd. With so few pairs the power of the ranks comes in steps and the formula below
     * is too hopeful. At 6 it is z of .9 ^ (1/6), all six on one side; the others are simulated to
     * within 1 % (tests/data/simulate_power.R). */
    static const double table[TABLED - FEWEST + 1] = {
        2.11, 1.55, 1.45, 1.33, 1.18, 1.14, 1.08, 1.01, 0.96, 0.93, 0.90, 0.87, 0.83, 0.81, 0.79,
    };
    assert(!(sd < 0));
    if (n < FEWEST) {
        return isnan(sd) ? NAN : INFINITY;
    }
    if (n <= TABLED) {
        return sd * table[n - FEWEST];
    }
    double z = gsl_cdf_ugaussian_Pinv(0.975) + gsl_cdf_ugaussian_Pinv(0.90);
    return sd * z / sqrt(3 / M_PI * (double)(n - 2));
}

size_t stats_pairs_needed(size_t n, double half_width, double margin, double confidence)
{
    assert(n > 0 && half_width >= 0 && margin > 0);
    size_t least = stats_signed_rank_least(confidence);
    if (isinf(half_width)) {
        return n < least ? least : n;
    }
    double shrink = half_width / (margin / 2);
    /* The slack keeps a width that is an exact multiple from asking for one pair too many. */
    double needed = ceil((double)n * shrink * shrink * (1 - 1e-12));
    if (n >= STATS_PAIRS_MOST || !(needed > (double)n)) {
        return n;
    }
    return needed < STATS_PAIRS_MOST ? (size_t)needed : STATS_PAIRS_MOST;
}
