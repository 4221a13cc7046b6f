#include "run/placement.h"

void placement_init(struct placement *placement, const struct cpu_set *available, uint32_t threads,
                    bool wanted)
{
    *placement = (struct placement){0};
    unsigned count = cpu_set_count(available);
    if (!wanted || count < threads + 1) {
        return;
    }
    placement->is_pinned = true;
    for (unsigned i = 0; i < count; i++) {
        cpu_set_add(i < threads ? &placement->workers : &placement->servers,
                    cpu_set_nth(available, i));
    }
}

static const char *describe(const struct placement *placement, const struct cpu_set *cpus,
                            struct arena *arena)
{
    if (!placement->is_pinned) {
        return "not pinned";
    }
    char text[CPU_SET_TEXT_SIZE];
    return arena_printf(arena, "pinned to processor%s %s", cpu_set_count(cpus) > 1 ? "s" : "",
                        cpu_set_format(cpus, text));
}

const char *placement_of_workers(const struct placement *placement, struct arena *arena)
{
    return describe(placement, &placement->workers, arena);
}

const char *placement_of_servers(const struct placement *placement, struct arena *arena)
{
    return describe(placement, &placement->servers, arena);
}
