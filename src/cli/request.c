#include "cli/request.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "os/file.h"
#include "os/system.h"
#include "workload/mix.h"
#include "workload/workload.h"

void request_init(struct request *request)
{
    *request = (struct request){.color = true};
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
    const char *safe = arena_printf(&request->arena, "%s%s%s", label, equals, target->text);
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
    for (size_t i = first; i < line->word_count; i++) {
        struct target_spec *target = &request->targets[i - first];
        if (!target_spec_parse(str_from(line->words[i]), &request->arena, target, err)) {
            return false;
        }
        size_t place = line->word_places[i] + 2;
        hide_password(request, target, place, argv[place]);
    }
    request->spec.targets = request->targets;
    request->spec.target_count = line->word_count - first;
    return true;
}

/* The command's name in capitals, with a number if there was one before. */
static const char *operation_name(struct request *request, struct str command,
                                  const struct operation_spec *operations, size_t count)
{
    struct str rest = str_trim(command);
    char *name = arena_copy(&request->arena, str_split(&rest, ' '));
    for (char *at = name; *at != '\0'; at++) {
        *at = (char)toupper((unsigned char)*at);
    }
    size_t like = 1;
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(name);
        const char *other = operations[i].name;
        like += strncmp(other, name, len) == 0 && (other[len] == '\0' || other[len] == ' ');
    }
    return like == 1 ? name : arena_printf(&request->arena, "%s %zu", name, like);
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
        const char **steps = arena_alloc_array(&request->arena, 1, sizeof *steps);
        steps[0] = arena_copy(&request->arena, use->value);
        operations[count].name = operation_name(request, use->value, operations, count);
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
    if (!check_workload_options(request, err)) {
        return false;
    }
    if (!option_is_given(line, "seed") && !request->has_seed) {
        request->spec.seed = draw_seed();
    }
    if (!workload_check(&request->spec.workload, err)) {
        return false;
    }
    request->spec.workload.hash_tags = workload_hash_tags(&request->spec.workload);
    if (!spec_validate(&request->spec, err)) {
        return false;
    }
    if (request->json != NULL && strcmp(request->json, "-") != 0) {
        return file_check_writable(request->json, err);
    }
    return true;
}
