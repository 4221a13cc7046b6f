/* Connections that subscribe to channels and receive messages: beside the clients, in the same
 * loop. A subscriber has a connection to one node, or with sharded channels one to each node that
 * serves one of its channels; it subscribes again whenever such a connection is made. For the other
 * parts of the worker only.
 *
 * In the connections of a node those of subscribers follow those of the clients. */
#pragma once

#include "engine/worker.h"
#include "redis/resp_read.h"

static inline bool subscriber_is(const struct worker *worker, const struct connection *connection)
{
    return connection->client >= worker->config.clients;
}

/* Subscribing has begun: from here on the server answers with messages alone. */
static inline bool subscriber_has_begun(const struct connection *connection)
{
    return connection->session_replies == 0 && connection->state >= CONNECTION_OPENING;
}

/* Does a subscriber need a connection to the node? */
bool subscriber_wants(const struct worker *worker, const struct connection *connection);
/* How many connections all of them need. */
uint64_t subscriber_wanted_connections(const struct worker *worker);
/* The session is open: asks for the channels. True: there is nothing (more) to wait for. */
bool subscriber_begin(struct worker *worker, struct connection *connection);
/* A whole message; the connection may be gone afterwards. */
void subscriber_take(struct worker *worker, struct connection *connection,
                     const struct resp_reply *reply);
/* Subscribes again where the server has taken a subscription back. */
void subscriber_look_after(struct worker *worker, nsec now);
/* The nodes have changed: connections that are needed now are made, others are closed. */
void subscriber_adopt(struct worker *worker, nsec now);
