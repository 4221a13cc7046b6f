#include "analysis/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/enough.h"
#include "base/mem.h"

static int order_u32(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static bool is_same_load(const struct result_run *a, const struct result_run *b)
{
    return strcmp(a->load, b->load) == 0;
}

size_t pairs_loads(const struct result_cell *cell, const char *loads[PAIRS_LOADS])
{
    static const char *const all[PAIRS_LOADS] = {"closed", "open"};
    size_t count = 0;
    for (size_t k = 0; k < PAIRS_LOADS; k++) {
        for (size_t i = 0; i < cell->run_count; i++) {
            if (strcmp(cell->runs[i].load, all[k]) == 0) {
                loads[count++] = all[k];
                break;
            }
        }
    }
    return count;
}

const char *pairs_load_of(const struct result_cell *cell, enum metric metric)
{
    const char *loads[PAIRS_LOADS] = {"closed"};
    size_t count = pairs_loads(cell, loads);
    bool is_capability = metric == METRIC_OPS || metric == METRIC_CPU || metric == METRIC_MEMORY;
    return count < PAIRS_LOADS || is_capability ? loads[0] : loads[1];
}

/* By pair, then by load, then the last attempt first, then by arm. */
static int compare_runs(const void *left, const void *right)
{
    const struct result_run *a = ((const struct run_ref *)left)->run;
    const struct result_run *b = ((const struct run_ref *)right)->run;
    int order = order_u32(a->pair, b->pair);
    if (order == 0) {
        order = strcmp(a->load, b->load);
    }
    if (order == 0) {
        order = order_u32(b->attempt, a->attempt);
    }
    return order != 0 ? order : order_u32(a->arm, b->arm);
}

struct run_ref *pairs_last_attempts(const struct result_cell *cell, const char *load, size_t *count)
{
    struct run_ref *runs = mem_alloc_array(cell->run_count, sizeof *runs);
    size_t whole = 0;
    for (size_t i = 0; i < cell->run_count; i++) {
        bool is_wanted = load == NULL || strcmp(cell->runs[i].load, load) == 0;
        if (is_wanted && !cell->runs[i].partial) {
            runs[whole++].run = &cell->runs[i];
        }
    }
    if (whole > 1) {
        qsort(runs, whole, sizeof *runs, compare_runs);
    }
    size_t kept = 0;
    for (size_t i = 0; i < whole; i++) {
        if (kept == 0 || runs[kept - 1].run->pair != runs[i].run->pair ||
            !is_same_load(runs[kept - 1].run, runs[i].run) ||
            runs[kept - 1].run->attempt == runs[i].run->attempt) {
            runs[kept++] = runs[i];
        }
    }
    *count = kept;
    return runs;
}

static void add_pair(struct pairs *pairs, const struct pair_runs *pair)
{
    if (pair->baseline == NULL || pair->arm == NULL) {
        return;
    }
    pairs->complete++;
    if (pair->baseline->valid && pair->arm->valid) {
        pairs->items[pairs->count++] = *pair;
    }
}

static bool is_fresh(const struct result_cell *cell, const struct result_run *run)
{
    return cell->confirmed_from > 0 && run->pair >= cell->confirmed_from;
}

static void fill(struct pairs *pairs, const struct run_ref *runs, size_t count,
                 const uint32_t arms[2])
{
    *pairs = (struct pairs){.items = mem_alloc_array(count, sizeof *pairs->items)};
    struct pair_runs pair = {0};
    for (size_t i = 0; i < count; i++) {
        const struct result_run *run = runs[i].run;
        if (i > 0 && run->pair != runs[i - 1].run->pair) {
            add_pair(pairs, &pair);
            pair = (struct pair_runs){0};
        }
        if (run->arm == arms[0]) {
            pair.baseline = run;
        } else if (run->arm == arms[1]) {
            pair.arm = run;
        }
    }
    add_pair(pairs, &pair);
}

/* Only the fresh ones, or only the others. */
static size_t keep(const struct result_cell *cell, struct run_ref *runs, size_t count, bool fresh)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_fresh(cell, runs[i].run) == fresh) {
            runs[kept++] = runs[i];
        }
    }
    return kept;
}

void pairs_init(struct pairs *pairs, const struct result_cell *cell, const char *load,
                uint32_t baseline, uint32_t arm)
{
    size_t count;
    struct run_ref *runs = pairs_last_attempts(cell, load, &count);
    fill(pairs, runs, keep(cell, runs, count, false), (const uint32_t[]){baseline, arm});
    mem_free(runs);
}

void pairs_init_fresh(struct pairs *pairs, const struct result_cell *cell, const char *load,
                      uint32_t baseline, uint32_t arm)
{
    size_t count;
    struct run_ref *runs = pairs_last_attempts(cell, load, &count);
    fill(pairs, runs, keep(cell, runs, count, true), (const uint32_t[]){baseline, arm});
    mem_free(runs);
}

bool pairs_arm_is_first(const struct pair_runs *pair)
{
    return pair->arm->slot < pair->baseline->slot;
}

void pairs_release(struct pairs *pairs)
{
    mem_free(pairs->items);
    *pairs = (struct pairs){0};
}

double pairs_confidence(const struct result *result)
{
    const struct design_spec *design = &result->design;
    bool usual = design->confidence > 0 && design->confidence < 1;
    double confidence = usual ? design->confidence : 0.95;
    /* Simulated (make simcheck): 0.7 of the risk is what looking every two pairs leaves. */
    return enough_adds_pairs(result) ? 1 - 0.7 * (1 - confidence) : confidence;
}
