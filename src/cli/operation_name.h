/* Names of operations that were given as commands: "GET", and "GET 2" for the second one. */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"
#include "model/spec.h"

/* The name of `command`, which comes behind the `count` named operations. Lives in the arena. */
const char *operation_name(struct arena *arena, struct str command,
                           const struct operation_spec *operations, size_t count);
