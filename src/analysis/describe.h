/* What the runs of each cell look like, besides who won: summaries of each arm, the difference at
 * every percentile, and what stands out. Nothing of it decides a verdict, and nothing that stands
 * out is dropped from one. Pure; thread rule: the result's owner. */
#pragma once

#include "model/result.h"

/* Fills summaries, shifts and anomalies of every cell from its runs, overwriting earlier ones. As
 * in a comparison only the last attempt of a pair counts, and only valid runs; the one run of a
 * RESULT_RUN counts whether it is valid or not. */
void analysis_describe(struct result *result);

/* The anomalies of one cell, for analysis_describe. */
void describe_anomalies(struct result *result, struct result_cell *cell);

/* What was seen in a run that may explain an anomaly, in the result's arena; NULL: nothing. */
const char *describe_cause(struct result *result, const struct result_run *run);
