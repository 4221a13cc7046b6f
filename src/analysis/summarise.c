#include "analysis/summarise.h"

#include <math.h>

#include "analysis/pairs.h"
#include "base/mem.h"
#include "stats/rank.h"
#include "stats/summary.h"

/* One arm and metric over all cells. */
struct table {
    struct pairs *pairs; /* of each cell; empty: it does not take part */
    size_t cell_count;
    enum metric metric;
};

static const struct result_comparison *find_comparison(const struct result_cell *cell, uint32_t arm,
                                                       enum metric metric)
{
    for (size_t i = 0; i < cell->comparison_count; i++) {
        if (cell->comparisons[i].arm == arm && cell->comparisons[i].metric == metric) {
            return &cell->comparisons[i];
        }
    }
    return NULL;
}

static bool takes_part(const struct result_comparison *comparison)
{
    return comparison != NULL && comparison->verdict != VERDICT_INVALID;
}

static double log_ratio(const struct pair_runs *pair, enum metric metric)
{
    double baseline = NAN;
    double arm = NAN;
    (void)result_run_metric(pair->baseline, metric, &baseline);
    (void)result_run_metric(pair->arm, metric, &arm);
    return log(arm / baseline);
}

static const struct pair_runs *find_pair(const struct pairs *pairs, uint32_t number)
{
    for (size_t i = 0; i < pairs->count; i++) {
        if (pairs->items[i].baseline->pair == number) {
            return &pairs->items[i];
        }
    }
    return NULL;
}

/* The mean log-ratio of the cells in a block; false: one of them has no pair in it. */
static bool block_mean(const struct table *table, uint32_t block, double *out)
{
    double sum = 0;
    size_t cells = 0;
    for (size_t i = 0; i < table->cell_count; i++) {
        if (table->pairs[i].count == 0) {
            continue;
        }
        const struct pair_runs *pair = find_pair(&table->pairs[i], block);
        if (pair == NULL) {
            return false;
        }
        sum += log_ratio(pair, table->metric);
        cells++;
    }
    *out = cells > 0 ? sum / (double)cells : NAN;
    return cells > 0 && isfinite(*out);
}

/* Cells that lost pairs would take whole blocks from the others: they are left out of the mean. */
static void leave_out_short(struct table *table)
{
    size_t most = 0;
    for (size_t i = 0; i < table->cell_count; i++) {
        most = table->pairs[i].count > most ? table->pairs[i].count : most;
    }
    for (size_t i = 0; i < table->cell_count; i++) {
        if (table->pairs[i].count < most) {
            pairs_release(&table->pairs[i]);
        }
    }
}

static void mean_of_blocks(const struct result *result, struct table *table,
                           struct result_summary *out)
{
    double *means = mem_alloc_array(result->design.pairs, sizeof *means);
    size_t count = 0;
    leave_out_short(table);
    for (uint32_t block = 1; block <= result->design.pairs; block++) {
        count += block_mean(table, block, &means[count]);
    }
    for (size_t i = 0; i < table->cell_count; i++) {
        out->cells += table->pairs[i].count > 0;
    }
    out->n = (uint32_t)count;
    if (count > 0) {
        struct signed_rank rank;
        stats_signed_rank(means, count, out->confidence, &rank);
        out->ratio = exp(rank.estimate);
        out->low = exp(rank.low);
        out->high = exp(rank.high);
    }
    mem_free(means);
}

/* Memory is weighed once: the mean of what the cells show, without an interval. */
static void mean_of_cells(const struct result *result, struct result_summary *out)
{
    double sum = 0;
    for (size_t i = 0; i < result->cell_count; i++) {
        const struct result_comparison *c =
            find_comparison(&result->cells[i], out->arm, out->metric);
        if (takes_part(c)) {
            sum += log(c->ratio);
            out->cells++;
        }
    }
    out->n = 1;
    out->ratio = out->cells > 0 ? exp(sum / out->cells) : NAN;
}

static void summarise(const struct result *result, struct result_summary *out)
{
    struct table table = {
        .pairs = mem_alloc_array(result->cell_count, sizeof *table.pairs),
        .cell_count = result->cell_count,
        .metric = out->metric,
    };
    out->ratio = NAN;
    out->high = INFINITY;
    out->confidence = pairs_confidence(&result->design);
    for (size_t i = 0; i < result->cell_count; i++) {
        const struct result_comparison *c =
            find_comparison(&result->cells[i], out->arm, out->metric);
        if (c != NULL) {
            out->verdicts[c->verdict]++;
        }
        if (takes_part(c) && out->metric != METRIC_MEMORY) {
            pairs_init(&table.pairs[i], &result->cells[i], 0, out->arm);
        }
    }
    if (out->metric == METRIC_MEMORY) {
        mean_of_cells(result, out);
    } else {
        mean_of_blocks(result, &table, out);
    }
    for (size_t i = 0; i < table.cell_count; i++) {
        pairs_release(&table.pairs[i]);
    }
    mem_free(table.pairs);
}

static bool is_empty(const struct result_summary *summary)
{
    for (int i = 0; i < VERDICT_COUNT; i++) {
        if (summary->verdicts[i] > 0) {
            return false;
        }
    }
    return true;
}

void analysis_summarise(struct result *result)
{
    size_t room = result->arm_count > 1 ? (result->arm_count - 1) * METRIC_COUNT : 0;
    result->summaries = arena_alloc_array(&result->arena, room, sizeof *result->summaries);
    result->summary_count = 0;
    for (uint32_t arm = 1; arm < result->arm_count; arm++) {
        for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
            struct result_summary *out = &result->summaries[result->summary_count];
            *out = (struct result_summary){.arm = arm, .metric = metric};
            summarise(result, out);
            result->summary_count += !is_empty(out);
        }
    }
}
