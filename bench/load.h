/* What the two load programs of bench/ share, so that they are asked for the same load and say what
 * it cost in the same words: bare_loop (the cheapest client there can be) and engine_load (ours).
 *
 * Thread rule: main thread. */
#pragma once

#include <stdint.h>
#include <sys/resource.h>

#include "base/units.h"

struct load {
    uint64_t port;
    uint64_t connections;
    uint64_t pipeline;
    uint64_t requests; /* 0: for `seconds` */
    double seconds;
    uint64_t keys;
    uint64_t value_size; /* bytes */
    uint64_t writes;     /* weights of SET and GET */
    uint64_t reads;
    uint64_t cpu;     /* OPTIONS_ANY_CPU: anywhere */
    uint64_t threads; /* engine_load only; 1 */
    double rate;      /* engine_load only: open loop, requests per second; 0: closed */
    double zipf;      /* engine_load only: theta of the keys; 0: all alike */
    uint64_t general; /* engine_load only; 1: never the quick way, see docs/decisions/007 */
};

/* Options --port --connections --pipeline --requests --seconds --command --ratio --keys
 * --value-size --cpu --threads --rate --zipf --general; ends the program when they make no sense.
 */
void load_read(struct load *load, int argc, char **argv);

/* What a load cost this process. */
struct load_cost {
    uint64_t requests;
    nsec elapsed;
    nsec user; /* processor time */
    nsec system;
    uint64_t reads; /* system calls by name */
    uint64_t writes;
    uint64_t polls;
    nsec spun; /* open loop: processor time spent awake, waiting for a moment to send... */
    nsec lag;  /* ...and the 99th percentile of how late it was met */
};

/* The processor time that this process has used between two calls of getrusage. */
void load_cost_take(struct load_cost *cost, const struct rusage *before,
                    const struct rusage *after);
/* One line of JSON on standard output. */
void load_cost_print(const struct load_cost *cost, const struct load *load, const char *client);
