/* All cells of a suite together. Private to analysis.
 *
 * Each block has one pair of every cell. The mean over cells of a block's log-ratios is one figure
 * per block; estimate and interval come from these as for one cell, so that what cells of a block
 * share (a launch, a disturbance) is not taken for independent evidence. */
#pragma once

#include "model/result.h"

/* Fills result->summaries: each arm against the first, each metric, from cells that have a
 * comparison which is not invalid. The mean is over those that count in as many blocks as most. */
void analysis_summarise(struct result *result);
