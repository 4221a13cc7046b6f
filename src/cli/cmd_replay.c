#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/measure.h"
#include "cli/option_read.h"
#include "cli/options_workload.h"
#include "os/file.h"
#include "run/campaign.h"
#include "run/replay.h"

#define MAX_CAPTURE (UINT64_C(4) << 30)

/* Unanswered commands of one client, and their bytes together, at most. */
enum { MOST_IN_FLIGHT = 1000, MOST_SPEED = 1000 };
#define MOST_BYTES (UINT64_C(16) << 20)

#define FIELD(member) offsetof(struct request, member)

static bool read_speed(const struct option *option, struct str value, void *field,
                       struct error *err)
{
    double speed = 0;
    (void)option;
    if (!str_eq(value, STR("max")) &&
        !(str_to_double(value, &speed) && speed >= 0.001 && speed <= MOST_SPEED)) {
        return error_set(err, ERROR_USAGE, "\"%.*s\": write a number from 0.001 to %d, or max",
                         STR_ARG(value), MOST_SPEED);
    }
    memcpy(field, &speed, sizeof speed);
    return true;
}

static const struct option replaying[] = {
    {"speed", '\0', "N",
     "so many times as fast; max: each client's next command when a reply has come", "1",
     read_speed, FIELD(replay.speed), 0, 0},
    {"keep-keys", '\0', NULL, "keys keep their names behind the prefix, instead of hashes", NULL,
     option_read_on, FIELD(replay.keeps_keys), 0, 0},
    {"key-prefix", '\0', "TEXT", "what every key written begins with", "tenbin:", option_read_text,
     FIELD(spec.workload.key_prefix), 0, 0},
    {"pairs", '\0', "N", "with several targets: pairs of runs", "6", option_read_u32,
     FIELD(spec.design.pairs), 1, 10000},
    {"timeout", '\0', "TIME", "how long one command may take", "5s", option_read_duration,
     FIELD(spec.load.timeout), NSEC_PER_MSEC, 3600 * NSEC_PER_SEC},
    {"seed", '\0', "N", "of the order of runs", "drawn, and in the report", option_read_u64,
     FIELD(spec.seed), 0, SPEC_SEED_MAX},
    {"keep-data", '\0', NULL, "leave the keys on targets that tenbin did not start", NULL,
     option_read_on, FIELD(spec.design.keep_data), 0, 0},
    {"yes", '\0', NULL,
     "load a target on another machine although other clients are connected to it", NULL,
     option_read_on, FIELD(spec.design.assume_yes), 0, 0},
    {.name = NULL},
};
static const struct option_group options_replaying = {"Replaying", replaying};

static const struct option_group *const groups[] = {&options_replaying, &options_output,
                                                    &options_general, NULL};

static size_t count_files(const struct option_line *line)
{
    return line->word_count > 0 ? 1 : 0;
}

/* Which words are keys is known by the first target. */
static bool make_trace(const struct request *request, struct str text, struct trace *trace,
                       struct replay_report *report, struct error *err)
{
    struct target target = {0};
    bool done = target_init(&target, &request->spec.targets[0], NULL, err) &&
                target_start(&target, err) &&
                (replay_read(&target, text, trace, report, err) ||
                 error_prefix(err, "%s", request->line.words[0]));
    target_release(&target);
    return done;
}

static void note(struct request *request, const char **notes, const char *text)
{
    notes[request->note_count++] = arena_copy_text(&request->arena, text);
}

/* What was left out, and what of the file cannot be read. */
static void add_notes(struct request *request, const struct trace *trace,
                      const struct replay_report *report)
{
    enum { MOST_NOTES = 4 };
    const char **notes = arena_alloc_array(&request->arena, MOST_NOTES, sizeof *notes);
    struct buf text = {0};
    buf_addf(&text,
             "%s: %" PRIu64 " of %" PRIu64
             " commands of %u clients are sent, at the moments of the "
             "capture",
             request->line.words[0], report->taken, report->lines, trace->client_count);
    if (request->replay.speed > 0) {
        bool is_other = request->replay.speed < 1 || request->replay.speed > 1;
        if (is_other) {
            buf_addf(&text, ", %g times as fast", request->replay.speed);
        }
    } else {
        buf_clear(&text);
        buf_addf(&text,
                 "%s: %" PRIu64 " of %" PRIu64
                 " commands of %u clients are sent, each when the reply "
                 "to its client's last one has come",
                 request->line.words[0], report->taken, report->lines, trace->client_count);
    }
    note(request, notes, buf_text(&text));
    buf_clear(&text);
    replay_list_skipped(report, &text);
    if (text.len > 0) {
        struct buf whole = {0};
        buf_addf(&whole,
                 "left out, because they name no keys of their own, wait, or administer: %s",
                 buf_text(&text));
        note(request, notes, buf_text(&whole));
        buf_release(&whole);
    }
    if (report->bad > 0) {
        buf_clear(&text);
        buf_addf(&text, "%s:%" PRIu64 ": %s (%" PRIu64 " line%s left out)", request->line.words[0],
                 report->first_bad, report->problem, report->bad, report->bad == 1 ? "" : "s");
        note(request, notes, buf_text(&text));
    }
    request->notes = notes;
    buf_release(&text);
}

