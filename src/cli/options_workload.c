#include "cli/options_workload.h"

#include <string.h>

#include "cli/habit.h"
#include "cli/option_read.h"
#include "cli/request.h"
#include "cli/workload_option.h"
#include "model/load_profile.h"
#include "model/value_histogram.h"
#include "os/file.h"

enum { MAX_HISTOGRAM = 16 << 20 };

#define FIELD(member) offsetof(struct request, member)

static bool read_ratio(const struct option *option, struct str value, void *field,
                       struct error *err)
{
    (void)option;
    return spec_read_ratio(value, field, err);
}

static bool read_key_dist(const struct option *option, struct str value, void *field,
                          struct error *err)
{
    (void)option;
    return spec_read_key_dist(value, field, err);
}

static bool read_value_size(const struct option *option, struct str value, void *field,
                            struct error *err)
{
    static const struct str prefix = {"histogram:", sizeof "histogram:" - 1};
    (void)option;
    if (!str_starts_with(value, prefix)) {
        return spec_read_value_size(value, field, err);
    }
    struct buf text;
    struct buf name = {0};
    buf_init(&text, MAX_HISTOGRAM);
    buf_add_str(&name, str_from_index(value, prefix.len));
    bool done = file_read(buf_text(&name), &text, err) &&
                value_histogram_read(buf_text(&name), buf_str(&text), field, err);
    buf_release(&name);
    buf_release(&text);
    return done;
}

static bool read_kind(const struct option *option, struct str value, void *field, struct error *err)
{
    (void)option;
    return value_form_read_kind(value, field, err);
}

static bool read_object(const struct option *option, struct str value, void *field,
                        struct error *err)
{
    struct request *request = field;
    struct value_form *form = &request->spec.workload.form;
    struct object_shape shape;
    (void)option;
    form->object = arena_copy(&request->arena, value);
    form->kind = VALUE_OBJECT;
    return value_form_parse_shape(form->object, &request->arena, &shape, err);
}

static bool read_encoding(const struct option *option, struct str value, void *field,
                          struct error *err)
{
    (void)option;
    return value_form_read_encoding(value, field, err);
}

static bool read_compression(const struct option *option, struct str value, void *field,
                             struct error *err)
{
    (void)option;
    return value_form_read_compression(value, field, err);
}

static bool read_ttl(const struct option *option, struct str value, void *field, struct error *err)
{
    (void)option;
    return spec_read_ttl(value, field, err);
}

static bool read_data(const struct option *option, struct str value, void *field, struct error *err)
{
    (void)option;
    return spec_read_data_type(value, field, err);
}

static bool read_share(const struct option *option, struct str value, void *field,
                       struct error *err)
{
    (void)option;
    double share;
    if (!str_to_double(value, &share) || !(share >= 0 && share <= 1)) {
        return error_set(err, ERROR_USAGE, "\"%.*s\": write a share from 0 to 1, such as 0.5",
                         STR_ARG(value));
    }
    memcpy(field, &share, sizeof share);
    return true;
}

static bool read_workload(const struct option *option, struct str value, void *field,
                          struct error *err)
{
    struct request *request = field;
    (void)option;
    return workload_option_read(value, &request->arena, &request->spec.workload, err);
}

/* A command line of another tool: it brings workload and load, so nothing else may. */
static bool read_habit(const struct option *option, struct str value, struct request *request,
                       bool (*read)(struct habit *habit, struct str text, struct error *err),
                       struct error *err)
{
    static const char *const others[] = {"workload", "command",         "data",
                                         "memtier",  "redis-benchmark", NULL};
    struct habit habit = {
        .option = arena_printf(&request->arena, "--%s", option->name),
        .arena = &request->arena,
        .line = &request->line,
        .workload = &request->spec.workload,
        .load = &request->spec.load,
        .design = &request->spec.design,
        .seed = &request->spec.seed,
    };
    for (size_t i = 0; others[i] != NULL; i++) {
        if (strcmp(others[i], option->name) != 0 && option_is_given(&request->line, others[i])) {
            return error_set(err, ERROR_USAGE,
                             "it brings its own workload and excludes option '--%s'", others[i]);
        }
    }
    if (!read(&habit, value, err)) {
        return false;
    }
    const char **notes = arena_alloc_array(&request->arena, habit.note_count, sizeof *notes);
    memcpy(notes, habit.notes, habit.note_count * sizeof *notes);
    request->notes = notes;
    request->note_count = habit.note_count;
    return true;
}

static bool read_memtier(const struct option *option, struct str value, void *field,
                         struct error *err)
{
    return read_habit(option, value, field, habit_memtier, err);
}

static bool read_redis_benchmark(const struct option *option, struct str value, void *field,
                                 struct error *err)
{
    return read_habit(option, value, field, habit_redis_benchmark, err);
}

