#include "stats/weighted.h"

#include <assert.h>
#include <gsl/gsl_sort_double.h>
#include <math.h>
#include <stdbool.h>

#include "base/mem.h"

static const double mad_scale = 1.482602218505602; /* 1 / z(.75) */

double weighted_count(const struct weighted *x)
{
    assert(x->n > 0);
    double count = 0;
    for (size_t i = 0; i < x->n; i++) {
        assert(x->counts[i] > 0 && isfinite(x->values[i]));
        count += x->counts[i];
    }
    return count;
}

double weighted_mean(const struct weighted *x)
{
    double sum = 0;
    for (size_t i = 0; i < x->n; i++) {
        sum += x->counts[i] * (x->values[i] - x->values[0]);
    }
    return x->values[0] + sum / weighted_count(x);
}

double weighted_sd(const struct weighted *x)
{
    double mean = weighted_mean(x);
    double squares = 0;
    for (size_t i = 0; i < x->n; i++) {
        squares += x->counts[i] * (x->values[i] - mean) * (x->values[i] - mean);
    }
    double count = weighted_count(x);
    return count > 1 ? sqrt(squares / (count - 1)) : NAN;
}

double weighted_quantile(const struct weighted *x, double p)
{
    assert(p >= 0 && p <= 1);
    /* The next double below stands in for p, as in hist_percentile(). */
    double rank = fmax(1, ceil(nextafter(p, 0) * weighted_count(x)));
    double below = 0;
    for (size_t i = 0; i < x->n; i++) {
        below += x->counts[i];
        if (below >= rank) {
            return x->values[i];
        }
    }
    return x->values[x->n - 1];
}

double weighted_mad(const struct weighted *x)
{
    double median = weighted_quantile(x, 0.5);
    double *distances = mem_alloc_array(x->n, sizeof *distances);
    double *counts = mem_alloc_array(x->n, sizeof *counts);
    for (size_t i = 0; i < x->n; i++) {
        distances[i] = fabs(x->values[i] - median);
        counts[i] = x->counts[i];
    }
    gsl_sort2(distances, 1, counts, 1, x->n);
    struct weighted sorted = {distances, counts, x->n};
    double mad = mad_scale * weighted_quantile(&sorted, 0.5);
    mem_free(counts);
    mem_free(distances);
    return mad;
}

/* The density on a grid of points that are evenly apart on the logarithmic scale. */
enum { GRID = 1024 };

struct density {
    double low, step; /* of log(value) at the first point, and from point to point */
    double mass[GRID];
    double height[GRID]; /* smoothed */
};

static double smoothing_width(const struct weighted *x, const double *logs)
{
    static const double least = 0.02;
    struct weighted scaled = {logs, x->counts, x->n};
    double quartiles = weighted_quantile(&scaled, 0.75) - weighted_quantile(&scaled, 0.25);
    double spread = weighted_sd(&scaled);
    if (!(spread > 0)) {
        return least;
    }
    spread = quartiles > 0 ? fmin(spread, quartiles / 1.34) : spread;
    return fmax(least, 0.9 * spread * pow(weighted_count(x), -0.2));
}

static void smooth(struct density *density, double width)
{
    long reach = (long)ceil(4 * width / density->step);
    for (long i = 0; i < GRID; i++) {
        density->height[i] = 0;
        for (long k = -reach; k <= reach; k++) {
            if (i + k >= 0 && i + k < GRID && density->mass[i + k] > 0) {
                double away = (double)k * density->step / width;
                density->height[i] += density->mass[i + k] * exp(-away * away / 2);
            }
        }
    }
}

