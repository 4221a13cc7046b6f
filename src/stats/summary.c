#include "stats/summary.h"

#include <assert.h>
#include <gsl/gsl_sort_double.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

/* 1 / z(.75): the median absolute deviation of normal data is so much smaller than its sd. */
static const double mad_scale = 1.482602218505602;

static double *sorted_copy(const double *x, size_t n)
{
    double *copy = mem_alloc_array(n, sizeof *copy);
    memcpy(copy, x, n * sizeof *copy);
    gsl_sort(copy, 1, n);
    return copy;
}

double stats_mean(const double *x, size_t n)
{
    assert(n > 0);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        assert(isfinite(x[i]));
        sum += x[i];
    }
    double mean = sum / (double)n;
    /* The second pass takes back the rounding of the first. */
    double left = 0;
    for (size_t i = 0; i < n; i++) {
        left += x[i] - mean;
    }
    return mean + left / (double)n;
}

double stats_sd(const double *x, size_t n)
{
    double mean = stats_mean(x, n);
    if (n == 1) {
        return NAN;
    }
    double squares = 0;
    for (size_t i = 0; i < n; i++) {
        squares += (x[i] - mean) * (x[i] - mean);
    }
    return sqrt(squares / (double)(n - 1));
}

double stats_quantile(const double *x, size_t n, double p)
{
    assert(n > 0 && p >= 0 && p <= 1);
    double *sorted = sorted_copy(x, n);
    double quantile = gsl_stats_quantile_from_sorted_data(sorted, 1, n, p);
    mem_free(sorted);
    return quantile;
}

double stats_median(const double *x, size_t n)
{
    assert(n > 0);
    double *sorted = sorted_copy(x, n);
    double median = gsl_stats_median_from_sorted_data(sorted, 1, n);
    mem_free(sorted);
    return median;
}

double stats_mad(const double *x, size_t n)
{
    double median = stats_median(x, n);
    double *distance = mem_alloc_array(n, sizeof *distance);
    for (size_t i = 0; i < n; i++) {
        distance[i] = fabs(x[i] - median);
    }
    double mad = mad_scale * stats_median(distance, n);
    mem_free(distance);
    return mad;
}

double stats_lag1(const double *x, size_t n)
{
    double mean = stats_mean(x, n);
    double products = 0;
    double squares = (x[0] - mean) * (x[0] - mean);
    for (size_t i = 1; i < n; i++) {
        products += (x[i - 1] - mean) * (x[i] - mean);
        squares += (x[i] - mean) * (x[i] - mean);
    }
    return squares > 0 ? products / squares : NAN;
}

void stats_summary(const double *x, size_t n, struct stats_summary *out)
{
    *out = (struct stats_summary){
        .n = n,
        .mean = stats_mean(x, n),
        .median = stats_median(x, n),
        .sd = stats_sd(x, n),
        .mad = stats_mad(x, n),
        .lag1 = stats_lag1(x, n),
    };
    gsl_stats_minmax(&out->min, &out->max, x, 1, n);
    out->standard_error = out->sd / sqrt((double)n);
    out->cv = out->mean == 0 ? NAN : out->sd / fabs(out->mean);
}
