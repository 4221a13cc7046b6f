/* A comparison of arms of several hosts, by hosts and, to see why not, by pairs. */
#include <math.h>
#include <stddef.h>

#include "analysis/enough.h"
#include "sim/check.h"
#include "sim/noise.h"
#include "sim/parts.h"
#include "stats/crossed.h"
#include "stats/rank.h"

enum { MOST_HOSTS = 16 };

struct host_design {
    uint32_t from, to; /* hosts of the baseline and of the arm */
    size_t pairs;
    double host_sd;   /* of a host, logarithmic scale */
    double pair_sd;   /* of a pair, between two hosts */
    enum noise noise; /* the shape of both */
};

/* The turns of run/turns.h, but for the shuffling of hosts, which are all alike here. */
static uint32_t turn_of(const struct host_design *design, uint32_t pair)
{
    uint32_t together = design->from;
    while (together % design->to != 0) {
        together += design->from;
    }
    return (pair + pair / together) % design->to;
}

static void draw(const struct host_design *design, struct crossed_pairs *pairs, double *d,
                 uint32_t *hosts, struct rng *rng)
{
    double from[MOST_HOSTS];
    double to[MOST_HOSTS];
    for (size_t i = 0; i < MOST_HOSTS; i++) {
        from[i] = design->host_sd * noise_value(design->noise, rng);
        to[i] = design->host_sd * noise_value(design->noise, rng);
    }
    for (uint32_t i = 0; i < design->pairs; i++) {
        hosts[i] = i % design->from;
        hosts[NOISE_MOST_PAIRS + i] = turn_of(design, i);
        d[i] = to[hosts[NOISE_MOST_PAIRS + i]] - from[hosts[i]] +
               design->pair_sd * noise_value(design->noise, rng);
    }
    *pairs = (struct crossed_pairs){d, hosts, hosts + NOISE_MOST_PAIRS, design->pairs};
}

static void check_design(const struct host_design *design, double least)
{
    enum { SAMPLES = 10000 };
    struct rng rng;
    unsigned by_hosts = 0;
    unsigned by_pairs = 0;
    rng_init(&rng, rng_derive(design->pairs * 100 + design->from * 10 + design->to,
                              (uint64_t)(design->host_sd * 1000) + 100 * design->noise));
    for (unsigned i = 0; i < SAMPLES; i++) {
        double d[NOISE_MOST_PAIRS];
        uint32_t hosts[2 * NOISE_MOST_PAIRS];
        struct crossed_pairs pairs;
        struct crossed crossed;
        struct signed_rank rank;
        draw(design, &pairs, d, hosts, &rng);
        stats_crossed(&pairs, 0.95, &crossed);
        stats_signed_rank(d, design->pairs, 0.95, &rank);
        by_hosts += crossed.low <= 0 && crossed.high >= 0;
        by_pairs += rank.low <= 0 && rank.high >= 0;
    }
    const char *noise = noise_name(design->noise);
    check_between((double)by_hosts / SAMPLES, least, 1,
                  "%s, %u and %u hosts, %zu pairs, hosts %g %%: coverage", noise, design->from,
                  design->to, design->pairs, design->host_sd * 100);
    check_show((double)by_pairs / SAMPLES,
               "%s, %u and %u hosts, %zu pairs, hosts %g %%: by pairs it would be", noise,
               design->from, design->to, design->pairs, design->host_sd * 100);
}

/* Draws a comparison of hosts of which those of the arm are `effect` above those of the baseline.
 */
static void compare(const struct host_design *design, double effect, double level, struct rng *rng,
                    struct crossed *out)
{
    double d[NOISE_MOST_PAIRS];
    uint32_t hosts[2 * NOISE_MOST_PAIRS];
    struct crossed_pairs pairs;
    draw(design, &pairs, d, hosts, rng);
    for (size_t i = 0; i < pairs.n; i++) {
        d[i] += effect;
    }
    stats_crossed(&pairs, level, out);
}

struct seen {
    double square; /* of the standard errors, on average */
    double share;  /* of comparisons whose interval lies above 0 */
};

