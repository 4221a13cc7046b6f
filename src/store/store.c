#include "store/store.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "model/result_json.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/proc.h"
#include "os/system.h"
#include "store/parts.h"
#include "store/schema.h"
#include "store/sql.h"

enum {
    PATIENCE_MS = 10000, /* for another process that writes */
    RETRY_MS = 20,
};

struct store {
    sqlite3 *db;
    char *self; /* this process, as in the column `writer` */
};

/* ---- opening ---- */

bool store_default_path(char *path, size_t size, struct error *err)
{
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    int len;
    if (data != NULL && data[0] == '/') {
        len = snprintf(path, size, "%s/tenbin/results.db", data);
    } else if (home != NULL && home[0] == '/') {
        len = snprintf(path, size, "%s/.local/share/tenbin/results.db", home);
    } else {
        return error_set(err, ERROR_USAGE,
                         "HOME is not set, so there is no place for the store of results: name a "
                         "file with --store, or write --store none");
    }
    return (size_t)len < size || error_set(err, ERROR_USAGE, "the path of the store is too long");
}

/* "host pid start": the same for as long as the process lives, and never again. */
static char *describe_self(void)
{
    struct system_facts facts;
    struct buf text = {0};
    uint64_t started = 0;
    system_read("", &facts);
    (void)proc_start_time(getpid(), &started);
    (void)buf_addf(&text, "%s %ld %" PRIu64, facts.hostname, (long)getpid(), started);
    char *self = mem_copy_text(buf_text(&text), text.len);
    buf_release(&text);
    return self;
}

/* Several processes that open a new store at once keep each other from it for a moment, which
 * SQLite does not always wait for. */
static bool use_write_ahead_log(sqlite3 *db, struct error *err)
{
    for (int waited = 0;; waited += RETRY_MS) {
        int status = sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if (status == SQLITE_OK || status == SQLITE_READONLY) {
            return true;
        }
        if (status != SQLITE_BUSY || waited >= PATIENCE_MS) {
            return sql_fail(db, "open", err);
        }
        clock_sleep(RETRY_MS * NSEC_PER_MSEC);
    }
}

static bool prepare(sqlite3 *db, enum store_mode mode, struct error *err)
{
    (void)sqlite3_busy_timeout(db, PATIENCE_MS);
    (void)sqlite3_extended_result_codes(db, 0);
    if (!use_write_ahead_log(db, err) ||
        !sql_exec(db, "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL", err) ||
        !schema_migrate(db, schema_steps, schema_step_count, err)) {
        return false;
    }
    /* Can it be written? Better known now than after an hour. */
    if (mode == STORE_WRITE && !sql_begin(db, err)) {
        return false;
    }
    (void)sql_end(db, false, NULL);
    return true;
}

bool store_open(const char *path, enum store_mode mode, struct store **out, struct error *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    sqlite3 *db = NULL;
    if (mode == STORE_WRITE) {
        flags |= SQLITE_OPEN_CREATE;
        if (!file_make_parents(path, err)) {
            return error_prefix(err, "store");
        }
    } else if (access(path, F_OK) != 0) {
        path = ":memory:";
    }
    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK) {
        int number = sqlite3_system_errno(db);
        (void)(number == 0 ? error_set(err, ERROR_USAGE, "store %s: %s", path, sqlite3_errmsg(db))
                           : error_set_errno(err, ERROR_USAGE, number, "store %s: open", path));
    } else if (prepare(db, mode, err)) {
        *out = mem_alloc(sizeof **out);
        **out = (struct store){.db = db, .self = describe_self()};
        return true;
    }
    (void)sqlite3_close(db);
    return false;
}

void store_close(struct store *store)
{
    if (store != NULL) {
        (void)sqlite3_close(store->db);
        mem_free(store->self);
        mem_free(store);
    }
}

/* ---- writing ---- */

static int64_t now_ms(void)
{
    return (int64_t)(clock_wall() / NSEC_PER_MSEC);
}

static json_t *parse(struct str text, struct error *err)
{
    json_error_t where;
    json_t *top = json_loadb(text.data, text.len, 0, &where);
    if (top == NULL || !json_is_string(json_object_get(top, "id"))) {
        (void)error_set(err, ERROR_USAGE, "not a result file: %s",
                        top == NULL ? where.text : "it has no id");
        json_decref(top);
        return NULL;
    }
    return top;
}

