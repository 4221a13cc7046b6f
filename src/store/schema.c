#include "store/schema.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/sql.h"

/* A column that is a member of the document. */
#define MEMBER(name, type, path) name " " type " AS (json_extract(document, '$." path "')) VIRTUAL,"

static const char *const version_1[] = {
    "CREATE TABLE results ("
    " number INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL UNIQUE,"
    " state TEXT NOT NULL CHECK (state IN ('measuring', 'complete')),"
    " writer TEXT,"              /* the process that measures it */
    " touched INTEGER NOT NULL," /* milliseconds since 1970: when it was written last */
    MEMBER("created", "TEXT", "created") MEMBER("kind", "TEXT", "kind")
        MEMBER("tenbin_version", "TEXT", "tenbin.version") MEMBER("seed", "INTEGER", "seed") MEMBER(
            "interrupted", "INTEGER", "interrupted") MEMBER("origin", "TEXT", "origin.format")
            MEMBER("contract", "TEXT", "contract.status") MEMBER("verdict", "TEXT", "verdict.text")
                MEMBER("exit_code", "INTEGER", "verdict.exit_code") " document TEXT NOT NULL);",
    "CREATE INDEX results_by_date ON results (created);",

    "CREATE TABLE environments ("
    " result INTEGER PRIMARY KEY REFERENCES results ON DELETE CASCADE," MEMBER(
        "host", "TEXT", "host") MEMBER("kernel", "TEXT", "kernel")
        MEMBER("cpu_model", "TEXT", "cpu_model") MEMBER("cpus", "INTEGER", "cpus")
            MEMBER("memory_bytes", "INTEGER", "memory_bytes") " document TEXT NOT NULL);",

    "CREATE TABLE arms ("
    " result INTEGER NOT NULL REFERENCES results ON DELETE CASCADE,"
    " position INTEGER NOT NULL," MEMBER("label", "TEXT", "label")
        MEMBER("engine", "TEXT", "engine") MEMBER("engine_version", "TEXT", "engine_version")
            MEMBER("target", "TEXT",
                   "target") " document TEXT NOT NULL,"
                             " PRIMARY KEY (result, position)) WITHOUT ROWID;"

                             "CREATE TABLE cells ("
                             " number INTEGER PRIMARY KEY,"
                             " result INTEGER NOT NULL REFERENCES results ON DELETE CASCADE,"
                             " position INTEGER NOT NULL," MEMBER("name", "TEXT", "name")
                                 MEMBER("clients", "INTEGER", "parameters.clients")
                                     MEMBER("threads", "INTEGER", "parameters.threads") MEMBER(
                                         "pipeline", "INTEGER", "parameters.pipeline")
                                         MEMBER("load", "TEXT",
                                                "parameters.load") " document TEXT NOT NULL,"
                                                                   " UNIQUE (result, position));",

    "CREATE TABLE comparisons ("
    " cell INTEGER NOT NULL REFERENCES cells ON DELETE CASCADE,"
    " position INTEGER NOT NULL," MEMBER("baseline", "TEXT", "baseline") MEMBER(
        "arm", "TEXT",
        "arm") MEMBER("metric", "TEXT", "metric") MEMBER("load", "TEXT",
                                                         "load") MEMBER("n", "INTEGER",
                                                                        "n") MEMBER("ratio", "REAL",
                                                                                    "ratio")
        MEMBER("low", "REAL", "low") MEMBER("high", "REAL", "high") MEMBER(
            "verdict",
            "TEXT",
            "verdict") " document TEXT NOT NULL,"
                       " PRIMARY KEY (cell, position)) WITHOUT ROWID;"

                       "CREATE TABLE runs ("
                       " number INTEGER PRIMARY KEY,"
                       " cell INTEGER NOT NULL REFERENCES cells ON DELETE CASCADE,"
                       " position INTEGER NOT NULL," MEMBER("arm", "TEXT", "arm") MEMBER(
                           "load",
                           "TEXT",
                           "load") MEMBER("pair", "INTEGER", "pair")
                           MEMBER("block", "INTEGER", "block") MEMBER(
                               "attempt",
                               "INTEGER",
                               "attempt") MEMBER("host", "TEXT", "host")
                               MEMBER("started", "TEXT", "started") MEMBER(
                                   "valid", "INTEGER",
                                   "valid") MEMBER("partial", "INTEGER", "partial")
                                   MEMBER("measured_seconds", "REAL", "measured_seconds") MEMBER(
                                       "operations",
                                       "INTEGER",
                                       "operations") MEMBER("ops_per_second", "REAL",
                                                            "ops_per_second")
                                       MEMBER("hits", "INTEGER", "hits") MEMBER(
                                           "misses",
                                           "INTEGER",
                                           "misses") MEMBER("server_cpu_seconds", "REAL",
                                                            "server_cpu_seconds")
                                           MEMBER("client_busy", "REAL",
                                                  "client_busy") MEMBER("latency_mean", "REAL",
                                                                        "latency.mean")
                                               MEMBER("latency_p50", "INTEGER", "latency.p50")
                                                   MEMBER("latency_p99", "INTEGER", "latency.p99")
                                                       MEMBER("latency_p999", "INTEGER",
                                                              "latency.p999")
                                                           MEMBER("latency_max", "INTEGER",
                                                                  "latency.max") " document TEXT "
                                                                                 "NOT NULL,"
                                                                                 " UNIQUE (cell, "
                                                                                 "position));",

    /* `place`: where in the run's document the member "histogram" belongs. `data`: HdrHistogram's
     * compressed V2 encoding. */
    "CREATE TABLE histograms ("
    " run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,"
    " place TEXT NOT NULL,"
    " data BLOB NOT NULL,"
    " PRIMARY KEY (run, place)) WITHOUT ROWID;"

    "CREATE TABLE windows ("
    " run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,"
    " position INTEGER NOT NULL," MEMBER("t", "REAL", "t") MEMBER("seconds", "REAL", "seconds")
        MEMBER("started", "TEXT", "started") MEMBER("operations", "INTEGER", "operations") MEMBER(
            "errors", "INTEGER", "errors") MEMBER("p50", "INTEGER", "p50")
            MEMBER("p99", "INTEGER", "p99") MEMBER("p999", "INTEGER", "p999") MEMBER(
                "max", "INTEGER",
                "max") " document TEXT NOT NULL,"
                       " PRIMARY KEY (run, position)) WITHOUT ROWID;"

                       "CREATE TABLE samples ("
                       " run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,"
                       " position INTEGER NOT NULL," MEMBER("t", "REAL", "t")
                           MEMBER("source", "TEXT", "source") MEMBER(
                               "node", "TEXT",
                               "node") " document TEXT NOT NULL,"
                                       " PRIMARY KEY (run, position)) WITHOUT ROWID;"

                                       /* Of a run, or (`run` is null) of the whole. */
                                       "CREATE TABLE findings ("
                                       " number INTEGER PRIMARY KEY,"
                                       " result INTEGER NOT NULL REFERENCES results ON DELETE "
                                       "CASCADE,"
                                       " run INTEGER REFERENCES runs ON DELETE CASCADE,"
                                       " position INTEGER NOT NULL," MEMBER("code", "TEXT", "code")
                                           MEMBER("severity", "TEXT", "severity") MEMBER(
                                               "text", "TEXT", "text") " document TEXT NOT NULL);",
    "CREATE INDEX findings_by_result ON findings (result, run);",
    "CREATE INDEX findings_by_run ON findings (run);",
    NULL,
};