static struct seen look_for(const struct host_design *design, double effect)
{
    enum { SAMPLES = 20000 };
    struct rng rng;
    struct seen seen = {0};
    rng_init(&rng, rng_derive(design->pairs * 100 + design->from * 10 + design->to,
                              7 + (uint64_t)(design->pair_sd * 1000)));
    for (unsigned i = 0; i < SAMPLES; i++) {
        struct crossed crossed;
        compare(design, effect, 0.95, &rng, &crossed);
        seen.square += crossed.error * crossed.error / SAMPLES;
        seen.share += (crossed.low > 0 ? 1.0 : 0.0) / SAMPLES;
    }
    return seen;
}

/* Is a difference that is said to be seen in 9 of 10 comparisons seen as often? */
static void check_detectable(const struct host_design *design)
{
    struct crossed usual = {.from = design->from, .to = design->to};
    usual.error = sqrt(look_for(design, 0).square);
    double effect = stats_crossed_detectable(&usual, 0.95);
    check_between(look_for(design, effect).share, 0.93, 1,
                  "%u and %u hosts, a pair scatters by %g %%: seen (%.1f %% difference)",
                  design->from, design->to, design->pair_sd * 100, expm1(effect) * 100);
}

static void check_all_detectable(void)
{
    static const struct {
        uint32_t from, to;
    } sizes[] = {{2, 2}, {2, 4}, {3, 3}, {3, 6}, {3, 10}, {4, 4}, {6, 6}, {10, 10}};
    check_title("Hosts that scatter by 2 %%, the smallest difference that is said to be seen");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int noisy = 0; noisy < 2; noisy++) {
            struct host_design design = {sizes[i].from, sizes[i].to,      30,
                                         0.02,          noisy ? 0.02 : 0, NOISE_NORMAL};
            check_detectable(&design);
        }
    }
}

/* Twelve percentiles that share the risk of a band out among them: each is to hold as often as that
 * takes. */
static void check_band(const struct host_design *design)
{
    enum { SAMPLES = 20000, POINTS = 12 };
    struct rng rng;
    unsigned held = 0;
    double level = 1 - 0.05 / POINTS;
    rng_init(&rng,
             rng_derive(design->pairs * 100 + design->from * 10 + design->to, 13 + design->noise));
    for (unsigned i = 0; i < SAMPLES; i++) {
        struct crossed crossed;
        compare(design, 0, level, &rng, &crossed);
        held += crossed.low <= 0 && crossed.high >= 0;
    }
    check_between((double)held / SAMPLES, level - 0.001, 1,
                  "%s, %u and %u hosts, %zu pairs: one percentile of the band",
                  noise_name(design->noise), design->from, design->to, design->pairs);
}

static void check_all_bands(void)
{
    static const uint32_t sizes[][2] = {{2, 2}, {3, 3}, {3, 6}, {6, 6}};
    static const enum noise shapes[] = {NOISE_NORMAL, NOISE_T3, NOISE_CONTAMINATED};
    check_title(
        "Hosts that scatter by 2 %%, the shift function's band (each of twelve percentiles)");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t j = 0; j < sizeof shapes / sizeof shapes[0]; j++) {
            struct host_design design = {sizes[i][0], sizes[i][1], 12, 0.02, 0.02, shapes[j]};
            check_band(&design);
        }
    }
}

/* As an adaptive comparison does (analysis/enough.h). Returns the pairs it makes. */
static size_t add_pairs(const struct host_design *design, struct crossed_pairs *pairs,
                        double margin, struct crossed *out)
{
    static const double level = 0.965; /* pairs_confidence */
    for (pairs->n = ENOUGH_FIRST;; pairs->n += ENOUGH_STEP) {
        stats_crossed(pairs, level, out);
        if ((out->high - out->low) / 2 <= margin / 2 || pairs->n >= design->pairs) {
            return pairs->n;
        }
    }
}

/* The share of comparisons whose interval holds the truth where pairs are added until it is narrow;
 * `early`: the share of those that end before the most pairs. */
