/* Steps that depend on replies and on time, in virtual time: what arrives at a model server. */
#include "engine/steps.h"

#include <stdio.h>

#include "base/mem.h"
#include "engine/worker.h"
#include "redis/reply_error.h"
#include "support/sim.h"
#include "support/tap.h"

#define USEC NSEC_PER_USEC
#define MSEC NSEC_PER_MSEC

enum { SERVICE_US = 100, MAX_STEPS = 8, MAX_LINES = 4096 };

/* A command, and what it is answered, in turn: the last one stays. */
struct answer {
    const char *command; /* its beginning */
    const char *replies[6];
    size_t at;
};

struct bench {
    struct sim *sim;
    struct endpoint endpoint;
    struct workload workload;
    struct load_spec load;
    struct discovery *discovery;
    struct worker worker;
    struct worker_report report;
    struct answer *answers;
    size_t answer_count;
    struct buf log; /* commands of the measured operations, a line each */
};

static const char *reply_to(void *self, struct str command)
{
    struct bench *bench = self;
    buf_add_str(&bench->log, command);
    buf_add_char(&bench->log, '\n');
    for (size_t i = 0; i < bench->answer_count; i++) {
        struct answer *answer = &bench->answers[i];
        if (str_starts_with(command, str_from(answer->command))) {
            const char *reply = answer->replies[answer->at];
            answer->at += answer->replies[answer->at + 1] != NULL;
            return reply;
        }
    }
    return NULL;
}

struct setup {
    const struct step_spec *steps;
    size_t step_count;
    uint32_t retries;
    uint32_t clients;
    uint32_t pipeline;
    double rate; /* 0: closed */
    const struct source_spec *script;
    nsec think; /* of the client */
    uint64_t value_size;
};

static void bench_init(struct bench *bench, const struct setup *setup)
{
    struct operation_spec operation = {.name = "op",
                                       .weight = 1,
                                       .steps = setup->steps,
                                       .step_count = setup->step_count,
                                       .retries = setup->retries};
    struct workload_spec spec = {
        .operations = &operation,
        .operation_count = 1,
        .scripts = setup->script,
        .script_count = setup->script != NULL,
        .keys = 1,
        .elements = 10,
        .key_prefix = "t:",
        .value_size_low = setup->value_size == 0 ? 3 : setup->value_size,
        .value_size_high = setup->value_size == 0 ? 3 : setup->value_size,
    };
    struct error err = {0};
    *bench = (struct bench){.sim = sim_new(SERVICE_US * USEC)};
    tap_check(workload_check(&spec, &err), "a good workload: %s", err.text);
    workload_init(&bench->workload, &spec, 1);
    bench->sim->reply_to = reply_to;
    bench->sim->self = bench;
    bench->endpoint = (struct endpoint){.transport = &bench->sim->transport, .name = "sim"};
    bench->load = (struct load_spec){
        .clients = setup->clients == 0 ? 1 : setup->clients,
        .pipeline = setup->pipeline == 0 ? 1 : setup->pipeline,
        .timeout = NSEC_PER_SEC,
        .think = setup->think,
    };
    if (setup->rate > 0) {
        bench->load.profile =
            (struct load_profile){.shape = LOAD_FLAT, .rates = {setup->rate}, .rate_count = 1};
        bench->load.arrival = ARRIVAL_CONSTANT;
    }
    struct topology *topology = mem_alloc(sizeof *topology);
    topology_init_single(topology, &bench->endpoint);
    topology->nodes[0].address.len = 1; /* of no meaning here, but there */
    bench->discovery = discovery_new(NULL, topology, 0, NULL);
    mem_free(topology);
    struct worker_config config = {
        .clock = &bench->sim->clock,
        .loop = &bench->sim->loop,
        .endpoint = &bench->endpoint,
        .workload = &bench->workload,
        .discovery = bench->discovery,
        .load = &bench->load,
        .workers = 1,
        .clients = bench->load.clients,
        .protocol = 2,
        .seed = 7,
    };
    worker_init(&bench->worker, &config);
    struct worker_order connect = {.task = WORKER_CONNECT};
    worker_carry_out(&bench->worker, &connect, &bench->report);
    bench->log.len = 0;
}

