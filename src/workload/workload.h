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
#include "redis/resp_texts.h"
#include "workload/dataset.h"
#include "workload/duty.h"
#include "workload/pattern.h"
#include "workload/template.h"
#include "workload/trace.h"
#include "workload/words.h"

enum {
    WORKLOAD_MAX_STEPS = 16,
    WORKLOAD_MAX_DRAWN = 32,
    /* loading, preparing and removing */
    WORKLOAD_MAX_OPERATIONS = WORKLOAD_MAX_DRAWN + 3 * SPEC_MAX_DATA,
    WORKLOAD_QUICK_KINDS = 2, /* operations of a quick workload */
};

/* One command of an operation. Its reply must come before the next step is sent, but in a
 * transaction: what stands between MULTI and EXEC is sent at once. */
struct workload_step {
    struct template command; /* of one key and a last value, or ... */
    struct pattern *pattern; /* ... of anything else; else NULL */
    bool is_read;            /* a null or empty reply is a miss, any other success a hit */
    bool is_exec;
    bool is_watch;
    bool is_joined; /* in a transaction */
    bool waits;     /* on purpose, and in vain if the reply is null: see duty.h */
    bool is_script; /* NOSCRIPT may be the answer */
    bool each;      /* see struct step_spec */
    bool has_key;   /* `key` decides where it goes, ... */
    enum step_when when;
    nsec think;
    uint16_t followers;     /* steps behind it that are sent with it */
    uint16_t needs_replies; /* texts of the last reply that it cannot do without */
    struct pattern_key key; /* ... its first one, or the first of its transaction */
    bool publishes;         /* PUBLISH, SPUBLISH: the reply says how many subscribers got it */
    uint16_t stamps;        /* that it sends */
};

struct workload_operation {
    const char *name; /* "GET": as in results */
    uint32_t weight;  /* 0: never drawn */
    struct workload_step steps[WORKLOAD_MAX_STEPS];
    size_t step_count;
    uint8_t home;     /* the dataset of the drawn key */
    bool inserts;     /* the drawn key is new */
    bool is_spread;   /* steps may belong to different nodes */
    bool is_stepwise; /* each step goes where it belongs, if several nodes serve */
    bool only_reads;
    bool is_linked;   /* what is sent depends on replies, or on time: see engine/steps.h */
    bool keeps_texts; /* ... on their texts */
    uint32_t retries; /* see struct operation_spec */
    bool is_swept;    /* not drawn: the values of placeholders follow from the key */
    bool is_loading;  /* fills keys: not drawn */
    uint64_t chunks;  /* of loading: so many operations fill one key, `chunk` elements each */
    uint64_t chunk;
    struct operation_duty duty;
};

struct workload {
    struct dataset data[SPEC_MAX_DATA]; /* the first one is that of {key} */
    struct pattern_source sources[SPEC_MAX_DATA];
    size_t data_count;
    struct words words;
    char *key_prefix; /* what all keys begin with */
    struct workload_operation operations[WORKLOAD_MAX_OPERATIONS];
    size_t operation_count; /* those that are drawn, first; results list these */
    uint64_t total_weight;
    uint64_t weights[WORKLOAD_MAX_OPERATIONS]; /* once more, side by side */
    uint64_t first_weight;                     /* of the first operation */
    bool is_quick;        /* uniform keys, and one or two operations of one quick command each: see
                             template.h */
    size_t max_step_size; /* bytes of the longest command */
    size_t longest_batch; /* steps that are sent at once, at most; at least 1 */
    bool is_salted;       /* operations need more than a key: draws have a salt */
    bool is_linked;       /* some operation is */
    bool thinks;          /* some step does */
    bool tells_time;      /* some step has a {timestamp}: see PATTERN_SALT */
    size_t max_head_size; /* bytes of the longest part that workload_write_head writes */
    const char *names[WORKLOAD_MAX_OPERATIONS];
    struct workload_duties duties;
    struct trace_sent *trace; /* sent instead of what is drawn; NULL: none */
};

/* Can every command of the workload be compiled? ERROR_USAGE names the operation. */
bool workload_check(const struct workload_spec *spec, struct error *err);
/* Fills in what follows from the rest of a workload that was checked: elements that are counted by
 * keys, and the hash tags of keys when a command has {hashtag} and nothing else is said: 1,024, or
 * as many as there are keys. */
void workload_settle(struct workload_spec *spec);
/* Does one of its operations WATCH? Then a connection can have no other in flight. */
bool workload_watches(const struct workload_spec *spec);
/* Has the operation a {key:new}? */
bool workload_inserts(const struct operation_spec *operation);
/* Does any of its commands change data? */
bool workload_operation_writes(const struct operation_spec *operation);
/* Compiles a workload that was checked: its operations, or without any GET and SET in the ratio of
 * `spec` (those with weight 0 are left out); for each dataset what fills a key of its data type,
 * what prepares it, and UNLINK to remove one. `seed` fixes values and the scattering of keys.
 * spec->key_prefix is copied; the names of operations must outlive the workload. */
