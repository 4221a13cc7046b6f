#include "analysis/compare.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

#include "analysis/hosts.h"
#include "analysis/many.h"
#include "analysis/pairs.h"
#include "analysis/summarise.h"
#include "analysis/validity_load.h"
#include "base/mem.h"
#include "stats/equivalence.h"
#include "stats/position.h"
#include "stats/power.h"
#include "stats/rank.h"
#include "stats/summary.h"

static const enum metric compared[] = {METRIC_OPS,         METRIC_P50, METRIC_P99,
                                       METRIC_P999,        METRIC_CPU, METRIC_DELIVERY_P50,
                                       METRIC_DELIVERY_P99};
enum { COMPARED = sizeof compared / sizeof compared[0] };

/* Bytes. */
#define MEMORY_SLACK (96.0 * 1024)

/* The values of one metric, pair by pair. */
struct columns {
    size_t n;
    double *log_ratio;
    double *baseline;
    double *arm;
    bool *first; /* the arm began the pair */
};

static void columns_init(struct columns *columns, const struct pairs *pairs)
{
    double *values = mem_alloc_array(pairs->count, 3 * sizeof *values);
    *columns = (struct columns){
        .n = pairs->count,
        .log_ratio = values,
        .baseline = values + pairs->count,
        .arm = values + 2 * pairs->count,
        .first = mem_alloc_array(pairs->count, sizeof *columns->first),
    };
    for (size_t i = 0; i < pairs->count; i++) {
        columns->first[i] = pairs_arm_is_first(&pairs->items[i]);
    }
}

static void columns_release(struct columns *columns)
{
    mem_free(columns->log_ratio);
    mem_free(columns->first);
}

enum verdict analysis_judge(enum metric metric, double low, double high, double margin)
{
    assert(margin > 0);
    bool more_is_better = metric_more_is_better(metric);
    double worst = more_is_better ? low : 1 / high;
    double best = more_is_better ? high : 1 / low;
    double up = 1 + margin;
    double down = 1 / up;
    if (worst > up) {
        return VERDICT_BETTER;
    }
    if (best < down) {
        return VERDICT_WORSE;
    }
    if (worst > down && best < up) {
        return VERDICT_EQUIVALENT;
    }
    if (worst > 1 || best < 1) {
        return VERDICT_SMALL_DIFFERENCE;
    }
    return VERDICT_INCONCLUSIVE;
}

static bool usable(const struct result_run *run, enum metric metric, double *out)
{
    return result_run_metric(run, metric, out) && isfinite(*out) && *out > 0;
}

/* False: the metric is unknown, or has no logarithm, in some pair. */
static bool fill_columns(struct columns *columns, const struct pairs *pairs, enum metric metric)
{
    for (size_t i = 0; i < pairs->count; i++) {
        if (!usable(pairs->items[i].baseline, metric, &columns->baseline[i]) ||
            !usable(pairs->items[i].arm, metric, &columns->arm[i])) {
            return false;
        }
        columns->log_ratio[i] = log(columns->arm[i] / columns->baseline[i]);
    }
    return true;
}

/* Where every run completed what it was asked for, its rate says nothing about the server. */
static bool is_foregone(const struct pairs *pairs, enum metric metric)
{
    for (size_t i = 0; i < pairs->count; i++) {
        if (pairs->items[i].arm->schedule.send_lag == NULL ||
            !validity_reached_rate(pairs->items[i].arm) ||
            !validity_reached_rate(pairs->items[i].baseline)) {
            return false;
        }
    }
    return metric == METRIC_OPS;
}

/* In more than half of an arm's runs the percentile is the load generator's own delay. */
static bool is_own_lag(const struct pairs *pairs, enum metric metric)
{
    size_t baseline = 0;
    size_t arm = 0;
    for (size_t i = 0; i < pairs->count; i++) {
        baseline += validity_is_own_lag(pairs->items[i].baseline, metric);
        arm += validity_is_own_lag(pairs->items[i].arm, metric);
    }
    return baseline * 2 > pairs->count || arm * 2 > pairs->count;
}

static double margin_of(const struct design_spec *design, enum metric metric)
{
    double margin = design->margins[metric];
    return margin > 0 ? margin : metric_default_margin(metric);
}

static uint32_t pairs_needed(const struct result_comparison *comparison)
{
    double half_width = (log(comparison->high) - log(comparison->low)) / 2;
    return (uint32_t)stats_pairs_needed(
        comparison->n, half_width, stats_log_effect(comparison->margin), comparison->confidence);
}

/* NAN, and nothing done, when there are too few pairs. */
static double take_position_out(const struct columns *columns)
{
    double effect = stats_position_effect(columns->log_ratio, columns->first, columns->n);
    bool removed =
        stats_position_remove(columns->log_ratio, columns->first, columns->n, columns->log_ratio);
    return removed ? stats_ratio_change(effect) : NAN;
}