static void bench_release(struct bench *bench)
{
    worker_release(&bench->worker);
    discovery_free(bench->discovery);
    workload_release(&bench->workload);
    sim_free(bench->sim);
    buf_release(&bench->log);
}

static void run(struct bench *bench, uint64_t requests)
{
    struct worker_order order = {.task = WORKER_MEASURE, .requests = requests};
    worker_carry_out(&bench->worker, &order, &bench->report);
}

static const struct counters *counters_of(const struct bench *bench)
{
    return &bench->worker.window->counters;
}

static struct hist latency_of(const struct bench *bench)
{
    struct hist all;
    hist_init(&all);
    window_latency(bench->worker.window, &all);
    return all;
}

#define SETUP(steps_, ...)                                                                         \
    (&(struct setup){                                                                              \
        .steps = (steps_), .step_count = sizeof(steps_) / sizeof(steps_)[0], __VA_ARGS__})
#define ANSWERS(bench_, ...)                                                                       \
    struct answer list_[] = {__VA_ARGS__};                                                         \
    (bench_).answers = list_;                                                                      \
    (bench_).answer_count = sizeof list_ / sizeof list_[0]

static void expect(const struct bench *bench, const char *wanted, const char *what)
{
    tap_text(buf_text(&bench->log), wanted, "%s: what arrives", what);
    tap_int((int64_t)bench->worker.outstanding, 0, "%s: nothing is left in flight", what);
}

/* What counts as nothing, and what is sent then. */
static void test_conditions(void)
{
    static const struct {
        const char *reply;
        bool found;
    } rows[] = {
        {"$-1\r\n", false},      {"_\r\n", false},
        {"*0\r\n", false},       {"*-1\r\n", false},
        {"%0\r\n", false},       {":0\r\n", false},
        {"#f\r\n", false},       {"$0\r\n\r\n", true},
        {"$1\r\nx\r\n", true},   {":1\r\n", true},
        {"#t\r\n", true},        {"+OK\r\n", true},
        {"*1\r\n$-1\r\n", true}, {"%1\r\n+a\r\n+b\r\n", true},
    };
    static const struct step_spec steps[] = {
        {.command = "GET {key}"},
        {.command = "SET {key} miss", .when = STEP_ON_MISS},
        {.command = "SET {key} hit", .when = STEP_ON_HIT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t limit = 0; limit < 3; limit++) {
            struct bench bench;
            bench_init(&bench, SETUP(steps, .clients = 1));
            ANSWERS(bench, {.command = "GET", .replies = {rows[i].reply}},
                    {.command = "SET t:0 miss", .replies = {"$-1\r\n"}});
            bench.sim->read_limit = limit;
            run(&bench, 1);
            expect(&bench, rows[i].found ? "GET t:0\nSET t:0 hit\n" : "GET t:0\nSET t:0 miss\n",
                   "conditions");
            tap_int((int64_t)counters_of(&bench)->operations, 1, "it counts once");
            tap_int((int64_t)counters_of(&bench)->steps, 2, "steps that are sent count");
            bench_release(&bench);
        }
    }
}

/* The answer to a step that was sent on a condition is the last one. */
static void test_conditions_follow_what_was_sent(void)
{
    static const struct step_spec steps[] = {
        {.command = "GET {key}"},
        {.command = "SET {key} x", .when = STEP_ON_MISS},
        {.command = "TTL {key}", .when = STEP_ON_HIT},
    };
    struct bench bench;
    bench_init(&bench, SETUP(steps, .clients = 1));
    ANSWERS(bench, {.command = "GET", .replies = {"$-1\r\n"}});
    run(&bench, 1);
    expect(&bench, "GET t:0\nSET t:0 x\nTTL t:0\n", "a step after one that was sent");
    bench_release(&bench);
}