const struct schema_step schema_steps[] = {{version_1}};
const size_t schema_step_count = sizeof schema_steps / sizeof schema_steps[0];

static bool refuse(sqlite3 *db, const char *why, struct error *err)
{
    return error_set(err, ERROR_USAGE, "store %s: %s", sqlite3_db_filename(db, "main"), why);
}

/* Is it ours, and of a version that can be read? */
static bool check_kind(sqlite3 *db, int64_t version, size_t known, struct error *err)
{
    int64_t application = 0;
    int64_t tables = 0;
    if (!sql_number(sql_prepare(db, err, "PRAGMA application_id", ""), &application, err) ||
        !sql_number(sql_prepare(db, err, "SELECT count(*) FROM sqlite_schema", ""), &tables, err)) {
        return false;
    }
    bool is_empty = application == 0 && tables == 0 && version == 0;
    if (application != SCHEMA_APPLICATION && !is_empty) {
        return refuse(db, "it is a database of another program", err);
    }
    if (version < 0 || version > (int64_t)known) {
        char why[ERROR_TEXT_SIZE];
        (void)snprintf(why, sizeof why,
                       "it has version %" PRId64 ", and this tenbin knows up to %zu: use the "
                       "tenbin that wrote it, or name another file with --store",
                       version, known);
        return refuse(db, why, err);
    }
    return true;
}

/* Inside a transaction. */
static bool take_steps(sqlite3 *db, const struct schema_step *steps, size_t count,
                       struct error *err)
{
    int64_t version = 0;
    char pragma[64];
    /* Another process may have taken them meanwhile. */
    if (!sql_number(sql_prepare(db, err, "PRAGMA user_version", ""), &version, err) ||
        !check_kind(db, version, count, err)) {
        return false;
    }
    for (size_t i = (size_t)version; i < count; i++) {
        for (const char *const *at = steps[i].statements; *at != NULL; at++) {
            if (!sql_exec(db, *at, err)) {
                return error_prefix(err, "bring it from version %zu to %zu", i, i + 1);
            }
        }
    }
    (void)snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d; PRAGMA user_version = %zu",
                   SCHEMA_APPLICATION, count);
    return sql_exec(db, pragma, err);
}

bool schema_migrate(sqlite3 *db, const struct schema_step *steps, size_t count, struct error *err)
{
    int64_t version = 0;
    if (!sql_number(sql_prepare(db, err, "PRAGMA user_version", ""), &version, err) ||
        !check_kind(db, version, count, err)) {
        return false;
    }
    if ((size_t)version == count) {
        return true;
    }
    return sql_begin(db, err) && sql_end(db, take_steps(db, steps, count, err), err);
}
