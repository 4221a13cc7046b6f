#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "cli/command.h"
#include "cli/option_read.h"
#include "cli/options_workload.h"
#include "cli/store_option.h"
#include "foreign/foreign.h"
#include "model/result_json.h"
#include "os/file.h"

/* import, rm and gc: what changes the store. */

static const struct option_group *const groups[] = {&options_store, &options_general, NULL};

/* ---- import ---- */

static bool read_unit(const struct option *option, struct str value, void *field, struct error *err)
{
    const struct {
        struct str name;
        nsec unit;
    } units[] = {{STR("ns"), 1},
                 {STR("us"), NSEC_PER_USEC},
                 {STR("ms"), NSEC_PER_MSEC},
                 {STR("s"), NSEC_PER_SEC}};
    (void)option;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (str_eq(value, units[i].name)) {
            memcpy(field, &units[i].unit, sizeof units[i].unit);
            return true;
        }
    }
    return error_set(err, ERROR_USAGE, "\"%.*s\": write ns, us, ms or s", STR_ARG(value));
}

static const struct option importing[] = {
    {"label", '\0', "NAME", "what the server is called in the result",
     "the engine, if the file names it", option_read_text, offsetof(struct request, label), 0, 0},
    {"unit", '\0', "UNIT", "what the values of HdrHistogram files count: ns, us, ms or s",
     "ns for logs, ms for percentile files", read_unit, offsetof(struct request, unit), 0, 0},
    {.name = NULL},
};
static const struct option_group options_importing = {"Import", importing};

static const struct option_group *const import_groups[] = {&options_importing, &options_store,
                                                           &options_general, NULL};

/* A file of our own says so at its beginning. */
static bool is_ours(struct str text)
{
    struct str head = str_prefix(text, 256);
    return memmem(head.data == NULL ? "" : head.data, head.len, "\"" RESULT_JSON_FORMAT "\"",
                  sizeof RESULT_JSON_FORMAT + 1) != NULL;
}

static bool read_result(const struct request *request, const char *path, struct result *result,
                        struct error *err)
{
    struct buf text = {0};
    const char *slash = strrchr(path, '/');
    struct foreign_source source = {
        .name = slash == NULL ? path : slash + 1,
        .label = request->label,
        .changed = file_changed(path),
        .unit = request->unit,
    };
    bool done = file_read(path, &text, err);
    if (done) {
        done = is_ours(buf_str(&text)) ? result_json_read(buf_str(&text), result, err)
                                       : foreign_read(buf_str(&text), &source, result, err);
    }
    buf_release(&text);
    return done || error_prefix(err, "%s", path);
}

static bool import_result(struct store *store, const char *path, const struct result *result,
                          struct error *err)
{
    bool has = false;
    if (!store_has(store, result->id, &has, err)) {
        return false;
    }
    if (has) {
        (void)fprintf(stderr, "tenbin: %s: %s is in the store already\n", path, result->id);
        return true;
    }
    return store_save(store, result, err) &&
           (printf("%s  %s\n", result->id, path) > 0 ||
            error_set(err, ERROR_USAGE, "standard output cannot be written"));
}

static bool import(struct request *request, int *exit_code, struct error *err)
{
    const struct option_line *line = &request->line;
    struct store *store = NULL;
    *exit_code = COMMAND_DONE;
    if (line->word_count == 0) {
        return error_set(err, ERROR_USAGE, "import needs a file");
    }
    bool done = store_option_open(request, STORE_WRITE, &store, err);
    for (size_t i = 0; done && i < line->word_count; i++) {
        struct result result = {0};
        done = read_result(request, line->words[i], &result, err);
        if (done) {
            done = import_result(store, line->words[i], &result, err);
            result_release(&result);
        }
    }
    store_close(store);
    return done;
}

const struct command cmd_import = {
    .name = "import",
    .arguments = "[options] FILE ...",
    .summary = "put results from files into the store",
    .text = "Puts results into the store: files that --json or export wrote, and those of "
            "memtier_benchmark (--json-out-file), redis-benchmark and valkey-benchmark (--csv), "
            "HdrHistogram (logs and percentile files) and the Python benchmark that tenbin "
            "replaces. What such a file does not say stays unknown.",
    .groups = import_groups,
    .takes_words = true,
    .run = import,
};

/* ---- rm ---- */

static bool remove_one(struct store *store, const char *name, struct arena *arena,
                       struct error *err)
{
    const char *id = NULL;
    if (!store_find(store, name, arena, &id, err) || !store_remove(store, id, err)) {
        return false;
    }
    return printf("%s removed\n", id) > 0 ||
           error_set(err, ERROR_USAGE, "standard output cannot be written");
}

static bool remove_results(struct request *request, int *exit_code, struct error *err)
{
    const struct option_line *line = &request->line;
    struct store *store = NULL;
    *exit_code = COMMAND_DONE;
    if (line->word_count == 0) {
        return error_set(err, ERROR_USAGE, "rm needs a result; tenbin list shows them");
    }
    bool done = store_option_open(request, STORE_READ, &store, err);
    for (size_t i = 0; done && i < line->word_count; i++) {
        done = remove_one(store, line->words[i], &request->arena, err);
    }
    store_close(store);
    return done;
}

const struct command cmd_rm = {
    .name = "rm",
    .arguments = "[options] RESULT ...",
    .summary = "remove results from the store",
    .text = "Removes results, each named by its id, a beginning that no other has, or \"last\".",
    .groups = groups,
    .takes_words = true,
    .run = remove_results,
};

/* ---- gc ---- */

static const struct option tidying[] = {
    {"older-than", '\0', "TIME", "how long ago a result must have been broken off to be removed",
     "24h", option_read_duration, offsetof(struct request, age), 0,
     3650 * 24 * 3600 * NSEC_PER_SEC},
    {.name = NULL},
};
static const struct option_group options_tidying = {"Tidying up", tidying};

static const struct option_group *const gc_groups[] = {&options_tidying, &options_store,
                                                       &options_general, NULL};

static bool gc(struct request *request, int *exit_code, struct error *err)
{
    struct store *store = NULL;
    struct store_tidied tidied = {0};
    char before[UNITS_TEXT_SIZE];
    char after[UNITS_TEXT_SIZE];
    *exit_code = COMMAND_DONE;
    bool done = store_option_open(request, STORE_READ, &store, err) &&
                store_tidy(store, request->age, &tidied, err);
    store_close(store);
    if (!done) {
        return false;
    }
    return printf("%llu result%s that had been broken off removed; %s before, %s now\n",
                  (unsigned long long)tidied.removed, tidied.removed == 1 ? "" : "s",
                  units_format_size(tidied.bytes_before, before),
                  units_format_size(tidied.bytes_after, after)) > 0 ||
           error_set(err, ERROR_USAGE, "standard output cannot be written");
}

const struct command cmd_gc = {
    .name = "gc",
    .arguments = "[options]",
    .summary = "tidy the store up",
    .text = "Removes results that were broken off (by a crash, a kill) and never finished, and "
            "gives room that is not needed any more back. Says how much.",
    .groups = gc_groups,
    .run = gc,
};
