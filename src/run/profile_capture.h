/* A profile out of a capture of MONITOR: the mix is counted, keys and elements are counted apart,
 * sizes and times to live are those of what was written. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "run/profile.h"

struct profile_capture_report {
    uint64_t lines; /* with a command */
    uint64_t apart; /* of those: no part of a load */
    uint64_t bad;   /* lines that cannot be read... */
    uint64_t first_bad;
    char problem[ERROR_TEXT_SIZE]; /* ...and why the first one cannot */
};

/* `text` is the whole capture. Fills a zeroed profile; release it. Never fails: see the report. */
void profile_capture_read(struct str text, struct profile *profile,
                          struct profile_capture_report *report);