/* Texts of a reply that is cut anywhere. */
static void test_texts(void)
{
    static const struct step_spec steps[] = {
        {.command = "XREADGROUP GROUP g c STREAMS {key} >"},
        {.command = "XACK {key} g {reply:1} {reply:3}x", .when = STEP_ON_HIT},
        {.command = "GET {key}", .when = STEP_ON_MISS},
    };
    static const char reply[] = "*1\r\n*2\r\n$3\r\nt:0\r\n*1\r\n*2\r\n$3\r\n1-1\r\n"
                                "*2\r\n:12\r\n$-1\r\n";
    for (size_t limit = 0; limit < sizeof reply; limit++) {
        struct bench bench;
        bench_init(&bench, SETUP(steps, .clients = 1));
        ANSWERS(bench, {.command = "XREADGROUP", .replies = {reply, "*-1\r\n"}},
                {.command = "XACK", .replies = {":1\r\n"}});
        bench.sim->read_limit = limit;
        run(&bench, 2);
        expect(&bench,
               "XREADGROUP GROUP g c STREAMS t:0 >\nXACK t:0 g 1-1 x\n"
               "XREADGROUP GROUP g c STREAMS t:0 >\nGET t:0\n",
               "texts");
        bench_release(&bench);
    }
}

/* A text that is not there: the step is not sent. */
static void test_missing_text(void)
{
    static const struct step_spec steps[] = {
        {.command = "GET {key}"},
        {.command = "SET {key} {reply:1}"},
        {.command = "SET {key} y{reply}"},
    };
    struct bench bench;
    bench_init(&bench, SETUP(steps, .clients = 1));
    ANSWERS(bench, {.command = "GET", .replies = {"$2\r\nab\r\n"}});
    run(&bench, 1);
    expect(&bench, "GET t:0\nSET t:0 yab\n", "a text that is not there");
    bench_release(&bench);
}

static void test_each(void)
{
    static const struct step_spec steps[] = {
        {.command = "LRANGE {key} 0 -1"},
        {.command = "GET {key:reply}", .each = true},
        {.command = "LLEN {key}"},
    };
    struct bench bench;
    bench_init(&bench, SETUP(steps, .clients = 1));
    ANSWERS(bench,
            {.command = "LRANGE", .replies = {"*3\r\n$2\r\nm0\r\n$3\r\nm00\r\n+x\r\n", "*0\r\n"}});
    run(&bench, 2);
    expect(&bench,
           "LRANGE t:0 0 -1\nGET t:0\nGET t:0\nGET t:0\nLLEN t:0\n"
           "LRANGE t:0 0 -1\nLLEN t:0\n",
           "each text");
    tap_int((int64_t)counters_of(&bench)->operations, 2, "they count as two operations");
    tap_int((int64_t)counters_of(&bench)->steps, 7, "of so many steps");
    bench_release(&bench);
}

/* Pushes in between are no answers. */
static void test_push(void)
{
    static const struct step_spec steps[] = {
        {.command = "GET {key}"},
        {.command = "SET {key} {reply}", .when = STEP_ON_HIT},
    };
    struct bench bench;
    bench_init(&bench, SETUP(steps, .clients = 1));
    ANSWERS(bench, {.command = "GET", .replies = {">2\r\n+note\r\n+text\r\n$2\r\nab\r\n"}});
    run(&bench, 1);
    expect(&bench, "GET t:0\nSET t:0 ab\n", "a push");
    bench_release(&bench);
}

