/* Runs as they grow, told to the observer about once a second, so that they can be kept before they
 * are whole. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/result.h"
#include "run/campaign.h"

struct live {
    const struct run_observer *observer;
    nsec told; /* when, on the monotonic clock */
};

/* Does somebody want to know, and is it time again? */
bool live_is_due(const struct live *live);
/* Makes `draft` a result like `result`, with an arena of its own, whose only cell is like `cell`
 * and has one empty run. Returns that run, for the caller to fill. */
struct result_run *live_begin(struct result *draft, const struct result *result,
                              const struct result_cell *cell, const char *const *commands,
                              size_t command_count);
/* Tells the draft's run as the `run`th of the `cell`th cell, and releases the draft. */
void live_tell_draft(struct live *live, struct result *draft, uint32_t cell, uint32_t run);
/* Tells a run of the result itself, which will not change any more. */
void live_tell(struct live *live, const struct result *result, uint32_t cell, uint32_t run);
