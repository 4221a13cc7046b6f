#include "stats/crossed.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

/* The means of one group's hosts over their pairs. */
struct group {
    size_t count; /* hosts that occur */
    double mean;  /* of their means */
    double part;  /* their variance, divided by their number; NAN: one host */
};

static struct group group_of(const double *d, const uint32_t *host, size_t n)
{
    double sums[CROSSED_MOST] = {0};
    size_t pairs[CROSSED_MOST] = {0};
    struct group group = {0};
    for (size_t i = 0; i < n; i++) {
        assert(host[i] < CROSSED_MOST);
        sums[host[i]] += d[i];
        pairs[host[i]]++;
    }
    for (size_t i = 0; i < CROSSED_MOST; i++) {
        group.count += pairs[i] > 0;
        group.mean += pairs[i] > 0 ? sums[i] / (double)pairs[i] : 0;
    }
    group.mean /= (double)group.count;
    double squares = 0;
    for (size_t i = 0; i < CROSSED_MOST; i++) {
        double off = pairs[i] > 0 ? sums[i] / (double)pairs[i] - group.mean : 0;
        squares += off * off;
    }
    double count = (double)group.count;
    group.part = group.count > 1 ? squares / (count - 1) / count : NAN;
    return group;
}

static double freedom_of(const struct group *a, const struct group *b)
{
    size_t fewer = a->count < b->count ? a->count : b->count;
    double most = 2 * ((double)fewer - 1);
    double sum = a->part + b->part;
    double parts =
        a->part * a->part / ((double)a->count - 1) + b->part * b->part / ((double)b->count - 1);
    return parts > 0 ? fmin(most, sum * sum / parts) : most;
}

/* By how many standard errors the interval reaches out. */
static double reach(double confidence, double freedom)
{
    return gsl_cdf_tdist_Pinv((1 + confidence) / 2, freedom);
}

void stats_crossed(const struct crossed_pairs *pairs, double confidence, struct crossed *out)
{
    assert(pairs->n > 0 && confidence > 0 && confidence < 1);
    struct group from = group_of(pairs->d, pairs->from, pairs->n);
    struct group to = group_of(pairs->d, pairs->to, pairs->n);
    *out = (struct crossed){
        .from = from.count,
        .to = to.count,
        .estimate = (from.mean + to.mean) / 2,
        .error = INFINITY,
        .low = -INFINITY,
        .high = INFINITY,
        .p_value = 1,
    };
    if (from.count < 2 || to.count < 2) {
        return;
    }
    out->error = sqrt(from.part + to.part);
    out->freedom = freedom_of(&from, &to);
    double half = reach(confidence, out->freedom) * out->error;
    out->low = out->estimate - half;
    out->high = out->estimate + half;
    double off = fabs(out->estimate);
    out->p_value = off > 0 ? 2 * gsl_cdf_tdist_Q(off / out->error, out->freedom) : 1;
}

double stats_crossed_above(const struct crossed *crossed, double bound)
{
    if (!isfinite(crossed->error)) {
        return 1;
    }
    double off = crossed->estimate - bound;
    if (crossed->error <= 0) {
        return off > 0 ? 0 : 1; /* all hosts of a group are exactly alike */
    }
    return gsl_cdf_tdist_Q(off / crossed->error, crossed->freedom);
}

static size_t fewer_of(const struct crossed *crossed)
{
    return crossed->from < crossed->to ? crossed->from : crossed->to;
}

double stats_crossed_detectable(const struct crossed *crossed, double confidence)
{
    assert(confidence > 0 && confidence < 1);
    double freedom = (double)fewer_of(crossed) - 1;
    if (!isfinite(crossed->error)) {
        return INFINITY;
    }
    return (reach(confidence, freedom) + gsl_cdf_tdist_Pinv(0.9, freedom)) * crossed->error;
}

size_t stats_crossed_needed(const struct crossed *crossed, double margin, double confidence)
{
    assert(margin > 0 && confidence > 0 && confidence < 1);
    size_t fewer = fewer_of(crossed);
    if (!isfinite(crossed->error)) {
        return 2;
    }
    for (size_t n = fewer; n < STATS_HOSTS_MOST; n++) {
        double error = crossed->error * sqrt((double)fewer / (double)n);
        if (reach(confidence, 2 * ((double)n - 1)) * error <= margin / 2) {
            return n;
        }
    }
    return STATS_HOSTS_MOST;
}
