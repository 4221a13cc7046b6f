#include "stats/quantile.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort_double.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

void stats_harrell_davis(const double *x, size_t n, double p, struct quantile_estimate *out)
{
    assert(n > 0 && n <= STATS_QUANTILE_MOST && p > 0 && p < 1);
    double *sorted = mem_alloc_array(n, sizeof *sorted);
    memcpy(sorted, x, n * sizeof *sorted);
    gsl_sort(sorted, 1, n);
    double a = ((double)n + 1) * p;
    double b = ((double)n + 1) * (1 - p);
    double origin = sorted[n / 2]; /* so that a large offset does not eat the spread */
    double below = 0;
    double mean = 0;
    double squares = 0;
    for (size_t i = 0; i < n; i++) {
        assert(isfinite(sorted[i]));
        double reached = gsl_cdf_beta_P((double)(i + 1) / (double)n, a, b);
        double away = sorted[i] - origin;
        mean += (reached - below) * away;
        squares += (reached - below) * away * away;
        below = reached;
    }
    out->value = origin + mean;
    out->standard_error = sqrt(fmax(0, squares - mean * mean));
    mem_free(sorted);
}

/* The ranks of the residuals of each point, signed, column by column. */
struct signed_ranks {
    double *ranks; /* n of each point */
    size_t n, points;
};

static void rank_column(const struct shift_rows *rows, size_t point, double centre, double *out)
{
    size_t n = rows->n;
    double *magnitude = mem_alloc_array(n, sizeof *magnitude);
    size_t *order = mem_alloc_array(n, sizeof *order);
    for (size_t i = 0; i < n; i++) {
        magnitude[i] = fabs(rows->d[i * rows->points + point] - centre);
    }
    gsl_sort_index(order, magnitude, 1, n);
    /* The estimate is the middle of two values, which are therefore equally far from it; such ties
     * are broken, or the sums would come in halves that the distribution does not know. */
    for (size_t i = 0; i < n; i++) {
        double residual = rows->d[order[i] * rows->points + point] - centre;
        out[order[i]] = residual < 0 ? -(double)(i + 1) : (double)(i + 1);
    }
    mem_free(order);
    mem_free(magnitude);
}

/* The smaller of both signed-rank sums over all points, with the signs of rows turned as `turned`
 * says. */
static double smallest_sum(const struct signed_ranks *all, const bool *turned)
{
    double total = (double)all->n * (double)(all->n + 1) / 2;
    double smallest = total;
    for (size_t point = 0; point < all->points; point++) {
        const double *ranks = all->ranks + point * all->n;
        double difference = 0;
        for (size_t i = 0; i < all->n; i++) {
            difference += turned[i] ? -ranks[i] : ranks[i];
        }
        smallest = fmin(smallest, (total - fabs(difference)) / 2);
    }
    return smallest;
}

static size_t sign_draws(size_t n)
{
    return n <= SHIFT_ALL_SIGNS ? (size_t)1 << (n - 1) : SHIFT_DRAWS;
}

/* Draw number `draw` of the signs. With few rows they are counted through; the last row never
 * turns, because turning all of them changes nothing. */
static void draw_signs(bool *turned, size_t n, size_t draw, struct rng *rng)
{
    for (size_t i = 0; i < n; i++) {
        turned[i] = n <= SHIFT_ALL_SIGNS ? (draw >> i & 1) != 0 : rng_below(rng, 2) != 0;
    }
}

/* The greatest depth at which all points are inside at once. */
static void find_depth(const struct signed_ranks *all, double confidence, uint64_t seed,
                       struct shift *whole)
{
    struct rng rng;
    rng_init(&rng, seed);
    size_t draws = sign_draws(all->n);
    double *sums = mem_alloc_array(draws, sizeof *sums);
    bool *turned = mem_alloc_array(all->n, sizeof *turned);
    for (size_t i = 0; i < draws; i++) {
        draw_signs(turned, all->n, i, &rng);
        sums[i] = smallest_sum(all, turned);
    }
    gsl_sort(sums, 1, draws);
    /* An interval at depth k misses when the smaller sum is below k. */
    whole->depth = 0;
    whole->coverage = 1;
    size_t missed = 0;
    for (size_t depth = 1; depth <= all->n * (all->n + 1) / 4; depth++) {
        while (missed < draws && sums[missed] < (double)depth) {
            missed++;
        }
        double coverage = 1 - (double)missed / (double)draws;
        if (coverage < confidence) {
            break;
        }
        whole->depth = depth;
        whole->coverage = coverage;
    }
    mem_free(turned);
    mem_free(sums);
}

static double *walsh_of(const struct shift_rows *rows, size_t point)
{
    double *walsh = mem_alloc_array(rows->n * (rows->n + 1) / 2, sizeof *walsh);
    size_t count = 0;
    for (size_t i = 0; i < rows->n; i++) {
        for (size_t k = 0; k <= i; k++) {
            double one = rows->d[i * rows->points + point];
            assert(isfinite(one));
            walsh[count++] = (one + rows->d[k * rows->points + point]) / 2;
        }
    }
    gsl_sort(walsh, 1, count);
    return walsh;
}

void stats_shift(const struct shift_rows *rows, double confidence, uint64_t seed,
                 struct shift_point *out, struct shift *whole)
{
    assert(rows->n > 0 && rows->points > 0 && confidence > 0 && confidence < 1);
    size_t count = rows->n * (rows->n + 1) / 2;
    struct signed_ranks all = {
        .ranks = mem_alloc_array(rows->n * rows->points, sizeof *all.ranks),
        .n = rows->n,
        .points = rows->points,
    };
    double **walsh = mem_alloc_array(rows->points, sizeof *walsh);
    *whole = (struct shift){.n = rows->n};
    for (size_t i = 0; i < rows->points; i++) {
        walsh[i] = walsh_of(rows, i);
        out[i].estimate = gsl_stats_median_from_sorted_data(walsh[i], 1, count);
        rank_column(rows, i, out[i].estimate, all.ranks + i * rows->n);
    }
    find_depth(&all, confidence, seed, whole);
    for (size_t i = 0; i < rows->points; i++) {
        out[i].low = whole->depth == 0 ? -INFINITY : walsh[i][whole->depth - 1];
        out[i].high = whole->depth == 0 ? INFINITY : walsh[i][count - whole->depth];
        mem_free(walsh[i]);
    }
    mem_free(walsh);
    mem_free(all.ranks);
}
