#include "run/turns.h"

#include <assert.h>
#include <string.h>

#include "base/rng.h"

void turns_init(struct turns *turns, const uint32_t *counts, uint32_t arms, bool same,
                uint64_t seed)
{
    assert(arms <= PLAN_MAX_ARMS);
    *turns = (struct turns){.is_same = same};
    for (uint32_t arm = 0; arm < arms; arm++) {
        struct rng rng;
        uint32_t *order = turns->orders[arm];
        assert(counts[arm] >= 1 && counts[arm] <= TARGET_MAX_HOSTS);
        turns->counts[arm] = counts[arm];
        rng_init(&rng, rng_derive(seed, arm));
        for (uint32_t i = 0; i < counts[arm]; i++) { /* Fisher and Yates, from the inside out */
            uint32_t j = (uint32_t)rng_below(&rng, i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        if (same) {
            memcpy(order, turns->orders[0], sizeof turns->orders[0]);
        }
    }
}

static uint32_t least_common_multiple(uint32_t a, uint32_t b)
{
    uint32_t multiple = a;
    while (multiple % b != 0) {
        multiple += a;
    }
    return multiple;
}

uint32_t turns_host(const struct turns *turns, uint32_t arm, uint32_t block)
{
    uint32_t turn = block - 1;
    uint32_t count = turns->counts[arm];
    if (arm > 0 && !turns->is_same) {
        turn += turn / least_common_multiple(turns->counts[0], count);
    }
    return turns->orders[arm][turn % count];
}
