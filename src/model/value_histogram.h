/* Sizes of values as they were seen somewhere: a text with a size and how often on each line. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "model/spec.h"

/* Reads lines of SIZE and COUNT, separated by blanks, a comma or a colon, in any order; what
 * follows
 * '#' is a comment. More than SPEC_MAX_VALUE_CHOICES sizes are put together with their neighbours,
 * at the mean of each group, so that the mean of all stays what it is. `name` is the file's, for
 * ERROR_USAGE with the line. */
bool value_histogram_read(const char *name, struct str text, struct workload_spec *out,
                          struct error *err);
