/* The hot path of the commonest load: a closed loop, one node, operations of one command. What one
 * read has brought is taken, recorded and answered with the next operations in a single pass,
 * nearly without calls, and sent from one buffer; errors, pushes and split replies are left to
 * wire.c, which does the same for every load. For the other parts of the worker only.
 *
 * Operations sent together share one moment of sending: only the first flight of such a group holds
 * it (struct flight, `started`), and the connection that of the group whose replies come. */
#pragma once

#include "engine/worker.h"

/* At the start of an order: prepares for it. False: it cannot be carried out this way. */
bool quick_begin(struct worker *worker);
/* Handles a connection that is ready, and from which bytes can be read. */
void quick_read(struct worker *worker, struct connection *connection);
