#include "model/spec.h"
#include "support/tap.h"

#define MS NSEC_PER_MSEC
#define S NSEC_PER_SEC

static void check_defaults(void)
{
    struct spec spec;
    spec_init(&spec, PRESET_QUICK);
    tap_int((int64_t)spec.target_count, 0, "no targets");
    tap_int((int64_t)spec.seed, 0, "seed 0");
    tap_int(spec.workload.writes, 1, "1 write");
    tap_int(spec.workload.reads, 4, "4 reads");
    tap_int((int64_t)spec.workload.keys, 100000, "100,000 keys");
    tap_int(spec.workload.key_size, 0, "key size as needed");
    tap_text(spec.workload.key_prefix, "tenbin:", "prefix");
    tap_int(spec.workload.key_distribution, KEYS_UNIFORM, "uniform");
    tap_int((int64_t)spec.workload.value_size_low, 100, "value size");
    tap_int((int64_t)spec.workload.value_size_high, 100, "value size is fixed");
    tap_int(spec.load.clients, 50, "50 clients");
    tap_int(spec.load.threads, 1, "1 thread");
    tap_int(spec.load.pipeline, 1, "pipeline 1");
    tap_int((int64_t)spec.load.requests, 0, "by time");
    tap_int((int64_t)spec.load.timeout, 5 * (int64_t)S, "timeout 5 s");
    tap_int(spec.load.protocol, 0, "newest protocol");
    tap_int(spec.load.pin, true, "pinned");
    tap_int((int64_t)spec.design.slice, 250 * (int64_t)MS, "slice 250 ms");
    tap_near(spec.design.confidence, 0.95, 0, "confidence");
    for (int i = 0; i < METRIC_COUNT; i++) {
        tap_near(spec.design.margins[i], metric_default_margin((enum metric)i), 0, "margin %d", i);
        tap_check(!spec.design.gated[i], "not gated %d", i);
    }
    tap_check(!spec.design.aa && !spec.design.force && !spec.design.require_conclusive &&
                  !spec.design.keep_data,
              "no switch is on");
}

static void check_presets(void)
{
    static const struct {
        enum preset preset;
        const char *name;
        uint32_t pairs;
        nsec warmup, duration;
    } rows[] = {
        {PRESET_QUICK, "quick", 6, 500 * MS, 3 * S},
        {PRESET_STANDARD, "standard", 10, 1 * S, 5 * S},
        {PRESET_RIGOROUS, "rigorous", 30, 2 * S, 10 * S},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum preset preset = PRESET_QUICK;
        tap_check(spec_read_preset(str_from(rows[i].name), &preset, NULL), "reads %s",
                  rows[i].name);
        tap_int(preset, rows[i].preset, "%s is the right one", rows[i].name);
        tap_text(spec_preset_name(preset), rows[i].name, "name of %s", rows[i].name);
        struct spec spec;
        spec_init(&spec, preset);
        tap_int(spec.design.preset, preset, "%s: preset", rows[i].name);
        tap_int(spec.design.pairs, rows[i].pairs, "%s: pairs", rows[i].name);
        tap_int((int64_t)spec.design.warmup, (int64_t)rows[i].warmup, "%s: warm-up", rows[i].name);
        tap_int((int64_t)spec.design.duration, (int64_t)rows[i].duration, "%s: duration",
                rows[i].name);
        tap_check(spec_validate(&spec, NULL), "%s is valid", rows[i].name);
    }
}

/* Each reader under one shape: text in, what was read as text out ("" when refused). */
typedef bool read_fn(struct str text, char *got, size_t size, struct error *err);

static bool read_preset(struct str text, char *got, size_t size, struct error *err)
{
    enum preset preset = PRESET_QUICK;
    bool ok = spec_read_preset(text, &preset, err);
    (void)snprintf(got, size, "%s", spec_preset_name(preset));
    return ok;
}

static bool read_ratio(struct str text, char *got, size_t size, struct error *err)
{
    struct workload_spec workload = {0};
    bool ok = spec_read_ratio(text, &workload, err);
    (void)snprintf(got, size, "%u:%u", workload.writes, workload.reads);
    return ok;
}

static bool read_key_dist(struct str text, char *got, size_t size, struct error *err)
{
    struct workload_spec workload = {0};
    struct buf name = {0};
    bool ok = spec_read_key_dist(text, &workload, err);
    spec_key_dist_format(&workload, &name);
    (void)snprintf(got, size, "%s", buf_text(&name));
    buf_release(&name);
    return ok;
}

