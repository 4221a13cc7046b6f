/* What is stored: incompressible bytes, taken from one pool that fits into a processor's cache,
 * with a mark of the key in the first eight, so that no two keys have the same value and making one
 * costs a copy. Pure; read-only after init, shared by all workers. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/str.h"
#include "model/spec.h"

enum {
    VALUES_MARK = 8,          /* bytes at the start of a value that tell its key */
    VALUES_LARGE = 16 * 1024, /* longer ones are better sent from where they lie than copied */
};

struct value_space {
    char *pool;
    uint64_t places; /* where a value may start in the pool */
    uint64_t size_low;
    uint64_t size_high;
};

/* Fills the pool (256 KiB more than the largest value) from `seed`. */
void value_space_init(struct value_space *space, const struct workload_spec *spec, uint64_t seed);
void value_space_release(struct value_space *space);

/* Bytes of a key's value: the same each time, so that the dataset keeps its size while it is
 * written to. */
static inline size_t value_space_size(const struct value_space *space, uint64_t key)
{
    __extension__ typedef unsigned __int128 u128;
    uint64_t size = space->size_low;
    if (space->size_high != space->size_low) {
        uint64_t spread = space->size_high - space->size_low + 1;
        size += (uint64_t)(((u128)rng_mix(~key) * spread) >> 64);
    }
    return size;
}

/* Where in the pool a key's value is taken from; its first VALUES_MARK bytes are replaced. */
static inline const char *value_space_at(const struct value_space *space, uint64_t key)
{
    __extension__ typedef unsigned __int128 u128;
    return space->pool + (uint64_t)(((u128)rng_mix(key) * space->places) >> 64);
}

/* Writes the `size` bytes of a key's value at `out`; the same each time. Values of less than eight
 * bytes carry only part of the mark and may be alike. */
static inline void value_space_write(const struct value_space *space, uint64_t key, size_t size,
                                     char *out)
{
    __extension__ typedef unsigned __int128 u128;
    uint64_t mark = rng_mix(key); /* one-to-one */
    memcpy(out, space->pool + (uint64_t)(((u128)mark * space->places) >> 64), size);
    memcpy(out, &mark, size < sizeof mark ? size : sizeof mark);
}
