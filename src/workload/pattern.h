/* A command with any placeholders, compiled: what template.h does for one key and a last value, in
 * a few dozen instructions, this does for all others, word by word. Nothing is parsed or allocated
 * when it is written, and the same draw gives the same bytes each time. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "redis/resp_texts.h"
#include "workload/keys.h"
#include "workload/phrase.h"
#include "workload/template.h"
#include "workload/values.h"

/* What a pattern's placeholders draw from: one dataset. Patterns are given all of them, in a row
 * that outlives them. */
struct pattern_source {
    const char *name; /* NULL: none */
    const struct key_space *keys;
    const struct key_format *key_format;
    const struct value_space *values;
    uint64_t elements;
    uint64_t ttl_low; /* ms */
    uint64_t ttl_high;
    const struct channel_space *channels; /* duty.h */
};

/* {timestamp} counts milliseconds from 2025-01-01 on, as many as the salt's bits above these say.
 */
#define PATTERN_EPOCH_MS UINT64_C(1735689600000)
enum { PATTERN_SALT = 24 };

/* What decides about the bytes of one command. */
struct pattern_draw {
    uint64_t key;      /* the first one of dataset `home`; with `inserts` the one that is new */
    uint64_t salt;     /* everything else is a function of this... */
    uint64_t first;    /* ...but in a pattern that fills keys: the first of its elements */
    size_t home;       /* number of a dataset */
    bool inserts;      /* the operation has a {key:new} */
    uint32_t reply_at; /* {reply} is the text with this number... */
    const struct resp_texts *replies; /* ...of these; NULL: there are none, and names stand in */
};

/* A key by how it is drawn: dataset, and the n-th of its keys in the command. */
struct pattern_key {
    enum key_choice choice;
    size_t data;
    uint32_t number;
};

/* What names in placeholders mean. */
struct pattern_names {
    const struct pattern_source *sources;
    size_t source_count;
    const struct pattern_word *words; /* scripts and functions */
    size_t word_count;
};

struct pattern_word {
    enum part_kind kind; /* PART_SCRIPT, PART_FUNCTION */
    const char *name;
    const char *text; /* what is sent */
};

struct pattern_piece;

struct pattern {
    size_t home;
    struct buf literals;          /* words that never differ, as they are sent, one after another */
    struct pattern_piece *pieces; /* in the order of the command */
    size_t piece_count;
    size_t fixed_words; /* outside of the repeated ones */
    size_t repeat_first;
    size_t repeat_count; /* pieces */
    size_t repeat_words;
    uint32_t repeats;
    bool fills;      /* writes elements from draw->first on, as many as there are but not more than
                        `repeats` */
    bool by_channel; /* it has no key: draw->key is the number of its first channel */
    size_t max_size;
};

/* Does every name in the command mean something? ERROR_USAGE. */
bool pattern_check(const struct phrase *command, const struct pattern_names *names,
                   struct error *err);
/* A command that was checked; it may be released afterwards. `home` is the dataset of {key}
 * without a name. */
void pattern_init(struct pattern *pattern, const struct phrase *command,
                  const struct pattern_names *names, size_t home, bool fills);
void pattern_release(struct pattern *pattern);
/* Writes the command at `out` (room: max_size); returns its length. */
size_t pattern_write(const struct pattern *pattern, const struct pattern_source *sources,
                     const struct pattern_draw *draw, char *out);
/* The first key of a command. False: it names none. */
bool pattern_first_key(const struct phrase *command, const struct pattern_names *names, size_t home,
                       struct pattern_key *out);
/* The number of a key in its dataset. */
uint64_t pattern_key_number(const struct pattern_source *sources, const struct pattern_draw *draw,
                            const struct pattern_key *key);
/* Numbers as placeholders draw them, for tests: the element of the n-th {field} or {member}. */
uint64_t pattern_element(const struct pattern_source *source, const struct pattern_draw *draw,
                         enum element_range range, uint32_t n);
