/* Many cells, whole distributions. */
#include <math.h>
#include <stddef.h>

#include "sim/check.h"
#include "sim/noise.h"
#include "sim/parts.h"
#include "stats/adjust.h"
#include "stats/quantile.h"
#include "stats/rank.h"

enum { CELLS = 12, SESSIONS = 4000 };

/* Log-ratios of the blocks of a session: half of the variance is that of the launch. */
static void draw_session(double *d, size_t blocks, enum noise noise, const double *effects,
                         struct rng *rng)
{
    for (size_t i = 0; i < blocks; i++) {
        double launch = noise_value(noise, rng);
        for (size_t k = 0; k < CELLS; k++) {
            d[i * CELLS + k] =
                effects[k] + sqrt(0.5) * launch + sqrt(0.5) * noise_value(noise, rng);
        }
    }
}

/* The p-value of "not worse", cell by cell. */
static void p_values(const double *d, size_t blocks, double p[CELLS])
{
    double column[NOISE_MOST_PAIRS];
    for (size_t k = 0; k < CELLS; k++) {
        for (size_t i = 0; i < blocks; i++) {
            column[i] = d[i * CELLS + k];
        }
        p[k] = stats_signed_rank_one_sided(column, blocks, 0);
    }
}

static void check_families(enum noise noise, size_t blocks)
{
    static const double none[CELLS] = {0};
    static const double some[CELLS] = {-1.5, -1.5, -1.5, -1.5, -1.5, -1.5};
    struct rng rng;
    rng_init(&rng, rng_derive(blocks, noise));
    unsigned families = 0;
    unsigned covered = 0;
    double false_share = 0;
    double found = 0;
    for (unsigned session = 0; session < SESSIONS; session++) {
        double d[NOISE_MOST_PAIRS * CELLS];
        double p[CELLS];
        struct signed_rank rank;
        draw_session(d, blocks, noise, none, &rng);
        stats_adjust_geometric_mean(d, blocks, CELLS, 0.95, &rank);
        covered += rank.low <= 0 && rank.high >= 0;
        p_values(d, blocks, p);
        stats_adjust_holm(p, CELLS, p);
        bool any = false;
        for (size_t k = 0; k < CELLS; k++) {
            any = any || p[k] <= 0.05;
        }
        families += any;

        draw_session(d, blocks, noise, some, &rng);
        p_values(d, blocks, p);
        stats_adjust_benjamini_hochberg(p, CELLS, p);
        unsigned rejected = 0;
        unsigned wrong = 0;
        for (size_t k = 0; k < CELLS; k++) {
            rejected += p[k] <= 0.05;
            wrong += p[k] <= 0.05 && some[k] == 0;
        }
        false_share += rejected > 0 ? (double)wrong / rejected : 0;
        found += rejected - wrong;
    }
    const char *name = noise_name(noise);
    check_between((double)families / SESSIONS, 0, 0.055,
                  "%s, %zu pairs: any of %d cells falsely failed (Holm)", name, blocks, CELLS);
    check_between(false_share / SESSIONS, 0, 0.055,
                  "%s, %zu pairs: false share of what is found (Benjamini-Hochberg)", name, blocks);
    check_show(found / SESSIONS / 6, "%s, %zu pairs: share of the true ones found", name, blocks);
    check_between((double)covered / SESSIONS, 0.945, 1,
                  "%s, %zu pairs: coverage of the geometric mean", name, blocks);
}

void part_many(void)
{
    check_title("%d cells on the same launches", CELLS);
    check_families(NOISE_NORMAL, 10);
    check_families(NOISE_NORMAL, 20);
    check_families(NOISE_T3, 20);
    check_families(NOISE_CONTAMINATED, 20);
}

enum { POINTS = 11 };

/* Percentiles of runs: the whole curve moves with the run, its tail by more, and each point has a
 * little noise of its own. */
static void draw_curves(double *d, size_t pairs, enum noise noise, struct rng *rng)
{
    for (size_t i = 0; i < pairs; i++) {
        double whole = noise_value(noise, rng);
        double tail = noise_value(noise, rng);
        for (size_t k = 0; k < POINTS; k++) {
            double far = (double)k / (POINTS - 1);
            d[i * POINTS + k] = whole + 2 * far * far * tail + 0.2 * noise_value(noise, rng);
        }
    }
}

static void check_shift(enum noise noise, size_t pairs, unsigned samples)
{
    struct rng rng;
    rng_init(&rng, rng_derive(pairs, 50 + noise));
    unsigned covered = 0;
    unsigned endless = 0;
    for (unsigned sample = 0; sample < samples; sample++) {
        double d[NOISE_MOST_PAIRS * POINTS];
        struct shift_point points[POINTS];
        struct shift whole;
        draw_curves(d, pairs, noise, &rng);
        stats_shift(&(struct shift_rows){d, pairs, POINTS}, 0.95, sample, points, &whole);
        bool all = true;
        for (size_t k = 0; k < POINTS; k++) {
            all = all && points[k].low <= 0 && points[k].high >= 0;
        }
        covered += all;
        endless += whole.depth == 0;
    }
    double error = 3 * sqrt(0.05 * 0.95 / samples); /* of this many samples */
    check_between((double)covered / samples, 0.945 - error, 1,
                  "%s, %zu pairs: all %d percentiles at once (%u of %u endless)", noise_name(noise),
                  pairs, POINTS, endless, samples);
}

void part_distribution(void)
{
    check_title("Shift functions without an effect");
    check_shift(NOISE_NORMAL, 6, 2000);
    check_shift(NOISE_NORMAL, 8, 2000);
    check_shift(NOISE_NORMAL, 10, 2000);
    check_shift(NOISE_NORMAL, 20, 300);
    check_shift(NOISE_T3, 10, 2000);
    check_shift(NOISE_CONTAMINATED, 10, 2000);
}