static bool read_value_text(struct str text, char *got, size_t size, struct error *err)
{
    struct workload_spec workload = {0};
    struct buf written = {0};
    bool ok = spec_read_value_size(text, &workload, err);
    spec_value_size_format(&workload, &written);
    (void)snprintf(got, size, "%s", buf_text(&written));
    buf_release(&written);
    return ok;
}

static bool read_ttl(struct str text, char *got, size_t size, struct error *err)
{
    struct workload_spec workload = {0};
    bool ok = spec_read_ttl(text, &workload, err);
    (void)snprintf(got, size, "%" PRIu64 "-%" PRIu64, workload.ttl_low / MS,
                   workload.ttl_high / MS);
    return ok;
}

static bool read_data_type(struct str text, char *got, size_t size, struct error *err)
{
    enum data_type type = DATA_STRING;
    bool ok = spec_read_data_type(text, &type, err);
    (void)snprintf(got, size, "%s", spec_data_type_name(type));
    return ok;
}

static bool read_value_size(struct str text, char *got, size_t size, struct error *err)
{
    struct workload_spec workload = {0};
    bool ok = spec_read_value_size(text, &workload, err);
    (void)snprintf(got, size, "%" PRIu64 "-%" PRIu64, workload.value_size_low,
                   workload.value_size_high);
    return ok;
}

static bool read_slice(struct str text, char *got, size_t size, struct error *err)
{
    nsec slice = 1;
    bool ok = spec_read_slice(text, &slice, err);
    (void)snprintf(got, size, "%" PRIu64, slice);
    return ok;
}

static bool read_margins(struct str text, char *got, size_t size, struct error *err)
{
    double margins[METRIC_COUNT] = {0};
    bool ok = spec_read_margins(text, margins, err);
    (void)snprintf(got, size, "%g %g %g %g %g %g", margins[0], margins[1], margins[2], margins[3],
                   margins[4], margins[5]);
    return ok;
}

static bool read_gates(struct str text, char *got, size_t size, struct error *err)
{
    bool gated[METRIC_COUNT] = {false};
    bool ok = spec_read_gates(text, gated, err);
    (void)snprintf(got, size, "%d%d%d%d%d%d", gated[0], gated[1], gated[2], gated[3], gated[4],
                   gated[5]);
    return ok;
}

struct reading {
    read_fn *read;
    const char *text;
    const char *got;
    const char *sentence; /* NULL: accepted */
};

#define PRESET ": write quick, standard or rigorous"
#define RATIO ": write writes:reads as whole numbers, not both 0, for example 1:4"
#define DIST                                                                                       \
    ": write uniform, zipf:THETA with a number above 0 such as zipf:0.99, hotspot:HOT:SHARE such " \
    "as hotspot:0.2:0.8 (80% of the operations on 20% of the keys), gauss:SIGMA with a share of "  \
    "all keys such as gauss:0.1, latest, or seq"
#define TTL ": write a time from 1ms such as 60s, or a range such as 60s-90s"
#define SIZE                                                                                       \
    ": write a size from 1 byte such as 100 or 4KiB, a range such as 100-1000, "                   \
    "lognormal:MEAN:SD, or up to 256 sizes with weights such as 100:90,10k:10"
#define SLICE ": write a time such as 250ms, or whole for one slice per run"
#define METRIC " is not a metric; known are ops, p50, p99, p999, cpu and memory"

