/* Loading and removing what a workload needs on a server: its datasets, and its functions. For
 * run/arm.c. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "run/arm.h"

/* Loads and prepares all datasets through the arm's engine, and the functions; the number of keys
 * is checked on a server of our own. ERROR_TARGET, ERROR_INVALID (data), ERROR_INTERRUPTED. */
bool data_load(struct arm *arm, const struct arm_context *context, struct error *err);
/* Removes it all by name, with the keys that were inserted. */
bool data_remove(struct arm *arm, const struct arm_context *context, struct error *err);
/* Notes how far keys were inserted: before the arm's engine is freed. */
void data_note_reach(struct arm *arm);
