/* Series in the order of time. */
#include <math.h>
#include <stddef.h>

#include "sim/check.h"
#include "sim/noise.h"
#include "sim/parts.h"
#include "stats/change.h"
#include "stats/series.h"
#include "support/normal.h"

enum { LENGTH = 100, WINDOWS = 60 };

enum shape { SHAPE_NORMAL, SHAPE_T3, SHAPE_OUTLIERS, SHAPE_SHARED };

/* Values about 100 that scatter by 2 %. */
struct series {
    const char *name;
    enum shape shape;
    double share; /* SHAPE_SHARED: that a value passes on to the next */
};

static void draw(double *x, size_t n, const struct series *series, struct rng *rng)
{
    double slow = normal_draw(rng);
    for (size_t i = 0; i < n; i++) {
        double value = noise_value(series->shape == SHAPE_T3 ? NOISE_T3 : NOISE_NORMAL, rng);
        if (series->shape == SHAPE_OUTLIERS && rng_below(rng, 100) < 3) {
            value += rng_below(rng, 2) == 0 ? 6 : -6;
        }
        slow = series->share * slow + sqrt(1 - series->share * series->share) * value;
        x[i] = 100 * exp(0.02 * (series->shape == SHAPE_SHARED ? slow : value));
    }
}

static bool hits(const struct change_point *found, size_t count, size_t at)
{
    for (size_t i = 0; i < count; i++) {
        if (found[i].at + 3 >= at && found[i].at <= at + 3) {
            return true;
        }
    }
    return false;
}

static void check_changes(const struct series *series, uint64_t seed)
{
    enum { SAMPLES = 3000, STEPS = 300, AT = 70, MOST = 8 };
    struct rng rng;
    rng_init(&rng, seed);
    unsigned alarms = 0;
    unsigned found = 0;
    for (unsigned sample = 0; sample < SAMPLES; sample++) {
        double x[LENGTH];
        struct change_point points[MOST];
        struct change_options options = {5, 0.01, 499, sample};
        draw(x, LENGTH, series, &rng);
        alarms += change_points(x, LENGTH, &options, points, MOST) > 0;
        for (size_t i = AT; i < LENGTH; i++) {
            x[i] *= 0.95;
        }
        found +=
            sample < STEPS && hits(points, change_points(x, LENGTH, &options, points, MOST), AT);
    }
    check_between((double)alarms / SAMPLES, 0, 0.02, "%s: false changes per 100 values",
                  series->name);
    check_between((double)found / STEPS, series->share > 0 ? 0.75 : 0.95, 1,
                  "%s: a step of 5 %% is found within 3 values", series->name);
}

static void check_anomalies(const struct series *series, uint64_t seed)
{
    enum { SAMPLES = 3000, KINDS = ANOMALY_TREND + 1 };
    static const char *const names[KINDS] = {"spike", "sag", "break", "trend"};
    struct rng rng;
    rng_init(&rng, seed);
    unsigned seen[KINDS] = {0};
    for (unsigned sample = 0; sample < SAMPLES; sample++) {
        double x[WINDOWS];
        struct anomaly found[SERIES_MOST_ANOMALIES];
        bool any[KINDS] = {false};
        draw(x, WINDOWS, series, &rng);
        size_t count = series_anomalies(x, WINDOWS, found);
        for (size_t i = 0; i < count; i++) {
            any[found[i].kind] = true;
        }
        for (size_t kind = 0; kind < KINDS; kind++) {
            seen[kind] += any[kind];
        }
    }
    bool wild = series->shape == SHAPE_T3 || series->shape == SHAPE_OUTLIERS;
    for (size_t kind = 0; kind < KINDS; kind++) {
        double rate = (double)seen[kind] / SAMPLES;
        if (wild && kind <= ANOMALY_SAG) { /* wild values are there, and are named */
            check_show(rate, "%s: a run of %d windows has a %s", series->name, WINDOWS,
                       names[kind]);
        } else {
            check_between(rate, 0, 0.02, "%s: a run of %d windows has a %s", series->name, WINDOWS,
                          names[kind]);
        }
    }
}

void part_series(void)
{
    static const struct series all[] = {
        {"normal", SHAPE_NORMAL, 0},
        {"t3", SHAPE_T3, 0},
        {"3 % outliers", SHAPE_OUTLIERS, 0},
        {"neighbours share 0.3", SHAPE_SHARED, 0.3},
        {"neighbours share 0.5", SHAPE_SHARED, 0.5},
    };
    check_title("Series without a change, and with one");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        check_changes(&all[i], 1000 + i);
        check_anomalies(&all[i], 2000 + i);
    }
}
