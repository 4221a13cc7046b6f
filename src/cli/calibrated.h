/* What was calibrated before, for a comparison that has just been measured. */
#pragma once

#include "cli/request.h"
#include "model/result.h"

/* Gives each cell of a comparison of different targets the newest calibration that the request's
 * store has under the same conditions: the first arm's, or else that of the first arm that has one.
 * Without a store nothing happens; with one that cannot be read a note says so. */
void calibrated_look_up(const struct request *request, struct result *result);
