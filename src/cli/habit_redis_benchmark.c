/* The command line of redis-benchmark and valkey-benchmark (up to 8 and 9). */
#include <string.h>

#include "cli/habit.h"
#include "model/workload_file.h"
#include "workload/builtin.h"

/* What it does without being told. */
enum { DEFAULT_CLIENTS = 50, DEFAULT_REQUESTS = 100000, DEFAULT_SIZE = 3 };
enum { MOST = 1000000000, ELEMENTS = 600 };

/* The command line before it is put together. */
struct benchmark {
    struct habit habit; /* first: readers are given this */
    uint64_t clients;
    uint64_t requests;
    bool has_requests; /* -n was given */
    bool has_time;     /* --duration was given: it is in the design */
    uint64_t numbers;  /* -r; 0: not given */
    uint64_t rate;
    uint64_t size;
    struct str tests; /* -t; data NULL: not given */
    bool has_tests;   /* the workload is that of its tests */
    bool has_one_key; /* whatever -r says: the command names none of several */
    bool has_size;    /* -d was given */
};

static struct benchmark *benchmark_of(struct habit *habit)
{
    return (struct benchmark *)habit;
}

static bool read_clients(struct habit *habit, struct str value, struct error *err)
{
    return habit_number(value, 1, 100000, &benchmark_of(habit)->clients, err);
}

static bool read_requests(struct habit *habit, struct str value, struct error *err)
{
    benchmark_of(habit)->has_requests = true;
    return habit_number(value, 1, MOST, &benchmark_of(habit)->requests, err);
}

static bool read_seconds(struct str value, nsec *out, struct error *err)
{
    uint64_t seconds;
    if (!habit_number(value, 1, 24 * 3600, &seconds, err)) {
        return false;
    }
    *out = seconds * NSEC_PER_SEC;
    return true;
}

static bool read_time(struct habit *habit, struct str value, struct error *err)
{
    benchmark_of(habit)->has_time = true;
    return read_seconds(value, &habit->design->duration, err);
}

static bool read_warmup(struct habit *habit, struct str value, struct error *err)
{
    return read_seconds(value, &habit->design->warmup, err);
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
    benchmark_of(habit)->has_size = true;
    return habit_number(value, 1, MOST, &benchmark_of(habit)->size, err);
}

static bool read_range(struct habit *habit, struct str value, struct error *err)
{
    return habit_number(value, 1, UINT64_C(1) << 40, &benchmark_of(habit)->numbers, err);
}

static bool read_tests(struct habit *habit, struct str value, struct error *err)
{
    (void)err;
    benchmark_of(habit)->tests = value;
    return true;
}

static bool read_threads(struct habit *habit, struct str value, struct error *err)
{
    uint64_t threads;
    if (!habit_number(value, 1, 500, &threads, err)) {
        return false;
    }
    habit->load->threads = (uint32_t)threads;
    return true;
}

static bool read_rate(struct habit *habit, struct str value, struct error *err)
{
    return habit_number(value, 1, MOST, &benchmark_of(habit)->rate, err);
}

static bool read_keep_alive(struct habit *habit, struct str value, struct error *err)
{
    uint64_t keeps;
    if (!habit_number(value, 0, 1, &keeps, err)) {
        return false;
    }
    habit->load->churn = keeps == 0;
    return true;
}

static bool read_resp3(struct habit *habit, struct str value, struct error *err)
{
    (void)value;
    (void)err;
    habit->load->protocol = 3;
    return true;
}

static bool read_sequential(struct habit *habit, struct str value, struct error *err)
{
    (void)value;
    (void)err;
    habit->workload->key_distribution = KEYS_SEQUENTIAL;
    return true;
}

static bool read_seed(struct habit *habit, struct str value, struct error *err)
{
    return habit_number(value, 0, SPEC_SEED_MAX, habit->seed, err);
}

#define TARGET "ignored: the targets are those of tenbin's command line"
#define OUTPUT "ignored: it is about the other program's output"
#define LOGIN "is refused: a password belongs into TENBIN_PASSWORD or the target"
#define TLS "is refused: write rediss:// targets, with ?ca=, cert=, key= and sni="

