/* Which processors the workers and the servers that we start get, so that neither takes time from
 * the other. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "os/cpu.h"

struct placement {
    bool is_pinned;
    struct cpu_set workers; /* one per worker thread */
    struct cpu_set servers; /* all others */
};

/* The first `threads` of `available` go to workers, the others to servers. Nothing is pinned when
 * that leaves none for the servers, or when it is not wanted. */
void placement_init(struct placement *placement, const struct cpu_set *available, uint32_t threads,
                    bool wanted);
/* "pinned to processor 0", "not pinned": where the workers are, in `arena`. */
const char *placement_of_workers(const struct placement *placement, struct arena *arena);
const char *placement_of_servers(const struct placement *placement, struct arena *arena);