static const struct reading readings[] = {
    {read_preset, "fast", "quick", "\"fast\"" PRESET},
    {read_preset, "", "quick", "\"\"" PRESET},
    {read_ratio, "1:4", "1:4", NULL},
    {read_ratio, "0:1", "0:1", NULL},
    {read_ratio, "4294967295:0", "4294967295:0", NULL},
    {read_ratio, "4294967296:0", "0:0", "\"4294967296:0\"" RATIO},
    {read_ratio, "0:0", "0:0", "\"0:0\"" RATIO},
    {read_ratio, "4", "0:0", "\"4\"" RATIO},
    {read_ratio, "1:", "0:0", "\"1:\"" RATIO},
    {read_ratio, "1:2:3", "0:0", "\"1:2:3\"" RATIO},
    {read_ratio, "0.5:1", "0:0", "\"0.5:1\"" RATIO},
    {read_key_dist, "uniform", "uniform", NULL},
    {read_key_dist, "seq", "seq", NULL},
    {read_key_dist, "zipf:0.99", "zipf:0.99", NULL},
    {read_key_dist, "zipf:1.5e0", "zipf:1.5", NULL},
    {read_key_dist, "zipf:0.1234567890123", "zipf:0.1234567890123", NULL},
    {read_key_dist, "zipf:0", "uniform", "\"zipf:0\"" DIST},
    {read_key_dist, "zipf:-1", "uniform", "\"zipf:-1\"" DIST},
    {read_key_dist, "zipf", "uniform", "\"zipf\"" DIST},
    {read_key_dist, "zipf:", "uniform", "\"zipf:\"" DIST},
    {read_key_dist, "gauss:0.25", "gauss:0.25", NULL},
    {read_key_dist, "gauss:0", "uniform", "\"gauss:0\"" DIST},
    {read_key_dist, "gauss:", "uniform", "\"gauss:\"" DIST},
    {read_key_dist, "hotspot:0.2:0.8", "hotspot:0.2:0.8", NULL},
    {read_key_dist, "hotspot:0.2", "uniform", "\"hotspot:0.2\"" DIST},
    {read_key_dist, "hotspot:1:0.5", "uniform", "\"hotspot:1:0.5\"" DIST},
    {read_key_dist, "hotspot:0.2:0.8:1", "uniform", "\"hotspot:0.2:0.8:1\"" DIST},
    {read_value_text, "100", "100", NULL},
    {read_value_text, "1k-2k", "1000-2000", NULL},
    {read_value_text, "lognormal:1k:2k", "lognormal:1000:2000", NULL},
    {read_value_text, "100:90,10k:10", "100:90,10000:10", NULL},
    {read_value_text, "64:1", "64:1", NULL},
    {read_value_text, "100:0", "0", "\"100:0\"" SIZE},
    {read_value_text, "100:90,", "0", "\"100:90,\"" SIZE},
    {read_value_text, "lognormal:1k", "0", "\"lognormal:1k\"" SIZE},
    {read_value_text, "lognormal:0:1", "0", "\"lognormal:0:1\"" SIZE},
    {read_ttl, "60s", "60000-60000", NULL},
    {read_ttl, "1ms-2s", "1-2000", NULL},
    {read_ttl, "0", "0-0", "\"0\"" TTL},
    {read_ttl, "2s-1s", "0-0", "\"2s-1s\"" TTL},
    {read_ttl, "100us", "0-0", "\"100us\"" TTL},
    {read_data_type, "hash", "hash", NULL},
    {read_data_type, "zset", "zset", NULL},
    {read_data_type, "bitmap", "bitmap", NULL},
    {read_data_type, "none", "none", NULL},
    {read_data_type, "bits", "string",
     "\"bits\": write string, list, hash, set, zset, stream, hyperloglog, geo, bitmap or none"},
    {read_value_size, "100", "100-100", NULL},
    {read_value_size, "4KiB", "4096-4096", NULL},
    {read_value_size, "100-1k", "100-1000", NULL},
    {read_value_size, "7-7", "7-7", NULL},
    {read_value_size, "0", "0-0", "\"0\"" SIZE},
    {read_value_size, "2-1", "0-0", "\"2-1\"" SIZE},
    {read_value_size, "1-", "0-0", "\"1-\"" SIZE},
    {read_value_size, "-1", "0-0", "\"-1\"" SIZE},
    {read_value_size, "1-2-3", "0-0", "\"1-2-3\"" SIZE},
    {read_value_size, "big", "0-0", "\"big\"" SIZE},
    {read_slice, "250ms", "250000000", NULL},
    {read_slice, "whole", "0", NULL},
    {read_slice, "0", "1", "\"0\"" SLICE},
    {read_slice, "250", "1", "\"250\"" SLICE},
    {read_margins, "ops=2%", "0.02 0 0 0 0 0", NULL},
    {read_margins, "memory=0.5,p99=5%,ops=1%", "0.01 0 0.05 0 0 0.5", NULL},
    {read_margins, "ops=1%,ops=2%", "0.02 0 0 0 0 0", NULL},
    {read_margins, "", "0 0 0 0 0 0", "\"\"" METRIC},
    {read_margins, "ops=2%,", "0 0 0 0 0 0", "\"\"" METRIC},
    {read_margins, "ops=2%,speed=1%", "0 0 0 0 0 0", "\"speed\"" METRIC},
    {read_margins, "ops", "0 0 0 0 0 0",
     "\"ops\": write a margin above 0 and below 100%, for example ops=2%"},
    {read_margins, "p50=0%", "0 0 0 0 0 0",
     "\"p50=0%\": write a margin above 0 and below 100%, for example p50=2%"},
    {read_margins, "p50=100%", "0 0 0 0 0 0",
     "\"p50=100%\": write a margin above 0 and below 100%, for example p50=2%"},
    {read_gates, "ops", "100000", NULL},
    {read_gates, "p99,ops,p99", "101000", NULL},
    {read_gates, "memory,cpu,p999,p50", "010111", NULL},
    {read_gates, "", "000000", "\"\"" METRIC},
    {read_gates, "ops,", "000000", "\"\"" METRIC},
    {read_gates, "ops,p9", "000000", "\"p9\"" METRIC},
};

