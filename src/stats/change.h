/* Where a series changes its distribution, and not merely its luck.
 *
 * The energy distance between what is before and after a moment is largest at a change; whether it
 * is larger than chance makes it is told by permuting the values (E-divisive: D. S. Matteson and N.
 * A. James, "A nonparametric approach for multiple change point analysis of multivariate data",
 * JASA 109, 2014). Found changes divide the series, and the parts are searched in turn. The p-value
 * counts the observed order as one of the permutations, so that it is never 0.
 *
 * Values that resemble their neighbours look like changes of level. Where neighbours have much in
 * common, told from differences so that changes of level do not pass for it, blocks of neighbours
 * are permuted instead of values.
 *
 * Costs n^2 time and memory for each permutation: for up to a thousand values. Pure functions, safe
 * on any thread; the same seed, the same answer. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct change_options {
    size_t least;        /* values between two changes; at least 2 */
    double level;        /* of each test */
    size_t permutations; /* e.g. 999 */
    uint64_t seed;
};

struct change_point {
    size_t at; /* the first value after it */
    double p_value;
};

/* Fills `out` with the changes of x, by place, at most `most` of them (the most certain divisions
 * come first), and returns how many. Finite values (asserted). */
size_t change_points(const double *x, size_t n, const struct change_options *options,
                     struct change_point *out, size_t most);
