#include "workload/values.h"

#include <math.h>

#include "base/mem.h"
#include "workload/encoder.h"
#include "workload/objects.h"
#include "workload/prose.h"

/* Share of the standard normal distribution below x. */
static double normal_below(double x)
{
    return 0.5 * erfc(-x / sqrt(2));
}

/* Its inverse by bisection; 0 < share < 1. */
static double normal_quantile(double share)
{
    enum { STEPS = 60 };
    double low = -10;
    double high = 10;
    for (int i = 0; i < STEPS; i++) {
        double middle = (low + high) / 2;
        if (normal_below(middle) < share) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (low + high) / 2;
}

/* mean and sd are of the sizes; their logarithms are normal with `mu` and `s`. */
static uint64_t lognormal_quantile(const struct workload_spec *spec, double share)
{
    double ratio = spec->value_size_sd / spec->value_size_mean;
    double variance = log1p(ratio * ratio);
    double mu = log(spec->value_size_mean) - variance / 2;
    double size = exp(mu + sqrt(variance) * normal_quantile(share));
    double low = (double)spec->value_size_low;
    double high = (double)spec->value_size_high;
    return (uint64_t)llround(fmin(fmax(size, low), high));
}

static uint64_t weighted_quantile(const struct workload_spec *spec, double share)
{
    uint64_t total = 0;
    for (size_t i = 0; i < spec->value_choice_count; i++) {
        total += spec->value_choices[i].weight;
    }
    uint64_t below = 0;
    for (size_t i = 0; i + 1 < spec->value_choice_count; i++) {
        below += spec->value_choices[i].weight;
        if (share * (double)total < (double)below) {
            return spec->value_choices[i].size;
        }
    }
    return spec->value_choices[spec->value_choice_count - 1].size;
}

static void prepare_sizes(struct value_space *space, const struct workload_spec *spec)
{
    size_t count = (size_t)1 << VALUES_SIZE_BITS;
    if (spec->value_sizes == VALUE_SIZES_EVEN) {
        return;
    }
    space->sizes = mem_alloc_array(count, sizeof *space->sizes);
    for (size_t i = 0; i < count; i++) {
        double share = ((double)i + 0.5) / (double)count;
        space->sizes[i] = spec->value_sizes == VALUE_SIZES_LOGNORMAL
                              ? lognormal_quantile(spec, share)
                              : weighted_quantile(spec, share);
    }
}

/* Of every 64 bytes that share is the same everywhere. */
static void make_compressible(struct value_space *space, size_t size, double share)
{
    enum { STRETCH = 64 };
    size_t same = (size_t)llround(share * STRETCH);
    for (size_t at = 0; same > 0 && at + STRETCH <= size; at += STRETCH) {
        memset(space->pool + at + STRETCH - same, 'x', same);
    }
}

static void fill_pool(struct value_space *space, size_t size, const struct workload_spec *spec,
                      uint64_t seed)
{
    struct rng rng;
    rng_init(&rng, seed);
    if (spec->form.kind == VALUE_TEXT) {
        prose_fill(space->pool, size, &rng);
        space->mark_mask = 0x0f0f0f0f0f0f0f0fu; /* "a" to "p" */
        space->mark_base = 0x6161616161616161u;
        return;
    }
    for (size_t i = 0; i + sizeof(uint64_t) <= size; i += sizeof(uint64_t)) {
        uint64_t bits = rng_next(&rng);
        memcpy(space->pool + i, &bits, sizeof bits);
    }
    if (spec->form.kind == VALUE_NUMBER) {
        for (size_t i = 0; i < size; i++) {
            space->pool[i] = (char)('0' + (unsigned char)space->pool[i] % 10);
        }
        space->mark_mask = 0x0707070707070707u; /* "1" to "8": no number begins with 0 */
        space->mark_base = 0x3131313131313131u;
        return;
    }
    make_compressible(space, size, spec->compressibility);
}

void value_space_init(struct value_space *space, const struct workload_spec *spec, uint64_t seed)
{
    *space = (struct value_space){
        .size_low = spec->value_size_low,
        .size_high = spec->value_size_high,
        .max_plain = (size_t)spec->value_size_high,
        .mark_mask = UINT64_MAX,
        .form = spec->form,
    };
    space->form.object = NULL;
    size_t room = ((size_t)1 << VALUES_PLACE_BITS) + (size_t)spec->value_size_high + VALUES_SLACK;
    size_t words = room / sizeof(uint64_t) + 1;
    space->pool = mem_alloc_array(words, sizeof(uint64_t));
    fill_pool(space, words * sizeof(uint64_t), spec, seed);
    prepare_sizes(space, spec);
    if (spec->form.kind == VALUE_OBJECT) {
        space->objects = mem_alloc(sizeof *space->objects);
        object_space_init(space->objects, &spec->form, seed);
        space->max_plain = spec->form.encoding == ENCODE_MSGPACK ? space->objects->max_msgpack
                                                                 : space->objects->max_json;
    }
    space->is_made = value_form_is_made(&spec->form);
    space->is_plain = space->objects == NULL && !space->is_made;
    space->max_put = encoder_bound(&spec->form, space->max_plain);
}

size_t value_space_make(const struct value_space *space, uint64_t key, char *out)
{
    if (space->encoder != NULL) {
        return encoder_make(space->encoder, key, out);
    }
    if (space->objects != NULL) {
        return object_space_copy(space->objects, key, out);
    }
    size_t size = value_space_size(space, key);
    value_space_write(space, key, size, out);
    return size;
}

void value_space_release(struct value_space *space)
{
    mem_free(space->pool);
    mem_free(space->sizes);
    if (space->objects != NULL) {
        object_space_release(space->objects);
        mem_free(space->objects);
    }
    *space = (struct value_space){0};
}
