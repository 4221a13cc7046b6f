#include "stats/levels.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "stats/summary.h"

/* The mean variance of the values of a group about the mean of their group; replaces the values by
 * the means, of which there are `groups`. */
static double fold(double *values, size_t groups, size_t repeats)
{
    double squares = 0;
    for (size_t i = 0; i < groups; i++) {
        const double *group = values + i * repeats;
        double mean = stats_mean(group, repeats);
        for (size_t k = 0; k < repeats; k++) {
            squares += (group[k] - mean) * (group[k] - mean);
        }
        values[i] = mean;
    }
    return repeats > 1 ? squares / ((double)groups * (double)(repeats - 1)) : NAN;
}

static void set_interval(struct levels *out, double confidence)
{
    size_t top = out->count - 1;
    double n = (double)out->repeats[top];
    out->low = -INFINITY;
    out->high = INFINITY;
    if (out->repeats[top] > 1) {
        double t = gsl_cdf_tdist_Pinv((1 + confidence) / 2, n - 1);
        double half_width = t * sqrt(out->spread[top] / n);
        out->low = out->mean - half_width;
        out->high = out->mean + half_width;
    }
}

void levels_estimate(const double *x, const size_t *repeats, size_t count, double confidence,
                     struct levels *out)
{
    assert(count > 0 && count <= LEVELS_MOST && confidence > 0 && confidence < 1);
    *out = (struct levels){.count = count};
    size_t values = 1;
    for (size_t i = 0; i < count; i++) {
        assert(repeats[i] > (i + 1 < count ? 1 : 0));
        out->repeats[i] = repeats[i];
        values *= repeats[i];
    }
    double *means = mem_alloc_array(values, sizeof *means);
    memcpy(means, x, values * sizeof *means);
    for (size_t i = 0; i < count; i++) {
        values /= repeats[i];
        out->spread[i] = fold(means, values, repeats[i]);
        double below = i == 0 ? 0 : out->spread[i - 1] / (double)repeats[i - 1];
        out->variance[i] = fmax(0, out->spread[i] - below);
    }
    out->mean = means[0];
    mem_free(means);
    set_interval(out, confidence);
}

void levels_repeats(const struct levels *levels, const double *cost, size_t most, size_t *repeats)
{
    assert(most > 0);
    for (size_t i = 0; i + 1 < levels->count; i++) {
        assert(cost[i] > 0 && cost[i + 1] > 0);
        double ratio = cost[i + 1] / cost[i] * levels->variance[i] / levels->variance[i + 1];
        double wanted = isnan(ratio) ? 1 : fmax(1, ceil(sqrt(ratio)));
        repeats[i] = wanted < (double)most ? (size_t)wanted : most;
    }
}

double levels_variance_of_mean(const struct levels *levels, const size_t *repeats)
{
    double variance = 0;
    for (size_t i = 0; i < levels->count; i++) {
        variance = (variance + levels->variance[i]) / (double)repeats[i];
    }
    return variance;
}
