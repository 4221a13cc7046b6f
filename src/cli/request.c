#include "cli/request.h"

#include <stdio.h>
#include <string.h>

#include "cli/operation_name.h"
#include "os/file.h"
#include "os/system.h"
#include "workload/mix.h"
#include "workload/workload.h"

/* Of what the slower arm can do (docs/METHODOLOGY.md, "Load models"). */
static const double LATENCY_SHARE = 0.7;

void request_init(struct request *request)
{
    *request = (struct request){
        .color = true,
        .calibrates = true,
        .limit = 20,
        .age = 24 * 3600 * NSEC_PER_SEC,
        .profile = {.duration = 10 * NSEC_PER_SEC, .samples = 1000, .rate = 1000},
        .replay = {.speed = 1},
    };
    spec_init(&request->spec, PRESET_QUICK);
}

void request_release(struct request *request)
{
    arena_release(&request->arena);
    *request = (struct request){0};
}

bool request_read(struct request *request, const struct option_group *const *groups, char **argv,
                  struct error *err)
{
    size_t count = 0;
    while (argv[count] != NULL) {
        count++;
    }
    request->command_line = arena_alloc_array(&request->arena, count + 1, sizeof(char *));
    request->command_line_count = count;
    request->argv = argv;
    for (size_t i = 0; i < count; i++) {
        request->command_line[i] = argv[i];
    }
    return option_parse(&request->line, groups, argv + 2, &request->arena, err);
}

/* Replaces the argument in argv and in what goes into the result by the form without password. */
static void hide_password(struct request *request, const struct target_spec *target, size_t place,
                          char *argument)
{
    const char *label = target->label == NULL ? "" : target->label;
    const char *equals = target->label == NULL ? "" : "=";
    const char *text = target_spec_text(target, &request->arena);
    const char *safe = arena_printf(&request->arena, "%s%s%s", label, equals, text);
    request->command_line[place] = safe;
    /* The same text, unless there was something to hide. */
    size_t len = strlen(argument);
    memset(argument, '\0', len);
    (void)snprintf(argument, len + 1, "%s", safe);
}

bool request_read_targets(struct request *request, size_t first, char **argv, struct error *err)
{
    const struct option_line *line = &request->line;
    request->targets =
        arena_alloc_array(&request->arena, line->word_count + 1, sizeof *request->targets);
    size_t begin = first + request->file_count;
    for (size_t i = begin; i < line->word_count; i++) {
        struct target_spec *target = &request->targets[i - begin];
        if (!target_spec_parse(str_from(line->words[i]), &request->arena, target, err)) {
            return false;
        }
        size_t place = line->word_places[i] + 2;
        hide_password(request, target, place, argv[place]);
    }
    request->spec.targets = request->targets;
    request->spec.target_count = line->word_count - begin;
    return true;
}

bool request_one_host(const struct request *request, const char *command, struct error *err)
{
    size_t hosts = target_spec_hosts(&request->spec.targets[0]);
    return hosts == 1 || error_set(err, ERROR_USAGE,
                                   "%s takes one server, and this target lists %zu hosts; name one "
                                   "of them, or compare targets of several hosts",
                                   command, hosts);
}

static bool read_weight(struct str value, struct operation_spec *operation, struct error *err)
{
    uint64_t weight;
    if (operation == NULL || operation->weight != 0) {
        return error_set(err, ERROR_USAGE,
                         "option '--weight' belongs to the --command before it, "
                         "and each has one weight");
    }
    if (!str_to_u64(value, &weight) || weight < 1 || weight > UINT32_MAX) {
        return error_set(err, ERROR_USAGE,
                         "option '--weight': \"%.*s\": write a whole number from 1",
                         STR_ARG(value));
    }
    operation->weight = (uint32_t)weight;
    return true;
}

static bool read_operations(struct request *request, struct error *err)
{
    const struct option_line *line = &request->line;
    struct operation_spec *operations =
        arena_alloc_array(&request->arena, line->use_count, sizeof *operations);
    size_t count = 0;
    for (size_t i = 0; i < line->use_count; i++) {
        const struct option_use *use = &line->uses[i];
        if (strcmp(use->option->name, "weight") == 0) {
            if (!read_weight(use->value, count > 0 ? &operations[count - 1] : NULL, err)) {
                return false;
            }
            continue;
        }
        struct step_spec *steps = arena_alloc_array(&request->arena, 1, sizeof *steps);
        steps[0].command = arena_copy(&request->arena, use->value);
        operations[count].name = operation_name(&request->arena, use->value, operations, count);
        operations[count].steps = steps;
        operations[count++].step_count = 1;
    }
    for (size_t i = 0; i < count; i++) {
        operations[i].weight = operations[i].weight == 0 ? 1 : operations[i].weight;
    }
    if (count > 0) {
        request->spec.workload.name = "commands";
        request->spec.workload.operations = operations;
        request->spec.workload.operation_count = count;
    }
    return true;
}