/* The p-value of "it is not worse by more than the margin". */
static double p_of_worse(const struct columns *columns, const struct result_comparison *out)
{
    double *gain = mem_alloc_array(columns->n, sizeof *gain);
    double sign = metric_more_is_better(out->metric) ? 1 : -1;
    for (size_t i = 0; i < columns->n; i++) {
        gain[i] = sign * columns->log_ratio[i];
    }
    double p = stats_signed_rank_one_sided(gain, columns->n, stats_log_effect(out->margin));
    mem_free(gain);
    return p;
}

/* Where the pair is the unit of inference: like hosts_weigh. Returns the pairs that are needed. */
static uint32_t weigh_pairs(struct result_comparison *out, const struct columns *columns,
                            bool is_gated)
{
    struct signed_rank rank;
    struct equivalence equivalence;
    size_t n = columns->n;
    out->n = (uint32_t)n;
    stats_signed_rank(columns->log_ratio, n, out->confidence, &rank);
    stats_equivalence(columns->log_ratio, n, stats_log_effect(out->margin),
                      (1 - out->confidence) / 2, &equivalence);
    out->p_equivalence = equivalence.p_value;
    out->p_value = rank.p_value;
    out->gate = is_gated ? p_of_worse(columns, out) : NAN;
    out->ratio = exp(rank.estimate);
    out->low = exp(rank.low);
    out->high = exp(rank.high);
    out->minimum_detectable =
        n < 2 ? NAN
              : stats_ratio_change(stats_detectable_effect(stats_sd(columns->log_ratio, n), n));
    return pairs_needed(out);
}

/* Fills the figures and the verdict of a comparison whose identity (arms, metric) is set. */
static void judge(struct result_comparison *out, const struct result *result,
                  const struct pairs *pairs, const struct columns *columns)
{
    bool is_gated = result->design.gated[out->metric];
    bool by_hosts = result_unit_is_host(result);
    out->pairs = (uint32_t)columns->n;
    out->confidence = pairs_confidence(result);
    out->margin = margin_of(&result->design, out->metric);
    out->position_effect = take_position_out(columns);
    out->adjusted = NAN;
    out->noise_floor = NAN;
    uint32_t needed = by_hosts ? hosts_weigh(out, pairs, columns->log_ratio, is_gated)
                               : weigh_pairs(out, columns, is_gated);
    out->baseline_value = stats_median(columns->baseline, columns->n);
    out->arm_value = stats_median(columns->arm, columns->n);
    out->verdict = analysis_judge(out->metric, out->low, out->high, out->margin);
    if (out->verdict == VERDICT_INCONCLUSIVE) {
        uint32_t *lacking = by_hosts ? &out->hosts_needed : &out->pairs_needed;
        *lacking = needed > out->n ? needed : out->n + 1;
    }
}

static void make_invalid(struct result_comparison *out)
{
    out->verdict = VERDICT_INVALID;
    out->pairs_needed = 0;
    out->hosts_needed = 0;
}

/* A measurement that is not valid gives no verdict; in a suite each cell is one of its own. */
static void void_if_invalid(const struct result *result, const struct result_cell *cell,
                            struct result_comparison *out)
{
    if (finding_list_worst(&result->findings) == SEVERITY_INVALID ||
        finding_list_worst(&cell->findings) == SEVERITY_INVALID) {
        make_invalid(out);
    }
}

static const struct result_memory *memory_of(const struct result_cell *cell, uint32_t arm)
{
    for (size_t i = 0; i < cell->memory_count; i++) {
        if (cell->memory[i].arm == arm) {
            return &cell->memory[i];
        }
    }
    return NULL;
}

/* What else the server may have allocated or freed meanwhile: METHODOLOGY.md, "Memory". */
static double memory_slack(const struct result_memory *memory)
{
    return MEMORY_SLACK / ((double)memory->after - (double)memory->before);
}

/* The same data takes the same memory, so that one weighing tells: the interval is what other
 * allocations leave open. */
static void compare_memory(const struct result *result, struct result_cell *cell, uint32_t arm)
{
    const struct result_memory *baseline = memory_of(cell, 0);
    const struct result_memory *memory = memory_of(cell, arm);
    if (baseline == NULL || memory == NULL) {
        return;
    }
    struct result_comparison *out = &cell->comparisons[cell->comparison_count++];
    double slack = memory_slack(baseline) + memory_slack(memory);
    *out = (struct result_comparison){
        .arm = arm,
        .metric = METRIC_MEMORY,
        .load = "closed",
        .n = 1,
        .pairs = 1,
        .confidence = pairs_confidence(result),
        .margin = margin_of(&result->design, METRIC_MEMORY),
        .minimum_detectable = slack,
        .baseline_value = result_memory_per_key(baseline),
        .arm_value = result_memory_per_key(memory),
        .position_effect = NAN,
        .p_equivalence = NAN,
        .p_value = NAN,
        .adjusted = NAN,
        .gate = NAN,
        .noise_floor = NAN,
    };
    out->ratio = out->arm_value / out->baseline_value;
    out->low = out->ratio / (1 + slack);
    out->high = out->ratio * (1 + slack);
    out->verdict = analysis_judge(METRIC_MEMORY, out->low, out->high, out->margin);
    if (finding_list_worst(&result->findings) == SEVERITY_INVALID) {
        make_invalid(out); /* what is amiss with the runs of the cell is not about its data */
    }
}

