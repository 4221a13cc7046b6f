/* A disk that is full from the Nth write on, for every N: what was stored before is untouched, what
 * is being stored is there or not, and one sentence says so. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "model/result_json.h"
#include "os/clock.h"
#include "os/file.h"
#include "store/recorder.h"
#include "store/store.h"
#include "support/fail_vfs.h"
#include "support/full_result.h"
#include "support/tap.h"

static char folder[256];
static char path[300];
static struct result whole;
static struct buf whole_text;

static void remove_store(void)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char name[320];
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)file_remove_tree(name, NULL);
    }
}

/* Is the database sound, and is the result of that id there as it was? */
static bool is_intact(const char *id)
{
    struct store *store = NULL;
    struct result result;
    struct buf text = {0};
    enum store_state state;
    bool same = false;
    if (store_open(path, STORE_READ, &store, NULL)) {
        if (store_load(store, id, &result, &state, NULL)) {
            result_json_write(&result, &text);
            same = state == STORE_COMPLETE && text.len > 0;
            result_release(&result);
        }
        store_close(store);
    }
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    (void)sqlite3_open(path, &db);
    bool sound = sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &row, NULL) == SQLITE_OK &&
                 sqlite3_step(row) == SQLITE_ROW &&
                 str_eq(str_from((const char *)sqlite3_column_text(row, 0)), STR("ok"));
    (void)sqlite3_finalize(row);
    (void)sqlite3_close(db);
    buf_release(&text);
    return same && sound;
}

/* Stores a second result part by part and then whole, as measuring does. */
static bool store_second(struct store *store, struct error *err)
{
    struct store_part part = {.text = buf_str(&whole_text)};
    whole.id = "second";
    return store_save_parts(store, &part, 1, err) && store_save_parts(store, &part, 1, err) &&
           store_save(store, &whole, err);
}

/* With the Nth write failing. False: there was no such write any more. */
static bool fail_at(uint64_t nth, bool stays_full, unsigned *problems)
{
    struct store *store = NULL;
    struct error err = {0};
    remove_store();
    whole.id = "first";
    if (!store_open(path, STORE_WRITE, &store, NULL) || !store_save(store, &whole, NULL)) {
        (*problems)++;
        return false;
    }
    fail_vfs_arm(nth, stays_full);
    bool done = store_second(store, &err);
    bool failed = fail_vfs_has_failed();
    fail_vfs_arm(0, false);
    /* Whatever failed, it was told; and what was told to be stored is stored. */
    bool told =
        done || (err.code == ERROR_SYSTEM && str_starts_with(str_from(err.text), STR("store ")));
    *problems += told ? 0 : 1;
    *problems += is_intact("first") ? 0 : 1;
    *problems += !done || is_intact("second") ? 0 : 1;
    /* When there is room again, the same store goes on. */
    struct error later = {0};
    bool again = store_second(store, &later);
    *problems += again ? 0 : 1;
    store_close(store);
    *problems += is_intact("first") && is_intact("second") ? 0 : 1;
    if (*problems > 0) {
        printf("#   write %llu: %s; %s\n", (unsigned long long)nth, err.text, later.text);
    }
    return failed;
}

static void check_every_write(bool stays_full)
{
    unsigned problems = 0;
    uint64_t nth = 1;
    while (problems == 0 && fail_at(nth, stays_full, &problems)) {
        nth++;
    }
    tap_int(problems, 0, "every one of %llu writes can fail%s", (unsigned long long)nth - 1,
            stays_full ? ", and all after it" : "");
    tap_check(nth > 50, "and there were many");
}

/* An opening that fails leaves nothing behind that keeps the next one from it. */
static void check_opening(void)
{
    unsigned problems = 0;
    uint64_t nth = 1;
    bool failed = true;
    for (; failed && problems == 0; nth++) {
        struct store *store = NULL;
        struct error err = {0};
        remove_store();
        fail_vfs_arm(nth, true);
        bool opened = store_open(path, STORE_WRITE, &store, &err);
        failed = fail_vfs_has_failed();
        fail_vfs_arm(0, false);
        problems += !opened && err.text[0] == '\0' ? 1 : 0;
        store_close(opened ? store : NULL);
        problems += store_open(path, STORE_WRITE, &store, &err) ? 0 : 1;
        store_close(problems == 0 ? store : NULL);
    }
    tap_int(problems, 0, "opening a new store can fail at each of %llu writes",
            (unsigned long long)nth - 2);
}

/* What a recorder could not write comes when there is room again, without a gap. */
static void check_recorder(void)
{
    struct recorder *recorder = NULL;
    struct error err = {0};
    struct result result;
    struct result stored;
    enum store_state state;
    enum { WINDOWS = 20 };
    struct result_window windows[WINDOWS];
    remove_store();
    full_result_init(&result);
    result.id = "third";
    result.cells[0].run_count = 1;
    for (size_t i = 0; i < WINDOWS; i++) {
        windows[i] = result.cells[0].runs[0].windows[0];
        windows[i].end = (double)(i + 1);
    }
    result.cells[0].runs[0].windows = windows;
    tap_check(recorder_open(path, &recorder, &err), "a recorder: %s", err.text);
    for (size_t i = 1; i <= WINDOWS; i++) {
        fail_vfs_arm(i > 5 && i < 15 ? 1 : 0, true);
        result.cells[0].runs[0].window_count = i;
        recorder_put(recorder, &result, 0, 0);
        clock_sleep(5 * NSEC_PER_MSEC); /* so that the thread tries; nothing depends on it */
    }
    fail_vfs_arm(0, false);
    recorder_free(recorder); /* as if the program could not finish */
    struct store *store = NULL;
    tap_check(store_open(path, STORE_READ, &store, &err), "opened: %s", err.text);
    if (tap_check(store_load(store, "third", &stored, &state, &err), "read: %s", err.text)) {
        const struct result_run *run = &stored.cells[0].runs[0];
        bool in_order = run->window_count == WINDOWS;
        for (size_t i = 0; i < run->window_count; i++) {
            in_order = in_order && run->windows[i].end > (double)i + 0.5 &&
                       run->windows[i].end < (double)i + 1.5;
        }
        tap_check(in_order, "all %zu windows are there", run->window_count);
        result_release(&stored);
    }
    store_close(store);
    result.cells[0].run_count = 2;
    result_release(&result);
}

int main(void)
{
    struct error err = {0};
    /* In memory where that is possible: hundreds of stores, and none needs to reach a disk. */
    if (access("/dev/shm", W_OK) == 0) {
        (void)setenv("TMPDIR", "/dev/shm", 1);
    }
    if (!file_make_temp_dir("store-", folder, sizeof folder, &err)) {
        return 1;
    }
    (void)snprintf(path, sizeof path, "%s/results.db", folder);
    fail_vfs_install();
    full_result_init(&whole);
    whole.id = "second";
    result_json_write(&whole, &whole_text);
    check_every_write(true);
    check_every_write(false);
    check_opening();
    check_recorder();
    buf_release(&whole_text);
    result_release(&whole);
    tap_check(file_remove_tree(folder, &err), "cleaned up");
    return tap_end();
}
