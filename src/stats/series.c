#include "stats/series.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "base/mem.h"
#include "stats/change.h"
#include "stats/summary.h"

double series_autocorrelation(const double *x, size_t n, size_t lag)
{
    assert(n > 0 && lag < n);
    double mean = stats_mean(x, n);
    double products = 0;
    double squares = 0;
    for (size_t i = 0; i < n; i++) {
        squares += (x[i] - mean) * (x[i] - mean);
        products += i + lag < n ? (x[i] - mean) * (x[i + lag] - mean) : 0;
    }
    return squares > 0 ? products / squares : NAN;
}

double series_correlation_time(const double *x, size_t n)
{
    enum { LEAST = 8, WINDOW = 5 };
    if (n < LEAST || isnan(series_autocorrelation(x, n, 0))) {
        return NAN;
    }
    double time = 1;
    for (size_t lag = 1; lag < n && (double)lag <= WINDOW * time; lag++) {
        time += 2 * series_autocorrelation(x, n, lag);
    }
    return fmax(1, time);
}

/* The mean square of the differences of values `lag` apart, where what is wilder than three robust
 * standard deviations counts as that much: a few changes of level hardly enter. */
static double step_variance(const double *x, size_t n, size_t lag)
{
    static const double mad_scale = 1.482602218505602;
    double *steps = mem_alloc_array(n, sizeof *steps);
    for (size_t i = 0; i + lag < n; i++) {
        steps[i] = fabs(x[i + lag] - x[i]);
    }
    double most = 3 * mad_scale * stats_median(steps, n - lag);
    double squares = 0;
    for (size_t i = 0; i + lag < n; i++) {
        double step = fmin(steps[i], most);
        squares += step * step;
    }
    mem_free(steps);
    return squares / (double)(n - lag);
}

double series_share(const double *x, size_t n)
{
    double one = n > 3 ? step_variance(x, n, 1) : 0;
    return one > 0 ? step_variance(x, n, 2) / one - 1 : 0;
}

size_t series_warmup(const double *x, size_t n)
{
    enum { GROUP = 5, LEAST = 20 };
    size_t groups = n / GROUP;
    if (n < LEAST) {
        return 0;
    }
    double *means = mem_alloc_array(groups, sizeof *means);
    for (size_t i = 0; i < groups; i++) {
        means[i] = stats_mean(x + i * GROUP, GROUP);
    }
    size_t best = 0;
    double least = INFINITY;
    for (size_t d = 0; d <= groups / 2; d++) {
        double sd = stats_sd(means + d, groups - d);
        double error = sd * sd / (double)(groups - d);
        if (error < least) {
            least = error;
            best = d;
        }
    }
    mem_free(means);
    return best * GROUP;
}

double series_alternation_noise(const double *x, size_t n, size_t per_slice)
{
    enum { SLICES = 4, LEAST = 4 };
    size_t quads = n / (SLICES * per_slice);
    if (quads < LEAST) {
        return NAN;
    }
    double *contrasts = mem_alloc_array(quads, sizeof *contrasts);
    for (size_t i = 0; i < quads; i++) {
        const double *quad = x + i * SLICES * per_slice;
        double a = stats_mean(quad, per_slice) + stats_mean(quad + 3 * per_slice, per_slice);
        double b = stats_mean(quad + per_slice, 2 * per_slice);
        contrasts[i] = a / 2 - b;
    }
    double noise = stats_sd(contrasts, quads) * sqrt(2 * (double)per_slice);
    mem_free(contrasts);
    return noise;
}

size_t series_best_slice(const double *x, size_t n, double lost)
{
    assert(lost >= 0);
    size_t best = 0;
    double least = INFINITY;
    for (size_t per_slice = 1; per_slice <= n; per_slice *= 2) {
        double used = (double)per_slice / ((double)per_slice + lost);
        double noise = series_alternation_noise(x, n, per_slice) / sqrt(used);
        if (noise < least) {
            least = noise;
            best = per_slice;
        }
    }
    return best;
}

double series_slope(const double *x, size_t n)
{
    assert(n >= 2);
    double *slopes = mem_alloc_array(n * (n - 1) / 2, sizeof *slopes);
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++) {
            slopes[count++] = (x[k] - x[i]) / (double)(k - i);
        }
    }
    double slope = stats_median(slopes, count);
    mem_free(slopes);
    return slope;
}

