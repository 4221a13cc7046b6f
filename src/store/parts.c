#include "store/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "store/sql.h"

enum { PLACE_SIZE = 256 };

/* ---- writing ---- */

/* Takes a member out of its object; a list that is not there is an empty one. */
static json_t *take(json_t *object, const char *name)
{
    json_t *member = json_incref(json_object_get(object, name));
    (void)json_object_del(object, name);
    return member;
}

static int add_to_text(const char *bytes, size_t len, void *text)
{
    return buf_add(text, bytes, len) ? 0 : -1;
}

void parts_dump(const json_t *document, struct buf *out)
{
    (void)json_dump_callback(document, add_to_text, out, JSON_COMPACT | JSON_ENCODE_ANY);
}

/* One row: the owner's number, the position, the document. */
static bool put_row(sqlite3_stmt *statement, int64_t owner, int64_t position, const json_t *row,
                    struct error *err)
{
    bool failed = false;
    struct buf text = {0};
    parts_dump(row, &text);
    (void)sqlite3_reset(statement);
    if (sqlite3_bind_int64(statement, 1, owner) != SQLITE_OK ||
        sqlite3_bind_int64(statement, 2, position) != SQLITE_OK ||
        sqlite3_bind_text(statement, 3, buf_text(&text), -1, SQLITE_STATIC) != SQLITE_OK) {
        failed = true;
        (void)sql_fail(sqlite3_db_handle(statement), "write", err);
    }
    while (!failed && sql_next(statement, &failed, err)) {
    }
    (void)sqlite3_clear_bindings(statement);
    buf_release(&text);
    return !failed;
}

/* One row per element of the list, which is released. */
static bool put_rows(sqlite3 *db, const char *insert, const int64_t owner_and_first[2],
                     json_t *list, struct error *err)
{
    bool done = true;
    size_t count = json_array_size(list);
    sqlite3_stmt *statement = NULL;
    if (count > 0) {
        statement = sql_prepare(db, err, insert, "");
        done = statement != NULL;
    }
    for (size_t i = 0; done && i < count; i++) {
        done = put_row(statement, owner_and_first[0], owner_and_first[1] + (int64_t)i,
                       json_array_get(list, i), err);
    }
    (void)sqlite3_finalize(statement);
    json_decref(list);
    return done;
}

static bool put_histogram(sqlite3 *db, int64_t run, const char *place, const json_t *text,
                          struct error *err)
{
    struct buf bytes = {0};
    struct str encoded = {json_string_value(text), json_string_length(text)};
    bool done = base64_decode(encoded, &bytes)
                    ? sql_run(db, err, "INSERT INTO histograms VALUES (?, ?, ?)", "itb", run, place,
                              buf_str(&bytes))
                    : error_set(err, ERROR_USAGE, "a histogram is not base64");
    buf_release(&bytes);
    return done;
}

/* A document that nests deeper than any of ours is kept as it is. */
static bool enter(char place[PLACE_SIZE], size_t *len, const char *step)
{
    int added = snprintf(place + *len, PLACE_SIZE - *len, "%s%s", *len > 0 ? "/" : "", step);
    bool fits = added > 0 && (size_t)added < PLACE_SIZE - *len && strchr(step, '/') == NULL;
    *len += fits ? (size_t)added : 0;
    return fits;
}

/* The children of objects and lists alike, by name or index. */
struct children {
    json_t *of;
    void *member; /* of an object */
    size_t index; /* of a list */
    char number[24];
};

static json_t *next_child(struct children *at, const char **name)
{
    if (json_is_array(at->of)) {
        (void)snprintf(at->number, sizeof at->number, "%zu", at->index);
        *name = at->number;
        return json_array_get(at->of, at->index++);
    }
    at->member =
        at->member == NULL ? json_object_iter(at->of) : json_object_iter_next(at->of, at->member);
    *name = json_object_iter_key(at->member);
    return json_object_iter_value(at->member);
}

