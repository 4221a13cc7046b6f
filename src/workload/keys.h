/* Which key comes next: numbers in [0, count) drawn from a distribution. Pure.
 *
 * zipf: rank i (from 1) has probability proportional to 1/i^theta, exactly, for any theta > 0, by
 * rejection-inversion (Hoermann and Derflinger, "Rejection-inversion to generate variates from
 * monotone discrete distributions", ACM TOMACS 6, 1996). Ranks are scattered over the key space by
 * a permutation of it, so every rank has a key of its own and popular keys are not neighbours. The
 * hot keys of a hotspot are scattered in the same way; those of gauss are the middle ones.
 *
 * latest: the distance from the newest key is zipf, as in YCSB. Here the newest key is the last
 * one; workload.h adds those that a client has inserted. */
#pragma once

#include <stdint.h>

#include "base/rng.h"
#include "model/spec.h"

struct key_space {
    uint64_t count;
    enum key_distribution distribution;
    double theta;
    double hot_share;
    double sigma;
    uint64_t hot;   /* keys that are hot */
    double h_first; /* of rejection-inversion: the integral at 1.5, minus 1 ... */
    double h_last;  /* ... at count + 0.5 */
    double squeeze;
    unsigned bits; /* the permutation works on numbers of so many bits */
    uint64_t salt;
};

/* `seed` picks the permutation of zipf. count >= 1. */
void key_space_init(struct key_space *space, const struct workload_spec *spec, uint64_t seed);
/* The next key. `position` is the caller's place in a sequential sweep; it is advanced, and only
 * the sequential distribution uses it. */
uint64_t key_space_draw(const struct key_space *space, struct rng *rng, uint64_t *position);
/* Rank drawn by zipf, 1..count, before scattering: for tests. */
uint64_t key_space_draw_rank(const struct key_space *space, struct rng *rng);
/* latest: the distance from the newest of `items` keys, 0 for that one itself. */
uint64_t key_space_draw_distance(const struct key_space *space, struct rng *rng, uint64_t items);
/* A permutation of [0, count). */
uint64_t key_space_scatter(const struct key_space *space, uint64_t rank_from_0);
