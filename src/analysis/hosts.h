/* Where hosts are the unit of inference (result_unit_is_host): comparisons by hosts instead of by
 * pairs. Private to analysis; the mathematics are in stats/crossed.h. */
#pragma once

#include "analysis/pairs.h"
#include "model/result.h"
#include "stats/crossed.h"

/* Of each arm, for an interval. */
enum { HOSTS_LEAST = 2 };

/* Compares the hosts of the baseline with those of the arm by the log-ratios of their pairs
 * (pairs->count > 0 of them). */
void hosts_cross(const struct pairs *pairs, const double *log_ratio, double confidence,
                 struct crossed *out);

/* Fills n, the numbers of hosts, the ratio with its interval, the smallest difference that would be
 * seen and the p-values of a comparison whose confidence and margin are set. Returns the hosts of
 * each arm that are expected to settle it. */
uint32_t hosts_weigh(struct result_comparison *out, const struct pairs *pairs,
                     const double *log_ratio, bool is_gated);
