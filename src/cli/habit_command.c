/* Commands of other tools in our words. */
#include <ctype.h>
#include <string.h>

#include "cli/habit.h"

/* Where a command's keys stand. */
enum key_places {
    KEYS_FIRST,   /* the first argument */
    KEYS_ALL,     /* all of them */
    KEYS_PAIRS,   /* every second one */
    KEYS_COUNTED, /* behind their number, which is the second argument */
    KEYS_NONE,
};

struct known_command {
    const char *name;
    enum key_places places;
};

/* Those that differ from "the first argument is the key". */
static const struct known_command known_commands[] = {
    {"MGET", KEYS_ALL},         {"DEL", KEYS_ALL},         {"UNLINK", KEYS_ALL},
    {"EXISTS", KEYS_ALL},       {"TOUCH", KEYS_ALL},       {"PFCOUNT", KEYS_ALL},
    {"SINTER", KEYS_ALL},       {"SUNION", KEYS_ALL},      {"SDIFF", KEYS_ALL},
    {"MSET", KEYS_PAIRS},       {"MSETNX", KEYS_PAIRS},    {"EVAL", KEYS_COUNTED},
    {"EVAL_RO", KEYS_COUNTED},  {"EVALSHA", KEYS_COUNTED}, {"FCALL", KEYS_COUNTED},
    {"FCALL_RO", KEYS_COUNTED}, {"PING", KEYS_NONE},       {"ECHO", KEYS_NONE},
    {"TIME", KEYS_NONE},        {"MULTI", KEYS_NONE},      {"EXEC", KEYS_NONE},
};

static enum key_places places_of(struct str name)
{
    for (size_t i = 0; i < sizeof known_commands / sizeof known_commands[0]; i++) {
        if (str_eq_nocase(name, str_from(known_commands[i].name))) {
            return known_commands[i].places;
        }
    }
    return KEYS_FIRST;
}

static bool is_listed(struct str name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (str_eq_nocase(name, str_from(*names))) {
            return true;
        }
    }
    return false;
}

/* What a key must hold for the command. False: anything. */
static bool type_of(struct str name, enum data_type *out)
{
    static const char *const any[] = {
        "DEL",     "UNLINK", "EXISTS",   "TOUCH", "EXPIRE", "PEXPIRE", "PERSIST",
        "TTL",     "PTTL",   "TYPE",     "DUMP",  "OBJECT", "EVAL",    "EVALSHA",
        "EVAL_RO", "FCALL",  "FCALL_RO", "PING",  "ECHO",   "TIME",    NULL};
    static const char *const lists[] = {"RPUSH", "RPOP", "RPUSHX", NULL};
    static const char *const strings[] = {"SET",    "SETEX",  "SETNX", "SETBIT", "SETRANGE",
                                          "STRLEN", "SUBSTR", "LCS",   NULL};
    char letter = (char)toupper((unsigned char)name.data[0]);
    *out = DATA_STRING;
    if (is_listed(name, any)) {
        return false;
    }
    if (is_listed(name, strings)) {
        return true;
    }
    if (letter == 'L' || is_listed(name, lists)) {
        *out = DATA_LIST;
    } else if (letter == 'H') {
        *out = DATA_HASH;
    } else if (letter == 'S') {
        *out = DATA_SET;
    } else if (letter == 'Z') {
        *out = DATA_ZSET;
    } else if (letter == 'X') {
        *out = DATA_STREAM;
    }
    return true;
}

static bool is_key_place(enum key_places places, const char *const *words, size_t i)
{
    uint64_t count = 0;
    switch (places) {
    case KEYS_FIRST:
        return i == 1;
    case KEYS_ALL:
        return i >= 1;
    case KEYS_PAIRS:
        return i % 2 == 1;
    case KEYS_COUNTED:
        return i > 2 && str_to_u64(str_from(words[2]), &count) && i - 3 < count;
    case KEYS_NONE:
        break;
    }
    return false;
}

/* A placeholder of the other tool at the beginning of `text`; its length, or 0. */
static size_t take_placeholder(struct str text, const struct habit_words *known, struct buf *out)
{
    if (known->key != NULL && str_starts_with(text, str_from(known->key))) {
        buf_add_text(out, "{key}");
        return strlen(known->key);
    }
    if (known->data != NULL && str_starts_with(text, str_from(known->data))) {
        buf_add_text(out, "{value}");
        return strlen(known->data);
    }
    if (known->number != NULL && str_starts_with(text, str_from(known->number))) {
        buf_addf(out, "{int:0:%llu}", (unsigned long long)known->numbers - 1);
        return strlen(known->number);
    }
    return 0;
}

/* A word as phrase_parse reads it. */
static void add_word(struct buf *out, struct str word, const struct habit_words *known)
{
    static const char special[] = " \t\r\n\"'[]\\";
    bool is_quoted = word.len == 0;
    for (size_t i = 0; i < word.len; i++) {
        is_quoted = is_quoted || strchr(special, word.data[i]) != NULL;
    }
    buf_add_text(out, is_quoted ? "\"" : "");
    while (word.len > 0) {
        size_t taken = take_placeholder(word, known, out);
        if (taken == 0) {
            char byte = word.data[0];
            if (byte == '{' || byte == '}') {
                buf_add_char(out, byte);
            } else if (is_quoted && (byte == '"' || byte == '\\')) {
                buf_add_char(out, '\\');
            }
            buf_add_char(out, byte);
            taken = 1;
        }
        word = str_from_index(word, taken);
    }
    buf_add_text(out, is_quoted ? "\"" : "");
}

static bool learn_type(struct habit *habit, struct str name, struct error *err)
{
    enum data_type type;
    if (!type_of(name, &type)) {
        return true;
    }
    if (habit->has_type && habit->workload->data != type) {
        return error_set(err, ERROR_USAGE,
                         "%.*s works on a %s and a command before it on a %s; tenbin loads one "
                         "type: measure them one after the other",
                         STR_ARG(name), spec_data_type_name(type),
                         spec_data_type_name(habit->workload->data));
    }
    habit->workload->data = type;
    habit->has_type = true;
    return true;
}

bool habit_add_command(struct habit *habit, const char *const *words, size_t count,
                       const struct habit_words *known, struct error *err)
{
    struct str name = str_from(words[0]);
    enum key_places places = places_of(name);
    struct buf text = {0};
    if (habit->operation_count == HABIT_MAX_COMMANDS) {
        return error_set(err, ERROR_USAGE, "there are more than %d commands", HABIT_MAX_COMMANDS);
    }
    if (!learn_type(habit, name, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        buf_add_text(&text, i > 0 ? " " : "");
        if (is_key_place(places, words, i)) {
            buf_add_text(&text, "{key}");
        } else {
            add_word(&text, str_from(words[i]), known);
        }
    }
    habit->operations[habit->operation_count++] = (struct habit_operation){
        .text = arena_copy(habit->arena, buf_str(&text)),
        .weight = 1,
    };
    buf_release(&text);
    return true;
}
