#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/many.h"
#include "base/buf.h"
#include "cli/command.h"
#include "cli/default_targets.h"
#include "cli/measure.h"
#include "cli/option_read.h"
#include "cli/options_workload.h"
#include "cli/outlook.h"
#include "cli/store_option.h"
#include "cli/suggest.h"
#include "cli/workload_option.h"
#include "model/result_json.h"
#include "model/suite.h"
#include "os/file.h"
#include "run/campaign.h"
#include "workload/builtin.h"
#include "workload/mix.h"
#include "workload/workload.h"

#define FIELD(member) offsetof(struct request, member)

enum { LARGEST_PLAN = 1 << 20 };

static bool read_rate(const struct option *option, struct str value, void *field, struct error *err)
{
    (void)option;
    return (units_read_rate(value, field) && *(double *)field > 0) ||
           error_set(err, ERROR_USAGE, "\"%.*s\": write a rate such as 10k", STR_ARG(value));
}

static bool read_size(const struct option *option, struct str value, void *field, struct error *err)
{
    (void)option;
    return (units_read_size(value, field) && *(uint64_t *)field > 0) ||
           error_set(err, ERROR_USAGE, "\"%.*s\": write a size such as 1GiB", STR_ARG(value));
}

static const struct option plan[] = {
    {"budget", '\0', "TIME",
     "how long all may take: decides on pairs, and on the measured time of each cell",
     "6 pairs of 3s per cell", option_read_duration, FIELD(spec.suite.budget), NSEC_PER_SEC,
     30 * 24 * 3600 * NSEC_PER_SEC},
    {"full", '\0', NULL, "all combinations of the factors, not one factor at a time", NULL,
     option_read_on, FIELD(full), 0, 0},
    {"dry-run", '\0', NULL, "print the plan and the estimate, and measure nothing", NULL,
     option_read_on, FIELD(dry_run), 0, 0},
    {"resume", '\0', "FILE",
     "go on with the suite whose result is in FILE, and write it there again", NULL,
     option_read_text, FIELD(resume), 0, 0},
    {"rate", '\0', "RATE", "what loads in per cent are per cent of",
     "what the slower target can do, which is measured first", read_rate,
     FIELD(spec.suite.full_rate), 0, 0},
    {"data-limit", '\0', "SIZE", "data that is in a server at the same time, about", "256MiB",
     read_size, FIELD(spec.suite.data_limit), 0, 0},
    {"key-prefix", '\0', "TEXT", "what every key written begins with", "tenbin:", option_read_text,
     FIELD(spec.workload.key_prefix), 0, 0},
    {"threads", 't', "N", "worker threads of tenbin", "1", option_read_u32,
     FIELD(spec.load.threads), 1, 100000},
    {"timeout", '\0', "TIME", "how long one operation may take", "5s", option_read_duration,
     FIELD(spec.load.timeout), NSEC_PER_MSEC, 3600 * NSEC_PER_SEC},
    {"no-pin", '\0', NULL, "do not bind workers and local servers to processors of their own", NULL,
     option_read_off, FIELD(spec.load.pin), 0, 0},
    {.name = NULL},
};
static const struct option_group options_plan = {"Suite", plan};

/* As for one cell, but a run always ends by its time. */
static const struct option measuring[] = {
    {"warmup", '\0', "TIME", "load of each cell before it is measured, which does not count",
     "500ms", option_read_duration, FIELD(spec.design.warmup), 0, 24 * 3600 * NSEC_PER_SEC},
    {"duration", 'd', "TIME", "measured time of each run", "3s", option_read_duration,
     FIELD(spec.design.duration), NSEC_PER_MSEC, 24 * 3600 * NSEC_PER_SEC},
    {"seed", '\0', "N", "where all random numbers begin", "drawn, and in the report",
     option_read_u64, FIELD(spec.seed), 0, SPEC_SEED_MAX},
    {"keep-data", '\0', NULL, "leave the keys on targets that tenbin did not start", NULL,
     option_read_on, FIELD(spec.design.keep_data), 0, 0},
    {"yes", '\0', NULL,
     "load a target on another machine although other clients are connected to it", NULL,
     option_read_on, FIELD(spec.design.assume_yes), 0, 0},
    {.name = NULL},
};
static const struct option_group options_suite_measuring = {"Measuring", measuring};

static const struct option_group *const groups[] = {
    &options_plan,   &options_comparing, &options_suite_measuring,
    &options_output, &options_general,   NULL,
};

static bool write_out(struct buf *text, struct error *err)
{
    bool done = fwrite(buf_text(text), 1, text->len, stdout) == text->len && fflush(stdout) == 0;
    buf_release(text);
    return done || error_set(err, ERROR_USAGE, "standard output cannot be written");
}

/* ---- plans ---- */

