#include "stats/weighted.h"

#include "base/rng.h"
#include "support/normal.h"
#include "support/tap.h"

enum { BUCKETS = 400 };

/* Buckets of 1 % from 10 us on, as a histogram of so many draws; only those in use. */
struct sample {
    double values[BUCKETS];
    double counts[BUCKETS];
    struct weighted x;
};

static void draw(struct sample *sample, size_t n, double second, double ratio, struct rng *rng)
{
    double all[BUCKETS] = {0};
    for (size_t i = 0; i < n; i++) {
        double centre = rng_unit(rng) < second ? 0.5 + log(ratio) : 0.5;
        double at = (centre + 0.15 * normal_draw(rng)) * 100;
        all[(size_t)fmin(BUCKETS - 1, fmax(0, at))]++;
    }
    size_t used = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        if (all[i] > 0) {
            sample->values[used] = 10000 * exp((double)i / 100);
            sample->counts[used++] = all[i];
        }
    }
    sample->x = (struct weighted){sample->values, sample->counts, used};
}

static void test_two_hills(void)
{
    struct rng rng;
    rng_init(&rng, 5);
    struct sample sample;
    struct weighted_mode modes[WEIGHTED_MOST_MODES];
    draw(&sample, 20000, 0.25, 3, &rng);
    size_t count = weighted_modes(&sample.x, modes);
    tap_int((int64_t)count, 2, "two hills");
    tap_near(modes[0].share, 0.75, 0.02, "the first has three quarters");
    tap_near(modes[1].share, 0.25, 0.02, "the second the rest");
    tap_near(modes[1].at / modes[0].at, 3, 0.2, "three times as far");
    draw(&sample, 20000, 0.02, 3, &rng);
    tap_int((int64_t)weighted_modes(&sample.x, modes), 1, "two values in a hundred are no hill");
    draw(&sample, 20000, 0.5, 1.3, &rng);
    tap_int((int64_t)weighted_modes(&sample.x, modes), 1, "what overlaps is one");
}

/* One hill must not look like several, whatever the number of values. */
static void test_one_hill(void)
{
    static const size_t sizes[] = {50, 500, 5000, 50000};
    enum { SAMPLES = 200 };
    struct rng rng;
    rng_init(&rng, 6);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int several = 0;
        for (int sample_number = 0; sample_number < SAMPLES; sample_number++) {
            struct sample sample;
            struct weighted_mode modes[WEIGHTED_MOST_MODES];
            draw(&sample, sizes[i], 0, 1, &rng);
            several += weighted_modes(&sample.x, modes) > 1;
        }
        tap_check(several <= 2, "%zu values of one hill: %d of 200 look like several", sizes[i],
                  several);
    }
}

static void test_edges(void)
{
    static const double one[] = {5};
    static const double count[] = {7};
    struct weighted x = {one, count, 1};
    struct weighted_mode modes[WEIGHTED_MOST_MODES];
    tap_int((int64_t)weighted_modes(&x, modes), 1, "one bucket is one hill");
    tap_near(modes[0].at, 5, 0.2, "where the bucket is");
    tap_check(weighted_sd(&x) == 0 && weighted_mad(&x) == 0, "and has no spread");
    static const double single[] = {1};
    struct weighted alone = {one, single, 1};
    tap_check(isnan(weighted_sd(&alone)), "one value has no standard deviation");
    tap_near(weighted_quantile(&x, 0), 5, 0, "quantile 0");
    tap_near(weighted_quantile(&x, 1), 5, 0, "quantile 1");
}

/* Few values far apart: the smoothing ends at a distance, which makes steps on the way up. */
static void test_few_values(void)
{
    static const double values[] = {141.12747043001264, 142.05428442531965, 143.93804740459393,
                                    242.85845909690701, 246.16898912370053, 314.07142448599734};
    static const double counts[] = {1, 1486, 1636, 1, 1, 1714};
    struct weighted x = {values, counts, sizeof values / sizeof values[0]};
    struct weighted_mode modes[WEIGHTED_MOST_MODES];
    size_t count = weighted_modes(&x, modes);
    tap_check(count >= 2, "few values: more than one hill");
    tap_near(modes[count - 1].at, 314, 3, "few values: the last hill");
    tap_near(modes[count - 1].share, 1714.0 / 4839, 0.01, "few values: its share");
}

int main(void)
{
    test_two_hills();
    test_one_hill();
    test_few_values();
    test_edges();
    return tap_end();
}