static const struct habit_flag flags[] = {
    {"-c", NULL, true, read_clients, NULL, "clients"},
    {"-n", NULL, true, read_requests, NULL, "requests duration"},
    {"--duration", NULL, true, read_time, NULL, "requests duration"},
    {"--warmup", NULL, true, read_warmup, NULL, "warmup"},
    {"-P", NULL, true, read_pipeline, NULL, "pipeline"},
    {"-d", NULL, true, read_size, NULL, "value-size"},
    {"-r", NULL, true, read_range, NULL, "keys"},
    {"-t", NULL, true, read_tests, NULL, NULL},
    {"--threads", NULL, true, read_threads, NULL, "threads"},
    {"--rps", NULL, true, read_rate, NULL, "rate load arrival"},
    {"-k", NULL, true, read_keep_alive, NULL, "churn"},
    {"-3", NULL, false, read_resp3, NULL, "resp"},
    {"--sequential", NULL, false, read_sequential, NULL, "key-dist"},
    {"--seed", NULL, true, read_seed, NULL, "seed"},
    {"-h", NULL, true, NULL, TARGET, NULL},
    {"-p", NULL, true, NULL, TARGET, NULL},
    {"-s", NULL, true, NULL, TARGET, NULL},
    {"--cluster", NULL, false, NULL, "ignored: a cluster is recognised as such", NULL},
    {"-q", NULL, false, NULL, OUTPUT, NULL},
    {"--csv", NULL, false, NULL, OUTPUT, NULL},
    {"--precision", NULL, true, NULL, OUTPUT, NULL},
    {"-e", NULL, false, NULL, "ignored: errors are counted and shown by kind", NULL},
    {"-a", NULL, true, NULL, LOGIN, NULL},
    {"--user", NULL, true, NULL, "is refused: write the user into the target", NULL},
    {"-u", NULL, true, NULL, "is refused: write it as a target", NULL},
    {"--dbnum", NULL, true, NULL, "is refused: write it into the target, redis://host/N", NULL},
    {"--rfr", NULL, true, NULL, "is refused: write ?read-from= into the target", NULL},
    {"--enable-tracking", NULL, false, NULL, "is refused: clients keep no cache here", NULL},
    {"-l", NULL, false, NULL, "is refused: a run ends", NULL},
    {"-I", NULL, false, NULL, "is refused: idle connections are no load", NULL},
    {"-x", NULL, false, NULL, "is refused: values are not read from standard input", NULL},
    {"--num-functions", NULL, true, NULL, "is refused: there are no functions to load", NULL},
    {"--num-keys-in-fcall", NULL, true, NULL, "is refused: there are no functions to load", NULL},
    {"--mptcp", NULL, false, NULL, "is refused: connections are TCP, TLS or unix sockets", NULL},
    {"--rdma", NULL, false, NULL, "is refused: connections are TCP, TLS or unix sockets", NULL},
    {"--tls", NULL, false, NULL, TLS, NULL},
    {"--sni", NULL, true, NULL, TLS, NULL},
    {"--cacert", NULL, true, NULL, TLS, NULL},
    {"--cacertdir", NULL, true, NULL, TLS, NULL},
    {"--insecure", NULL, false, NULL, TLS, NULL},
    {"--cert", NULL, true, NULL, TLS, NULL},
    {"--key", NULL, true, NULL, TLS, NULL},
    {"--tls-ciphers", NULL, true, NULL, TLS, NULL},
    {"--tls-ciphersuites", NULL, true, NULL, TLS, NULL},
    {NULL, NULL, false, NULL, NULL, NULL},
};

/* ---- its tests ---- */

/* Those of the built-in workload that has them all; "lrange" and "ping" stand for some. */
static bool is_meant(struct str name, const char *test)
{
    static const struct {
        const char *group;
        const char *prefix;
    } groups[] = {{"lrange", "lrange_"}, {"ping", "ping_"}};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (str_eq_nocase(name, str_from(groups[i].group)) &&
            str_starts_with(str_from(test), str_from(groups[i].prefix))) {
            return true;
        }
    }
    return str_eq_nocase(name, str_from(test));
}

