#include "cli/habit.h"

#include <ctype.h>
#include <string.h>

#include "cli/operation_name.h"

bool habit_has_ours(const struct habit *habit, const char *name)
{
    return habit->line != NULL && option_is_given(habit->line, name);
}

void habit_note(struct habit *habit, const char *format, ...)
{
    struct buf text = {0};
    va_list arguments;
    va_start(arguments, format);
    buf_addv(&text, format, arguments);
    va_end(arguments);
    if (habit->note_count < HABIT_MAX_NOTES) {
        habit->notes[habit->note_count++] = arena_copy(habit->arena, buf_str(&text));
    }
    buf_release(&text);
}

bool habit_refuse(struct habit *habit, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buf_add_text(&habit->refused, habit->refused.len > 0 ? "; " : "");
    buf_addv(&habit->refused, format, arguments);
    va_end(arguments);
    return true;
}

bool habit_number(struct str value, uint64_t low, uint64_t high, uint64_t *out, struct error *err)
{
    uint64_t number;
    if (!str_to_u64(value, &number) || number < low || number > high) {
        return error_set(err, ERROR_USAGE, "\"%.*s\": write a whole number from %llu to %llu",
                         STR_ARG(value), (unsigned long long)low, (unsigned long long)high);
    }
    *out = number;
    return true;
}

/* ---- words ---- */

/* One word of a shell's line; false: a quotation mark is left open. */
static bool take_shell_word(struct str *rest, struct buf *word)
{
    char quote = '\0';
    while (rest->len > 0 && (quote != '\0' || isspace((unsigned char)rest->data[0]) == 0)) {
        char byte = rest->data[0];
        *rest = str_from_index(*rest, 1);
        if (quote == '\0' && (byte == '"' || byte == '\'')) {
            quote = byte;
        } else if (byte == quote && quote != '\0') {
            quote = '\0';
        } else if (byte == '\\' && quote != '\'' && rest->len > 0) {
            char next = rest->data[0];
            bool is_kept = quote == '"' && next != '"' && next != '\\';
            if (is_kept) {
                buf_add_char(word, '\\');
            }
            buf_add_char(word, next);
            *rest = str_from_index(*rest, 1);
        } else {
            buf_add_char(word, byte);
        }
    }
    return quote == '\0';
}

static bool is_program(const char *word, const char *const *programs)
{
    const char *slash = strrchr(word, '/');
    const char *name = slash == NULL ? word : slash + 1;
    for (; *programs != NULL; programs++) {
        if (strcmp(name, *programs) == 0) {
            return true;
        }
    }
    return false;
}

bool habit_split(struct habit *habit, struct str text, const char *const *programs,
                 struct error *err)
{
    struct str rest = str_trim(text);
    const char **words = arena_alloc_array(habit->arena, text.len + 1, sizeof *words);
    size_t count = 0;
    while (rest.len > 0) {
        struct buf word = {0};
        bool is_closed = take_shell_word(&rest, &word);
        words[count++] = arena_copy(habit->arena, buf_str(&word));
        buf_release(&word);
        rest = str_trim(rest);
        if (!is_closed) {
            return error_set(err, ERROR_USAGE, "a quotation mark has no second one");
        }
    }
    habit->words = words;
    habit->word_count = count;
    habit->at = count > 0 && is_program(words[0], programs) ? 1 : 0;
    return true;
}

/* ---- flags ---- */

/* A flag as it was written, with the value that the same word carries (data NULL: none). */
struct use {
    const struct habit_flag *flag; /* NULL: unknown */
    struct str name;
    struct str value;
};

static struct use find_flag(const struct habit_flag *flags, struct str word, bool has_equals)
{
    struct use use = {.name = word};
    if (has_equals && str_starts_with(word, STR("--")) && str_find(word, '=') >= 0) {
        use.value = word;
        use.name = str_split(&use.value, '=');
    }
    for (const struct habit_flag *flag = flags; flag->name != NULL; flag++) {
        struct str other = str_from(flag->other);
        if (str_eq(use.name, str_from(flag->name)) || (other.len > 0 && str_eq(use.name, other))) {
            use.flag = flag;
            return use;
        }
        bool is_joined = has_equals && flag->has_value && other.len == 2 && word.len > 2;
        if (is_joined && str_starts_with(word, other)) { /* -c50 */
            return (struct use){flag, str_prefix(word, 2), str_from_index(word, 2)};
        }
    }
    return use;
}

/* An option of ours beside the flag that says the same. */
static bool contradicts(const struct habit *habit, const struct use *use, struct error *err)
{
    struct str rest = str_from(use->flag->ours);
    while (rest.len > 0) {
        const char *ours = arena_copy(habit->arena, str_split(&rest, ' '));
        if (habit_has_ours(habit, ours)) {
            error_set(err, ERROR_USAGE,
                      "%.*s in it and option '--%s' say the same: write one of them",
                      STR_ARG(use->name), ours);
            return true;
        }
    }
    return false;
}

static bool use_flag(struct habit *habit, const struct use *use, struct error *err)
{
    const struct habit_flag *flag = use->flag;
    if (flag->read == NULL) {
        if (str_starts_with(str_from(flag->why), STR("ignored"))) {
            habit_note(habit, "%s: %.*s is %s", habit->option, STR_ARG(use->name), flag->why);
        } else {
            habit_refuse(habit, "%.*s %s", STR_ARG(use->name), flag->why);
        }
        return true;
    }
    return !contradicts(habit, use, err) &&
           (flag->read(habit, use->value, err) || error_prefix(err, "%.*s", STR_ARG(use->name)));
}

bool habit_read_flags(struct habit *habit, const struct habit_flag *flags, bool has_equals,
                      struct error *err)
{
    while (habit->at < habit->word_count && habit->words[habit->at][0] == '-') {
        struct use use = find_flag(flags, str_from(habit->words[habit->at++]), has_equals);
        if (use.flag == NULL) {
            habit_refuse(habit, "%.*s is not known", STR_ARG(use.name));
            continue;
        }
        if (use.flag->has_value && use.value.data == NULL) {
            if (habit->at == habit->word_count) {
                return error_set(err, ERROR_USAGE, "%.*s needs a value", STR_ARG(use.name));
            }
            use.value = str_from(habit->words[habit->at++]);
        }
        if (!use_flag(habit, &use, err)) {
            return false;
        }
    }
    return true;
}

bool habit_finish(struct habit *habit, struct error *err)
{
    bool is_refused = habit->refused.len > 0;
    if (is_refused) {
        error_set(err, ERROR_USAGE, "%s", buf_text(&habit->refused));
    }
    buf_release(&habit->refused);
    if (is_refused || habit->operation_count == 0) {
        return !is_refused;
    }
    struct operation_spec *operations =
        arena_alloc_array(habit->arena, habit->operation_count, sizeof *operations);
    for (size_t i = 0; i < habit->operation_count; i++) {
        struct step_spec *steps = arena_alloc_array(habit->arena, 1, sizeof *steps);
        steps[0].command = habit->operations[i].text;
        operations[i].steps = steps;
        operations[i].step_count = 1;
        operations[i].weight = habit->operations[i].weight;
        operations[i].name = habit->operations[i].name;
        if (operations[i].name == NULL) {
            operations[i].name =
                operation_name(habit->arena, str_from(steps[0].command), operations, i);
        }
    }
    habit->workload->operations = operations;
    habit->workload->operation_count = habit->operation_count;
    return true;
}
