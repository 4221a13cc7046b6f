#include <math.h>

#include "analysis/describe.h"
#include "analysis/hosts.h"
#include "base/mem.h"
#include "stats/position.h"
#include "stats/quantile.h"
#include "stats/rank.h"

/* The percentile of either run of each pair as a log-ratio, without what going first adds, as in
 * the comparisons; false when a run has too few latencies for it. */
static bool fill_column(double *column, const struct pairs *pairs, double percentile)
{
    bool *first = mem_alloc_array(pairs->count, sizeof *first);
    bool is_told = true;
    for (size_t i = 0; i < pairs->count; i++) {
        const struct hist *baseline = pairs->items[i].baseline->latency;
        const struct hist *arm = pairs->items[i].arm->latency;
        double below = fmax(0.5, (double)hist_percentile(baseline, percentile));
        double above = fmax(0.5, (double)hist_percentile(arm, percentile));
        column[i] = log(above / below);
        first[i] = pairs_arm_is_first(&pairs->items[i]);
        is_told = is_told && describe_tells(baseline->count, percentile) &&
                  describe_tells(arm->count, percentile);
    }
    (void)stats_position_remove(column, first, pairs->count, column);
    mem_free(first);
    return is_told;
}

/* A column for each percentile that is told, one behind the other; returns how many. There is room
 * for all. */
static size_t fill_columns(double *columns, const struct pairs *pairs,
                           double told[RESULT_PERCENTILES])
{
    size_t count = 0;
    for (size_t i = 0; i < RESULT_PERCENTILES; i++) {
        if (fill_column(columns + count * pairs->count, pairs, result_percentiles[i])) {
            told[count++] = result_percentiles[i];
        }
    }
    return count;
}

static void shift_by_pairs(struct result_shift *out, const double *columns, uint64_t seed)
{
    struct shift_point band[RESULT_PERCENTILES];
    struct shift whole;
    double *d = mem_alloc_array(out->n * out->point_count, sizeof *d);
    for (size_t i = 0; i < out->point_count; i++) {
        for (size_t k = 0; k < out->n; k++) {
            d[k * out->point_count + i] = columns[i * out->n + k];
        }
    }
    struct shift_rows rows = {d, out->n, out->point_count};
    stats_shift(&rows, out->confidence, seed, band, &whole);
    for (size_t i = 0; i < out->point_count; i++) {
        struct result_shift_point *point = &out->points[i];
        struct signed_rank alone;
        stats_signed_rank(columns + i * out->n, out->n, out->confidence, &alone);
        point->ratio = exp(alone.estimate);
        point->low = exp(alone.low);
        point->high = exp(alone.high);
        point->band_low = exp(band[i].low);
        point->band_high = exp(band[i].high);
    }
    mem_free(d);
}

/* The band shares its risk out among the percentiles (Bonferroni): few hosts tell too little of how
 * their percentiles go together. */
static void shift_by_hosts(struct result_shift *out, const double *columns,
                           const struct pairs *pairs)
{
    double together = 1 - (1 - out->confidence) / (double)out->point_count;
    for (size_t i = 0; i < out->point_count; i++) {
        struct result_shift_point *point = &out->points[i];
        const double *column = columns + i * pairs->count;
        struct crossed alone;
        struct crossed band;
        hosts_cross(pairs, column, out->confidence, &alone);
        hosts_cross(pairs, column, together, &band);
        point->ratio = exp(alone.estimate);
        point->low = exp(alone.low);
        point->high = exp(alone.high);
        point->band_low = exp(band.low);
        point->band_high = exp(band.high);
    }
}

static void describe_shift(struct result *result, const struct pairs *pairs,
                           struct result_shift *out)
{
    double told[RESULT_PERCENTILES];
    double *columns = mem_alloc_array(pairs->count * RESULT_PERCENTILES, sizeof *columns);
    size_t count = fill_columns(columns, pairs, told);
    out->n = (uint32_t)pairs->count;
    out->confidence = pairs_confidence(result);
    out->points = arena_alloc_array(&result->arena, count, sizeof *out->points);
    out->point_count = count;
    for (size_t i = 0; i < count; i++) {
        out->points[i].percentile = told[i];
    }
    if (count > 0 && result_unit_is_host(result)) {
        shift_by_hosts(out, columns, pairs);
    } else if (count > 0) {
        shift_by_pairs(out, columns, result->seed);
    }
    mem_free(columns);
}

void describe_shifts(struct result *result, struct result_cell *cell)
{
    cell->shift_count = 0;
    cell->shifts = arena_alloc_array(&result->arena, result->arm_count, sizeof *cell->shifts);
    for (uint32_t arm = 1; arm < result->arm_count; arm++) {
        struct pairs pairs;
        pairs_init(&pairs, cell, pairs_load_of(cell, METRIC_P50), 0, arm);
        if (pairs.count > 0) {
            struct result_shift *shift = &cell->shifts[cell->shift_count++];
            shift->arm = arm;
            describe_shift(result, &pairs, shift);
        }
        pairs_release(&pairs);
    }
}
