/* What an open loop, clusters and the load generator's own delays mean for a run. Internal to the
 * module. */
#pragma once

#include "model/result.h"

/* Adds findings about the schedule, redirections and stalls of the load generator. */
void validity_check_load(struct result *result, struct result_run *run);
/* Did the run complete what it was meant to? Always true in a closed loop. */
bool validity_reached_rate(const struct result_run *run);
/* A percentile of a run's response times is the load generator's own work when its send lag at the
 * same percentile is more than half of it. False for metrics that are no percentile, and in a
 * closed loop. */
bool validity_is_own_lag(const struct result_run *run, enum metric metric);