/* The variance of Kendall's score, less what ties take from it. */
static double score_variance(const double *x, size_t n)
{
    double count = (double)n;
    double variance = count * (count - 1) * (2 * count + 5);
    for (size_t i = 0; i < n; i++) {
        size_t tied = 0;
        bool first = true;
        for (size_t k = 0; k < n; k++) {
            tied += x[k] == x[i];
            first = first && (k >= i || x[k] != x[i]);
        }
        double t = (double)tied;
        variance -= first ? t * (t - 1) * (2 * t + 5) : 0;
    }
    return variance / 18;
}

double series_trend_p(const double *x, size_t n, double time)
{
    assert(time >= 1);
    enum { LEAST = 4 };
    double score = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++) {
            score += (double)((x[k] > x[i]) - (x[k] < x[i]));
        }
    }
    double variance = score_variance(x, n);
    if (n < LEAST || !(variance > 0)) {
        return 1;
    }
    double z = fmax(0, fabs(score) - 1) / sqrt(variance * time);
    return 2 * gsl_cdf_ugaussian_Q(z);
}

/* What was found so far, and what it is measured with. */
struct search {
    const double *x;
    size_t n;
    double median;
    double scale; /* robust sd */
    bool *is_spike;
    struct anomaly *found;
    size_t count;
};

static void add(struct search *search, enum anomaly_kind kind, size_t start, size_t end)
{
    if (search->count == SERIES_MOST_ANOMALIES) {
        return;
    }
    double level = stats_median(search->x + start, end - start);
    search->found[search->count++] = (struct anomaly){
        .kind = kind, .start = start, .end = end, .size = level / search->median - 1};
}

static void find_spikes(struct search *search)
{
    for (size_t i = 0; i < search->n; i++) {
        double away = search->x[i] - search->median;
        search->is_spike[i] = fabs(away) > 5 * search->scale && fabs(away) > 0.05 * search->median;
        if (search->is_spike[i]) {
            add(search, ANOMALY_SPIKE, i, i + 1);
        }
    }
}

/* In robust sd, clipped, so that one wild value does not hide a correlation. */
static double clipped(const struct search *search, size_t i)
{
    double z = (search->x[i] - search->median) / search->scale;
    return search->is_spike[i] ? 0 : fmin(3, fmax(-3, z));
}

static double clipped_lag1(const struct search *search)
{
    double *z = mem_alloc_array(search->n, sizeof *z);
    for (size_t i = 0; i < search->n; i++) {
        z[i] = clipped(search, i);
    }
    double lag1 = stats_lag1(z, search->n);
    mem_free(z);
    return isnan(lag1) ? 0 : fmin(0.9, fmax(0, lag1));
}

/* S. W. Roberts, "Control chart tests based on geometric moving averages", Technometrics 1, 1959.
 */
static void find_sags(struct search *search)
{
    static const double weight = 0.2;
    static const double limit = 4;
    double lag1 = clipped_lag1(search);
    double kept = 1 - weight;
    double inflation = sqrt((1 + lag1 * kept) / (1 - lag1 * kept));
    double mean = 0;
    double left = 1; /* kept^(2 t) */
    size_t start = search->n;
    for (size_t i = 0; i < search->n; i++) {
        double z = (search->x[i] - search->median) / search->scale;
        mean = weight * (search->is_spike[i] ? 0 : z) + kept * mean;
        left *= kept * kept;
        double sd = inflation * sqrt(weight / (2 - weight) * (1 - left));
        bool off = fabs(mean) > limit * sd && fabs(mean) * search->scale > 0.01 * search->median;
        if (off && start == search->n) {
            start = i;
        }
        if (start < search->n && (!off || i + 1 == search->n)) {
            add(search, ANOMALY_SAG, start, off ? i + 1 : i);
            start = search->n;
        }
    }
}

/* The sum of distances from the median of a part, less `slope` per step. */
static double rest_of(const struct search *search, size_t start, size_t end, double slope)
{
    double *rest = mem_alloc_array(end - start, sizeof *rest);
    for (size_t i = start; i < end; i++) {
        rest[i - start] = search->x[i] - slope * (double)i;
    }
    double median = stats_median(rest, end - start);
    double sum = 0;
    for (size_t i = 0; i < end - start; i++) {
        sum += fabs(rest[i] - median);
    }
    mem_free(rest);
    return sum;
}

enum { MOST_BREAKS = 4 };

