/* Commands that were captured, to be sent again: in their order and with their moments, each over
 * the connection that stands for its client, with keys of our own in the place of theirs. Pure.
 *
 * A trace is filled once (trace_add), and compiled for a key prefix into the bytes that are sent.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/units.h"

enum {
    TRACE_MAX_CLIENTS = 512,
    TRACE_MAX_OPERATIONS = 32, /* commands by name; the last one stands for all others */
    TRACE_NAME_SIZE = 32,
};

#define TRACE_NONE UINT32_MAX

struct trace_word {
    size_t at; /* in `bytes`; of a key: its number */
    uint32_t len;
    bool is_key;
};

struct trace_command {
    nsec at; /* since the first one */
    size_t first_word;
    uint32_t word_count;
    uint32_t client;
    uint32_t next; /* of the same client; TRACE_NONE: it is its last one */
    uint32_t key;  /* the first one; TRACE_NONE: none */
    uint8_t operation;
};

struct trace_key {
    size_t at; /* in `bytes` */
    uint32_t len;
};

struct trace {
    bool keeps_keys; /* they follow the prefix as they are; else their hashes do */
    struct buf bytes;
    struct trace_word *words;
    size_t word_count;
    size_t word_capacity;
    struct trace_command *commands;
    size_t count;
    size_t capacity;
    struct trace_key *keys; /* different ones */
    size_t key_count;
    size_t key_capacity;
    uint32_t *slots; /* hash table of key numbers + 1 */
    size_t slot_count;
    char names[TRACE_MAX_OPERATIONS][TRACE_NAME_SIZE];
    size_t name_count;
    bool reads[TRACE_MAX_OPERATIONS];
    uint64_t client_hashes[TRACE_MAX_CLIENTS];
    uint32_t first[TRACE_MAX_CLIENTS]; /* command of each client */
    uint32_t last[TRACE_MAX_CLIENTS];
    uint32_t client_count;
    nsec began; /* of the first one, since 1970 */
};

/* What is added: a command as it was captured. */
struct trace_line {
    nsec at; /* since 1970 */
    uint32_t database;
    struct str client;
    const struct str *words;
    size_t word_count;
    const bool *is_key; /* for each word */
};

void trace_release(struct trace *trace);
/* More clients than TRACE_MAX_CLIENTS share connections. */
void trace_add(struct trace *trace, const struct trace_line *line);
/* Plays so many times as fast; 0: moments do not count. */
void trace_set_speed(struct trace *trace, double speed);

/* The bytes that are sent. */
struct trace_sent {
    const struct trace *trace;
    char *bytes;
    size_t *starts; /* of each command, and the end */
    char *removals; /* UNLINK of each key */
    size_t *removal_starts;
    uint16_t *slots; /* of each command's first key, then of each key */
    size_t max_size;
};

void trace_compile(struct trace_sent *sent, const struct trace *trace, const char *prefix);
void trace_sent_release(struct trace_sent *sent);
