/* What a suite is about to do, in words: cells, evidence, time, and what it will not be able to
 * tell. */
#pragma once

#include "base/buf.h"
#include "model/spec.h"
#include "run/budget.h"

/* "6 pairs of 1.0 s per target and cell, after 120 ms of warm-up, in slices of 250 ms" */
void outlook_add_design(const struct design_spec *design, struct buf *out);
/* All of it, a line for each thing; `lists` the cells too. */
void outlook_add(const struct spec *spec, const struct budget_cost *cost,
                 const struct design_spec *design, struct buf *out);
/* A line for each cell: its name and what it does. */
void outlook_add_cells(const struct spec *spec, struct buf *out);
