#include "stats/rank.h"
#include "base/rng.h"
#include "support/normal.h"
#include "support/tap.h"

enum { MOST = 64 };

static struct signed_rank rank(const double *d, size_t n, double confidence)
{
    struct signed_rank out;
    stats_signed_rank(d, n, confidence, &out);
    return out;
}

static bool close_to(double a, double b)
{
    return a == b || fabs(a - b) <= 1e-12 * fmax(fabs(a), fabs(b));
}

/* Walsh averages of 1 2 4: 1 1.5 2 2.5 3 4. */
static void test_by_hand(void)
{
    static const double three[] = {4, 1, 2};
    struct signed_rank got = rank(three, 3, 0.75);
    tap_near(got.estimate, 2.25, 0, "the estimate is the median of the Walsh averages");
    tap_check(got.low == 1 && got.high == 4, "three values: the interval is their range");
    tap_near(got.coverage, 0.75, 0, "three values: coverage 1 - 2 / 2^3");
    tap_near(got.p_value, 0.25, 0, "three values of one sign: p is 2 / 2^3");
    got = rank(three, 3, 0.5);
    tap_check(got.low == 1.5 && got.high == 3 && got.coverage == 0.5,
              "a level that is reached exactly goes no further out");
    static const double six[] = {3, -1, 2, 5, 4, 6};
    got = rank(six, 6, 0.95);
    tap_check(got.low == -1 && got.high == 6, "six values at 95 %%: the interval is their range");
    tap_near(got.coverage, 0.96875, 0, "six values at 95 %%: coverage 96.9 %%");
    tap_near(got.p_value, 4.0 / 64, 0, "six values, the smallest one negative: T = 1");
}

static void test_too_few(void)
{
    static const double d[] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct signed_rank got = rank(d, 5, 0.95);
    tap_check(!got.bounded && got.low == -INFINITY && got.high == INFINITY && got.coverage == 1,
              "five values at 95 %%: no bounds");
    tap_near(got.estimate, 3, 0, "five values still have an estimate");
    tap_check(rank(d, 6, 0.95).bounded, "six values at 95 %%: bounded");
    tap_check(!rank(d, 7, 0.99).bounded && rank(d, 8, 0.99).bounded, "99 %% takes eight");
    got = rank(d, 1, 0.95);
    tap_check(got.estimate == 1 && !got.bounded && got.p_value == 1, "one value says nothing");
    tap_int((int64_t)stats_signed_rank_least(0.95), 6, "fewest at 95 %%");
    tap_int((int64_t)stats_signed_rank_least(0.965), 6, "fewest at 96.5 %%");
    tap_int((int64_t)stats_signed_rank_least(0.96875), 6, "fewest at a level reached exactly");
    tap_int((int64_t)stats_signed_rank_least(0.97), 7, "fewest at 97 %%");
    tap_int((int64_t)stats_signed_rank_least(0.99), 8, "fewest at 99 %%");
}

static void test_zeros(void)
{
    static const double equal[] = {0, 0, 0, 0, 0, 0};
    struct signed_rank got = rank(equal, 6, 0.95);
    tap_check(got.estimate == 0 && got.low == 0 && got.high == 0 && got.p_value == 1,
              "identical arms: no width, p = 1");
    static const double outliers[] = {-9, 0, 0, 0, 0, 0, 0, 8};
    got = rank(outliers, 8, 0.95);
    tap_check(got.estimate == 0 && got.low <= 0 && got.high >= 0, "zeros pull towards 0");
}

static void test_cdf(void)
{
    tap_near(stats_signed_rank_cdf(6, -1), 0, 0, "nothing below 0");
    tap_near(stats_signed_rank_cdf(6, 0.9), 1.0 / 64, 0, "the first step is at 0");
    tap_near(stats_signed_rank_cdf(6, 21), 1, 0, "everything up to n(n+1)/2");
    tap_near(stats_signed_rank_cdf(100000, 2500025000.0), 0.5, 1e-6, "no overflow, large n");
    /* On both sides of the border between exact and approximate the median is in the middle. */
    for (size_t n = STATS_SIGNED_RANK_EXACT - 1; n <= STATS_SIGNED_RANK_EXACT + 2; n++) {
        double middle = 0.25 * (double)n * (double)(n + 1);
        tap_near(stats_signed_rank_cdf(n, floor(middle)), 0.5, 0.0025, "half below middle, n %zu",
                 n);
    }
}

static void test_one_sided(void)
{
    static const double d[] = {-0.05, -0.04, -0.06, -0.045, -0.055, -0.07};
    tap_near(stats_signed_rank_one_sided(d, 6, 0.02), 1.0 / 64, 0, "all six lose more than 2 %%");
    tap_near(stats_signed_rank_one_sided(d, 6, 0.08), 1, 0, "all six lose less than 8 %%");
}

/* What must hold for any sample. `failed` counts violations by kind. */
enum property { SWAP, SCALE, SHIFT, ORDER, NESTED, DUALITY, ONE_SIDED, PROPERTIES };

