#include "stats/rank.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort_double.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

#include "base/mem.h"

/* Ranks are counted in halves, so that mid-ranks are whole numbers and a sum of them is an index.
 */
enum { LARGEST_SUM = STATS_SIGNED_RANK_EXACT * (STATS_SIGNED_RANK_EXACT + 1) };

/* The statistic of one sample, in halves of a rank. */
struct statistic {
    size_t *ranks; /* of the differences that are not zero, ascending; owned */
    size_t count;  /* of `ranks` */
    size_t total;  /* their sum */
    size_t above;  /* the sum of those that belong to positive differences */
};

static bool is_exact(size_t n)
{
    return n <= STATS_SIGNED_RANK_EXACT;
}

/* Fills `mass` with P(sum = 0, 1, ...) when each rank enters the sum with probability 1/2, and
 * returns the largest sum. Halving at every step keeps the numbers in range; below 54 ranks no step
 * rounds. */
static size_t exact_masses(const size_t *ranks, size_t count, double mass[LARGEST_SUM + 1])
{
    size_t top = 0;
    mass[0] = 1;
    for (size_t i = 0; i < count; i++) {
        size_t rank = ranks[i];
        assert(top + rank <= LARGEST_SUM);
        for (size_t sum = top + 1; sum <= top + rank; sum++) {
            mass[sum] = 0;
        }
        top += rank;
        for (size_t sum = top + 1; sum-- > 0;) {
            mass[sum] = 0.5 * mass[sum] + (sum >= rank ? 0.5 * mass[sum - rank] : 0);
        }
    }
    return top;
}

/* P(sum <= limit). */
static double exact_cdf(const size_t *ranks, size_t count, size_t limit)
{
    double mass[LARGEST_SUM + 1];
    size_t top = exact_masses(ranks, count, mass);
    double below = 0;
    for (size_t sum = 0; sum <= limit && sum <= top; sum++) {
        below += mass[sum];
    }
    return limit >= top ? 1 : below;
}

/* The same by the normal approximation. The correction is half a rank, as for whole ranks. */
static double normal_cdf(const size_t *ranks, size_t count, double limit)
{
    double mean = 0;
    double variance = 0;
    for (size_t i = 0; i < count; i++) {
        double rank = (double)ranks[i];
        mean += rank / 2;
        variance += rank * rank / 4;
    }
    return gsl_cdf_ugaussian_P((limit + 1 - mean) / sqrt(variance));
}

/* P(the sum of positive ranks <= limit) for `ranks` of a sample of n differences. */
static double sum_cdf(size_t n, const size_t *ranks, size_t count, size_t limit)
{
    return is_exact(n) ? exact_cdf(ranks, count, limit) : normal_cdf(ranks, count, (double)limit);
}

/* The ranks 1 to n in halves: a sample without zeros and ties. The caller frees them. */
static size_t *plain_ranks(size_t n)
{
    size_t *ranks = mem_alloc_array(n, sizeof *ranks);
    for (size_t i = 0; i < n; i++) {
        ranks[i] = 2 * (i + 1);
    }
    return ranks;
}

double stats_signed_rank_cdf(size_t n, double t)
{
    assert(n > 0 && !isnan(t));
    double largest = 0.5 * (double)n * (double)(n + 1);
    if (t < 0 || t >= largest) {
        return t < 0 ? 0 : 1;
    }
    size_t *ranks = plain_ranks(n);
    double below = sum_cdf(n, ranks, n, 2 * (size_t)floor(t));
    mem_free(ranks);
    return below;
}

size_t stats_signed_rank_least(double confidence)
{
    assert(confidence > 0 && confidence < 1);
    size_t n = 1;
    for (double missed = 1; 1 - missed < confidence; missed /= 2) {
        n++;
    }
    return n;
}

