#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/option_read.h"
#include "cli/options_workload.h"
#include "cli/output.h"
#include "cli/store_option.h"
#include "cli/wrap.h"
#include "model/json_writer.h"

static const struct option listing[] = {
    {"limit", '\0', "N", "at most so many results", "20", option_read_u64,
     offsetof(struct request, limit), 1, UINT32_MAX},
    {"json", '\0', "FILE", "write the list as JSON instead; '-': to standard output", NULL,
     option_read_text, offsetof(struct request, json), 0, 0},
    {.name = NULL},
};
static const struct option_group options_listing = {"List", listing};

static const struct option_group *const groups[] = {&options_listing, &options_store,
                                                    &options_general, NULL};

static void write_json(const struct store_entries *entries, struct buf *out)
{
    struct json_writer json = {.out = out};
    json_writer_open(&json, NULL, '{');
    json_writer_text(&json, "format", "tenbin-list");
    json_writer_count(&json, "version", 1);
    json_writer_open(&json, "results", '[');
    for (size_t i = 0; i < entries->count; i++) {
        const struct store_entry *entry = &entries->items[i];
        json_writer_open(&json, NULL, '{');
        json_writer_text(&json, "id", entry->id);
        json_writer_text(&json, "created", entry->created);
        json_writer_text(&json, "kind", entry->kind);
        json_writer_text(&json, "state", store_state_name(entry->state));
        json_writer_text(&json, "origin", entry->origin);
        json_writer_text(&json, "arms", entry->arms);
        json_writer_text(&json, "workload", entry->cells);
        json_writer_text(&json, "outcome", entry->outcome);
        json_writer_text(&json, "verdict", entry->verdict);
        json_writer_count(&json, "exit_code", (uint64_t)entry->exit_code);
        json_writer_close(&json, '}');
    }
    json_writer_close(&json, ']');
    json_writer_close(&json, '}');
    (void)buf_add_char(out, '\n');
}

enum { COLUMNS = 6, DATE_LENGTH = 16, LIST_WIDTH = 32 };

/* Arms and cells may be many: as much of them as is enough to know which ones. */
static const char *shorten(const char *list, char text[LIST_WIDTH + 1])
{
    size_t len = strlen(list);
    if (len <= LIST_WIDTH) {
        return list;
    }
    len = LIST_WIDTH - strlen("...");
    while (len > 0 && ((unsigned char)list[len] & 0xC0) == 0x80) {
        len--; /* not inside of a character */
    }
    (void)snprintf(text, LIST_WIDTH + 1, "%.*s...", (int)len, list);
    return text;
}

struct line {
    const char *texts[COLUMNS];
    char date[DATE_LENGTH + 1];
    char arms[LIST_WIDTH + 1];
    char cells[LIST_WIDTH + 1];
};

/* Of the date the minutes are enough: "2026-11-23 03:40". */
static void fill_line(const struct store_entry *entry, struct line *line)
{
    (void)snprintf(line->date, sizeof line->date, "%s", entry->created);
    char *between = strchr(line->date, 'T');
    if (between != NULL) {
        *between = ' ';
    }
    line->texts[0] = entry->id;
    line->texts[1] = line->date;
    line->texts[2] = entry->kind;
    line->texts[3] = shorten(entry->arms, line->arms);
    line->texts[4] = shorten(entry->cells, line->cells);
    line->texts[5] = entry->outcome;
}

static void write_line(const struct line *line, const size_t widths[COLUMNS], struct buf *out)
{
    for (size_t k = 0; k + 1 < COLUMNS; k++) {
        (void)buf_addf(out, "%-*s  ", (int)widths[k], line->texts[k]);
    }
    (void)buf_addf(out, "%s\n", line->texts[COLUMNS - 1]);
}

static void write_table(const struct store_entries *entries, struct buf *out)
{
    static const struct line titles = {
        .texts = {"id", "when (UTC)", "kind", "arms", "workload", "verdict"}};
    size_t widths[COLUMNS];
    struct line line;
    for (size_t k = 0; k < COLUMNS; k++) {
        widths[k] = strlen(titles.texts[k]);
    }
    for (size_t i = 0; i < entries->count; i++) {
        fill_line(&entries->items[i], &line);
        for (size_t k = 0; k < COLUMNS; k++) {
            size_t len = strlen(line.texts[k]);
            widths[k] = len > widths[k] ? len : widths[k];
        }
    }
    write_line(&titles, widths, out);
    for (size_t i = 0; i < entries->count; i++) {
        fill_line(&entries->items[i], &line);
        write_line(&line, widths, out);
    }
}

static bool show(const struct request *request, const struct store_entries *entries,
                 struct error *err)
{
    struct buf text = {0};
    if (request->json != NULL) {
        write_json(entries, &text);
    } else if (entries->count > 0) {
        write_table(entries, &text);
        for (size_t i = 0; i < text.len; i++) { /* labels came from outside */
            if (text.data[i] != '\n') {
                wrap_defuse(&text.data[i], 1);
            }
        }
    } else {
        (void)fputs("There is no result in the store yet.\n", stderr);
    }
    bool done = output_text(request->json == NULL ? "-" : request->json, buf_str(&text), err);
    buf_release(&text);
    return done;
}

static bool list(struct request *request, int *exit_code, struct error *err)
{
    struct store *store = NULL;
    struct store_entries entries = {0};
    *exit_code = COMMAND_DONE;
    bool done = store_option_open(request, STORE_READ, &store, err) &&
                store_list(store, request->limit, &request->arena, &entries, err) &&
                show(request, &entries, err);
    store_close(store);
    return done;
}

const struct command cmd_list = {
    .name = "list",
    .arguments = "[options]",
    .summary = "list the results that are stored",
    .text = "Lists stored results, the newest first: when they were measured, which servers under "
            "which workload, and what came out.",
    .groups = groups,
    .run = list,
};
