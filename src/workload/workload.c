#include "workload/workload.h"

#include <assert.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/mem.h"
#include "redis/slots.h"

/* Streams of random numbers below one seed. */
enum { STREAM_VALUES = 1, STREAM_SCATTER = 2, STREAM_CLIENTS = 1000 };

/* ---- compiling ---- */

static bool is_placeholder(const struct phrase_word *word, enum part_kind kind)
{
    return word->part_count == 1 && word->parts[0].kind == kind;
}

/* Words for a template: literal ones, one key, and perhaps a value at the end. False: it takes a
 * pattern. */
static bool list_words(const struct phrase *command, const char **words)
{
    size_t keys = 0;
    if (command->repeats > 1) {
        return false;
    }
    for (size_t i = 0; i < command->word_count; i++) {
        const struct phrase_word *word = &command->words[i];
        if (is_placeholder(word, PART_KEY)) {
            words[i] = "{key}";
            keys++;
        } else if (is_placeholder(word, PART_VALUE) && i + 1 == command->word_count) {
            words[i] = "{value}";
        } else if (is_placeholder(word, PART_TEXT) && word->parts[0].text.data[0] != '{' &&
                   memchr(word->parts[0].text.data, '\0', word->parts[0].text.len) == NULL) {
            words[i] = word->parts[0].text.data;
        } else {
            return false;
        }
    }
    return keys == 1;
}

static void note_size(struct workload *workload, size_t size, size_t head_size)
{
    workload->max_step_size = size > workload->max_step_size ? size : workload->max_step_size;
    workload->max_head_size =
        head_size > workload->max_head_size ? head_size : workload->max_head_size;
}

static void compile_step(struct workload *workload, const char *text, bool fills,
                         struct workload_step *step)
{
    struct arena arena = {0};
    struct phrase command;
    bool parsed = phrase_parse(str_from(text), &arena, &command, NULL);
    assert(parsed && "workload_check comes first");
    (void)parsed;
    const char **words = arena_alloc_array(&arena, command.word_count, sizeof *words);
    step->is_read = phrase_is_read(command.words[0].parts[0].text);
    if (!fills && workload->key_format.tags == 0 && list_words(&command, words)) {
        template_init(&step->command, words, command.word_count, &workload->key_format,
                      &workload->values);
        note_size(workload, step->command.max_size, step->command.max_head_size);
    } else {
        step->pattern = mem_alloc(sizeof *step->pattern);
        pattern_init(step->pattern, &command, &workload->source, fills);
        note_size(workload, step->pattern->max_size, step->pattern->max_size);
        workload->is_salted = true;
    }
    arena_release(&arena);
}

static struct workload_operation *add_operation(struct workload *workload,
                                                const struct operation_spec *spec, bool fills)
{
    assert(workload->operation_count < WORKLOAD_MAX_OPERATIONS);
    size_t index = workload->operation_count++;
    struct workload_operation *operation = &workload->operations[index];
    operation->name = spec->name;
    operation->weight = spec->weight;
    operation->step_count = spec->step_count;
    operation->is_batch = str_eq_nocase(str_from(spec->steps[0]), STR("MULTI"));
    operation->chunks = 1;
    for (size_t i = 0; i < spec->step_count; i++) {
        compile_step(workload, spec->steps[i], fills, &operation->steps[i]);
    }
    if (operation->is_batch && spec->step_count > workload->longest_batch) {
        workload->longest_batch = spec->step_count;
    }
    workload->names[index] = spec->name;
    workload->weights[index] = spec->weight;
    workload->total_weight += spec->weight;
    return operation;
}

/* Elements that one command stores while loading: not too many bytes at once. */
static uint64_t chunk_of(const struct workload_spec *spec)
{
    enum { MOST = 64, ROOM = 64 * 1024 };
    uint64_t fitting = ROOM / spec->value_size_high;
    uint64_t most = fitting < 1 ? 1 : fitting;
    most = most < MOST ? most : MOST;
    return spec->elements < most ? spec->elements : most;
}

