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

/* Nodes of a cluster that are counted apart; more than any cluster has. */
enum { WINDOW_MAX_NODES = 1024 };
/* Kinds of work that a client does for a value. */
enum { WINDOW_WORK = 4 };

struct hist_window {
    nsec start; /* of the stretch; start = end = 0 while nothing is known */
    nsec end;
    struct counters counters;
    struct hist *commands; /* latency of each command, by its index in the workload: in an open loop
                              the response time, in a closed one the service time */
    size_t command_count;
    uint64_t apart;       /* bits of the commands whose latency is not part of the overall one */
    struct hist service;  /* open loop: from the moment of sending, all commands together */
    struct hist send_lag; /* open loop: from the moment at which an operation could have been sent
                             (it was due, and a connection was free) to that at which it was */
    struct hist connect;  /* what making a connection took: the network's part... */
    struct hist tls;      /* ...the TLS handshake... */
    struct hist session;  /* ...HELLO, AUTH, SELECT */
    struct hist work[WINDOW_WORK]; /* what the client did to a value, by kind of work; which number
                                      means what is for the user of the window to say */
    struct hist
        delivery; /* of messages: from being sent by one client to being received by another */
    uint64_t node_operations[WINDOW_MAX_NODES]; /* completed, by the engine's number of the node */
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
/* Makes `out`, an initialised histogram, hold the latencies of all commands together, without those
 * that are kept apart. */
void window_latency(const struct hist_window *window, struct hist *out);
