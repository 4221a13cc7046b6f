/* Descriptive statistics of an array of doubles, in the order measured.
 *
 * Numerically stable: the mean first, deviations from it second, so that a large common offset does
 * not eat the digits of the spread. The input is never modified.
 *
 * Every function wants n > 0 finite values (asserted). What a sample is too small or too uniform to
 * tell is NAN and must not be printed as a number. Pure functions, safe on any thread. */
#pragma once

#include <stddef.h>

struct stats_summary {
    size_t n;
    double min, max;
    double mean;
    double median;
    double sd;             /* divisor n - 1; NAN for n = 1 */
    double standard_error; /* of the mean, sd / sqrt(n); NAN for n = 1 */
    double cv;             /* coefficient of variation, sd / |mean|; NAN for n = 1 or mean 0 */
    double mad;            /* stats_mad() */
    double lag1;           /* stats_lag1() */
};

void stats_summary(const double *x, size_t n, struct stats_summary *out);

double stats_mean(const double *x, size_t n);

/* Standard deviation with divisor n - 1; NAN for n = 1. */
double stats_sd(const double *x, size_t n);

double stats_median(const double *x, size_t n);

/* The quantile at probability p (0..1, inclusive) by linear interpolation between order statistics
 * at position (n - 1)p: type 7 of R. J. Hyndman and Y. Fan, "Sample quantiles in statistical
 * packages", The American Statistician 50, 1996. Never to be averaged over runs. */
double stats_quantile(const double *x, size_t n, double p);

/* Median absolute deviation from the median, times 1.4826 so that it estimates the standard
 * deviation of normal data. 0 when more than half of the values are equal. */
double stats_mad(const double *x, size_t n);

/* Lag-1 autocorrelation: the sum of products of neighbouring deviations over the sum of squared
 * deviations (divisors cancel); NAN when all values are equal or n = 1. Says whether neighbours in
 * time resemble each other, and so whether values may be treated as independent. */
double stats_lag1(const double *x, size_t n);
