/* From a request that was read to an exit code: check, measure, save, report. What compare and run
 * have in common. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "cli/request.h"
#include "model/result.h"
#include "run/campaign.h"

typedef bool measure_campaign(const struct spec *spec, const struct run_observer *observer,
                              struct result *result, struct error *err);

/* Runs the campaign for the request, whose targets are filled in. Nothing is sent before
 * everything that can be checked was checked. The result is written (--json) before it is
 * reported, also when the user stopped it or a target was lost half-way. False: it was not measured
 * to the end, or the result could not be written. */
bool measure(struct request *request, measure_campaign *campaign, int *exit_code,
             struct error *err);
