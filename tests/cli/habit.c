#include "cli/habit.h"

#include "model/load_profile.h"
#include "support/tap.h"

/* What a command line of another tool becomes: the parts of the spec as one line of text. */
static void describe(const struct spec *spec, struct buf *out)
{
    const struct workload_spec *workload = &spec->workload;
    const struct load_spec *load = &spec->load;
    buf_addf(out, "c%u t%u P%u n%llu", load->clients, load->threads, load->pipeline,
             (unsigned long long)load->requests);
    if (spec->design.duration != 3 * NSEC_PER_SEC) {
        buf_addf(out, " %llus", (unsigned long long)(spec->design.duration / NSEC_PER_SEC));
    }
    if (spec->design.warmup != 500 * NSEC_PER_MSEC) {
        buf_addf(out, " warm%llus", (unsigned long long)(spec->design.warmup / NSEC_PER_SEC));
    }
    if (load->profile.shape == LOAD_FLAT) {
        buf_addf(out, " %.0f/s%s", load->profile.rates[0],
                 load->arrival == ARRIVAL_CONSTANT ? "" : " poisson");
    }
    buf_addf(out, "%s resp%d | %s%llu ", load->churn ? " churn" : "", load->protocol,
             workload->key_prefix, (unsigned long long)workload->keys);
    spec_key_dist_format(workload, out);
    buf_add_char(out, ' ');
    spec_value_size_format(workload, out);
    if (workload->compressibility > 0) {
        buf_addf(out, " same%g", workload->compressibility);
    }
    if (workload->ttl_high > 0) {
        buf_addf(out, " ttl%llu-%llu", (unsigned long long)(workload->ttl_low / NSEC_PER_SEC),
                 (unsigned long long)(workload->ttl_high / NSEC_PER_SEC));
    }
    if (workload->data != DATA_STRING) {
        buf_addf(out, " %s%llu", spec_data_type_name(workload->data),
                 (unsigned long long)workload->elements);
    }
    if (workload->operation_count == 0) {
        buf_addf(out, " | %u:%u", workload->writes, workload->reads);
    }
    for (size_t i = 0; i < workload->operation_count; i++) {
        const struct operation_spec *operation = &workload->operations[i];
        buf_addf(out, "%s%s=%s*%u", i == 0 ? " | " : ", ", operation->name,
                 operation->steps[0].command, operation->weight);
    }
    for (size_t i = 0; i < workload->other_count; i++) {
        const struct workload_spec *data = &workload->others[i];
        buf_addf(out, "%s%s ", i == 0 ? " | " : ", ", data->data_name);
        if (data->data != DATA_STRING) {
            buf_addf(out, "%s%llu ", spec_data_type_name(data->data),
                     (unsigned long long)data->elements);
        }
        buf_addf(out, "%llu ", (unsigned long long)data->keys);
        spec_value_size_format(data, out);
    }
}

/* A tool: how its option is called and what reads it. */
struct tool {
    const char *option;
    bool (*read)(struct habit *habit, struct str text, struct error *err);
};

static const struct tool tools[] = {
    {"--memtier", habit_memtier},
    {"--redis-benchmark", habit_redis_benchmark},
};

struct row {
    const char *line;
    const char *wanted; /* of describe, or a part of the error's sentence */
};

static const struct row memtier[] = {
    {"", "c200 t4 P1 n2000000 resp2 | memtier-10000001 uniform 32 same1 | 1:10"},
    {"memtier_benchmark -t 2 -c3 --requests=7",
     "c6 t2 P1 n42 resp2 | memtier-10000001 uniform 32 same1 | 1:10"},
    {"/usr/bin/memtier_benchmark --test-time 60 --ratio=1:1 -R -d 100 --pipeline 8",
     "c200 t4 P8 n0 60s resp2 | memtier-10000001 uniform 100 | 1:1"},
    {"-c 1 -t 1 --key-minimum=1 --key-maximum 1000 --key-prefix p: -n allkeys --key-pattern P:P",
     "c1 t1 P1 n1000 resp2 | p:1000 seq 32 same1 | 1:10"},
    {"-c 2 -t 2 --key-maximum 99 -n allkeys -R",
     "c4 t2 P1 n400 resp2 | memtier-100 uniform 32 | 1:10"},
    {"-R --key-pattern Z:Z --key-zipf-exp 0.9 --data-size-range=10-20",
     "c200 t4 P1 n2000000 resp2 | memtier-10000001 zipf:0.9 10-20 | 1:10"},
    {"-R --key-pattern G:G --key-stddev 10 --key-minimum 1 --key-maximum 100",
     "c200 t4 P1 n2000000 resp2 | memtier-100 gauss:0.1 32 | 1:10"},
    {"-R --key-pattern S:R --ratio 0:1 --data-size-list=32:10,64:1",
     "c200 t4 P1 n2000000 resp2 | memtier-10000001 uniform 32:10,64:1 | 0:1"},
    {"-R --key-pattern S:S --expiry-range 10-20 -P resp3",
     "c200 t4 P1 n2000000 resp3 | memtier-10000001 seq 32 ttl10-20 | 1:10"},
    {"-R -c 5 -t 2 --rate-limiting=100 --test-time=9",
     "c10 t2 P1 n0 9s 1000/s resp2 | memtier-10000001 uniform 32 | 1:10"},
    {"-R --reconnect-interval 1",
     "c200 t4 P1 n2000000 churn resp2 | memtier-10000001 uniform 32 | 1:10"},
    {"-R --command='HSET __key__ \"a field\" __data__' --command-ratio=3 --command \"HGET __key__ "
     "f\"",
     "c200 t4 P1 n2000000 resp2 | memtier-10000001 uniform 32 hash1 | "
     "HSET=HSET {key} \"a field\" {value}*3, HGET=HGET {key} f*1"},
    {"-R --command 'LPUSH __key__ x:__data__:{y}[1]' --command-key-pattern S",
     "c200 t4 P1 n2000000 resp2 | memtier-10000001 seq 32 list1 | "
     "LPUSH=LPUSH {key} \"x:{value}:{{y}}[1]\"*1"},
    {"-R --command 'MGET __key__ __key__ __key__'",
     "c200 t4 P1 n2000000 resp2 | memtier-10000001 uniform 32 | MGET=MGET {key} {key} {key}*1"},
};

