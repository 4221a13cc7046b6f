/* Results made up for tests: no clock, no chance. */
#pragma once

#include "model/result.h"

/* What one run is to show. Latencies are exact up to 2047 ns, else to three digits. */
struct sample_figures {
    uint64_t operations; /* in one second */
    uint64_t p50, p99, p999, max;
    double cpu; /* server CPU seconds per operation; < 0: unknown */
};

/* 100,000 operations; 200, 400, 800 and 1600 ns; 8 us of CPU. */
extern const struct sample_figures sample_usual;

/* A comparison (of one cell, six pairs asked for) of the first `arms` of: redis 7.0.15,
 * valkey 8.0.1, "next" (valkey 9.1.0). No runs yet; release with result_release. */
void sample_init(struct result *result, uint32_t arms);

/* Adds a valid run. The pointer lives until the next one is added. */
struct result_run *sample_run(struct result *result, uint32_t arm, uint32_t pair,
                              const struct sample_figures *figures);

/* Adds `pairs` pairs of runs of arm 0 and `arm`; in pair i the metric of `arm` is ratios[i] times
 * the usual one, everything else is usual in both. `ratios` has `pairs` elements. */
void sample_pairs(struct result *result, uint32_t arm, enum metric metric, const double *ratios,
                  uint32_t pairs);

/* Makes it the result of a suite with `count` cells of these names, without runs. */
void sample_cells(struct result *result, const char *const *names, size_t count);
/* sample_pairs for a cell of a suite: throughput is ratios[i] times the usual one in pair i. */
void sample_cell_pairs(struct result *result, size_t cell, const double *ratios, uint32_t pairs);
