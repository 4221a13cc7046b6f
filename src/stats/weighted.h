/* Descriptive statistics of values that come with counts: the buckets of a histogram. What
 * stats/summary.h says of an array, this says of millions of values in a few thousand buckets.
 *
 * Pure functions, safe on any thread. Values ascend and are finite, counts are above 0, n > 0
 * (asserted). */
#pragma once

#include <stddef.h>

struct weighted {
    const double *values; /* ascending; not owned */
    const double *counts; /* not owned */
    size_t n;
};

double weighted_count(const struct weighted *x);
double weighted_mean(const struct weighted *x);
/* Divisor: count - 1. NAN when the count is 1. */
double weighted_sd(const struct weighted *x);
/* The value of rank ceil(p * count), at least 1: the convention of hist/hist.h. p: 0..1. */
double weighted_quantile(const struct weighted *x, double p);
/* As stats_mad(), with the medians of weighted_quantile(). */
double weighted_mad(const struct weighted *x);

/* A hill of the density. */
struct weighted_mode {
    double at;    /* its highest point */
    double share; /* of all values, between the valleys beside it */
};

enum { WEIGHTED_MOST_MODES = 8 };

/* Fills `modes` with the hills of the distribution, from left to right, and returns their number,
 * at least 1. Positive values are wanted: the density is looked at on the logarithmic scale, as
 * latencies spread over powers. It is smoothed by Gaussian kernels of width 0.9 min(sd, quartile
 * range / 1.34) count^-1/5 (B. W. Silverman, "Density estimation", 1986, 3.4.2), at least 2 %. Two
 * hills are told apart when the valley between them is at most half as high as the lower one and
 * each has at least 5 % of the values; else they are one. */
size_t weighted_modes(const struct weighted *x, struct weighted_mode modes[WEIGHTED_MOST_MODES]);
