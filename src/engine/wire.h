/* What a worker does on its sockets: connecting, logging in, sending, taking replies, losing a
 * connection and coming back. The hot path of the program is in wire.c. For worker.c only. */
#pragma once

#include "engine/worker.h"
#include "redis/reply_error.h"

/* One read serves a deep pipeline of small replies. */
enum { WIRE_INPUT_SIZE = 128 * 1024 };

/* Begins to connect. A failure is a lost connection like any other. */
void wire_open(struct worker *worker, struct connection *connection, nsec now);
/* Handles what the loop saw on a connection. */
void wire_event(struct worker *worker, const struct loop_event *event);
/* Closes a connection, counts what was in flight as errors of `kind` and plans the next attempt. */
void wire_lose(struct worker *worker, struct connection *connection, enum reply_error kind,
               nsec now);
/* Starts operations of a client until `depth` are in flight or the budget is used up, and sends
 * them. */
void wire_fill(struct worker *worker, uint32_t client);
/* If the connection is lost: counts its time without connection in the present window, until
 * `now`; nothing when nothing is recorded. */
void wire_count_gap(struct worker *worker, struct connection *connection, nsec now);

/* In worker.c: `now` has reached worker->next_mark. */
void worker_pass_mark(struct worker *worker, nsec now);
