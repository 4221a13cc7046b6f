/* Loading and removing what a workload needs on a server: its datasets, and its functions. For
 * run/lane.c. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "run/lane.h"

/* Loads and prepares all datasets through the lane's engine, and the functions. With `counts` the
 * number of keys is checked on a server of our own. ERROR_TARGET, ERROR_INVALID (data),
 * ERROR_INTERRUPTED. */
bool data_load(struct lane *lane, const struct arm_context *context, bool counts,
               struct error *err);
/* Removes it all by name through `engine`, with the keys that were inserted. */
bool data_remove(const struct lane *lane, struct engine *engine, struct error *err);
