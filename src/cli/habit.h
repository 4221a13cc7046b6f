/* Command lines of other load generators, taken over: --memtier '...' and --redis-benchmark '...'
 * become a workload and a load of ours. Nothing is dropped in silence: a flag is taken over, or a
 * note says that it has no part here, or it is refused with the reason. What the other tool would
 * do without being told is taken over as well, but for what an option of ours says beside it; a
 * flag and an option of ours that say the same are an error that names both.
 *
 * No I/O. The members of the family: habit_memtier.c, habit_redis_benchmark.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "cli/option.h"
#include "model/spec.h"

enum { HABIT_MAX_NOTES = 48, HABIT_MAX_COMMANDS = 32 };

struct habit;

/* Reads a flag's value (data NULL: it has none). ERROR_USAGE says what is expected. */
typedef bool habit_reader(struct habit *habit, struct str value, struct error *err);

struct habit_flag {
    const char *name;  /* "--ratio"; NULL ends a table */
    const char *other; /* its second form, "-d"; NULL: none */
    bool has_value;
    habit_reader *read; /* NULL: not taken over, and `why` says how */
    const char *why;    /* begins with a verb form: "ignored: ..." is noted, all else is refused */
    const char *ours;   /* our options that say the same, "clients threads"; NULL: none */
};

/* A command of a mix, in our words. */
struct habit_operation {
    const char *name; /* NULL: the command's */
    const char *text;
    uint32_t weight;
};

/* A command line being read. */
struct habit {
    const char *option; /* "--memtier" */
    struct arena *arena;
    const struct option_line *line; /* what was given beside; NULL: nothing */
    struct workload_spec *workload;
    struct load_spec *load;
    struct design_spec *design;
    uint64_t *seed;
    const char *const *words; /* of the command line, split */
    size_t word_count;
    size_t at; /* the word that is read next */
    struct buf refused;
    const char *notes[HABIT_MAX_NOTES];
    size_t note_count;
    struct habit_operation operations[HABIT_MAX_COMMANDS];
    size_t operation_count;
    bool has_type; /* a command told what keys hold */
};

/* Our option is given beside it. */
bool habit_has_ours(const struct habit *habit, const char *name);
/* A sentence for the result and the user. */
void habit_note(struct habit *habit, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds to what is refused: returns true, so that reading goes on and names everything at once. */
bool habit_refuse(struct habit *habit, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Splits text into words as a shell would ('...', "..." and backslashes) and drops a leading name
 * of one of the programs (NULL-terminated). ERROR_USAGE: a quotation mark without a second one. */
bool habit_split(struct habit *habit, struct str text, const char *const *programs,
                 struct error *err);
/* Reads flags until the first word that is none (a command), or all; `has_equals`: --name=VALUE is
 * known. ERROR_USAGE: an unknown flag, a wrong value, one that an option of ours contradicts. */
bool habit_read_flags(struct habit *habit, const struct habit_flag *flags, bool has_equals,
                      struct error *err);
/* Whole numbers from `low` to `high`. ERROR_USAGE. */
bool habit_number(struct str value, uint64_t low, uint64_t high, uint64_t *out, struct error *err);
/* ERROR_USAGE when anything was refused; then puts the operations into the workload. */
bool habit_finish(struct habit *habit, struct error *err);

/* What stands in another tool's commands for a key, for a value and for a number. */
struct habit_words {
    const char *key;    /* NULL: none */
    const char *data;   /* NULL: none */
    const char *number; /* "__rand_int__"; NULL: none */
    uint64_t numbers;   /* it lies below */
};
/* Adds an operation: the command in our words. Where a key stands by the command's own syntax, it
 * becomes {key}, and what keys hold is told by the command. ERROR_USAGE: types that differ. */
bool habit_add_command(struct habit *habit, const char *const *words, size_t count,
                       const struct habit_words *known, struct error *err);

/* The whole: reads `text` into the habit's spec parts. `habit` has option, arena, line and the
 * parts of the spec set. ERROR_USAGE. */
bool habit_memtier(struct habit *habit, struct str text, struct error *err);
bool habit_redis_benchmark(struct habit *habit, struct str text, struct error *err);