/* The result's row, made if there is none. One that was complete may be gone on with. */
static bool touch(struct store *store, const json_t *top, int64_t *number, struct error *err)
{
    return sql_number(
        sql_prepare(store->db, err,
                    "INSERT INTO results (id, state, writer, touched, document) "
                    "VALUES (?1, 'measuring', ?2, ?3, '{}') ON CONFLICT (id) DO UPDATE SET "
                    "state = 'measuring', writer = ?2, touched = ?3 RETURNING number",
                    "tti", json_string_value(json_object_get(top, "id")), store->self, now_ms()),
        number, err);
}

static bool write_document(struct store *store, int64_t number, const json_t *top,
                           struct error *err)
{
    struct buf text = {0};
    parts_dump(top, &text);
    bool done = sql_run(store->db, err, "UPDATE results SET document = ? WHERE number = ?", "ti",
                        buf_text(&text), number);
    buf_release(&text);
    return done;
}

/* Inside a transaction. */
static bool write_part(struct store *store, const struct store_part *part, struct error *err)
{
    struct parts_place place = {
        .cell = part->cell,
        .run = part->run,
        .window = (int64_t)part->window,
        .sample = (int64_t)part->sample,
    };
    json_t *top = parse(part->text, err);
    bool done = top != NULL && touch(store, top, &place.result, err) &&
                parts_write(store->db, &place, top, err) &&
                write_document(store, place.result, top, err);
    json_decref(top);
    return done;
}

static bool write_parts(struct store *store, const struct store_part *parts, size_t count,
                        struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!write_part(store, &parts[i], err)) {
            return false;
        }
    }
    return true;
}

bool store_save_parts(struct store *store, const struct store_part *parts, size_t count,
                      struct error *err)
{
    return sql_begin(store->db, err) &&
           sql_end(store->db, write_parts(store, parts, count, err), err);
}

/* Inside a transaction. */
static bool write_whole(struct store *store, json_t *top, struct error *err)
{
    struct parts_place place = {0};
    return touch(store, top, &place.result, err) &&
           sql_run(store->db, err, "DELETE FROM cells WHERE result = ?", "i", place.result) &&
           sql_run(store->db, err, "DELETE FROM arms WHERE result = ?", "i", place.result) &&
           parts_write(store->db, &place, top, err) &&
           write_document(store, place.result, top, err) &&
           sql_run(store->db, err,
                   "UPDATE results SET state = 'complete', writer = NULL WHERE number = ?", "i",
                   place.result);
}

bool store_save(struct store *store, const struct result *result, struct error *err)
{
    struct buf text = {0};
    result_json_write(result, &text);
    json_t *top = parse(buf_str(&text), err);
    buf_release(&text);
    bool done = top != NULL && sql_begin(store->db, err) &&
                sql_end(store->db, write_whole(store, top, err), err);
    json_decref(top);
    return done;
}

/* ---- reading ---- */

static const char *const states[] = {
    [STORE_COMPLETE] = "complete",
    [STORE_MEASURING] = "measuring",
    [STORE_BROKEN_OFF] = "broken-off",
};

const char *store_state_name(enum store_state state)
{
    return states[state];
}

/* Does the process that `writer` names still live? One on another host cannot be asked: a result
 * that it has not touched for an hour is taken to be left. */
static bool is_alive(const struct store *store, struct str writer, int64_t touched)
{
    enum { LONG_MS = 3600 * 1000 };
    struct str rest = writer;
    struct str self = str_from(store->self);
    struct str host = str_split(&rest, ' ');
    struct str pid = str_split(&rest, ' ');
    uint64_t number = 0;
    uint64_t started = 0;
    uint64_t found = 0;
    if (!str_eq(host, str_split(&self, ' '))) {
        return touched > now_ms() - LONG_MS;
    }
    return str_to_u64(pid, &number) && str_to_u64(rest, &started) &&
           proc_start_time((pid_t)number, &found) && found == started;
}

/* Columns: state, writer, touched, from `first` on. */
static enum store_state read_state(const struct store *store, sqlite3_stmt *row, int first)
{
    if (!str_eq(sql_text(row, first), STR("measuring"))) {
        return STORE_COMPLETE;
    }
    return is_alive(store, sql_text(row, first + 1), sqlite3_column_int64(row, first + 2))
               ? STORE_MEASURING
               : STORE_BROKEN_OFF;
}