static bool unknown(struct str name, struct error *err)
{
    struct suggestion nearest;
    suggest_init(&nearest, name);
    for (const struct builtin_workload *at = builtin_suites; at->name != NULL; at++) {
        suggest_consider(&nearest, at->name);
    }
    return error_set(err, ERROR_USAGE,
                     "\"%.*s\" is no suite%s%s%s; tenbin suite list shows them, and a file's "
                     "name ends with .yaml",
                     STR_ARG(name), nearest.best == NULL ? "" : " (did you mean \"",
                     nearest.best == NULL ? "" : nearest.best, nearest.best == NULL ? "" : "\"?)");
}

static bool read_plan(struct str name, struct request *request, struct suite *out,
                      struct error *err)
{
    struct buf text;
    const struct builtin_workload *builtin = builtin_find_suite(name);
    if (builtin != NULL) {
        return suite_file_read(builtin->name, str_from(builtin->text), &request->arena, out, err);
    }
    if (!workload_option_is_file(name)) {
        return unknown(name, err);
    }
    const char *path = arena_copy(&request->arena, name);
    buf_init(&text, LARGEST_PLAN);
    bool done = file_read(path, &text, err) &&
                suite_file_read(path, buf_str(&text), &request->arena, out, err);
    if (!done && err->code == ERROR_SYSTEM) {
        err->code = ERROR_USAGE;
    }
    buf_release(&text);
    return done;
}

static bool find_workload(void *self, struct str name, struct workload_spec *out, struct error *err)
{
    struct request *request = self;
    return workload_option_read(name, &request->arena, out, err);
}

/* Everything about a cell that can be checked without a server. */
static bool check_cell(struct request *request, struct cell_spec *cell, struct error *err)
{
    struct spec alone = request->spec;
    if (!mix_cell(cell, &request->arena, err) || !workload_check(&cell->workload, err)) {
        return false;
    }
    workload_settle(&cell->workload);
    alone.workload = cell->workload;
    alone.load = cell->load;
    return spec_validate(&alone, err);
}

/* The cells of the plan become those of the request's spec. */
static bool expand(struct request *request, const struct suite *suite, struct error *err)
{
    struct suite_cells cells;
    const struct suite_world world = {
        .spec = &request->spec,
        .find = find_workload,
        .self = request,
        .is_crossed = request->full,
    };
    if (!suite_expand(suite, &world, &request->arena, &cells, err)) {
        return false;
    }
    for (size_t i = 0; i < cells.count; i++) {
        if (!check_cell(request, &cells.items[i], err)) {
            return error_prefix(err, "%s: cell \"%s\"", suite->file, cells.items[i].name);
        }
    }
    request->spec.suite.cells = cells.items;
    request->spec.suite.cell_count = cells.count;
    return true;
}

/* ---- list, show, check ---- */

static bool list(struct error *err)
{
    struct buf text = {0};
    for (const struct builtin_workload *at = builtin_suites; at->name != NULL; at++) {
        buf_addf(&text, "%-15s  %s\n", at->name, at->description);
    }
    return write_out(&text, err);
}

static bool show(struct str name, struct error *err)
{
    struct buf text = {0};
    const struct builtin_workload *builtin = builtin_find_suite(name);
    if (builtin == NULL) {
        return unknown(name, err);
    }
    buf_add_text(&text, builtin->text);
    return write_out(&text, err);
}

static bool check(struct str name, struct request *request, struct error *err)
{
    struct suite suite;
    struct buf text = {0};
    if (!read_plan(name, request, &suite, err) || !expand(request, &suite, err)) {
        return false;
    }
    buf_addf(&text, "%.*s: %zu cell%s of %zu workload%s and %zu factor%s\n", STR_ARG(name),
             request->spec.suite.cell_count, request->spec.suite.cell_count == 1 ? "" : "s",
             suite.workload_count, suite.workload_count == 1 ? "" : "s", suite.factor_count,
             suite.factor_count == 1 ? "" : "s");
    return write_out(&text, err);
}

/* ---- measuring ---- */

/* What a result that is gone on with decided, the options do not. */
static bool refuse_with_resume(const struct request *request, struct error *err)
{
    static const char *const decided[] = {"budget", "pairs", "duration", "warmup", "slice",
                                          "preset", "seed",  "rate",     "dry-run"};
    for (size_t i = 0; i < sizeof decided / sizeof decided[0]; i++) {
        if (option_is_given(&request->line, decided[i])) {
            return error_set(err, ERROR_USAGE,
                             "options '--resume' and '--%s' exclude each other: the file says it",
                             decided[i]);
        }
    }
    return true;
}

static bool same_judgement(const struct design_spec *a, const struct design_spec *b)
{
    bool same = memcmp(a->gated, b->gated, sizeof a->gated) == 0;
    for (int i = 0; i < METRIC_COUNT; i++) {
        same = same && !(fabs(a->margins[i] - b->margins[i]) > 1e-9);
    }
    return same;
}