static const struct row memtier_refused[] = {
    {"--data-import=f --nonsense --wait-ratio 1:2",
     "--data-import is refused: tenbin makes its values itself; --nonsense is not known; "
     "--wait-ratio is refused"},
    {"--tls --key-pattern R:S", "--tls is refused: write rediss:// targets"},
    {"--key-pattern R:S", "--key-pattern R:S: tenbin draws all keys from one distribution"},
    {"-a secret", "-a is refused"},
    {"-n 5 --test-time 5", "exclude each other"},
    {"-c", "-c needs a value"},
    {"-c zero", "-c: \"zero\": write a whole number from 1 to 100000"},
    {"--ratio 1", "--ratio: \"1\": write writes:reads"},
    {"--key-pattern RR", "write two of R, S, G, P and Z"},
    {"--command 'GET __key__' --command 'LPOP __key__'", "LPOP works on a list"},
    {"--command-ratio 3", "it belongs to the --command before it"},
    {"--command ''", "write a command"},
    {"--command 'GET", "a quotation mark has no second one"},
    {"--reconnect-interval 5", "--reconnect-interval: \"5\""},
    {"--protocol memcache_text", "tenbin speaks redis, resp2 and resp3"},
    {"-c 1000 -t 1000", "make 1000000 clients"},
    {"more", "\"more\" is no flag"},
    {"--ratio 1:1 --command 'GET __key__'", "--ratio beside --command"},
    {"--key-minimum 5 --key-maximum 4", "--key-maximum lies below"},
    {"--clients=5 --data-size 0", "--data-size: \"0\""},
};

/* The tests' datasets are listed behind the first with their keys and sizes. */
#define DATA                                                                                       \
    "counter 1 3, list list1000 16 3, set set1000 16 100, hash hash1000 16 3, zset zset1000 16 "   \
    "100, stream stream1000 16 3"

static const struct row benchmark[] = {
    {"redis-benchmark -t set,get",
     "c50 t1 P1 n100000 resp2 | tenbin:1 uniform 3 | set=SET {key} {value}*1, get=GET {key}*1 "
     "| " DATA},
    {"valkey-benchmark -t GET -r 1000 -c 5 -n 10 -P 16 -d 64 --threads 2 -q --csv",
     "c5 t2 P16 n10 resp2 | tenbin:1000 uniform 64 | get=GET {key}*1 | counter 1000 3, list "
     "list1000 16 64, set set1000 16 64, hash hash1000 16 64, zset zset1000 16 64, stream "
     "stream1000 16 64"},
    {"-t lpush,lrange_300,spop",
     "c50 t1 P1 n100000 resp2 | tenbin:1 uniform 3 | lpush=LPUSH {key:list} {value}*1, "
     "spop=SPOP {key:set}*1, lrange_300=LRANGE {key:list} 0 299*1 | " DATA},
    {"-t lrange",
     "c50 t1 P1 n100000 resp2 | tenbin:1 uniform 3 | lrange_100=LRANGE {key:list} 0 99*1, "
     "lrange_300=LRANGE {key:list} 0 299*1, lrange_500=LRANGE {key:list} 0 499*1, "
     "lrange_600=LRANGE {key:list} 0 599*1 | " DATA},
    {"-t ping_mbulk --duration 7 --warmup 2",
     "c50 t1 P1 n0 7s warm2s resp2 | tenbin:1 uniform 3 | ping_mbulk=PING*1 | " DATA},
    {"-t ping -3 -k 0 --rps 500 --sequential",
     "c50 t1 P1 n100000 500/s churn resp3 | tenbin:1 seq 3 | ping_mbulk=PING*1 | " DATA},
    {"-r 20 -k 1 SET key:__rand_int__ 'some value'",
     "c50 t1 P1 n100000 resp2 | tenbin:20 uniform 3 | SET=SET {key} \"some value\"*1"},
    {"-r 20 LPUSH mylist item:__rand_int__",
     "c50 t1 P1 n100000 resp2 | tenbin:1 uniform 3 list600 | LPUSH=LPUSH {key} item:{int:0:19}*1"},
    {"-r 9 EVAL \"return redis.call('GET',KEYS[1])\" 1 key:__rand_int__ x",
     "c50 t1 P1 n100000 resp2 | tenbin:1 uniform 3 | EVAL=EVAL \"return "
     "redis.call('GET',KEYS[1])\" 1 {key} x*1"},
};

