/* Clients that do not simply ask and be answered: groups that draw from operations of their own,
 * in an open loop also beside it; operations that wait on purpose; messages that one client sends
 * and another receives; reads that a client answers itself. For the other parts of the worker only;
 * nothing of it is called while worker->role.is_on is false.
 *
 * At the end of an order those that receive messages go on until all are received, or no more come:
 * what was sent before the end would otherwise count as lost, or come as old mail in the next
 * order. */
#pragma once

#include "engine/worker.h"
#include "redis/resp_read.h"

void role_init(struct worker *worker);
void role_release(struct worker *worker);
/* At the start of an order, once it is known whether its loop is open. */
void role_begin(struct worker *worker);
void role_begin_recording(struct worker *worker);
/* What belongs to no wait list of a node: tries again. */
void role_retry(struct worker *worker, nsec now);
/* Is the order over? Looked at in every round; when sending has ended the board is told. */
bool role_is_finished(struct worker *worker);
/* Draws the client's next operation that needs the server. False: it may start none now. */
bool role_draw(struct worker *worker, uint32_t client, struct workload_draw *out);
/* What was added to a connection is about to be handed to the socket. */
void role_stamp(struct worker *worker, struct connection *connection, nsec now);
/* A reply without an error to the step of `flight`. False: it had waited in vain, and is neither
 * an operation nor a miss. */
bool role_take(struct worker *worker, const struct connection *connection,
               const struct flight *flight, const struct resp_reply *reply);
/* An error to it. */
void role_fail(struct worker *worker, const struct connection *connection,
               const struct flight *flight);
/* A message with these bytes was received. For hearing.c. */
bool role_receive(void *worker, const char *stamp);
/* A key was named by the server as changed; the same. */
bool role_invalidate(void *worker, const char *key);

/* Is the connection one of the open loop? */
static inline bool role_is_open(const struct worker *worker, const struct connection *connection)
{
    return worker->pace.is_on && !worker->clients[connection->client].is_beside;
}