/* The objects of a run that hold a histogram, with their places. */
struct found {
    json_t *object;
    char place[PLACE_SIZE];
};

struct finds {
    struct found *items;
    size_t count;
    struct buf room; /* holds them */
};

/* Collects them level by level: a list that grows while it is walked. */
static void find_histograms(json_t *run, struct finds *finds)
{
    struct found first = {.object = run};
    (void)buf_add(&finds->room, &first, sizeof first);
    for (size_t i = 0; i < finds->room.len / sizeof(struct found); i++) {
        struct found from;
        memcpy(&from, finds->room.data + i * sizeof from, sizeof from);
        struct children children = {.of = from.object};
        const char *name = NULL;
        for (json_t *child = next_child(&children, &name); child != NULL;
             child = next_child(&children, &name)) {
            struct found next = from;
            size_t len = strlen(next.place);
            next.object = child;
            if ((json_is_object(child) || json_is_array(child)) && enter(next.place, &len, name)) {
                (void)buf_add(&finds->room, &next, sizeof next);
            }
        }
    }
    finds->items = (struct found *)(void *)finds->room.data;
    finds->count = finds->room.len / sizeof(struct found);
}

static bool put_histograms(sqlite3 *db, int64_t number, json_t *run, struct error *err)
{
    struct finds finds = {0};
    bool done = sql_run(db, err, "DELETE FROM histograms WHERE run = ?", "i", number);
    find_histograms(run, &finds);
    for (size_t i = 0; done && i < finds.count; i++) {
        const json_t *text = json_object_get(finds.items[i].object, "histogram");
        if (json_is_string(text)) {
            done = put_histogram(db, number, finds.items[i].place, text, err);
            (void)json_object_del(finds.items[i].object, "histogram");
        }
    }
    buf_release(&finds.room);
    return done;
}

static bool put_run(sqlite3 *db, const struct parts_place *place, const int64_t cell_and_run[2],
                    json_t *run, struct error *err)
{
    int64_t number = 0;
    json_t *windows = take(run, "windows");
    json_t *samples = take(run, "monitor");
    json_t *warnings = take(run, "warnings");
    struct buf text = {0};
    /* The row first, for its number; its document when the histograms are out of it. */
    bool done =
        sql_number(sql_prepare(db, err,
                               "INSERT INTO runs (cell, position, document) VALUES (?, ?, '{}') "
                               "ON CONFLICT DO UPDATE SET document = '{}' RETURNING number",
                               "ii", cell_and_run[0], cell_and_run[1]),
                   &number, err) &&
        put_histograms(db, number, run, err) &&
        sql_run(db, err, "DELETE FROM findings WHERE run = ?", "i", number);
    if (done) {
        parts_dump(run, &text);
        done = sql_run(db, err, "UPDATE runs SET document = ? WHERE number = ?", "ti",
                       buf_text(&text), number);
    }
    buf_clear(&text);
    (void)buf_addf(&text,
                   "INSERT INTO findings (run, position, document, result) VALUES (?, ?, ?, %lld)",
                   (long long)place->result);
    done =
        done && put_rows(db, buf_text(&text), (int64_t[]){number, 0}, json_incref(warnings), err);
    done = done && put_rows(db,
                            "INSERT OR REPLACE INTO windows (run, position, document) "
                            "VALUES (?, ?, ?)",
                            (int64_t[]){number, place->window}, json_incref(windows), err);
    done = done && put_rows(db,
                            "INSERT OR REPLACE INTO samples (run, position, document) "
                            "VALUES (?, ?, ?)",
                            (int64_t[]){number, place->sample}, json_incref(samples), err);
    json_decref(warnings);
    json_decref(windows);
    json_decref(samples);
    buf_release(&text);
    return done;
}