/* The same with the fresh pairs alone. */
static void confirm(const struct result *result, const struct result_cell *cell,
                    struct result_comparison *out)
{
    struct pairs pairs;
    struct columns columns;
    struct result_comparison fresh = {.arm = out->arm, .metric = out->metric};
    if (cell->confirmed_from == 0 || !result->design.gated[out->metric]) {
        return;
    }
    pairs_init_fresh(&pairs, cell, out->load, 0, out->arm);
    columns_init(&columns, &pairs);
    if (pairs.count > 0 && fill_columns(&columns, &pairs, out->metric)) {
        judge(&fresh, result, &pairs, &columns);
        out->confirmation = (struct result_confirmation){.n = fresh.pairs,
                                                         .ratio = fresh.ratio,
                                                         .low = fresh.low,
                                                         .high = fresh.high,
                                                         .baseline_hosts = fresh.baseline_hosts,
                                                         .arm_hosts = fresh.arm_hosts,
                                                         .verdict = fresh.verdict};
    }
    columns_release(&columns);
    pairs_release(&pairs);
}

/* Do the fresh pairs say something else, and can they? They need an interval; by hosts that takes
 * two pairs only, so that there all hosts have to be in them, and as many pairs as the first
 * interval by pairs takes, if the comparison has those. */
static bool is_refuted(const struct result_comparison *comparison)
{
    const struct result_confirmation *fresh = &comparison->confirmation;
    size_t usual = stats_signed_rank_least(comparison->confidence);
    size_t least = comparison->pairs < usual ? comparison->pairs : usual;
    bool is_enough = isfinite(fresh->high) && fresh->n >= least &&
                     fresh->baseline_hosts >= comparison->baseline_hosts &&
                     fresh->arm_hosts >= comparison->arm_hosts;
    return fresh->n > 0 && is_enough && fresh->verdict != VERDICT_WORSE;
}

bool analysis_gate_fails(const struct result *result, const struct result_comparison *comparison)
{
    return comparison->verdict == VERDICT_WORSE && result->design.gated[comparison->metric] &&
           many_stands(result, comparison) && !is_refuted(comparison);
}

bool analysis_wants_confirmation(const struct result *result, const struct result_cell *cell)
{
    bool fails = false;
    for (size_t i = 0; i < cell->comparison_count; i++) {
        /* Memory is weighed once: it takes no pairs. */
        fails = fails || (cell->comparisons[i].metric != METRIC_MEMORY &&
                          analysis_gate_fails(result, &cell->comparisons[i]));
    }
    return fails && cell->confirmed_from == 0;
}

static void compare_metric(const struct result *result, struct result_cell *cell,
                           const struct pairs *pairs, enum metric metric)
{
    struct columns columns;
    columns_init(&columns, pairs);
    if (!is_foregone(pairs, metric) && fill_columns(&columns, pairs, metric)) {
        struct result_comparison *out = &cell->comparisons[cell->comparison_count++];
        out->arm = pairs->items[0].arm->arm;
        out->metric = metric;
        out->load = pairs->items[0].arm->load;
        judge(out, result, pairs, &columns);
        if (is_own_lag(pairs, metric)) {
            make_invalid(out);
        }
        void_if_invalid(result, cell, out);
        confirm(result, cell, out);
    }
    columns_release(&columns);
}

static void compare_arm(const struct result *result, struct result_cell *cell, uint32_t arm)
{
    for (size_t i = 0; i < COMPARED; i++) {
        struct pairs pairs;
        pairs_init(&pairs, cell, pairs_load_of(cell, compared[i]), 0, arm);
        if (pairs.count > 0) {
            compare_metric(result, cell, &pairs, compared[i]);
        }
        pairs_release(&pairs);
    }
}

void analysis_compare(struct result *result)
{
    size_t room = result->arm_count > 1 ? (result->arm_count - 1) * (COMPARED + 1) : 0;
    for (size_t i = 0; i < result->cell_count; i++) {
        struct result_cell *cell = &result->cells[i];
        cell->comparison_count = 0;
        cell->comparisons = arena_alloc_array(&result->arena, room, sizeof *cell->comparisons);
        for (uint32_t arm = 1; arm < result->arm_count; arm++) {
            compare_arm(result, cell, arm);
            compare_memory(result, cell, arm);
        }
    }
    if (result->kind == RESULT_SUITE) {
        many_adjust(result);
        analysis_summarise(result);
    }
}
