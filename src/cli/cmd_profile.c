#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/option_read.h"
#include "cli/options_workload.h"
#include "model/workload_file.h"
#include "os/file.h"
#include "os/signal.h"
#include "os/system.h"
#include "run/profile_capture.h"
#include "run/profile_live.h"

#define MAX_CAPTURE (UINT64_C(4) << 30)

#define FIELD(member) offsetof(struct request, member)

static const struct option profiling[] = {
    {"duration", 'd', "TIME", "how long a server is watched, at least", "10s", option_read_duration,
     FIELD(profile.duration), 100 * NSEC_PER_MSEC, 24 * 3600 * NSEC_PER_SEC},
    {"samples", '\0', "N", "keys that are looked at, at most", "1000", option_read_u64,
     FIELD(profile.samples), 1, 1000000},
    {"asking-rate", '\0', "N", "commands per second sent to the server, at most", "1000",
     option_read_u64, FIELD(profile.rate), 1, 1000000},
    {"out", 'o', "FILE", "where the workload is written", "standard output", option_read_text,
     FIELD(profile.out), 0, 0},
    {"show-keys", '\0', NULL, "write which prefixes keys have", NULL, option_read_on,
     FIELD(profile.shows_keys), 0, 0},
    {"seed", '\0', "N", "where all random numbers begin", "drawn", option_read_u64,
     FIELD(spec.seed), 0, SPEC_SEED_MAX},
    {"quiet", 'q', NULL, "say nothing beside the workload", NULL, option_read_on, FIELD(quiet), 0,
     0},
    {.name = NULL},
};
static const struct option_group options_profiling = {"Profiling", profiling};

static const struct option_group *const groups[] = {&options_profiling, &options_general, NULL};

static bool wants_stop(void *self)
{
    (void)self;
    return signal_interrupted();
}

static bool watch(struct request *request, struct profile *profile, struct error *err)
{
    const struct target_spec *spec = &request->spec.targets[0];
    struct target target = {0};
    struct profile_live_config config = {
        .duration = request->profile.duration,
        .samples = request->profile.samples,
        .rate = (double)request->profile.rate,
        .seed = option_is_given(&request->line, "seed") ? request->spec.seed : system_draw_random(),
        .wants_stop = wants_stop,
    };
    if (!request->quiet) {
        (void)fprintf(stderr,
                      "tenbin: will ask %s at most %" PRIu64 " questions, %" PRIu64
                      " per second at most, about %" PRIu64 " keys at most; nothing is written, no "
                      "MONITOR, no KEYS\n",
                      spec->text, profile_live_cost(&config), request->profile.rate,
                      config.samples);
    }
    bool done = target_init(&target, spec, NULL, err) && target_start(&target, err) &&
                profile_live_watch(&target, &config, profile, err);
    target_release(&target);
    return done;
}

static bool read_capture(struct request *request, const char *name, struct profile *profile,
                         struct error *err)
{
    struct buf text;
    struct profile_capture_report report;
    buf_init(&text, MAX_CAPTURE);
    bool done = file_read(name, &text, err);
    if (!done) {
        err->code = err->code == ERROR_SYSTEM ? ERROR_USAGE : err->code;
    } else {
        profile_capture_read(buf_str(&text), profile, &report);
        if (report.lines == 0) {
            done = error_set(err, ERROR_USAGE, "%s: no line of it is one of MONITOR%s%s", name,
                             report.bad > 0 ? ": " : "", report.problem);
        } else if (!request->quiet) {
            (void)fprintf(stderr, "tenbin: %s: %" PRIu64 " commands", name, report.lines);
            (void)fprintf(stderr, ", %" PRIu64 " of them no part of a load\n", report.apart);
        }
        if (done && report.bad > 0) {
            (void)fprintf(stderr, "tenbin: %s:%" PRIu64 ": %s (%" PRIu64 " line%s left out)\n",
                          name, report.first_bad, report.problem, report.bad,
                          report.bad == 1 ? "" : "s");
        }
    }
    buf_release(&text);
    return done;
}

/* What is written can be read again: a workload that cannot is a bug, but the user must know. */
static bool write_workload(const struct request *request, const struct profile *profile,
                           struct error *err)
{
    struct buf text = {0};
    bool done = profile_write(profile, &text, err);
    if (done && request->profile.out != NULL) {
        done = file_write(request->profile.out, buf_str(&text), err);
    } else if (done) {
        done = (fwrite(buf_text(&text), 1, text.len, stdout) == text.len && fflush(stdout) == 0) ||
               error_set(err, ERROR_USAGE, "standard output cannot be written");
    }
    buf_release(&text);
    return done;
}

/* A word that looks like no target is a file. */
static size_t count_files(const struct option_line *line)
{
    const char *word = line->word_count > 0 ? line->words[0] : "";
    bool is_target = strstr(word, "://") != NULL || str_starts_with(str_from(word), STR("local:"));
    return is_target ? 0 : line->word_count;
}

static bool profile(struct request *request, int *exit_code, struct error *err)
{
    struct profile *all = arena_alloc(&request->arena, sizeof *all);
    if (request->line.word_count != 1) {
        return error_set(err, ERROR_USAGE,
                         "write one target, or one file that holds what MONITOR "
                         "printed");
    }
    const char *word = request->line.words[0];
    const char *out = request->profile.out;
    if (out != NULL && !file_check_writable(out, err)) {
        return false;
    }
    if (request->spec.target_count > 0 && !request_one_host(request, "profile", err)) {
        return false;
    }
    all->shows_keys = request->profile.shows_keys;
    bool done = request->spec.target_count > 0 ? watch(request, all, err)
                                               : read_capture(request, word, all, err);
    done = done && write_workload(request, all, err);
    profile_release(all);
    *exit_code = COMMAND_DONE;
    return done;
}

const struct command cmd_profile = {
    .name = "profile",
    .arguments = "[options] TARGET | FILE",
    .summary = "derive a workload file from a live server or a MONITOR capture",
    .text =
        "Watches a server for a while without MONITOR, or reads what MONITOR printed, and writes "
        "a workload file with the same mix of commands, types, sizes, times to live and number "
        "of keys. A server is asked for its counters before and after, and about a sample of "
        "its keys, at a bounded rate that is told first. Names of keys are not written.",
    .groups = groups,
    .takes_targets = true,
    .count_files = count_files,
    .starts_servers = true,
    .run = profile,
};
