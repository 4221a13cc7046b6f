#include "store/sql.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>

bool sql_fail(sqlite3 *db, const char *doing, struct error *err)
{
    const char *path = sqlite3_db_filename(db, "main");
    int code = sqlite3_errcode(db);
    const char *why = sqlite3_errmsg(db);
    int number = sqlite3_system_errno(db);
    path = path == NULL || path[0] == '\0' ? "in memory" : path;
    if ((code == SQLITE_CANTOPEN || code == SQLITE_IOERR) && number != 0) {
        return error_set_errno(err, ERROR_SYSTEM, number, "store %s: %s", path, doing);
    }
    if (code == SQLITE_BUSY) {
        why = "another process keeps it locked";
    } else if (code == SQLITE_NOTADB) {
        why = "it is no database";
    }
    return error_set(err, ERROR_SYSTEM, "store %s: %s: %s", path, doing, why);
}

bool sql_exec(sqlite3 *db, const char *text, struct error *err)
{
    return sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK || sql_fail(db, "write", err);
}

static int bind(sqlite3_stmt *statement, int place, char type, va_list *args)
{
    const char *text;
    struct str bytes;
    switch (type) {
    case 'i':
        return sqlite3_bind_int64(statement, place, va_arg(*args, int64_t));
    case 't':
        text = va_arg(*args, const char *);
        return sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
    case 'b':
        bytes = va_arg(*args, struct str);
        return sqlite3_bind_blob64(statement, place, bytes.len == 0 ? "" : bytes.data, bytes.len,
                                   SQLITE_STATIC);
    default:
        assert(false && "a letter of sql_prepare");
        return SQLITE_MISUSE;
    }
}

static sqlite3_stmt *prepare(sqlite3 *db, struct error *err, const char *text, const char *types,
                             va_list *args)
{
    sqlite3_stmt *statement = NULL;
    int status = sqlite3_prepare_v2(db, text, -1, &statement, NULL);
    for (int i = 0; status == SQLITE_OK && types[i] != '\0'; i++) {
        status = bind(statement, i + 1, types[i], args);
    }
    if (status != SQLITE_OK) {
        (void)sql_fail(db, "prepare", err);
        (void)sqlite3_finalize(statement);
        return NULL;
    }
    return statement;
}

sqlite3_stmt *sql_prepare(sqlite3 *db, struct error *err, const char *text, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    sqlite3_stmt *statement = prepare(db, err, text, types, &args);
    va_end(args);
    return statement;
}

bool sql_next(sqlite3_stmt *statement, bool *failed, struct error *err)
{
    int status = statement == NULL ? SQLITE_MISUSE : sqlite3_step(statement);
    if (status == SQLITE_ROW) {
        return true;
    }
    if (status != SQLITE_DONE) {
        *failed = true;
        if (statement != NULL) {
            sqlite3 *db = sqlite3_db_handle(statement);
            (void)sql_fail(db, sqlite3_stmt_readonly(statement) ? "read" : "write", err);
        }
    }
    return false;
}

bool sql_run(sqlite3 *db, struct error *err, const char *text, const char *types, ...)
{
    bool failed = false;
    va_list args;
    va_start(args, types);
    sqlite3_stmt *statement = prepare(db, err, text, types, &args);
    va_end(args);
    while (sql_next(statement, &failed, err)) {
    }
    (void)sqlite3_finalize(statement);
    return !failed;
}

bool sql_number(sqlite3_stmt *statement, int64_t *out, struct error *err)
{
    bool failed = false;
    if (sql_next(statement, &failed, err)) {
        *out = sqlite3_column_int64(statement, 0);
    }
    /* To the end, because what a statement changes counts only then. */
    while (!failed && sql_next(statement, &failed, err)) {
    }
    (void)sqlite3_finalize(statement);
    return !failed;
}

bool sql_begin(sqlite3 *db, struct error *err)
{
    return sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK ||
           sql_fail(db, "begin to write", err);
}

bool sql_end(sqlite3 *db, bool done, struct error *err)
{
    if (done && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK) {
        return true;
    }
    if (done) {
        (void)sql_fail(db, "write", err);
    }
    /* Some failures have rolled it back already. */
    if (sqlite3_get_autocommit(db) == 0) {
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    }
    return false;
}

struct str sql_text(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    return (struct str){(const char *)text, (size_t)sqlite3_column_bytes(statement, column)};
}

struct str sql_bytes(sqlite3_stmt *statement, int column)
{
    const void *bytes = sqlite3_column_blob(statement, column);
    return (struct str){bytes, (size_t)sqlite3_column_bytes(statement, column)};
}