static void add_loading(struct workload *workload, const struct workload_spec *spec)
{
    static const char *const fillers[DATA_TYPE_COUNT] = {
        [DATA_STRING] = "SET {key} {value}",
        [DATA_LIST] = "RPUSH {key} [{value}]*%u",
        [DATA_HASH] = "HSET {key} [{field} {value}]*%u",
        [DATA_SET] = "SADD {key} [{member}]*%u",
        [DATA_ZSET] = "ZADD {key} [{score} {member}]*%u",
        [DATA_STREAM] = "XADD {key} * {field} {value}",
    };
    bool is_string = spec->data == DATA_STRING;
    bool expires = spec->ttl_high > 0;
    uint64_t chunk = is_string || spec->data == DATA_STREAM ? 1 : chunk_of(spec);
    const char *group = spec->roles.consumer_group;
    char text[64];
    char grouping[128];
    const char *steps[3] = {text};
    size_t step_count = 1;
    if (is_string && expires) {
        (void)snprintf(text, sizeof text, "SET {key} {value} PX {ttl}");
    } else {
        (void)snprintf(text, sizeof text, fillers[spec->data], (unsigned)chunk);
    }
    if (expires && !is_string) {
        steps[step_count++] = "PEXPIRE {key} {ttl}";
    }
    if (group != NULL) {
        (void)snprintf(grouping, sizeof grouping, "XGROUP CREATE {key} %s $", group);
        steps[step_count++] = grouping;
    }
    struct operation_spec load = {
        .name = "load",
        .steps = steps,
        .step_count = step_count,
    };
    workload->load_operation = workload->operation_count;
    struct workload_operation *operation = add_operation(workload, &load, !is_string);
    operation->is_loading = true;
    if (!is_string) {
        operation->chunk = chunk;
        operation->chunks = (spec->elements + chunk - 1) / chunk;
    }
}

static void add_defaults(struct workload *workload, const struct workload_spec *spec)
{
    static const char *const get[] = {"GET {key}"};
    static const char *const set[] = {"SET {key} {value}"};
    static const char *const set_ttl[] = {"SET {key} {value} PX {ttl}"};
    struct operation_spec reading = {
        .name = "GET", .weight = spec->reads, .steps = get, .step_count = 1};
    struct operation_spec writing = {.name = "SET",
                                     .weight = spec->writes,
                                     .steps = spec->ttl_high > 0 ? set_ttl : set,
                                     .step_count = 1};
    if (spec->reads > 0) {
        add_operation(workload, &reading, false);
    }
    if (spec->writes > 0) {
        add_operation(workload, &writing, false);
    }
}

static bool check_operation(const struct operation_spec *operation, struct error *err)
{
    bool done = true;
    if (operation->step_count < 1 || operation->step_count > WORKLOAD_MAX_STEPS) {
        return error_set(err, ERROR_USAGE, "operation \"%s\": write 1 to %d commands",
                         operation->name, WORKLOAD_MAX_STEPS);
    }
    for (size_t i = 0; i < operation->step_count && done; i++) {
        struct arena arena = {0};
        struct phrase command;
        done = phrase_parse(str_from(operation->steps[i]), &arena, &command, err) ||
               error_prefix(err, "command \"%s\"", operation->steps[i]);
        arena_release(&arena);
    }
    return done;
}

static bool wants_tags(const char *command)
{
    struct arena arena = {0};
    struct phrase phrase;
    bool wants = phrase_parse(str_from(command), &arena, &phrase, NULL) && phrase.wants_tags;
    arena_release(&arena);
    return wants;
}

uint64_t workload_hash_tags(const struct workload_spec *spec)
{
    enum { USUAL = 1024 };
    bool wanted = false;
    for (size_t i = 0; i < spec->operation_count; i++) {
        for (size_t k = 0; k < spec->operations[i].step_count; k++) {
            wanted = wanted || wants_tags(spec->operations[i].steps[k]);
        }
    }
    if (spec->hash_tags > 0 || !wanted) {
        return spec->hash_tags;
    }
    return spec->keys < USUAL ? spec->keys : USUAL;
}

bool workload_operation_writes(const struct operation_spec *operation)
{
    bool writes = false;
    for (size_t i = 0; i < operation->step_count; i++) {
        struct str rest = str_trim(str_from(operation->steps[i]));
        writes = writes || !phrase_is_read(str_split(&rest, ' '));
    }
    return writes;
}

