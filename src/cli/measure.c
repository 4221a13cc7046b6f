#include "cli/measure.h"

#include <stdio.h>
#include <string.h>

#include "cli/calibrated.h"
#include "cli/command.h"
#include "cli/outlook.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/store_option.h"
#include "os/signal.h"
#include "os/system.h"
#include "store/recorder.h"

/* The observer of the campaign. */
struct watch {
    const struct request *request;
    struct progress progress;
    struct recorder *recorder; /* NULL: nothing is stored */
    const char *json;          /* where the result goes; NULL: nowhere yet */
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
    if (!watch->has_said_stopping && !watch->request->quiet) {
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

static void watch_measured(void *self, const struct run_part *part)
{
    struct watch *watch = self;
    recorder_put(watch->recorder, part->result, part->cell, part->run);
}

/* The file of a suite grows with it. */
static bool watch_save(void *self, const struct result *result, struct error *err)
{
    const struct watch *watch = self;
    bool is_file = watch->json != NULL && strcmp(watch->json, "-") != 0;
    return !is_file || output_json(watch->json, result, err);
}

static void watch_plan(void *self, const struct design_spec *design, nsec total)
{
    struct watch *watch = self;
    struct buf text = {0};
    char left[UNITS_TEXT_SIZE];
    if (watch->request->quiet) {
        return;
    }
    outlook_add_design(design, &text);
    progress_clear(&watch->progress);
    (void)fprintf(stderr, "%s; about %s to go\n", buf_text(&text),
                  units_format_duration(total, left));
    buf_release(&text);
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

/* The store, unless nothing is to be stored. */
static bool open_recorder(const struct request *request, struct recorder **recorder,
                          struct error *err)
{
    char path[STORE_PATH_SIZE];
    *recorder = NULL;
    if (store_option_is_none(request)) {
        return true;
    }
    return store_option_path(request, path, err) && recorder_open(path, recorder, err);
}

/* Completes what the store has of the result. True also when nothing is to be stored. */
static bool keep(struct recorder *recorder, const struct result *result, struct error *err)
{
    return recorder == NULL || recorder_finish(recorder, result, err) ||
           error_prefix(err, "result %s is not stored to the end", result->id);
}

/* To the file, to the store, to the screen: each is tried, whatever became of the others. Only the
 * first failure is told. */
static bool hand_out(const struct request *request, struct recorder *recorder,
                     const struct result *result, struct error *err)
{
    struct error problem = {0};
    bool json_on_stdout = request->json != NULL && strcmp(request->json, "-") == 0;
    bool saved = request->json == NULL || output_json(request->json, result, &problem);
    bool kept = keep(recorder, result, saved ? &problem : NULL);
    bool shown = output_report(request, result, kept && recorder != NULL,
                               json_on_stdout ? stderr : stdout, saved && kept ? &problem : NULL);
    if (!saved || !kept || !shown) {
        *err = problem;
        return false;
    }
    return true;
}

/* Measures, and shows how it goes on. */
static bool make(const struct spec *spec, measure_campaign *campaign, struct watch *watch,
                 struct result *result, struct error *err)
{
    const struct request *request = watch->request;
    struct run_observer observer = {
        .progress = watch_progress,
        .wants_stop = watch_wants_stop,
        .remains = watch_remains,
        .plan = watch_plan,
        .save = watch_save,
        .measured = watch->recorder == NULL ? NULL : watch_measured,
        .self = watch,
    };
    progress_init(&watch->progress, request->progress, request->quiet);
    result_init(result);
    result->tenbin_version = TENBIN_VERSION;
    result->command_line = request->command_line;
    result->command_line_count = request->command_line_count;
    for (size_t i = 0; i < request->note_count; i++) {
        result_add_finding(result, &result->findings, SEVERITY_NOTE, "taken-over", NULL, "%s",
                           request->notes[i]);
    }
    bool ok = campaign(spec, &observer, result, err);
    progress_clear(&watch->progress);
    return ok;
}

/* Weighs the first target against itself, into the store. */
static bool calibrate(const struct request *request, struct error *err)
{
    struct watch watch = {.request = request};
    struct spec spec;
    struct result control;
    calibrated_plan(request, &spec);
    if (!open_recorder(request, &watch.recorder, err)) {
        return false;
    }
    bool ok = make(&spec, campaign_calibrate, &watch, &control, err) &&
              keep(watch.recorder, &control, err);
    recorder_free(watch.recorder);
    result_release(&control);
    return ok;
}

/* What the noise is here: as it was calibrated, or else is now where that is to be. */
static void find_noise(const struct request *request, struct result *result)
{
    struct error err = {0};
    if (calibrated_look_up(request, result) || !calibrated_is_due(request, result)) {
        return;
    }
    if (!request->quiet) {
        (void)fprintf(stderr,
                      "tenbin: measured; now %s against itself, once, to know how noisy it is here "
                      "(Ctrl-C or --no-calibrate: not)\n",
                      result->arms[0].label);
    }
    if (calibrate(request, &err)) {
        (void)calibrated_look_up(request, result);
    } else {
        result_add_finding(result, &result->findings, SEVERITY_NOTE, "not-calibrated", NULL,
                           "how noisy it is here could not be found out: %s", err.text);
    }
}

bool measure(struct request *request, measure_campaign *campaign, int *exit_code, struct error *err)
{
    struct watch watch = {.request = request, .json = request->json};
    struct result result;
    if (!request_check(request, err) || !open_recorder(request, &watch.recorder, err)) {
        return false;
    }
    system_raise_open_files();
    bool ok = make(&request->spec, campaign, &watch, &result, err);
    if (!ok) {
        result.exit_code = command_exit_code(err->code);
    }
    if (ok || has_figures(&result)) {
        struct error output = {0};
        find_noise(request, &result);
        if (!hand_out(request, watch.recorder, &result, &output) && ok) {
            *err = output;
            ok = false;
        }
    }
    *exit_code = result.exit_code;
    recorder_free(watch.recorder);
    result_release(&result);
    return ok;
}
