/* Looking into what a connection receives: stamps of messages, names of keys that have changed, and
 * what the server says to a subscriber. Bytes may be cut anywhere. For the other parts of the
 * worker only. */
#pragma once

#include "engine/worker.h"
#include "redis/resp_read.h"

enum { HEARING_HEAD = 32 };

/* What a connection keeps between two reads. */
struct hearing {
    struct finder_tail tail;
    char head[HEARING_HEAD]; /* the first bytes of the present reply */
    uint32_t head_len;
    uint64_t found;     /* by the finder, in the present reply */
    uint32_t asked;     /* a subscriber: channels that were named so far... */
    uint32_t confirmed; /* ...and those that the server has confirmed */
    bool lacks;         /* the server has taken back a subscription */
};

/* Gives a new connection what it needs, if its bytes are to be looked into. */
void hearing_attach(struct worker *worker, struct connection *connection);
void hearing_detach(struct connection *connection);
/* The connection was closed: it hears nothing of what it had begun to hear, and its client can rely
 * on nothing that it has read. */
void hearing_reset(struct worker *worker, struct connection *connection);

/* Bytes of a reply that began or went on in this read, and what resp_read said of them. A whole one
 * that is a message, whatever its type, becomes a push, and is dealt with: the connection may be
 * gone. */
void hearing_take(struct worker *worker, struct connection *connection, struct str bytes,
                  enum resp_status status, struct resp_reply *reply);
