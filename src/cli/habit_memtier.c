/* memtier_benchmark's command line: options as its man page has them (version 2). */
#include <math.h>
#include <string.h>

#include "cli/habit.h"

/* What memtier_benchmark does without being told. */
enum {
    DEFAULT_THREADS = 4,
    DEFAULT_CLIENTS = 50,     /* of each thread */
    DEFAULT_REQUESTS = 10000, /* of each client */
    DEFAULT_SIZE = 32,
    DEFAULT_MAXIMUM = 10000000,
    DEFAULT_READS = 10,
};

enum { MOST = 1000000000 };

/* The command line before it is put together. */
struct memtier {
    struct habit habit; /* first: readers are given this */
    uint64_t threads;
    uint64_t clients;
    uint64_t requests;
    bool is_all_keys;
    bool has_requests; /* -n was given */
    bool has_time;     /* --test-time was given: it is in the design */
    uint64_t rate;     /* of each client; 0: none */
    uint64_t minimum;
    uint64_t maximum;
    const char *pattern; /* "R:R" */
    double exponent;
    double deviation; /* in keys; 0: a sixth of them */
    bool is_random;
    uint64_t shares; /* of the command before */
    const char *command_pattern;
    bool has_plain; /* --ratio was given */
};

static struct memtier *memtier_of(struct habit *habit)
{
    return (struct memtier *)habit;
}

static bool read_clients(struct habit *habit, struct str value, struct error *err)
{
    return habit_number(value, 1, 100000, &memtier_of(habit)->clients, err);
}

static bool read_threads(struct habit *habit, struct str value, struct error *err)
{
    return habit_number(value, 1, 100000, &memtier_of(habit)->threads, err);
}

static bool read_requests(struct habit *habit, struct str value, struct error *err)
{
    struct memtier *memtier = memtier_of(habit);
    memtier->has_requests = true;
    memtier->is_all_keys = str_eq(value, STR("allkeys"));
    return memtier->is_all_keys || habit_number(value, 1, MOST, &memtier->requests, err);
}

static bool read_time(struct habit *habit, struct str value, struct error *err)
{
    uint64_t seconds;
    if (!habit_number(value, 1, 24 * 3600, &seconds, err)) {
        return false;
    }
    memtier_of(habit)->has_time = true;
    habit->design->duration = seconds * NSEC_PER_SEC;
    return true;
}

static bool read_ratio(struct habit *habit, struct str value, struct error *err)
{
    memtier_of(habit)->has_plain = true;
    return spec_read_ratio(value, habit->workload, err);
}

static bool read_pipeline(struct habit *habit, struct str value, struct error *err)
{
    uint64_t depth;
    if (!habit_number(value, 1, 10000, &depth, err)) {
        return false;
    }
    habit->load->pipeline = (uint32_t)depth;
    return true;
}

static bool read_size(struct habit *habit, struct str value, struct error *err)
{
    uint64_t size;
    return habit_number(value, 1, MOST, &size, err) &&
           spec_read_value_size(value, habit->workload, err);
}

static bool read_size_range(struct habit *habit, struct str value, struct error *err)
{
    return spec_read_value_size(value, habit->workload, err);
}

static bool read_random(struct habit *habit, struct str value, struct error *err)
{
    (void)value;
    (void)err;
    memtier_of(habit)->is_random = true;
    return true;
}

static bool read_expiry(struct habit *habit, struct str value, struct error *err)
{
    uint64_t low;
    uint64_t high;
    struct str last = value;
    struct str first = str_split(&last, '-');
    if (!habit_number(first, 1, MOST, &low, err) || !habit_number(last, low, MOST, &high, err)) {
        return false;
    }
    habit->workload->ttl_low = low * NSEC_PER_SEC;
    habit->workload->ttl_high = high * NSEC_PER_SEC;
    habit_note(habit, "%s: what is loaded before the measurement expires as well", habit->option);
    return true;
}