/* Gates and margins may be asked for anew: they change what is said of the figures, not these,
 * until there are fresh pairs, which are those of the cells whose gates were about to fail. */
static bool take_judgement(struct request *request, const struct result *earlier, struct error *err)
{
    struct design_spec *design = &request->spec.design;
    if (!option_is_given(&request->line, "gate")) {
        memcpy(design->gated, earlier->design.gated, sizeof design->gated);
    }
    if (!option_is_given(&request->line, "margin")) {
        memcpy(design->margins, earlier->design.margins, sizeof design->margins);
    }
    design->require_conclusive = design->require_conclusive || earlier->design.require_conclusive;
    return !result_confirms_gates(earlier) || same_judgement(design, &earlier->design) ||
           error_set(
               err, ERROR_USAGE,
               "options '--gate' and '--margin': %s has fresh pairs that confirm gates, which "
               "must stay as they were; leave them out",
               request->resume);
}

/* Reads what was measured earlier, and takes its seed and its design. */
static bool read_earlier(struct request *request, struct result *earlier, struct error *err)
{
    struct buf text = {0};
    struct spec *spec = &request->spec;
    if (request->resume == NULL) {
        return true;
    }
    bool done = refuse_with_resume(request, err) && file_read(request->resume, &text, err);
    if (done && !result_json_read(buf_str(&text), earlier, err)) {
        done = error_prefix(err, "%s", request->resume);
    }
    buf_release(&text);
    if (!done) {
        err->code = ERROR_USAGE;
        return false;
    }
    spec->suite.earlier = earlier;
    spec->seed = earlier->seed;
    request->has_seed = true;
    spec->design.preset = earlier->design.preset;
    spec->design.pairs = earlier->design.pairs;
    spec->design.warmup = earlier->design.warmup;
    spec->design.duration = earlier->design.duration;
    spec->design.slice = earlier->design.slice;
    request->json = request->json == NULL ? request->resume : request->json;
    return take_judgement(request, earlier, err);
}

static void keep_what_is_given(struct request *request)
{
    struct suite_spec *suite = &request->spec.suite;
    const struct option_line *line = &request->line;
    suite->keeps_pairs = option_is_given(line, "pairs");
    suite->keeps_run = option_is_given(line, "duration");
    suite->keeps_warmup = option_is_given(line, "warmup");
    suite->keeps_slice = option_is_given(line, "slice");
}

/* Bytes of all different data. */
static uint64_t all_data(const struct suite_spec *suite)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < suite->cell_count; i++) {
        bool is_new = true;
        for (size_t k = 0; k < i && is_new; k++) {
            is_new = strcmp(suite->cells[i].structure, suite->cells[k].structure) != 0 ||
                     !spec_same_data(&suite->cells[i].workload, &suite->cells[k].workload);
        }
        bytes += is_new ? spec_data_bytes(&suite->cells[i].workload) : 0;
    }
    return bytes;
}

/* The pairs with which gates over all these cells can fail at all. */
static uint32_t gate_pairs(const struct spec *spec)
{
    size_t gates = 0;
    size_t arms = spec->design.aa ? 2 : spec->target_count;
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        gates += metric != METRIC_MEMORY && spec->design.gated[metric] ? 1 : 0;
    }
    return gates == 0 ? 0
                      : many_least_pairs(spec->design.confidence,
                                         gates * spec->suite.cell_count * (arms - 1));
}

/* The pairs with which each host of every arm has a turn. */
static uint32_t host_pairs(const struct spec *spec)
{
    size_t most = 0;
    for (size_t i = 0; i < spec->target_count; i++) {
        size_t hosts = target_spec_hosts(&spec->targets[i]);
        most = hosts > most ? hosts : most;
    }
    return (uint32_t)most;
}

/* Each host has a turn, unless a number of pairs was asked for. */
static void settle_hosts(struct spec *spec)
{
    uint32_t hosts = host_pairs(spec);
    if (!spec->suite.keeps_pairs && spec->design.pairs < hosts) {
        spec->design.pairs = hosts;
    }
}

/* What a budget pays for at least; without one, as many pairs as the gates take, unless a number
 * was asked for. */
static void settle_pairs(struct request *request)
{
    struct spec *spec = &request->spec;
    spec->design.max_pairs = 0;   /* all cells get the same evidence, ... */
    spec->design.time_budget = 0; /* ... and a suite has a budget of its own */
    uint32_t gates = gate_pairs(spec);
    uint32_t hosts = host_pairs(spec);
    spec->suite.least_pairs = gates > hosts ? gates : hosts;
    bool is_free =
        spec->suite.budget == 0 && !spec->suite.keeps_pairs && spec->suite.earlier == NULL;
    if (is_free && spec->design.pairs < spec->suite.least_pairs) {
        spec->design.pairs = spec->suite.least_pairs;
    }
}

