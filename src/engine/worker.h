/* One worker: an event loop with its own connections, clients, random numbers and histograms. It
 * carries out one order at a time on the calling thread; engine.c puts threads around workers.
 * Clock, loop and transport are given, so a test can run a worker in virtual time.
 *
 * A client is a stream of operations; a connection is a socket. Today each client has one.
 *
 * Closed loop: each client keeps `pipeline` operations in flight and sends the next one as soon as
 * a reply has come. A slice ends when the last reply has arrived: operations in flight at its end
 * are waited for and counted, so a stall at the end is not lost.
 *
 * Nothing is allocated per operation on an established connection. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "engine/connection.h"
#include "hist/window.h"
#include "net/loop.h"
#include "os/clock.h"
#include "redis/endpoint.h"
#include "workload/workload.h"

struct worker_config {
    const struct clock *clock;
    struct loop *loop; /* must outlive the worker */
    const struct endpoint *endpoint;
    const struct workload *workload;
    uint32_t first_client; /* number of this worker's first client among all */
    uint32_t clients;      /* this worker's */
    uint32_t all_clients;
    uint32_t pipeline;
    nsec timeout;
    uint8_t protocol; /* 2 or 3 */
    uint64_t seed;    /* of the measured streams */
};

enum worker_task {
    WORKER_CONNECT, /* open every connection; the first failure ends it */
    WORKER_SWEEP,   /* one pass over the worker's share of all keys */
    WORKER_MEASURE, /* draw and send for a time, or a number of operations */
};

struct worker_order {
    enum worker_task task;
    size_t operation;  /* WORKER_SWEEP: which one */
    nsec settle;       /* WORKER_MEASURE: not recorded at the start */
    nsec duration;     /* measured; 0: by requests */
    uint64_t requests; /* this worker's; 0: by time */
    nsec window;       /* publish a window each so often; 0: one for the whole order */
};

/* What an order came to. */
struct worker_report {
    bool failed; /* `problem` says why; the rest counts as far as it went */
    struct error problem;
    nsec start; /* of what was recorded */
    nsec end;
    nsec cpu;                /* of the thread between start and end */
    uint64_t operations_all; /* with those of the settling time */
};

struct worker {
    struct worker_config config;
    struct connection *connections;
    struct workload_stream *measured; /* one stream per client, kept across slices */
    struct workload_stream sweep;     /* the worker's share of the keys, for any client */
    struct workload_stream *streams; /* the ones in use: `measured`, or the sweep for all clients */
    uint32_t stream_step;            /* 1: each client has its own; 0: they share one */
    struct outbox *free_outboxes;
    size_t outbox_size;
    char *input;

    /* of the order being carried out */
    const struct worker_order *order;
    struct worker_report *report;
    struct hist_window *window; /* being recorded into */
    uint64_t budget;            /* operations that may still be started */
    uint32_t depth;             /* operations in flight per client */
    uint64_t outstanding;       /* steps in flight */
    uint32_t ready;             /* connections that are READY */
    uint32_t windows_published;
    bool is_recording;
    nsec now;         /* the latest reading of the clock */
    nsec next_mark;   /* when recording begins, a window ends, or sending ends */
    nsec next_chore;  /* when time-outs and reconnects are looked at */
    nsec last_reply;  /* any bytes from the server */
    nsec last_answer; /* to an operation */
    nsec cpu_at_start;
    struct error problem; /* of the last connection that failed */

    /* shared: the orchestrating thread writes stop and takes `published` */
    atomic_bool stop; /* end early, keep what was measured */
    struct hist_window windows[2];
    _Atomic(struct hist_window *) published; /* a full window; the reader sets it to NULL... */
    _Atomic(struct hist_window *) spare;     /* ...and puts it here when cleared */
};

void worker_init(struct worker *worker, const struct worker_config *config);
void worker_release(struct worker *worker);

/* Carries out an order. Afterwards `worker->window` holds what was recorded since the last
 * published window; read it before the next order. `report` is filled in. */
void worker_carry_out(struct worker *worker, const struct worker_order *order,
                      struct worker_report *report);

/* From another thread, while an order goes on: takes the window that was published, or NULL.
 * Give it back with worker_return_window. */
struct hist_window *worker_take_window(struct worker *worker);
void worker_return_window(struct worker *worker, struct hist_window *window);
