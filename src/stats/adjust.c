#include "stats/adjust.h"

#include <assert.h>
#include <gsl/gsl_sort_double.h>
#include <math.h>

#include "base/mem.h"

/* The places of the p-values that were tested, smallest p first. The caller frees them. */
static size_t *tested_in_order(const double *p, size_t count, size_t *tested)
{
    size_t *places = mem_alloc_array(count, sizeof *places);
    double *known = mem_alloc_array(count, sizeof *known);
    size_t *order = mem_alloc_array(count, sizeof *order);
    *tested = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isnan(p[i])) {
            assert(p[i] >= 0 && p[i] <= 1);
            known[*tested] = p[i];
            places[(*tested)++] = i;
        }
    }
    gsl_sort_index(order, known, 1, *tested);
    for (size_t i = 0; i < *tested; i++) {
        order[i] = places[order[i]];
    }
    mem_free(known);
    mem_free(places);
    return order;
}

static void copy(const double *from, size_t count, double *to)
{
    for (size_t i = 0; i < count; i++) {
        to[i] = from[i];
    }
}

void stats_adjust_holm(const double *p, size_t count, double *adjusted)
{
    size_t tested;
    size_t *order = tested_in_order(p, count, &tested);
    copy(p, count, adjusted);
    double least = 0; /* a later one is never more certain than an earlier one */
    for (size_t i = 0; i < tested; i++) {
        double mine = fmin(1, (double)(tested - i) * adjusted[order[i]]);
        least = fmax(least, mine);
        adjusted[order[i]] = least;
    }
    mem_free(order);
}

void stats_adjust_benjamini_hochberg(const double *p, size_t count, double *adjusted)
{
    size_t tested;
    size_t *order = tested_in_order(p, count, &tested);
    copy(p, count, adjusted);
    double most = 1;
    for (size_t i = tested; i-- > 0;) {
        double mine = (double)tested / (double)(i + 1) * adjusted[order[i]];
        most = fmin(most, mine);
        adjusted[order[i]] = most;
    }
    mem_free(order);
}

double stats_adjust_level(double confidence, size_t count)
{
    assert(confidence > 0 && confidence < 1 && count > 0);
    return 1 - (1 - confidence) / (double)count;
}

double stats_adjust_level_selected(double confidence, size_t selected, size_t count)
{
    assert(confidence > 0 && confidence < 1 && selected > 0 && selected <= count);
    return 1 - (1 - confidence) * (double)selected / (double)count;
}

/* The mean of a block; NAN when a cell is missing. */
static double block_mean(const double *d, size_t cells)
{
    double sum = 0;
    for (size_t i = 0; i < cells; i++) {
        sum += d[i];
    }
    return sum / (double)cells;
}

void stats_adjust_geometric_mean(const double *d, size_t blocks, size_t cells, double confidence,
                                 struct signed_rank *out)
{
    assert(cells > 0);
    double *means = mem_alloc_array(blocks, sizeof *means);
    size_t n = 0;
    for (size_t i = 0; i < blocks; i++) {
        double mean = block_mean(d + i * cells, cells);
        if (!isnan(mean)) {
            means[n++] = mean;
        }
    }
    if (n > 0) {
        stats_signed_rank(means, n, confidence, out);
    } else {
        *out = (struct signed_rank){.estimate = NAN,
                                    .low = -INFINITY,
                                    .high = INFINITY,
                                    .confidence = confidence,
                                    .coverage = 1,
                                    .p_value = 1,
                                    .exact = true};
    }
    mem_free(means);
}