bool workload_check(const struct workload_spec *spec, struct error *err)
{
    if (spec->operation_count > WORKLOAD_MAX_DRAWN) {
        return error_set(err, ERROR_USAGE, "a workload has at most %d operations",
                         WORKLOAD_MAX_DRAWN);
    }
    for (size_t i = 0; i < spec->operation_count; i++) {
        if (!check_operation(&spec->operations[i], err)) {
            return false;
        }
    }
    return duty_check(spec, err);
}

/* The part of a key that decides: all of it, or its hash tag, which a prefix may hold. */
static void prepare_slots(struct workload *workload)
{
    const struct key_format *format = &workload->key_format;
    struct str prefix = {format->prefix, format->prefix_len};
    ptrdiff_t open = str_find(prefix, '{');
    ptrdiff_t close = open < 0 ? -1 : str_find(str_from_index(prefix, (size_t)open + 1), '}');
    workload->slot_is_fixed = close > 0;
    if (workload->slot_is_fixed) {
        workload->slot = slots_of_key(prefix);
    }
    workload->prefix_crc = slots_crc16(0, prefix.data, prefix.len);
    for (size_t i = 0; i < format->padding; i++) {
        workload->prefix_crc = slots_crc16(workload->prefix_crc, "0", 1);
    }
}

/* Keys and weights that fit into one random number, and commands that need no call to write. */
static bool is_quick(const struct workload *workload)
{
    enum { SPARE_BITS = 20 };
    uint64_t chances = 0;
    bool fits = !__builtin_mul_overflow(workload->total_weight, workload->keys.count, &chances) &&
                chances < UINT64_MAX >> SPARE_BITS;
    for (size_t i = 0; i < workload->operation_count; i++) {
        const struct workload_operation *operation = &workload->operations[i];
        fits = fits && operation->step_count == 1 && operation->steps[0].pattern == NULL &&
               operation->steps[0].command.is_quick;
    }
    return fits && workload->keys.distribution == KEYS_UNIFORM;
}

void workload_init(struct workload *workload, const struct workload_spec *spec, uint64_t seed)
{
    static const char *const unlink_key[] = {"UNLINK {key}"};
    static const struct operation_spec removing = {
        .name = "remove", .steps = unlink_key, .step_count = 1};

    *workload = (struct workload){.longest_batch = 1};
    workload->key_prefix = mem_copy_text(spec->key_prefix, strlen(spec->key_prefix));
    key_format_init(&workload->key_format, workload->key_prefix, spec->keys, spec->key_size);
    if (spec->hash_tags > 0) {
        key_format_add_tags(&workload->key_format, spec->hash_tags, spec->key_size);
    }
    prepare_slots(workload);
    key_space_init(&workload->keys, spec, rng_derive(seed, STREAM_SCATTER));
    value_space_init(&workload->values, spec, rng_derive(seed, STREAM_VALUES));
    workload->source = (struct pattern_source){
        .keys = &workload->keys,
        .key_format = &workload->key_format,
        .values = &workload->values,
        .elements = spec->elements,
        .ttl_low = spec->ttl_low / NSEC_PER_MSEC,
        .ttl_high = spec->ttl_high / NSEC_PER_MSEC,
        .channels = &workload->duties.channels,
    };
    duty_init(workload, spec, seed);
    for (size_t i = 0; i < spec->operation_count; i++) {
        if (spec->operations[i].weight > 0) {
            add_operation(workload, &spec->operations[i], false);
        }
    }
    if (spec->operation_count == 0) {
        add_defaults(workload, spec);
    }
    size_t drawn = workload->operation_count;
    add_loading(workload, spec);
    workload->remove_operation = workload->operation_count;
    add_operation(workload, &removing, false);
    workload->operation_count = drawn;
    duty_compile(workload, spec);
    workload->is_quick = is_quick(workload) && !workload->duties.is_on;
}

static void release_step(struct workload_step *step)
{
    template_release(&step->command);
    if (step->pattern != NULL) {
        pattern_release(step->pattern);
        mem_free(step->pattern);
    }
}

