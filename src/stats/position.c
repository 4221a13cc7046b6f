#include "stats/position.h"

#include <math.h>

#include "base/mem.h"
#include "stats/summary.h"

static size_t count_first(const bool *first, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        count += first[i];
    }
    return count;
}

double stats_position_effect(const double *d, const bool *first, size_t n)
{
    size_t count = count_first(first, n);
    if (count == 0 || count == n) {
        return NAN;
    }
    double *differences = mem_alloc_array(count * (n - count), sizeof *differences);
    size_t number = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; first[i] && k < n; k++) {
            if (!first[k]) {
                differences[number++] = d[i] - d[k];
            }
        }
    }
    double effect = stats_median(differences, number) / 2;
    mem_free(differences);
    return effect;
}

bool stats_position_remove(const double *d, const bool *first, size_t n, double *out)
{
    size_t count = count_first(first, n);
    bool enough = n >= STATS_POSITION_LEAST && count * 4 >= n && (n - count) * 4 >= n;
    double effect = enough ? stats_position_effect(d, first, n) : 0;
    for (size_t i = 0; i < n; i++) {
        out[i] = first[i] ? d[i] - effect : d[i] + effect;
    }
    if (!enough) {
        return false;
    }
    double centre = stats_median(out, n);
    double widen = sqrt((double)(n - 1) / (double)(n - 2));
    for (size_t i = 0; i < n; i++) {
        out[i] = centre + (out[i] - centre) * widen;
    }
    return true;
}
