/* Values in the order of time: how long one resembles the next, when they have settled, and which
 * of them stand out.
 *
 * n > 0 finite values (asserted); what a series is too short or too uniform to tell is NAN. Pure
 * functions, safe on any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Autocorrelation at `lag` < n: the sum of products of deviations so far apart over the sum of
 * squares (divisors cancel). NAN when all values are equal. */
double series_autocorrelation(const double *x, size_t n, size_t lag);

/* The integrated correlation time, in steps of the series: 1 + 2 times the sum of the
 * autocorrelations up to a lag that is at least five times the result, where the sum is cut off (A.
 * Sokal, "Monte Carlo methods in statistical mechanics", 1989). So many values say as much as one
 * independent one: the mean of n values scatters as the mean of n / time. 1 for independent values,
 * at least 1 (what alternates is not given credit); NAN below 8 values, or when all are equal. The
 * sum of a short series is cut off too early: it takes some fifty times the correlation time to
 * tell it. */
double series_correlation_time(const double *x, size_t n);

/* The share of itself that a value passes on to the next, whatever levels there are: then steps of
 * two are wider than steps of one by that share. A few changes of level and wild values hardly
 * enter; noise of each value's own makes it smaller. The correlation time that goes with it is (1 +
 * share) / (1 - share). About 0 for independent values, may be a little below; 0 when the series is
 * too short or too uniform. */
double series_share(const double *x, size_t n);

/* How many values to leave out at the beginning so that what follows has settled: the number d, at
 * most n / 2, for which the variance of the rest over its count is smallest (marginal standard
 * error rule: K. P. White, "An effective truncation heuristic for bias reduction in simulation
 * output", Simulation 69, 1997). The values are taken in groups of five, so it is a multiple of 5.
 * n / 2 or near it means that the series had not settled. Below 20 values: 0. */
size_t series_warmup(const double *x, size_t n);

/* The slope through the median of all pairs of points, per step: H. Theil 1950, P. K. Sen, JASA 63,
 * 1968. n >= 2. */
double series_slope(const double *x, size_t n);

/* The two-sided p-value of "there is no trend": H. B. Mann 1945, M. G. Kendall, "Rank correlation
 * methods", normal approximation with ties and continuity correction. `time` is the correlation
 * time of the noise (1: independent values), by which the variance grows (K. H. Hamed and A. R.
 * Rao, Journal of Hydrology 204, 1998). n >= 4, else 1. */
double series_trend_p(const double *x, size_t n, double time);

/* How noisy a comparison of two arms would be that take turns in slices of `per_slice` values, in
 * the order ABBA, judged from the series `x` of one arm that was left alone: the standard deviation
 * of their difference for one value of each, as if values were independent. Divide by the square
 * root of the number of values per arm for that of a pair. NAN below 4 quads. */
double series_alternation_noise(const double *x, size_t n, size_t per_slice);

/* The best length of a slice, in values of the series: of 1, 2, 4, ... the one with the least noise
 * in a given time, when each change of arms costs the time of `lost` >= 0 values. 0: too short to
 * tell. */
size_t series_best_slice(const double *x, size_t n, double lost);

enum anomaly_kind {
    ANOMALY_SPIKE, /* one value far off */
    ANOMALY_SAG,   /* several in a row a little off */
    ANOMALY_BREAK, /* another level from here on */
    ANOMALY_TREND, /* all along */
};

struct anomaly {
    enum anomaly_kind kind;
    size_t start, end; /* of the values that it covers: start <= i < end */
    double size;       /* relative to the median: -0.1 is 10 % below */
};

enum { SERIES_MOST_ANOMALIES = 16 };

/* Fills `out` with what stands out in a series of positive values, and returns how many. Robust:
 * the scale is the median absolute deviation.
 *
 *   spike  more than 5 robust sd and 5 % away from the median
 *   sag    the exponentially weighted mean (weight 0.2) is more than 4 of its own sd away, with
 *          the autocorrelation of neighbours taken into account, and at least 1 %; spikes are left
 *          out of it
 *   break  change_points() of at least 12 values: a change of level of at least 2 %, unless a
 *          straight line is nearer to the values
 *   trend  slope with p < 0.01 and more than 1 % over the whole, when there is no break
 *
 * In order of kind, then of time. Below 8 values nothing stands out. False alarms are measured by
 * `make simcheck`. */
size_t series_anomalies(const double *x, size_t n, struct anomaly out[SERIES_MOST_ANOMALIES]);
