/* Many comparisons at once: p-values and levels that hold for all of them together, and one figure
 * over many cells.
 *
 * Two promises, and they differ. Holm: the chance that any true null hypothesis is rejected stays
 * below the level, whatever the comparisons have to do with each other; for a gate, where one false
 * alarm is one too many. Benjamini and Hochberg: of the rejected ones at most that share is false,
 * on average, for comparisons that are independent or go up and down together; for what is only
 * looked at.
 *
 * A decision is `adjusted <= level`. A signed-rank test of n pairs gives no p-value below 2^-n (one
 * side), so with few pairs and many comparisons Holm can reject nothing: it takes
 * stats_signed_rank_least(1 - 2 * level / count) pairs before the smallest of them could be.
 *
 * Sources: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal
 * of Statistics 6, 1979; Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", JRSS
 * B 57, 1995; Y. Benjamini and D. Yekutieli, "False discovery rate-adjusted multiple confidence
 * intervals for selected parameters", JASA 100, 2005.
 *
 * Pure functions, safe on any thread. */
#pragma once

#include <stddef.h>

#include "stats/rank.h"

/* Fills `adjusted`, in the order of `p`: count p-values of 0..1, or NAN for "not tested", which
 * stays NAN and counts for nothing. `adjusted` may be `p` itself. The values are those of p.adjust
 * of R. */
void stats_adjust_holm(const double *p, size_t count, double *adjusted);
void stats_adjust_benjamini_hochberg(const double *p, size_t count, double *adjusted);

/* The level at which each of `count` > 0 intervals must be made, so that all of them together hold
 * with `confidence`: 1 - (1 - confidence) / count, by Bonferroni. */
double stats_adjust_level(double confidence, size_t count);

/* The level of the intervals of `selected` comparisons that were picked out of `count` because
 * their adjusted p-value was small: of those shown, 1 - confidence miss on average. 0 < selected <=
 * count. */
double stats_adjust_level_selected(double confidence, size_t selected, size_t count);

/* The mean over cells of the paired log-ratios, with its interval: exp() of it is the geometric
 * mean of the ratios of all cells. `d` has `blocks` rows of `cells` > 0 log-ratios, one for each
 * cell, measured on one launch of the servers. Each block gives one mean over its cells, and the
 * signed ranks of those means give the interval. So what the cells of a block have in common is in
 * it; intervals of cells combined as if they were independent would be too narrow. A block in which
 * a cell is missing (NAN) is left out: the mean of fewer cells is a figure of something else.
 * Without a complete block `out` has n = 0, a NAN estimate and an endless interval. The cells are
 * those that were chosen; the interval does not say what a further workload would show. */
void stats_adjust_geometric_mean(const double *d, size_t blocks, size_t cells, double confidence,
                                 struct signed_rank *out);
