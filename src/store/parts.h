/* A result file taken apart into rows of the tables, and put together again. Private to store.
 *
 * What has a table of its own is taken out of the JSON: the environment, arms, cells, comparisons,
 * runs, findings, windows, samples of monitors, and every member "histogram" of a run, wherever it
 * is. The rest stays with the row as its document, so that members which a table does not know are
 * kept too. */
#pragma once

#include <jansson.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/* Where the parts belong: what is written may be one run of one cell, and of that the latest
 * windows and samples. All 0 for a whole result. */
struct parts_place {
    int64_t result; /* number of the row in `results`, which is there */
    int64_t cell;   /* positions of the first of each */
    int64_t run;
    int64_t window;
    int64_t sample;
};

/* Appends the text of a document as the tables hold it. */
void parts_dump(const json_t *document, struct buf *out);
/* Writes everything but the row in `results` and its document, to which `top` is reduced. Runs,
 * windows and samples that are there already are replaced, nothing is removed. Call it inside a
 * transaction. */
bool parts_write(sqlite3 *db, const struct parts_place *place, json_t *top, struct error *err);
/* The whole of a result from `document` and the tables; NULL on failure. */
json_t *parts_read(sqlite3 *db, int64_t result, const char *document, struct error *err);
