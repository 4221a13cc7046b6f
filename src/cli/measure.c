#include "cli/measure.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/outlook.h"
#include "cli/progress.h"
#include "model/result_json.h"
#include "os/file.h"
#include "os/signal.h"
#include "os/system.h"
#include "os/term.h"
#include "report/report.h"

/* The observer of the campaign. */
struct watch {
    struct progress progress;
    const char *json; /* where the result goes; NULL: nowhere yet */
    bool quiet;
    bool has_said_stopping;
};

static void watch_progress(void *self, const struct run_progress *now)
{
    struct watch *watch = self;
    progress_show(&watch->progress, now);
}

static bool watch_wants_stop(void *self)
{
    struct watch *watch = self;
    if (!signal_interrupted()) {
        return false;
    }
    if (!watch->has_said_stopping && !watch->quiet) {
        progress_clear(&watch->progress);
        (void)fputs("tenbin: stopping and cleaning up; a second Ctrl-C quits at once\n", stderr);
    }
    watch->has_said_stopping = true;
    return true;
}

static void watch_remains(void *self, const char *text)
{
    (void)self;
    if (text[0] == '\0') {
        signal_last_words("");
        return;
    }
    struct buf words = {0};
    (void)buf_addf(&words, "tenbin: left behind: %s\n", text);
    signal_last_words(buf_text(&words));
    buf_release(&words);
}

static bool write_json(const struct result *result, const char *path, struct error *err)
{
    bool ok = false;
    struct buf text = {0};
    result_json_write(result, &text);
    if (strcmp(path, "-") != 0) {
        ok = file_write(path, buf_str(&text), err);
    } else if (fwrite(buf_text(&text), 1, text.len, stdout) == text.len && fflush(stdout) == 0) {
        ok = true;
    } else {
        (void)error_set(err, ERROR_USAGE, "standard output cannot be written");
    }
    buf_release(&text);
    return ok;
}

/* The file of a suite grows with it. */
static bool watch_save(void *self, const struct result *result, struct error *err)
{
    const struct watch *watch = self;
    bool is_file = watch->json != NULL && strcmp(watch->json, "-") != 0;
    return !is_file || write_json(result, watch->json, err);
}

static void watch_plan(void *self, const struct design_spec *design, nsec total)
{
    struct watch *watch = self;
    struct buf text = {0};
    char left[UNITS_TEXT_SIZE];
    if (watch->quiet) {
        return;
    }
    outlook_add_design(design, &text);
    progress_clear(&watch->progress);
    (void)fprintf(stderr, "%s; about %s to go\n", buf_text(&text),
                  units_format_duration(total, left));
    buf_release(&text);
}

static bool write_report(const struct request *request, const struct result *result,
                         struct error *err)
{
    bool json_on_stdout = request->json != NULL && strcmp(request->json, "-") == 0;
    FILE *stream = json_on_stdout ? stderr : stdout;
    bool ok;
    if (request->quiet) {
        ok = result->verdict_text == NULL || fprintf(stream, "%s\n", result->verdict_text) > 0;
    } else {
        struct report_options options = {
            .color = request->color && term_wants_color(stream),
            .width = term_width(stream),
        };
        ok = report_find("terminal")->write(result, &options, stream);
    }
    if (!ok || fflush(stream) != 0) {
        return error_set(err, ERROR_USAGE, "the report cannot be written");
    }
    return true;
}

/* Was anything measured, before it failed? */
static bool has_figures(const struct result *result)
{
    for (size_t i = 0; i < result->cell_count; i++) {
        if (result->cells[i].run_count > 0) {
            return true;
        }
    }
    return false;
}

bool measure(struct request *request, measure_campaign *campaign, int *exit_code, struct error *err)
{
    if (!request_check(request, err)) {
        return false;
    }
    system_raise_open_files();
    struct watch watch = {.quiet = request->quiet, .json = request->json};
    progress_init(&watch.progress, request->progress, request->quiet);
    struct run_observer observer = {
        .progress = watch_progress,
        .wants_stop = watch_wants_stop,
        .remains = watch_remains,
        .plan = watch_plan,
        .save = watch_save,
        .self = &watch,
    };
    struct result result;
    result_init(&result);
    result.tenbin_version = TENBIN_VERSION;
    result.command_line = request->command_line;
    result.command_line_count = request->command_line_count;
    for (size_t i = 0; i < request->note_count; i++) {
        result_add_finding(&result, &result.findings, SEVERITY_NOTE, "taken-over", NULL, "%s",
                           request->notes[i]);
    }
    bool ok = campaign(&request->spec, &observer, &result, err);
    progress_clear(&watch.progress);
    if (!ok) {
        result.exit_code = command_exit_code(err->code);
    }
    if (ok || has_figures(&result)) {
        struct error output = {0};
        bool saved = request->json == NULL || write_json(&result, request->json, &output);
        bool shown = write_report(request, &result, saved ? &output : NULL);
        if (ok && (!saved || !shown)) {
            *err = output;
            ok = false;
        }
    }
    *exit_code = result.exit_code;
    result_release(&result);
    return ok;
}
