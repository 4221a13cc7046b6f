#include "stats/power.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
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

/* P(T > limit) for Student's t with `freedom` degrees and noncentrality `centre`: over the spread
 * that the sample may show, normal above limit * spread. freedom * spread^2 has the chi-squared
 * distribution. */
static double shifted_t_above(double limit, double freedom, double centre)
{
    enum { STEPS = 400 };
    double low = sqrt(gsl_cdf_chisq_Pinv(1e-12, freedom) / freedom);
    double high = sqrt(gsl_cdf_chisq_Qinv(1e-12, freedom) / freedom);
    double step = (high - low) / STEPS;
    double sum = 0;
    for (int i = 0; i <= STEPS; i++) { /* Simpson's rule */
        double spread = low + step * i;
        double density =
            2 * freedom * spread * gsl_ran_chisq_pdf(freedom * spread * spread, freedom);
        int weight = i == 0 || i == STEPS ? 1 : 2 + 2 * (i % 2);
        sum += weight * density * gsl_cdf_ugaussian_P(centre - limit * spread);
    }
    return sum * step / 3;
}

double stats_power(size_t n, double shift, double confidence)
{
    assert(n > 0 && !isnan(shift));
    size_t depth = stats_signed_rank_depth(n, confidence);
    if (depth == 0) {
        return 0;
    }
    if (depth == 1) {
        return pow(gsl_cdf_ugaussian_P(shift), (double)n);
    }
    double level = stats_signed_rank_cdf(n, (double)depth - 1);
    double freedom = (double)(n - 1);
    return shifted_t_above(gsl_cdf_tdist_Qinv(level, freedom), freedom,
                           shift * sqrt(3 / M_PI * (double)n));
}

/* The two questions that are asked of a number of pairs. */
static double power_to_detect(size_t n, double effect, double confidence)
{
    return stats_power(n, effect, confidence) + stats_power(n, -effect, confidence);
}

static double power_to_equate(size_t n, double margin, double confidence)
{
    return 2 * stats_power(n, margin, confidence) - 1;
}

/* The fewest pairs at which `ask` reaches `power`. What is reached goes down a little from some
 * numbers to the next, as the levels of the ranks come in steps; from where the halving ends, the
 * steps are taken one by one. */
static size_t fewest_pairs(double (*ask)(size_t n, double size, double confidence), double size,
                           double power, double confidence)
{
    assert(size > 0 && power > 0 && power < 1);
    enum { STEPPED = 40 };
    size_t least = stats_signed_rank_least(confidence);
    for (size_t n = least; n <= STEPPED; n++) {
        if (ask(n, size, confidence) >= power) {
            return n;
        }
    }
    size_t few = STEPPED;
    size_t enough = STATS_PAIRS_MOST;
    while (enough - few > 1) {
        size_t middle = few + (enough - few) / 2;
        if (ask(middle, size, confidence) >= power) {
            enough = middle;
        } else {
            few = middle;
        }
    }
    return enough;
}

size_t stats_pairs_to_detect(double effect, double power, double confidence)
{
    return fewest_pairs(power_to_detect, effect, power, confidence);
}

size_t stats_pairs_to_equate(double margin, double power, double confidence)
{
    return fewest_pairs(power_to_equate, margin, power, confidence);
}
