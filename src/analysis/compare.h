/* The methodology: from runs to verdicts. Pure: a result in, comparisons and sentences in it out.
 *
 * The pair is the unit of inference: one paired log-ratio per pair and metric, Hodges-Lehmann
 * estimate, exact Wilcoxon signed-rank interval, judged against a practical margin. Where arms have
 * several hosts the host is the unit, and the interval comes from how hosts differ
 * (stats/crossed.h). Never from p-values, never from averaged percentiles (docs/METHODOLOGY.md).
 *
 * The order of calls: validity_check_run on every run, validity_check_result once,
 * analysis_compare, analysis_conclude. Thread rule: the result's owner. */
#pragma once

#include <stdbool.h>

#include "model/result.h"

/* The verdict for an interval [low, high] of the ratio arm/baseline against `margin` (a fraction,
 * above 0). The margin is symmetric on the log scale: a change matters when the ratio is above
 * 1 + margin or below 1 / (1 + margin), so that A against B and B against A get mirrored verdicts.
 * With the ratio turned so that more is better for the user (1 / ratio for latency and CPU):
 *
 *   better            the whole interval is above 1 + margin
 *   worse             the whole interval is below 1 / (1 + margin)
 *   equivalent        the whole interval is between the two, borders excluded
 *   small-difference  else, when the interval leaves out 1: there is a difference, but it is not
 *                     shown to be more than the margin
 *   inconclusive      else; so is an endless interval (low 0, high INFINITY) */
enum verdict analysis_judge(enum metric metric, double low, double high, double margin);

/* Fills the comparisons of every cell (each arm against the first, metrics ops p50 p99 p999 cpu)
 * from its valid runs, overwriting earlier ones. Only the last attempt of a pair counts; a pair in
 * which either arm is invalid or missing is left out. A comparison without any pair, or with a pair
 * in which the metric is unknown or 0, is left out. Inconclusive ones say how many pairs are
 * expected to settle them (stats_pairs_needed, always more than there are), or how many hosts. A
 * result whose findings are invalid gives only VERDICT_INVALID. */
void analysis_compare(struct result *result);

/* Would a gate of the cell fail as its comparisons are now, and has nobody tried to confirm it? */
bool analysis_wants_confirmation(const struct result *result, const struct result_cell *cell);
/* Does this gated comparison make the gate fail: worse, and not refuted by fresh pairs? Fewer than
 * an interval takes refute nothing, and neither do those that lack one of the hosts. */
bool analysis_gate_fails(const struct result *result, const struct result_comparison *comparison);

/* Fills verdict_text and exit_code from comparisons, findings and gates: the sentences that a busy
 * person reads, one paragraph per compared arm (separated by a newline, without one at the end).
 * Needs analysis_compare first (not for RESULT_RUN). Describes the runs, too (analysis/describe.h).
 *
 * exit_code: 130 interrupted; else 4 findings are invalid, or nothing could be compared; else 1 a
 * gated metric is worse; else 3 with require_conclusive when a gated metric (any metric when none
 * is gated) is inconclusive or has no figures; else 4 the verdict on a gated one is invalid, or in
 * a comparison it has no figures; else 0. */
void analysis_conclude(struct result *result);
