/* The methodology: from runs to verdicts. Pure: a result in, comparisons and sentences in it out.
 *
 * The pair is the unit of inference: one paired log-ratio per pair and metric, Hodges-Lehmann
 * estimate, exact Wilcoxon signed-rank interval, judged against a practical margin. Never from
 * p-values, never from averaged percentiles (docs/METHODOLOGY.md). */
#pragma once

#include <stdbool.h>

#include "model/result.h"

/* The verdict for an interval [low, high] of the ratio arm/baseline against `margin` (a fraction).
 * "Better" is better for the user. Equivalent within: (1-margin, 1/(1-margin))? See the .c file:
 * bounds are symmetric on the log scale. */
enum verdict analysis_judge(enum metric metric, double low, double high, double margin);

/* Fills the comparisons of every cell (each arm against the first, metrics ops p50 p99 p999 cpu)
 * from its valid runs, overwriting earlier ones. Runs of a pair in which either arm is invalid are
 * left out. A result whose findings are invalid gives only VERDICT_INVALID. */
void analysis_compare(struct result *result);

/* Fills verdict_text and exit_code from comparisons, findings and gates: the sentence that a busy
 * person reads. Needs analysis_compare first. */
void analysis_conclude(struct result *result);
