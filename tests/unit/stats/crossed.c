#include "stats/crossed.h"

#include "support/tap.h"

enum { MOST = 16 };

/* Every host against every other one, without noise: what is left is Welch's test on the hosts. */
static void test_against_welch(void)
{
    static const struct {
        const char *name;
        double from[MOST];
        double to[MOST];
        size_t from_count, to_count;
        double estimate, error, freedom, low, high, p_value, above; /* scipy 1.10, ttest_ind */
        size_t needed;
    } rows[] = {
        {"three and three",
         {0.00, 0.03, -0.02},
         {0.05, 0.01, 0.06},
         3,
         3,
         0.03666666666666667,
         0.021081851067789197,
         3.9900249376558614,
         -0.021923690963471562,
         0.0952570242968049,
         0.15715417181400484,
         0.1373678191900074,
         53},
        {"two and four: at most two degrees of freedom",
         {0.1, 0.2},
         {0.15, 0.30, 0.02, 0.11},
         2,
         4,
         -0.005,
         0.0768656837173347,
         2,
         -0.3357263438828868,
         0.3257263438828867,
         0.9540523199355228,
         0.5683467649330722,
         456},
        {"five and four",
         {0.01, 0.02, 0.04, -0.03, 0.0},
         {0.5, 0.45, 0.52, 0.47},
         5,
         4,
         0.477,
         0.019382122346808844,
         5.890881347127829,
         0.4293598899739929,
         0.5246401100260071,
         3.641713742384449e-07,
         2.0607009030157668e-07,
         59},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double d[MOST * MOST];
        uint32_t from[MOST * MOST];
        uint32_t to[MOST * MOST];
        struct crossed_pairs pairs = {d, from, to, 0};
        for (uint32_t k = 0; k < rows[i].from_count; k++) {
            for (uint32_t j = 0; j < rows[i].to_count; j++) {
                d[pairs.n] = rows[i].to[j] - rows[i].from[k];
                from[pairs.n] = 3 * k; /* numbers may have gaps */
                to[pairs.n++] = CROSSED_MOST - 1 - j;
            }
        }
        struct crossed got;
        const char *name = rows[i].name;
        stats_crossed(&pairs, 0.95, &got);
        tap_int((int64_t)got.from, (int64_t)rows[i].from_count, "%s: hosts of the one", name);
        tap_int((int64_t)got.to, (int64_t)rows[i].to_count, "%s: of the other", name);
        tap_near(got.estimate, rows[i].estimate, 1e-12, "%s: estimate", name);
        tap_near(got.error, rows[i].error, 1e-12, "%s: error", name);
        tap_near(got.freedom, rows[i].freedom, 1e-9, "%s: freedom", name);
        tap_near(got.low, rows[i].low, 1e-9, "%s: low", name);
        tap_near(got.high, rows[i].high, 1e-9, "%s: high", name);
        tap_near(got.p_value, rows[i].p_value, 1e-9, "%s: p", name);
        tap_near(stats_crossed_above(&got, 0.01), rows[i].above, 1e-9, "%s: p of a bound", name);
        tap_int((int64_t)stats_crossed_needed(&got, 0.02, 0.95), (int64_t)rows[i].needed,
                "%s: hosts needed", name);
    }
}

/* Student's quantiles, by R: qt(.975, f) + qt(.9, f), f that of the fewer hosts. */
static void test_detectable(void)
{
    static const struct {
        size_t from, to;
        double errors;
    } rows[] = {
        {2, 2, 12.706204736174707 + 3.077683537175253},
        {2, 9, 12.706204736174707 + 3.077683537175253},
        {4, 3, 4.302652729749464 + 1.885618083164127},
        {4, 4, 3.182446305284263 + 1.637744353696210},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct crossed crossed = {.from = rows[i].from, .to = rows[i].to, .error = 0.01};
        tap_near(stats_crossed_detectable(&crossed, 0.95), 0.01 * rows[i].errors, 1e-12,
                 "%zu and %zu hosts would see", rows[i].from, rows[i].to);
    }
    struct crossed wider = {.from = 3, .to = 3, .error = 0.01};
    tap_check(stats_crossed_detectable(&wider, 0.99) > stats_crossed_detectable(&wider, 0.95),
              "more to be surer");
}

/* A host with many pairs counts as much as one with few. */
static void test_weights(void)
{
    static const double d[] = {0.1, 0.3, 0.2, 0.5, 0.0};
    static const uint32_t from[] = {0, 0, 0, 0, 1}; /* 0.275, 0 */
    static const uint32_t to[] = {0, 0, 1, 1, 1};   /* 0.2, 0.7/3 */
    struct crossed got;
    stats_crossed(&(struct crossed_pairs){d, from, to, 5}, 0.9, &got);
    tap_near(got.estimate, (0.275 / 2 + (0.2 + 0.7 / 3) / 2) / 2, 1e-15, "the mean of hosts");
}

static void test_too_few(void)
{
    static const double d[] = {0.1, 0.2, 0.3};
    static const uint32_t one[] = {5, 5, 5};
    static const uint32_t three[] = {0, 1, 2};
    struct crossed got;
    for (int turned = 0; turned < 2; turned++) {
        struct crossed_pairs pairs = {d, turned ? three : one, turned ? one : three, 3};
        stats_crossed(&pairs, 0.95, &got);
        tap_near(got.estimate, 0.2, 1e-15, "one host %d: an estimate", turned);
        tap_check(isinf(got.low) && isinf(got.high) && got.low < got.high, "no bounds");
        tap_near(got.p_value, 1, 0, "no evidence");
        tap_near(stats_crossed_above(&got, -1), 1, 0, "of nothing");
        tap_int((int64_t)stats_crossed_needed(&got, 0.02, 0.95), 2, "two are needed");
        tap_check(isinf(stats_crossed_detectable(&got, 0.95)), "nothing would be seen");
    }
}

static void test_alike(void)
{
    static const double d[] = {0.25, 0.25, 0.25, 0.25};
    static const double none[] = {0, 0, 0, 0};
    static const uint32_t from[] = {0, 0, 1, 1};
    static const uint32_t to[] = {0, 1, 0, 1};
    struct crossed got;
    stats_crossed(&(struct crossed_pairs){d, from, to, 4}, 0.95, &got);
    tap_check(got.low >= 0.25 && got.high <= 0.25, "hosts that are alike: a point");
    tap_near(got.p_value, 0, 0, "for certain");
    tap_near(stats_crossed_above(&got, 0.2), 0, 0, "above what is below");
    tap_near(stats_crossed_above(&got, 0.25), 1, 0, "not above itself");
    tap_int((int64_t)stats_crossed_needed(&got, 0.02, 0.95), 2, "enough");
    stats_crossed(&(struct crossed_pairs){none, from, to, 4}, 0.95, &got);
    tap_near(got.p_value, 1, 0, "no difference at all");
}

int main(void)
{
    test_against_welch();
    test_detectable();
    test_weights();
    test_too_few();
    test_alike();
    return tap_end();
}