static bool read_prefix(struct habit *habit, struct str value, struct error *err)
{
    if (value.len == 0) {
        return error_set(err, ERROR_USAGE, "write at least one letter: keys are removed by it");
    }
    habit->workload->key_prefix = arena_copy(habit->arena, value);
    return true;
}

static bool read_minimum(struct habit *habit, struct str value, struct error *err)
{
    return habit_number(value, 0, UINT64_C(1) << 40, &memtier_of(habit)->minimum, err);
}

static bool read_maximum(struct habit *habit, struct str value, struct error *err)
{
    return habit_number(value, 0, UINT64_C(1) << 40, &memtier_of(habit)->maximum, err);
}

static bool is_pattern(char letter)
{
    return letter != '\0' && strchr("RSGPZ", letter) != NULL;
}

static bool read_pattern(struct habit *habit, struct str value, struct error *err)
{
    if (value.len != 3 || !is_pattern(value.data[0]) || value.data[1] != ':' ||
        !is_pattern(value.data[2])) {
        return error_set(err, ERROR_USAGE, "\"%.*s\": write two of R, S, G, P and Z, such as R:R",
                         STR_ARG(value));
    }
    memtier_of(habit)->pattern = arena_copy(habit->arena, value);
    return true;
}

static bool read_positive(struct str value, double *out, struct error *err)
{
    return (str_to_double(value, out) && *out > 0) ||
           error_set(err, ERROR_USAGE, "\"%.*s\": write a number above 0", STR_ARG(value));
}

static bool read_exponent(struct habit *habit, struct str value, struct error *err)
{
    return read_positive(value, &memtier_of(habit)->exponent, err);
}

static bool read_deviation(struct habit *habit, struct str value, struct error *err)
{
    return read_positive(value, &memtier_of(habit)->deviation, err);
}

static bool read_rate(struct habit *habit, struct str value, struct error *err)
{
    return habit_number(value, 1, MOST, &memtier_of(habit)->rate, err);
}

static bool read_protocol(struct habit *habit, struct str value, struct error *err)
{
    if (str_eq(value, STR("redis")) || str_eq(value, STR("resp2"))) {
        habit->load->protocol = 2;
        return true;
    }
    habit->load->protocol = 3;
    return str_eq(value, STR("resp3")) ||
           error_set(err, ERROR_USAGE, "\"%.*s\": tenbin speaks redis, resp2 and resp3",
                     STR_ARG(value));
}

static bool read_reconnect(struct habit *habit, struct str value, struct error *err)
{
    uint64_t every;
    if (!habit_number(value, 1, MOST, &every, err)) {
        return false;
    }
    habit->load->churn = true;
    return every == 1 || error_set(err, ERROR_USAGE,
                                   "\"%.*s\": a connection serves one operation (1) or all of them",
                                   STR_ARG(value));
}

/* Its own words are split like those of the line. */
static bool read_command(struct habit *habit, struct str value, struct error *err)
{
    static const char *const no_programs[] = {NULL};
    static const struct habit_words known = {.key = "__key__", .data = "__data__"};
    struct habit inner = {.arena = habit->arena};
    if (!habit_split(&inner, value, no_programs, err)) {
        return false;
    }
    return inner.word_count > 0
               ? habit_add_command(habit, inner.words, inner.word_count, &known, err)
               : error_set(err, ERROR_USAGE, "write a command, such as 'GET __key__'");
}

static bool read_command_ratio(struct habit *habit, struct str value, struct error *err)
{
    uint64_t weight;
    if (!habit_number(value, 1, UINT32_MAX, &weight, err)) {
        return false;
    }
    if (habit->operation_count == 0) {
        return error_set(err, ERROR_USAGE, "it belongs to the --command before it");
    }
    habit->operations[habit->operation_count - 1].weight = (uint32_t)weight;
    return true;
}