/* Marks the operations that a name of -t stands for. */
static void mark_named(struct habit *habit, struct str name, bool *marks)
{
    const struct workload_spec *workload = habit->workload;
    bool found = false;
    if (str_eq_nocase(name, STR("ping_inline"))) {
        habit_refuse(habit, "-t ping_inline is refused: tenbin speaks RESP only");
        return;
    }
    for (size_t i = 0; i < workload->operation_count; i++) {
        if (is_meant(name, workload->operations[i].name)) {
            found = true;
            marks[i] = true;
        }
    }
    if (!found) {
        habit_refuse(habit, "-t %.*s is not known", STR_ARG(name));
    }
}

/* What pops take is pushed by these. */
static bool is_balanced(const struct workload_spec *workload)
{
    static const char *const pairs[][3] = {{"lpop", "lpush", "rpush"},
                                           {"rpop", "lpush", "rpush"},
                                           {"spop", "sadd", "sadd"},
                                           {"zpopmin", "zadd", "zadd"}};
    bool balanced = true;
    for (size_t p = 0; p < sizeof pairs / sizeof pairs[0]; p++) {
        bool pops = false;
        bool pushes = false;
        for (size_t i = 0; i < workload->operation_count; i++) {
            const char *name = workload->operations[i].name;
            pops = pops || strcmp(name, pairs[p][0]) == 0;
            pushes = pushes || strcmp(name, pairs[p][1]) == 0 || strcmp(name, pairs[p][2]) == 0;
        }
        balanced = balanced && (!pops || pushes);
    }
    return balanced;
}

static void keep_marked(struct habit *habit, const bool *marks)
{
    struct workload_spec *workload = habit->workload;
    struct operation_spec *kept =
        arena_alloc_array(habit->arena, workload->operation_count, sizeof *kept);
    size_t count = 0;
    for (size_t i = 0; i < workload->operation_count; i++) {
        if (marks[i]) {
            kept[count++] = workload->operations[i];
        }
    }
    workload->operations = kept;
    workload->operation_count = count;
}

static bool take_tests(struct benchmark *benchmark, struct error *err)
{
    struct habit *habit = &benchmark->habit;
    struct workload_spec *workload = habit->workload;
    const struct builtin_workload *all = builtin_find(STR("redis-benchmark"));
    struct workload_spec before = *workload;
    if (!workload_file_read(all->name, str_from(all->text), habit->arena, workload, err)) {
        return false;
    }
    workload->key_distribution = before.key_distribution;
    benchmark->has_tests = true;
    if (benchmark->tests.data == NULL) {
        habit_note(habit, "%s: all tests but ping_inline, which is no RESP", habit->option);
    } else {
        bool *marks = arena_alloc_array(habit->arena, workload->operation_count, sizeof *marks);
        struct str rest = benchmark->tests;
        while (rest.len > 0) {
            mark_named(habit, str_trim(str_split(&rest, ',')), marks);
        }
        keep_marked(habit, marks);
    }
    if (workload->operation_count > 1) {
        habit_note(habit,
                   "%s: the tests are measured side by side, as one mix of equal weights; name one "
                   "for its own throughput",
                   habit->option);
    }
    if (!is_balanced(workload)) {
        habit_note(habit, "%s: pops without pushes empty what was loaded, and then find nothing",
                   habit->option);
    }
    return true;
}

static struct habit_words words_of(const struct benchmark *benchmark)
{
    return (struct habit_words){
        .data = "__data__",
        .number = "__rand_int__",
        .numbers = benchmark->numbers == 0 ? 1 : benchmark->numbers,
    };
}

/* The command at the end of the line. */
static bool take_command(struct benchmark *benchmark, struct error *err)
{
    struct habit *habit = &benchmark->habit;
    const char *const *words = habit->words + habit->at;
    size_t count = habit->word_count - habit->at;
    struct habit_words known = words_of(benchmark);
    benchmark->has_one_key = true;
    for (size_t i = 0; i < count; i++) {
        const char *number = strstr(words[i], "__rand_");
        if (number != NULL && strncmp(number, "__rand_int__", strlen("__rand_int__")) != 0) {
            habit_refuse(habit, "%s is not known", number);
        }
        /* The first argument is the key of nearly all commands. */
        if (i == 1 && number != NULL) {
            benchmark->has_one_key = false;
        }
        if (strcmp(words[i], ";") == 0) {
            habit_refuse(habit, "a sequence of commands: write a workload with steps");
        }
    }
    if (benchmark->tests.data != NULL) {
        habit_refuse(habit, "-t beside a command");
        return true;
    }
    return habit_add_command(habit, words, count, &known, err);
}