static bool put_cell(sqlite3 *db, const struct parts_place *place, int64_t position, json_t *cell,
                     struct error *err)
{
    int64_t number = 0;
    json_t *runs = take(cell, "runs");
    json_t *comparisons = take(cell, "comparisons");
    struct buf text = {0};
    parts_dump(cell, &text);
    bool done =
        sql_number(sql_prepare(db, err,
                               "INSERT INTO cells (result, position, document) VALUES (?, ?, ?) "
                               "ON CONFLICT DO UPDATE SET document = excluded.document "
                               "RETURNING number",
                               "iit", place->result, position, buf_text(&text)),
                   &number, err);
    buf_release(&text);
    for (size_t i = 0; done && i < json_array_size(runs); i++) {
        done = put_run(db, place, (int64_t[]){number, place->run + (int64_t)i},
                       json_array_get(runs, i), err);
    }
    done = done && put_rows(db,
                            "INSERT OR REPLACE INTO comparisons (cell, position, document) "
                            "VALUES (?, ?, ?)",
                            (int64_t[]){number, 0}, json_incref(comparisons), err);
    json_decref(comparisons);
    json_decref(runs);
    return done;
}

/* The findings about the whole replace those that are there. */
static bool put_findings(sqlite3 *db, int64_t result, json_t *top, struct error *err)
{
    json_t *findings = take(json_object_get(top, "contract"), "findings");
    bool done =
        sql_run(db, err, "DELETE FROM findings WHERE result = ? AND run IS NULL", "i", result) &&
        put_rows(db, "INSERT INTO findings (result, position, document) VALUES (?, ?, ?)",
                 (int64_t[]){result, 0}, json_incref(findings), err);
    json_decref(findings);
    return done;
}

static bool put_environment(sqlite3 *db, int64_t result, json_t *top, struct error *err)
{
    json_t *environment = take(top, "environment");
    struct buf text = {0};
    parts_dump(environment, &text);
    bool done =
        environment == NULL ||
        sql_run(db, err, "INSERT OR REPLACE INTO environments (result, document) VALUES (?, ?)",
                "it", result, buf_text(&text));
    buf_release(&text);
    json_decref(environment);
    return done;
}

bool parts_write(sqlite3 *db, const struct parts_place *place, json_t *top, struct error *err)
{
    json_t *cells = take(top, "cells");
    bool done = put_environment(db, place->result, top, err) &&
                put_rows(db,
                         "INSERT OR REPLACE INTO arms (result, position, document) "
                         "VALUES (?, ?, ?)",
                         (int64_t[]){place->result, 0}, take(top, "arms"), err) &&
                put_findings(db, place->result, top, err);
    for (size_t i = 0; done && i < json_array_size(cells); i++) {
        done = put_cell(db, place, place->cell + (int64_t)i, json_array_get(cells, i), err);
    }
    json_decref(cells);
    return done;
}

/* ---- reading ---- */

static json_t *load(struct str text, struct error *err)
{
    json_error_t where;
    json_t *document =
        json_loadb(text.len == 0 ? "" : text.data, text.len, JSON_DECODE_ANY, &where);
    if (document == NULL) {
        (void)error_set(err, ERROR_SYSTEM, "the store is damaged: %s", where.text);
    }
    return document;
}

typedef bool fill_row(sqlite3 *db, json_t *row, int64_t number, struct error *err);

/* Rows of a table that belong to one owner. */
struct rows {
    sqlite3 *db;
    const char *select; /* their documents, and their numbers when they are to be completed */
    fill_row *fill;     /* puts back what has tables of its own; NULL: nothing */
};

/* Sets a member to the list of the documents. */
static bool set_rows(const struct rows *from, json_t *object, const char *name, int64_t owner,
                     struct error *err)
{
    bool failed = false;
    json_t *list = json_array();
    sqlite3_stmt *rows = sql_prepare(from->db, err, from->select, "i", owner);
    while (!failed && sql_next(rows, &failed, err)) {
        json_t *row = load(sql_text(rows, 0), err);
        failed = row == NULL || (from->fill != NULL &&
                                 !from->fill(from->db, row, sqlite3_column_int64(rows, 1), err));
        (void)json_array_append_new(list, row);
    }
    (void)sqlite3_finalize(rows);
    (void)json_object_set_new(object, name, list);
    return !failed && rows != NULL;
}

