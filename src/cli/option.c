#include "cli/option.h"

#include "cli/suggest.h"
#include "cli/wrap.h"

/* Walks over all options of all groups. */
struct walk {
    const struct option_group *const *group;
    const struct option *option;
    size_t index;
};

static const struct option *walk_next(struct walk *walk)
{
    while (*walk->group != NULL) {
        walk->option = walk->option == NULL ? (*walk->group)->options : walk->option + 1;
        if (walk->option->name != NULL) {
            walk->index++;
            return walk->option;
        }
        walk->option = NULL;
        walk->group++;
    }
    return NULL;
}

/* The option of that name and its index, or NULL. */
static const struct option *find_name(const struct option_group *const *groups, struct str name,
                                      size_t *index)
{
    struct walk walk = {.group = groups};
    for (const struct option *option; (option = walk_next(&walk)) != NULL;) {
        if (str_eq(name, str_from(option->name))) {
            *index = walk.index - 1;
            return option;
        }
    }
    return NULL;
}

static const struct option *find_letter(const struct option_group *const *groups, char letter,
                                        size_t *index)
{
    struct walk walk = {.group = groups};
    for (const struct option *option; (option = walk_next(&walk)) != NULL;) {
        if (option->letter == letter) {
            *index = walk.index - 1;
            return option;
        }
    }
    return NULL;
}

static size_t count_options(const struct option_group *const *groups)
{
    struct walk walk = {.group = groups};
    while (walk_next(&walk) != NULL) {
    }
    return walk.index;
}

static bool unknown(const struct option_group *const *groups, struct str typed, struct str name,
                    struct error *err)
{
    struct suggestion nearest;
    suggest_init(&nearest, name);
    struct walk walk = {.group = groups};
    for (const struct option *option; (option = walk_next(&walk)) != NULL;) {
        suggest_consider(&nearest, option->name);
    }
    if (nearest.best == NULL) {
        return error_set(err, ERROR_USAGE, "unknown option '%.*s'", STR_ARG(typed));
    }
    return error_set(err, ERROR_USAGE, "unknown option '%.*s'; did you mean '--%s'?",
                     STR_ARG(typed), nearest.best);
}

/* One argument that begins with a dash: which option it is, and the value it carries. */
struct token {
    const struct option *option;
    size_t index;
    struct str typed; /* the option as written, without its value */
    struct str value; /* data NULL: none attached */
};

static bool read_long(const struct option_group *const *groups, struct str argument,
                      struct token *token, struct error *err)
{
    struct str name = str_from_index(argument, 2);
    ptrdiff_t equals = str_find(name, '=');
    token->typed = argument;
    if (equals >= 0) {
        token->value = str_from_index(name, (size_t)equals + 1);
        name = str_prefix(name, (size_t)equals);
        token->typed = str_prefix(argument, (size_t)equals + 2);
    }
    token->option = find_name(groups, name, &token->index);
    return token->option != NULL || unknown(groups, token->typed, name, err);
}

static bool read_short(const struct option_group *const *groups, struct str argument,
                       struct token *token, struct error *err)
{
    token->typed = str_prefix(argument, 2);
    token->option = find_letter(groups, argument.data[1], &token->index);
    if (token->option == NULL) {
        return unknown(groups, argument, str_from_index(argument, 1), err);
    }
    if (argument.len == 2) {
        return true;
    }
    bool is_digit = argument.data[2] >= '0' && argument.data[2] <= '9';
    if (token->option->argument == NULL || !is_digit) {
        return unknown(groups, argument, str_from_index(argument, 1), err);
    }
    token->value = str_from_index(argument, 2);
    return true;
}

static bool take_value(struct token *token, const char *next, bool *took_next, struct error *err)
{
    const char *wanted = token->option->argument;
    *took_next = false;
    if (wanted == NULL) {
        if (token->value.data != NULL) {
            return error_set(err, ERROR_USAGE, "option '%.*s' takes no value; \"%.*s\" was given",
                             STR_ARG(token->typed), STR_ARG(token->value));
        }
        token->value = STR("");
        return true;
    }
    if (token->value.data != NULL) {
        return true;
    }
    /* A line of several words is no option, whatever it begins with. */
    if (next == NULL || (str_starts_with(str_from(next), STR("--")) && strchr(next, ' ') == NULL)) {
        return error_set(err, ERROR_USAGE, "option '%.*s' needs a value: %s", STR_ARG(token->typed),
                         wanted);
    }
    token->value = str_from(next);
    *took_next = true;
    return true;
}

bool option_collect(const struct option *option, struct str value, void *field, struct error *err)
{
    (void)option;
    (void)value;
    (void)field;
    (void)err;
    return true;
}