/* ---- putting it together ---- */

static void take_load(struct benchmark *benchmark)
{
    struct habit *habit = &benchmark->habit;
    struct load_spec *load = habit->load;
    if (!habit_has_ours(habit, "clients")) {
        load->clients = (uint32_t)benchmark->clients;
    }
    if (benchmark->has_time && benchmark->has_requests) {
        habit_refuse(habit, "-n and --duration exclude each other");
    }
    if (!benchmark->has_time && !habit_has_ours(habit, "requests") &&
        !habit_has_ours(habit, "duration")) {
        load->requests = benchmark->requests;
    }
    if (benchmark->rate > 0) {
        load->profile = (struct load_profile){
            .shape = LOAD_FLAT,
            .rates = {(double)benchmark->rate},
            .rate_count = 1,
        };
        load->arrival = ARRIVAL_CONSTANT;
    }
    if (!habit_has_ours(habit, "resp") && load->protocol == 0) {
        load->protocol = 2;
    }
}

/* -d and -r for all data of the tests: structures keep their few keys, and counters are numbers. */
static void take_test_data(struct benchmark *benchmark)
{
    struct workload_spec *workload = benchmark->habit.workload;
    uint64_t keys = benchmark->numbers == 0 ? 1 : benchmark->numbers;
    for (size_t i = 0; i <= workload->other_count; i++) {
        struct workload_spec *data = i == 0 ? workload : &workload->others[i - 1];
        if (benchmark->has_size && data->form.kind != VALUE_NUMBER) {
            data->value_size_low = benchmark->size;
            data->value_size_high = benchmark->size;
        }
        if (data->data == DATA_STRING && !habit_has_ours(&benchmark->habit, "keys")) {
            data->keys = keys;
        }
    }
}

static void take_data(struct benchmark *benchmark)
{
    struct habit *habit = &benchmark->habit;
    struct workload_spec *workload = habit->workload;
    if (benchmark->has_tests) {
        take_test_data(benchmark);
    } else {
        uint64_t size = benchmark->has_size ? benchmark->size : DEFAULT_SIZE;
        if (!habit_has_ours(habit, "value-size")) {
            workload->value_size_low = size;
            workload->value_size_high = size;
        }
        if (!habit_has_ours(habit, "keys")) {
            bool is_one = benchmark->has_one_key || benchmark->numbers == 0;
            workload->keys = is_one ? 1 : benchmark->numbers;
        }
        if (!habit_has_ours(habit, "elements")) {
            workload->elements = ELEMENTS;
        }
    }
    habit_note(habit, "%s: the data, %llu key%s, is loaded before the measurement", habit->option,
               (unsigned long long)workload->keys, workload->keys == 1 ? "" : "s");
}

bool habit_redis_benchmark(struct habit *habit, struct str text, struct error *err)
{
    static const char *const programs[] = {"redis-benchmark", "valkey-benchmark", NULL};
    struct benchmark benchmark = {
        .habit = *habit,
        .clients = DEFAULT_CLIENTS,
        .requests = DEFAULT_REQUESTS,
    };
    struct habit *inner = &benchmark.habit;
    inner->workload->name = "redis-benchmark";
    bool done =
        habit_split(inner, text, programs, err) && habit_read_flags(inner, flags, false, err);
    if (done && inner->at < inner->word_count) {
        done = take_command(&benchmark, err);
    } else if (done) {
        done = take_tests(&benchmark, err);
    }
    if (done) {
        take_load(&benchmark);
        take_data(&benchmark);
    }
    done = done && habit_finish(inner, err);
    buf_release(&inner->refused);
    *habit = *inner;
    return done;
}
