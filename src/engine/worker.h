/* One worker: an event loop with its own connections, clients, random numbers and histograms. It
 * carries out one order at a time on the calling thread; engine.c puts threads around workers.
 * Clock, loop and transport are given, so a test can run a worker in virtual time.
 *
 * A client is a stream of operations; a connection is a socket. A client has one connection to
 * each node of the target.
 *
 * Closed loop: each client keeps `pipeline` operations in flight and sends the next one as soon as
 * a reply has come (or after a pause). A slice ends when the last reply has arrived: operations in
 * flight at its end are waited for and counted, so a stall at the end is not lost.
 *
 * Open loop: operations are sent when a schedule says so, over any connection to the right node
 * that has room. One that finds none waits, and its response time runs. Those meant to be sent
 * before the slice's end are sent and waited for, however late; one that cannot be sent within the
 * time that an operation may take has failed.
 *
 * Nothing is allocated per operation on an established connection, except that a row of waiting
 * operations may grow; what clients do to values (client_work.h) allocates as its libraries do. The
 * parts: worker.c (loop and orders), wire.c (sending and receiving, the
 * hot path), link.c (making and losing connections), pace.c (moments to send), route.c (which node,
 * redirections, waiting operations), steps.c (steps that depend on replies), recorder.c (windows),
 * role.c, subscriber.c and hearing.c (clients that do more than ask and be answered). */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "engine/board.h"
#include "engine/connection.h"
#include "engine/discovery.h"
#include "engine/finder.h"
#include "engine/near_cache.h"
#include "engine/recorder.h"
#include "engine/schedule.h"
#include "engine/steps.h"
#include "engine/wait_list.h"
#include "hist/window.h"
#include "net/loop.h"
#include "os/clock.h"
#include "redis/endpoint.h"
#include "redis/topology.h"
#include "workload/workload.h"

struct worker_config {
    const struct clock *clock;
    struct loop *loop; /* must outlive the worker */
    const struct endpoint *endpoint;
    struct discovery *discovery; /* the target's nodes; shared by the workers of an engine */
    const struct workload *workload;
    const struct load_spec *load;
    uint32_t index;            /* this worker's number... */
    uint32_t workers;          /* ...among so many */
    uint32_t first_client;     /* number of this worker's first client among all */
    uint32_t clients;          /* this worker's */
    uint32_t first_subscriber; /* the same for subscribers... */
    uint32_t subscribers;
    struct board *board; /* shared by the workers of an engine; NULL: there is but this one */
    uint8_t protocol;    /* 2 or 3 */
    uint64_t seed;       /* of the measured streams and of the schedule */
    nsec spin;           /* see struct engine_config... */
    bool is_general;     /* ...and this too */
};

enum worker_task {
    WORKER_CONNECT, /* open every connection; the first failure ends it */
    WORKER_SWEEP,   /* one pass over the worker's share of all keys */
    WORKER_MEASURE, /* draw and send for a time, or a number of operations */
};

struct worker_order {
    enum worker_task task;
    size_t operation;  /* WORKER_SWEEP: which one... */
    uint64_t first;    /* ...of the keys from this one... */
    uint64_t last;     /* ...to before this one */
    bool is_closed;    /* WORKER_MEASURE: whatever the load's profile says */
    nsec settle;       /* WORKER_MEASURE: not recorded at the start */
    nsec duration;     /* measured; 0: by requests */
    uint64_t requests; /* this worker's; 0: by time */
    nsec window;       /* publish a window each so often; 0: one for the whole order */
    nsec run;          /* open loop: the run that the profile spans... */
    nsec from;         /* ...and where in it the recorded part begins */
    uint32_t tag;      /* of the stamps sent, up to STAMP_TAG_MAX: differs between orders */
};

/* What an order came to. */
struct worker_report {
    bool failed; /* `problem` says why; the rest counts as far as it went */
    struct error problem;
    nsec start; /* of what was recorded */
    nsec end;
    nsec offered;            /* open loop: in which operations were meant to be sent; else 0 */
    nsec cpu;                /* of the thread between start and end */
    nsec spun;               /* of that: awake, waiting for a moment to send */
    uint64_t operations_all; /* with those of the settling time */
};

/* A stream of operations. */
struct load_client {
    uint32_t in_flight; /* operations on all its connections */
    uint32_t waiting;   /* of those: drawn, but there was no connection to send them on */
    uint32_t pausing;   /* pauses that will each end with an operation */
    bool is_beside;     /* in a closed loop of its own beside an open one */
    bool waits;         /* has operations that wait on purpose: one at a time, and no pauses */
    bool delivers;      /* has operations that receive messages */
    bool has_drained;   /* found no more of them after the last was sent */
};

/* One node of the target. */
struct node {
    struct connection *connections; /* one per client; NULL: not needed so far */
    bool is_wanted;                 /* the topology sends operations to it */
    uint32_t *free;                 /* open loop: row (ring) of clients whose connection has room */
    uint32_t free_head;
    uint32_t free_tail;
    nsec free_since; /* when that row was last not empty after it had been */
    struct wait_list waiting;
};

