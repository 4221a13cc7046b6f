#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/option_read.h"
#include "cli/options_workload.h"
#include "cli/output.h"
#include "cli/store_option.h"
#include "cli/stored.h"

/* show, report and export: a result that was measured before, for people and for programs. */

static const struct option showing[] = {
    {"no-color", '\0', NULL, "no colours, as with NO_COLOR set", NULL, option_read_off,
     offsetof(struct request, color), 0, 0},
    {"quiet", 'q', NULL, "only the verdict", NULL, option_read_on, offsetof(struct request, quiet),
     0, 0},
    {.name = NULL},
};
static const struct option_group options_showing = {"Output", showing};

static const struct option_group *const show_groups[] = {&options_showing, &options_store,
                                                         &options_general, NULL};

static bool need_one(const struct request *request, const char *command, struct error *err)
{
    return request->line.word_count == 1 ||
           error_set(err, ERROR_USAGE,
                     "%s takes one result: its id, the beginning of it, \"last\", or a file",
                     command);
}

static bool show_one(struct request *request, const char *name, struct error *err)
{
    struct result result;
    bool is_stored = false;
    if (!stored_load(request, name, &result, &is_stored, err)) {
        return false;
    }
    bool done = output_report(request, &result, is_stored, stdout, err);
    result_release(&result);
    return done;
}

static bool show(struct request *request, int *exit_code, struct error *err)
{
    *exit_code = COMMAND_DONE;
    return need_one(request, "show", err) && show_one(request, request->line.words[0], err);
}

const struct command cmd_show = {
    .name = "show",
    .arguments = "[options] RESULT",
    .summary = "show a stored result as it was shown when it was measured",
    .text = "Shows a result: by its id or a beginning that no other has, \"last\" for the newest, "
            "or a file that --json or export wrote.",
    .groups = show_groups,
    .takes_words = true,
    .run = show,
};

/* ---- export ---- */

static const struct option exporting[] = {
    {"json", '\0', "FILE", "where to; '-': standard output", "-", option_read_text,
     offsetof(struct request, json), 0, 0},
    {.name = NULL},
};
static const struct option_group options_exporting = {"Output", exporting};

static const struct option_group *const export_groups[] = {&options_exporting, &options_store,
                                                           &options_general, NULL};

static bool export_one(struct request *request, const char *path, struct error *err)
{
    struct result result;
    if (!stored_load(request, request->line.words[0], &result, NULL, err)) {
        return false;
    }
    bool done = output_json(path, &result, err);
    result_release(&result);
    return done;
}

static bool export(struct request *request, int *exit_code, struct error *err)
{
    *exit_code = COMMAND_DONE;
    return need_one(request, "export", err) &&
           export_one(request, request->json == NULL ? "-" : request->json, err);
}

const struct command cmd_export = {
    .name = "export",
    .arguments = "[options] RESULT",
    .summary = "write a stored result as one JSON file",
    .text = "Writes a result as one JSON file that holds everything: the same that --json writes "
            "while measuring. tenbin import reads it on another machine.",
    .groups = export_groups,
    .takes_words = true,
    .run = export,
};

/* ---- report ---- */

static const struct option reporting[] = {
    {"json", '\0', "FILE", "write the result as JSON instead; '-': to standard output", NULL,
     option_read_text, offsetof(struct request, json), 0, 0},
    {.name = NULL},
};
static const struct option_group options_reporting = {"Report", reporting};

static const struct option_group *const report_groups[] = {&options_reporting, &options_showing,
                                                           &options_store, &options_general, NULL};

static bool report(struct request *request, int *exit_code, struct error *err)
{
    const struct option_line *line = &request->line;
    *exit_code = COMMAND_DONE;
    if (line->word_count == 0) {
        return error_set(err, ERROR_USAGE, "report needs a result; tenbin list shows them");
    }
    if (request->json != NULL) {
        return need_one(request, "report --json", err) && export_one(request, request->json, err);
    }
    for (size_t i = 0; i < line->word_count; i++) {
        if (i > 0 && printf("\n") < 0) {
            return error_set(err, ERROR_USAGE, "the report cannot be written");
        }
        if (!show_one(request, line->words[i], err)) {
            return false;
        }
    }
    return true;
}

const struct command cmd_report = {
    .name = "report",
    .arguments = "[options] RESULT ...",
    .summary = "render stored results",
    .text = "Renders results, named as for tenbin show, for the terminal or as JSON.",
    .groups = report_groups,
    .takes_words = true,
    .run = report,
};