static void test_thinking(void)
{
    static const struct step_spec steps[] = {
        {.command = "GET {key}"},
        {.command = "SET {key} x", .think = 5 * MSEC},
        {.command = "TTL {key}", .think = 2 * MSEC, .when = STEP_ON_HIT},
    };
    struct bench bench;
    bench_init(&bench, SETUP(steps, .clients = 2));
    nsec before = bench.sim->now;
    run(&bench, 20);
    struct hist all = latency_of(&bench);
    tap_int((int64_t)counters_of(&bench)->operations, 20, "as many as asked");
    tap_near((double)(bench.sim->now - before), 10 * (7 * MSEC + 3 * SERVICE_US * USEC),
             10 * 3 * SERVICE_US * USEC, "two clients think at the same time");
    tap_check(hist_max(&all) < 7 * SERVICE_US * USEC, "thinking is no latency");
    tap_int((int64_t)hist_min(&all), 3 * SERVICE_US * 1000, "three steps are");
    hist_release(&all);
    struct worker_order order = {.task = WORKER_MEASURE, .duration = 11 * MSEC};
    before = bench.sim->now;
    worker_carry_out(&bench.worker, &order, &bench.report);
    tap_near((double)(bench.sim->now - before), 11 * MSEC, MSEC,
             "when the time is over nobody thinks on");
    tap_int((int64_t)counters_of(&bench)->operations, 4, "what had begun is ended");
    tap_int((int64_t)bench.worker.clients[0].in_flight, 0, "nothing is in flight");
    bench_release(&bench);
}

static void test_retries(void)
{
    static const struct step_spec steps[] = {
        {.command = "WATCH {key}"}, {.command = "GET {key}"}, {.command = "MULTI"},
        {.command = "SET {key} x"}, {.command = "EXEC"},
    };
    static const char once[] = "WATCH t:0\nGET t:0\nMULTI\nSET t:0 x\nEXEC\n";
    char wanted[512];
    struct bench bench;
    bench_init(&bench, SETUP(steps, .clients = 1, .retries = 2));
    ANSWERS(bench, {.command = "MULTI", .replies = {"+OK\r\n"}},
            {.command = "SET", .replies = {"+QUEUED\r\n"}},
            {.command = "EXEC", .replies = {"*-1\r\n", "*-1\r\n", "*1\r\n+OK\r\n", "*-1\r\n"}});
    run(&bench, 1);
    (void)snprintf(wanted, sizeof wanted, "%s%s%s", once, once, once);
    expect(&bench, wanted, "begun again");
    tap_int((int64_t)counters_of(&bench)->retries, 2, "retries are counted");
    tap_int((int64_t)counters_of(&bench)->aborted, 0, "it succeeded");
    tap_int((int64_t)counters_of(&bench)->operations, 1, "once");
    struct hist all = latency_of(&bench);
    tap_int((int64_t)hist_max(&all), 3 * 5 * SERVICE_US * 1000, "its time is that of all attempts");
    hist_release(&all);
    run(&bench, 1);
    tap_int((int64_t)counters_of(&bench)->retries, 2, "not more often than allowed");
    tap_int((int64_t)counters_of(&bench)->aborted, 1, "then it has been aborted");
    tap_int((int64_t)counters_of(&bench)->operations, 1, "and counts");
    bench_release(&bench);
}

/* What was not carried out is told, also where nothing begins it again. */
static void test_aborted(void)
{
    static const struct step_spec steps[] = {
        {.command = "WATCH {key}"},
        {.command = "MULTI"},
        {.command = "SET {key} x"},
        {.command = "EXEC"},
    };
    struct bench bench;
    bench_init(&bench, SETUP(steps, .clients = 1));
    ANSWERS(bench, {.command = "SET", .replies = {"+QUEUED\r\n"}},
            {.command = "EXEC", .replies = {"*-1\r\n", "*1\r\n+OK\r\n"}});
    run(&bench, 3);
    tap_int((int64_t)counters_of(&bench)->aborted, 1, "one was aborted");
    tap_int((int64_t)counters_of(&bench)->retries, 0, "and not begun again");
    tap_int((int64_t)counters_of(&bench)->operations, 3, "all count");
    bench_release(&bench);
}