void workload_release(struct workload *workload)
{
    for (size_t i = 0; i < WORKLOAD_MAX_OPERATIONS; i++) {
        for (size_t step = 0; step < workload->operations[i].step_count; step++) {
            release_step(&workload->operations[i].steps[step]);
        }
    }
    value_space_release(&workload->values);
    duty_release(workload);
    mem_free(workload->key_prefix);
    *workload = (struct workload){0};
}

uint64_t workload_share(const struct workload *workload, uint32_t client, uint32_t clients)
{
    __extension__ typedef unsigned __int128 u128;
    return (uint64_t)((u128)workload->keys.count * client / clients);
}

void workload_stream_init(struct workload_stream *stream, const struct workload *workload,
                          uint64_t seed, uint32_t client, uint32_t clients)
{
    *stream = (struct workload_stream){
        .position = workload_share(workload, client, clients),
        .group = (uint8_t)roles_group_of(&workload->duties.roles, client, clients),
    };
    rng_init(&stream->rng, rng_derive(seed, STREAM_CLIENTS + (uint64_t)client));
}

void workload_stream_sweep(struct workload_stream *stream, size_t operation, uint64_t first,
                           uint64_t end)
{
    *stream = (struct workload_stream){
        .position = first,
        .sweep_end = end,
        .is_sweep = true,
        .sweep_operation = (uint32_t)operation,
    };
}

bool workload_draw_next(const struct workload *workload, struct workload_stream *stream,
                        struct workload_draw *out)
{
    if (stream->is_sweep) {
        if (stream->position >= stream->sweep_end) {
            return false;
        }
        const struct workload_operation *sweep = &workload->operations[stream->sweep_operation];
        out->key = stream->position;
        out->salt = stream->sweep_chunk * sweep->chunk;
        out->operation = stream->sweep_operation;
        if (++stream->sweep_chunk >= sweep->chunks) {
            stream->sweep_chunk = 0;
            stream->position++;
        }
        return true;
    }
    if (workload->is_quick) {
        workload_draw_uniform(workload, stream, out);
        return true;
    }
    const struct workload_duties *duties = &workload->duties;
    bool has_groups = duties->roles.group_count > 0;
    const uint64_t *weights = has_groups ? duties->weights[stream->group] : workload->weights;
    uint32_t operation = 0;
    if (workload->operation_count > 1) {
        uint64_t ticket = rng_below(&stream->rng, has_groups ? duties->totals[stream->group]
                                                             : workload->total_weight);
        while (ticket >= weights[operation]) {
            ticket -= weights[operation];
            operation++;
        }
    }
    const struct key_space *keys = workload->operations[operation].duty.by_channel
                                       ? &duties->channels.numbers
                                       : &workload->keys;
    out->operation = operation;
    out->key = key_space_draw(keys, &stream->rng, &stream->position);
    if (workload->is_salted) {
        out->salt = rng_next(&stream->rng);
    }
    return true;
}

size_t workload_write_head(const struct workload *workload, const struct workload_draw *draw,
                           size_t step, char *out, struct str *rest)
{
    const struct workload_step *facts = &workload->operations[draw->operation].steps[step];
    if (facts->pattern != NULL) {
        *rest = (struct str){0};
        return workload_write_step(workload, draw, step, out);
    }
    return template_write_head(&facts->command, &workload->values, draw->key, out, rest);
}

uint16_t workload_slot(const struct workload *workload, const struct workload_draw *draw)
{
    enum { MAX_DIGITS = 24 };
    char digits[MAX_DIGITS];
    if (workload->operations[draw->operation].duty.by_channel) {
        return duty_channel_slot(&workload->duties.channels, draw->key);
    }
    if (workload->slot_is_fixed) {
        return workload->slot;
    }
    if (workload->key_format.tags > 0) {
        struct key_format tag = {.digits = workload->key_format.tag_digits};
        key_format_write_number(&tag, draw->key % workload->key_format.tags, digits);
        return slots_crc16(0, digits, tag.digits) % SLOTS_COUNT;
    }
    key_format_write_number(&workload->key_format, draw->key, digits);
    return slots_crc16(workload->prefix_crc, digits, workload->key_format.digits) % SLOTS_COUNT;
}
