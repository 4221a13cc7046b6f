/* Workload files (YAML, read with libyaml): what they may hold is in docs/WORKLOADS.md. The same
 * names and texts as those of the command's options. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/spec.h"

/* Reads a whole file's text over what `out` holds, so that what it does not say stays; texts are
 * copied into the arena. `name` stands in errors: ERROR_USAGE with the place ("cache.yaml:12"), the
 * field, and what is expected there. Fields that nobody knows and ones that are given twice are
 * errors. Commands are not taken apart here: see workload_check. */
bool workload_file_read(const char *name, struct str text, struct arena *arena,
                        struct workload_spec *out, struct error *err);
