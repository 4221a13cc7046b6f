/* Finding a workload by its name or file: --workload, and the arguments of `tenbin workload`. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/spec.h"

/* Reads a built-in workload, or a file if the text has a '/' or ends with .yaml or .yml, over
 * `out`; checks everything that can be without a server. ERROR_USAGE. */
bool workload_option_read(struct str text, struct arena *arena, struct workload_spec *out,
                          struct error *err);
/* Does the text mean a file, not a built-in name? */
bool workload_option_is_file(struct str text);
