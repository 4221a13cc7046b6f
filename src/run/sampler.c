#include "run/sampler.h"

#include <math.h>

#include "base/mem.h"
#include "os/clock.h"
#include "os/system.h"

enum { LEAST_CAPACITY = 64 };

void sampler_init(struct sampler *sampler, struct result *result)
{
    const char *host = result->env.host;
    *sampler = (struct sampler){.arena = &result->arena};
    sampler->host = host[0] == '\0' ? NULL : arena_copy_text(&result->arena, host);
}

void sampler_release(struct sampler *sampler)
{
    mem_free(sampler->nodes);
    *sampler = (struct sampler){0};
}

uint64_t sampler_stride(const struct target *target, double seconds)
{
    double wanted = seconds * (double)(target->reading_count + MONITOR_SOURCES - 1);
    return wanted > SAMPLER_MOST ? (uint64_t)ceil(wanted / SAMPLER_MOST) : 1;
}

static void add(struct sampler *sampler, const struct monitor_sample *sample)
{
    if (sampler->count >= SAMPLER_MOST) {
        return;
    }
    if (sampler->count == sampler->capacity) {
        struct monitor_sample *old = sampler->samples;
        sampler->capacity = sampler->capacity == 0 ? LEAST_CAPACITY : sampler->capacity * 2;
        sampler->samples = arena_alloc_array(sampler->arena, sampler->capacity, sizeof *old);
        for (size_t i = 0; i < sampler->count; i++) {
            sampler->samples[i] = old[i];
        }
    }
    sampler->samples[sampler->count++] = *sample;
}

static double seconds_between(nsec from, nsec to)
{
    return to > from ? (double)(to - from) / (double)NSEC_PER_SEC : 0;
}

/* ---- nodes ---- */

/* Nodes keep their numbers; new ones come at the end. */
static void know_nodes(struct sampler *sampler, const struct target *target)
{
    if (target->reading_count > sampler->node_count) {
        sampler->nodes = mem_resize(sampler->nodes, target->reading_count, sizeof *sampler->nodes);
        for (size_t i = sampler->node_count; i < target->reading_count; i++) {
            sampler->nodes[i] = (struct sampler_node){
                .name = arena_copy_text(sampler->arena, target->readings[i].node)};
        }
        sampler->node_count = target->reading_count;
    }
}

enum use { USE_LEVEL, USE_COUNT, USE_RATE };

static const struct {
    size_t place;
    enum monitor_figure figure;
    enum use use;
} uses[] = {
    {offsetof(struct info_moment, cpu_seconds), MONITOR_CPU, USE_RATE},
    {offsetof(struct info_moment, cpu_main_seconds), MONITOR_CPU_MAIN, USE_RATE},
    {offsetof(struct info_moment, commands), MONITOR_COMMANDS, USE_RATE},
    {offsetof(struct info_moment, evicted_keys), MONITOR_EVICTED_KEYS, USE_COUNT},
    {offsetof(struct info_moment, expired_keys), MONITOR_EXPIRED_KEYS, USE_COUNT},
    {offsetof(struct info_moment, forks), MONITOR_FORKS, USE_COUNT},
    {offsetof(struct info_moment, used_memory), MONITOR_USED_MEMORY, USE_LEVEL},
    {offsetof(struct info_moment, connected_clients), MONITOR_CONNECTED_CLIENTS, USE_LEVEL},
    {offsetof(struct info_moment, blocked_clients), MONITOR_BLOCKED_CLIENTS, USE_LEVEL},
    {offsetof(struct info_moment, saving), MONITOR_SAVING, USE_LEVEL},
    {offsetof(struct info_moment, rewriting), MONITOR_REWRITING, USE_LEVEL},
    {offsetof(struct info_moment, replicas), MONITOR_REPLICAS, USE_LEVEL},
    {offsetof(struct info_moment, replica_lag), MONITOR_REPLICA_LAG, USE_LEVEL},
    {offsetof(struct info_moment, link_up), MONITOR_LINK_UP, USE_LEVEL},
};

static double figure_at(const struct info_moment *moment, size_t place)
{
    return *(const double *)(const void *)((const char *)moment + place);
}

