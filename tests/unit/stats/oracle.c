/* The same numbers as R, on samples written by tests/data/make_stats_vectors.R (which also says
 * where the two differ on purpose). */
#include "stats/rank.h"
#include "stats/summary.h"
#include "support/tap.h"

struct rank_vector {
    const char *noise;
    size_t start, n; /* in stats_values */
    double confidence;
    double estimate, low, high, coverage, p_value;
};

struct tied_vector {
    size_t start, n;
    double shift;
    double one_sided; /* of the shifted sample, as is two_sided */
    double two_sided;
};

struct large_vector {
    size_t start, n;
    double p_value;
};

struct cdf_vector {
    size_t n;
    double t, probability;
};

struct summary_vector {
    size_t start, n;
    double mean, sd, median, mad, lag1;
    double quantiles[4]; /* .1 .25 .9 .99 */
};

#include "data/stats_vectors.inc"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const double tolerance = 1e-9;

static bool same(double got, double wanted)
{
    if (!isfinite(wanted)) {
        return isnan(wanted) ? isnan(got) : got == wanted;
    }
    return fabs(got - wanted) <= tolerance * fmax(1, fabs(wanted));
}

static void test_ranks(void)
{
    for (size_t i = 0; i < COUNT(rank_vectors); i++) {
        const struct rank_vector *v = &rank_vectors[i];
        struct signed_rank got;
        stats_signed_rank(stats_values + v->start, v->n, v->confidence, &got);
        tap_check(same(got.estimate, v->estimate) && same(got.low, v->low) &&
                      same(got.high, v->high) && same(got.coverage, v->coverage) &&
                      same(got.p_value, v->p_value) && got.exact &&
                      got.bounded == (isfinite(v->low) != 0),
                  "%s, n = %zu, %g %%: %.6g [%.6g, %.6g] p %.6g", v->noise, v->n,
                  100 * v->confidence, got.estimate, got.low, got.high, got.p_value);
    }
}

static void test_ties(void)
{
    for (size_t i = 0; i < COUNT(tied_vectors); i++) {
        const struct tied_vector *v = &tied_vectors[i];
        const double *d = stats_values + v->start;
        double one_sided = stats_signed_rank_one_sided(d, v->n, v->shift);
        tap_near(one_sided, v->one_sided, tolerance, "ties, n = %zu, row %zu: one-sided", v->n, i);
        double shifted[16];
        for (size_t k = 0; k < v->n; k++) {
            shifted[k] = d[k] + v->shift;
        }
        struct signed_rank got;
        stats_signed_rank(shifted, v->n, 0.95, &got);
        tap_near(got.p_value, v->two_sided, tolerance, "ties, n = %zu, row %zu: two-sided", v->n,
                 i);
    }
}

static void test_large(void)
{
    for (size_t i = 0; i < COUNT(large_vectors); i++) {
        const struct large_vector *v = &large_vectors[i];
        struct signed_rank got;
        stats_signed_rank(stats_values + v->start, v->n, 0.95, &got);
        tap_near(got.p_value, v->p_value, tolerance, "normal approximation, n = %zu", v->n);
        tap_check(!got.exact && got.bounded, "n = %zu is not exact and says so", v->n);
    }
}

static void test_cdf(void)
{
    for (size_t i = 0; i < COUNT(cdf_vectors); i++) {
        const struct cdf_vector *v = &cdf_vectors[i];
        /* Above the exact sizes R is still exact and the approximation must be near it. */
        double allowed = v->n <= STATS_SIGNED_RANK_EXACT ? tolerance : 3e-4;
        tap_near(stats_signed_rank_cdf(v->n, v->t), v->probability, allowed,
                 "P(T <= %g) for n = %zu", v->t, v->n);
    }
}

static void test_summary(void)
{
    static const double p[] = {0.1, 0.25, 0.9, 0.99};
    for (size_t i = 0; i < COUNT(summary_vectors); i++) {
        const struct summary_vector *v = &summary_vectors[i];
        const double *x = stats_values + v->start;
        struct stats_summary got;
        stats_summary(x, v->n, &got);
        tap_check(same(got.mean, v->mean) && same(got.sd, v->sd) && same(got.median, v->median) &&
                      same(got.mad, v->mad) && same(got.lag1, v->lag1),
                  "summary %zu, n = %zu: mean %.12g sd %.12g median %.12g mad %.12g lag1 %.12g", i,
                  v->n, got.mean, got.sd, got.median, got.mad, got.lag1);
        for (size_t k = 0; k < COUNT(p); k++) {
            tap_near(stats_quantile(x, v->n, p[k]), v->quantiles[k], tolerance,
                     "summary %zu: quantile %g", i, p[k]);
        }
    }
}

int main(void)
{
    test_ranks();
    test_ties();
    test_large();
    test_cdf();
    test_summary();
    return tap_end();
}
