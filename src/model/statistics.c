#include "model/statistics.h"

#include <assert.h>

const double result_percentiles[RESULT_PERCENTILES] = {1,  5,  10, 25,   50,   75,
                                                       90, 95, 99, 99.5, 99.9, 99.99};

static const char *const names[RESULT_PERCENTILES] = {"p1",  "p5",  "p10", "p25",  "p50",  "p75",
                                                      "p90", "p95", "p99", "p995", "p999", "p9999"};

const char *result_percentile_name(size_t index)
{
    assert(index < RESULT_PERCENTILES);
    return names[index];
}
