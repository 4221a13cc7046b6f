/* What was asked: workload, load and design, parsed once, validated, then read-only. Plain data. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "base/units.h"
#include "model/metric.h"
#include "model/roles.h"
#include "model/target_spec.h"
#include "model/value_form.h"

enum key_distribution {
    KEYS_UNIFORM,
    KEYS_ZIPF,
    KEYS_SEQUENTIAL,
    KEYS_HOTSPOT, /* `hot` of the keys get `hot_share` of the draws, evenly among themselves */
    KEYS_GAUSS,   /* around the middle key, standard deviation `sigma` of all keys */
    KEYS_LATEST,  /* the distance from the newest key that the client knows of is zipf */
};

enum value_sizes {
    VALUE_SIZES_EVEN,      /* value_size_low to value_size_high, each as likely */
    VALUE_SIZES_LOGNORMAL, /* mean and standard deviation, cut off at low and high */
    VALUE_SIZES_WEIGHTED,  /* value_choices */
};

enum { SPEC_MAX_VALUE_CHOICES = 256 };
#define SPEC_MAX_VALUE_SIZE (UINT64_C(512) << 20)

struct value_choice {
    uint64_t size;
    uint64_t weight;
};

/* What a key of the dataset holds. */
enum data_type {
    DATA_STRING,
    DATA_LIST,
    DATA_HASH,
    DATA_SET,
    DATA_ZSET,
    DATA_STREAM,
    DATA_HYPERLOGLOG,
    DATA_GEO,
    DATA_BITMAP, /* its elements are bits */
    DATA_NONE,   /* nothing at first: locks, counters */
};
enum { DATA_TYPE_COUNT = DATA_NONE + 1 };

/* When a step is sent: always, or only if the last step that was sent found something or nothing
 * (its reply was null, empty, 0 or false). */
enum step_when { STEP_ALWAYS, STEP_ON_HIT, STEP_ON_MISS };

/* One command of an operation. What its text may hold is in workload/phrase.h. */
struct step_spec {
    const char *command;
    enum step_when when;
    nsec think; /* closed loop: pause before it */
    bool each;  /* sent once for each text in the reply to the last step before */
};

/* One kind of operation: commands that are sent one after another, each when the reply to the one
 * before has come. */
struct operation_spec {
    const char *name; /* as in results; unique in a workload */
    uint32_t weight;  /* >= 1 */
    const struct step_spec *steps;
    size_t step_count; /* >= 1 */
    uint32_t retries;  /* a transaction that EXEC answers with null is begun again so often */
    const char *group; /* of clients that draw it; NULL: all do */
    bool delivers;     /* its reply may hold the {stamp} of a message: see roles.h */
};

/* A script or a function in Lua. */
struct source_spec {
    const char *name;
    const char *text;
};

enum { SPEC_MAX_DATA = 8, SPEC_MAX_RETRIES = 255 };

struct trace;

/* A workload: a dataset (or several), and a weighted mix of operations on its keys. */
struct workload_spec {
    const char *name;        /* of the cell: "strings", or what its file says */
    const char *description; /* one line; NULL: none */
    const struct operation_spec *operations;
    size_t operation_count; /* 0: GET and SET in the ratio of ... */
    uint32_t writes;        /* --ratio writes:reads; 1:4 */
    uint32_t reads;
    const struct source_spec *scripts;
    size_t script_count;
    const struct source_spec *functions;
    size_t function_count;
    /* Further datasets: of these specs only what follows here counts, but for the prefix. */
    struct workload_spec *others;
    size_t other_count;

    const struct trace *trace; /* commands that are sent as they were captured (workload/trace.h),
                                  with an operation for each name; NULL: operations are drawn */
    bool is_replay;            /* there was one: distributions and sizes say nothing */

    const char *data_name; /* part of the keys; NULL: none. Others always have one */
    enum data_type data;
    bool counts_keys;           /* `elements` is the number of keys of the first dataset */
    const char *const *prepare; /* commands, run once per key after loading */
    size_t prepare_count;
    uint64_t elements;      /* of a key that is no string; 100 */
    uint64_t keys;          /* 100,000 */
    uint32_t key_size;      /* bytes of a key; 0: as long as prefix and number need */
    uint64_t hash_tags;     /* so many tags, in turn: the keys of one command share one; 0: none */
    const char *key_prefix; /* "tenbin:"; the run adds a part of its own, see run/ */
    enum key_distribution key_distribution;
    double zipf_theta; /* > 0 */
    double hot;        /* fractions, > 0 and < 1 */
    double hot_share;
    double sigma; /* > 0 */
    enum value_sizes value_sizes;
    uint64_t value_size_low; /* bytes; equal to high: fixed (100) */
    uint64_t value_size_high;
    double value_size_mean; /* lognormal: of the sizes themselves, not of their logarithms */
    double value_size_sd;
    struct value_choice value_choices[SPEC_MAX_VALUE_CHOICES];
    size_t value_choice_count;
    double compressibility; /* share of each value that repeats, 0..1; 0 */
    struct value_form form; /* what values are made of, and what the client does to them */
    nsec ttl_low;           /* of what is loaded and of SET, whole milliseconds; 0: none */
    nsec ttl_high;
    struct roles_spec roles;
};

