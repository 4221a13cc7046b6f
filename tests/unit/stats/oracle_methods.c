/* The same numbers as R and SciPy, on samples written by tests/data/make_method_vectors.R and .py.
 */
#include "stats/adjust.h"
#include "stats/equivalence.h"
#include "stats/levels.h"
#include "stats/position.h"
#include "stats/power.h"
#include "stats/quantile.h"
#include "stats/series.h"
#include "stats/weighted.h"
#include "support/tap.h"

/* `start` and the like are places in method_values or scipy_values. */
struct adjust_vector {
    size_t start, n;
    size_t holm, benjamini_hochberg;
};

struct equivalence_vector {
    size_t start, n;
    double margin, p_low, p_high;
};

struct power_vector {
    size_t n;
    double shift, confidence, power;
};

struct position_vector {
    size_t start, first, n;
    double effect;
};

struct series_vector {
    size_t start, n;
    double autocorrelation[4]; /* at lags 1, 2, 5, 10 */
    double trend_p, slope;
};

struct levels_vector {
    size_t start, count;
    size_t repeats[LEVELS_MOST];
    double spread[LEVELS_MOST], variance[LEVELS_MOST];
    double mean, low, high;
};

struct weighted_vector {
    size_t start, counts, n;
    double mean, sd, mad;
    double quantiles[4]; /* .1 .5 .9 .99 */
};

struct quantile_vector {
    size_t start, n;
    double p, value, standard_error;
};

struct slope_vector {
    size_t start, n;
    double slope;
};

#include "data/method_vectors.inc"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { MOST = 64 };

static const double tolerance = 1e-9;

static bool same(double got, double wanted)
{
    if (!isfinite(wanted)) {
        return isnan(wanted) ? isnan(got) : got == wanted;
    }
    return fabs(got - wanted) <= tolerance * fmax(1, fabs(wanted));
}

static bool all_same(const double *got, const double *wanted, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!same(got[i], wanted[i])) {
            fprintf(stderr, "#   %zu: got %.17g, wanted %.17g\n", i, got[i], wanted[i]);
            return false;
        }
    }
    return true;
}

static void test_adjust(void)
{
    for (size_t i = 0; i < COUNT(adjust_vectors); i++) {
        const struct adjust_vector *v = &adjust_vectors[i];
        double got[MOST];
        stats_adjust_holm(method_values + v->start, v->n, got);
        tap_check(all_same(got, method_values + v->holm, v->n), "Holm, n = %zu", v->n);
        stats_adjust_benjamini_hochberg(method_values + v->start, v->n, got);
        tap_check(all_same(got, method_values + v->benjamini_hochberg, v->n),
                  "Benjamini-Hochberg, n = %zu", v->n);
    }
}

static void test_equivalence(void)
{
    for (size_t i = 0; i < COUNT(equivalence_vectors); i++) {
        const struct equivalence_vector *v = &equivalence_vectors[i];
        struct equivalence got;
        stats_equivalence(method_values + v->start, v->n, v->margin, 0.025, &got);
        tap_near(got.p_low, v->p_low, tolerance, "n = %zu: not above -%g", v->n, v->margin);
        tap_near(got.p_high, v->p_high, tolerance, "n = %zu: not below %g", v->n, v->margin);
    }
}

static void test_power(void)
{
    for (size_t i = 0; i < COUNT(power_vectors); i++) {
        const struct power_vector *v = &power_vectors[i];
        tap_near(stats_power(v->n, v->shift, v->confidence), v->power, tolerance,
                 "power of %zu pairs at %g sd, %g", v->n, v->shift, v->confidence);
    }
}

static void test_position(void)
{
    for (size_t i = 0; i < COUNT(position_vectors); i++) {
        const struct position_vector *v = &position_vectors[i];
        bool first[MOST] = {false};
        for (size_t k = 0; k < v->n; k++) {
            first[k] = method_values[v->first + k] > 0;
        }
        tap_near(stats_position_effect(method_values + v->start, first, v->n), v->effect, tolerance,
                 "position effect, n = %zu", v->n);
    }
}

static void test_series(void)
{
    static const size_t lags[] = {1, 2, 5, 10};
    for (size_t i = 0; i < COUNT(series_vectors); i++) {
        const struct series_vector *v = &series_vectors[i];
        const double *x = method_values + v->start;
        for (size_t k = 0; k < COUNT(lags); k++) {
            tap_near(series_autocorrelation(x, v->n, lags[k]), v->autocorrelation[k], tolerance,
                     "series %zu: lag %zu", i, lags[k]);
        }
        tap_near(series_trend_p(x, v->n, 1), v->trend_p, tolerance, "series %zu: trend", i);
        tap_near(series_slope(x, v->n), v->slope, tolerance, "series %zu: slope", i);
    }
    for (size_t i = 0; i < COUNT(slope_vectors); i++) {
        const struct slope_vector *v = &slope_vectors[i];
        tap_near(series_slope(scipy_values + v->start, v->n), v->slope, tolerance,
                 "slope as SciPy has it, n = %zu", v->n);
    }
}

static void test_levels(void)
{
    for (size_t i = 0; i < COUNT(levels_vectors); i++) {
        const struct levels_vector *v = &levels_vectors[i];
        struct levels got;
        levels_estimate(method_values + v->start, v->repeats, v->count, 0.95, &got);
        tap_check(all_same(got.spread, v->spread, v->count), "levels %zu: spreads", i);
        tap_check(all_same(got.variance, v->variance, v->count), "levels %zu: variances", i);
        tap_check(same(got.mean, v->mean) && same(got.low, v->low) && same(got.high, v->high),
                  "levels %zu: mean and interval", i);
    }
}

static void test_weighted(void)
{
    static const double p[] = {0.1, 0.5, 0.9, 0.99};
    for (size_t i = 0; i < COUNT(weighted_vectors); i++) {
        const struct weighted_vector *v = &weighted_vectors[i];
        struct weighted x = {method_values + v->start, method_values + v->counts, v->n};
        tap_check(same(weighted_mean(&x), v->mean) && same(weighted_sd(&x), v->sd) &&
                      same(weighted_mad(&x), v->mad),
                  "weighted %zu: mean %.12g sd %.12g mad %.12g", i, weighted_mean(&x),
                  weighted_sd(&x), weighted_mad(&x));
        for (size_t k = 0; k < COUNT(p); k++) {
            tap_near(weighted_quantile(&x, p[k]), v->quantiles[k], 0, "weighted %zu: quantile %g",
                     i, p[k]);
        }
    }
}

static void test_quantiles(void)
{
    for (size_t i = 0; i < COUNT(quantile_vectors); i++) {
        const struct quantile_vector *v = &quantile_vectors[i];
        struct quantile_estimate got;
        stats_harrell_davis(scipy_values + v->start, v->n, v->p, &got);
        tap_check(same(got.value, v->value) && same(got.standard_error, v->standard_error),
                  "Harrell-Davis, n = %zu, p = %g: %.12g (%.12g)", v->n, v->p, got.value,
                  got.standard_error);
    }
}

int main(void)
{
    test_adjust();
    test_equivalence();
    test_power();
    test_position();
    test_series();
    test_levels();
    test_weighted();
    test_quantiles();
    return tap_end();
}
