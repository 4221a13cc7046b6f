#include "stats/series.h"

#include "base/rng.h"
#include "support/normal.h"
#include "support/tap.h"

enum { MOST = 4000 };

/* Each value passes on a share of itself: correlation time (1 + share) / (1 - share). */
struct noise {
    double level, sd, share;
};

static void draw(double *x, size_t n, struct noise noise, struct rng *rng)
{
    double share = noise.share;
    double slow = normal_draw(rng);
    for (size_t i = 0; i < n; i++) {
        slow = share * slow + sqrt(1 - share * share) * normal_draw(rng);
        x[i] = noise.level + noise.sd * slow;
    }
}

static void test_correlation_time(void)
{
    static const double shares[] = {0, 0.5, 0.8};
    static double x[MOST];
    struct rng rng;
    rng_init(&rng, 1);
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        double wanted = (1 + shares[i]) / (1 - shares[i]);
        draw(x, MOST, (struct noise){0, 1, shares[i]}, &rng);
        tap_near(series_correlation_time(x, MOST), wanted, 0.25 * wanted,
                 "neighbours share %g: time %.3g", shares[i], wanted);
    }
    for (size_t i = 0; i < 100; i++) {
        x[i] = i % 2 == 0 ? 1 : -1;
    }
    tap_near(series_correlation_time(x, 100), 1, 0, "what alternates is given no credit");
    tap_check(isnan(series_correlation_time(x, 7)), "seven values tell nothing");
    static const double equal[10] = {0};
    tap_check(isnan(series_correlation_time(equal, 10)), "equal values tell nothing");
}

static void test_share(void)
{
    static const double shares[] = {0, 0.5, 0.8};
    static double x[MOST];
    struct rng rng;
    rng_init(&rng, 12);
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        draw(x, MOST, (struct noise){100, 1, shares[i]}, &rng);
        tap_near(series_share(x, MOST), shares[i], 0.05, "a share of %g", shares[i]);
    }
    draw(x, MOST, (struct noise){100, 1, 0}, &rng);
    for (size_t i = 0; i < MOST; i++) {
        x[i] += i < 1500 ? 0 : i < 2500 ? 20 : 5;
    }
    tap_near(series_share(x, MOST), 0, 0.08, "two changes of level are no share");
    static const double equal[10] = {0};
    tap_near(series_share(equal, 10), 0, 0, "equal values");
    tap_near(series_share(x, 3), 0, 0, "three values");
}

static void test_warmup(void)
{
    enum { N = 100 };
    double x[N];
    struct rng rng;
    rng_init(&rng, 2);
    draw(x, N, (struct noise){100, 1, 0}, &rng);
    tap_check(series_warmup(x, N) <= 10, "noise alone: little or nothing is left out");
    for (size_t i = 0; i < N; i++) {
        x[i] -= 30 * exp(-(double)i / 8);
    }
    size_t settled = series_warmup(x, N);
    tap_check(settled >= 15 && settled <= 45, "a climb of 30 %% with a time of 8: %zu", settled);
    for (size_t i = 0; i < N; i++) {
        x[i] = (double)i;
    }
    tap_int((int64_t)series_warmup(x, N), N / 2, "what climbs all along never settles");
    tap_int((int64_t)series_warmup(x, 19), 0, "too short to tell");
}

static void test_slices(void)
{
    static double x[MOST];
    struct rng rng;
    rng_init(&rng, 3);
    draw(x, MOST, (struct noise){100, 1, 0}, &rng);
    tap_near(series_alternation_noise(x, MOST, 1), sqrt(2), 0.08,
             "independent values: sd of the difference of two");
    tap_near(series_alternation_noise(x, MOST, 8), sqrt(2), 0.2, "and long slices are as good");
    tap_check(series_best_slice(x, MOST, 1) >= 16, "then changes of arms are worth saving");
    draw(x, MOST, (struct noise){100, 1, 0.95}, &rng);
    double fine = series_alternation_noise(x, MOST, 1);
    double coarse = series_alternation_noise(x, MOST, 40);
    tap_check(coarse > 4 * fine, "slow noise: slices longer than it cost (%.2f, %.2f)", fine,
              coarse);
    size_t best = series_best_slice(x, MOST, 1);
    tap_check(best >= 1 && best <= 4, "so they are short: %zu", best);
    tap_int((int64_t)series_best_slice(x, 15, 1), 0, "too short to tell");
}

