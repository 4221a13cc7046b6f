#include "analysis/enough.h"

#include <math.h>
#include <stddef.h>

#include "analysis/pairs.h"
#include "base/mem.h"
#include "stats/power.h"
#include "stats/rank.h"
#include "stats/summary.h"

bool enough_adds_pairs(const struct result *result)
{
    for (size_t i = 0; i < result->arm_count && result_unit_is_host(result); i++) {
        if (result_arm_hosts(&result->arms[i]) < ENOUGH_HOSTS) {
            return false;
        }
    }
    return result->design.max_pairs > result->design.pairs;
}

static uint32_t first_look(const struct result *result)
{
    uint32_t least = result_unit_is_host(result) ? ENOUGH_FIRST : 0;
    return result->design.pairs > least ? result->design.pairs : least;
}

uint32_t enough_least(const struct result *result)
{
    uint32_t first = first_look(result);
    return first < result->design.max_pairs ? first : result->design.max_pairs;
}

bool enough_is_look(const struct result *result, uint32_t pairs)
{
    uint32_t first = first_look(result);
    return pairs >= first && (pairs - first) % ENOUGH_STEP == 0;
}

static bool decides(const struct design_spec *design, enum metric metric)
{
    for (int i = 0; i < METRIC_COUNT; i++) {
        if (design->gated[i]) {
            return design->gated[metric];
        }
    }
    return metric == METRIC_OPS || metric == METRIC_P50 || metric == METRIC_CPU;
}

/* When each pair was begun, in seconds, by pair number; `count` of them. The caller frees them. */
static double *pair_starts(const struct result_cell *cell, size_t *count)
{
    size_t run_count;
    struct run_ref *runs = pairs_last_attempts(cell, NULL, &run_count);
    double *starts = mem_alloc_array(run_count, sizeof *starts);
    *count = 0;
    for (size_t i = 0; i < run_count; i++) {
        double start = (double)runs[i].run->started_wall / (double)NSEC_PER_SEC;
        if (i == 0 || runs[i].run->pair != runs[i - 1].run->pair) {
            starts[(*count)++] = start;
        } else {
            starts[*count - 1] = fmin(starts[*count - 1], start);
        }
    }
    mem_free(runs);
    return starts;
}

double analysis_pair_seconds(const struct result_cell *cell)
{
    size_t count;
    double *starts = pair_starts(cell, &count);
    double seconds = NAN;
    if (count >= 2) {
        for (size_t i = 0; i + 1 < count; i++) {
            starts[i] = starts[i + 1] - starts[i];
        }
        seconds = stats_median(starts, count - 1);
    }
    mem_free(starts);
    return seconds > 0 ? seconds : NAN;
}

/* Takes a comparison into account that may lack more than what was seen so far. */
static void look(const struct result_cell *cell, const struct result_comparison *c,
                 struct enough *out)
{
    double half_width = (log(c->high) - log(c->low)) / 2;
    double margin = stats_log_effect(c->margin);
    size_t needed = stats_pairs_needed(c->pairs, half_width, margin, c->confidence);
    if (half_width <= margin / 2) {
        return;
    }
    needed = needed > c->pairs ? needed : c->pairs + 1;
    if (out->enough || needed - c->pairs > out->needed - out->n) {
        *out = (struct enough){
            .n = c->pairs, .needed = (uint32_t)needed, .cell = cell->name, .metric = c->metric};
        out->seconds_to_go = (double)(needed - c->pairs) * analysis_pair_seconds(cell);
    }
}

void analysis_enough(const struct result *result, const struct result_cell *cell,
                     struct enough *out)
{
    size_t least = stats_signed_rank_least(pairs_confidence(result));
    *out = (struct enough){.needed = (uint32_t)least, .seconds_to_go = NAN};
    bool found = false;
    bool valid = finding_list_worst(&result->findings) != SEVERITY_INVALID;
    for (size_t i = 0; i < result->cell_count; i++) {
        const struct result_cell *one = &result->cells[i];
        for (size_t k = 0; (cell == NULL || one == cell) && k < one->comparison_count; k++) {
            const struct result_comparison *c = &one->comparisons[k];
            if (decides(&result->design, c->metric) && (c->verdict != VERDICT_INVALID || !valid)) {
                if (!found) {
                    *out = (struct enough){
                        .enough = true, .n = c->pairs, .needed = c->pairs, .seconds_to_go = 0};
                    found = true;
                }
                look(one, c, out);
            }
        }
    }
}