/* The option at argv[*place]; moves *place on over a value. */
static bool read_option(struct option_line *line, char *const *argv, size_t *place,
                        struct error *err)
{
    struct str argument = str_from(argv[*place]);
    struct token token = {0};
    bool is_long = str_starts_with(argument, STR("--"));
    if (!(is_long ? read_long(line->groups, argument, &token, err)
                  : read_short(line->groups, argument, &token, err))) {
        return false;
    }
    bool took_next;
    if (!take_value(&token, argv[*place + 1], &took_next, err)) {
        return false;
    }
    if (token.option->read == option_collect) {
        line->uses[line->use_count++] = (struct option_use){token.option, token.value};
    } else if (line->values[token.index].data != NULL) {
        return error_set(err, ERROR_USAGE, "option '--%s' is given twice", token.option->name);
    }
    line->values[token.index] = token.value;
    *place += took_next ? 1 : 0;
    return true;
}

bool option_parse(struct option_line *line, const struct option_group *const *groups,
                  char *const *argv, struct arena *arena, struct error *err)
{
    size_t arguments = 0;
    while (argv[arguments] != NULL) {
        arguments++;
    }
    *line = (struct option_line){.groups = groups};
    line->values = arena_alloc_array(arena, count_options(groups), sizeof *line->values);
    line->words = arena_alloc_array(arena, arguments + 1, sizeof *line->words);
    line->word_places = arena_alloc_array(arena, arguments + 1, sizeof *line->word_places);
    line->uses = arena_alloc_array(arena, arguments + 1, sizeof *line->uses);
    bool only_words = false;
    for (size_t i = 0; i < arguments; i++) {
        const char *argument = argv[i];
        if (!only_words && strcmp(argument, "--") == 0) {
            only_words = true;
        } else if (only_words || argument[0] != '-' || argument[1] == '\0') {
            line->words[line->word_count] = argument;
            line->word_places[line->word_count] = i;
            line->word_count++;
        } else if (!read_option(line, argv, &i, err)) {
            return false;
        }
    }
    return true;
}

struct str option_value(const struct option_line *line, const char *name)
{
    size_t index = 0;
    bool is_known = find_name(line->groups, str_from(name), &index) != NULL;
    return is_known ? line->values[index] : (struct str){0};
}

bool option_is_given(const struct option_line *line, const char *name)
{
    return option_value(line, name).data != NULL;
}

bool option_apply(const struct option_line *line, void *context, struct error *err)
{
    struct walk walk = {.group = line->groups};
    for (const struct option *option; (option = walk_next(&walk)) != NULL;) {
        struct str value = line->values[walk.index - 1];
        if (value.data == NULL || option->read == NULL) {
            continue;
        }
        if (!option->read(option, value, (char *)context + option->offset, err)) {
            return error_prefix(err, "option '--%s'", option->name);
        }
    }
    return true;
}

/* Help */

enum { HELP_MAX_COLUMN = 26 };

/* "  -c, --clients N" */
static void write_form(const struct option *option, struct buf *out)
{
    if (option->letter != '\0') {
        (void)buf_addf(out, "  -%c, ", option->letter);
    } else {
        (void)buf_add_text(out, "      ");
    }
    (void)buf_addf(out, "--%s", option->name);
    if (option->argument != NULL) {
        (void)buf_addf(out, " %s", option->argument);
    }
}

/* Where the explanations begin: two blanks behind the longest form that is not too long. */
static size_t find_column(const struct option_group *const *groups)
{
    size_t column = 0;
    struct buf form = {0};
    struct walk walk = {.group = groups};
    for (const struct option *option; (option = walk_next(&walk)) != NULL;) {
        buf_clear(&form);
        write_form(option, &form);
        if (form.len + 2 > column && form.len + 2 <= HELP_MAX_COLUMN) {
            column = form.len + 2;
        }
    }
    buf_release(&form);
    return column;
}

static void write_option(const struct option *option, size_t column, struct buf *out)
{
    size_t start = out->len;
    write_form(option, out);
    size_t used = out->len - start;
    if (used + 2 > column) {
        (void)buf_addf(out, "\n%*s", (int)column, "");
    } else {
        (void)buf_addf(out, "%*s", (int)(column - used), "");
    }
    struct buf text = {0};
    (void)buf_add_text(&text, option->help);
    if (option->fallback != NULL) {
        (void)buf_addf(&text, " (default: %s)", option->fallback);
    }
    wrap_write(out, buf_text(&text), column, column);
    buf_release(&text);
}

void option_write_help(const struct option_group *const *groups, struct buf *out)
{
    size_t column = find_column(groups);
    for (; *groups != NULL; groups++) {
        (void)buf_addf(out, "\n%s:\n", (*groups)->title);
        for (const struct option *option = (*groups)->options; option->name != NULL; option++) {
            write_option(option, column, out);
        }
    }
}
