/* Histograms of other recorders: HdrHistogram's V2 encoding with any precision, unit and range.
 * Private to foreign. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "base/units.h"
#include "hist/hist.h"

/* Adds what the base64 text of a compressed V2 histogram holds. `unit`: the nanoseconds that its
 * values count. Values land in the middle of the bucket that they came from, so that percentiles
 * are as coarse as those of the histogram itself. ERROR_USAGE. */
bool hdr_add(struct str text, nsec unit, struct hist *into, struct error *err);
