/* How much evidence a time budget buys: pairs, and measured time per pair, the same for every cell.
 * And what evidence can be expected to show. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "model/metric.h"
#include "model/spec.h"

/* What a suite costs beside measuring. */
struct budget_cost {
    uint32_t arms;
    uint32_t cells;
    nsec per_block; /* launching all servers, loading all data, connecting and checking all cells */
    nsec once;      /* before the first block */
};

/* The time that a suite takes with a design. */
nsec budget_total(const struct budget_cost *cost, const struct design_spec *design);
/* Fits pairs, measured time, warm-up and slice of the design into the budget. At least six pairs,
 * the fewest with an interval; runs of up to 3 s, then more pairs up to thirty; runs of four slices
 * and 100 ms at least. What the suite keeps stays. ERROR_USAGE: the budget is too short; the
 * sentence says what is needed. */
bool budget_choose(const struct budget_cost *cost, const struct suite_spec *wish,
                   struct design_spec *design, struct error *err);

/* The least evidence that a suite is made with. */
void budget_least(const struct suite_spec *wish, struct design_spec *design);

/* The cost before anything was measured: launching takes 300 ms per server, data is loaded at
 * 40 MiB/s, a cell takes 30 ms to connect and check, and 450 ms once for what the load generator
 * itself can do. `bytes`: of all data of one block. */
struct budget_cost budget_guess(uint32_t arms, uint32_t cells, uint64_t bytes);

/* How far paired log-ratios of a metric scatter (standard deviation) when a run has so much
 * measured time: the A/A comparisons of docs/METHODOLOGY.md, of which half of the variance is taken
 * to be the launch's and the rest to shrink with measured time. 0 for memory. */
double budget_noise(enum metric metric, nsec duration);
/* The half width of the interval that such noise and so many pairs lead to, as a fraction. INFINITY
 * with fewer than six pairs. */
double budget_half_width(enum metric metric, const struct design_spec *design);
/* The smallest difference that would be seen in 9 of 10 tries, as a fraction. */
double budget_detectable(enum metric metric, const struct design_spec *design);
