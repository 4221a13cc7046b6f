#include "store/store.h"

#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/result_json.h"
#include "os/file.h"
#include "support/full_result.h"
#include "support/tap.h"

static char folder[256];
static char path[300];

static void text_of(const struct result *result, struct buf *out)
{
    buf_clear(out);
    result_json_write(result, out);
}

static struct store *open_store(enum store_mode mode)
{
    struct store *store = NULL;
    struct error err = {0};
    tap_check(store_open(path, mode, &store, &err), "the store opens: %s", err.text);
    return store;
}

/* Reads a result back as the text of its file. */
static enum store_state read_back(struct store *store, const char *id, struct buf *out)
{
    struct result result;
    struct error err = {0};
    enum store_state state = STORE_COMPLETE;
    buf_clear(out);
    if (tap_check(store_load(store, id, &result, &state, &err), "%s is read: %s", id, err.text)) {
        text_of(&result, out);
        result_release(&result);
    }
    return state;
}

static int64_t ask(const char *question)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    int64_t answer = -1;
    (void)sqlite3_open(path, &db);
    if (sqlite3_prepare_v2(db, question, -1, &row, NULL) == SQLITE_OK &&
        sqlite3_step(row) == SQLITE_ROW) {
        answer = sqlite3_column_int64(row, 0);
    }
    (void)sqlite3_finalize(row);
    (void)sqlite3_close(db);
    return answer;
}

static void check_round_trip(void)
{
    struct result result;
    struct buf before = {0};
    struct buf after = {0};
    struct error err = {0};
    full_result_init(&result);
    text_of(&result, &before);
    struct store *store = open_store(STORE_WRITE);
    tap_check(store_save(store, &result, &err), "a result is stored: %s", err.text);
    tap_int(read_back(store, result.id, &after), STORE_COMPLETE, "as a complete one");
    tap_check(str_eq(buf_str(&before), buf_str(&after)), "the same file comes out again");
    tap_check(store_save(store, &result, &err), "stored again");
    (void)read_back(store, result.id, &after);
    tap_check(str_eq(buf_str(&before), buf_str(&after)), "it is still the same");
    tap_int(ask("SELECT count(*) FROM results"), 1, "and there once");
    result_release(&result);
    buf_release(&before);
    buf_release(&after);
    store_close(store);
}

/* For results that are being measured (by this process): what a complete one comes to by
 * store_remove. */
static void complete_and_remove(const char *id)
{
    struct error err = {0};
    char statement[128];
    sqlite3 *db = NULL;
    (void)snprintf(statement, sizeof statement,
                   "UPDATE results SET state = 'complete' WHERE id = '%s'", id);
    (void)sqlite3_open(path, &db);
    (void)sqlite3_exec(db, statement, NULL, NULL, NULL);
    (void)sqlite3_close(db);
    struct store *store = open_store(STORE_READ);
    tap_check(store_remove(store, id, &err), "%s is removed: %s", id, err.text);
    store_close(store);
}