/* For the report: an operation of each name, as often as it is there. */
static void list_operations(struct request *request, const struct trace *trace)
{
    struct workload_spec *workload = &request->spec.workload;
    struct operation_spec *operations =
        arena_alloc_array(&request->arena, trace->name_count, sizeof *operations);
    for (size_t i = 0; i < trace->name_count; i++) {
        struct step_spec *step = arena_alloc(&request->arena, sizeof *step);
        step->command = arena_printf(&request->arena, "%s {key}", trace->names[i]);
        operations[i] = (struct operation_spec){
            .name = trace->names[i], .weight = 0, .steps = step, .step_count = 1};
    }
    for (size_t i = 0; i < trace->count; i++) {
        operations[trace->commands[i].operation].weight++;
    }
    workload->name = "replay";
    workload->operations = operations;
    workload->operation_count = trace->name_count;
    workload->keys = trace->key_count > 0 ? trace->key_count : 1;
    workload->trace = trace;
    workload->is_replay = true;
}

static size_t longest_command(const struct trace *trace)
{
    size_t longest = 1;
    for (size_t i = 0; i < trace->count; i++) {
        size_t size = 0;
        for (size_t k = 0; k < trace->commands[i].word_count; k++) {
            size += trace->words[trace->commands[i].first_word + k].len + 32;
        }
        longest = size > longest ? size : longest;
    }
    return longest;
}

static void set_load(struct request *request, const struct trace *trace)
{
    struct load_spec *load = &request->spec.load;
    struct design_spec *design = &request->spec.design;
    nsec length = trace->commands[trace->count - 1].at;
    load->clients = trace->client_count;
    load->threads = 1;
    load->requests = trace->count;
    design->warmup = 0;
    design->slice = 0;
    if (request->replay.speed > 0) {
        uint64_t fitting = MOST_BYTES / longest_command(trace);
        double seconds = length > 0 ? (double)length / (double)NSEC_PER_SEC : 1;
        load->pipeline = fitting < 1                ? 1
                         : fitting > MOST_IN_FLIGHT ? MOST_IN_FLIGHT
                                                    : (uint32_t)fitting;
        load->profile = (struct load_profile){
            .shape = LOAD_FLAT,
            .rates = {(double)trace->count / seconds},
            .rate_count = 1,
        };
        design->duration = length > NSEC_PER_SEC ? length : NSEC_PER_SEC;
    }
}

static bool replay(struct request *request, int *exit_code, struct error *err)
{
    struct spec *spec = &request->spec;
    struct buf text;
    struct trace trace = {.keeps_keys = request->replay.keeps_keys};
    struct replay_report *report = arena_alloc(&request->arena, sizeof *report);
    if (request->file_count == 0 || spec->target_count == 0) {
        return error_set(err, ERROR_USAGE,
                         "write a file that holds what MONITOR printed, and the targets");
    }
    if (spec->target_count == 1 && !request_one_host(request, "replay on one target", err)) {
        return false;
    }
    buf_init(&text, MAX_CAPTURE);
    bool done = file_read(request->line.words[0], &text, err);
    if (!done && err->code == ERROR_SYSTEM) {
        err->code = ERROR_USAGE;
    }
    done = done && make_trace(request, buf_str(&text), &trace, report, err);
    buf_release(&text);
    if (done) {
        trace_set_speed(&trace, request->replay.speed);
        add_notes(request, &trace, report);
        list_operations(request, &trace);
        set_load(request, &trace);
        bool is_one = spec->target_count == 1;
        spec->design.pairs = is_one ? 1 : spec->design.pairs;
        done = measure(request, is_one ? campaign_run : campaign_compare, exit_code, err);
    }
    trace_release(&trace);
    return done;
}

const struct command cmd_replay = {
    .name = "replay",
    .arguments = "[options] FILE TARGET ...",
    .summary = "send the commands of a MONITOR capture again",
    .text =
        "Sends what redis-cli MONITOR printed again, with its timing, each client's commands in "
        "their order over a connection of its own. Keys become keys of ours: hashes of their "
        "names behind the prefix. Commands that name no keys, wait, or administer are left out "
        "and counted. With several targets they are compared.",
    .groups = groups,
    .takes_targets = true,
    .count_files = count_files,
    .starts_servers = true,
    .run = replay,
};
