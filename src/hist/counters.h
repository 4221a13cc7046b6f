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
    nsec gaps_ns;         /* time without connection, summed over connections */
    nsec longest_gap_ns;  /* the longest single one */
    uint64_t intended;    /* open loop: operations whose moment to be sent came... */
    uint64_t sent;        /* ...those of them that were sent... */
    uint64_t late;        /* ...those sent later than COUNTERS_LATE after that moment */
    uint64_t outstanding; /* ...those neither completed nor failed when it was over; intended is
                             the sum of operations, errors and outstanding */
    uint64_t moved;       /* redirections that were followed: MOVED... */
    uint64_t asked;       /* ...and ASK */
    uint64_t topology_changes;
    uint64_t retries;        /* transactions begun again: EXEC had answered null... */
    uint64_t aborted;        /* ...and operations that ended so */
    uint64_t scripts_loaded; /* again, for a server that had lost them */
    uint64_t stalls;         /* rounds of the event loop that took longer than COUNTERS_STALL */
    nsec longest_stall_ns;   /* the longest of them */
    uint64_t values_made;    /* values that the client worked for before they were stored... */
    uint64_t plain_bytes;    /* ...their bytes as objects or uncompressed... */
    uint64_t stored_bytes;   /* ...and as stored */
    uint64_t values_taken;   /* values read that it worked for */
    uint64_t empty;          /* operations that waited on purpose, and in vain */
    uint64_t beside;        /* open loop: completed operations of clients in a closed loop beside */
    uint64_t expected;      /* messages that others should receive... */
    uint64_t delivered;     /* ...and those that were received */
    uint64_t local_hits;    /* reads that a client answered itself */
    uint64_t invalidations; /* keys that it was told to forget... */
    uint64_t flushes;       /* ...and how often all of them */
    nsec spun_ns;           /* processor time spent waiting for the next moment to send */
    nsec busiest_ns;        /* processor time of the worker that used most in a window, without that
                               waiting; 0 before the window has ended */
};

/* What counts as late, and as a stall of the load generator itself. */
#define COUNTERS_LATE (1 * NSEC_PER_MSEC)
#define COUNTERS_STALL (1 * NSEC_PER_MSEC)

/* Sums every field, and takes the greater longest gap, longest stall and busiest worker. */
void counters_merge(struct counters *into, const struct counters *from);
/* All kinds together. */
uint64_t counters_errors(const struct counters *counters);
