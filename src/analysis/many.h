/* Many cells: what their p-values are worth together.
 *
 * Of 74 cells that do not differ some will look as if they did. Where a metric is gated, Holm's
 * adjustment keeps the chance of any false alarm below the level; elsewhere that of Benjamini and
 * Hochberg keeps the share of false ones among those that are believed below it
 * (stats/adjust.h). */
#pragma once

#include <stdbool.h>

#include "model/result.h"

/* Fills `adjusted` of all comparisons that were tested and are not invalid, and adjusts `gate` of
 * those that are gated, which holds the p-value of each alone before. */
void many_adjust(struct result *result);
/* Finds that with so few pairs no p-value is small enough for so many. Once, when the comparisons
 * are final: those are made anew at every look. */
void many_check(struct result *result);
/* Does a verdict of "better" or "worse" stand when it is one of many? Always in a result of one
 * cell, and where nothing was tested (memory is counted). */
bool many_stands(const struct result *result, const struct result_comparison *comparison);
/* The fewest pairs with which a gate over so many comparisons can fail at all. */
uint32_t many_least_pairs(double confidence, size_t comparisons);
