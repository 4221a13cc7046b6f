#include "analysis/summarise.h"

#include <math.h>

#include "analysis/hosts.h"
#include "analysis/pairs.h"
#include "base/mem.h"
#include "stats/adjust.h"

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

/* One row of log-ratios for each block; NAN where a cell has none. */
static double *fill_rows(const struct table *table, uint32_t blocks, size_t columns)
{
    double *rows = mem_alloc_array((size_t)blocks * columns, sizeof *rows);
    size_t column = 0;
    for (size_t i = 0; i < table->cell_count; i++) {
        if (table->pairs[i].count == 0) {
            continue;
        }
        for (uint32_t block = 1; block <= blocks; block++) {
            const struct pair_runs *pair = find_pair(&table->pairs[i], block);
            rows[(block - 1) * columns + column] =
                pair == NULL ? NAN : log_ratio(pair, table->metric);
        }
        column++;
    }
    return rows;
}

/* Of the blocks that have all cells: their means over cells, compared by hosts. All cells of a
 * block are made on the same hosts. */
static void mean_of_hosts(const struct table *table, const double *rows, uint32_t blocks,
                          struct result_summary *out)
{
    size_t cell = 0;
    struct crossed crossed;
    while (table->pairs[cell].count == 0) {
        cell++;
    }
    struct pairs whole = {.items = mem_alloc_array(blocks, sizeof *whole.items)};
    double *means = mem_alloc_array(blocks, sizeof *means);
    for (uint32_t block = 1; block <= blocks; block++) {
        double sum = 0;
        for (size_t i = 0; i < out->cells; i++) {
            sum += rows[(block - 1) * out->cells + i];
        }
        if (isfinite(sum)) {
            means[whole.count] = sum / out->cells;
            whole.items[whole.count++] = *find_pair(&table->pairs[cell], block);
        }
    }
    if (whole.count > 0) {
        hosts_cross(&whole, means, out->confidence, &crossed);
        out->n = (uint32_t)(crossed.from < crossed.to ? crossed.from : crossed.to);
        out->ratio = exp(crossed.estimate);
        out->low = exp(crossed.low);
        out->high = exp(crossed.high);
    }
    mem_free(means);
    pairs_release(&whole);
}

static void mean_of_pairs(const double *rows, uint32_t blocks, struct result_summary *out)
{
    struct signed_rank rank;
    stats_adjust_geometric_mean(rows, blocks, out->cells, out->confidence, &rank);
    out->n = (uint32_t)rank.n;
    out->ratio = exp(rank.estimate);
    out->low = exp(rank.low);
    out->high = exp(rank.high);
}

static void mean_of_blocks(const struct result *result, struct table *table,
                           struct result_summary *out)
{
    leave_out_short(table);
    for (size_t i = 0; i < table->cell_count; i++) {
        out->cells += table->pairs[i].count > 0;
    }
    if (out->cells == 0) {
        return;
    }
    uint32_t blocks = result->design.pairs;
    double *rows = fill_rows(table, blocks, out->cells);
    if (result_unit_is_host(result)) {
        mean_of_hosts(table, rows, blocks, out);
    } else {
        mean_of_pairs(rows, blocks, out);
    }
    mem_free(rows);
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
    out->confidence = pairs_confidence(result);
    for (size_t i = 0; i < result->cell_count; i++) {
        const struct result_comparison *c =
            find_comparison(&result->cells[i], out->arm, out->metric);
        if (c != NULL) {
            out->verdicts[c->verdict]++;
        }
        if (takes_part(c) && out->metric != METRIC_MEMORY) {
            pairs_init(&table.pairs[i], &result->cells[i], c->load, 0, out->arm);
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