static const struct row benchmark_refused[] = {
    {"-l -I -x --bogus", "-l is refused: a run ends; -I is refused: idle connections are no load; "
                         "-x is refused: values are not read from standard input; --bogus is not "
                         "known"},
    {"-t ping_inline", "-t ping_inline is refused: tenbin speaks RESP only"},
    {"-t nosuch", "-t nosuch is not known"},
    {"-c 0", "-c: \"0\": write a whole number"},
    {"-a x -t get", "-a is refused: a password"},
    {"--dbnum 3 -t get", "--dbnum is refused"},
    {"-n 5 --duration 5 -t get", "exclude each other"},
    {"SET a b ; GET a", "a sequence of commands"},
    {"SET __rand_1st__ b", "__rand_1st__ is not known"},
    {"-k 2 -t get", "-k: \"2\""},
    {"-t get GET x", "-t beside a command"},
};

static bool read_line(const struct tool *tool, const struct row *row, struct spec *spec,
                      struct arena *arena, struct error *err)
{
    spec_init(spec, PRESET_QUICK);
    struct habit habit = {
        .option = tool->option,
        .arena = arena,
        .workload = &spec->workload,
        .load = &spec->load,
        .design = &spec->design,
        .seed = &spec->seed,
    };
    bool done = tool->read(&habit, str_from(row->line), err);
    tap_check(!done || habit.note_count > 0, "something is said about \"%s\"", row->line);
    return done;
}

static void test_taken(const struct tool *tool, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct spec spec;
        struct arena arena = {0};
        struct error err = {0};
        struct buf got = {0};
        bool done = read_line(tool, &rows[i], &spec, &arena, &err);
        if (done) {
            describe(&spec, &got);
        } else {
            buf_add_text(&got, err.text);
        }
        tap_text(buf_text(&got), rows[i].wanted, "%s: \"%s\"", tool->option, rows[i].line);
        buf_release(&got);
        arena_release(&arena);
    }
}

static void test_refused(const struct tool *tool, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct spec spec;
        struct arena arena = {0};
        struct error err = {0};
        bool done = read_line(tool, &rows[i], &spec, &arena, &err);
        bool is_told = strstr(err.text, rows[i].wanted) != NULL;
        tap_check(!done && err.code == ERROR_USAGE && is_told, "%s refuses \"%s\"", tool->option,
                  rows[i].line);
        if (!is_told) {
            fprintf(stderr, "#   %s\n", err.text);
        }
        arena_release(&arena);
    }
}

static void test_notes(void)
{
    struct spec spec;
    struct arena arena = {0};
    spec_init(&spec, PRESET_QUICK);
    struct habit habit = {
        .option = "--memtier",
        .arena = &arena,
        .workload = &spec.workload,
        .load = &spec.load,
        .design = &spec.design,
        .seed = &spec.seed,
    };
    bool done = habit_memtier(&habit, STR("--hide-histogram -x 3 -p 6379 -R"), NULL);
    tap_check(done, "flags without a part here do not stop it");
    static const char *const wanted[] = {
        "--memtier: --hide-histogram is ignored: it is about the other program's output",
        "--memtier: -x is ignored: --pairs says how often a comparison measures",
        "--memtier: -p is ignored: the targets are those of tenbin's command line",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        tap_text(i < habit.note_count ? habit.notes[i] : "", wanted[i], "note %zu", i + 1);
    }
    arena_release(&arena);
}

#define ROWS(table) table, sizeof table / sizeof table[0]

int main(void)
{
    test_taken(&tools[0], ROWS(memtier));
    test_refused(&tools[0], ROWS(memtier_refused));
    test_taken(&tools[1], ROWS(benchmark));
    test_refused(&tools[1], ROWS(benchmark_refused));
    test_notes();
    return tap_end();
}
