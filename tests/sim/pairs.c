/* A comparison of one metric: fixed numbers of pairs, and pairs that are added. */
#include <math.h>
#include <stddef.h>

#include "analysis/compare.h"
#include "analysis/enough.h"
#include "sim/check.h"
#include "sim/noise.h"
#include "sim/parts.h"
#include "stats/equivalence.h"
#include "stats/position.h"
#include "stats/power.h"
#include "stats/rank.h"

#include "sim/tables.inc"

enum { VERDICTS = VERDICT_INVALID };

static const double margin = 0.02;

/* How often each thing happened. */
struct tally {
    unsigned samples;
    unsigned covered;
    unsigned verdicts[VERDICTS];
    double pairs; /* their sum */
};

static double share(unsigned count, const struct tally *tally)
{
    return (double)count / (double)tally->samples;
}

/* As analysis_compare does it: position out, interval, verdict. */
static void judge(const struct campaign_noise *campaign, size_t n, double confidence,
                  struct signed_rank *rank)
{
    double d[NOISE_MOST_PAIRS];
    stats_position_remove(campaign->d, campaign->first, n, d);
    stats_signed_rank(d, n, confidence, rank);
}

static void count(struct tally *tally, const struct signed_rank *rank, double effect)
{
    double change = stats_ratio_change(margin); /* the margin as a fraction */
    tally->samples++;
    tally->covered += rank->low <= effect && rank->high >= effect;
    tally->verdicts[analysis_judge(METRIC_OPS, exp(rank->low), exp(rank->high), change)]++;
    tally->pairs += (double)rank->n;
}

static struct tally fixed(const struct noise_design *design, unsigned samples, uint64_t seed)
{
    struct rng rng;
    struct tally tally = {0};
    rng_init(&rng, seed);
    for (unsigned i = 0; i < samples; i++) {
        struct campaign_noise campaign;
        struct signed_rank rank;
        noise_draw(&campaign, design, &rng);
        judge(&campaign, design->pairs, 0.95, &rank);
        count(&tally, &rank, design->effect);
    }
    return tally;
}

/* The rule of analysis/enough.h, from `first` pairs on. */
static struct tally added(const struct noise_design *design, size_t first, unsigned samples,
                          uint64_t seed)
{
    static const double level = 0.965;
    struct rng rng;
    struct tally tally = {0};
    rng_init(&rng, seed);
    for (unsigned i = 0; i < samples; i++) {
        struct campaign_noise campaign;
        struct signed_rank rank;
        noise_draw(&campaign, design, &rng);
        for (size_t n = first;; n += ENOUGH_STEP) {
            judge(&campaign, n, level, &rank);
            if (n >= design->pairs || (rank.high - rank.low) / 2 <= margin / 2) {
                break;
            }
        }
        count(&tally, &rank, design->effect);
    }
    return tally;
}

static unsigned material(const struct tally *tally)
{
    return tally->verdicts[VERDICT_BETTER] + tally->verdicts[VERDICT_WORSE];
}

/* Two pairs of one quad mirror each other, so that with noise that is slow they resemble each other
 * a little; over 30 pairs that makes 5.6 % of false positives. */
static double most_false_positives(enum noise noise, size_t n, double level)
{
    if (n < STATS_POSITION_LEAST) {
        return level + 0.005;
    }
    return noise == NOISE_SLOW && n > 20 ? 0.06 : 0.055;
}

/* Up to 15 pairs the position effect cannot be removed, and makes intervals wide: only the upper
 * bound holds for it there. */
static void check_errors(enum noise noise, size_t n)
{
    enum { SAMPLES = 20000 };
    struct noise_design design = {noise, n, 0, margin};
    struct tally tally = fixed(&design, SAMPLES, rng_derive(n, noise));
    double level = 2 * stats_signed_rank_cdf(n, (double)stats_signed_rank_depth(n, 0.95) - 1);
    double low = n >= STATS_POSITION_LEAST ? 0.045 : 0;
    double high = most_false_positives(noise, n, level);
    const char *name = noise_name(noise);
    check_between(1 - share(tally.covered, &tally), low, high, "%s, %zu pairs: false positives",
                  name, n);
    check_between(share(tally.covered, &tally), 1 - fmax(high, 0.055), 1, "%s, %zu pairs: coverage",
                  name, n);
    check_between(share(material(&tally), &tally), 0, 0.001,
                  "%s, %zu pairs: material verdicts without an effect", name, n);
}

/* Arms that differ by just the margin are not to be called equivalent. */
static void check_border(enum noise noise, size_t n)
{
    enum { SAMPLES = 20000 };
    struct noise_design design = {noise, n, margin, margin / 2};
    struct tally tally = fixed(&design, SAMPLES, rng_derive(n, 100 + noise));
    check_between(share(tally.verdicts[VERDICT_EQUIVALENT], &tally), 0, 0.03,
                  "%s, %zu pairs: equivalent at the margin", noise_name(noise), n);
    check_between(share(material(&tally), &tally), 0, 0.03, "%s, %zu pairs: better at the margin",
                  noise_name(noise), n);
}

