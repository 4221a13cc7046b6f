/* Do the servers know the operations of a workload, and do these touch only our keys? Asked of the
 * servers themselves, with COMMAND GETKEYS, before anything is sent. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "redis/client.h"
#include "workload/workload.h"

enum operation_status {
    OPERATION_KNOWN,
    OPERATION_UNKNOWN, /* the server has no such command */
    OPERATION_WRONG,   /* `err` says what: a key without our prefix, wrong arguments, no answer */
};

/* Asks about every command of the operation. A server that does not let us ask is taken to know
 * it. */
enum operation_status operation_check(struct client *client, const struct workload *workload,
                                      size_t operation, struct error *err);
