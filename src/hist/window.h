/* What one worker saw in one measured stretch of time (a second, a slice): counters, and a
 * histogram of latencies per command. The overall latency is derived, never recorded, so that the
 * parts always add up to the whole.
 *
 * Thread rule: one owner at a time; a worker hands a full window over and goes on with another.
 * Only window_init and window_release allocate and free. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/units.h"
#include "hist/counters.h"
#include "hist/hist.h"

struct hist_window {
    nsec start; /* of the stretch; start = end = 0 while nothing is known */
    nsec end;
    struct counters counters;
    struct hist *commands; /* latency of each command, by its index in the workload */
    size_t command_count;
};

void window_init(struct hist_window *window, size_t command_count);
/* May be called on a zeroed struct, and twice. */
void window_release(struct hist_window *window);
/* Empties it and keeps the memory. */
void window_clear(struct hist_window *window);
/* Adds what another window with the same number of commands saw. The stretch becomes the smallest
 * that covers both: right for several workers in the same stretch. It is not a length of measured
 * time when the two do not touch; who merges slices sums their lengths apart. */
void window_merge(struct hist_window *into, const struct hist_window *from);
/* Makes `out`, an initialised histogram, hold the latencies of all commands together. */
void window_latency(const struct hist_window *window, struct hist *out);