/* How the rate of an open loop changes over the measured time of a run. */
enum load_shape {
    LOAD_CLOSED, /* no rate: the next operation is sent when a reply has come */
    LOAD_FLAT,   /* --rate R, or its rates[0] */
    LOAD_RAMP,   /* from rates[0] to rates[1], evenly over the run */
    LOAD_STEPS,  /* rates[0], rates[1], ...: equally long parts of the run */
    LOAD_BURST,  /* rates[0], but rates[1] for the last `length` of every `period` */
    LOAD_SINE,   /* between rates[0] and rates[1], one wave per `period`, from the middle upwards */
};

enum { LOAD_MAX_RATES = 64 };

/* Operations per second of all clients together. */
struct load_profile {
    enum load_shape shape;
    double rates[LOAD_MAX_RATES];
    size_t rate_count;
    nsec period;
    nsec length;
};

enum arrival { ARRIVAL_POISSON, ARRIVAL_CONSTANT };

struct load_spec {
    uint32_t clients;            /* in all; 50 */
    uint32_t threads;            /* 1 */
    uint32_t pipeline;           /* operations in flight per client; in an open loop at most; 1 */
    uint64_t requests;           /* operations per run; 0: by time */
    nsec timeout;                /* of one operation; 5 s */
    uint8_t protocol;            /* 2, 3; 0: RESP3 where known */
    bool pin;                    /* bind workers and local servers to different processors */
    struct load_profile profile; /* LOAD_CLOSED */
    enum arrival arrival;        /* ARRIVAL_POISSON */
    nsec think;                  /* closed loop: pause of a client after each reply; 0 */
    bool churn;                  /* closed loop: a connection for each operation */
};

enum preset { PRESET_QUICK, PRESET_STANDARD, PRESET_RIGOROUS };

/* slices ABBA or BAAB by coin; with k arms a random order and its reverse */

struct design_spec {
    enum preset preset;
    uint32_t pairs;       /* quick 6, standard 10 at first, rigorous 30 */
    uint32_t max_pairs;   /* more than `pairs`: pairs are added until the intervals are
                             narrow (analysis/enough.h), at most so many; else `pairs` is
                             a fixed number; standard 40 */
    nsec time_budget;     /* of a comparison: no pair is begun that would end later; 0: none;
                             standard 15 min */
    double latency_share; /* beside a closed loop, in the same comparison: an open loop at this
                             share of what the slower arm can do, found out first, for all metrics
                             of latency; 0: none. A workload that inserts keys, or whose clients
                             hear one another, gets none */
    nsec warmup;          /* per arm, pair and loop, thrown away: 0.5, 1, 2 s */
    nsec duration;        /* measured per arm, pair and loop: 3, 5, 10 s */
    nsec slice;           /* 250 ms; 0: whole (one slice per run) */
    double confidence;    /* 0.95 */
    double margins[METRIC_COUNT]; /* fractions */
    bool gated[METRIC_COUNT];     /* --gate */
    bool aa;                      /* the first target against itself */
    bool force;
    bool require_conclusive;
    bool keep_data;
    bool assume_yes; /* --yes: load a server without limit although others use it */
    nsec settle;     /* of a calibration: how long the target is watched beforehand, without
                        warm-up; 0: not */
};

/* One cell of a suite: a workload and a load, and what tells it from its base cell. */
struct cell_spec {
    const char *name;      /* unique in the suite: "hash 10KB" */
    const char *structure; /* the base cell's name; cells of one may share their data */
    const char *factor;    /* the group of levels that one is of; NULL: a base cell */
    struct workload_spec workload;
    struct load_spec load;
    bool is_share;       /* the rates of the load's profile are per cent of what the slower arm can
                            do in a closed loop, which is found out first */
    bool has_ratio;      /* the workload's writes:reads are asked of its mix */
    bool is_transaction; /* each operation between MULTI and EXEC */
    bool is_script;      /* each command called by a script */
    double write_share;  /* of operations that write, by weight, 0..1 */
};

struct result;

