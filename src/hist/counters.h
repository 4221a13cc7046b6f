/* What a worker counts beside latencies. Plain numbers: the owner adds to the fields.
 *
 * Thread rule: one owner at a time. Pure. */
#pragma once

#include <stdint.h>

#include "base/units.h"

/* Kinds of errors; which number means what is for the user of the counters to say. */
enum { HIST_ERROR_KINDS = 32 };

struct counters {
    uint64_t operations; /* completed: all their steps */
    uint64_t steps;      /* completed */
    uint64_t hits;       /* replies to reads that held a value... */
    uint64_t misses;     /* ...and that did not */
    uint64_t errors[HIST_ERROR_KINDS];
    uint64_t bytes_sent;
    uint64_t bytes_received;
    uint64_t reads; /* system calls */
    uint64_t writes;
    uint64_t polls;
    uint64_t lost_connections;
    nsec gaps_ns;        /* time without connection, summed over connections */
    nsec longest_gap_ns; /* the longest single one */
};

/* Sums every field, and takes the greater longest gap. */
void counters_merge(struct counters *into, const struct counters *from);
/* All kinds together. */
uint64_t counters_errors(const struct counters *counters);
