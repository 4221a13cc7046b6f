/* Moments to send: the schedule of an open loop, and the pauses of a closed one. For the other
 * parts of the worker only. */
#pragma once

#include "engine/worker.h"

void pace_init(struct worker *worker);
/* At the start of an order: an open loop's settling time, or the clients' first operations spread
 * over a pause. */
void pace_begin(struct worker *worker, nsec now);
/* Recording begins: an open loop's schedule begins. */
void pace_begin_recording(struct worker *worker, nsec start);
/* No more moments from `end` on. */
void pace_stop(struct worker *worker, nsec end);
/* Has every moment of an open loop come? */
bool pace_is_over(const struct worker *worker);
/* Sends what is due. */
void pace_send_due(struct worker *worker, nsec now);
/* The client's operation is over: pauses, or draws the next one at once. */
void pace_pause(struct worker *worker, uint32_t client, nsec now);
/* How long the loop may wait, given the time until the next mark or chore. 0 with *spinning: it is
 * about to be due. */
nsec pace_wait(const struct worker *worker, nsec now, nsec wait, bool *spinning);
/* Open loop: the connection has room; the oldest operation that waits for its node gets it. */
void pace_free(struct worker *worker, struct connection *connection, nsec now);
/* Open loop: a connection of the node with room, or NULL. */
struct connection *pace_take_free(struct worker *worker, struct node *node);