/* An error in the transaction ends it, and nothing of it is counted twice. */
static void test_failed_transaction(void)
{
    static const struct step_spec steps[] = {
        {.command = "MULTI"},
        {.command = "SET {key} x"},
        {.command = "EXEC"},
        {.command = "GET {key}"},
    };
    struct bench bench;
    bench_init(&bench, SETUP(steps, .clients = 1));
    ANSWERS(bench, {.command = "SET", .replies = {"-OOM no\r\n", "+QUEUED\r\n"}},
            {.command = "EXEC", .replies = {"-EXECABORT no\r\n", "*1\r\n+OK\r\n"}});
    run(&bench, 2);
    expect(&bench, "MULTI\nSET t:0 x\nEXEC\nMULTI\nSET t:0 x\nEXEC\nGET t:0\n", "a transaction");
    tap_int((int64_t)counters_of(&bench)->errors[REPLY_ERROR_OOM], 1, "the first error counts");
    tap_int((int64_t)counters_errors(counters_of(&bench)), 1, "and only that");
    tap_int((int64_t)counters_of(&bench)->operations, 1, "the other operation succeeds");
    bench_release(&bench);
}

static void test_scripts(void)
{
    static const struct source_spec script = {"one", "return 1"};
    static const struct step_spec steps[] = {{.command = "EVALSHA {script:one} 1 {key}"}};
    static const char call[] = "EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 1 t:0\n";
    char wanted[512];
    struct bench bench;
    bench_init(&bench, SETUP(steps, .clients = 1, .script = &script));
    ANSWERS(bench, {.command = "SCRIPT", .replies = {"+x\r\n"}},
            {.command = "EVALSHA", .replies = {":1\r\n", "-NOSCRIPT no\r\n", ":1\r\n"}});
    run(&bench, 2);
    (void)snprintf(wanted, sizeof wanted, "%s%sSCRIPT LOAD return 1\n%s", call, call, call);
    expect(&bench, wanted, "a script that was lost");
    tap_int((int64_t)counters_of(&bench)->scripts_loaded, 1, "loading it again is counted");
    tap_int((int64_t)counters_of(&bench)->operations, 2, "both operations succeed");
    tap_int((int64_t)counters_errors(counters_of(&bench)), 0, "without an error");
    bench_release(&bench);
}

/* In a transaction it is too late for this one. */
static void test_scripts_in_transactions(void)
{
    static const struct source_spec script = {"one", "return 1"};
    static const struct step_spec steps[] = {
        {.command = "MULTI"},
        {.command = "EVALSHA {script:one} 1 {key}"},
        {.command = "EXEC"},
    };
    struct bench bench;
    bench_init(&bench, SETUP(steps, .clients = 1, .script = &script));
    ANSWERS(bench, {.command = "EVALSHA", .replies = {"+QUEUED\r\n"}},
            {.command = "EXEC", .replies = {"*1\r\n-NOSCRIPT no\r\n", "*1\r\n:1\r\n"}});
    run(&bench, 3);
    tap_int((int64_t)counters_of(&bench)->errors[REPLY_ERROR_NOSCRIPT], 1, "one fails");
    tap_int((int64_t)counters_of(&bench)->operations, 2, "the others do not");
    tap_int((int64_t)counters_of(&bench)->scripts_loaded, 1, "for it was loaded");
    tap_check(strstr(buf_text(&bench.log), "SCRIPT LOAD return 1\n") != NULL, "again");
    bench_release(&bench);
}