/* What the tables say of it, for whoever asks with SQL. */
static void check_tables(void)
{
    static const struct {
        const char *question;
        int64_t answer;
    } rows[] = {
        {"SELECT count(*) FROM arms WHERE label IN ('A', 'B')", 2},
        {"SELECT count(*) FROM environments WHERE host = 'scales' AND cpus = 2", 1},
        {"SELECT count(*) FROM cells WHERE name = 'default' AND clients = 50", 1},
        {"SELECT count(*) FROM runs", 2},
        {"SELECT operations FROM runs WHERE arm = 'A'", 5},
        {"SELECT latency_max FROM runs WHERE arm = 'A'", 5000000000000},
        {"SELECT count(*) FROM runs WHERE server_cpu_seconds IS NULL", 1},
        {"SELECT count(*) FROM windows WHERE p50 IN (1000, 1500)", 4},
        {"SELECT count(*) FROM comparisons WHERE metric = 'ops' AND ratio = 1.02", 1},
        {"SELECT count(*) FROM findings WHERE run IS NULL AND code = 'few-pairs'", 1},
        {"SELECT count(*) FROM findings WHERE run IS NOT NULL", 2},
        /* latency and three commands of both; the open loop's lag and service; three connects;
         * deliveries; four kinds of the clients' work */
        {"SELECT count(*) FROM histograms", 18},
        {"SELECT count(*) FROM histograms WHERE place = 'schedule/send_lag'", 1},
        {"SELECT count(*) FROM runs WHERE document LIKE '%histogram%'", 0},
        {"SELECT count(*) FROM samples", 6},
        {"SELECT count(*) FROM samples WHERE source = 'server' AND node = 'scales'", 2},
        {"SELECT exit_code FROM results WHERE kind = 'compare' AND seed = 9007199254740991", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tap_int(ask(rows[i].question), rows[i].answer, "%s", rows[i].question);
    }
}

/* Members that this program does not know stay in the rows, and samples have a table. */
static void check_unknown_members(void)
{
    struct result result;
    struct buf text = {0};
    struct error err = {0};
    full_result_init(&result);
    result.id = "newer";
    text_of(&result, &text);
    json_t *top = json_loadb(text.data, text.len, 0, NULL);
    json_t *run = json_array_get(
        json_object_get(json_array_get(json_object_get(top, "cells"), 0), "runs"), 0);
    (void)json_object_set_new(top, "later", json_integer(7));
    (void)json_array_append_new(
        json_object_get(run, "monitor"),
        json_pack("{s:f, s:s, s:i}", "t", 1.0, "source", "server", "connected_clients", 51));
    (void)json_object_set_new(run, "deep", json_pack("{s:[{s:s}]}", "er", "histogram", "SElTVA=="));
    char *changed = json_dumps(top, 0);
    struct store *store = open_store(STORE_WRITE);
    struct store_part part = {.text = str_from(changed)};
    tap_check(store_save_parts(store, &part, 1, &err), "a file of a later program: %s", err.text);
    store_close(store);
    tap_int(ask("SELECT json_extract(document, '$.later') FROM results WHERE id = 'newer'"), 7,
            "a member that nobody knows");
    tap_int(ask("SELECT json_extract(document, '$.connected_clients') FROM samples WHERE t = 1"),
            51, "a sample");
    tap_int(ask("SELECT length(data) FROM histograms WHERE place = 'deep/er/0'"), 4,
            "a histogram, wherever it is");
    free(changed);
    json_decref(top);
    complete_and_remove("newer");
    tap_int(ask("SELECT count(*) FROM samples WHERE t = 1"), 0, "with everything");
    result_release(&result);
    buf_release(&text);
}

static void save_as(struct store *store, const char *id, nsec created)
{
    struct result result;
    full_result_init(&result);
    result.id = id;
    result.created_wall = created;
    tap_check(store_save(store, &result, NULL), "stored as %s", id);
    result_release(&result);
}

#define DAY (24 * 3600 * NSEC_PER_SEC)
#define THEN UINT64_C(1795405200000000000)

static void check_finding(void)
{
    static const struct {
        const char *name;
        const char *id; /* NULL: refused with... */
        const char *sentence;
    } rows[] = {
        {"last", "abc2", NULL},
        {"abc1", "abc1", NULL},
        {"abc12", "abc12", NULL},
        {"abd", "abd", NULL},
        {"0123", "0123456789abcdef", NULL},
        {"ab", NULL, "several results begin with \"ab\"; write more of it"},
        {"x", NULL, "there is no result \"x\"; tenbin list shows those that are there"},
        {"%", NULL, "there is no result \"%\"; tenbin list shows those that are there"},
        {"", NULL, "there is no result \"\"; tenbin list shows those that are there"},
        {"ABC1", NULL, "there is no result \"ABC1\"; tenbin list shows those that are there"},
    };
    struct store *store = open_store(STORE_WRITE);
    struct arena arena = {0};
    save_as(store, "abc1", THEN);
    save_as(store, "abc12", THEN + 1 * DAY);
    save_as(store, "abc2", THEN + 3 * DAY);
    save_as(store, "abd", THEN + 2 * DAY);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *id = NULL;
        struct error err = {0};
        bool found = store_find(store, rows[i].name, &arena, &id, &err);
        if (rows[i].id != NULL) {
            tap_check(found, "\"%s\" is found: %s", rows[i].name, err.text);
            tap_text(id, rows[i].id, "and means");
        } else {
            tap_check(!found, "\"%s\" is refused", rows[i].name);
            tap_text(err.text, rows[i].sentence, "with");
        }
    }
    arena_release(&arena);
    store_close(store);
}

static void check_list(void)
{
    struct store *store = open_store(STORE_READ);
    struct arena arena = {0};
    struct store_entries list = {0};
    struct error err = {0};
    tap_check(store_list(store, 3, &arena, &list, &err), "the list: %s", err.text);
    tap_int((int64_t)list.count, 3, "as many as asked");
    tap_text(list.items[0].id, "abc2", "the newest first");
    tap_text(list.items[2].id, "abc12", "then by age");
    tap_text(list.items[0].kind, "compare", "kind");
    tap_text(list.items[0].arms, "A, B", "arms");
    tap_text(list.items[0].cells, "default", "workload");
    tap_text(list.items[0].outcome, "ops small-difference, p99 inconclusive, cpu invalid",
             "verdicts");
    tap_text(list.items[0].created, "2026-11-26T03:40:00.000Z", "date");
    tap_check(list.items[0].origin == NULL, "measured here");
    tap_check(store_list(store, 100, &arena, &list, &err), "all");
    tap_int((int64_t)list.count, 5, "are five");
    arena_release(&arena);
    store_close(store);
}