static void density_init(struct density *density, const struct weighted *x)
{
    double *logs = mem_alloc_array(x->n, sizeof *logs);
    for (size_t i = 0; i < x->n; i++) {
        assert(x->values[i] > 0);
        logs[i] = log(x->values[i]);
    }
    double width = smoothing_width(x, logs);
    double count = weighted_count(x);
    /* What lies outside of all but one in a thousand may be far away and would make the grid wide.
     */
    double low = log(weighted_quantile(x, 0.001)) - 4 * width;
    double high = log(weighted_quantile(x, 0.999)) + 4 * width;
    *density = (struct density){.low = low, .step = (high - low) / (GRID - 1)};
    for (size_t i = 0; i < x->n; i++) {
        double at = (logs[i] - low) / density->step;
        if (at >= 0 && at <= GRID - 1) {
            density->mass[(size_t)lround(at)] += x->counts[i] / count;
        }
    }
    smooth(density, fmax(width, density->step));
    mem_free(logs);
}

/* A stretch of the grid with one top. */
struct hill {
    size_t start, top, end; /* the valleys beside it belong to either side */
};

static double hill_share(const struct density *density, const struct hill *hill)
{
    double share = 0;
    for (size_t i = hill->start; i < hill->end; i++) {
        share += density->mass[i];
    }
    return share;
}

static size_t find_hills(const struct density *density, struct hill hills[GRID])
{
    const double *height = density->height;
    size_t count = 0;
    size_t start = 0;
    for (size_t i = 1; i + 1 < GRID; i++) {
        bool is_top = height[i] > height[i - 1] && height[i] >= height[i + 1];
        if (is_top && count > 0 && hills[count - 1].end == GRID) {
            hills[count - 1].top = i; /* the last one was but a step on the way up */
        } else if (is_top) {
            hills[count++] = (struct hill){.start = start, .top = i, .end = GRID};
        } else if (height[i] < height[i - 1] && height[i] <= height[i + 1] && count > 0 &&
                   hills[count - 1].end == GRID) {
            hills[count - 1].end = i;
            start = i;
        }
    }
    return count;
}

/* Is hill `i` one with the next? */
static bool are_one(const struct density *density, const struct hill *hills, size_t i)
{
    enum { PARTS = 20 }; /* a hill has at least one of so many parts of all values */
    assert(hills[i].end < GRID);
    double lower = fmin(density->height[hills[i].top], density->height[hills[i + 1].top]);
    return density->height[hills[i].end] > lower / 2 ||
           hill_share(density, &hills[i]) * PARTS < 1 ||
           hill_share(density, &hills[i + 1]) * PARTS < 1;
}

/* Joins hill `i` with the next one. */
static void join(const struct density *density, struct hill *hills, size_t i, size_t *count)
{
    if (density->height[hills[i + 1].top] > density->height[hills[i].top]) {
        hills[i].top = hills[i + 1].top;
    }
    hills[i].end = hills[i + 1].end;
    for (size_t k = i + 1; k + 1 < *count; k++) {
        hills[k] = hills[k + 1];
    }
    --*count;
}

/* The place of the highest valley between two hills that are one; `count` - 1 when there is none.
 */
static size_t highest_valley(const struct density *density, const struct hill *hills, size_t count)
{
    size_t found = count - 1;
    for (size_t i = 0; i + 1 < count; i++) {
        if (are_one(density, hills, i) &&
            (found == count - 1 ||
             density->height[hills[i].end] > density->height[hills[found].end])) {
            found = i;
        }
    }
    return found;
}

size_t weighted_modes(const struct weighted *x, struct weighted_mode modes[WEIGHTED_MOST_MODES])
{
    struct density density;
    struct hill hills[GRID] = {{0}};
    density_init(&density, x);
    size_t count = find_hills(&density, hills);
    assert(count > 0);
    while (count > 1) {
        size_t i = highest_valley(&density, hills, count);
        if (i == count - 1) {
            break;
        }
        join(&density, hills, i, &count);
    }
    count = count < WEIGHTED_MOST_MODES ? count : WEIGHTED_MOST_MODES;
    for (size_t i = 0; i < count; i++) {
        modes[i] = (struct weighted_mode){
            .at = exp(density.low + density.step * (double)hills[i].top),
            .share = hill_share(&density, &hills[i]),
        };
    }
    return count;
}
