/* What clients do to values before storing and after reading them (workload/encoder.h), with the
 * clock and the windows of a worker. Replies are looked at only where there is such work.
 *
 * Thread rule: belongs to one worker. */
#pragma once

#include <stdbool.h>

#include "base/str.h"
#include "engine/connection.h"
#include "engine/worker.h"

/* Gives the worker a workload whose values its own encoder makes, if they ask for that. */
void client_work_init(struct worker *worker);
void client_work_release(struct worker *worker);

/* Bytes of one reply, as they came with one read. */
struct client_work_place {
    bool goes_on; /* its first bytes came before */
    bool is_end;  /* it is complete with these */
};

/* Works for each value in a reply, once it is complete. A value is known by how it begins; others
 * (names of fields, counts) are left alone. */
void client_work_take(struct worker *worker, struct connection *connection, struct str bytes,
                      const struct client_work_place *place);