/* Short enough to be typed again, and exact in any reader of JSON. */
static uint64_t draw_seed(void)
{
    return system_draw_random() >> 32;
}

/* --values something that is not json */
static bool says_otherwise(const struct option_line *line)
{
    struct str values = option_value(line, "values");
    return values.data != NULL && !str_eq(values, STR("json"));
}

/* Options that leave no part for one another. */
static bool check_value_options(const struct request *request, struct error *err)
{
    const struct option_line *line = &request->line;
    bool is_object = request->spec.workload.form.kind == VALUE_OBJECT;
    bool makes_object = option_is_given(line, "encode") || option_is_given(line, "object");
    if (makes_object && says_otherwise(line)) {
        return error_set(err, ERROR_USAGE,
                         "options '--encode' and '--object' are for --values json");
    }
    return !(is_object && option_is_given(line, "value-size")) ||
           error_set(err, ERROR_USAGE,
                     "options '--value-size' and '--values json' exclude each other: the size of "
                     "documents comes from their shape (--object)");
}

static bool check_workload_options(struct request *request, struct error *err)
{
    const struct option_line *line = &request->line;
    bool has_commands = request->spec.workload.operation_count > 0;
    bool is_named = option_is_given(line, "workload");
    if (is_named && line->use_count > 0) {
        return error_set(err, ERROR_USAGE,
                         "options '--workload' and '--command' exclude each other: a workload has "
                         "its own commands");
    }
    if (!has_commands || !option_is_given(line, "ratio")) {
        return true;
    }
    return is_named ? mix_scale(&request->spec.workload, &request->arena, err) ||
                          error_prefix(err, "option '--ratio'")
                    : error_set(err, ERROR_USAGE,
                                "options '--ratio' and '--command' exclude each other: write "
                                "weights");
}

/* Steps that do not go with the load. */
static bool check_steps(const struct spec *spec, struct error *err)
{
    const struct workload_spec *workload = &spec->workload;
    bool thinks = false;
    for (size_t i = 0; i < workload->operation_count; i++) {
        for (size_t k = 0; k < workload->operations[i].step_count; k++) {
            thinks = thinks || workload->operations[i].steps[k].think > 0;
        }
    }
    if (thinks && spec->load.profile.shape != LOAD_CLOSED) {
        return error_set(err, ERROR_USAGE,
                         "workload %s has steps that think: they need a closed loop, without "
                         "--rate and --load",
                         workload->name);
    }
    if (spec->load.pipeline > 1 && workload_watches(workload)) {
        return error_set(err, ERROR_USAGE,
                         "option '--pipeline': workload %s uses WATCH, which holds for a "
                         "connection: one operation at a time",
                         workload->name);
    }
    return true;
}

void request_want_both_loops(struct request *request)
{
    if (!option_is_given(&request->line, "load")) {
        request->spec.design.latency_share = LATENCY_SHARE;
    }
}

/* An open loop beside the closed one must be possible, too. */
static void settle_loops(struct spec *spec)
{
    struct spec open = *spec;
    open.load.profile = (struct load_profile){.shape = LOAD_FLAT, .rates = {1000}, .rate_count = 1};
    if (spec->load.profile.shape != LOAD_CLOSED || !spec_validate(&open, NULL) ||
        !check_steps(&open, NULL)) {
        spec->design.latency_share = 0;
    }
}

/* A run that is shorter than the usual slice is one. */
static void settle_slice(struct request *request)
{
    struct design_spec *design = &request->spec.design;
    if (!option_is_given(&request->line, "slice") && design->duration > 0 &&
        design->slice > design->duration) {
        design->slice = 0;
    }
}

bool request_check(struct request *request, struct error *err)
{
    const struct option_line *line = &request->line;
    if (option_is_given(line, "requests") && option_is_given(line, "duration")) {
        return error_set(err, ERROR_USAGE,
                         "options '--requests' and '--duration' exclude each other: a run ends by "
                         "one of them");
    }
    if (!read_operations(request, err)) {
        return false;
    }
    if (!check_value_options(request, err) || !check_workload_options(request, err)) {
        return false;
    }
    if (!option_is_given(line, "seed") && !request->has_seed) {
        request->spec.seed = draw_seed();
    }
    if (!workload_check(&request->spec.workload, err)) {
        return false;
    }
    workload_settle(&request->spec.workload);
    settle_slice(request);
    if (!spec_validate(&request->spec, err) || !check_steps(&request->spec, err)) {
        return false;
    }
    settle_loops(&request->spec);
    if (request->json != NULL && strcmp(request->json, "-") != 0) {
        return file_check_writable(request->json, err);
    }
    return true;
}