static void check_reading(const struct reading *row)
{
    char got[128];
    struct error err = {0};
    tap_int(row->read(str_from(row->text), got, sizeof got, &err), row->sentence == NULL,
            "\"%s\": verdict", row->text);
    tap_text(got, row->got, "\"%s\": value", row->text);
    tap_text(err.text, row->sentence == NULL ? "" : row->sentence, "\"%s\": sentence", row->text);
    tap_int(err.code, row->sentence == NULL ? ERROR_NONE : ERROR_USAGE, "\"%s\": code", row->text);
}

/* One change to a valid spec, and what validation says of it. */
#define WRONG(change, sentence)                                                                    \
    do {                                                                                           \
        struct spec spec;                                                                          \
        struct error err = {0};                                                                    \
        spec_init(&spec, PRESET_QUICK);                                                            \
        change;                                                                                    \
        tap_check(!spec_validate(&spec, &err), "refuses %s", #change);                             \
        tap_text(err.text, sentence, "%s: sentence", #change);                                     \
        tap_int(err.code, ERROR_USAGE, "%s: code", #change);                                       \
    } while (0)
#define RIGHT(change)                                                                              \
    do {                                                                                           \
        struct spec spec;                                                                          \
        struct error err = {0};                                                                    \
        spec_init(&spec, PRESET_QUICK);                                                            \
        change;                                                                                    \
        tap_check(spec_validate(&spec, &err), "accepts %s", #change);                              \
        tap_text(err.text, "", "%s: no sentence", #change);                                        \
    } while (0)

static char long_prefix[1026];

static void check_workload(void)
{
    WRONG(spec.workload.keys = 0, "number of keys: 0 is not from 1 to 1,099,511,627,776");
    WRONG(spec.workload.keys = (UINT64_C(1) << 40) + 1,
          "number of keys: 1,099,511,627,777 is not from 1 to 1,099,511,627,776");
    RIGHT(spec.workload.keys = UINT64_C(1) << 40);
    RIGHT(spec.workload.keys = 1);
    WRONG(spec.workload.value_size_low = 0, "value size in bytes: 0 is not from 1 to 536,870,912");
    WRONG(spec.workload.value_size_high = 536870913,
          "value size in bytes: 536,870,913 is not from 100 to 536,870,912");
    WRONG(spec.workload.value_size_high = 99,
          "value size in bytes: 99 is not from 100 to 536,870,912");
    RIGHT((spec.workload.value_size_high = 536870912, spec.load.clients = 1));
    WRONG(spec.workload.writes = spec.workload.reads = 0, "ratio: writes and reads are both 0");
    WRONG(spec.workload.key_size = 18, "key size in bytes: 18 is not from 19 to 536,870,912");
    RIGHT(spec.workload.key_size = 19);
    RIGHT(spec.workload.key_prefix = "");
    WRONG(spec.workload.elements = 0, "elements of a key: 0 is not from 1 to 16,777,216");
    WRONG(spec.workload.compressibility = 1.5, "compressibility: write a share from 0 to 1");
    WRONG(spec.workload.key_prefix = "a\nb",
          "key prefix: write up to 1,024 bytes without control characters");
    memset(long_prefix, 'p', sizeof long_prefix - 1);
    WRONG(spec.workload.key_prefix = long_prefix,
          "key prefix: write up to 1,024 bytes without control characters");
    RIGHT(spec.workload.key_prefix = long_prefix + 1);
    WRONG(spec.workload.key_distribution = KEYS_ZIPF, "zipf: theta must be above 0");
}

static void check_load(void)
{
    WRONG(spec.load.clients = 0, "number of clients: 0 is not from 1 to 100,000");
    WRONG(spec.load.clients = 100001, "number of clients: 100,001 is not from 1 to 100,000");
    RIGHT(spec.load.clients = 100000);
    WRONG(spec.load.threads = 0, "number of threads: 0 is not from 1 to 50");
    WRONG(spec.load.threads = 51, "51 threads for 50 clients: every thread needs a client");
    RIGHT(spec.load.threads = 50);
    WRONG(spec.load.pipeline = 0, "pipeline depth: 0 is not from 1 to 10,000");
    WRONG(spec.load.pipeline = 10001, "pipeline depth: 10,001 is not from 1 to 10,000");
    RIGHT(spec.load.pipeline = 10000);
    WRONG(spec.load.timeout = MS - 1, "timeout: write a time from 1ms to 1h");
    WRONG(spec.load.timeout = 3600 * S + 1, "timeout: write a time from 1ms to 1h");
    RIGHT(spec.load.timeout = 3600 * S);
    WRONG(spec.load.protocol = 1, "protocol: write 2 or 3");
    RIGHT(spec.load.protocol = 3);
}

static void check_design(void)
{
    WRONG(spec.design.pairs = 0, "number of pairs: 0 is not from 1 to 10,000");
    WRONG(spec.design.pairs = 10001, "number of pairs: 10,001 is not from 1 to 10,000");
    WRONG(spec.design.duration = 0, "duration: 0 needs a number of requests");
    RIGHT((spec.design.duration = 0, spec.load.requests = 1));
    WRONG(spec.design.duration = 86400 * S + 1, "warm-up and duration: write at most 24h");
    WRONG(spec.design.warmup = 86400 * S + 1, "warm-up and duration: write at most 24h");
    RIGHT(spec.design.warmup = 0);
    WRONG(spec.design.slice = 10 * MS - 1, "slice: write at least 10ms, or whole");
    RIGHT(spec.design.slice = 0);
    RIGHT(spec.design.slice = spec.design.duration);
    WRONG(spec.design.slice = spec.design.duration + 1,
          "slice: it is longer than the duration; write whole for one slice per run");
    WRONG(spec.design.confidence = 0.4, "confidence: write a level from 50% to 99.99%");
    WRONG(spec.design.confidence = NAN, "confidence: write a level from 50% to 99.99%");
    WRONG(spec.design.margins[METRIC_P99] = 0,
          "margin of p99: write more than 0 and less than 100%");
    WRONG(spec.design.margins[METRIC_OPS] = 1,
          "margin of ops: write more than 0 and less than 100%");
    WRONG(spec.seed = SPEC_SEED_MAX + 1,
          "seed: 9,007,199,254,740,992 is not from 0 to 9,007,199,254,740,991");
    RIGHT((spec.workload.value_size_high = 512 << 20, spec.load.clients = 50));
    WRONG((spec.workload.value_size_high = 100000, spec.load.pipeline = 10000),
          "50 clients with pipeline 10000 and values of 100000 bytes: more than 4.0 GiB may be on "
          "their way at once; take fewer clients or a shorter pipeline");
    RIGHT((spec.workload.value_size_high = 100000, spec.load.pipeline = 10000,
           spec.workload.writes = 0));
    RIGHT(spec.seed = SPEC_SEED_MAX);
    struct target_spec same[] = {{.label = "a"}, {.label = NULL}, {.label = "a"}};
    WRONG((spec.targets = same, spec.target_count = 3), "label \"a\" is given to two targets");
    RIGHT((spec.targets = same, spec.target_count = 2));
    struct target_spec bare[] = {{.label = NULL}, {.label = NULL}};
    RIGHT((spec.targets = bare, spec.target_count = 2));
}

static void check_key_length(void)
{
    static const struct {
        uint64_t keys, length;
    } rows[] = {{1, 2}, {10, 2}, {11, 3}, {100, 3}, {101, 4}, {UINT64_C(1) << 40, 14}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct workload_spec workload = {.key_prefix = "k", .keys = rows[i].keys};
        tap_int((int64_t)spec_key_length(&workload), (int64_t)rows[i].length + SPEC_KEY_MARK_SIZE,
                "length of %" PRIu64 " keys", rows[i].keys);
    }
}

int main(void)
{
    check_defaults();
    check_presets();
    for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
        check_reading(&readings[i]);
    }
    check_workload();
    check_load();
    check_design();
    check_key_length();
    return tap_end();
}
