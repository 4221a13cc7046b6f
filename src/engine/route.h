/* Which node an operation goes to, what becomes of those that cannot be sent now, and redirections.
 * For the other parts of the worker only. */
#pragma once

#include "engine/worker.h"
#include "redis/reply_error.h"

/* Takes over the latest topology, if it is new: nodes that came are connected to, operations that
 * wait find their way anew. Also the first time. */
void route_adopt(struct worker *worker, nsec now);
/* Asks for a search for nodes, unless one is under way. */
void route_search(struct worker *worker, nsec now);
/* The node that a step belongs to, or TOPOLOGY_NONE. Not for a target with one node only. */
uint16_t route_find(struct worker *worker, const struct waiting *item);
/* Sends an operation, or lets it wait. */
void route_place(struct worker *worker, const struct waiting *item, nsec now);
/* Closed loop: draws the client's next operation and places it. False: there is none. */
bool route_start(struct worker *worker, uint32_t client);
/* The error reply `text` to an operation in flight (its copy) names another node: sends it there.
 * False: it does not, or it was sent on too often. */
bool route_redirect(struct worker *worker, const struct connection *connection,
                    const struct flight *flight, nsec now);
/* A connection has become ready, or has room again: sends what waits for it. */
void route_serve(struct worker *worker, struct connection *connection, nsec now);
/* Gives up operations that have waited for longer than they may take. */
void route_expire(struct worker *worker, nsec now);
/* Forgets all that wait. With `count`, those of an open loop become outstanding. */
void route_drop_waiting(struct worker *worker, bool count);
/* Connections that the topology asks for: all must be ready to begin. */
uint64_t route_wanted_connections(const struct worker *worker);
