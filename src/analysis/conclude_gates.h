/* What is said of gates that fail, or would have. Private to analysis. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "model/result.h"

/* Appends a sentence about the gate of a comparison that is worse. */
void conclude_gate(struct buf *out, const struct result *result,
                   const struct result_comparison *comparison);
/* Appends a sentence about the gate on a metric over all cells, if any of them fails it or would
 * have. */
void conclude_gate_of_cells(struct buf *out, const struct result *result, uint32_t arm,
                            enum metric metric);