static double coverage_of_looks(const struct host_design *design, double margin, double *early)
{
    enum { SAMPLES = 10000 };
    struct rng rng;
    unsigned covered = 0;
    unsigned ended = 0;
    rng_init(&rng, rng_derive(design->from * 10 + design->to, (uint64_t)(design->host_sd * 1000) +
                                                                  100 * design->noise +
                                                                  (uint64_t)(margin * 1e6)));
    for (unsigned i = 0; i < SAMPLES; i++) {
        double d[NOISE_MOST_PAIRS];
        uint32_t hosts[2 * NOISE_MOST_PAIRS];
        struct crossed_pairs pairs;
        struct crossed crossed;
        draw(design, &pairs, d, hosts, &rng);
        ended += add_pairs(design, &pairs, margin, &crossed) < design->pairs;
        covered += crossed.low <= 0 && crossed.high >= 0;
    }
    *early = (double)ended / SAMPLES;
    return (double)covered / SAMPLES;
}

/* From three hosts of each arm on pairs are added (analysis/enough.h); with two, why not. */
static void check_looks(const struct host_design *design, double margin)
{
    double early;
    double coverage = coverage_of_looks(design, margin, &early);
    if (design->from < 3) {
        check_show(coverage,
                   "%s, %u and %u hosts, hosts %g %%, margin %g %%: it would be (%.0f %% early)",
                   noise_name(design->noise), design->from, design->to, design->host_sd * 100,
                   margin * 100, early * 100);
        return;
    }
    check_between(coverage, 0.945, 1,
                  "%s, %u and %u hosts, hosts %g %%, margin %g %%: coverage (%.0f %% early)",
                  noise_name(design->noise), design->from, design->to, design->host_sd * 100,
                  margin * 100, early * 100);
}

static void check_all_looks(void)
{
    static const uint32_t sizes[][2] = {{2, 2}, {3, 3}, {3, 10}, {6, 6}};
    static const double hosts[] = {0, 0.005, 0.01, 0.05};
    static const double margins[] = {0.015, 0.03, 0.1};
    static const enum noise shapes[] = {NOISE_NORMAL, NOISE_T3};
    check_title("No effect, several hosts, pairs added until the interval is narrow (10 to 40)");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t k = 0; k < sizeof hosts / sizeof hosts[0]; k++) {
            for (size_t m = 0; m < sizeof margins / sizeof margins[0]; m++) {
                for (size_t j = 0; j < sizeof shapes / sizeof shapes[0]; j++) {
                    struct host_design design = {sizes[i][0], sizes[i][1], ENOUGH_MOST,
                                                 hosts[k],    0.02,        shapes[j]};
                    check_looks(&design, margins[m]);
                }
            }
        }
    }
}

void part_hosts(void)
{
    static const struct {
        uint32_t from, to;
        size_t pairs;
    } sizes[] = {{2, 2, 6},  {2, 2, 12}, {3, 3, 6},  {3, 3, 12}, {3, 3, 30},
                 {6, 6, 12}, {2, 3, 6},  {2, 4, 12}, {3, 5, 12}, {2, 16, 16}};
    static const double hosts[] = {0, 0.02, 0.05};
    static const enum noise shapes[] = {NOISE_NORMAL, NOISE_T3, NOISE_CONTAMINATED};
    check_title("No effect, several hosts; a pair scatters by 2 %%");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t k = 0; k < sizeof hosts / sizeof hosts[0]; k++) {
            for (size_t j = 0; j < sizeof shapes / sizeof shapes[0]; j++) {
                struct host_design design = {sizes[i].from, sizes[i].to, sizes[i].pairs,
                                             hosts[k],      0.02,        shapes[j]};
                check_design(&design, 0.945);
            }
        }
    }
    check_title("The same with one pair for each host, where both sums are of the same pairs");
    for (uint32_t count = 3; count <= 12; count *= 2) {
        struct host_design design = {count, count, count, 0.05, 0.02, NOISE_NORMAL};
        check_design(&design, 0.93);
    }
    check_all_detectable();
    check_all_bands();
    check_all_looks();
}
