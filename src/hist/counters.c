#include "hist/counters.h"

void counters_merge(struct counters *into, const struct counters *from)
{
    into->operations += from->operations;
    into->steps += from->steps;
    into->hits += from->hits;
    into->misses += from->misses;
    for (int kind = 0; kind < HIST_ERROR_KINDS; kind++) {
        into->errors[kind] += from->errors[kind];
    }
    into->bytes_sent += from->bytes_sent;
    into->bytes_received += from->bytes_received;
    into->reads += from->reads;
    into->writes += from->writes;
    into->polls += from->polls;
    into->lost_connections += from->lost_connections;
    into->gaps_ns += from->gaps_ns;
    if (from->longest_gap_ns > into->longest_gap_ns) {
        into->longest_gap_ns = from->longest_gap_ns;
    }
    into->intended += from->intended;
    into->sent += from->sent;
    into->late += from->late;
    into->outstanding += from->outstanding;
    into->moved += from->moved;
    into->asked += from->asked;
    into->topology_changes += from->topology_changes;
    into->retries += from->retries;
    into->aborted += from->aborted;
    into->scripts_loaded += from->scripts_loaded;
    into->stalls += from->stalls;
    if (from->longest_stall_ns > into->longest_stall_ns) {
        into->longest_stall_ns = from->longest_stall_ns;
    }
    into->values_made += from->values_made;
    into->plain_bytes += from->plain_bytes;
    into->stored_bytes += from->stored_bytes;
    into->values_taken += from->values_taken;
    into->empty += from->empty;
    into->beside += from->beside;
    into->expected += from->expected;
    into->delivered += from->delivered;
    into->local_hits += from->local_hits;
    into->invalidations += from->invalidations;
    into->flushes += from->flushes;
    into->spun_ns += from->spun_ns;
    if (from->busiest_ns > into->busiest_ns) {
        into->busiest_ns = from->busiest_ns;
    }
}

uint64_t counters_errors(const struct counters *counters)
{
    uint64_t total = 0;
    for (int kind = 0; kind < HIST_ERROR_KINDS; kind++) {
        total += counters->errors[kind];
    }
    return total;
}