/* In an open loop, over several connections, and with a deep pipeline. */
static void test_many(void)
{
    static const struct step_spec steps[] = {
        {.command = "GET {key}"},
        {.command = "SET {key} {reply}", .when = STEP_ON_HIT},
        {.command = "LPUSH {key} {reply}", .when = STEP_ON_MISS},
    };
    static const struct {
        uint32_t clients;
        uint32_t pipeline;
        double rate;
        nsec think;
    } rows[] = {{8, 1, 0, 0},    {1, 16, 0, 0},   {4, 8, 0, 0},
                {4, 1, 2000, 0}, {4, 4, 4000, 0}, {4, 2, 0, MSEC}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench bench;
        bench_init(&bench, SETUP(steps, .clients = rows[i].clients, .pipeline = rows[i].pipeline,
                                 .rate = rows[i].rate, .think = rows[i].think));
        bench.sim->read_limit = 7;
        run(&bench, 300);
        uint64_t allocations = mem_allocations();
        bench.log.len = 0;
        run(&bench, 300);
        tap_int((int64_t)counters_of(&bench)->operations, 300, "row %zu: all are done", i);
        tap_int((int64_t)counters_of(&bench)->steps, 600, "row %zu: in two steps each", i);
        tap_int((int64_t)counters_errors(counters_of(&bench)), 0, "row %zu: no errors", i);
        tap_check(mem_allocations() - allocations < 4, "row %zu: nothing is allocated for them", i);
        tap_check(strstr(buf_text(&bench.log), "SET t:0 hello\n") != NULL, "row %zu: the text", i);
        tap_check(strstr(buf_text(&bench.log), "LPUSH") == NULL, "row %zu: nothing else", i);
        bench_release(&bench);
    }
}

/* What was lost with its connection is over, and its place is free. */
static void test_lost(void)
{
    static const struct step_spec steps[] = {
        {.command = "GET {key}"},
        {.command = "MULTI"},
        {.command = "SET {key} {value}"},
        {.command = "EXEC"},
        {.command = "TTL {key}", .think = MSEC},
    };
    struct bench bench;
    bench_init(&bench, SETUP(steps, .clients = 4));
    bench.sim->close_at = bench.sim->now + 50 * MSEC;
    bench.sim->down_until = bench.sim->now + 60 * MSEC;
    struct worker_order order = {.task = WORKER_MEASURE, .duration = 200 * MSEC};
    worker_carry_out(&bench.worker, &order, &bench.report);
    uint64_t lost = counters_of(&bench)->errors[REPLY_ERROR_LOST];
    tap_check(lost >= 1 && lost <= 4, "at most one operation of each client is lost (%d)",
              (int)lost);
    tap_check(counters_of(&bench)->operations > 100, "and it goes on");
    for (int i = 0; i < 4; i++) {
        tap_int((int64_t)bench.worker.clients[i].in_flight, 0, "client %d has nothing in flight",
                i);
    }
    bench_release(&bench);
}

/* A value that is sent from where it lies, in a step that depends on a reply. */
static void test_large_value(void)
{
    static const struct step_spec steps[] = {
        {.command = "GET {key}"},
        {.command = "SET {key} {value}", .when = STEP_ON_MISS},
    };
    enum { SIZE = 3 * 1024 * 1024 };
    struct bench bench;
    bench_init(&bench, SETUP(steps, .value_size = SIZE));
    ANSWERS(bench, {.command = "GET", .replies = {"$-1\r\n"}});
    run(&bench, 2);
    tap_int((int64_t)counters_of(&bench)->operations, 2, "both are answered");
    tap_check(counters_of(&bench)->bytes_sent > 2 * SIZE, "and the values were sent");
    bench_release(&bench);
}

/* QUEUED is no value that was found. */
static void test_queued_reads(void)
{
    static const struct step_spec steps[] = {
        {.command = "GET {key}"},
        {.command = "MULTI"},
        {.command = "GET {key}"},
        {.command = "EXEC"},
    };
    struct bench bench;
    bench_init(&bench, SETUP(steps, .clients = 1));
    ANSWERS(bench, {.command = "GET", .replies = {"$1\r\nv\r\n", "+QUEUED\r\n"}});
    run(&bench, 1);
    tap_int((int64_t)counters_of(&bench)->hits, 1, "a read that was answered is a hit");
    tap_int((int64_t)counters_of(&bench)->steps, 4, "among four steps");
    bench_release(&bench);
}

int main(void)
{
    test_large_value();
    test_queued_reads();
    test_conditions();
    test_conditions_follow_what_was_sent();
    test_texts();
    test_missing_text();
    test_each();
    test_push();
    test_thinking();
    test_retries();
    test_aborted();
    test_failed_transaction();
    test_scripts();
    test_scripts_in_transactions();
    test_many();
    test_lost();
    return tap_end();
}
