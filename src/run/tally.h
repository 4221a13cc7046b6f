/* What one arm did in one pair, added up slice by slice, until it becomes a run of the result. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "hist/window.h"
#include "model/result.h"
#include "os/cpu.h"
#include "redis/info.h"
#include "run/sampler.h"

struct tally {
    struct hist_window total;
    struct hist latency; /* scratch: all commands of a slice together */
    double seconds;      /* recorded */
    double seconds_all;  /* with settling and draining: what server CPU figures cover */
    uint64_t operations_all;
    double client_cpu;
    double busy_seconds;    /* of the busiest worker of each slice */
    double offered_seconds; /* open loop */
    bool is_open;
    struct engine_worker_figures *workers; /* sums: processor time, and busy seconds */
    size_t worker_count;
    uint64_t identity; /* of the processes that the server's counters came from */
    bool has_identity;
    bool has_changed;    /* ...which were not the same all the time */
    double server_cpu;   /* of everything, scaled to what was recorded at the end; < 0: unknown */
    double server_main;  /* main thread; < 0: unknown */
    bool server_is_lost; /* once its counters could not be read */
    uint64_t evicted_keys;
    uint64_t expired_keys;
    uint64_t forks;
    struct cpu_times machine; /* differences, summed; without throttling */
    double throttled;         /* processor seconds; NAN: not told in some slice */
    nsec started_wall;
    struct result_window *windows; /* in the result's arena */
    size_t window_count;
    size_t window_capacity;
    struct sampler sampler;
};

/* Room for so many windows. */
void tally_init(struct tally *tally, struct result *result, const struct load_spec *load,
                size_t commands, size_t windows);
void tally_release(struct tally *tally);
/* One slice: what the engine saw, and the server's counters and the machine's times before and
 * after it. */
struct tally_slice {
    const struct engine_outcome *outcome;
    const struct info_counters *before;
    const struct info_counters *after; /* NULL: the server could not be asked any more */
    const struct cpu_times *machine_before;
    const struct cpu_times *machine_after;
};
void tally_add(struct tally *tally, const struct tally_slice *slice);
/* A window of the result: `window` lasted `seconds` and ended at `end` seconds of measured time. */
void tally_list_window(struct tally *tally, const struct hist_window *window, double seconds,
                       double end, nsec started_wall);
/* Adds what each of the engine's workers used in the slice that was added last. */
void tally_add_workers(struct tally *tally, const struct engine *engine,
                       const struct engine_outcome *outcome);
/* Fills the figures of a run (who, when and in which order is the caller's). `engine` names the
 * nodes. */
void tally_fill_run(const struct tally *tally, const struct engine *engine, struct result *result,
                    struct result_run *run);
