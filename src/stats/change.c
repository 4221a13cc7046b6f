#include "stats/change.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "stats/series.h"

/* A part of the series that is searched. */
struct part {
    const double *x;
    size_t n;
    size_t least;
    double *distances; /* |x_i - x_k|, n rows */
    size_t *order;     /* the present order of the values */
    size_t *blocks;    /* room for the order of blocks */
};

struct division {
    size_t at;
    double statistic;
};

static double distance(const struct part *part, size_t i, size_t k)
{
    return part->distances[part->order[i] * part->n + part->order[k]];
}

/* The energy statistic at the best moment: m k / (m + k) (2 mean |x - y| - mean |x - x'| - mean
 * |y - y'|), where one value at a time goes over from the right side to the left. */
static struct division best_division(const struct part *part)
{
    size_t n = part->n;
    struct division best = {0, -INFINITY};
    double left = 0; /* sums over pairs, each once */
    double right = 0;
    double across = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            right += distance(part, i, k);
        }
    }
    for (size_t at = 1; at + part->least <= n; at++) {
        double to_left = 0;
        double to_right = 0;
        for (size_t k = 0; k < n; k++) {
            *(k < at - 1 ? &to_left : &to_right) += distance(part, at - 1, k);
        }
        left += to_left;
        right -= to_right;
        across += to_right - to_left;
        if (at >= part->least) {
            double m = (double)at;
            double k = (double)(n - at);
            double energy =
                2 * across / (m * k) - 2 * left / (m * (m - 1)) - 2 * right / (k * (k - 1));
            double statistic = energy * m * k / (m + k);
            if (statistic > best.statistic) {
                best = (struct division){at, statistic};
            }
        }
    }
    return best;
}

/* A random order of blocks of `length` neighbours, cut at a random place so that no border is
 * always one. */
static void permute(struct part *part, size_t length, struct rng *rng)
{
    size_t n = part->n;
    size_t offset = length > 1 ? (size_t)rng_below(rng, length) : 0;
    size_t count = (n + offset + length - 1) / length;
    for (size_t i = 0; i < count; i++) {
        part->blocks[i] = i;
    }
    for (size_t i = count; i > 1; i--) {
        size_t k = (size_t)rng_below(rng, i);
        size_t held = part->blocks[i - 1];
        part->blocks[i - 1] = part->blocks[k];
        part->blocks[k] = held;
    }
    size_t filled = 0;
    for (size_t i = 0; i < count; i++) {
        size_t start = part->blocks[i] * length;
        for (size_t k = start; k < start + length; k++) {
            if (k >= offset && k - offset < n) {
                part->order[filled++] = k - offset;
            }
        }
    }
    assert(filled == n);
}

/* The lengths are those at which false alarms stay below 2 in 100 series of 100 values, up to a
 * correlation of 0.5 (make simcheck). */
static size_t block_length(const double *x, size_t n)
{
    static const struct {
        double above;
        size_t length;
    } steps[] = {{0.45, 12}, {0.3, 8}, {0.18, 5}, {0.08, 3}};
    double alike = series_share(x, n);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (alike > steps[i].above) {
            return steps[i].length;
        }
    }
    return 1;
}

/* Once so many permutations did as well, the level cannot be reached any more. */
static double p_value(struct part *part, const struct division *found,
                      const struct change_options *options, struct rng *rng)
{
    size_t length = block_length(part->x, part->n);
    size_t as_good = 1;
    double all = (double)options->permutations + 1;
    for (size_t i = 0; i < options->permutations; i++) {
        permute(part, length, rng);
        as_good += best_division(part).statistic >= found->statistic;
        if ((double)as_good > options->level * all) {
            return 1;
        }
    }
    return (double)as_good / all;
}

/* Searches x for one change; false when there is none. */
static bool divide(const double *x, size_t n, const struct change_options *options, struct rng *rng,
                   struct change_point *out)
{
    if (n < 2 * options->least) {
        return false;
    }
    struct part part = {
        .x = x,
        .n = n,
        .least = options->least,
        .distances = mem_alloc_array(n * n, sizeof(double)),
        .order = mem_alloc_array(n, sizeof(size_t)),
        .blocks = mem_alloc_array(n + 1, sizeof(size_t)),
    };
    for (size_t i = 0; i < n; i++) {
        assert(isfinite(x[i]));
        part.order[i] = i;
        for (size_t k = 0; k < n; k++) {
            part.distances[i * n + k] = fabs(x[i] - x[k]);
        }
    }
    struct division found = best_division(&part);
    bool different = found.statistic > 0;
    double p = different ? p_value(&part, &found, options, rng) : 1;
    *out = (struct change_point){found.at, p};
    mem_free(part.blocks);
    mem_free(part.order);
    mem_free(part.distances);
    return p <= options->level;
}

static void insert(struct change_point *out, size_t count, struct change_point point)
{
    size_t i = count;
    for (; i > 0 && out[i - 1].at > point.at; i--) {
        out[i] = out[i - 1];
    }
    out[i] = point;
}

size_t change_points(const double *x, size_t n, const struct change_options *options,
                     struct change_point *out, size_t most)
{
    assert(options->least >= 2 && options->level > 0 && options->level < 1);
    struct rng rng;
    rng_init(&rng, options->seed);
    size_t count = 0;
    size_t start = 0; /* of the part that is searched; those before it are done */
    while (start < n && count < most) {
        size_t end = n;
        for (size_t i = count; i-- > 0;) {
            end = out[i].at > start ? out[i].at : end;
        }
        struct change_point found;
        if (divide(x + start, end - start, options, &rng, &found)) {
            found.at += start;
            insert(out, count++, found);
        } else {
            start = end;
        }
    }
    return count;
}
