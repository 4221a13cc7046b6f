/* What can be said about a workload before it is compiled. */
#include <stdio.h>

#include "base/arena.h"
#include "base/mem.h"
#include "redis/resp_texts.h"
#include "workload/workload.h"

/* Names that commands may use, without what they stand for. */
struct known {
    struct pattern_source sources[SPEC_MAX_DATA];
    struct pattern_word *words;
    struct pattern_names names;
};

static void known_init(struct known *known, const struct workload_spec *spec)
{
    *known = (struct known){.sources[0] = {.name = spec->data_name}};
    known->words = mem_alloc_array(spec->script_count + spec->function_count, sizeof *known->words);
    size_t count = 0;
    for (size_t i = 0; i < spec->other_count && i + 1 < SPEC_MAX_DATA; i++) {
        known->sources[i + 1].name = spec->others[i].data_name;
    }
    for (size_t i = 0; i < spec->script_count; i++) {
        known->words[count++] = (struct pattern_word){PART_SCRIPT, spec->scripts[i].name, ""};
    }
    for (size_t i = 0; i < spec->function_count; i++) {
        known->words[count++] = (struct pattern_word){PART_FUNCTION, spec->functions[i].name, ""};
    }
    known->names = (struct pattern_names){
        .sources = known->sources,
        .source_count =
            spec->other_count + 1 < SPEC_MAX_DATA ? spec->other_count + 1 : SPEC_MAX_DATA,
        .words = known->words,
        .word_count = count,
    };
}

static bool is_called(const struct phrase *command, struct str name)
{
    return str_eq_nocase(command->words[0].parts[0].text, name);
}

/* ---- one command ---- */

static bool depends_on_reply(const struct step_spec *step, const struct phrase *command)
{
    return step->when != STEP_ALWAYS || step->each || command->replies > 0;
}

/* What is being checked of an operation. */
struct checking {
    const struct known *known;
    const struct operation_spec *operation;
    bool is_open; /* MULTI has come, but no EXEC */
    bool has_exec;
    struct error *err;
};

/* What depends on a reply stands behind a step that has one. */
static bool check_place(const struct checking *checking, size_t index, const struct phrase *command)
{
    const struct step_spec *step = &checking->operation->steps[index];
    bool depends = depends_on_reply(step, command) || step->think > 0;
    if (index == 0 && depends) {
        return error_set(checking->err, ERROR_USAGE,
                         "nothing comes before the first step: when, each, think and {reply} are "
                         "for later ones");
    }
    if (checking->is_open && depends) {
        return error_set(checking->err, ERROR_USAGE,
                         "what stands between MULTI and EXEC is sent at once: when, each, think "
                         "and {reply} belong before or behind it");
    }
    return !step->each || command->replies > 0 ||
           error_set(checking->err, ERROR_USAGE, "each: the command has no {reply} or {key:reply}");
}

/* A transaction begins and ends. */
static bool follow(struct checking *checking, const struct step_spec *step,
                   const struct phrase *command)
{
    bool begins = is_called(command, STR("MULTI"));
    bool executes = is_called(command, STR("EXEC"));
    bool ends = executes || is_called(command, STR("DISCARD"));
    if ((begins && checking->is_open) || (ends && !checking->is_open)) {
        return error_set(checking->err, ERROR_USAGE, "MULTI and EXEC belong together");
    }
    if (begins && step->each) {
        return error_set(checking->err, ERROR_USAGE, "each is for one command, not for MULTI");
    }
    checking->is_open = begins || (checking->is_open && !ends);
    checking->has_exec = checking->has_exec || executes;
    return true;
}

static bool check_step(struct checking *checking, size_t index)
{
    struct arena arena = {0};
    struct phrase command;
    const char *text = checking->operation->steps[index].command;
    bool done = (phrase_parse(str_from(text), &arena, &command, checking->err) &&
                 pattern_check(&command, &checking->known->names, checking->err) &&
                 check_place(checking, index, &command) &&
                 follow(checking, &checking->operation->steps[index], &command)) ||
                error_prefix(checking->err, "command \"%s\"", text);
    arena_release(&arena);
    return done;
}

static bool check_operation(const struct known *known, const struct operation_spec *operation,
                            struct error *err)
{
    struct checking checking = {.known = known, .operation = operation, .err = err};
    if (operation->step_count < 1 || operation->step_count > WORKLOAD_MAX_STEPS) {
        return error_set(err, ERROR_USAGE, "operation \"%s\": write 1 to %d commands",
                         operation->name, WORKLOAD_MAX_STEPS);
    }
    for (size_t i = 0; i < operation->step_count; i++) {
        if (!check_step(&checking, i)) {
            return false;
        }
    }
    if (checking.is_open) {
        return error_set(err, ERROR_USAGE, "operation \"%s\": MULTI without EXEC", operation->name);
    }
    if (operation->retries > 0 && !checking.has_exec) {
        return error_set(err, ERROR_USAGE,
                         "operation \"%s\": retry is for transactions: there is no EXEC",
                         operation->name);
    }
    return true;
}

/* ---- what prepares keys ---- */

