/* Dates of results: ISO 8601, UTC, milliseconds ("2026-11-23T03:40:05.123Z"), from and to
 * nanoseconds since 1970. os/clock.h formats dates for everyone else; the model may not use os.
 * Days are counted as in Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013). Pure. */
#pragma once

#include <stdbool.h>

#include "base/str.h"
#include "base/units.h"

/* Fractions of a millisecond are cut off. Returns `text`. */
const char *wall_time_format(nsec wall, char text[UNITS_TEXT_SIZE]);
/* Reads that form, also without the milliseconds, years 1970 to 2500. On failure `out` is
 * untouched. */
bool wall_time_read(struct str text, nsec *out);
