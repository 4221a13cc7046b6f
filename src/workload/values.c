#include "workload/values.h"

#include "base/mem.h"

enum {
    PLACES = 256 * 1024,
    SLACK = 64, /* copies may read a little more than the value */
};

void value_space_init(struct value_space *space, const struct workload_spec *spec, uint64_t seed)
{
    *space = (struct value_space){
        .places = PLACES,
        .size_low = spec->value_size_low,
        .size_high = spec->value_size_high,
    };
    size_t words = (size_t)(PLACES + spec->value_size_high + SLACK) / sizeof(uint64_t) + 1;
    space->pool = mem_alloc_array(words, sizeof(uint64_t));
    struct rng rng;
    rng_init(&rng, seed);
    for (size_t i = 0; i < words; i++) {
        uint64_t bits = rng_next(&rng);
        memcpy(space->pool + i * sizeof bits, &bits, sizeof bits);
    }
}

void value_space_release(struct value_space *space)
{
    mem_free(space->pool);
    *space = (struct value_space){0};
}
