#include "model/monitor.h"

#include <math.h>

const struct monitor_facts monitor_facts[MONITOR_FIGURES] = {
    [MONITOR_CPU] = {"cpu", MONITOR_SERVER, MONITOR_NUMBER},
    [MONITOR_CPU_MAIN] = {"cpu_main", MONITOR_SERVER, MONITOR_NUMBER},
    [MONITOR_USED_MEMORY] = {"used_memory", MONITOR_SERVER, MONITOR_WHOLE},
    [MONITOR_CONNECTED_CLIENTS] = {"connected_clients", MONITOR_SERVER, MONITOR_WHOLE},
    [MONITOR_BLOCKED_CLIENTS] = {"blocked_clients", MONITOR_SERVER, MONITOR_WHOLE},
    [MONITOR_COMMANDS] = {"commands_per_second", MONITOR_SERVER, MONITOR_WHOLE},
    [MONITOR_EVICTED_KEYS] = {"evicted_keys", MONITOR_SERVER, MONITOR_WHOLE},
    [MONITOR_EXPIRED_KEYS] = {"expired_keys", MONITOR_SERVER, MONITOR_WHOLE},
    [MONITOR_FORKS] = {"forks", MONITOR_SERVER, MONITOR_WHOLE},
    [MONITOR_SAVING] = {"saving", MONITOR_SERVER, MONITOR_SWITCH},
    [MONITOR_REWRITING] = {"rewriting", MONITOR_SERVER, MONITOR_SWITCH},
    [MONITOR_REPLICAS] = {"replicas", MONITOR_SERVER, MONITOR_WHOLE},
    [MONITOR_REPLICA_LAG] = {"replica_lag_bytes", MONITOR_SERVER, MONITOR_WHOLE},
    [MONITOR_LINK_UP] = {"link_up", MONITOR_SERVER, MONITOR_SWITCH},
    [MONITOR_BUSY] = {"busy", MONITOR_HOST, MONITOR_NUMBER},
    [MONITOR_STEAL] = {"steal", MONITOR_HOST, MONITOR_NUMBER},
    [MONITOR_THROTTLED] = {"throttled", MONITOR_HOST, MONITOR_NUMBER},
    [MONITOR_MEMORY_AVAILABLE] = {"memory_available", MONITOR_HOST, MONITOR_WHOLE},
    [MONITOR_CONTEXT_SWITCHES] = {"context_switches_per_second", MONITOR_HOST, MONITOR_WHOLE},
    [MONITOR_RUNNABLE] = {"runnable", MONITOR_HOST, MONITOR_WHOLE},
    [MONITOR_CLIENT_BUSY] = {"busy", MONITOR_CLIENT, MONITOR_NUMBER},
    [MONITOR_LOOP_STALLS] = {"loop_stalls", MONITOR_CLIENT, MONITOR_WHOLE},
    [MONITOR_LONGEST_LOOP_STALL] = {"longest_loop_stall_seconds", MONITOR_CLIENT, MONITOR_NUMBER},
    [MONITOR_SEND_LAG_P99] = {"send_lag_p99", MONITOR_CLIENT, MONITOR_WHOLE},
};

static const char *const sources[MONITOR_SOURCES] = {"server", "host", "client"};

const char *monitor_source_name(enum monitor_source source)
{
    return sources[source];
}

bool monitor_source_find(struct str name, enum monitor_source *out)
{
    for (int i = 0; i < MONITOR_SOURCES; i++) {
        if (str_eq(name, str_from(sources[i]))) {
            *out = (enum monitor_source)i;
            return true;
        }
    }
    return false;
}

struct monitor_sample monitor_sample_of(enum monitor_source source, const char *node)
{
    struct monitor_sample sample = {.source = source, .node = node};
    for (int i = 0; i < MONITOR_FIGURES; i++) {
        sample.figures[i] = NAN;
    }
    return sample;
}

void monitor_set(struct monitor_sample *sample, enum monitor_figure figure, double value)
{
    /* Shares to a hundredth of a per cent, times to a tenth of a millisecond. */
    bool is_number = monitor_facts[figure].form == MONITOR_NUMBER;
    sample->figures[figure] = is_number ? nearbyint(value * 1e4) / 1e4 : nearbyint(value);
}