/* A part that a process leaves behind, which has ended. */
static void leave_part(const char *id)
{
    struct result result;
    struct buf text = {0};
    full_result_init(&result);
    result.id = id;
    text_of(&result, &text);
    if (fork() == 0) {
        struct store *store = NULL;
        struct store_part part = {.text = buf_str(&text)};
        bool done =
            store_open(path, STORE_WRITE, &store, NULL) && store_save_parts(store, &part, 1, NULL);
        _exit(done ? 0 : 1); /* without closing it */
    }
    int status = 1;
    (void)wait(&status);
    tap_int(status, 0, "a process wrote %s and ended", id);
    result_release(&result);
    buf_release(&text);
}

static void check_broken_off(void)
{
    struct store_tidied tidied = {0};
    struct error err = {0};
    struct buf text = {0};
    struct result result;
    leave_part("left");
    struct store *store = open_store(STORE_WRITE);
    full_result_init(&result);
    result.id = "mine";
    text_of(&result, &text);
    struct store_part part = {.text = buf_str(&text)};
    tap_check(store_save_parts(store, &part, 1, &err), "a part of our own");
    tap_int(read_back(store, "mine", &text), STORE_MEASURING, "is being measured");
    tap_int(read_back(store, "left", &text), STORE_BROKEN_OFF, "the other one was broken off");
    tap_check(store_tidy(store, DAY, &tidied, &err), "tidying up: %s", err.text);
    tap_int((int64_t)tidied.removed, 0, "leaves what was broken off just now");
    tap_check(store_tidy(store, 0, &tidied, &err), "or not, when that is asked: %s", err.text);
    tap_int((int64_t)tidied.removed, 1, "then it goes");
    tap_check(tidied.bytes_after < tidied.bytes_before, "and gives room back");
    bool has = true;
    tap_check(store_has(store, "left", &has, &err) && !has, "it is gone");
    tap_check(store_has(store, "mine", &has, &err) && has, "what is being measured is not");
    tap_check(!store_remove(store, "mine", &err), "and cannot be removed");
    tap_text(err.text, "result mine is being measured: stop that first", "with a sentence");
    tap_check(store_save(store, &result, &err), "and can be completed");
    tap_int(read_back(store, "mine", &text), STORE_COMPLETE, "then it is complete");
    result_release(&result);
    buf_release(&text);
    store_close(store);
}

/* The later windows of a run are added to those that are there. */
static void check_windows(void)
{
    struct result result;
    struct result whole;
    struct buf text = {0};
    struct error err = {0};
    enum store_state state;
    full_result_init(&result);
    result.id = "windows";
    struct result_cell *cell = &result.cells[0];
    size_t runs = cell->run_count;
    struct result_window *windows = cell->runs[0].windows;
    struct store *store = open_store(STORE_WRITE);
    cell->run_count = 1;
    for (size_t i = 0; i < 2; i++) {
        cell->runs[0].windows = windows + i;
        cell->runs[0].window_count = 1;
        text_of(&result, &text);
        struct store_part part = {.text = buf_str(&text), .cell = 2, .run = 4, .window = i};
        tap_check(store_save_parts(store, &part, 1, &err), "window %zu: %s", i, err.text);
    }
    cell->run_count = runs;
    if (tap_check(store_load(store, "windows", &whole, &state, &err), "read: %s", err.text)) {
        tap_int((int64_t)whole.cells[0].run_count, 1, "one run");
        tap_int((int64_t)whole.cells[0].runs[0].window_count, 2, "both windows");
        tap_int((int64_t)whole.cells[0].runs[0].windows[1].operations, 3, "in order");
        result_release(&whole);
    }
    tap_int(ask("SELECT position FROM cells JOIN results ON results.number = result "
                "WHERE id = 'windows'"),
            2, "the cell has its place");
    store_close(store);
    complete_and_remove("windows");
    result_release(&result);
    buf_release(&text);
}

