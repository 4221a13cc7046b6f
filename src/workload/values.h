/* What is stored: incompressible bytes that differ between keys, taken from one pool, so that
 * making a value costs a copy at most. Pure; read-only after init, shared by all workers. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/str.h"
#include "model/spec.h"

struct value_space {
    char *pool;
    uint64_t places; /* where a value may start in the pool */
    uint64_t size_low;
    uint64_t size_high;
};

/* Fills the pool (at least 1 MiB more than the largest value) from `seed`. */
void value_space_init(struct value_space *space, const struct workload_spec *spec, uint64_t seed);
void value_space_release(struct value_space *space);

/* The value of a key: the same bytes and the same size each time, so that the dataset keeps its
 * size while it is written to. Points into the pool. */
static inline struct str value_space_get(const struct value_space *space, uint64_t key)
{
    __extension__ typedef unsigned __int128 u128;
    uint64_t place = (uint64_t)(((u128)rng_mix(key) * space->places) >> 64);
    uint64_t size = space->size_low;
    if (space->size_high != space->size_low) {
        uint64_t spread = space->size_high - space->size_low + 1;
        size += (uint64_t)(((u128)rng_mix(~key) * spread) >> 64);
    }
    return (struct str){space->pool + place, size};
}
