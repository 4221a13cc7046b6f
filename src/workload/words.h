/* The scripts and functions of a workload, by the words that stand for them in commands: a script's
 * SHA1, and a function's name with a mark of this invocation, so that nothing of others is met.
 * Pure; read-only after init. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "model/spec.h"
#include "workload/pattern.h"

struct words {
    struct pattern_word *list;
    size_t count;
    struct buf loads;  /* SCRIPT LOAD of every script, as it is sent */
    size_t load_count; /* their number */
    char *library;     /* name of the library of all functions; NULL: there are none */
    char *source;      /* ... and what FUNCTION LOAD takes */
};

/* `key_prefix` has the invocation's mark: its letters and digits begin the names of functions. The
 * names in `spec` must outlive the words. */
void words_init(struct words *words, const struct workload_spec *spec, const char *key_prefix);
void words_release(struct words *words);