static bool read_command_pattern(struct habit *habit, struct str value, struct error *err)
{
    struct memtier *memtier = memtier_of(habit);
    const char *pattern = arena_copy(habit->arena, value);
    if (value.len != 1 || !is_pattern(value.data[0])) {
        return error_set(err, ERROR_USAGE, "\"%s\": write one of R, S, G, P and Z", pattern);
    }
    if (memtier->command_pattern != NULL && strcmp(memtier->command_pattern, pattern) != 0) {
        habit_refuse(habit,
                     "--command-key-pattern %s beside %s: tenbin draws all keys from one "
                     "distribution",
                     pattern, memtier->command_pattern);
    }
    memtier->command_pattern = pattern;
    return true;
}

#define TARGET "ignored: the targets are those of tenbin's command line"
#define OUTPUT "ignored: it is about the other program's output"
#define LOGIN "is refused: a password belongs into TENBIN_PASSWORD or the target"
#define TLS "is refused: write rediss:// targets, with ?ca=, cert=, key= and sni="
#define NO_WAIT "is refused: WAIT is a command, write it as one"
#define NO_FILE "is refused: tenbin makes its values itself"

static const struct habit_flag flags[] = {
    {"--clients", "-c", true, read_clients, NULL, "clients"},
    {"--threads", "-t", true, read_threads, NULL, "threads"},
    {"--requests", "-n", true, read_requests, NULL, "requests duration"},
    {"--test-time", NULL, true, read_time, NULL, "requests duration"},
    {"--ratio", NULL, true, read_ratio, NULL, "ratio"},
    {"--pipeline", NULL, true, read_pipeline, NULL, "pipeline"},
    {"--data-size", "-d", true, read_size, NULL, "value-size"},
    {"--data-size-range", NULL, true, read_size_range, NULL, "value-size"},
    {"--data-size-list", NULL, true, read_size_range, NULL, "value-size"},
    {"--random-data", "-R", false, read_random, NULL, "compressibility"},
    {"--expiry-range", NULL, true, read_expiry, NULL, "ttl"},
    {"--key-prefix", NULL, true, read_prefix, NULL, "key-prefix"},
    {"--key-minimum", NULL, true, read_minimum, NULL, "keys"},
    {"--key-maximum", NULL, true, read_maximum, NULL, "keys"},
    {"--key-pattern", NULL, true, read_pattern, NULL, "key-dist"},
    {"--key-zipf-exp", NULL, true, read_exponent, NULL, "key-dist"},
    {"--key-stddev", NULL, true, read_deviation, NULL, "key-dist"},
    {"--rate-limiting", NULL, true, read_rate, NULL, "rate load arrival"},
    {"--protocol", "-P", true, read_protocol, NULL, "resp"},
    {"--reconnect-interval", NULL, true, read_reconnect, NULL, "churn"},
    {"--command", NULL, true, read_command, NULL, "ratio"},
    {"--command-ratio", NULL, true, read_command_ratio, NULL, NULL},
    {"--command-key-pattern", NULL, true, read_command_pattern, NULL, "key-dist"},
    {"--server", "-s", true, NULL, TARGET, NULL},
    {"--host", "-h", true, NULL, TARGET, NULL},
    {"--port", "-p", true, NULL, TARGET, NULL},
    {"--unix-socket", "-S", true, NULL, TARGET, NULL},
    {"--ipv4", "-4", false, NULL, TARGET, NULL},
    {"--ipv6", "-6", false, NULL, TARGET, NULL},
    {"--cluster-mode", NULL, false, NULL, "ignored: a cluster is recognised as such", NULL},
    {"--run-count", "-x", true, NULL, "ignored: --pairs says how often a comparison measures",
     NULL},
    {"--distinct-client-seed", NULL, false, NULL, "ignored: clients always have seeds of their own",
     NULL},
    {"--randomize", NULL, false, NULL, "ignored: a seed is drawn unless --seed gives one", NULL},
    {"--out-file", "-o", true, NULL, OUTPUT, NULL},
    {"--json-out-file", NULL, true, NULL, OUTPUT, NULL},
    {"--hdr-file-prefix", NULL, true, NULL, OUTPUT, NULL},
    {"--client-stats", NULL, true, NULL, OUTPUT, NULL},
    {"--print-percentiles", NULL, true, NULL, OUTPUT, NULL},
    {"--print-all-runs", NULL, false, NULL, OUTPUT, NULL},
    {"--hide-histogram", NULL, false, NULL, OUTPUT, NULL},
    {"--show-config", NULL, false, NULL, OUTPUT, NULL},
    {"--debug", "-D", false, NULL, OUTPUT, NULL},
    {"--uri", "-u", true, NULL, "is refused: write it as a target", NULL},
    {"--authenticate", "-a", true, NULL, LOGIN, NULL},
    {"--select-db", NULL, true, NULL, "is refused: write it into the target, redis://host/N", NULL},
    {"--tls", NULL, false, NULL, TLS, NULL},
    {"--cert", NULL, true, NULL, TLS, NULL},
    {"--key", NULL, true, NULL, TLS, NULL},
    {"--cacert", NULL, true, NULL, TLS, NULL},
    {"--sni", NULL, true, NULL, TLS, NULL},
    {"--tls-skip-verify", NULL, false, NULL, TLS, NULL},
    {"--tls-protocols", NULL, true, NULL, TLS, NULL},
    {"--key-median", NULL, true, NULL, "is refused: a gaussian lies around the middle key", NULL},
    {"--multi-key-get", NULL, true, NULL, "is refused: write --command 'MGET __key__ __key__'",
     NULL},
    {"--data-offset", NULL, true, NULL, "is refused: values are written whole", NULL},
    {"--data-size-pattern", NULL, true, NULL, "is refused: a key's size does not follow its number",
     NULL},
    {"--data-import", NULL, true, NULL, NO_FILE, NULL},
    {"--data-verify", NULL, false, NULL, NO_FILE, NULL},
    {"--generate-keys", NULL, false, NULL, NO_FILE, NULL},
    {"--wait-ratio", NULL, true, NULL, NO_WAIT, NULL},
    {"--num-slaves", NULL, true, NULL, NO_WAIT, NULL},
    {"--monitor-input", NULL, true, NULL, "is refused: tenbin replay plays captures", NULL},
    {NULL, NULL, false, NULL, NULL, NULL},
};

