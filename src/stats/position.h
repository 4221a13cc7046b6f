/* Does it matter who goes first? Of each pair it is known which arm began; what beginning is worth
 * is estimated from the pairs of either order, and taken out of them.
 *
 * Pure functions, safe on any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* With fewer pairs the estimate costs more than it repairs. */
enum { STATS_POSITION_LEAST = 16 };

/* What going first adds to d: half of the median of all differences between a pair in which
 * `first[i]` is true and one in which it is not (the shift of J. L. Hodges and E. L. Lehmann,
 * Annals of Mathematical Statistics 34, 1963), which a wild pair does not carry away. NAN when one
 * of the orders does not occur. */
double stats_position_effect(const double *d, const bool *first, size_t n);

/* Fills `out` (may be `d` itself) with the pairs less their position effect: false, and a plain
 * copy of d, when there are fewer than STATS_POSITION_LEAST pairs or fewer than a quarter of them
 * has one of the orders. An estimate taken out makes the rest look calmer than it is, by one degree
 * of freedom; the deviations from the median are widened by sqrt((n - 1) / (n - 2)) to make up for
 * it.
 */
bool stats_position_remove(const double *d, const bool *first, size_t n, double *out);
