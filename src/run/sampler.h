/* The samples of one run: what its nodes, the machine and the load generator say at the end of a
 * stretch (a slice, or a second), against what they said at the end of the one before.
 *
 * It asks nobody: what it is given was read by others. Thread rule: the main thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "hist/window.h"
#include "model/result.h"
#include "os/cpu.h"
#include "target/target.h"

/* Samples of one run are at most so many, some 6 MB. */
enum { SAMPLER_MOST = 32768 };

/* The last answer of a node. */
struct sampler_node {
    const char *name;
    struct target_reading last;
};

struct sampler {
    struct arena *arena; /* of the result: samples and names */
    const char *host;    /* NULL: not known */
    struct monitor_sample *samples;
    size_t count;
    size_t capacity;
    struct sampler_node *nodes; /* on the heap */
    size_t node_count;
    struct cpu_times machine; /* at `began` */
    nsec began;               /* of the present stretch, on the monotonic clock */
    uint64_t every;           /* only the last of so many windows is sampled; 0: each */
    uint64_t windows;
};

void sampler_init(struct sampler *sampler, struct result *result);
/* The samples stay: they are the result's. */
void sampler_release(struct sampler *sampler);
/* In a run of so many seconds: how many of them a sample stands for, so that all find room. */
uint64_t sampler_stride(const struct target *target, double seconds);

/* A stretch begins now, with what the target's readings and the machine say. */
void sampler_begin(struct sampler *sampler, const struct target *target,
                   const struct cpu_times *machine);
/* The stretch ends now, which is at `end` seconds of the run, and the next one begins: a sample of
 * each node that has answered, and one of the machine. Of a node that has not answered the stretch
 * goes on. */
void sampler_end(struct sampler *sampler, const struct target *target,
                 const struct cpu_times *machine, double end);
/* What the workers saw in a window of `seconds` that ended at `end` seconds of the run. */
void sampler_add_window(struct sampler *sampler, const struct hist_window *window, double seconds,
                        double end);