/* The one letter that says how keys are drawn; '\0': two that differ were refused. */
static char pattern_letter(struct memtier *memtier)
{
    struct habit *habit = &memtier->habit;
    const struct workload_spec *workload = habit->workload;
    if (habit->operation_count > 0) {
        return memtier->command_pattern == NULL ? memtier->pattern[0] : memtier->command_pattern[0];
    }
    if (workload->writes == 0 || memtier->pattern[0] == memtier->pattern[2]) {
        return memtier->pattern[2];
    }
    if (workload->reads == 0) {
        return memtier->pattern[0];
    }
    habit_refuse(habit, "--key-pattern %s: tenbin draws all keys from one distribution",
                 memtier->pattern);
    return '\0';
}

static void take_pattern(struct memtier *memtier, uint64_t keys)
{
    struct habit *habit = &memtier->habit;
    struct workload_spec *workload = habit->workload;
    switch (pattern_letter(memtier)) {
    case 'S':
        habit_note(habit, "%s: clients go through the keys from places of their own (S as P)",
                   habit->option);
        workload->key_distribution = KEYS_SEQUENTIAL;
        break;
    case 'P':
        workload->key_distribution = KEYS_SEQUENTIAL;
        break;
    case 'G':
        workload->key_distribution = KEYS_GAUSS;
        workload->sigma = memtier->deviation > 0 ? memtier->deviation / (double)keys : 1.0 / 6;
        break;
    case 'Z':
        workload->key_distribution = KEYS_ZIPF;
        workload->zipf_theta = memtier->exponent;
        break;
    default:
        workload->key_distribution = KEYS_UNIFORM;
        break;
    }
}

