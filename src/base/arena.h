/* Memory with one lifetime: everything taken from an arena is released together.
 *
 * Zero-initialise. Not for threads: one owner at a time. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "base/str.h"

struct arena_block;

struct arena {
    struct arena_block *blocks;
};

/* Zeroed memory, aligned for any type; valid until arena_release. */
void *arena_alloc(struct arena *arena, size_t size)
    __attribute__((returns_nonnull, warn_unused_result));
void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
    __attribute__((returns_nonnull, warn_unused_result));
/* A NUL-terminated copy. */
char *arena_copy(struct arena *arena, struct str text) __attribute__((returns_nonnull));
char *arena_copy_text(struct arena *arena, const char *text) __attribute__((returns_nonnull));
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull));
/* Releases everything; the arena may be used again. */
void arena_release(struct arena *arena);
