#include "cli/request.h"

#include <stdio.h>
#include <string.h>

#include "os/file.h"
#include "os/system.h"

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

bool request_read_targets(struct request *request, char **argv, struct error *err)
{
    const struct option_line *line = &request->line;
    request->targets =
        arena_alloc_array(&request->arena, line->word_count + 1, sizeof *request->targets);
    for (size_t i = 0; i < line->word_count; i++) {
        struct target_spec *target = &request->targets[i];
        if (!target_spec_parse(str_from(line->words[i]), &request->arena, target, err)) {
            return false;
        }
        size_t place = line->word_places[i] + 2;
        hide_password(request, target, place, argv[place]);
    }
    request->spec.targets = request->targets;
    request->spec.target_count = line->word_count;
    return true;
}

/* Short enough to be typed again, and exact in any reader of JSON. */
static uint64_t draw_seed(void)
{
    return system_draw_random() >> 32;
}

bool request_check(struct request *request, struct error *err)
{
    const struct option_line *line = &request->line;
    if (option_is_given(line, "requests") && option_is_given(line, "duration")) {
        return error_set(err, ERROR_USAGE,
                         "options '--requests' and '--duration' exclude each other: a run ends by "
                         "one of them");
    }
    if (!option_is_given(line, "seed")) {
        request->spec.seed = draw_seed();
    }
    if (!spec_validate(&request->spec, err)) {
        return false;
    }
    if (request->json != NULL && strcmp(request->json, "-") != 0) {
        return file_check_writable(request->json, err);
    }
    return true;
}