/* One that a process writes would come back, without what is gone. */
static bool is_at_work(struct store *store, const char *id, bool *failed, struct error *err)
{
    sqlite3_stmt *row = sql_prepare(
        store->db, err, "SELECT state, writer, touched FROM results WHERE id = ?", "t", id);
    bool at_work = sql_next(row, failed, err) && read_state(store, row, 0) == STORE_MEASURING;
    (void)sqlite3_finalize(row);
    return at_work;
}

bool store_remove(struct store *store, const char *id, struct error *err)
{
    bool failed = false;
    if (is_at_work(store, id, &failed, err)) {
        return error_set(err, ERROR_USAGE, "result %s is being measured: stop that first", id);
    }
    return !failed && sql_run(store->db, err, "DELETE FROM results WHERE id = ?", "t", id);
}

static bool find_last(struct store *store, struct arena *arena, const char **id, struct error *err)
{
    bool failed = false;
    *id = NULL;
    sqlite3_stmt *rows = sql_prepare(
        store->db, err, "SELECT id FROM results ORDER BY created DESC, number DESC LIMIT 1", "");
    if (sql_next(rows, &failed, err)) {
        *id = arena_copy(arena, sql_text(rows, 0));
    }
    (void)sqlite3_finalize(rows);
    if (!failed && *id == NULL) {
        return error_set(err, ERROR_USAGE, "there is no result in the store yet");
    }
    return !failed;
}

bool store_find(struct store *store, const char *name, struct arena *arena, const char **id,
                struct error *err)
{
    bool failed = false;
    uint64_t count = 0;
    if (str_eq(str_from(name), STR("last"))) {
        return find_last(store, arena, id, err);
    }
    *id = NULL;
    sqlite3_stmt *rows = sql_prepare(store->db, err,
                                     "SELECT id FROM results WHERE substr(id, 1, length(?1)) = ?1 "
                                     "ORDER BY id <> ?1, created DESC LIMIT 2",
                                     "t", name);
    while (sql_next(rows, &failed, err)) {
        const char *found = arena_copy(arena, sql_text(rows, 0));
        *id = count++ == 0 ? found : *id;
    }
    (void)sqlite3_finalize(rows);
    if (failed) {
        return false;
    }
    if (count == 0 || name[0] == '\0') {
        return error_set(err, ERROR_USAGE,
                         "there is no result \"%s\"; tenbin list shows those that are there", name);
    }
    if (count > 1 && !str_eq(str_from(*id), str_from(name))) {
        return error_set(err, ERROR_USAGE, "several results begin with \"%s\"; write more of it",
                         name);
    }
    return true;
}

bool store_has(struct store *store, const char *id, bool *has, struct error *err)
{
    int64_t count = 0;
    if (!sql_number(
            sql_prepare(store->db, err, "SELECT count(*) FROM results WHERE id = ?", "t", id),
            &count, err)) {
        return false;
    }
    *has = count > 0;
    return true;
}

/* The whole as the text of a result file. */
static bool read_text(struct store *store, sqlite3_stmt *row, struct buf *text, struct error *err)
{
    const char *document = (const char *)sqlite3_column_text(row, 4);
    json_t *top = parts_read(store->db, sqlite3_column_int64(row, 0), document, err);
    if (top == NULL) {
        return false;
    }
    parts_dump(top, text);
    json_decref(top);
    return true;
}

bool store_load(struct store *store, const char *id, struct result *result, enum store_state *state,
                struct error *err)
{
    bool failed = false;
    bool done = false;
    struct buf text = {0};
    /* All tables as of one moment, although another process may write. */
    if (!sql_exec(store->db, "BEGIN", err)) {
        return false;
    }
    sqlite3_stmt *row = sql_prepare(store->db, err,
                                    "SELECT number, state, writer, touched, document FROM results "
                                    "WHERE id = ?",
                                    "t", id);
    if (sql_next(row, &failed, err)) {
        *state = read_state(store, row, 1);
        done = read_text(store, row, &text, err);
    } else if (!failed) {
        (void)error_set(err, ERROR_USAGE, "there is no result \"%s\"", id);
    }
    (void)sqlite3_finalize(row);
    (void)sql_end(store->db, false, NULL);
    if (done && !result_json_read(buf_str(&text), result, err)) {
        done = error_prefix(err, "result %s cannot be read", id);
    }
    buf_release(&text);
    return done;
}

