/* Making connections, losing them and coming back. For the other parts of the worker only. */
#pragma once

#include "engine/worker.h"
#include "net/transport.h"
#include "redis/reply_error.h"

/* Begins to connect. A failure is a lost connection like any other. */
void link_open(struct worker *worker, struct connection *connection, nsec now);
/* Goes on with that after an event. */
void link_continue(struct worker *worker, struct connection *connection);
/* A reply while the session is being opened. False: the connection is gone. */
bool link_take_session_reply(struct worker *worker, struct connection *connection, bool is_error,
                             nsec now);
/* All that must come before the first operation has been answered. */
void link_is_ready(struct worker *worker, struct connection *connection, nsec now);
/* Closes a connection, counts what was in flight as errors of `kind` and plans the next attempt. */
void link_lose(struct worker *worker, struct connection *connection, enum reply_error kind,
               nsec now);
/* The same, for what the transport said (IO_CLOSED, IO_ERROR). */
void link_lose_by_peer(struct worker *worker, struct connection *connection, enum io_status status,
                       nsec now);
/* Closes a connection that is not needed any more; nothing is in flight. */
void link_close(struct worker *worker, struct connection *connection);
/* Time-outs and new attempts. */
void link_look_after(struct worker *worker, struct connection *connection, nsec now);
/* If the connection is lost: counts its time without connection in the present window, until
 * `now`; nothing when nothing is recorded. */
void link_count_gap(struct worker *worker, struct connection *connection, nsec now);
/* The same for all connections. */
void link_count_gaps(struct worker *worker, nsec now);
