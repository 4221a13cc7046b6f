/* Which host of each arm a block is made on. Pure.
 *
 * The hosts of an arm are shuffled once, and take turns in that order: after as many blocks as the
 * arm has hosts, each was there once. Each time the turns of the baseline and of an arm have come
 * together again (after the least common multiple of their numbers), the arm goes one host further,
 * so that after as many blocks as there are meetings each host of the baseline has met each host of
 * the arm once. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/target_spec.h"
#include "run/plan.h"

struct turns {
    uint32_t counts[PLAN_MAX_ARMS]; /* hosts of each arm */
    uint32_t orders[PLAN_MAX_ARMS][TARGET_MAX_HOSTS];
    bool is_same;
};

/* `counts` of `arms` arms, the baseline first. `same`: the arms are one and the same target, and a
 * block is on the same host for all of them. */
void turns_init(struct turns *turns, const uint32_t *counts, uint32_t arms, bool same,
                uint64_t seed);
/* The host of the arm, from 0, in a block, from 1. */
uint32_t turns_host(const struct turns *turns, uint32_t arm, uint32_t block);