static bool read_protocol(const struct option *option, struct str value, void *field,
                          struct error *err)
{
    (void)option;
    if (!str_eq(value, STR("2")) && !str_eq(value, STR("3"))) {
        return error_set(err, ERROR_USAGE, "\"%.*s\": write 2 or 3", STR_ARG(value));
    }
    *(uint8_t *)field = (uint8_t)(value.data[0] - '0');
    return true;
}

/* Both set the profile; that one of them is given twice is found before. */
static bool refuse_second(const struct load_profile *profile, struct error *err)
{
    return profile->shape == LOAD_CLOSED ||
           error_set(err, ERROR_USAGE, "--rate and --load exclude each other");
}

static bool read_rate(const struct option *option, struct str value, void *field, struct error *err)
{
    (void)option;
    return refuse_second(field, err) && load_profile_read_rate(value, field, err);
}

static bool read_load(const struct option *option, struct str value, void *field, struct error *err)
{
    (void)option;
    return refuse_second(field, err) &&
           (str_eq(value, STR("closed")) || load_profile_read(value, field, err));
}

static bool read_arrival(const struct option *option, struct str value, void *field,
                         struct error *err)
{
    (void)option;
    return arrival_find(value, field) ||
           error_set(err, ERROR_USAGE, "\"%.*s\": write poisson or constant", STR_ARG(value));
}

static const struct option workload[] = {
    {"workload", '\0', "NAME",
     "a workload by name (see tenbin workload list), or a YAML file; other options change it",
     "strings, GET and SET", read_workload, 0, 0, 0},
    {"memtier", '\0', "LINE", "what memtier_benchmark would do with this command line, in quotes",
     NULL, read_memtier, 0, 0, 0},
    {"redis-benchmark", '\0', "LINE",
     "what redis-benchmark or valkey-benchmark would do with this command line, in quotes", NULL,
     read_redis_benchmark, 0, 0, 0},
    {"ratio", '\0', "W:R", "writes to reads", "1:4", read_ratio, FIELD(spec.workload), 0, 0},
    {"keys", '\0', "N", "keys in the dataset", "100,000", option_read_u64,
     FIELD(spec.workload.keys), 1, UINT64_C(1) << 40},
    {"key-prefix", '\0', "TEXT", "what every key written begins with", "tenbin:", option_read_text,
     FIELD(spec.workload.key_prefix), 0, 0},
    {"key-size", '\0', "SIZE", "bytes of a key", "as many as prefix and number need",
     option_read_size32, FIELD(spec.workload.key_size), 1, UINT64_C(512) << 20},
    {"hash-tags", '\0', "N",
     "keys have one of N hash tags, and those of one command the same, for clusters", "none",
     option_read_u64, FIELD(spec.workload.hash_tags), 1, UINT64_C(1) << 40},
    {"key-dist", '\0', "DIST",
     "which keys are asked for: uniform, zipf:THETA (few are hot), hotspot:HOT:SHARE, "
     "gauss:SIGMA, latest or seq (one after another)",
     "uniform", read_key_dist, FIELD(spec.workload), 0, 0},
    {"value-size", '\0', "SIZE",
     "bytes of a value: SIZE, LOW-HIGH, lognormal:MEAN:SD, SIZE:WEIGHT,SIZE:WEIGHT, or "
     "histogram:FILE with a size and how often on each line",
     "100", read_value_size, FIELD(spec.workload), 0, 0},
    {"compressibility", '\0', "SHARE", "how much of each value repeats, 0 to 1", "0", read_share,
     FIELD(spec.workload.compressibility), 0, 0},
    {"values", '\0', "KIND", "what values are made of: random bytes, text, number or json",
     "random", read_kind, FIELD(spec.workload.form), 0, 0},
    {"object", '\0', "JSON",
     "shape of json values, such as '{\"name\": \"text:12\", \"age\": \"int:18:99\"}'",
     "a customer of about 500 bytes", read_object, 0, 0, 0},
    {"encode", '\0', "FORMAT",
     "clients serialise an object for each value, as json or msgpack, and parse what they read",
     "no: documents are written beforehand", read_encoding, FIELD(spec.workload.form), 0, 0},
    {"compress", '\0', "HOW",
     "clients compress each value, and decompress what they read: zlib[:LEVEL], zstd[:LEVEL] or "
     "lz4",
     "none", read_compression, FIELD(spec.workload.form), 0, 0},
    {"ttl", '\0', "TIME", "time to live of what is loaded and SET: TIME or LOW-HIGH", "none",
     read_ttl, FIELD(spec.workload), 0, 0},
    {"data", '\0', "TYPE",
     "what keys hold: string, list, hash, set, zset, stream, hyperloglog, geo, bitmap or none",
     "string", read_data, FIELD(spec.workload.data), 0, 0},
    {"elements", '\0', "N", "elements of a key that is no string", "100", option_read_u64,
     FIELD(spec.workload.elements), 1, 1 << 24},
    {"command", '\0', "TEXT",
     "an operation, instead of GET and SET, such as 'HGET {key} {field}'; may be repeated", NULL,
     option_collect, 0, 0, 0},
    {"weight", '\0', "N", "how often the --command before it is drawn, among all weights", "1",
     option_collect, 0, 0, 0},
    {.name = NULL},
};
const struct option_group options_workload = {"Workload", workload};

