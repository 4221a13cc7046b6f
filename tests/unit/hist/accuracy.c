/* Percentiles of the histogram against the order statistics of the very same samples. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "hist/hist.h"
#include "support/tap.h"

enum { SAMPLES = 200000 };

static double normal(struct rng *rng)
{
    double radius = sqrt(-2 * log(1 - rng_unit(rng)));
    return radius * cos(2 * 3.14159265358979 * rng_unit(rng));
}

static nsec draw_uniform(struct rng *rng)
{
    return rng_below(rng, 10 * NSEC_PER_MSEC);
}

static nsec draw_lognormal(struct rng *rng)
{
    return (nsec)(80e3 * exp(0.8 * normal(rng)));
}

static nsec draw_stalls(struct rng *rng)
{
    double kind = rng_unit(rng);
    if (kind < 0.7) {
        return 40000 + rng_below(rng, 5000);
    }
    return kind < 0.995 ? 150000 + rng_below(rng, 60000) : rng_below(rng, 3 * NSEC_PER_SEC);
}

static nsec draw_constant(struct rng *rng)
{
    (void)rng;
    return 1234567;
}

static nsec draw_tiny(struct rng *rng)
{
    return rng_below(rng, 20);
}

/* Within a few values of a power of two, over the whole range. */
static nsec draw_powers(struct rng *rng)
{
    return (UINT64_C(1) << (3 + rng_below(rng, 39))) + rng_below(rng, 5) - 3;
}

/* As many values in every octave as in every other. */
static nsec draw_log_uniform(struct rng *rng)
{
    return (nsec)exp2(42 * rng_unit(rng));
}

static const struct {
    const char *name;
    nsec (*draw)(struct rng *);
    bool exact; /* every value has a bucket of its own, or the extremes bound it */
} distributions[] = {
    {"uniform", draw_uniform, false},
    {"lognormal", draw_lognormal, false},
    {"two modes with stalls", draw_stalls, false},
    {"constant", draw_constant, true},
    {"tiny", draw_tiny, true},
    {"around powers of two", draw_powers, false},
    {"log-uniform", draw_log_uniform, false},
};

static int compare(const void *left, const void *right)
{
    nsec a = *(const nsec *)left;
    nsec b = *(const nsec *)right;
    return (a > b) - (a < b);
}

/* The greatest relative error over the ranks of many percentiles; a value below the exact one
 * makes it infinite, since the histogram promises an upper bound. */
static double worst_error(const struct hist *hist, const nsec *sorted)
{
    double worst = 0;
    for (int tenth_of_permille = 1; tenth_of_permille <= 10000; tenth_of_permille++) {
        size_t rank = ((size_t)tenth_of_permille * SAMPLES + 9999) / 10000;
        nsec exact = sorted[rank - 1];
        nsec got = hist_percentile(hist, tenth_of_permille / 100.0);
        if (got < exact) {
            return INFINITY;
        }
        if (got > exact) {
            worst = fmax(worst, (double)(got - exact) / (double)exact);
        }
    }
    return worst;
}

int main(void)
{
    nsec *samples = mem_alloc_array(SAMPLES, sizeof(samples[0]));
    struct hist hist = {0};
    struct rng rng;
    rng_init(&rng, 7);
    hist_init(&hist);
    for (size_t d = 0; d < sizeof(distributions) / sizeof(distributions[0]); d++) {
        const char *name = distributions[d].name;
        double sum = 0;
        hist_clear(&hist);
        for (size_t i = 0; i < SAMPLES; i++) {
            samples[i] = distributions[d].draw(&rng);
            sum += (double)samples[i];
            hist_record(&hist, samples[i]);
        }
        qsort(samples, SAMPLES, sizeof(samples[0]), compare);
        double worst = worst_error(&hist, samples);
        printf("# %s: maximum relative error %.3e\n", name, worst);
        tap_check(worst <= (distributions[d].exact ? 0 : 1e-3), "%s: percentiles", name);
        tap_int((int64_t)hist_min(&hist), (int64_t)samples[0], "%s: minimum", name);
        tap_int((int64_t)hist_max(&hist), (int64_t)samples[SAMPLES - 1], "%s: maximum", name);
        double mean = sum / SAMPLES;
        tap_near(hist_mean(&hist), mean, mean * 1e-12, "%s: mean", name);
    }
    hist_release(&hist);
    mem_free(samples);
    return tap_end();
}
