/* Where noise comes from when measurements are nested: launches of a server, slices of a launch,
 * windows of a slice. Each level adds variance of its own, and only repeating at that level takes
 * it away; so this says where time is well spent, and how calm a mean can get.
 *
 * Source: T. Kalibera and R. Jones, "Rigorous benchmarking in reasonable time", ISMM 2013, with the
 * estimators of the nested random effects model (S. R. Searle, G. Casella and C. E. McCulloch,
 * "Variance components", 1992).
 *
 * Pure functions, safe on any thread. */
#pragma once

#include <stddef.h>

enum { LEVELS_MOST = 4 };

/* Level 0 is the lowest: the values themselves; the last is the highest, e.g. launches. */
struct levels {
    size_t count;
    size_t repeats[LEVELS_MOST]; /* of each level within one of the next */
    double spread[LEVELS_MOST];  /* S^2: variance of the means of a level about those of the next */
    double variance[LEVELS_MOST]; /* T^2: what the level itself adds; 0 where the estimate is not
                                     above 0, which means that it adds nothing to be seen */
    double mean;                  /* of everything */
    double low, high;             /* its interval, by Student's t over the highest level; -INFINITY
                                     and INFINITY when that was not repeated */
};

/* `x` holds the values in the order of nesting, `repeats` how often each of the `count` (1 to
 * LEVELS_MOST) levels is repeated within the next, the lowest first: {20, 6} is six launches of
 * twenty slices. At least 2 on every level but the highest, finite values (asserted). */
void levels_estimate(const double *x, const size_t *repeats, size_t count, double confidence,
                     struct levels *out);

/* How often to repeat each level below the highest for the calmest mean in a given time: `cost` is
 * the time that one repetition of each level costs by itself (a window; what a slice takes besides
 * its windows; what a launch takes besides its slices). Fills `repeats` with count - 1 numbers, at
 * least 1, at most `most`. */
void levels_repeats(const struct levels *levels, const double *cost, size_t most, size_t *repeats);

/* The variance of a mean over such repeats, one for each level. */
double levels_variance_of_mean(const struct levels *levels, const size_t *repeats);
