/* Statements of SQLite with fewer words: values in, rows out, and one sentence when something
 * fails. Private to store. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

/* Sets the sentence for the latest failure on `db`: which store, what was done, and why not.
 * ERROR_SYSTEM. Returns false. */
bool sql_fail(sqlite3 *db, const char *doing, struct error *err);

/* Runs statements without values and without rows. */
bool sql_exec(sqlite3 *db, const char *text, struct error *err);

/* Compiles one statement and binds its values, whose types are said by a letter each: i int64_t,
 * t const char * (NULL: null), b struct str (bytes). Texts and bytes must live until the statement
 * has ended. NULL on failure. Ends with sqlite3_finalize. */
sqlite3_stmt *sql_prepare(sqlite3 *db, struct error *err, const char *text, const char *types, ...);

/* The next row. False at the end and on failure, when `*failed` is set. */
bool sql_next(sqlite3_stmt *statement, bool *failed, struct error *err);

/* One statement without rows. */
bool sql_run(sqlite3 *db, struct error *err, const char *text, const char *types, ...);

/* Ends a statement whose first row's first column is a number: `*out`, untouched when there is no
 * row. `statement` may be NULL, after a failure. */
bool sql_number(sqlite3_stmt *statement, int64_t *out, struct error *err);

/* Everything between begin and end happens, or nothing of it. `done` false takes it back. */
bool sql_begin(sqlite3 *db, struct error *err);
bool sql_end(sqlite3 *db, bool done, struct error *err);

/* Views that live until the next row. */
struct str sql_text(sqlite3_stmt *statement, int column);
struct str sql_bytes(sqlite3_stmt *statement, int column);
