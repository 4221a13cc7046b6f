/* Results by name: from the store, or from a file. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "cli/request.h"
#include "model/result.h"
#include "store/store.h"

/* Reads a result that was measured before: its id, the beginning of it, or "last" mean one in the
 * store; anything with a '/' or that ends with .json, and what is a file and no result of the
 * store, means a file. One that was broken off is judged as far as it goes, and says so. Release it
 * on success. `is_stored` (may be NULL): it came from the store. */
bool stored_load(struct request *request, const char *name, struct result *result, bool *is_stored,
                 struct error *err);
