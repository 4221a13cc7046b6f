/* The command line of redis-benchmark and valkey-benchmark (up to 8 and 9). */
#include <string.h>

#include "cli/habit.h"

/* What it does without being told. */
enum { DEFAULT_CLIENTS = 50, DEFAULT_REQUESTS = 100000, DEFAULT_SIZE = 3 };
enum { MOST = 1000000000, MAX_TEST_WORDS = 24, LIST_ELEMENTS = 600 };

/* The command line before it is put together. */
struct benchmark {
    struct habit habit; /* first: readers are given this */
    uint64_t clients;
    uint64_t requests;
    bool has_requests; /* -n was given */
    bool has_time;     /* --duration was given: it is in the design */
    uint64_t numbers;  /* -r; 0: not given */
    uint64_t rate;
    struct str tests; /* -t; data NULL: not given */
    bool has_one_key; /* whatever -r says: the commands name none of several */
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
    uint64_t size;
    return habit_number(value, 1, MOST, &size, err) &&
           spec_read_value_size(value, habit->workload, err);
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

/* Words as the tool sends them. One whose key is always the same has one key here too. */
struct test {
    const char *name;
    const char *group; /* another name for this and others; NULL: none */
    const char *words[MAX_TEST_WORDS];
    bool has_keys; /* as many as -r says */
    bool pops;
};

static const struct test tests[] = {
    {"ping_mbulk", "ping", {"PING"}, false, false},
    {"set", NULL, {"SET", "key", "__data__"}, true, false},
    {"get", NULL, {"GET", "key"}, true, false},
    {"lpush", NULL, {"LPUSH", "mylist", "__data__"}, false, false},
    {"rpush", NULL, {"RPUSH", "mylist", "__data__"}, false, false},
    {"lpop", NULL, {"LPOP", "mylist"}, false, true},
    {"rpop", NULL, {"RPOP", "mylist"}, false, true},
    {"sadd", NULL, {"SADD", "myset", "element:__rand_int__"}, false, false},
    {"hset", NULL, {"HSET", "myhash", "element:__rand_int__", "__data__"}, false, false},
    {"spop", NULL, {"SPOP", "myset"}, false, true},
    {"zadd", NULL, {"ZADD", "myzset", "0", "element:__rand_int__"}, false, false},
    {"zpopmin", NULL, {"ZPOPMIN", "myzset"}, false, true},
    {"lrange_100", "lrange", {"LRANGE", "mylist", "0", "99"}, false, false},
    {"lrange_300", "lrange", {"LRANGE", "mylist", "0", "299"}, false, false},
    {"lrange_500", "lrange", {"LRANGE", "mylist", "0", "499"}, false, false},
    {"lrange_600", "lrange", {"LRANGE", "mylist", "0", "599"}, false, false},
    {"mset",
     NULL,
     {"MSET",     "k",        "__data__", "k",        "__data__", "k",        "__data__",
      "k",        "__data__", "k",        "__data__", "k",        "__data__", "k",
      "__data__", "k",        "__data__", "k",        "__data__", "k",        "__data__"},
     true,
     false},
    {"xadd", NULL, {"XADD", "mystream", "*", "myfield", "__data__"}, false, false},
};

enum { TEST_COUNT = sizeof tests / sizeof tests[0] };

static struct habit_words words_of(const struct benchmark *benchmark)
{
    return (struct habit_words){
        .data = "__data__",
        .number = "__rand_int__",
        .numbers = benchmark->numbers == 0 ? 1 : benchmark->numbers,
    };
}

static bool add_test(struct benchmark *benchmark, const struct test *test, struct error *err)
{
    struct habit *habit = &benchmark->habit;
    struct habit_words known = words_of(benchmark);
    size_t count = 0;
    while (count < MAX_TEST_WORDS && test->words[count] != NULL) {
        count++;
    }
    if (!habit_add_command(habit, test->words, count, &known, err)) {
        return error_prefix(err, "-t %s", test->name);
    }
    habit->operations[habit->operation_count - 1].name = test->name;
    benchmark->has_one_key = benchmark->has_one_key || !test->has_keys;
    if (test->pops) {
        habit_note(habit,
                   "%s: %s alone takes what was loaded, and then finds nothing, as it does there",
                   habit->option, test->name);
    }
    return true;
}

static bool add_named(struct benchmark *benchmark, struct str name, struct error *err)
{
    bool found = false;
    if (str_eq_nocase(name, STR("ping_inline"))) {
        habit_refuse(&benchmark->habit, "-t ping_inline is refused: tenbin speaks RESP only");
        return true;
    }
    for (size_t i = 0; i < TEST_COUNT; i++) {
        bool is_meant = str_eq_nocase(name, str_from(tests[i].name)) ||
                        (tests[i].group != NULL && str_eq_nocase(name, str_from(tests[i].group)));
        found = found || is_meant;
        if (is_meant && !add_test(benchmark, &tests[i], err)) {
            return false;
        }
    }
    if (!found) {
        habit_refuse(&benchmark->habit, "-t %.*s is not known", STR_ARG(name));
    }
    return true;
}

static bool take_tests(struct benchmark *benchmark, struct error *err)
{
    struct habit *habit = &benchmark->habit;
    struct str rest = benchmark->tests;
    if (rest.data == NULL) {
        habit_refuse(habit, "without -t it measures commands on data of every type: write "
                            "-t with some of them, or --workload redis-benchmark for all");
    }
    while (rest.len > 0) {
        if (!add_named(benchmark, str_trim(str_split(&rest, ',')), err)) {
            return false;
        }
    }
    if (habit->operation_count > 1) {
        habit_note(habit,
                   "%s: the tests are measured side by side, as one mix of equal weights; name one "
                   "for its own throughput",
                   habit->option);
    }
    return true;
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

static void take_data(struct benchmark *benchmark)
{
    struct habit *habit = &benchmark->habit;
    struct workload_spec *workload = habit->workload;
    if (!habit_has_ours(habit, "keys")) {
        bool is_one = benchmark->has_one_key || benchmark->numbers == 0;
        workload->keys = is_one ? 1 : benchmark->numbers;
    }
    if (workload->data != DATA_STRING && !habit_has_ours(habit, "elements")) {
        workload->elements = LIST_ELEMENTS;
    }
    habit_note(habit, "%s: %llu key%s loaded before the measurement%s", habit->option,
               (unsigned long long)workload->keys, workload->keys == 1 ? " is" : "s are",
               benchmark->numbers == 0 ? ", as no -r asks for more" : "");
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
    if (!habit_has_ours(inner, "value-size")) {
        inner->workload->value_size_low = DEFAULT_SIZE;
        inner->workload->value_size_high = DEFAULT_SIZE;
    }
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
