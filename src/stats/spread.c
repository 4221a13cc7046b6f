#include "stats/spread.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

void spread_ratio(struct spread a, struct spread b, double confidence, double *low, double *high)
{
    assert(a.n >= 2 && b.n >= 2 && a.sd > 0 && b.sd > 0 && confidence > 0 && confidence < 1);
    double tail = (1 - confidence) / 2;
    double ratio = a.sd / b.sd;
    double freedom_a = (double)(a.n - 1);
    double freedom_b = (double)(b.n - 1);
    *low = ratio / sqrt(gsl_cdf_fdist_Qinv(tail, freedom_a, freedom_b));
    *high = ratio / sqrt(gsl_cdf_fdist_Pinv(tail, freedom_a, freedom_b));
}
