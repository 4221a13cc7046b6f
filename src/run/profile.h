/* What a load looks like: how often which command, and what kinds of keys there are. It is filled
 * from a live server (profile_live.h) or from a capture (profile_capture.h), and written as a
 * workload file. Names of keys are no part of it, but for prefixes when asked for.
 *
 * Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/units.h"
#include "model/spec.h"

enum {
    PROFILE_MAX_GROUPS = 16,
    PROFILE_MAX_COMMANDS = 400,
    PROFILE_NAME_SIZE = 48,
    PROFILE_MAX_PREFIXES = 16,
};

/* Figures of a sample; grown as needed. */
struct profile_numbers {
    uint64_t *values;
    size_t count;
    size_t capacity;
};
void profile_numbers_add(struct profile_numbers *numbers, uint64_t value);

/* Keys that are alike: type, whether strings are numbers, whether they expire. */
struct profile_group {
    enum data_type type;
    bool is_number;
    bool expires;
    uint64_t sampled;
    struct profile_numbers sizes;    /* bytes of values (strings, elements) */
    struct profile_numbers elements; /* of keys that are no strings */
    struct profile_numbers ttls;     /* milliseconds that were left */
    struct profile_numbers names;    /* bytes of keys */
    struct profile_numbers memory;   /* bytes, as the server says */
};

struct profile_command {
    char name[PROFILE_NAME_SIZE]; /* in lower case, "get", "config|get" */
    uint64_t calls;
    uint64_t keys; /* of those calls together; 0: not known */
};

struct profile_prefix {
    char text[PROFILE_NAME_SIZE];
    uint64_t sampled;
};

struct profile {
    struct profile_group groups[PROFILE_MAX_GROUPS];
    size_t group_count;
    struct profile_command commands[PROFILE_MAX_COMMANDS];
    size_t command_count;
    uint64_t keys;    /* in all */
    uint64_t sampled; /* keys that were looked at */
    uint64_t hits;
    uint64_t misses;
    double seconds; /* watched */
    struct profile_prefix prefixes[PROFILE_MAX_PREFIXES];
    size_t prefix_count;
    bool shows_keys;    /* prefixes are written */
    const char *source; /* "a live server", "a capture" */
};

void profile_release(struct profile *profile);
/* The group of such keys, made when it is new; NULL: there are too many. */
struct profile_group *profile_group(struct profile *profile, enum data_type type, bool is_number,
                                    bool expires);
/* Adds calls of a command. */
void profile_count(struct profile *profile, struct str name, uint64_t calls, uint64_t keys);
/* The part of a key before its last ':' counts, if prefixes are shown. */
void profile_note_prefix(struct profile *profile, struct str key);
/* Appends a workload file (YAML). ERROR_INVALID: nothing was seen that a workload could be made
 * of. */
bool profile_write(const struct profile *profile, struct buf *out, struct error *err);
