/* What happens while measuring, on standard error: one line rewritten in place on a terminal, plain
 * lines where that was asked for, else nothing. No escape sequences, ever. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "run/campaign.h"

enum progress_mode { PROGRESS_NONE, PROGRESS_LINE, PROGRESS_PLAIN };

struct progress {
    enum progress_mode mode;
    size_t columns; /* of the line that stands there now */
    bool has_shown; /* plain: a line was written, and it was about: */
    enum run_phase phase;
    uint32_t pair;
};

/* `wanted`: plain lines if standard error is no terminal. `quiet`: nothing. */
void progress_init(struct progress *progress, bool wanted, bool quiet);
/* Shows it; plain lines only when phase or pair have changed. */
void progress_show(struct progress *progress, const struct run_progress *now);
/* Removes the line from the terminal, so that something else can be written. */
void progress_clear(struct progress *progress);

/* Appends "pair 3/6  redis  measuring  82,113 ops/s  p99 1.20 ms  [#####.....]  28 s left" in at
 * most `width` columns: the bar, the percentile and the rate are left out in this order where room
 * is short; what still does not fit is cut. Control characters become '?'. Pure. */
void progress_format(const struct run_progress *now, size_t width, struct buf *out);
