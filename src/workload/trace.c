#include "workload/trace.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "redis/slots.h"
#include "workload/phrase.h"

enum { HASH_DIGITS = 16, MAX_HEADER = 24 };

static uint64_t hash_of(struct str text, uint64_t seed)
{
    uint64_t hash = rng_mix(seed ^ text.len);
    for (size_t i = 0; i < text.len; i++) {
        hash = rng_mix(hash ^ (unsigned char)text.data[i]);
    }
    return hash;
}

void trace_release(struct trace *trace)
{
    buf_release(&trace->bytes);
    mem_free(trace->words);
    mem_free(trace->commands);
    mem_free(trace->keys);
    mem_free(trace->slots);
    *trace = (struct trace){0};
}

/* ---- keys ---- */

static struct str key_text(const struct trace *trace, size_t number)
{
    const struct trace_key *key = &trace->keys[number];
    return (struct str){trace->bytes.data + key->at, key->len};
}

static size_t slot_for(const struct trace *trace, struct str text)
{
    size_t at = (size_t)hash_of(text, 0) & (trace->slot_count - 1);
    while (trace->slots[at] != 0 && !str_eq(key_text(trace, trace->slots[at] - 1), text)) {
        at = (at + 1) & (trace->slot_count - 1);
    }
    return at;
}

static void grow_slots(struct trace *trace)
{
    mem_free(trace->slots);
    trace->slot_count = trace->slot_count == 0 ? 1024 : 2 * trace->slot_count;
    trace->slots = mem_alloc_array(trace->slot_count, sizeof *trace->slots);
    for (size_t i = 0; i < trace->key_count; i++) {
        trace->slots[slot_for(trace, key_text(trace, i))] = (uint32_t)i + 1;
    }
}

/* The number of a key, which is new or known. Keys of other databases are others. */
static uint32_t key_number(struct trace *trace, struct str name, uint32_t database)
{
    struct buf text = {0};
    if (trace->key_count * 4 >= trace->slot_count * 3) {
        grow_slots(trace);
    }
    if (database > 0) {
        buf_addf(&text, "db%u:", database);
    }
    buf_add_str(&text, name);
    size_t slot = slot_for(trace, buf_str(&text));
    if (trace->slots[slot] == 0) {
        if (trace->key_count == trace->key_capacity) {
            trace->key_capacity = trace->key_capacity == 0 ? 1024 : 2 * trace->key_capacity;
            trace->keys = mem_resize(trace->keys, trace->key_capacity, sizeof *trace->keys);
        }
        trace->keys[trace->key_count] = (struct trace_key){trace->bytes.len, (uint32_t)text.len};
        buf_add_str(&trace->bytes, buf_str(&text));
        trace->slots[slot] = (uint32_t)++trace->key_count;
    }
    buf_release(&text);
    return trace->slots[slot] - 1;
}

/* The part in braces that decides about a key's hash slot. False: all of it does. */
static bool find_tag(struct str key, struct str *tag)
{
    ptrdiff_t open = str_find(key, '{');
    struct str rest = open < 0 ? STR("") : str_from_index(key, (size_t)open + 1);
    ptrdiff_t close = str_find(rest, '}');
    *tag = str_prefix(rest, close < 0 ? 0 : (size_t)close);
    return close > 0;
}

/* A key as it is sent. Keys with the same tag keep having one. */
static void add_key(const struct trace_sent *sent, size_t number, const char *prefix,
                    struct buf *out)
{
    struct str key = key_text(sent->trace, number);
    struct str tag;
    buf_add_text(out, prefix);
    if (sent->trace->keeps_keys) {
        buf_add_str(out, key);
        return;
    }
    if (find_tag(key, &tag)) {
        buf_addf(out, "{%0*llx}", HASH_DIGITS, (unsigned long long)hash_of(tag, 1));
    }
    buf_addf(out, "%0*llx", HASH_DIGITS, (unsigned long long)hash_of(key, 2));
}

/* ---- filling ---- */

static uint32_t client_number(struct trace *trace, struct str name)
{
    uint64_t hash = hash_of(name, 0);
    for (uint32_t i = 0; i < trace->client_count; i++) {
        if (trace->client_hashes[i] == hash) {
            return i;
        }
    }
    if (trace->client_count == TRACE_MAX_CLIENTS) {
        return (uint32_t)(hash % TRACE_MAX_CLIENTS);
    }
    trace->client_hashes[trace->client_count] = hash;
    trace->first[trace->client_count] = TRACE_NONE;
    return trace->client_count++;
}

static uint8_t operation_number(struct trace *trace, struct str name)
{
    char text[TRACE_NAME_SIZE] = "others";
    bool is_other = name.len >= TRACE_NAME_SIZE;
    for (size_t i = 0; i < name.len && !is_other; i++) {
        text[i] = (char)toupper((unsigned char)name.data[i]);
        text[i + 1] = '\0';
    }
    for (size_t i = 0; i < trace->name_count; i++) {
        if (strcmp(trace->names[i], text) == 0) {
            return (uint8_t)i;
        }
    }
    bool is_last = trace->name_count + 1 >= TRACE_MAX_OPERATIONS;
    if (is_last && trace->name_count == TRACE_MAX_OPERATIONS) {
        return TRACE_MAX_OPERATIONS - 1;
    }
    (void)snprintf(trace->names[trace->name_count], TRACE_NAME_SIZE, "%s",
                   is_last ? "others" : text);
    trace->reads[trace->name_count] = !is_last && phrase_is_read(str_from(text));
    return (uint8_t)trace->name_count++;
}