/* Fills `out` from d + shift; `out->ranks` is the caller's to free. */
static void rank_magnitudes(const double *d, size_t n, double shift, struct statistic *out)
{
    double *magnitude = mem_alloc_array(n, sizeof *magnitude);
    size_t *order = mem_alloc_array(n, sizeof *order);
    *out = (struct statistic){.ranks = mem_alloc_array(n, sizeof *out->ranks)};
    for (size_t i = 0; i < n; i++) {
        magnitude[i] = fabs(d[i] + shift);
        assert(isfinite(magnitude[i]));
    }
    gsl_sort_index(order, magnitude, 1, n);
    size_t end = 0;
    for (size_t start = 0; start < n; start = end) {
        double tied = magnitude[order[start]];
        for (end = start; end < n && magnitude[order[end]] == tied; end++) {
        }
        if (tied == 0) {
            continue;
        }
        size_t rank = start + 1 + end; /* twice the mean of start + 1 ... end */
        for (size_t i = start; i < end; i++) {
            out->ranks[out->count++] = rank;
            out->total += rank;
            out->above += d[order[i]] + shift > 0 ? rank : 0;
        }
    }
    mem_free(order);
    mem_free(magnitude);
}

static double two_sided(const double *d, size_t n)
{
    struct statistic t;
    rank_magnitudes(d, n, 0, &t);
    size_t smaller = t.above < t.total - t.above ? t.above : t.total - t.above;
    double p = 2 * sum_cdf(n, t.ranks, t.count, smaller);
    mem_free(t.ranks);
    return p < 1 ? p : 1;
}

double stats_signed_rank_one_sided(const double *d, size_t n, double shift)
{
    assert(n > 0);
    struct statistic t;
    rank_magnitudes(d, n, shift, &t);
    double p = sum_cdf(n, t.ranks, t.count, t.above);
    mem_free(t.ranks);
    return p;
}

/* The probability that the interval from the depth-th smallest to the depth-th largest Walsh
 * average covers the centre; depth 0 stands for the endless interval. */
static double depth_coverage(size_t n, size_t depth)
{
    return 1 - 2 * stats_signed_rank_cdf(n, (double)depth - 1);
}

/* The greatest depth that still covers with `confidence`, from the exact distribution. */
static size_t exact_depth(size_t n, double confidence)
{
    size_t ranks[STATS_SIGNED_RANK_EXACT];
    double mass[LARGEST_SUM + 1];
    for (size_t i = 0; i < n; i++) {
        ranks[i] = i + 1;
    }
    size_t top = exact_masses(ranks, n, mass);
    size_t depth = 0;
    double below = mass[0];
    while (depth < top && 1 - 2 * below >= confidence) {
        depth++;
        below += mass[depth];
    }
    return depth;
}

size_t stats_signed_rank_depth(size_t n, double confidence)
{
    assert(n > 0 && confidence > 0 && confidence < 1);
    if (is_exact(n)) {
        return exact_depth(n, confidence);
    }
    size_t enough = 0;
    size_t too_deep = n * (n + 1) / 4 + 2; /* past the middle nothing is covered */
    while (too_deep - enough > 1) {
        size_t middle = enough + (too_deep - enough) / 2;
        if (depth_coverage(n, middle) >= confidence) {
            enough = middle;
        } else {
            too_deep = middle;
        }
    }
    return enough;
}

/* All n(n+1)/2 of them, ascending. The caller frees them. */
static double *walsh_averages(const double *d, size_t n)
{
    double *walsh = mem_alloc_array(n * (n + 1) / 2, sizeof *walsh);
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        assert(isfinite(d[i]));
        for (size_t j = 0; j <= i; j++) {
            walsh[count++] = 0.5 * (d[i] + d[j]);
        }
    }
    gsl_sort(walsh, 1, count);
    return walsh;
}

void stats_signed_rank(const double *d, size_t n, double confidence, struct signed_rank *out)
{
    assert(n > 0 && confidence > 0 && confidence < 1);
    size_t count = n * (n + 1) / 2;
    double *walsh = walsh_averages(d, n);
    size_t depth = stats_signed_rank_depth(n, confidence);
    *out = (struct signed_rank){
        .n = n,
        .estimate = gsl_stats_median_from_sorted_data(walsh, 1, count),
        .low = depth == 0 ? -INFINITY : walsh[depth - 1],
        .high = depth == 0 ? INFINITY : walsh[count - depth],
        .confidence = confidence,
        .coverage = depth_coverage(n, depth),
        .p_value = two_sided(d, n),
        .bounded = depth > 0,
        .exact = is_exact(n),
    };
    mem_free(walsh);
}
