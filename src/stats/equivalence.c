#include "stats/equivalence.h"

#include <assert.h>
#include <math.h>

#include "base/mem.h"
#include "stats/rank.h"

/* The p-value of "the centre of d is not above -margin". stats_signed_rank_one_sided asks the
 * opposite, so the differences are turned over. */
static double not_above(const double *d, size_t n, double sign, double margin)
{
    double *turned = mem_alloc_array(n, sizeof *turned);
    for (size_t i = 0; i < n; i++) {
        turned[i] = -sign * d[i];
    }
    double p = stats_signed_rank_one_sided(turned, n, -margin);
    mem_free(turned);
    return p;
}

void stats_equivalence(const double *d, size_t n, double margin, double level,
                       struct equivalence *out)
{
    assert(n > 0 && margin > 0 && level > 0 && level < 0.5);
    struct signed_rank rank;
    stats_signed_rank(d, n, 1 - 2 * level, &rank);
    out->p_low = not_above(d, n, 1, margin);
    out->p_high = not_above(d, n, -1, margin);
    out->p_value = fmax(out->p_low, out->p_high);
    out->least_margin = fmax(fabs(rank.low), fabs(rank.high));
}
