/* What is stored: bytes, incompressible unless asked otherwise, or words or digits, taken from one
 * pool that fits into a processor's cache, with a mark of the key in the first eight, so that no
 * two keys have the same value and making one costs a copy. Documents, and values that the client
 * serialises or compresses, are made by objects.h and encoder.h. Pure; read-only after init, shared
 * by all workers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/rng.h"
#include "base/str.h"
#include "model/spec.h"

enum {
    VALUES_MARK = 8,          /* bytes at the start of a value that tell its key */
    VALUES_LARGE = 16 * 1024, /* longer ones are better sent from where they lie than copied */
    VALUES_PLACE_BITS = 18,   /* a value starts at one of 2^18 places in the pool */
    VALUES_SLACK = 64,        /* copies may read so much more than the value */
    VALUES_SIZE_BITS = 12,
};

struct encoder;
struct object_space;

struct value_space {
    char *pool;
    uint64_t mark_mask;     /* of a mark as it is written: these bits of it, ... */
    uint64_t mark_base;     /* ... and this added, so that it is made of letters or digits */
    size_t max_plain;       /* bytes of the longest value ... */
    size_t max_put;         /* ... and of what value_space_put writes */
    struct value_form form; /* its texts are not kept */
    bool is_made;           /* clients work for each value: workers have encoders */
    bool is_plain;          /* values are copied from the pool: no document, no work for each */
    struct object_space *objects; /* NULL: values are no documents */
    struct encoder *encoder; /* of a worker that works for each value; NULL in what is shared */
    uint64_t size_low;
    uint64_t size_high;
    uint64_t *sizes; /* 2^VALUES_SIZE_BITS of them, as likely each; NULL: even from low to high */
};

/* Fills the pool (256 KiB more than the largest value) from `seed`. Sizes that are not even are
 * taken from a table of the distribution's quantiles, the midpoints of 4,096 equal shares. */
void value_space_init(struct value_space *space, const struct workload_spec *spec, uint64_t seed);
void value_space_release(struct value_space *space);

/* The mark of a key: one-to-one, with well-mixed high bits. */
static inline uint64_t value_space_mark(uint64_t key)
{
    uint64_t mark = (key + 1) * 0x9e3779b97f4a7c15u;
    return (mark ^ (mark >> 32)) * 0xd6e8feb86659fd93u;
}

/* Where in the pool the value with a mark is taken from. */
static inline const char *value_space_place(const struct value_space *space, uint64_t mark)
{
    return space->pool + (mark >> (64 - VALUES_PLACE_BITS));
}

/* Bytes of a key's value: the same each time, so that the dataset keeps its size while it is
 * written to. */
static inline size_t value_space_size(const struct value_space *space, uint64_t key)
{
    __extension__ typedef unsigned __int128 u128;
    uint64_t size = space->size_low;
    if (space->sizes != NULL) {
        return space->sizes[rng_mix(~key) >> (64 - VALUES_SIZE_BITS)];
    }
    if (space->size_high != space->size_low) {
        uint64_t spread = space->size_high - space->size_low + 1;
        size += (uint64_t)(((u128)rng_mix(~key) * spread) >> 64);
    }
    return size;
}

/* Where in the pool a key's value is taken from; its first VALUES_MARK bytes are replaced. */
static inline const char *value_space_at(const struct value_space *space, uint64_t key)
{
    return value_space_place(space, value_space_mark(key));
}

/* Writes the `size` bytes of a key's value at `out`; the same each time. Values of less than eight
 * bytes carry only part of the mark and may be alike. */
static inline void value_space_write(const struct value_space *space, uint64_t key, size_t size,
                                     char *out)
{
    uint64_t mark = value_space_mark(key);
    memcpy(out, value_space_place(space, mark), size);
    mark = (mark & space->mark_mask) + space->mark_base;
    memcpy(out, &mark, size < sizeof mark ? size : sizeof mark);
}

/* The value of a space that is not plain; see value_space_put. */
size_t value_space_make(const struct value_space *space, uint64_t key, char *out);

/* Writes a key's value of any kind at `out` (room: max_put and VALUES_SLACK); returns its length.
 */
static inline size_t value_space_put(const struct value_space *space, uint64_t key, char *out)
{
    if (__builtin_expect(!space->is_plain, 0)) {
        return value_space_make(space, key, out);
    }
    size_t size = value_space_size(space, key);
    value_space_write(space, key, size, out);
    return size;
}