/* A key that a filled dataset does not have anyway, or a reply, makes no sense there. */
static bool is_plain(const struct phrase *command)
{
    bool is_plain = command->replies == 0;
    for (size_t i = 0; i < command->word_count; i++) {
        for (size_t k = 0; k < command->words[i].part_count; k++) {
            const struct phrase_part *part = &command->words[i].parts[k];
            is_plain = is_plain && part->key == KEY_DRAWN &&
                       (part->kind != PART_KEY || part->text.len == 0);
        }
    }
    return is_plain;
}

static bool check_prepare(const struct known *known, const struct workload_spec *data,
                          struct error *err)
{
    if (data->prepare_count > WORKLOAD_MAX_STEPS) {
        return error_set(err, ERROR_USAGE, "prepare: write at most %d commands",
                         WORKLOAD_MAX_STEPS);
    }
    for (size_t i = 0; i < data->prepare_count; i++) {
        struct arena arena = {0};
        struct phrase command;
        bool done =
            phrase_parse(str_from(data->prepare[i]), &arena, &command, err) &&
            pattern_check(&command, &known->names, err) &&
            (is_plain(&command) || error_set(err, ERROR_USAGE, "only {key} stands for keys here"));
        arena_release(&arena);
        if (!done) {
            return error_prefix(err, "prepare \"%s\"", data->prepare[i]);
        }
    }
    return true;
}

/* ---- the whole ---- */

typedef bool (*phrase_test)(const struct phrase *command);

static bool is_true_of(const char *text, phrase_test test)
{
    struct arena arena = {0};
    struct phrase command;
    bool result = phrase_parse(str_from(text), &arena, &command, NULL) && test(&command);
    arena_release(&arena);
    return result;
}

static bool any_command(const struct workload_spec *spec, phrase_test test)
{
    bool found = false;
    for (size_t i = 0; i < spec->operation_count; i++) {
        for (size_t k = 0; k < spec->operations[i].step_count; k++) {
            found = found || is_true_of(spec->operations[i].steps[k].command, test);
        }
    }
    return found;
}

static bool wants_tags(const struct phrase *command)
{
    return command->wants_tags;
}

static bool watches(const struct phrase *command)
{
    return is_called(command, STR("WATCH"));
}

static bool inserts(const struct phrase *command)
{
    for (size_t i = 0; i < command->word_count; i++) {
        for (size_t k = 0; k < command->words[i].part_count; k++) {
            if (command->words[i].parts[k].key == KEY_NEW) {
                return true;
            }
        }
    }
    return false;
}

bool workload_watches(const struct workload_spec *spec)
{
    return any_command(spec, watches);
}

bool workload_inserts(const struct operation_spec *operation)
{
    struct workload_spec only = {.operations = operation, .operation_count = 1};
    return any_command(&only, inserts);
}

/* Keys of a dataset that grows have room for greater numbers. */
static bool check_key_size(const struct workload_spec *spec, struct error *err)
{
    struct workload_spec grown = *spec;
    grown.keys += DATASET_MAX_INSERTED;
    uint64_t needed = spec_key_length(&grown);
    return spec->key_size == 0 || spec->key_size >= needed || !any_command(spec, inserts) ||
           error_set(err, ERROR_USAGE, "key size in bytes: %u is not enough for new keys, write %u",
                     spec->key_size, (unsigned)needed);
}

bool workload_check(const struct workload_spec *spec, struct error *err)
{
    struct known known;
    if (spec->operation_count > WORKLOAD_MAX_DRAWN) {
        return error_set(err, ERROR_USAGE, "a workload has at most %d operations",
                         WORKLOAD_MAX_DRAWN);
    }
    known_init(&known, spec);
    bool done = check_key_size(spec, err) && check_prepare(&known, spec, err);
    for (size_t i = 0; i < spec->other_count && done; i++) {
        done = check_prepare(&known, &spec->others[i], err);
    }
    for (size_t i = 0; i < spec->operation_count && done; i++) {
        done = check_operation(&known, &spec->operations[i], err);
    }
    mem_free(known.words);
    return done && duty_check(spec, err);
}

void workload_settle(struct workload_spec *spec)
{
    enum { USUAL = 1024 };
    bool wanted = any_command(spec, wants_tags);
    uint64_t tags = spec->keys < USUAL ? spec->keys : USUAL; /* the same in all datasets */
    for (size_t i = 0; i < spec->other_count; i++) {
        tags = spec->others[i].keys < tags ? spec->others[i].keys : tags;
    }
    for (size_t i = 0; i <= spec->other_count; i++) {
        struct workload_spec *data = i == 0 ? spec : &spec->others[i - 1];
        if (data->counts_keys) {
            data->elements = spec->keys;
        }
        if (wanted && data->hash_tags == 0) {
            data->hash_tags = tags;
        }
    }
}

bool workload_operation_writes(const struct operation_spec *operation)
{
    bool writes = false;
    for (size_t i = 0; i < operation->step_count; i++) {
        struct str rest = str_trim(str_from(operation->steps[i].command));
        writes = writes || !phrase_is_read(str_split(&rest, ' '));
    }
    return writes;
}
