/* The load engine of one target: workers on threads of their own, that carry out the same order
 * at the same time. Several engines (one per arm) may exist at once; an idle one sleeps and keeps
 * its connections.
 *
 * Thread rule: all calls from the orchestrating thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "hist/window.h"
#include "model/spec.h"
#include "net/loop.h"
#include "os/clock.h"
#include "os/cpu.h"
#include "redis/discover.h"
#include "redis/endpoint.h"
#include "redis/topology.h"
#include "workload/workload.h"

struct engine;

struct engine_config {
    const struct clock *clock;
    bool (*loop_init)(struct loop *loop, struct error *err); /* one loop per worker */
    const struct endpoint *endpoint; /* transport, login, database and name of the target; copied */
    const struct topology *topology; /* its nodes now; copied */
    const struct locator *locator;   /* how to find them again; copied; NULL: they never change */
    const struct workload *workload;
    const struct load_spec *load;
    uint8_t protocol; /* 2 or 3, as the control client agreed with the server */
    uint64_t seed;    /* of the measured operations */
    const struct cpu_set
        *cpus; /* worker i runs on the i-th (modulo their number); NULL: anywhere */
    nsec spin; /* open loop: the last part of the wait for the next moment to send is spent awake,
                  which is exact but takes the processor; 0: asleep to the end */
    bool is_general; /* never the quick way of a common load, so that the two can be compared */
};

/* Called on the orchestrating thread a few times a second while an order goes on. */
struct engine_watch {
    bool (*wants_stop)(void *self); /* may be NULL */
    /* A window of one worker has ended; valid during the call. May be NULL. */
    void (*on_window)(void *self, const struct hist_window *window);
    void *self;
};

struct engine_slice {
    bool is_closed;    /* as fast as replies come, whatever the load's profile says */
    nsec settle;       /* at the start, not recorded */
    nsec duration;     /* recorded; 0: by requests */
    nsec run;          /* open loop: length of the run that ramp and steps span... */
    nsec from;         /* ...and where in it the recorded part of this slice begins */
    uint64_t requests; /* operations of all workers together; 0: by time */
    nsec window;       /* report windows of this length to the watch; 0: none */
};

/* What a slice came to: all workers together. In an open loop `seconds` lasts until the last reply
 * if that came after the slice's end; `offered_seconds` is the slice's own length. */
struct engine_outcome {
    struct hist_window window; /* all that was recorded (with the windows that were reported);
                                  initialised by the caller with the workload's operation_count */
    double seconds;            /* recorded */
    double offered_seconds;    /* open loop: in which operations were meant to be sent; else 0 */
    double client_cpu_seconds; /* of all workers */
    double client_busy;        /* of the busiest worker, 0..1; without waiting and spinning */
    uint64_t operations_all;   /* recorded or not */
    double seconds_all;        /* from the order to its end */
    nsec started_wall;         /* when recording began */
    bool failed;               /* the server did not come back; see `problem` */
    struct error problem;      /* the last thing that went wrong on a connection; code 0: nothing */
};

/* Workers and threads; nothing is connected yet. NULL on failure (ERROR_SYSTEM). The config is
 * copied, what it points at must outlive the engine. */
struct engine *engine_new(const struct engine_config *config, struct error *err);
/* NULL is allowed. */
void engine_free(struct engine *engine);
/* Opens all connections. ERROR_TARGET with the first one's problem. ERROR_INTERRUPTED. */
bool engine_connect(struct engine *engine, const struct engine_watch *watch, struct error *err);
/* Keys of a dataset by number, and one of its operations: loading, preparing or removing. */
struct engine_keys {
    size_t operation;
    uint64_t first;
    uint64_t last; /* one past the last */
};
/* One pass of the operation over the keys, pipelined; it ends at the first failures. ERROR_INVALID:
 * some operations failed; the sentence says how many, and why. ERROR_TARGET: no answer for as long
 * as an operation may take. ERROR_INTERRUPTED. */
bool engine_sweep(struct engine *engine, const struct engine_keys *keys,
                  const struct engine_watch *watch, struct error *err);
/* Sends measured operations. The streams go on where the last slice ended. */
void engine_measure(struct engine *engine, const struct engine_slice *slice,
                    const struct engine_watch *watch, struct engine_outcome *outcome);

/* Processor time of worker `i` (below the load's threads) in the recorded part of the last slice,
 * and the share of it that it was busy, without spinning. */
struct engine_worker_figures {
    double cpu_seconds;
    double busy;
};
void engine_worker_figures(const struct engine *engine, uint32_t i,
                           struct engine_worker_figures *out);
/* One past the greatest number of a key that may have been inserted; 0: none was. */
uint64_t engine_reach(const struct engine *engine);
/* The nodes that the engine knows of or has known, by the number that windows count them under.
 * `index` below engine_node_count; names are "host:port". */
size_t engine_node_count(const struct engine *engine);
struct engine_node {
    char name[ADDRESS_TEXT_SIZE];
    bool is_replica;
    bool is_gone; /* no part of the target any more */
};
void engine_node(const struct engine *engine, size_t index, struct engine_node *out);