static void take_keys(struct memtier *memtier)
{
    struct habit *habit = &memtier->habit;
    struct workload_spec *workload = habit->workload;
    uint64_t keys = memtier->maximum - memtier->minimum + 1;
    if (memtier->maximum < memtier->minimum) {
        habit_refuse(habit, "--key-maximum lies below --key-minimum");
        return;
    }
    if (habit_has_ours(habit, "keys")) {
        keys = workload->keys;
    }
    workload->keys = keys;
    if (!habit_has_ours(habit, "key-dist")) {
        take_pattern(memtier, keys);
    }
    habit_note(
        habit,
        "%s: its %llu keys are loaded before the measurement, and numbered from 0 behind the "
        "prefix",
        habit->option, (unsigned long long)keys);
}

static void take_load(struct memtier *memtier)
{
    struct habit *habit = &memtier->habit;
    struct load_spec *load = habit->load;
    uint64_t clients = memtier->clients * memtier->threads;
    if (clients > 100000) {
        habit_refuse(habit, "-c and -t make %llu clients; 100,000 are possible",
                     (unsigned long long)clients);
        return;
    }
    if (!habit_has_ours(habit, "clients")) {
        load->clients = (uint32_t)clients;
    }
    if (!habit_has_ours(habit, "threads")) {
        load->threads = (uint32_t)memtier->threads;
    }
    bool is_parallel = strcmp(memtier->pattern, "P:P") == 0;
    uint64_t requests = memtier->requests * load->clients;
    if (memtier->is_all_keys) {
        requests = habit->workload->keys * (is_parallel ? 1 : load->clients);
    }
    if (memtier->has_time && memtier->has_requests) {
        habit_refuse(habit, "--test-time and -n exclude each other");
    }
    if (!memtier->has_time && !habit_has_ours(habit, "requests") &&
        !habit_has_ours(habit, "duration")) {
        load->requests = requests;
    }
    if (memtier->rate > 0) {
        load->profile = (struct load_profile){
            .shape = LOAD_FLAT,
            .rates = {(double)(memtier->rate * load->clients)},
            .rate_count = 1,
        };
        load->arrival = ARRIVAL_CONSTANT;
        habit_note(habit, "%s: --rate-limiting of each connection makes %.0f operations per second",
                   habit->option, load->profile.rates[0]);
    }
}

/* What it does without being told, where no option of ours stands beside it. */
static void take_defaults(struct habit *habit)
{
    struct workload_spec *workload = habit->workload;
    if (!habit_has_ours(habit, "ratio")) {
        workload->writes = 1;
        workload->reads = DEFAULT_READS;
    }
    if (!habit_has_ours(habit, "value-size")) {
        workload->value_size_low = DEFAULT_SIZE;
        workload->value_size_high = DEFAULT_SIZE;
    }
    if (!habit_has_ours(habit, "key-prefix")) {
        workload->key_prefix = "memtier-";
    }
    if (!habit_has_ours(habit, "elements")) {
        workload->elements = 1;
    }
    if (!habit_has_ours(habit, "resp")) {
        habit->load->protocol = 2;
    }
    workload->name = "memtier";
}

bool habit_memtier(struct habit *habit, struct str text, struct error *err)
{
    static const char *const programs[] = {"memtier_benchmark", "memtier", NULL};
    struct memtier memtier = {
        .habit = *habit,
        .threads = DEFAULT_THREADS,
        .clients = DEFAULT_CLIENTS,
        .requests = DEFAULT_REQUESTS,
        .maximum = DEFAULT_MAXIMUM,
        .pattern = "R:R",
        .exponent = 1,
    };
    struct habit *inner = &memtier.habit;
    take_defaults(inner);
    bool done =
        habit_split(inner, text, programs, err) && habit_read_flags(inner, flags, true, err);
    if (done && inner->at < inner->word_count) {
        habit_refuse(inner, "\"%s\" is no flag", inner->words[inner->at]);
    }
    if (done && memtier.has_plain && inner->operation_count > 0) {
        habit_refuse(inner, "--ratio beside --command: write --command-ratio");
    }
    if (done) {
        take_keys(&memtier);
        take_load(&memtier);
        if (!memtier.is_random && !habit_has_ours(inner, "compressibility")) {
            inner->workload->compressibility = 1;
        }
    }
    done = done && habit_finish(inner, err);
    buf_release(&inner->refused);
    *habit = *inner;
    return done;
}
