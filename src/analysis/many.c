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

void many_adjust(struct result *result)
{
    size_t count = count_all(result);
    double *values = mem_alloc_array(count, sizeof *values);
    visit(result, true, values, false);
    stats_adjust_holm(values, count, values);
    visit(result, true, values, true);
    visit(result, false, values, false);
    stats_adjust_benjamini_hochberg(values, count, values);
    visit(result, false, values, true);
    mem_free(values);
}

/* What was tested, and with how many pairs at most. */
struct tested {
    size_t gates;
    size_t differences;
    uint32_t pairs;
};

static struct tested count_tested(const struct result *result)
{
    struct tested tested = {0};
    for (size_t i = 0; i < result->cell_count; i++) {
        for (size_t k = 0; k < result->cells[i].comparison_count; k++) {
            const struct result_comparison *c = &result->cells[i].comparisons[k];
            tested.gates += isnan(c->gate) ? 0 : 1;
            tested.differences += isnan(c->adjusted) ? 0 : 1;
            tested.pairs = c->n > tested.pairs ? c->n : tested.pairs;
        }
    }
    return tested;
}

void many_check(struct result *result)
{
    struct tested tested = count_tested(result);
    double confidence = pairs_confidence(result);
    if (result_unit_is_host(result)) {
        return; /* no number of pairs is what is lacking */
    }
    uint32_t least = many_least_pairs(confidence, tested.gates);
    if (tested.gates > 0 && tested.pairs < least) {
        result_add_finding(result, &result->findings, SEVERITY_CONDITIONAL, "gate-needs-pairs",
                           "ask for more with --pairs, or gate fewer metrics",
                           "a gate over %zu comparisons cannot fail with %u pairs: it takes %u",
                           tested.gates, tested.pairs, least);
    }
    /* Tests of any difference have two sides. */
    least = many_least_pairs(confidence, 2 * tested.differences);
    if (tested.differences > 0 && tested.pairs < least) {
        result_add_finding(result, &result->findings, SEVERITY_NOTE, "many-comparisons",
                           "ask for more with --pairs; the means over cells do not need them",
                           "with %u pairs a cell that differs alone cannot be told from chance "
                           "among %zu comparisons: that takes %u",
                           tested.pairs, tested.differences, least);
    }
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