static void check_refusals(void)
{
    struct store *store = NULL;
    struct error err = {0};
    struct arena arena = {0};
    struct store_entries list = {0};
    char other[400];
    (void)snprintf(other, sizeof other, "%s/none/results.db", folder);
    tap_check(store_open(other, STORE_READ, &store, &err), "a store that is not there is read");
    tap_check(store_list(store, 9, &arena, &list, &err) && list.count == 0, "as an empty one");
    store_close(store);
    tap_check(access(other, F_OK) != 0, "and not made");
    tap_check(store_open(other, STORE_WRITE, &store, &err), "for writing it is made");
    store_close(store);
    struct stat info = {0};
    (void)snprintf(other, sizeof other, "%s/none", folder);
    tap_check(stat(other, &info) == 0 && (info.st_mode & 0777) == 0700, "in a private folder");
    tap_check(!store_open(other, STORE_WRITE, &store, &err), "a folder is no store: %s", err.text);
    (void)snprintf(other, sizeof other, "%s/text", folder);
    (void)file_write(other, STR("this is not a database, however long it may be, is it?"), NULL);
    tap_check(!store_open(other, STORE_WRITE, &store, &err), "nor is a text");
    tap_check(strstr(err.text, "it is no database") != NULL, "says %s", err.text);
    (void)snprintf(other, sizeof other, "%s/text/results.db", folder);
    tap_check(!store_open(other, STORE_WRITE, &store, &err), "nor can it be below a file: %s",
              err.text);
    arena_release(&arena);
}

static bool read_data(const char *name, struct buf *out)
{
    char file[512];
    (void)snprintf(file, sizeof file, "%s/%s", TEST_DATA_DIR, name);
    return file_read(file, out, NULL);
}

/* Stores as earlier versions have left them (tests/data/store_v*.sql: what sqlite3's .dump says),
 * each with one result, and that as a file. */
static void check_earlier_versions(void)
{
    for (int version = 1;; version++) {
        struct buf statements = {0};
        struct buf file = {0};
        struct buf expected = {0};
        struct buf found = {0};
        struct result result;
        struct error err = {0};
        char name[32];
        sqlite3 *db = NULL;
        (void)snprintf(name, sizeof name, "store_v%d.sql", version);
        if (!read_data(name, &statements)) {
            buf_release(&statements);
            tap_check(version > 1, "%d earlier versions", version - 1);
            return;
        }
        (void)snprintf(path, sizeof path, "%s/%d.db", folder, version);
        tap_check(sqlite3_open(path, &db) == SQLITE_OK &&
                      sqlite3_exec(db, buf_text(&statements), NULL, NULL, NULL) == SQLITE_OK,
                  "a store of version %d", version);
        (void)sqlite3_close(db);
        (void)snprintf(name, sizeof name, "store_v%d.json", version);
        tap_check(read_data(name, &file) && result_json_read(buf_str(&file), &result, &err),
                  "its result: %s", err.text);
        text_of(&result, &expected);
        struct store *store = open_store(STORE_WRITE);
        tap_int(read_back(store, result.id, &found), STORE_COMPLETE, "is read from it");
        tap_check(str_eq(buf_str(&expected), buf_str(&found)), "and is the same");
        store_close(store);
        result_release(&result);
        buf_release(&statements);
        buf_release(&file);
        buf_release(&expected);
        buf_release(&found);
    }
}

static void check_default_path(void)
{
    char found[300];
    struct error err = {0};
    (void)setenv("XDG_DATA_HOME", "/data", 1);
    (void)setenv("HOME", "/people/ann", 1);
    tap_check(store_default_path(found, sizeof found, &err), "with XDG_DATA_HOME");
    tap_text(found, "/data/tenbin/results.db", "there");
    (void)setenv("XDG_DATA_HOME", "relative", 1);
    tap_check(store_default_path(found, sizeof found, &err), "which must be absolute");
    tap_text(found, "/people/ann/.local/share/tenbin/results.db", "else at home");
    (void)unsetenv("XDG_DATA_HOME");
    (void)unsetenv("HOME");
    tap_check(!store_default_path(found, sizeof found, &err), "without a home: %s", err.text);
    tap_int(err.code, ERROR_USAGE, "the user can do something");
}

int main(void)
{
    struct error err = {0};
    if (!file_make_temp_dir("store-", folder, sizeof folder, &err)) {
        return 1;
    }
    (void)snprintf(path, sizeof path, "%s/results.db", folder);
    check_round_trip();
    check_tables();
    check_unknown_members();
    check_finding();
    check_list();
    check_broken_off();
    check_windows();
    check_refusals();
    check_earlier_versions();
    check_default_path();
    tap_check(file_remove_tree(folder, &err), "cleaned up");
    return tap_end();
}
