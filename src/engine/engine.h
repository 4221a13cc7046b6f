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
#include "redis/endpoint.h"
#include "workload/workload.h"

struct engine;

struct engine_config {
    const struct clock *clock;
    bool (*loop_init)(struct loop *loop, struct error *err); /* one loop per worker */
    const struct endpoint *endpoint;
    const struct workload *workload;
    const struct load_spec *load;
    uint8_t protocol; /* 2 or 3, as the control client agreed with the server */
    uint64_t seed;    /* of the measured operations */
    const struct cpu_set
        *cpus; /* worker i runs on the i-th (modulo their number); NULL: anywhere */
};

/* Called on the orchestrating thread a few times a second while an order goes on. */
struct engine_watch {
    bool (*wants_stop)(void *self); /* may be NULL */
    /* A window of one worker has ended; valid during the call. May be NULL. */
    void (*on_window)(void *self, const struct hist_window *window);
    void *self;
};

struct engine_slice {
    nsec settle;       /* at the start, not recorded */
    nsec duration;     /* recorded; 0: by requests */
    uint64_t requests; /* operations of all workers together; 0: by time */
    nsec window;       /* report windows of this length to the watch; 0: none */
};

/* What a slice came to: all workers together. */
struct engine_outcome {
    struct hist_window window; /* all that was recorded (with the windows that were reported);
                                  initialised by the caller with the workload's operation_count */
    double seconds;            /* recorded */
    double client_cpu_seconds; /* of all workers */
    double client_busy;        /* of the busiest worker, 0..1 */
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
/* One pass of `operation` (the workload's load_operation or remove_operation) over all keys,
 * pipelined; it ends at the first failures. ERROR_INVALID: some operations failed; the sentence
 * says how many, and why. ERROR_TARGET: no answer for as long as an operation may take.
 * ERROR_INTERRUPTED. */
bool engine_sweep(struct engine *engine, size_t operation, const struct engine_watch *watch,
                  struct error *err);
/* Sends measured operations. The streams go on where the last slice ended. */
void engine_measure(struct engine *engine, const struct engine_slice *slice,
                    const struct engine_watch *watch, struct engine_outcome *outcome);
