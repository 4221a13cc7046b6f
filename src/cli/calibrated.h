/* What was calibrated before, for a comparison that has just been measured. */
#pragma once

#include "cli/request.h"
#include "model/result.h"

/* Gives each cell of a comparison of different targets the newest calibration that the request's
 * store has under the same conditions: the first arm's, or else that of the first arm that has one.
 * Without a store nothing happens; with one that cannot be read a note says so. True: there was
 * one. */
bool calibrated_look_up(const struct request *request, struct result *result);

/* Is the first target to be weighed against itself now, where nothing was found? So it is for the
 * presets that take minutes anyway, once for these conditions. */
bool calibrated_is_due(const struct request *request, const struct result *result);
/* How: `spec` is the request's, and shares its memory. For campaign_calibrate. */
void calibrated_plan(const struct request *request, struct spec *spec);
