/* Pseudo-random numbers: xoshiro256++ seeded by splitmix64 (Blackman and Vigna, "Scrambled linear
 * pseudorandom number generators", ACM TOMS 47, 2021). Same seed, same sequence, on every machine.
 * Not for secrets. Pure; one generator belongs to one thread. */
#pragma once

#include <stdint.h>

struct rng {
    uint64_t state[4];
};

/* One step of splitmix64: a well-mixed function of `value`, also good as an integer hash. */
static inline uint64_t rng_mix(uint64_t value)
{
    value += 0x9e3779b97f4a7c15u;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

static inline void rng_init(struct rng *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        rng->state[i] = rng_mix(seed + (uint64_t)i * 0x9e3779b97f4a7c15u);
    }
}

/* The seed of stream `index` below `seed`: distinct streams for clients, pairs, arms. */
static inline uint64_t rng_derive(uint64_t seed, uint64_t index)
{
    return rng_mix(rng_mix(seed) ^ rng_mix(index * 2 + 1));
}

static inline uint64_t rng_rotl(uint64_t value, int bits)
{
    return (value << bits) | (value >> (64 - bits));
}

/* 64 uniform bits. */
static inline uint64_t rng_next(struct rng *rng)
{
    uint64_t *s = rng->state;
    uint64_t result = rng_rotl(s[0] + s[3], 23) + s[0];
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rng_rotl(s[3], 45);
    return result;
}

/* Uniform in [0, bound), bound > 0, without bias (Lemire, ACM TOMACS 29, 2019). */
static inline uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)rng_next(rng) * bound;
    uint64_t low = (uint64_t)product;
    if (low < bound) {
        uint64_t threshold = (0 - bound) % bound;
        while (low < threshold) {
            product = (u128)rng_next(rng) * bound;
            low = (uint64_t)product;
        }
    }
    return (uint64_t)(product >> 64);
}

/* Uniform in [0, 1) with 53 bits. */
static inline double rng_unit(struct rng *rng)
{
    return (double)(rng_next(rng) >> 11) * 0x1p-53;
}
