/* A socket with a first-in-first-out queue of steps in flight. It knows no schedule and no
 * statistics: the worker decides what to send and what a reply means.
 *
 * Thread rule: belongs to one worker. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/units.h"
#include "net/transport.h"
#include "redis/resp_read.h"
#include "workload/workload.h"

enum connection_state {
    CONNECTION_DOWN,       /* no socket; tried again at retry_at */
    CONNECTION_CONNECTING, /* the transport is being established */
    CONNECTION_OPENING,    /* HELLO, AUTH, SELECT were sent, their replies are awaited */
    CONNECTION_READY,
};

/* One step that was written, or is about to be, and whose reply is awaited. */
struct flight {
    nsec started;  /* when the operation's first step was sent; 0: not yet handed to the socket */
    nsec intended; /* open loop: when it was meant to be sent; a connection for each operation: when
                      making that began */
    nsec possible; /* open loop: when it was due and a connection was free */
    struct workload_draw draw;
    uint32_t client;
    uint16_t step;
    uint8_t redirects;
    bool has_failed; /* a step before it in the same batch was answered by an error */
    bool is_asking;  /* no operation but what comes before one: ASKING, or loading scripts */
    bool is_marked;  /* its stamps say that they were sent while recording */
    uint32_t trail;  /* what the operation remembers, see steps.h; 0: nothing */
};

/* A value that is sent from where it lies, after the bytes before `at`. */
struct outbox_part {
    size_t at;
    const char *data;
    size_t len;
};

/* Bytes on their way out. Borrowed from the worker only while there are any, so that thousands of
 * idle connections need none and the ones in use stay in the cache. */
struct outbox {
    struct outbox *next; /* in the worker's list of free ones */
    size_t start;        /* first byte not yet taken by the socket */
    size_t end;
    size_t filled;             /* stamps before this byte have been filled in */
    size_t part_start;         /* first part not yet taken... */
    size_t part_end;           /* ...and one past the last */
    struct outbox_part *parts; /* room for as many as there may be flights; NULL: none needed */
    char bytes[];
};

struct hearing;

/* What every reply needs comes first, and side by side: of thousands of connections few stay in the
 * cache. */
enum { OUTBOX_PARTS = 64 }; /* pieces of memory that one write names */

/* Lists what is to be written: bytes of our own, and values from where they lie in between. Returns
 * how many pieces. */
int outbox_list_parts(const struct outbox *outbox, struct iovec parts[OUTBOX_PARTS]);
/* Takes what the socket took off the front. */
void outbox_take_off(struct outbox *outbox, size_t put);

struct connection {
    struct stream stream;
    struct flight *flights; /* ring of mask + 1 */
    uint32_t mask;
    uint32_t head;         /* oldest flight; counters run freely */
    uint32_t tail;         /* one past the youngest */
    uint32_t unstamped;    /* first flight without a start time */
    struct outbox *outbox; /* NULL: nothing to send */
    nsec started;    /* of the last reply's operation: those sent together share it (quick.c) */
    uint32_t client; /* of the worker */
    uint16_t node;   /* number in the topology */
    uint8_t state;   /* enum connection_state */
    struct resp_reader reader;
    struct buf *partial;     /* of a reply whose values are looked at (client_work.h); NULL: none */
    struct connection *next; /* in the worker's list of those with something new to send */
    bool is_armed;           /* waiting until the socket takes more */
    bool is_listed;          /* in the worker's list of those with something new to send */
    bool is_free;            /* open loop: in its node's row of those that can take an operation */
    bool is_stale;           /* answered READONLY: its node's address is suspect */
    bool is_done;            /* a connection for each operation: it has had its own */
    unsigned session_replies;  /* still awaited while OPENING */
    unsigned session_optional; /* the value of that when a reply comes whose failure does not
                                  matter; 0: none */
    nsec retry_at;             /* UINT64_MAX: only when it is needed */
    nsec backoff;
    uint64_t ticket; /* a search for its node's address that it waits for; 0: none */
    nsec lost_at;    /* since when it has been without a connection; 0: it has one, or never had */
    nsec since;      /* when the present attempt to connect began... */
    nsec connected_at;       /* ...the network's part of it was done; 0: not yet... */
    nsec established_at;     /* ...and the handshake */
    struct hearing *hearing; /* hearing.h; NULL: nothing is looked for in what comes */
};

/* Room for `depth` flights. */
void connection_init(struct connection *connection, uint32_t depth);
void connection_release(struct connection *connection);

static inline uint32_t connection_in_flight(const struct connection *connection)
{
    return connection->tail - connection->head;
}

/* Where the next flight goes: fill it in, then count it with `tail++`. */
static inline struct flight *connection_tail(struct connection *connection)
{
    return &connection->flights[connection->tail & connection->mask];
}

/* The oldest flight, taken off the queue. Valid until its place is filled again. */
static inline const struct flight *connection_pop(struct connection *connection)
{
    return &connection->flights[connection->head++ & connection->mask];
}
