/* Results of other programs: their files in, results of ours out, marked with where they come from.
 *
 * What a file does not say stays unknown: nothing is made up, and no verdict is given. Which
 * formats there are, and which units are taken for granted, is in docs/FORMATS.md ("Imports").
 * Never trusts a file. Pure. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "base/units.h"
#include "model/result.h"

struct foreign_source {
    const char *name;  /* of the file, as a reader knows it */
    const char *label; /* of the arm; NULL: the engine, if the file names one, else "server" */
    nsec changed;      /* when it was changed last, since 1970: its date, if it tells none */
    nsec unit;         /* what the latencies of an HdrHistogram file count; 0: as is usual there */
};

/* Finds out which format it is, and reads it. `result` is initialised by the call and must be
 * released on success only. ERROR_USAGE: none of them, or a broken one. */
bool foreign_read(struct str text, const struct foreign_source *source, struct result *result,
                  struct error *err);
