#include "workload/keys.h"

#include <math.h>
#include <stdbool.h>

/* log(1 + x) / x, continued at 0. */
static double log1p_over(double x)
{
    return fabs(x) > 1e-8 ? log1p(x) / x : 1 - x * (0.5 - x / 3);
}

/* (exp(x) - 1) / x, continued at 0. */
static double expm1_over(double x)
{
    return fabs(x) > 1e-8 ? expm1(x) / x : 1 + x * 0.5 * (1 + x / 3);
}

/* h(x) = x^-theta, its integral from 1 and the inverse of that; theta = 1 needs no special case. */
static double density(double theta, double x)
{
    return exp(-theta * log(x));
}

static double integral(double theta, double x)
{
    double log_x = log(x);
    return expm1_over((1 - theta) * log_x) * log_x;
}

static double integral_inverse(double theta, double y)
{
    double t = fmax(y * (1 - theta), -1);
    return exp(log1p_over(t) * y);
}

static unsigned bits_for(uint64_t count)
{
    unsigned bits = 2;
    while (bits < 64 && (count - 1) >> bits != 0) {
        bits++;
    }
    return bits;
}

void key_space_init(struct key_space *space, const struct workload_spec *spec, uint64_t seed)
{
    *space = (struct key_space){
        .count = spec->keys,
        .distribution = spec->key_distribution,
        .theta = spec->zipf_theta,
        .hot_share = spec->hot_share,
        .sigma = spec->sigma,
        .bits = bits_for(spec->keys),
        .salt = rng_mix(seed),
    };
    if (spec->key_distribution == KEYS_HOTSPOT) {
        double hot = ceil(spec->hot * (double)spec->keys);
        space->hot = hot < (double)spec->keys ? (uint64_t)hot : spec->keys;
    }
    if (spec->key_distribution == KEYS_ZIPF || spec->key_distribution == KEYS_LATEST) {
        double theta = space->theta;
        space->h_first = integral(theta, 1.5) - 1;
        space->h_last = integral(theta, (double)space->count + 0.5);
        space->squeeze = 2 - integral_inverse(theta, integral(theta, 2.5) - density(theta, 2));
    }
}

/* `h_last` belongs to `count`. */
static uint64_t draw_rank(const struct key_space *space, struct rng *rng, uint64_t count,
                          double h_last)
{
    for (;;) {
        double u = h_last + rng_unit(rng) * (space->h_first - h_last);
        double x = integral_inverse(space->theta, u);
        double k = floor(x + 0.5);
        if (k < 1) {
            k = 1;
        } else if (k > (double)count) {
            k = (double)count;
        }
        if (k - x <= space->squeeze ||
            u >= integral(space->theta, k + 0.5) - density(space->theta, k)) {
            return (uint64_t)k;
        }
    }
}

uint64_t key_space_draw_rank(const struct key_space *space, struct rng *rng)
{
    return draw_rank(space, rng, space->count, space->h_last);
}

uint64_t key_space_draw_distance(const struct key_space *space, struct rng *rng, uint64_t items)
{
    double h_last =
        items == space->count ? space->h_last : integral(space->theta, (double)items + 0.5);
    return draw_rank(space, rng, items, h_last) - 1;
}

/* Multiplying by an odd number and xoring with a right shift are both one-to-one on numbers of
 * `bits` bits, so their chain is too; walking on until the result lies below `count` keeps it
 * one-to-one on [0, count) (cycle walking; Black and Rogaway, CT-RSA 2002). */
uint64_t key_space_scatter(const struct key_space *space, uint64_t rank_from_0)
{
    uint64_t mask = space->bits >= 64 ? UINT64_MAX : (UINT64_C(1) << space->bits) - 1;
    unsigned half = space->bits / 2;
    uint64_t value = rank_from_0;
    do {
        value = (value + space->salt) & mask;
        value = (value * 0x9e3779b97f4a7c15u) & mask;
        value ^= value >> half;
        value = (value * 0xd1342543de82ef95u) & mask;
        value ^= value >> half;
        value = (value * 0x94d049bb133111ebu) & mask;
        value ^= value >> half;
    } while (value >= space->count);
    return value;
}

/* The first `hot` ranks, or the others. */
static uint64_t draw_hotspot(const struct key_space *space, struct rng *rng)
{
    bool is_hot = rng_unit(rng) < space->hot_share || space->hot == space->count;
    return is_hot ? rng_below(rng, space->hot)
                  : space->hot + rng_below(rng, space->count - space->hot);
}

/* A normal variate by the polar form of Box and Muller ("A note on the generation of random normal
 * deviates", Annals of Mathematical Statistics 29, 1958); what falls outside is drawn again. */
static uint64_t draw_gauss(const struct key_space *space, struct rng *rng)
{
    double count = (double)space->count;
    for (;;) {
        double radius = sqrt(-2 * log(1 - rng_unit(rng)));
        double variate = radius * cos(2 * acos(-1) * rng_unit(rng));
        double at = floor((0.5 + space->sigma * variate) * count);
        if (at >= 0 && at < count) {
            return (uint64_t)at;
        }
    }
}

uint64_t key_space_draw(const struct key_space *space, struct rng *rng, uint64_t *position)
{
    switch (space->distribution) {
    case KEYS_SEQUENTIAL: {
        uint64_t key = *position % space->count;
        *position = key + 1;
        return key;
    }
    case KEYS_ZIPF:
        return key_space_scatter(space, key_space_draw_rank(space, rng) - 1);
    case KEYS_HOTSPOT:
        return key_space_scatter(space, draw_hotspot(space, rng));
    case KEYS_GAUSS:
        return draw_gauss(space, rng);
    case KEYS_LATEST:
        return space->count - 1 - key_space_draw_distance(space, rng, space->count);
    case KEYS_UNIFORM:
        break;
    }
    return rng_below(rng, space->count);
}
