/* Memory that never fails: when the system has none left these functions print one line and end
 * the program (exit code 70). The only module that may call malloc and free.
 *
 * Every allocation is counted per thread, so that a test or a debug build can assert that a
 * stretch of code allocates nothing. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* `size` zeroed bytes; size 0 gives a pointer that may be freed but not used. */
void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull, warn_unused_result));
/* `count` zeroed elements of `size` bytes; an overflowing product ends the program. */
void *mem_alloc_array(size_t count, size_t size)
    __attribute__((malloc, returns_nonnull, warn_unused_result));
/* Resizes to `count` elements of `size` bytes. New bytes are not zeroed. */
void *mem_resize(void *old, size_t count, size_t size)
    __attribute__((returns_nonnull, warn_unused_result));
/* A NUL-terminated copy of `len` bytes. */
char *mem_copy_text(const char *text, size_t len)
    __attribute__((malloc, returns_nonnull, warn_unused_result));
/* NULL is allowed. */
void mem_free(void *memory);
/* Large blocks (of 128 KiB and more) get pages of their own for good, which take no memory before
 * they are touched: results hold thousands of histograms that are mostly empty. Call once, at the
 * start. */
void mem_keep_large_apart(void);
/* Allocations and resizes that the calling thread has made so far. */
uint64_t mem_allocations(void);