/* What a suite adds to a spec. */
struct suite_spec {
    const struct cell_spec *cells; /* instead of the spec's workload and load ... */
    size_t cell_count;             /* ... 0: no suite, these are the one cell */
    uint64_t data_limit;           /* bytes of data that one server holds at a time, about */
    double full_rate;       /* what loads in per cent are of; 0: what the slower arm can do */
    nsec budget;            /* of all; 0: the design stays as it is */
    uint32_t least_pairs;   /* that a budget must pay for; 0: six */
    bool keeps_pairs;       /* the budget does not change the design's pairs, ... */
    bool keeps_run;         /* ... its measured time, */
    bool keeps_warmup;      /* ... its warm-up, */
    bool keeps_slice;       /* ... its slices */
    struct result *earlier; /* what an interrupted invocation measured, to go on with; NULL: none.
                               Its runs are taken out of it; its texts must live on */
};

/* Up to here every reader of a result keeps a number exact. */
#define SPEC_SEED_MAX ((UINT64_C(1) << 53) - 1)

struct spec {
    const struct target_spec *targets;
    size_t target_count;
    struct workload_spec workload;
    struct load_spec load;
    struct design_spec design;
    uint64_t seed; /* of everything random; at most SPEC_SEED_MAX */
    struct suite_spec suite;
};

/* Defaults of everything for `preset` (targets: none; seed 0). */
void spec_init(struct spec *spec, enum preset preset);

/* Readers of option values; ERROR_USAGE quotes the value and says what is expected. */
bool spec_read_preset(struct str text, enum preset *out, struct error *err);
/* "1:4" writes:reads, not both 0 */
bool spec_read_ratio(struct str text, struct workload_spec *out, struct error *err);
/* "uniform", "zipf:0.99", "seq", "hotspot:0.2:0.8", "gauss:0.1", "latest" */
bool spec_read_key_dist(struct str text, struct workload_spec *out, struct error *err);
/* "100", "4KiB", "100-1000", "lognormal:1k:2k", "100:90,10k:10"; at least 1 byte */
bool spec_read_value_size(struct str text, struct workload_spec *out, struct error *err);
/* "60s", "30s-90s"; at least 1 ms */
bool spec_read_ttl(struct str text, struct workload_spec *out, struct error *err);
/* "string", "list", "hash", "set", "zset", "stream", "hyperloglog", "geo", "bitmap", "none" */
bool spec_read_data_type(struct str text, enum data_type *out, struct error *err);
const char *spec_data_type_name(enum data_type type);
/* "always", "hit", "miss" */
bool spec_read_when(struct str text, enum step_when *out, struct error *err);
const char *spec_when_name(enum step_when when);
/* "250ms" or "whole" */
bool spec_read_slice(struct str text, nsec *out, struct error *err);
/* "ops=2%,p99=5%" */
bool spec_read_margins(struct str text, double margins[METRIC_COUNT], struct error *err);
/* "ops,p99" */
bool spec_read_gates(struct str text, bool gated[METRIC_COUNT], struct error *err);

/* Is the data of two workloads the same, keys and all, so that cells may share it? Which keys are
 * asked for how often, and with what, does not matter. */
bool spec_same_data(const struct workload_spec *a, const struct workload_spec *b);
/* About how many bytes the data takes in a server: keys and values, and what comes with each. */
uint64_t spec_data_bytes(const struct workload_spec *workload);
/* The mean size of a value. */
double spec_value_size_mean(const struct workload_spec *workload);

/* Every invocation puts a mark of its own between prefix and number ("3f2a1c:"). */
enum { SPEC_KEY_MARK_SIZE = 7 };

/* Bytes of the longest key that prefix, mark, name and number make: what `key_size` 0 gives, and
 * its minimum. */
uint64_t spec_key_length(const struct workload_spec *workload);

/* Impossible combinations and values out of range: clients 1..100,000, threads 1..clients, pipeline
 * 1..10,000, keys 1..2^40, value size 1 byte..512 MiB, key size 0 or what is needed..512 MiB, key
 * prefix without control characters and up to 1024 bytes, timeout 1 ms..1 h, pairs 1..10,000,
 * warm-up and duration up to 24 h, duration > 0 unless requests, slice 0 or 10 ms..duration,
 * confidence 0.5..0.9999, as many pairs as a
 * target has hosts, labels distinct, seed up to SPEC_SEED_MAX. The number of targets is for
 * the command to judge. ERROR_USAGE. */
bool spec_validate(const struct spec *spec, struct error *err);
/* The part of it about the workload. */
bool spec_validate_workload(const struct workload_spec *workload, struct error *err);

/* "quick", ...; "uniform", "zipf:0.99", ... (appended) */
const char *spec_preset_name(enum preset preset);
void spec_key_dist_format(const struct workload_spec *workload, struct buf *out);
/* "100", "100-1000", "lognormal:1000:2000", "100:90,10000:10": what spec_read_value_size reads */
void spec_value_size_format(const struct workload_spec *workload, struct buf *out);