static const char *const property_names[PROPERTIES] = {
    [SWAP] = "swapping the arms negates the estimate and mirrors the interval",
    [SCALE] = "scaling the differences scales estimate and interval",
    [SHIFT] = "shifting the differences shifts estimate and interval",
    [ORDER] = "the order of the pairs does not matter",
    [NESTED] = "a higher level never gives a narrower interval",
    [DUALITY] = "the interval leaves out 0 exactly when p says so",
    [ONE_SIDED] = "the one-sided p-value is consistent with the two-sided one",
};

static bool holds_affine(const struct signed_rank *base, const double *d, size_t n,
                         enum property property)
{
    double factor = property == SWAP ? -1 : property == SCALE ? 8 : 1;
    double offset = property == SHIFT ? 3 : 0;
    double changed[MOST];
    for (size_t i = 0; i < n; i++) {
        changed[i] = factor * d[i] + offset;
    }
    struct signed_rank got = rank(changed, n, base->confidence);
    double low = factor * (factor < 0 ? base->high : base->low) + offset;
    double high = factor * (factor < 0 ? base->low : base->high) + offset;
    /* Adding the offset rounds; the other changes are exact. */
    double slack = property == SHIFT ? 1e-12 : 0;
    bool p_kept = property == SHIFT || got.p_value == base->p_value;
    return p_kept && fabs(got.estimate - (factor * base->estimate + offset)) <= slack &&
           (got.low == low || fabs(got.low - low) <= slack) &&
           (got.high == high || fabs(got.high - high) <= slack);
}

static bool holds_order(const struct signed_rank *base, const double *d, size_t n, struct rng *rng)
{
    double shuffled[MOST];
    memcpy(shuffled, d, n * sizeof *d);
    for (size_t i = n; i > 1; i--) {
        size_t other = (size_t)rng_below(rng, i);
        double kept = shuffled[i - 1];
        shuffled[i - 1] = shuffled[other];
        shuffled[other] = kept;
    }
    struct signed_rank got = rank(shuffled, n, base->confidence);
    return got.estimate == base->estimate && got.low == base->low && got.high == base->high &&
           got.p_value == base->p_value;
}

static bool holds_nested(const double *d, size_t n)
{
    static const double levels[] = {0.5, 0.8, 0.9, 0.95, 0.965, 0.99, 0.999};
    struct signed_rank inner = rank(d, n, levels[0]);
    bool nested = true;
    for (size_t i = 1; i < sizeof levels / sizeof levels[0]; i++) {
        struct signed_rank outer = rank(d, n, levels[i]);
        nested = nested && outer.low <= inner.low && outer.high >= inner.high &&
                 outer.coverage >= levels[i] && outer.coverage >= inner.coverage &&
                 outer.low <= outer.estimate && outer.estimate <= outer.high;
        inner = outer;
    }
    return nested;
}

static bool holds(enum property property, const double *d, size_t n, struct rng *rng)
{
    struct signed_rank base = rank(d, n, 0.95);
    switch (property) {
    case SWAP:
    case SCALE:
    case SHIFT:
        return holds_affine(&base, d, n, property);
    case ORDER:
        return holds_order(&base, d, n, rng);
    case NESTED:
        return holds_nested(d, n);
    case DUALITY:
        return (base.low > 0 || base.high < 0) ==
               (base.bounded && base.p_value <= 1 - base.coverage + 1e-12);
    case ONE_SIDED: {
        double below = stats_signed_rank_one_sided(d, n, 0);
        double negated[MOST];
        for (size_t i = 0; i < n; i++) {
            negated[i] = -d[i];
        }
        double above = stats_signed_rank_one_sided(negated, n, 0);
        return close_to(base.p_value, fmin(1, 2 * fmin(below, above)));
    }
    case PROPERTIES:
        break;
    }
    return false;
}

static void test_properties(void)
{
    struct rng rng;
    rng_init(&rng, 2026);
    int failed[PROPERTIES] = {0};
    int bounded_away = 0;
    for (int round = 0; round < 150; round++) {
        size_t n = 1 + (size_t)rng_below(&rng, MOST);
        double d[MOST];
        for (size_t i = 0; i < n; i++) {
            d[i] = 0.3 + normal_draw(&rng);
        }
        struct signed_rank got = rank(d, n, 0.95);
        bounded_away += got.low > 0;
        for (int property = 0; property < PROPERTIES; property++) {
            failed[property] += !holds((enum property)property, d, n, &rng);
        }
    }
    for (int property = 0; property < PROPERTIES; property++) {
        tap_int(failed[property], 0, "150 samples: %s", property_names[property]);
    }
    tap_check(bounded_away > 25 && bounded_away < 125, "the samples try both outcomes (%d of 150)",
              bounded_away);
}

int main(void)
{
    test_by_hand();
    test_too_few();
    test_zeros();
    test_cdf();
    test_one_sided();
    test_properties();
    return tap_end();
}