/* Says what is going to be done, before it is; with --dry-run instead. */
static bool announce(struct request *request, struct error *err)
{
    const struct spec *spec = &request->spec;
    struct buf text = {0};
    struct design_spec design = spec->design;
    uint32_t arms = spec->design.aa ? 2 : (uint32_t)spec->target_count;
    struct budget_cost cost =
        budget_guess(arms, (uint32_t)spec->suite.cell_count, all_data(&spec->suite));
    if (spec->suite.earlier == NULL && !budget_choose(&cost, &spec->suite, &design, err)) {
        return false;
    }
    if (request->dry_run) {
        outlook_add_cells(spec, &text);
    }
    outlook_add(spec, &cost, &design, &text);
    if (request->dry_run) {
        return write_out(&text, err);
    }
    if (!request->quiet && spec->suite.earlier == NULL) {
        (void)fputs(buf_text(&text), stderr);
    }
    buf_release(&text);
    return true;
}

static bool read_targets(struct request *request, struct error *err)
{
    struct spec *spec = &request->spec;
    if (!request_read_targets(request, 1, request->argv, err)) {
        return false;
    }
    if (spec->target_count == 0 && !default_targets(request, err)) {
        return false;
    }
    if (spec->design.aa) {
        spec->target_count = 1;
    } else if (spec->target_count == 1) {
        return error_set(err, ERROR_USAGE,
                         "suite needs two targets or more, or --aa to weigh one against itself");
    }
    return true;
}

/* How to go on after an interruption. */
static void tell_resumption(const struct request *request, int exit_code)
{
    if (exit_code != COMMAND_INTERRUPTED || request->quiet) {
        return;
    }
    if (request->json != NULL && strcmp(request->json, "-") != 0) {
        (void)fprintf(stderr, "tenbin: the same command with --resume %s goes on\n", request->json);
    } else if (!store_option_is_none(request)) {
        (void)fputs("tenbin: \"tenbin export last --json FILE\" and the same command with --resume "
                    "FILE go on\n",
                    stderr);
    } else {
        (void)fputs("tenbin: with --json FILE it could have been resumed\n", stderr);
    }
}

static bool run_suite(struct str name, struct request *request, int *exit_code, struct error *err)
{
    struct suite suite;
    struct result earlier = {0};
    keep_what_is_given(request);
    bool done = read_targets(request, err) && read_plan(name, request, &suite, err);
    if (done) {
        settle_hosts(&request->spec);
    }
    done = done && expand(request, &suite, err) && read_earlier(request, &earlier, err);
    if (done) {
        settle_pairs(request);
    }
    done = done && announce(request, err) &&
           (request->dry_run || measure(request, campaign_suite, exit_code, err));
    tell_resumption(request, *exit_code);
    result_release(&earlier);
    return done;
}

static bool suite(struct request *request, int *exit_code, struct error *err)
{
    const struct option_line *line = &request->line;
    struct str action = line->word_count > 0 ? str_from(line->words[0]) : STR("");
    struct str name = line->word_count > 1 ? str_from(line->words[1]) : STR("");
    *exit_code = COMMAND_DONE;
    if (request->spec.suite.data_limit == 0) {
        request->spec.suite.data_limit = UINT64_C(256) << 20;
    }
    if (str_eq(action, STR("list")) && line->word_count == 1) {
        return list(err);
    }
    if (str_eq(action, STR("show")) && line->word_count == 2) {
        return show(name, err);
    }
    if (str_eq(action, STR("check")) && line->word_count == 2) {
        return check(name, request, err);
    }
    if (line->word_count == 0 || str_eq(action, STR("list")) || str_eq(action, STR("show")) ||
        str_eq(action, STR("check"))) {
        return error_set(err, ERROR_USAGE,
                         "write tenbin suite NAME|FILE TARGET..., or tenbin suite list, show NAME "
                         "or check FILE");
    }
    return run_suite(action, request, exit_code, err);
}

const struct command cmd_suite = {
    .name = "suite",
    .arguments = "PLAN [options] [A B ...] | list | show NAME | check FILE",
    .summary = "weigh targets in a matrix of cells",
    .text =
        "Weighs targets against each other in many cells. PLAN is the name of one that is built "
        "in, or a YAML file: workloads, and factors that are varied. Every cell has a pair on "
        "every launch "
        "of the servers, in alternating slices that are mixed with those of other cells. list "
        "names the plans that tenbin brings, show prints one as a file to start from, check "
        "says what is wrong with a file. With --json the result is written as it grows, and "
        "--resume goes on with one that was interrupted.",
    .groups = groups,
    .takes_words = true,
    .starts_servers = true,
    .run = suite,
};
