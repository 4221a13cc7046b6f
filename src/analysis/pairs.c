#include "analysis/pairs.h"

#include <stdlib.h>

#include "base/mem.h"

static int order_u32(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

/* By pair, then the last attempt first, then by arm. */
static int compare_runs(const void *left, const void *right)
{
    const struct result_run *a = *(const struct result_run *const *)left;
    const struct result_run *b = *(const struct result_run *const *)right;
    int order = order_u32(a->pair, b->pair);
    if (order == 0) {
        order = order_u32(b->attempt, a->attempt);
    }
    return order != 0 ? order : order_u32(a->arm, b->arm);
}

const struct result_run **pairs_last_attempts(const struct result_cell *cell, size_t *count)
{
    const struct result_run **runs = mem_alloc_array(cell->run_count, sizeof *runs);
    for (size_t i = 0; i < cell->run_count; i++) {
        runs[i] = &cell->runs[i];
    }
    if (cell->run_count > 1) {
        qsort(runs, cell->run_count, sizeof *runs, compare_runs);
    }
    size_t kept = 0;
    for (size_t i = 0; i < cell->run_count; i++) {
        if (kept == 0 || runs[kept - 1]->pair != runs[i]->pair ||
            runs[kept - 1]->attempt == runs[i]->attempt) {
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

void pairs_init(struct pairs *pairs, const struct result_cell *cell, uint32_t baseline,
                uint32_t arm)
{
    *pairs = (struct pairs){0};
    size_t count;
    const struct result_run **runs = pairs_last_attempts(cell, &count);
    pairs->items = mem_alloc_array(count, sizeof *pairs->items);
    struct pair_runs pair = {0};
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && runs[i]->pair != runs[i - 1]->pair) {
            add_pair(pairs, &pair);
            pair = (struct pair_runs){0};
        }
        if (runs[i]->arm == baseline) {
            pair.baseline = runs[i];
        } else if (runs[i]->arm == arm) {
            pair.arm = runs[i];
        }
    }
    add_pair(pairs, &pair);
    mem_free(runs);
}

void pairs_release(struct pairs *pairs)
{
    mem_free(pairs->items);
    *pairs = (struct pairs){0};
}

double pairs_confidence(const struct design_spec *design)
{
    bool usual = design->confidence > 0 && design->confidence < 1;
    return usual ? design->confidence : 0.95;
}