void part_false_positives(void)
{
    static const size_t sizes[] = {6, 10, 20, 30};
    check_title("No effect, fixed numbers of pairs; a pair scatters by the margin");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int noise = 0; noise < NOISE_COUNT; noise++) {
            check_errors((enum noise)noise, sizes[i]);
        }
    }
    check_title("An effect of just the margin; a pair scatters by half of it");
    for (int noise = 0; noise < NOISE_COUNT; noise++) {
        check_border((enum noise)noise, 10);
        check_border((enum noise)noise, 20);
    }
}

static void check_stopping(enum noise noise, double scatter, size_t first, size_t most)
{
    enum { SAMPLES = 8000 };
    struct noise_design design = {noise, most, 0, scatter * margin};
    struct tally tally =
        added(&design, first, SAMPLES, rng_derive((uint64_t)(scatter * 1000), noise));
    const char *name = noise_name(noise);
    check_between(share(tally.covered, &tally), 0.945, 1, "%s, scatter %.2f margins: coverage",
                  name, scatter);
    check_between(share(material(&tally), &tally), 0, 0.001,
                  "%s, scatter %.2f margins: material verdicts", name, scatter);
    check_show(share(tally.verdicts[VERDICT_EQUIVALENT], &tally),
               "%s, scatter %.2f margins: equivalent, after %.1f pairs", name, scatter,
               tally.pairs / tally.samples);
    check_show(share(tally.verdicts[VERDICT_INCONCLUSIVE], &tally),
               "%s, scatter %.2f margins: inconclusive", name, scatter);
}

static void check_stopping_table(void)
{
    enum { SAMPLES = 8000 };
    check_title("Pairs are added, an effect: the stored table (normal noise, scatter 1 margin)");
    for (size_t i = 0; i < sizeof stopping_table / sizeof stopping_table[0]; i++) {
        const struct stopping_row *row = &stopping_table[i];
        struct noise_design design = {NOISE_NORMAL, ENOUGH_MOST, row->effect * margin, margin};
        struct tally tally = added(&design, ENOUGH_FIRST, SAMPLES, 77);
        check_between(share(tally.verdicts[VERDICT_WORSE], &tally), row->worse - 0.02,
                      row->worse + 0.02, "effect %+.2f margins: worse", row->effect);
        check_between(share(tally.verdicts[VERDICT_SMALL_DIFFERENCE], &tally), row->small - 0.02,
                      row->small + 0.02, "effect %+.2f margins: small difference", row->effect);
        check_between(share(tally.verdicts[VERDICT_EQUIVALENT], &tally), row->equivalent - 0.02,
                      row->equivalent + 0.02, "effect %+.2f margins: equivalent", row->effect);
    }
}

void part_stopping(void)
{
    static const double scatters[] = {0.5, 0.7, 1, 1.4};
    check_title("No effect, pairs are added until the interval is narrow: %d to %d, by %d",
                ENOUGH_FIRST, ENOUGH_MOST, ENOUGH_STEP);
    for (int noise = 0; noise < NOISE_COUNT; noise++) {
        for (size_t i = 0; i < sizeof scatters / sizeof scatters[0]; i++) {
            check_stopping((enum noise)noise, scatters[i], ENOUGH_FIRST, ENOUGH_MOST);
        }
    }
    check_title("The same from the first pairs that have an interval, and longer: 6 to %d",
                NOISE_MOST_PAIRS);
    for (int noise = 0; noise < NOISE_COUNT; noise++) {
        for (size_t i = 0; i < sizeof scatters / sizeof scatters[0]; i++) {
            check_stopping((enum noise)noise, scatters[i], 6, NOISE_MOST_PAIRS);
        }
    }
    check_stopping_table();
}

/* How often the interval lies wholly above 0. */
static double simulated_power(size_t n, double shift, uint64_t seed)
{
    enum { SAMPLES = 20000 };
    struct rng rng;
    rng_init(&rng, seed);
    unsigned above = 0;
    for (unsigned i = 0; i < SAMPLES; i++) {
        double d[NOISE_MOST_PAIRS];
        struct signed_rank rank;
        for (size_t k = 0; k < n; k++) {
            d[k] = shift + noise_value(NOISE_NORMAL, &rng);
        }
        stats_signed_rank(d, n, 0.95, &rank);
        above += rank.low > 0;
    }
    return (double)above / SAMPLES;
}

void part_power(void)
{
    check_title("Power: the stored table of R, and what stats_power() says");
    for (size_t i = 0; i < sizeof power_table / sizeof power_table[0]; i++) {
        const struct power_row *row = &power_table[i];
        double power = simulated_power(row->n, row->shift, i);
        check_between(power, row->power - 0.02, row->power + 0.02, "%zu pairs, %.2f sd: stored",
                      row->n, row->shift);
        double said = stats_power(row->n, row->shift, 0.95);
        check_between(power, said - 0.015, said + 0.015, "%zu pairs, %.2f sd: as computed", row->n,
                      row->shift);
    }
}