/* One thing at a time goes wrong in sixty values that scatter by 1 %. */
static void test_anomalies(void)
{
    static const struct {
        const char *name;
        size_t start, end;
        double factor; /* within */
        double climb;  /* over the whole */
        size_t wanted;
        enum anomaly_kind kind;
        double size;
    } rows[] = {
        {"nothing", 0, 0, 1, 0, 0, ANOMALY_SPIKE, 0},
        {"a value 20 % low", 30, 31, 0.8, 0, 1, ANOMALY_SPIKE, -0.2},
        {"a value 20 % high", 59, 60, 1.2, 0, 1, ANOMALY_SPIKE, 0.2},
        {"the last third 10 % low", 40, 60, 0.9, 0, 1, ANOMALY_BREAK, -0.1},
        {"a climb of 8 %", 0, 0, 1, 0.08, 1, ANOMALY_TREND, 0.08},
        {"eight values 3.5 % low", 20, 28, 0.965, 0, 1, ANOMALY_SAG, -0.035},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double x[60];
        struct rng rng;
        rng_init(&rng, 60);
        draw(x, 60, (struct noise){1000, 10, 0}, &rng);
        for (size_t k = 0; k < 60; k++) {
            x[k] *= (k >= rows[i].start && k < rows[i].end ? rows[i].factor : 1) *
                    (1 + rows[i].climb * (double)k / 59);
        }
        struct anomaly found[SERIES_MOST_ANOMALIES];
        size_t count = series_anomalies(x, 60, found);
        bool seen = rows[i].wanted == 0 && count == 0;
        for (size_t k = 0; k < count; k++) {
            seen = seen ||
                   (found[k].kind == rows[i].kind && fabs(found[k].size - rows[i].size) < 0.02 &&
                    (rows[i].end == 0 ||
                     (found[k].start + 4 >= rows[i].start && found[k].start <= rows[i].end)));
            printf("# %s: kind %d from %zu to %zu, %+.3f\n", rows[i].name, (int)found[k].kind,
                   found[k].start, found[k].end, found[k].size);
        }
        tap_check(seen, "%s: found", rows[i].name);
    }
    static const double equal[8] = {5, 5, 5, 5, 5, 5, 5, 5};
    struct anomaly found[SERIES_MOST_ANOMALIES];
    tap_int((int64_t)series_anomalies(equal, 8, found), 0, "equal values: nothing stands out");
    static const double odd[8] = {5, 5, 5, 50, 5, 5, 5, 5};
    tap_int((int64_t)series_anomalies(odd, 7, found), 0, "seven values: nothing is said");
    tap_check(series_anomalies(odd, 8, found) >= 1 && found[0].kind == ANOMALY_SPIKE &&
                  found[0].start == 3,
              "one among equal values is a spike");
}

/* An hour of seconds: found in groups, told in seconds, and in no time. */
static void test_long_series(void)
{
    static double x[MOST];
    struct rng rng;
    rng_init(&rng, 8);
    draw(x, 3600, (struct noise){1000, 10, 0}, &rng);
    for (size_t i = 1800; i < 3600; i++) {
        x[i] *= 0.9;
    }
    struct anomaly found[SERIES_MOST_ANOMALIES];
    size_t count = series_anomalies(x, 3600, found);
    bool seen = false;
    for (size_t i = 0; i < count; i++) {
        seen = seen || (found[i].kind == ANOMALY_BREAK && found[i].start >= 1790 &&
                        found[i].start <= 1810 && found[i].end == 3600);
    }
    tap_check(seen, "a break in an hour of seconds");
}

int main(void)
{
    test_correlation_time();
    test_share();
    test_warmup();
    test_slices();
    test_anomalies();
    test_long_series();
    return tap_end();
}
