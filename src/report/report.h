/* Reports: a result in, text out. Reports format and never decide: verdicts are in the result.
 * A table with one file per form. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "model/result.h"

struct report_options {
    bool color;     /* ANSI colours */
    unsigned width; /* columns to fill; 0: 80 */
    bool is_stored; /* the result can be found again: say under which name */
};

struct report {
    const char *name; /* "terminal", "json" */
    /* Writes the whole report and flushes it. False: it could not be written (errno says why). */
    bool (*write)(const struct result *result, const struct report_options *options, FILE *out);
};

/* The report of that name, or NULL. */
const struct report *report_find(const char *name);