/* Where a part ends that begins at change `i` (0: at the start of the series). */
static size_t part_end(const struct search *search, const struct change_point *points, size_t count,
                       size_t i)
{
    return i < count ? points[i].at : search->n;
}

/* Is the series rather a straight line than so many levels? */
static bool is_line(const struct search *search, const struct change_point *points, size_t count)
{
    double levels = 0;
    size_t start = 0;
    for (size_t i = 0; i <= count; i++) {
        size_t end = part_end(search, points, count, i);
        levels += rest_of(search, start, end, 0);
        start = end;
    }
    return rest_of(search, 0, search->n, series_slope(search->x, search->n)) < levels;
}

static bool find_breaks(struct search *search)
{
    enum { LEAST = 12, PART = 5 };
    static const double smallest = 0.02;
    struct change_point points[MOST_BREAKS];
    struct change_options options = {
        .least = PART, .level = 0.01, .permutations = 499, .seed = search->n};
    if (search->n < LEAST) {
        return false;
    }
    bool any = false;
    size_t count = change_points(search->x, search->n, &options, points, MOST_BREAKS);
    if (count > 0 && is_line(search, points, count)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        size_t before = i == 0 ? 0 : points[i - 1].at;
        size_t end = part_end(search, points, count, i + 1);
        double level = stats_median(search->x + before, points[i].at - before);
        double change = stats_median(search->x + points[i].at, end - points[i].at) / level - 1;
        if (fabs(change) >= smallest && search->count < SERIES_MOST_ANOMALIES) {
            search->found[search->count++] =
                (struct anomaly){ANOMALY_BREAK, points[i].at, end, change};
            any = true;
        }
    }
    return any;
}

/* The correlation time of what a slope leaves over, from its neighbours: that of a series in which
 * each value passes on a share of itself. */
static double time_about(const struct search *search, double slope)
{
    double *rest = mem_alloc_array(search->n, sizeof *rest);
    for (size_t i = 0; i < search->n; i++) {
        rest[i] = search->x[i] - slope * (double)i;
    }
    double lag1 = stats_lag1(rest, search->n);
    mem_free(rest);
    /* A short series shows less than there is, by about this much. */
    lag1 = isnan(lag1) ? 0 : fmin(0.9, fmax(0, lag1 + (1 + 3 * lag1) / (double)search->n));
    return (1 + lag1) / (1 - lag1);
}

static void find_trend(struct search *search)
{
    double slope = series_slope(search->x, search->n);
    double change = slope * (double)(search->n - 1) / search->median;
    if (fabs(change) > 0.01 &&
        series_trend_p(search->x, search->n, time_about(search, slope)) < 0.01 &&
        search->count < SERIES_MOST_ANOMALIES) {
        search->found[search->count++] = (struct anomaly){ANOMALY_TREND, 0, search->n, change};
    }
}

/* Breaks and trends of a long series are those of the means of groups of neighbours: it takes n^2
 * to find them, and they are no matter of single values. */
static void find_slow(struct search *search)
{
    enum { MOST_VALUES = 400 };
    size_t group = (search->n + MOST_VALUES - 1) / MOST_VALUES;
    assert(group > 0);
    size_t first = search->count;
    struct search coarse = *search;
    coarse.n = search->n / group;
    double *means = mem_alloc_array(coarse.n, sizeof *means);
    for (size_t i = 0; i < coarse.n; i++) {
        means[i] = stats_mean(search->x + i * group, group);
    }
    coarse.x = means;
    if (!find_breaks(&coarse)) {
        find_trend(&coarse);
    }
    for (size_t i = first; i < coarse.count; i++) {
        struct anomaly *found = &search->found[i];
        found->end = found->end == coarse.n ? search->n : found->end * group;
        found->start *= group;
    }
    search->count = coarse.count;
    mem_free(means);
}

size_t series_anomalies(const double *x, size_t n, struct anomaly out[SERIES_MOST_ANOMALIES])
{
    enum { LEAST = 8 };
    struct search search = {.x = x, .n = n, .found = out};
    if (n < LEAST) {
        return 0;
    }
    search.median = stats_median(x, n);
    assert(search.median > 0);
    /* Values that are mostly equal have no spread to measure by: then a tenth of a per cent. */
    search.scale = fmax(stats_mad(x, n), 0.001 * search.median);
    search.is_spike = mem_alloc_array(n, sizeof *search.is_spike);
    find_spikes(&search);
    find_sags(&search);
    find_slow(&search);
    mem_free(search.is_spike);
    return search.count;
}
