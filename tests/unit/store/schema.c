#include "store/schema.h"

#include <sqlite3.h>
#include <stdio.h>

#include "store/sql.h"
#include "support/tap.h"

static int64_t ask(sqlite3 *db, const char *question)
{
    int64_t answer = -1;
    (void)sql_number(sql_prepare(db, NULL, question, ""), &answer, NULL);
    return answer;
}

static sqlite3 *new_db(void)
{
    sqlite3 *db = NULL;
    tap_check(sqlite3_open(":memory:", &db) == SQLITE_OK, "a database in memory");
    return db;
}

/* What later versions will be like: a table, a column more, and its values moved. */
static const char *const first[] = {"CREATE TABLE t (a)", "INSERT INTO t VALUES (1), (2)", NULL};
static const char *const second[] = {"ALTER TABLE t ADD COLUMN b", "UPDATE t SET b = a * 10", NULL};
static const char *const third[] = {"ALTER TABLE t DROP COLUMN a", NULL};
static const char *const broken[] = {"ALTER TABLE t ADD COLUMN c", "UPDATE missing SET a = 1",
                                     NULL};
static const struct schema_step steps[] = {{first}, {second}, {third}};

static void check_every_earlier_version(void)
{
    for (size_t from = 0; from <= 3; from++) {
        sqlite3 *db = new_db();
        struct error err = {0};
        tap_check(schema_migrate(db, steps, from, &err), "version %zu", from);
        tap_check(schema_migrate(db, steps, 3, &err), "brought to 3: %s", err.text);
        tap_int(ask(db, "PRAGMA user_version"), 3, "says so");
        tap_int(ask(db, "SELECT sum(b) FROM t"), 30, "and its rows are as they should be");
        tap_int(ask(db, "PRAGMA application_id"), SCHEMA_APPLICATION, "and it is ours");
        (void)sqlite3_close(db);
    }
}

static void check_failure(void)
{
    static const struct schema_step bad[] = {{first}, {second}, {broken}};
    sqlite3 *db = new_db();
    struct error err = {0};
    tap_check(schema_migrate(db, bad, 1, &err), "version 1");
    tap_check(!schema_migrate(db, bad, 3, &err), "a step that fails");
    tap_text(err.text,
             "bring it from version 2 to 3: store in memory: write: no such table: missing",
             "is told");
    tap_int(ask(db, "PRAGMA user_version"), 1, "and leaves the database at the version it had");
    tap_int(ask(db, "SELECT count(*) FROM pragma_table_info('t')"), 1, "with the columns it had");
    tap_check(schema_migrate(db, steps, 3, &err), "from where a later program goes on");
    tap_int(ask(db, "SELECT sum(b) FROM t"), 30, "with every row");
    (void)sqlite3_close(db);
}

static void check_refusals(void)
{
    sqlite3 *db = new_db();
    struct error err = {0};
    (void)schema_migrate(db, steps, 3, &err);
    tap_check(!schema_migrate(db, steps, 2, &err), "a later version is refused");
    tap_check(strstr(err.text, "it has version 3, and this tenbin knows up to 2") != NULL,
              "with a sentence: %s", err.text);
    tap_int(err.code, ERROR_USAGE, "that is the user's to act on");
    tap_int(ask(db, "SELECT sum(b) FROM t"), 30, "and untouched");
    (void)sqlite3_close(db);
    db = new_db();
    (void)sqlite3_exec(db, "CREATE TABLE other (x)", NULL, NULL, NULL);
    tap_check(!schema_migrate(db, steps, 3, &err), "another program's database is refused");
    tap_check(strstr(err.text, "it is a database of another program") != NULL, "with a sentence");
    tap_int(ask(db, "SELECT count(*) FROM sqlite_schema"), 1, "and untouched");
    (void)sqlite3_close(db);
}

static void check_this_version(void)
{
    sqlite3 *db = new_db();
    struct error err = {0};
    tap_check(schema_migrate(db, schema_steps, schema_step_count, &err), "this version: %s",
              err.text);
    tap_int(ask(db, "PRAGMA user_version"), (int64_t)schema_step_count, "is the last one");
    tap_int(ask(db,
                "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('results',"
                "'environments', 'arms', 'cells', 'comparisons', 'runs', 'histograms',"
                "'windows', 'samples', 'findings')"),
            10, "every table is there");
    (void)sqlite3_close(db);
}

int main(void)
{
    check_every_earlier_version();
    check_failure();
    check_refusals();
    check_this_version();
    return tap_end();
}
