#include "analysis/many.h"

#include <math.h>

#include "analysis/pairs.h"
#include "base/mem.h"
#include "stats/adjust.h"
#include "stats/rank.h"

static size_t count_all(const struct result *result)
{
    size_t count = 0;
    for (size_t i = 0; i < result->cell_count; i++) {
        count += result->cells[i].comparison_count;
    }
    return count;
}

/* Copies the p-values of all comparisons out of the result, or adjusted ones into it. */
static void visit(struct result *result, bool gates, double *values, bool is_back)
{
    size_t count = 0;
    for (size_t i = 0; i < result->cell_count; i++) {
        for (size_t k = 0; k < result->cells[i].comparison_count; k++) {
            struct result_comparison *c = &result->cells[i].comparisons[k];
            double *to = gates ? &c->gate : &c->adjusted;
            double p = gates ? c->gate : c->p_value;
            if (is_back) {
                *to = values[count++];
            } else {
                values[count++] = c->verdict == VERDICT_INVALID ? NAN : p;
            }
        }
    }
}

/* How many were tested, and with how many pairs at most. */
static size_t count_tested(const struct result *result, const double *p, size_t count,
                           uint32_t *pairs)
{
    size_t tested = 0;
    *pairs = 0;
    for (size_t i = 0; i < count; i++) {
        tested += isnan(p[i]) ? 0 : 1;
    }
    for (size_t i = 0; i < result->cell_count; i++) {
        for (size_t k = 0; k < result->cells[i].comparison_count; k++) {
            uint32_t n = result->cells[i].comparisons[k].n;
            *pairs = n > *pairs ? n : *pairs;
        }
    }
    return tested;
}

/* With too few pairs (not: hosts) no p-value is small enough for so many gates. */
static void check_gates(struct result *result, const double *p, size_t count)
{
    uint32_t pairs;
    size_t tested = count_tested(result, p, count, &pairs);
    uint32_t least = many_least_pairs(pairs_confidence(result), tested);
    if (tested > 0 && pairs < least) {
        result_add_finding(result, &result->findings, SEVERITY_CONDITIONAL, "gate-needs-pairs",
                           "ask for more with --pairs, or gate fewer metrics",
                           "a gate over %zu comparisons cannot fail with %u pairs: it takes %u",
                           tested, pairs, least);
    }
}

/* The same for a single cell that differs. */
static void check_pairs(struct result *result, const double *p, size_t count)
{
    uint32_t pairs;
    size_t tested = count_tested(result, p, count, &pairs);
    /* Tests of any difference have two sides. */
    uint32_t least = many_least_pairs(pairs_confidence(result), 2 * tested);
    if (tested > 0 && pairs < least) {
        result_add_finding(result, &result->findings, SEVERITY_NOTE, "many-comparisons",
                           "ask for more with --pairs; the means over cells do not need them",
                           "with %u pairs a cell that differs alone cannot be told from chance "
                           "among %zu comparisons: that takes %u",
                           pairs, tested, least);
    }
}

void many_adjust(struct result *result)
{
    size_t count = count_all(result);
    double *values = mem_alloc_array(count, sizeof *values);
    visit(result, true, values, false);
    bool by_pairs = !result_unit_is_host(result);
    if (by_pairs) {
        check_gates(result, values, count);
    }
    stats_adjust_holm(values, count, values);
    visit(result, true, values, true);
    visit(result, false, values, false);
    if (by_pairs) {
        check_pairs(result, values, count);
    }
    stats_adjust_benjamini_hochberg(values, count, values);
    visit(result, false, values, true);
    mem_free(values);
}

bool many_stands(const struct result *result, const struct result_comparison *comparison)
{
    double p = comparison->adjusted;
    if (comparison->verdict == VERDICT_WORSE && result->design.gated[comparison->metric]) {
        p = comparison->gate;
    }
    return isnan(p) || result->kind != RESULT_SUITE || p <= 1 - pairs_confidence(result);
}

uint32_t many_least_pairs(double confidence, size_t comparisons)
{
    double level = (1 - confidence) / (double)(comparisons == 0 ? 1 : comparisons);
    return (uint32_t)stats_signed_rank_least(1 - 2 * level);
}