/* Counters of two processes have no difference, nor has one that was reset. */
static void add_node(struct sampler *sampler, const struct sampler_node *node,
                     const struct target_reading *now, double end)
{
    struct monitor_sample sample = monitor_sample_of(MONITOR_SERVER, node->name);
    bool is_same = node->last.identity == now->identity;
    sample.end = end;
    sample.seconds = seconds_between(node->last.taken, now->taken);
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        double after = figure_at(&now->moment, uses[i].place);
        double grown = after - figure_at(&node->last.moment, uses[i].place);
        if (uses[i].use == USE_LEVEL && after >= 0) {
            monitor_set(&sample, uses[i].figure, after);
        } else if (uses[i].use != USE_LEVEL && is_same && grown >= 0 && sample.seconds > 0) {
            monitor_set(&sample, uses[i].figure,
                        uses[i].use == USE_RATE ? grown / sample.seconds : grown);
        }
    }
    add(sampler, &sample);
}

/* ---- the machine ---- */

static void add_machine(struct sampler *sampler, const struct cpu_times *now, double seconds,
                        double end)
{
    const struct cpu_times *before = &sampler->machine;
    struct monitor_sample sample = monitor_sample_of(MONITOR_HOST, sampler->host);
    /* An idle processor's time may run backwards by a tick. */
    double busy = fmax(0, (double)now->busy - (double)before->busy);
    double idle = fmax(0, (double)now->idle - (double)before->idle);
    double steal = fmax(0, (double)now->steal - (double)before->steal);
    uint64_t available = system_memory_available("");
    sample.end = end;
    sample.seconds = seconds;
    if (busy + idle + steal > 0) {
        monitor_set(&sample, MONITOR_BUSY, busy / (busy + idle + steal));
        monitor_set(&sample, MONITOR_STEAL, steal / (busy + idle + steal));
    }
    monitor_set(&sample, MONITOR_THROTTLED, cpu_throttled(before, now, seconds));
    if (now->switches > 0 && now->switches >= before->switches && seconds > 0) {
        monitor_set(&sample, MONITOR_CONTEXT_SWITCHES,
                    (double)(now->switches - before->switches) / seconds);
    }
    if (now->runnable > 0) {
        monitor_set(&sample, MONITOR_RUNNABLE, (double)now->runnable);
    }
    if (available > 0) {
        monitor_set(&sample, MONITOR_MEMORY_AVAILABLE, (double)available);
    }
    add(sampler, &sample);
}

/* ---- stretches ---- */

void sampler_begin(struct sampler *sampler, const struct target *target,
                   const struct cpu_times *machine)
{
    know_nodes(sampler, target);
    for (size_t i = 0; i < target->reading_count; i++) {
        sampler->nodes[i].last = target->readings[i];
    }
    sampler->machine = *machine;
    sampler->began = clock_now(clock_monotonic());
}

void sampler_end(struct sampler *sampler, const struct target *target,
                 const struct cpu_times *machine, double end)
{
    nsec now = clock_now(clock_monotonic());
    know_nodes(sampler, target);
    for (size_t i = 0; i < target->reading_count; i++) {
        const struct target_reading *reading = &target->readings[i];
        if (reading->is_known && sampler->nodes[i].last.is_known) {
            add_node(sampler, &sampler->nodes[i], reading, end);
        }
        if (reading->is_known) {
            sampler->nodes[i].last = *reading;
        }
    }
    add_machine(sampler, machine, seconds_between(sampler->began, now), end);
    sampler->machine = *machine;
    sampler->began = now;
}

void sampler_add_window(struct sampler *sampler, const struct hist_window *window, double seconds,
                        double end)
{
    const struct counters *counters = &window->counters;
    struct monitor_sample sample = monitor_sample_of(MONITOR_CLIENT, sampler->host);
    if (sampler->every > 1 && ++sampler->windows % sampler->every != 0) {
        return;
    }
    sample.end = end;
    sample.seconds = seconds;
    if (seconds > 0) {
        monitor_set(&sample, MONITOR_CLIENT_BUSY,
                    (double)counters->busiest_ns / (double)NSEC_PER_SEC / seconds);
    }
    monitor_set(&sample, MONITOR_LOOP_STALLS, (double)counters->stalls);
    monitor_set(&sample, MONITOR_LONGEST_LOOP_STALL,
                (double)counters->longest_stall_ns / (double)NSEC_PER_SEC);
    if (window->send_lag.count > 0) {
        monitor_set(&sample, MONITOR_SEND_LAG_P99, (double)hist_percentile(&window->send_lag, 99));
    }
    add(sampler, &sample);
}
