#include "base/mem.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_OUT_OF_MEMORY = 70 };

static _Thread_local uint64_t allocations;

static void *checked(void *memory, size_t size)
{
    if (memory == NULL) {
        fprintf(stderr, "tenbin: out of memory (wanted %zu bytes)\n", size);
        exit(EXIT_OUT_OF_MEMORY);
    }
    allocations++;
    return memory;
}

void *mem_alloc(size_t size)
{
    return checked(calloc(1, size == 0 ? 1 : size), size);
}

void *mem_alloc_array(size_t count, size_t size)
{
    return checked(calloc(count == 0 ? 1 : count, size == 0 ? 1 : size), count * size);
}

void *mem_resize(void *old, size_t count, size_t size)
{
    if (count == 0 || size == 0) {
        count = 1;
        size = 1;
    }
    return checked(reallocarray(old, count, size), count * size);
}

char *mem_copy_text(const char *text, size_t len)
{
    char *copy = mem_alloc(len + 1);
    if (len > 0) {
        memcpy(copy, text, len);
    }
    return copy;
}

void mem_free(void *memory)
{
    free(memory);
}

uint64_t mem_allocations(void)
{
    return allocations;
}

void mem_keep_large_apart(void)
{
    enum { LARGE = 128 * 1024 };
    /* By default the limit grows with each large block that is freed. */
    (void)mallopt(M_MMAP_THRESHOLD, LARGE);
}
