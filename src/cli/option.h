/* Options as data: tables say what there is, one parser reads a command line against them, one
 * writer explains them. Knows no option by name.
 *
 * A command line: --name VALUE, --name=VALUE, --flag, -n VALUE, -nVALUE when the value begins with
 * a digit (-c50), in any order with the words (targets). "--" ends the options. Names are never
 * abbreviated; an option is given at most once, because of two values one would be ignored without
 * a word, but for those that are made to be repeated. A value that begins with "--" and is one word
 * needs the form --name=VALUE. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

struct option {
    const char *name;     /* long name without dashes; NULL ends a table */
    char letter;          /* of the short form; '\0': none */
    const char *argument; /* what the value is called in the help; NULL: a flag */
    const char *help;     /* lower case, no full stop */
    const char *fallback; /* what holds without it, for the help; NULL: nothing to say */
    /* Reads the value into its field. ERROR_USAGE quotes the value and says what is expected; the
     * option's name is put before it. NULL: nothing to read, ask option_is_given. */
    bool (*read)(const struct option *option, struct str value, void *field, struct error *err);
    size_t offset;      /* of the field in the context */
    uint64_t low, high; /* limits, for the readers that have some */
};

struct option_group {
    const char *title;
    const struct option *options; /* ends with a name of NULL */
};

/* A command line taken apart. Everything lives in the arena or in argv. */
struct option_use {
    const struct option *option;
    struct str value;
};

struct option_line {
    const struct option_group *const *groups; /* NULL-terminated */
    struct str *values;  /* one per option in the order of the tables; data NULL: not given */
    const char **words;  /* what is no option */
    size_t *word_places; /* the index of each word in argv */
    size_t word_count;
    struct option_use *uses; /* of repeatable options, in the order of the command line */
    size_t use_count;
};

/* The `read` of options that may be given often: what was given is in `uses` of the line. */
bool option_collect(const struct option *option, struct str value, void *field, struct error *err);

/* Takes argv (NULL-terminated) apart. ERROR_USAGE: an unknown option (with the nearest known one),
 * one given twice, a value missing or one too many. */
bool option_parse(struct option_line *line, const struct option_group *const *groups,
                  char *const *argv, struct arena *arena, struct error *err);
/* Its value; data NULL: not given. */
struct str option_value(const struct option_line *line, const char *name);
bool option_is_given(const struct option_line *line, const char *name);
/* Reads every value into `context` in the order of the tables, not of the command line: an option
 * that sets defaults for others stands before them in its table. ERROR_USAGE. */
bool option_apply(const struct option_line *line, void *context, struct error *err);
/* Appends the groups with their options, aligned and wrapped at 80 columns. */
void option_write_help(const struct option_group *const *groups, struct buf *out);
