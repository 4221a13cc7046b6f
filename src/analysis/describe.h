/* What the runs of each cell look like, besides who won: summaries of each arm, the difference at
 * every percentile, and what stands out. Nothing of it decides a verdict, and nothing that stands
 * out is dropped from one. Pure; thread rule: the result's owner. */
#pragma once

#include "analysis/pairs.h"
#include "model/result.h"

/* Fills summaries, shifts and anomalies of every cell from its runs, overwriting earlier ones. As
 * in a comparison only the last attempt of a pair counts, and only valid runs; the one run of a
 * RESULT_RUN counts whether it is valid or not. */
void analysis_describe(struct result *result);

/* Is a percentile of so many latencies worth telling: do ten lie beyond it? */
bool describe_tells(uint64_t count, double percentile);
/* The shifts of one cell, for analysis_describe: by pairs, or by hosts where these are the unit. */
void describe_shifts(struct result *result, struct result_cell *cell);
/* The anomalies of one cell, likewise. */
void describe_anomalies(struct result *result, struct result_cell *cell);

/* A window of a run. */
struct moment {
    const struct result_run *run;
    size_t window;
};

/* An anomaly of windows of one arm, and who may have seen more of it. */
struct witness {
    struct result *result;
    const struct run_ref *runs; /* of all arms */
    size_t run_count;
    const struct moment *moments; /* at least one, in order */
    size_t moment_count;
};

/* What monitors saw at the moment of an anomaly, in the result's arena or static: "while the server
 * saved in the background"; "nothing else was seen"; where there were no monitors or too few
 * samples to compare with, describe_cause of the first run.
 *
 * A figure is told when its mean at the moment is clearly different from its median in all other
 * samples of the arm's runs: by five robust standard deviations of those (stats_mad), and by what
 * matters of each figure (the table in describe_moment.c). At most three are told. */
const char *describe_moment(const struct witness *witness);

/* What was seen in a run that may explain an anomaly, in the result's arena; NULL: nothing. */
const char *describe_cause(struct result *result, const struct result_run *run);