/* The moments to send of an open loop. */
struct pace {
    bool is_on;
    struct schedule settling; /* before recording begins: an even rate */
    struct load_spec settling_load;
    struct schedule measured;
    struct schedule *schedule; /* the one in use */
    nsec origin;               /* the clock's time at which the schedule's is 0 */
    nsec next;                 /* the next moment; UINT64_MAX: none */
    nsec end;                  /* no more from here on */
    nsec last;                 /* the latest that came */
    struct workload_stream stream;
};

/* What quick.c needs to know of an operation. */
struct quick_kind {
    const struct template *command;
    struct resp_habit habit; /* what its replies look like */
    bool is_read;
};

/* Clients that do more than ask and be answered: see role.h. */
struct role_state {
    bool is_on;           /* some do, in this order */
    bool has_told;        /* the board knows that this worker sends no more messages */
    uint64_t expected;    /* messages of this order that others should receive... */
    uint64_t delivered;   /* ...and that this worker's connections received */
    nsec over_since;      /* sending has ended; 0: not yet */
    nsec all_over_since;  /* ...for every worker */
    nsec last_useful;     /* the last reply or message that was not empty */
    struct hist early;    /* deliveries before this worker began to record, by those that had */
    struct finder stamps; /* looked for in what is received */
    struct finder keys;
    struct near_cache *caches; /* one per client; NULL: none */
    uint32_t listener;         /* whose bytes the finders are given now: a client */
    struct wait_list beside;   /* operations of clients beside an open loop, not placed yet */
    struct board *board;
    struct board own;
};

/* A client that pauses after a reply. */
struct pause {
    nsec until;
    uint32_t client;
};

struct client_work;

struct worker {
    struct worker_config config;
    struct client_work *work; /* for each value; NULL: there is none to do */
    const struct topology *topology;
    struct node *nodes; /* by number in the topology */
    size_t node_count;
    struct node *direct;  /* the node that serves everything; NULL: each operation is routed */
    uint32_t slots;       /* connections that a node has room for: clients, then subscribers */
    uint32_t client_bits; /* of a loop's token: the client; the node above them */
    uint32_t client_mask; /* the same as a mask */
    struct load_client *clients;
    struct workload_stream *measured; /* one stream per client, kept across slices */
    struct workload_stream sweep;     /* the worker's share of the keys, for any client */
    struct workload_stream *streams; /* the ones in use: `measured`, or the sweep for all clients */
    uint32_t stream_step;            /* 1: each client has its own; 0: they share one */
    struct pace pace;
    struct pause *pauses; /* row (ring) of the clients that pause; NULL: none ever does */
    uint32_t pause_mask;
    uint32_t pause_head;
    uint32_t pause_tail;
    struct trail_pool trails;
    struct thought_heap thoughts;
    uint32_t turn;             /* open loop: whose replica is asked next */
    uint64_t ticket;           /* of the search for nodes under way; 0: none */
    struct wait_list stranded; /* operations whose node is not known, or gone */
    size_t waiting;            /* operations in all wait lists */
    struct connection *listed; /* connections with something new to send */
    struct outbox *free_outboxes;
    size_t outbox_size;
    uint32_t flight_limit; /* flights that a connection has room for */
    bool is_large;         /* values are sent from where they lie */
    struct role_state role;
    char *input;
    char *out; /* commands that quick.c is about to send */

    /* of the order being carried out */
    const struct worker_order *order;
    struct worker_report *report;
    struct recorder recorder;
    struct hist_window *window; /* recorder.now */
    uint64_t budget;            /* operations that may still be started */
    uint32_t depth;             /* operations in flight per client (closed) or connection (open) */
    uint64_t outstanding;       /* steps in flight */
    uint32_t ready;             /* connections that are READY */
    bool is_churning;           /* a connection for each operation */
    bool is_pausing;            /* clients pause after each reply */
    bool must_refill;           /* connections were lost: clients may have to go on elsewhere */
    bool is_quick;              /* quick.c carries this order out */
    struct quick_kind quick[WORKLOAD_MAX_DRAWN];
    size_t quick_kinds;
    struct resp_reader quick_reader; /* of replies that lie whole in the input */
    bool is_recording;
    nsec now;               /* the latest reading of the clock */
    nsec next_mark;         /* when recording begins, a window ends, or sending ends */
    nsec next_chore;        /* when time-outs and reconnects are looked at */
    nsec last_reply;        /* any bytes from the server */
    nsec last_answer;       /* to an operation, or a part of one */
    nsec last_progress;     /* when it was noticed that steps had been answered in full... */
    uint64_t steps_noticed; /* ...and how many of the window's were, then */
    nsec cpu_at_start;
    nsec spun; /* since the worker was made: awake, waiting for a moment to send */
    nsec spun_at_start;
    nsec cpu_at_window; /* both when the present window began */
    nsec spun_at_window;
    struct error problem; /* of the last connection that failed */

    atomic_bool stop; /* shared: the orchestrating thread sets it; end early, keep what there is */
};

void worker_init(struct worker *worker, const struct worker_config *config);
void worker_release(struct worker *worker);

/* One past the greatest number of a key that may have been inserted; 0: none was. */
uint64_t worker_reach(const struct worker *worker);
/* Carries out an order. Afterwards the recorder's remaining windows hold what was recorded since
 * the last published one (`worker->window` is the last of them, and the only one when the order has
 * no windows); read them before the next order. `report` is filled in. */
void worker_carry_out(struct worker *worker, const struct worker_order *order,
                      struct worker_report *report);
