/* How two standard deviations compare.
 *
 * Pure functions, safe on any thread. */
#pragma once

#include <stddef.h>

struct spread {
    double sd; /* with divisor n - 1, > 0 */
    size_t n;  /* >= 2 */
};

/* The interval of the ratio of the true standard deviations, `a` over `b`, at `confidence`: by the
 * F distribution of the ratio of variances of normal values. Values with long tails make it too
 * narrow, so a reader should ask for more than that 1 is left out. */
void spread_ratio(struct spread a, struct spread b, double confidence, double *low, double *high);