/* ---- the list ---- */

/* The values of a column, in order, separated by commas. */
static const char *join(struct store *store, const char *select, int64_t result,
                        struct arena *arena, struct error *err)
{
    bool failed = false;
    struct buf text = {0};
    sqlite3_stmt *rows = sql_prepare(store->db, err, select, "i", result);
    while (sql_next(rows, &failed, err)) {
        (void)buf_add_text(&text, text.len > 0 ? ", " : "");
        (void)buf_add_str(&text, sql_text(rows, 0));
    }
    (void)sqlite3_finalize(rows);
    const char *joined = failed ? NULL : arena_copy(arena, buf_str(&text));
    buf_release(&text);
    return joined;
}

/* Verdicts: named by their metrics where they are few, else counted. */
static const char *sum_up_verdicts(struct store *store, int64_t result, struct arena *arena,
                                   struct error *err)
{
    static const char *const by_metric =
        "SELECT CASE WHEN count(*) <= 7 THEN group_concat(metric, ' ') ELSE count(*) END "
        "|| ' ' || verdict "
        "FROM (SELECT metric, verdict, comparisons.position, comparisons.cell FROM comparisons "
        "JOIN cells ON cells.number = cell WHERE result = ? "
        "ORDER BY cell, comparisons.position) GROUP BY verdict ORDER BY min(cell * 1000 + "
        "position)";
    return join(store, by_metric, result, arena, err);
}

/* The rate and the tail of the first run. */
static const char *sum_up_run(struct store *store, int64_t result, struct arena *arena,
                              struct error *err)
{
    bool failed = false;
    const char *text = "";
    char rate[UNITS_TEXT_SIZE];
    char p99[UNITS_TEXT_SIZE];
    sqlite3_stmt *rows = sql_prepare(store->db, err,
                                     "SELECT ops_per_second, latency_p99 FROM runs JOIN cells "
                                     "ON cells.number = cell WHERE result = ? "
                                     "AND ops_per_second IS NOT NULL AND latency_p99 IS NOT NULL "
                                     "ORDER BY cells.position, runs.position LIMIT 1",
                                     "i", result);
    if (sql_next(rows, &failed, err)) {
        text = arena_printf(
            arena, "%s ops/s, p99 %s",
            units_format_count((uint64_t)llround(sqlite3_column_double(rows, 0)), rate),
            units_format_latency(sqlite3_column_double(rows, 1), p99));
    }
    (void)sqlite3_finalize(rows);
    return failed ? NULL : text;
}

static bool fill_outcome(struct store *store, int64_t result, struct arena *arena,
                         struct store_entry *entry, struct error *err)
{
    enum { NOT_VALID = 4, INTERRUPTED = 130 };
    if (entry->state != STORE_COMPLETE) {
        entry->outcome = entry->state == STORE_MEASURING ? "being measured" : "broken off";
        return true;
    }
    bool compares = strcmp(entry->kind, "run") != 0;
    const char *verdicts = compares ? sum_up_verdicts(store, result, arena, err)
                                    : sum_up_run(store, result, arena, err);
    if (verdicts == NULL) {
        return false;
    }
    const char *broken = entry->exit_code == INTERRUPTED ? "interrupted"
                         : entry->exit_code == NOT_VALID ? "not valid"
                                                         : "";
    if (entry->origin != NULL) {
        broken = "imported";
    }
    const char *comma = broken[0] != '\0' && verdicts[0] != '\0' ? ": " : "";
    entry->outcome = arena_printf(arena, "%s%s%s", broken, comma, verdicts);
    return true;
}

static const char *copy_or_none(struct arena *arena, sqlite3_stmt *row, int column)
{
    struct str text = sql_text(row, column);
    return text.data == NULL ? NULL : arena_copy(arena, text);
}

