/* A workload compiled for sending: a weighted mix of operations, each one or more steps, and the
 * streams that draw from it. Pure: what a stream draws is a function of (workload, seed, client)
 * alone, so both arms of a pair get the same operations.
 *
 * Thread rule: a workload is read-only after init and shared; a stream belongs to one client. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/str.h"
#include "model/spec.h"
#include "workload/duty.h"
#include "workload/keys.h"
#include "workload/pattern.h"
#include "workload/template.h"
#include "workload/values.h"

enum {
    WORKLOAD_MAX_STEPS = 16,
    WORKLOAD_MAX_DRAWN = 32,
    WORKLOAD_MAX_OPERATIONS = WORKLOAD_MAX_DRAWN + 2, /* loading and removing */
};

/* One command of an operation. Its reply must come before the next step is sent. */
struct workload_step {
    struct template command; /* of one key and a last value, or ... */
    struct pattern *pattern; /* ... of anything else; else NULL */
    bool is_read;            /* a null or empty reply is a miss, any other success a hit */
    bool publishes;          /* PUBLISH, SPUBLISH: the reply says how many subscribers got it */
    uint16_t stamps;         /* that it sends */
};

struct workload_operation {
    const char *name; /* "GET": as in results */
    uint32_t weight;  /* 0: never drawn */
    struct workload_step steps[WORKLOAD_MAX_STEPS];
    size_t step_count;
    bool is_loading; /* fills keys: not drawn */
    bool is_batch;   /* all steps are sent at once (a transaction), not one by one */
    uint64_t chunks; /* of loading: so many operations fill one key, `chunk` elements each */
    uint64_t chunk;
    struct operation_duty duty;
};

struct workload {
    struct key_space keys;
    struct value_space values;
    struct key_format key_format;
    char *key_prefix;
    struct workload_operation operations[WORKLOAD_MAX_OPERATIONS];
    size_t operation_count; /* those that are drawn, first; results list these */
    uint64_t total_weight;
    uint64_t weights[WORKLOAD_MAX_OPERATIONS]; /* once more, side by side */
    bool is_quick; /* uniform keys, and operations of one quick command each: see template.h */
    size_t load_operation;   /* index of the one that stores a key of the dataset ... */
    size_t remove_operation; /* ... and of the one that removes it */
    size_t max_step_size;    /* bytes of the longest command */
    size_t longest_batch;    /* steps of the longest operation that is sent at once; at least 1 */
    bool is_salted;          /* operations need more than a key: draws have a salt */
    struct pattern_source source;
    size_t max_head_size; /* bytes of the longest part that workload_write_head writes */
    const char *names[WORKLOAD_MAX_OPERATIONS];
    bool slot_is_fixed; /* the key prefix holds a hash tag: all keys are in `slot` */
    uint16_t slot;
    uint16_t prefix_crc; /* CRC16 of what all keys begin with */
    struct workload_duties duties;
};

/* Can every command of the workload be compiled? ERROR_USAGE names the operation. */
bool workload_check(const struct workload_spec *spec, struct error *err);
/* How many hash tags a workload's keys carry: as many as it says, and if it says none but a command
 * has {hashtag}, 1,024 or as many as there are keys. The workload was checked. */
uint64_t workload_hash_tags(const struct workload_spec *spec);
/* Does any of its commands change data? */
bool workload_operation_writes(const struct operation_spec *operation);
/* Compiles a workload that was checked: its operations, or without any GET and SET in the ratio of
 * `spec` (those with weight 0 are left out); what fills a key of its data type, and UNLINK to
 * remove one. `seed` fixes values and the scattering of keys. spec->key_prefix is copied; the names
 * of operations must outlive the workload. */
void workload_init(struct workload *workload, const struct workload_spec *spec, uint64_t seed);
void workload_release(struct workload *workload);

/* A drawn operation: enough to write each of its steps. */
struct workload_draw {
    uint64_t key;  /* or the channel of an operation without a key */
    uint64_t salt; /* of a salted workload: what else differs; loading: the first element */
    uint32_t operation;
};

/* One client's sequence of operations: drawn without end, or one pass over a range of keys. */
struct workload_stream {
    struct rng rng;
    uint64_t position; /* of sequential keys and of a sweep */
    uint64_t sweep_end;
    uint64_t sweep_chunk; /* of the key at `position` */
    bool is_sweep;
    uint8_t group; /* of the client: it draws from the operations of this group */
    uint32_t sweep_operation;
};

/* The measured stream of client `client` of `clients`. */
void workload_stream_init(struct workload_stream *stream, const struct workload *workload,
                          uint64_t seed, uint32_t client, uint32_t clients);
/* The first key of a client's share of all keys; that of the next client is its end. */
uint64_t workload_share(const struct workload *workload, uint32_t client, uint32_t clients);
/* One pass of `operation` over the keys from `first` to before `end`: loading and removing. */
void workload_stream_sweep(struct workload_stream *stream, size_t operation, uint64_t first,
                           uint64_t end);
/* The next operation of a measured stream when all keys are asked for alike: what
 * workload_draw_next gives, without a call. One random number decides both: its product with the
 * sum of weights chooses the operation, what is left of it the key (the error of either probability
 * is below 2^-20). */
static inline void workload_draw_uniform(const struct workload *workload,
                                         struct workload_stream *stream, struct workload_draw *out)
{
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)rng_next(&stream->rng) * workload->total_weight;
    uint64_t ticket = (uint64_t)(product >> 64);
    uint32_t operation = 0;
    while (ticket >= workload->weights[operation]) {
        ticket -= workload->weights[operation];
        operation++;
    }
    out->operation = operation;
    out->key = (uint64_t)(((u128)(uint64_t)product * workload->keys.count) >> 64);
}

/* The next operation. False: a sweep has ended. */
bool workload_draw_next(const struct workload *workload, struct workload_stream *stream,
                        struct workload_draw *out);
/* Writes a step's command at `out` (room: max_step_size); returns its length. */
static inline size_t workload_write_step(const struct workload *workload,
                                         const struct workload_draw *draw, size_t step, char *out)
{
    const struct workload_operation *operation = &workload->operations[draw->operation];
    const struct workload_step *facts = &operation->steps[step];
    if (__builtin_expect(facts->pattern != NULL, 0)) {
        struct pattern_draw all = {.key = draw->key, .salt = draw->salt};
        if (operation->is_loading) {
            all.first = draw->salt;
            all.salt = rng_mix(draw->key ^ rng_mix(draw->salt));
        }
        return pattern_write(facts->pattern, &workload->source, &all, out);
    }
    return template_write(&facts->command, &workload->values, draw->key, out);
}
/* The same without copying a large value that a template holds: writes the command up to and with
 * the mark of its value at `out` (room: max_head_size), and sets `*rest` to what follows before a
 * final "\r\n", in memory that lives as long as the workload. A command without a large value is
 * written whole, and rest is empty. Returns the number of bytes written. */
size_t workload_write_head(const struct workload *workload, const struct workload_draw *draw,
                           size_t step, char *out, struct str *rest);
/* The hash slot of the draw's key. */
uint16_t workload_slot(const struct workload *workload, const struct workload_draw *draw);
