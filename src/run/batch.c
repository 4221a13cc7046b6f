#include "run/batch.h"

#include <string.h>

#include "base/mem.h"

/* Fisher and Yates. */
static void shuffle_numbers(uint32_t *numbers, size_t count, struct rng *rng)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)rng_below(rng, i);
        uint32_t held = numbers[i - 1];
        numbers[i - 1] = numbers[j];
        numbers[j] = held;
    }
}

static void shuffle_cells(struct batch_cell *cells, size_t count, struct rng *rng)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)rng_below(rng, i);
        struct batch_cell held = cells[i - 1];
        cells[i - 1] = cells[j];
        cells[j] = held;
    }
}

void batch_shuffle(struct batch_cell *cells, size_t count, struct rng *rng)
{
    /* In the shuffled order the first cell of a dataset gives the dataset its place. */
    struct batch_cell *sorted = mem_alloc_array(count, sizeof *sorted);
    size_t placed = 0;
    shuffle_cells(cells, count, rng);
    for (size_t i = 0; i < count; i++) {
        bool is_first = true;
        for (size_t k = 0; k < i; k++) {
            is_first = is_first && cells[k].dataset != cells[i].dataset;
        }
        for (size_t k = i; is_first && k < count; k++) {
            if (cells[k].dataset == cells[i].dataset) {
                sorted[placed++] = cells[k];
            }
        }
    }
    memcpy(cells, sorted, count * sizeof *cells);
    mem_free(sorted);
}

size_t batch_take(const struct batch_cell *cells, size_t count, uint64_t limit)
{
    uint64_t bytes = 0;
    uint64_t clients = 0;
    size_t taken = 0;
    while (taken < count && taken < BATCH_CELLS) {
        bool is_new = taken == 0 || cells[taken].dataset != cells[taken - 1].dataset;
        bytes += is_new ? cells[taken].bytes : 0;
        clients += cells[taken].clients;
        if (taken > 0 && ((is_new && bytes > limit) || clients > BATCH_CONNECTIONS)) {
            break;
        }
        taken++;
    }
    return taken;
}

void batch_mix(const struct batch_cell *cells, size_t count, uint32_t *out, struct rng *rng)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        for (uint32_t group = 0; group < cells[i].groups; group++) {
            out[total++] = (uint32_t)i;
        }
    }
    shuffle_numbers(out, total, rng);
}
