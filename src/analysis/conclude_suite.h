/* The verdict of a suite in words. Private to analysis. */
#pragma once

#include "base/buf.h"
#include "model/result.h"

/* Appends a paragraph for each compared arm: means over cells, how many cells have which verdict,
 * which ones are worse, and gates that failed. */
void conclude_suite(struct buf *out, const struct result *result);
/* "valkey 8.0.1"; "new (valkey 8.0.1)" when the label does not name the engine. */
void conclude_add_name(struct buf *out, const struct result_arm *arm);
