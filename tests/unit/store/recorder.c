#include "store/recorder.h"

#include <stdio.h>

#include "base/buf.h"
#include "model/result_json.h"
#include "os/file.h"
#include "store/store.h"
#include "support/full_result.h"
#include "support/tap.h"

static char folder[256];
static char path[300];

static struct recorder *open_recorder(void)
{
    struct recorder *recorder = NULL;
    struct error err = {0};
    tap_check(recorder_open(path, &recorder, &err), "a recorder: %s", err.text);
    return recorder;
}

static enum store_state read_back(const char *id, struct buf *out)
{
    struct store *store = NULL;
    struct result result;
    struct error err = {0};
    enum store_state state = STORE_COMPLETE;
    buf_clear(out);
    if (tap_check(store_open(path, STORE_READ, &store, &err) &&
                      store_load(store, id, &result, &state, &err),
                  "%s is read: %s", id, err.text)) {
        result_json_write(&result, out);
        result_release(&result);
    }
    store_close(store);
    return state;
}

/* Runs handed over one by one, without an end: together they are the result. */
static void check_parts(void)
{
    struct recorder *recorder = open_recorder();
    struct result result;
    struct buf before = {0};
    struct buf after = {0};
    full_result_init(&result);
    result.id = "parts";
    struct result_comparison *comparisons = result.cells[0].comparisons;
    result.cells[0].comparison_count = 0;
    result_json_write(&result, &before);
    for (uint32_t i = 0; i < 2; i++) {
        struct result part = result;
        struct result_cell cell = result.cells[0];
        cell.runs += i;
        cell.run_count = 1;
        part.cells = &cell;
        for (int times = 0; times < 3; times++) {
            recorder_put(recorder, &part, 0, i);
        }
    }
    recorder_free(recorder);
    tap_int(read_back("parts", &after), STORE_MEASURING, "not complete");
    tap_check(str_eq(buf_str(&before), buf_str(&after)), "but all is there");
    result.cells[0].comparisons = comparisons;
    result_release(&result);
    buf_release(&before);
    buf_release(&after);
}

/* The whole replaces what was handed over, also what is not in it any more. */
static void check_finish(void)
{
    struct recorder *recorder = open_recorder();
    struct result result;
    struct buf before = {0};
    struct buf after = {0};
    struct error err = {0};
    full_result_init(&result);
    result.id = "whole";
    result_json_write(&result, &before);
    size_t runs = result.cells[0].run_count;
    result.cells[0].run_count = 1;
    recorder_put(recorder, &result, 0, 0);
    recorder_put(recorder, &result, 0, 7);
    recorder_put(recorder, &result, 3, 0);
    result.cells[0].run_count = runs;
    tap_check(recorder_finish(recorder, &result, &err), "finished: %s", err.text);
    recorder_free(recorder);
    tap_int(read_back("whole", &after), STORE_COMPLETE, "complete");
    tap_check(str_eq(buf_str(&before), buf_str(&after)), "the same file comes out");
    result_release(&result);
    buf_release(&before);
    buf_release(&after);
}

/* Hands over the first run of the result as that of a cell, with so many windows. */
static void put_grown(struct recorder *recorder, const struct result *result, uint32_t cell_number,
                      size_t windows)
{
    struct result part = *result;
    struct result_cell cell = result->cells[0];
    struct result_run run = cell.runs[0];
    run.window_count = windows;
    run.sample_count = windows * 3;
    cell.runs = &run;
    cell.run_count = 1;
    part.cells = &cell;
    recorder_put(recorder, &part, cell_number, 0);
}

/* Runs of many cells grow side by side, and none loses windows over that. */
static void check_many_cells(void)
{
    enum { CELLS = 40 };
    struct recorder *recorder = open_recorder();
    struct store *store = NULL;
    struct result result;
    struct result read;
    struct error err = {0};
    enum store_state state = STORE_COMPLETE;
    full_result_init(&result);
    result.id = "cells";
    size_t most = result.cells[0].runs[0].window_count;
    size_t samples = result.cells[0].runs[0].sample_count;
    tap_check(most >= 2 && samples == most * 3, "windows and samples to grow by");
    for (size_t windows = 1; windows <= most; windows++) {
        for (uint32_t cell = 0; cell < CELLS; cell++) {
            put_grown(recorder, &result, cell, windows);
        }
    }
    recorder_free(recorder);
    if (tap_check(store_open(path, STORE_READ, &store, &err) &&
                      store_load(store, "cells", &read, &state, &err),
                  "the cells are read: %s", err.text)) {
        bool are_whole = read.cell_count == CELLS;
        for (size_t i = 0; i < read.cell_count; i++) {
            const struct result_run *run = &read.cells[i].runs[0];
            are_whole = are_whole && run->window_count == most && run->sample_count == samples;
        }
        tap_check(are_whole, "%zu cells have all their windows and samples", read.cell_count);
        result_release(&read);
    }
    store_close(store);
    result_release(&result);
}

/* What was complete, a suite that was interrupted, is being measured when it is gone on with. */
static void check_going_on(void)
{
    struct recorder *recorder = open_recorder();
    struct result result;
    struct buf text = {0};
    full_result_init(&result);
    result.id = "whole";
    put_grown(recorder, &result, 0, 1);
    recorder_free(recorder);
    tap_int(read_back("whole", &text), STORE_MEASURING, "not complete any more");
    recorder = open_recorder();
    tap_check(recorder_finish(recorder, &result, NULL), "finished again");
    recorder_free(recorder);
    tap_int(read_back("whole", &text), STORE_COMPLETE, "and complete again");
    result_release(&result);
    buf_release(&text);
}

static void check_nothing(void)
{
    struct recorder *recorder = open_recorder();
    recorder_free(recorder);
    recorder_free(NULL);
    struct error err = {0};
    tap_check(!recorder_open(folder, &recorder, &err), "a folder is no store: %s", err.text);
}

int main(void)
{
    struct error err = {0};
    if (!file_make_temp_dir("store-", folder, sizeof folder, &err)) {
        return 1;
    }
    (void)snprintf(path, sizeof path, "%s/results.db", folder);
    check_parts();
    check_finish();
    check_going_on();
    check_many_cells();
    check_nothing();
    tap_check(file_remove_tree(folder, &err), "cleaned up");
    return tap_end();
}