static void add_word(struct trace *trace, struct trace_word word)
{
    if (trace->word_count == trace->word_capacity) {
        trace->word_capacity = trace->word_capacity == 0 ? 4096 : 2 * trace->word_capacity;
        trace->words = mem_resize(trace->words, trace->word_capacity, sizeof *trace->words);
    }
    trace->words[trace->word_count++] = word;
}

void trace_add(struct trace *trace, const struct trace_line *line)
{
    if (trace->count == trace->capacity) {
        trace->capacity = trace->capacity == 0 ? 1024 : 2 * trace->capacity;
        trace->commands = mem_resize(trace->commands, trace->capacity, sizeof *trace->commands);
    }
    if (trace->count == 0) {
        trace->began = line->at;
    }
    uint32_t index = (uint32_t)trace->count++;
    struct trace_command *command = &trace->commands[index];
    nsec before = index > 0 ? trace->commands[index - 1].at : 0;
    nsec at = line->at > trace->began ? line->at - trace->began : 0;
    *command = (struct trace_command){
        .at = at > before ? at : before, /* clocks that were set back do not count */
        .first_word = trace->word_count,
        .word_count = (uint32_t)line->word_count,
        .client = client_number(trace, line->client),
        .next = TRACE_NONE,
        .key = TRACE_NONE,
        .operation = operation_number(trace, line->words[0]),
    };
    for (size_t i = 0; i < line->word_count; i++) {
        struct str text = line->words[i];
        if (line->is_key[i]) {
            uint32_t number = key_number(trace, text, line->database);
            command->key = command->key == TRACE_NONE ? number : command->key;
            add_word(trace, (struct trace_word){number, 0, true});
        } else {
            add_word(trace, (struct trace_word){trace->bytes.len, (uint32_t)text.len, false});
            buf_add_str(&trace->bytes, text);
        }
    }
    if (trace->first[command->client] == TRACE_NONE) {
        trace->first[command->client] = index;
    } else {
        trace->commands[trace->last[command->client]].next = index;
    }
    trace->last[command->client] = index;
}

void trace_set_speed(struct trace *trace, double speed)
{
    for (size_t i = 0; i < trace->count; i++) {
        trace->commands[i].at = speed > 0 ? (nsec)((double)trace->commands[i].at / speed) : 0;
    }
}

/* ---- compiling ---- */

static void add_text(struct buf *out, struct str text)
{
    buf_addf(out, "$%zu\r\n", text.len);
    buf_add_str(out, text);
    buf_add_text(out, "\r\n");
}

static void add_command(const struct trace_sent *sent, const struct trace_command *command,
                        const struct buf *keys, const size_t *key_starts, struct buf *out)
{
    const struct trace *trace = sent->trace;
    buf_addf(out, "*%u\r\n", command->word_count);
    for (size_t i = 0; i < command->word_count; i++) {
        const struct trace_word *word = &trace->words[command->first_word + i];
        if (word->is_key) {
            size_t start = key_starts[word->at];
            add_text(out, (struct str){keys->data + start, key_starts[word->at + 1] - start});
        } else {
            add_text(out, (struct str){trace->bytes.data + word->at, word->len});
        }
    }
}

static void note_size(struct trace_sent *sent, size_t size)
{
    sent->max_size = size > sent->max_size ? size : sent->max_size;
}

void trace_compile(struct trace_sent *sent, const struct trace *trace, const char *prefix)
{
    struct buf keys = {0};
    struct buf bytes = {0};
    struct buf removals = {0};
    size_t *key_starts = mem_alloc_array(trace->key_count + 1, sizeof *key_starts);
    *sent = (struct trace_sent){
        .trace = trace,
        .starts = mem_alloc_array(trace->count + 1, sizeof *sent->starts),
        .removal_starts = mem_alloc_array(trace->key_count + 1, sizeof *sent->removal_starts),
        .slots = mem_alloc_array(trace->count + trace->key_count, sizeof *sent->slots),
    };
    for (size_t i = 0; i < trace->key_count; i++) {
        add_key(sent, i, prefix, &keys);
        key_starts[i + 1] = keys.len;
        struct str key = {keys.data + key_starts[i], keys.len - key_starts[i]};
        sent->slots[trace->count + i] = slots_of_key(key);
        buf_add_text(&removals, "*2\r\n$6\r\nUNLINK\r\n");
        add_text(&removals, key);
        sent->removal_starts[i + 1] = removals.len;
        note_size(sent, removals.len - sent->removal_starts[i]);
    }
    for (size_t i = 0; i < trace->count; i++) {
        const struct trace_command *command = &trace->commands[i];
        add_command(sent, command, &keys, key_starts, &bytes);
        sent->starts[i + 1] = bytes.len;
        note_size(sent, bytes.len - sent->starts[i]);
        if (command->key != TRACE_NONE) {
            sent->slots[i] = sent->slots[trace->count + command->key];
        }
    }
    sent->bytes = bytes.data;
    sent->removals = removals.data;
    buf_release(&keys);
    mem_free(key_starts);
}

void trace_sent_release(struct trace_sent *sent)
{
    mem_free(sent->bytes);
    mem_free(sent->starts);
    mem_free(sent->removals);
    mem_free(sent->removal_starts);
    mem_free(sent->slots);
    *sent = (struct trace_sent){0};
}
