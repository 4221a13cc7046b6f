/* Quantiles of small samples, and how two distributions differ at every quantile.
 *
 * Pure functions, safe on any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct quantile_estimate {
    double value;
    double standard_error; /* of Maritz and Jarrett's kind: from the same weights */
};

/* The quantile at p (0..1, exclusive) as a weighted mean of all order statistics, so that no single
 * value of a small sample decides: F. E. Harrell and C. E. Davis, "A new distribution-free quantile
 * estimator", Biometrika 69, 1982; J. S. Maritz and R. G. Jarrett, JASA 73, 1978. n: 1 to
 * STATS_QUANTILE_MOST finite values in any order (asserted). For large samples it is the plain
 * quantile, which is to be used there. */
enum { STATS_QUANTILE_MOST = 10000 };
void stats_harrell_davis(const double *x, size_t n, double p, struct quantile_estimate *out);

/* The difference at one quantile. */
struct shift_point {
    double estimate;
    double low, high; /* -INFINITY, INFINITY: too few pairs */
};

/* What holds for all points of a shift function together. */
struct shift {
    size_t n;
    size_t depth;    /* of the Walsh averages at which all intervals are made; 0: endless */
    double coverage; /* that at least all of them hold at once, as far as the sample tells */
};

/* The differences at several quantiles, with intervals that hold all at once (a shift function: K.
 * Doksum, "Empirical probability plots and statistical inference for nonlinear models", Annals of
 * Statistics 2, 1974). `d` has n rows of `points` differences, one row per pair: the logarithm of
 * the ratio of the two runs' quantiles. Each point gets its Hodges-Lehmann estimate, and an
 * interval between ordered Walsh averages at a depth that is the same for all points. The depth is
 * the greatest at which, over the signs that chance could have given to the rows, all points are
 * inside at once with `confidence`: a row keeps its signs together, so that neighbours that go up
 * and down together cost nothing (all signs up to SHIFT_ALL_SIGNS pairs, above that SHIFT_DRAWS
 * draws from `seed`). Fills `out` with `points` > 0 points. n > 0; differences finite (asserted).
 */
enum { SHIFT_ALL_SIGNS = 14, SHIFT_DRAWS = 10000 };

struct shift_rows {
    const double *d;
    size_t n;
    size_t points;
};

void stats_shift(const struct shift_rows *rows, double confidence, uint64_t seed,
                 struct shift_point *out, struct shift *whole);