/* Columns: number, state, writer, touched, id, created, kind, origin, verdict, exit_code. */
static bool fill_entry(struct store *store, sqlite3_stmt *row, struct arena *arena,
                       struct store_entry *entry, struct error *err)
{
    int64_t number = sqlite3_column_int64(row, 0);
    *entry = (struct store_entry){
        .state = read_state(store, row, 1),
        .id = arena_copy(arena, sql_text(row, 4)),
        .created = arena_copy(arena, sql_text(row, 5)),
        .kind = arena_copy(arena, sql_text(row, 6)),
        .origin = copy_or_none(arena, row, 7),
        .verdict = copy_or_none(arena, row, 8),
        .exit_code = sqlite3_column_int(row, 9),
    };
    entry->arms = join(store, "SELECT label FROM arms WHERE result = ? ORDER BY position", number,
                       arena, err);
    entry->cells = join(store, "SELECT name FROM cells WHERE result = ? ORDER BY position", number,
                        arena, err);
    return entry->arms != NULL && entry->cells != NULL &&
           fill_outcome(store, number, arena, entry, err);
}

static bool read_entries(struct store *store, uint64_t limit, struct arena *arena,
                         struct buf *entries, struct error *err)
{
    bool failed = false;
    int64_t most = limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
    sqlite3_stmt *rows =
        sql_prepare(store->db, err,
                    "SELECT number, state, writer, touched, id, created, kind, origin, verdict, "
                    "exit_code FROM results ORDER BY created DESC, number DESC LIMIT ?",
                    "i", most);
    while (!failed && sql_next(rows, &failed, err)) {
        struct store_entry entry;
        failed = !fill_entry(store, rows, arena, &entry, err);
        (void)buf_add(entries, &entry, sizeof entry);
    }
    (void)sqlite3_finalize(rows);
    return !failed;
}

bool store_list(struct store *store, uint64_t limit, struct arena *arena, struct store_entries *out,
                struct error *err)
{
    struct buf found = {0};
    bool done = sql_exec(store->db, "BEGIN", err) && read_entries(store, limit, arena, &found, err);
    (void)sql_end(store->db, false, NULL);
    if (done) {
        out->count = found.len / sizeof *out->items;
        out->items = arena_alloc_array(arena, out->count, sizeof *out->items);
        memcpy(out->items, found.len > 0 ? found.data : "", found.len);
    }
    buf_release(&found);
    return done;
}

/* ---- tidying up ---- */

static bool measure_size(struct store *store, uint64_t *bytes, struct error *err)
{
    int64_t pages = 0;
    int64_t size = 0;
    if (!sql_number(sql_prepare(store->db, err, "PRAGMA page_count", ""), &pages, err) ||
        !sql_number(sql_prepare(store->db, err, "PRAGMA page_size", ""), &size, err)) {
        return false;
    }
    *bytes = (uint64_t)pages * (uint64_t)size;
    return true;
}

/* Ids of results that nobody will finish. */
static bool find_left(struct store *store, nsec age, struct buf *ids, struct error *err)
{
    bool failed = false;
    sqlite3_stmt *rows = sql_prepare(store->db, err,
                                     "SELECT id, state, writer, touched FROM results "
                                     "WHERE state <> 'complete' AND touched <= ?",
                                     "i", now_ms() - (int64_t)(age / NSEC_PER_MSEC));
    while (sql_next(rows, &failed, err)) {
        if (read_state(store, rows, 1) == STORE_BROKEN_OFF) {
            (void)buf_add_str(ids, sql_text(rows, 0));
            (void)buf_add_char(ids, '\n');
        }
    }
    (void)sqlite3_finalize(rows);
    return !failed;
}

static bool remove_left(struct store *store, nsec age, uint64_t *removed, struct error *err)
{
    struct buf ids = {0};
    bool done = find_left(store, age, &ids, err);
    struct str rest = buf_str(&ids);
    while (done && rest.len > 0) {
        char id[256];
        struct str line = str_split(&rest, '\n');
        (void)snprintf(id, sizeof id, "%.*s", STR_ARG(line));
        done = store_remove(store, id, err);
        *removed += done;
    }
    buf_release(&ids);
    return done;
}

bool store_tidy(struct store *store, nsec age, struct store_tidied *out, struct error *err)
{
    *out = (struct store_tidied){0};
    return measure_size(store, &out->bytes_before, err) && sql_begin(store->db, err) &&
           sql_end(store->db, remove_left(store, age, &out->removed, err), err) &&
           sql_exec(store->db, "VACUUM", err) &&
           sql_exec(store->db, "PRAGMA wal_checkpoint(TRUNCATE)", err) &&
           measure_size(store, &out->bytes_after, err);
}