/* The object or list at a place; NULL: there is none. */
static json_t *find_place(json_t *run, struct str place)
{
    json_t *at = run;
    while (place.len > 0 && at != NULL) {
        struct str step = str_split(&place, '/');
        uint64_t index = 0;
        if (json_is_array(at)) {
            at = str_to_u64(step, &index) ? json_array_get(at, (size_t)index) : NULL;
        } else {
            char name[PLACE_SIZE];
            (void)snprintf(name, sizeof name, "%.*s", STR_ARG(step));
            at = json_object_get(at, name);
        }
    }
    return at;
}

static bool set_histograms(sqlite3 *db, json_t *run, int64_t number, struct error *err)
{
    bool failed = false;
    sqlite3_stmt *rows =
        sql_prepare(db, err, "SELECT place, data FROM histograms WHERE run = ?", "i", number);
    while (!failed && sql_next(rows, &failed, err)) {
        struct buf text = {0};
        json_t *at = find_place(run, sql_text(rows, 0));
        (void)base64_encode(sql_bytes(rows, 1), &text);
        (void)json_object_set_new(at, "histogram", json_string(buf_text(&text)));
        buf_release(&text);
    }
    (void)sqlite3_finalize(rows);
    return !failed && rows != NULL;
}

static bool fill_run(sqlite3 *db, json_t *run, int64_t number, struct error *err)
{
    struct rows warnings = {db, "SELECT document FROM findings WHERE run = ? ORDER BY position",
                            NULL};
    struct rows windows = {db, "SELECT document FROM windows WHERE run = ? ORDER BY position",
                           NULL};
    struct rows samples = {db, "SELECT document FROM samples WHERE run = ? ORDER BY position",
                           NULL};
    return set_histograms(db, run, number, err) &&
           set_rows(&warnings, run, "warnings", number, err) &&
           set_rows(&windows, run, "windows", number, err) &&
           set_rows(&samples, run, "monitor", number, err);
}

static bool fill_cell(sqlite3 *db, json_t *cell, int64_t number, struct error *err)
{
    struct rows runs = {db, "SELECT document, number FROM runs WHERE cell = ? ORDER BY position",
                        fill_run};
    struct rows comparisons = {
        db, "SELECT document FROM comparisons WHERE cell = ? ORDER BY position", NULL};
    return set_rows(&runs, cell, "runs", number, err) &&
           set_rows(&comparisons, cell, "comparisons", number, err);
}

static bool set_environment(sqlite3 *db, json_t *top, int64_t result, struct error *err)
{
    bool failed = false;
    sqlite3_stmt *rows =
        sql_prepare(db, err, "SELECT document FROM environments WHERE result = ?", "i", result);
    if (sql_next(rows, &failed, err)) {
        json_t *environment = load(sql_text(rows, 0), err);
        failed = environment == NULL;
        (void)json_object_set_new(top, "environment", environment);
    }
    (void)sqlite3_finalize(rows);
    return !failed && rows != NULL;
}

json_t *parts_read(sqlite3 *db, int64_t result, const char *document, struct error *err)
{
    struct rows arms = {db, "SELECT document FROM arms WHERE result = ? ORDER BY position", NULL};
    struct rows cells = {
        db, "SELECT document, number FROM cells WHERE result = ? ORDER BY position", fill_cell};
    struct rows findings = {db,
                            "SELECT document FROM findings WHERE result = ? AND run IS NULL "
                            "ORDER BY position",
                            NULL};
    json_t *top = load(str_from(document), err);
    bool done = top != NULL && set_environment(db, top, result, err) &&
                set_rows(&arms, top, "arms", result, err) &&
                set_rows(&cells, top, "cells", result, err) &&
                set_rows(&findings, json_object_get(top, "contract"), "findings", result, err);
    if (!done) {
        json_decref(top);
        return NULL;
    }
    return top;
}