static const struct option load[] = {
    {"clients", 'c', "N", "connections in all", "50", option_read_u32, FIELD(spec.load.clients), 1,
     100000},
    {"threads", 't', "N", "worker threads of tenbin", "1", option_read_u32,
     FIELD(spec.load.threads), 1, 100000},
    {"pipeline", 'P', "N", "operations in flight per client; in an open loop at most", "1",
     option_read_u32, FIELD(spec.load.pipeline), 1, 10000},
    {"rate", '\0', "RATE", "open loop: operations per second of all clients together, such as 10k",
     "closed loop: as fast as replies come", read_rate, FIELD(spec.load.profile), 0, 0},
    {"load", '\0', "SHAPE",
     "open loop with a changing rate: ramp:FROM-TO, steps:R1,R2,..., "
     "burst:BASE,PEAK,PERIOD,LENGTH or sine:LOW-HIGH,PERIOD; closed: a closed loop and no other",
     NULL, read_load, FIELD(spec.load.profile), 0, 0},
    {"arrival", '\0', "KIND", "open loop: when operations are sent, poisson or constant", "poisson",
     read_arrival, FIELD(spec.load.arrival), 0, 0},
    {"think-time", '\0', "TIME", "closed loop: pause of a client after each reply", "none",
     option_read_duration, FIELD(spec.load.think), 1, 3600 * NSEC_PER_SEC},
    {"churn", '\0', NULL, "closed loop: a connection for each operation", NULL, option_read_on,
     FIELD(spec.load.churn), 0, 0},
    {"timeout", '\0', "TIME", "how long one operation may take", "5s", option_read_duration,
     FIELD(spec.load.timeout), NSEC_PER_MSEC, 3600 * NSEC_PER_SEC},
    {"resp", '\0', "2|3", "version of the protocol", "3 where the server knows it", read_protocol,
     FIELD(spec.load.protocol), 0, 0},
    {"no-pin", '\0', NULL, "do not bind workers and local servers to processors of their own", NULL,
     option_read_off, FIELD(spec.load.pin), 0, 0},
    {.name = NULL},
};
const struct option_group options_load = {"Load", load};

static const struct option measuring[] = {
    {"warmup", '\0', "TIME", "load before each measurement that does not count", "500ms",
     option_read_duration, FIELD(spec.design.warmup), 0, 24 * 3600 * NSEC_PER_SEC},
    {"duration", 'd', "TIME", "measured time of each run", "3s", option_read_duration,
     FIELD(spec.design.duration), NSEC_PER_MSEC, 24 * 3600 * NSEC_PER_SEC},
    {"requests", 'n', "N", "operations of each run, instead of a duration", NULL, option_read_u64,
     FIELD(spec.load.requests), 1, UINT64_C(1) << 53},
    {"seed", '\0', "N", "where all random numbers begin", "drawn, and in the report",
     option_read_u64, FIELD(spec.seed), 0, (UINT64_C(1) << 53) - 1},
    {"keep-data", '\0', NULL, "leave the keys on targets that tenbin did not start", NULL,
     option_read_on, FIELD(spec.design.keep_data), 0, 0},
    {"yes", '\0', NULL,
     "load a target on another machine although other clients are connected to it", NULL,
     option_read_on, FIELD(spec.design.assume_yes), 0, 0},
    {.name = NULL},
};
const struct option_group options_measuring = {"Measuring", measuring};

static const struct option output[] = {
    {"json", '\0', "FILE", "write the result; '-': to standard output, the report to the other",
     NULL, option_read_text, FIELD(json), 0, 0},
    {"store", '\0', "FILE", "where results are kept; none: keep nothing",
     "tenbin/results.db in the folder for data", option_read_text, FIELD(store), 0, 0},
    {"no-color", '\0', NULL, "no colours, as with NO_COLOR set", NULL, option_read_off,
     FIELD(color), 0, 0},
    {"progress", '\0', NULL, "tell what happens although standard error is no terminal", NULL,
     option_read_on, FIELD(progress), 0, 0},
    {"quiet", 'q', NULL, "no progress, and of the report only the verdict", NULL, option_read_on,
     FIELD(quiet), 0, 0},
    {.name = NULL},
};
const struct option_group options_output = {"Output", output};

static const struct option general[] = {
    {"help", 'h', NULL, "show this text", NULL, NULL, 0, 0, 0},
    {"version", 'V', NULL, "show the version", NULL, NULL, 0, 0, 0},
    {.name = NULL},
};
const struct option_group options_general = {"General", general};
