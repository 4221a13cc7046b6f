/* The tables of a store, and how those of earlier versions become those of this one. Private to
 * store.
 *
 * The truth is in the columns `document`: the JSON of a part of the result file (docs/FORMATS.md)
 * without what has a table of its own. All other columns of figures are read off the document by
 * SQLite itself (generated columns), so that they can never say something else. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* "tenb": tells a store from other databases. */
enum { SCHEMA_APPLICATION = 0x74656e62 };

/* steps[i] makes version i + 1 of version i; version 0 is an empty database. */
struct schema_step {
    const char *const *statements; /* NULL-terminated */
};
extern const struct schema_step schema_steps[];
extern const size_t schema_step_count;

/* Brings the database to the version that the steps lead to, in one transaction: after a failure it
 * is as it was. ERROR_USAGE: it is of a later version, or of another program. */
bool schema_migrate(sqlite3 *db, const struct schema_step *steps, size_t count, struct error *err);