void workload_init(struct workload *workload, const struct workload_spec *spec, uint64_t seed);
void workload_release(struct workload *workload);
/* A copy for one worker, whose values the encoders make, one for each dataset (NULL: no work). It
 * lives as long as `shared`, and is not released. */
void workload_equip(struct workload *own, const struct workload *shared,
                    struct encoder *const encoders[SPEC_MAX_DATA]);

/* What an operation has been answered. */
struct workload_replies {
    const struct resp_texts *texts; /* of the last reply; NULL: none */
    uint32_t at;                    /* the text at hand */
};

/* A drawn operation: enough, with replies, to write each of its steps. */
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
    bool is_whole; /* of a trace: the commands of all clients */
    uint32_t sweep_operation;
    uint32_t client; /* inserts are numbered from count + client in steps of `clients` */
    uint32_t clients;
    uint64_t inserts; /* drawn so far */
    uint64_t drawn;   /* operations; counted where time is told */
};

/* The measured stream of client `client` of `clients`. */
void workload_stream_init(struct workload_stream *stream, const struct workload *workload,
                          uint64_t seed, uint32_t client, uint32_t clients);
/* Of a trace: all commands, in the order of their moments. */
void workload_stream_init_whole(struct workload_stream *stream, const struct workload *workload);
/* The moment of the stream's next command, since the first one; UINT64_MAX: there is none. */
nsec workload_stream_moment(const struct workload_stream *stream, const struct workload *workload);
/* The first of a client's share of the keys from `first` to before `end`; that of the next client
 * is its end. */
uint64_t workload_share(uint64_t first, uint64_t end, uint32_t client, uint32_t clients);
/* One past the greatest key number that the stream has drawn to insert; 0: it has drawn none. */
uint64_t workload_stream_reach(const struct workload_stream *stream,
                               const struct workload *workload);
/* One pass of `operation` over the keys from `first` to before `end`: loading and removing. */
void workload_stream_sweep(struct workload_stream *stream, size_t operation, uint64_t first,
                           uint64_t end);
/* The next operation of a measured stream of a quick workload: what workload_draw_next gives,
 * without a call. One random number decides both: its product with the sum of weights chooses the
 * operation, what is left of it the key (the error of either probability is below 2^-20). */
static inline void workload_draw_quick(const struct workload *workload, struct rng *rng,
                                       struct workload_draw *out)
{
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)rng_next(rng) * workload->total_weight;
    out->operation = (uint64_t)(product >> 64) >= workload->first_weight;
    out->key = (uint64_t)(((u128)(uint64_t)product * workload->data[0].keys.count) >> 64);
}

/* The next operation. False: a sweep has ended. */
bool workload_draw_next(const struct workload *workload, struct workload_stream *stream,
                        struct workload_draw *out);
/* Writes a step's command that is a pattern, with what it takes from replies (NULL: names stand in
 * for them). */
size_t workload_write_pattern(const struct workload *workload, const struct workload_draw *draw,
                              size_t step, const struct workload_replies *replies, char *out);
/* Writes a step's command at `out` (room: max_step_size); returns its length. */
static inline size_t workload_write_linked(const struct workload *workload,
                                           const struct workload_draw *draw, size_t step,
                                           const struct workload_replies *replies, char *out)
{
    const struct workload_operation *operation = &workload->operations[draw->operation];
    const struct workload_step *facts = &operation->steps[step];
    if (__builtin_expect(facts->pattern != NULL, 0)) {
        return workload_write_pattern(workload, draw, step, replies, out);
    }
    return template_write(&facts->command, &workload->data[operation->home].values, draw->key, out);
}
/* The same for a step that takes nothing from replies. */
static inline size_t workload_write_step(const struct workload *workload,
                                         const struct workload_draw *draw, size_t step, char *out)
{
    return workload_write_linked(workload, draw, step, NULL, out);
}
/* The same without copying a large value that a template holds: writes the command up to and with
 * the mark of its value at `out` (room: max_head_size), and sets `*rest` to what follows before a
 * final "\r\n", in memory that lives as long as the workload. A command without a large value is
 * written whole, and rest is empty. Returns the number of bytes written. */
size_t workload_write_head(const struct workload *workload, const struct workload_draw *draw,
                           size_t step, char *out, struct str *rest);
/* The client whose connection a draw belongs to, of so many; only a trace's do. */
uint32_t workload_client(const struct workload *workload, const struct workload_draw *draw,
                         uint32_t clients);
/* The hash slot that a step's key is in; without one, that of the draw. */
uint16_t workload_slot(const struct workload *workload, const struct workload_draw *draw,
                       size_t step, const struct workload_replies *replies);
