/* A worker against a model server in virtual time: what it reports must be exactly what happened.
 */
#include "engine/worker.h"

#include "base/mem.h"
#include "redis/reply_error.h"
#include "support/sim.h"
#include "support/tap.h"

#define USEC NSEC_PER_USEC
#define MSEC NSEC_PER_MSEC

struct bench {
    struct sim *sim;
    struct endpoint endpoint;
    struct workload workload;
    struct load_spec load;
    struct discovery *discovery;
    struct worker worker;
    struct worker_report report;
};

struct setup {
    nsec service;
    uint32_t clients;
    uint32_t pipeline;
    uint32_t writes;
    uint32_t reads;
    nsec timeout;
    uint64_t seed;
    struct load_spec load; /* what the others do not say */
    bool is_general;       /* never the quick way */
    struct workload_spec workload;
};

static const struct setup usual = {
    .service = 100 * USEC,
    .clients = 4,
    .pipeline = 1,
    .writes = 1,
    .reads = 4,
    .timeout = 5 * NSEC_PER_SEC,
    .seed = 7,
};

static void bench_init(struct bench *bench, const struct setup *setup)
{
    struct workload_spec spec = setup->workload;
    spec.writes = setup->writes;
    spec.reads = setup->reads;
    spec.keys = 100;
    spec.key_prefix = "t:";
    spec.value_size_low = 10;
    spec.value_size_high = spec.value_size_high > 0 ? spec.value_size_high : 10;
    *bench = (struct bench){.sim = sim_new(setup->service)};
    workload_init(&bench->workload, &spec, 1);
    bench->endpoint = (struct endpoint){.transport = &bench->sim->transport, .name = "sim"};
    bench->load = setup->load;
    bench->load.clients = setup->clients;
    bench->load.pipeline = setup->pipeline;
    bench->load.timeout = setup->timeout;
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
        .clients = setup->clients,
        .protocol = 2,
        .seed = setup->seed,
        .is_general = setup->is_general,
    };
    worker_init(&bench->worker, &config);
}

static void bench_release(struct bench *bench)
{
    worker_release(&bench->worker);
    discovery_free(bench->discovery);
    workload_release(&bench->workload);
    sim_free(bench->sim);
}

static void carry_out(struct bench *bench, const struct worker_order *order)
{
    worker_carry_out(&bench->worker, order, &bench->report);
}

static void bench_connect(struct bench *bench)
{
    struct worker_order order = {.task = WORKER_CONNECT};
    carry_out(bench, &order);
}

static const struct counters *counters_of(const struct bench *bench)
{
    return &bench->worker.window->counters;
}

static double seconds_of(const struct bench *bench)
{
    return (double)(bench->report.end - bench->report.start) / (double)NSEC_PER_SEC;
}

static struct hist latency_of(const struct bench *bench)
{
    struct hist all;
    hist_init(&all);
    window_latency(bench->worker.window, &all);
    return all;
}

/* n clients at a server that takes s per command: n/s is the rate, and each waits n*s. */
static void test_closed_loop(void)
{
    struct bench bench;
    bench_init(&bench, &usual);
    bench_connect(&bench);
    tap_int(bench.worker.ready, 4, "all connections are ready");
    struct worker_order order = {
        .task = WORKER_MEASURE, .settle = 10 * MSEC, .duration = 1000 * MSEC};
    carry_out(&bench, &order);
    struct hist all = latency_of(&bench);
    tap_near((double)counters_of(&bench)->operations / seconds_of(&bench), 10000, 10,
             "the rate is one per service time");
    tap_int((int64_t)hist_min(&all), 100 * 4 * 1000, "each operation waits for all clients");
    tap_near((double)hist_percentile(&all, 99.9), 400000, 400, "p99.9 too");
    tap_int((int64_t)(bench.report.operations_all - counters_of(&bench)->operations), 99,
            "what settled is not recorded, and counted apart");
    tap_check(bench.report.end - bench.report.start >= 1000 * MSEC, "measured as long as asked");
    tap_int((int64_t)bench.worker.outstanding, 0, "nothing is in flight at the end");
    uint64_t gets = bench.worker.window->commands[0].count;
    tap_near((double)gets / (double)counters_of(&bench)->operations, 0.8, 0.02,
             "four reads to a write");
    tap_int((int64_t)counters_of(&bench)->hits, (int64_t)gets, "every read is a hit");
    hist_release(&all);
    bench_release(&bench);
}

static void test_calls_and_allocations(void)
{
    struct setup deep = usual;
    deep.pipeline = 16;
    deep.clients = 1;
    deep.service = 0; /* a whole batch is answered at once */
    struct bench bench;
    bench_init(&bench, &deep);
    bench_connect(&bench);
    struct worker_order warm = {.task = WORKER_MEASURE, .requests = 160};
    carry_out(&bench, &warm);
    uint64_t reads = bench.sim->read_calls;
    uint64_t writes = bench.sim->write_calls;
    uint64_t allocations = mem_allocations();
    struct worker_order order = {.task = WORKER_MEASURE, .requests = 16000};
    carry_out(&bench, &order);
    tap_int((int64_t)(mem_allocations() - allocations), 0, "no allocation per operation");
    tap_int((int64_t)counters_of(&bench)->operations, 16000, "exactly the requests asked for");
    tap_int((int64_t)(bench.sim->read_calls - reads), 1000, "one read per batch of 16");
    tap_int((int64_t)(bench.sim->write_calls - writes), 1000, "one write per batch of 16");
    tap_int((int64_t)counters_of(&bench)->reads, 1000, "reads are counted");
    tap_int((int64_t)counters_of(&bench)->writes, 1000, "writes are counted");
    bench_release(&bench);
}

/* A stall that outlasts the slice is in its figures: nothing is cut off at the end. */
static void test_stall_at_end(void)
{
    struct bench bench;
    bench_init(&bench, &usual);
    bench_connect(&bench);
    bench.sim->stall_from = bench.sim->now + 990 * MSEC;
    bench.sim->stall_until = bench.sim->now + 1490 * MSEC;
    struct worker_order order = {.task = WORKER_MEASURE, .duration = 1000 * MSEC};
    carry_out(&bench, &order);
    tap_near(seconds_of(&bench), 1.4904, 0.001, "the slice lasts until the last reply");
    struct hist all = latency_of(&bench);
    tap_near((double)hist_max(&all), 500.4e6, 0.2e6, "the stall is the maximum");
    tap_int((int64_t)(all.count - hist_count_at_or_below(&all, MSEC)), 4,
            "each client saw it once");
    hist_release(&all);
    bench_release(&bench);
}

static void test_errors_and_misses(void)
{
    struct bench bench;
    bench_init(&bench, &usual);
    bench_connect(&bench);
    bench.sim->fail_every = 10;
    struct worker_order order = {.task = WORKER_MEASURE, .requests = 1000};
    carry_out(&bench, &order);
    tap_int((int64_t)counters_of(&bench)->errors[REPLY_ERROR_OOM], 100, "errors by kind");
    tap_int((int64_t)counters_of(&bench)->operations, 900, "an error is not a success");
    struct hist all = latency_of(&bench);
    tap_int((int64_t)all.count, 900, "and has no latency");
    hist_release(&all);
    bench.sim->fail_every = 0;
    bench.sim->miss_every = 4;
    bench.sim->gets = 0;
    carry_out(&bench, &order);
    uint64_t gets = bench.sim->gets;
    tap_int((int64_t)counters_of(&bench)->misses, (int64_t)(gets / 4), "misses");
    tap_int((int64_t)counters_of(&bench)->hits, (int64_t)(gets - gets / 4), "hits");
    bench_release(&bench);
}

static void test_lost_connections(void)
{
    struct bench bench;
    bench_init(&bench, &usual);
    bench_connect(&bench);
    nsec start = bench.sim->now;
    bench.sim->close_at = start + 500 * MSEC;
    bench.sim->down_until = start + 700 * MSEC;
    struct worker_order order = {.task = WORKER_MEASURE, .duration = 2000 * MSEC};
    carry_out(&bench, &order);
    const struct counters *counters = counters_of(&bench);
    tap_int((int64_t)counters->lost_connections, 4, "every connection is lost once");
    tap_int((int64_t)counters->errors[REPLY_ERROR_LOST], 4, "with what was in flight");
    tap_int((int64_t)bench.sim->opened, 8, "every one comes back");
    /* Each opens its session with one command, which the server answers one after the other. */
    tap_int((int64_t)counters->longest_gap_ns, 310 * MSEC + 400 * USEC,
            "the gap lasts until the attempt after the server is back (10+20+40+80+160 ms)");
    tap_int((int64_t)counters->gaps_ns, 4 * 310 * MSEC + 1000 * USEC, "summed over connections");
    tap_near((double)counters->operations, 16900, 10, "and the run goes on");
    tap_check(!bench.report.failed, "which is no failure");
    bench_release(&bench);
}

/* A reply too many must not be taken for that of an operation not yet sent. */
static void test_reply_too_many(void)
{
    struct bench bench;
    bench_init(&bench, &usual);
    bench_connect(&bench);
    bench.sim->twice_at = 100;
    struct worker_order order = {.task = WORKER_MEASURE, .requests = 1000};
    carry_out(&bench, &order);
    const struct counters *counters = counters_of(&bench);
    tap_int((int64_t)counters->lost_connections, 1, "a reply too many costs the connection");
    tap_int((int64_t)counters->errors[REPLY_ERROR_PROTOCOL], 1, "and what it was about to send");
    tap_int((int64_t)counters->operations, 999, "nothing else");
    bench_release(&bench);
}

static void test_timeout(void)
{
    struct setup hasty = usual;
    hasty.timeout = 300 * MSEC;
    struct bench bench;
    bench_init(&bench, &hasty);
    bench_connect(&bench);
    bench.sim->stall_from = bench.sim->now + 100 * MSEC;
    bench.sim->stall_until = bench.sim->now + 3600 * NSEC_PER_SEC;
    struct worker_order order = {.task = WORKER_MEASURE, .duration = 1000 * MSEC};
    carry_out(&bench, &order);
    const struct counters *counters = counters_of(&bench);
    tap_check(counters->errors[REPLY_ERROR_TIMEOUT] >= 4, "no reply in time is an error");
    tap_int((int64_t)counters->operations, 1000, "what was answered counts");
    tap_check(seconds_of(&bench) < 1.5, "nothing hangs");
    bench_release(&bench);
}

static const char *cut_short(void *self, const struct sim_command *command)
{
    (void)self;
    return str_eq(command->name, STR("CLIENT")) ? NULL : "$100\r\nabc";
}

static void test_server_gone(void)
{
    struct setup hasty = usual;
    hasty.timeout = 300 * MSEC;
    struct bench bench;
    bench_init(&bench, &hasty);
    bench_connect(&bench);
    bench.sim->close_at = bench.sim->now + 50 * MSEC;
    bench.sim->down_until = UINT64_MAX;
    struct worker_order order = {.task = WORKER_MEASURE, .requests = 1000000};
    carry_out(&bench, &order);
    tap_check(bench.report.failed, "a server that does not come back ends a count of requests");
    tap_text(bench.report.problem.text, "sim: connection refused", "with the reason");
    bench_release(&bench);
}

/* Whoever begins each reply and ends none has answered nothing. */
static void test_replies_cut_short(void)
{
    struct setup hasty = usual;
    hasty.timeout = 300 * MSEC;
    struct bench bench;
    bench_init(&bench, &hasty);
    bench_connect(&bench);
    nsec start = bench.sim->now;
    bench.sim->script = cut_short;
    struct worker_order order = {.task = WORKER_MEASURE, .requests = 1000000};
    carry_out(&bench, &order);
    tap_check(bench.report.failed, "replies cut short end a count of requests");
    tap_text(bench.report.problem.text, "sim: no reply in time", "with the reason");
    tap_check(bench.sim->now - start < 1200 * MSEC, "after twice the time for one: %llu ns",
              (unsigned long long)(bench.sim->now - start));
    tap_int((int64_t)counters_of(&bench)->operations, 0, "nothing is counted as done");
    bench_release(&bench);
}

static void test_connect_failure(void)
{
    struct bench bench;
    bench_init(&bench, &usual);
    bench.sim->down_until = UINT64_MAX;
    bench_connect(&bench);
    tap_check(bench.report.failed, "the first connection that fails ends connecting");
    tap_text(bench.report.problem.text, "sim: connection refused", "with the reason");
    bench_release(&bench);
}

static void test_sweep(void)
{
    struct bench bench;
    bench_init(&bench, &usual);
    bench_connect(&bench);
    bench.sim->keep_log = true;
    struct worker_order order = {
        .task = WORKER_SWEEP, .operation = bench.workload.data[0].load_operation, .last = 100};
    carry_out(&bench, &order);
    tap_int((int64_t)counters_of(&bench)->operations, 100, "every key is stored once");
    for (int key = 0; key < 100; key += 33) {
        char wanted[64];
        (void)snprintf(wanted, sizeof wanted, "*3\r\n$3\r\nSET\r\n$4\r\nt:%02d\r\n$10\r\n", key);
        tap_check(memmem(bench.sim->log.data, bench.sim->log.len, wanted, strlen(wanted)) != NULL,
                  "key %d among them", key);
    }
    order.operation = bench.workload.data[0].remove_operation;
    carry_out(&bench, &order);
    tap_int((int64_t)counters_of(&bench)->operations, 100, "and removed by name");
    bench_release(&bench);
}

static void test_short_writes(void)
{
    struct setup deep = usual;
    deep.pipeline = 8;
    struct bench bench;
    bench_init(&bench, &deep);
    bench_connect(&bench);
    bench.sim->write_limit = 13;
    struct worker_order order = {.task = WORKER_MEASURE, .requests = 1000};
    carry_out(&bench, &order);
    tap_int((int64_t)counters_of(&bench)->operations, 1000, "writes cut short lose nothing");
    tap_int((int64_t)bench.sim->commands, 1000 + deep.clients, "and repeat nothing");
    bench_release(&bench);
}

/* All bytes that a bench of this seed sends in two slices. */
static struct buf bytes_of(uint64_t seed)
{
    struct setup setup = usual;
    setup.seed = seed;
    setup.clients = 1;
    struct bench bench;
    bench_init(&bench, &setup);
    bench_connect(&bench);
    bench.sim->keep_log = true;
    struct worker_order order = {.task = WORKER_MEASURE, .requests = 500};
    carry_out(&bench, &order);
    carry_out(&bench, &order);
    struct buf log = bench.sim->log;
    bench.sim->log = (struct buf){0};
    bench_release(&bench);
    return log;
}

static void test_same_stream(void)
{
    struct buf a = bytes_of(7);
    struct buf b = bytes_of(7);
    struct buf c = bytes_of(8);
    tap_check(str_eq(buf_str(&a), buf_str(&b)), "the same seed sends the same bytes");
    tap_check(!str_eq(buf_str(&a), buf_str(&c)), "another seed sends others");
    buf_release(&a);
    buf_release(&b);
    buf_release(&c);
}

/* ---- the quick way and the general one ---- */

/* What may happen on the way. */
struct trouble {
    uint64_t fail_every;
    uint64_t miss_every;
    uint64_t twice_at;
    size_t write_limit;
    nsec close_after;
    nsec stall_after;
};

static void run_way(struct bench *bench, const struct setup *setup, const struct trouble *trouble,
                    bool is_general)
{
    struct setup way = *setup;
    way.is_general = is_general;
    bench_init(bench, &way);
    bench_connect(bench);
    struct sim *sim = bench->sim;
    sim->keep_log = true;
    sim->fail_every = trouble->fail_every;
    sim->miss_every = trouble->miss_every;
    sim->twice_at = trouble->twice_at;
    sim->write_limit = trouble->write_limit;
    sim->close_at = trouble->close_after > 0 ? sim->now + trouble->close_after : 0;
    sim->stall_from = sim->now + trouble->stall_after;
    sim->stall_until = trouble->stall_after > 0 ? sim->stall_from + 450 * MSEC : 0;
    struct worker_order order = {.task = WORKER_MEASURE, .settle = MSEC, .duration = 300 * MSEC};
    if (setup->service > 0) { /* else time does not pass */
        carry_out(bench, &order);
    }
    order = (struct worker_order){.task = WORKER_MEASURE, .requests = 997};
    carry_out(bench, &order);
}

static bool same_windows(const struct hist_window *a, const struct hist_window *b)
{
    struct counters left = a->counters;
    struct counters right = b->counters;
    left.busiest_ns = right.busiest_ns = 0; /* real processor time: the rest is virtual */
    bool same = memcmp(&left, &right, sizeof left) == 0 && a->end == b->end &&
                a->node_operations[0] == b->node_operations[0];
    for (size_t i = 0; i < a->command_count; i++) {
        const struct hist *one = &a->commands[i];
        const struct hist *other = &b->commands[i];
        same = same && one->count == other->count && one->min == other->min &&
               one->max == other->max && one->sum == other->sum &&
               memcmp(one->counts, other->counts, HIST_BUCKETS * sizeof one->counts[0]) == 0;
    }
    return same;
}

/* Sends the same and counts the same, whatever comes in between. */
static void test_two_ways(void)
{
    static const struct step_spec get[] = {{.command = "GET {key}"}};
    static const struct step_spec set[] = {{.command = "SET {key} {value}"}};
    static const struct step_spec add[] = {{.command = "ZADD {key} {score} {member}"}};
    static const struct operation_spec three[] = {
        {.name = "get", .weight = 3, .steps = get, .step_count = 1},
        {.name = "set", .weight = 2, .steps = set, .step_count = 1},
        {.name = "add", .weight = 1, .steps = add, .step_count = 1}};
    static const struct workload_spec plain = {0};
    static const struct workload_spec zipf = {.key_distribution = KEYS_ZIPF, .zipf_theta = 0.9};
    static const struct workload_spec sized = {.value_size_high = 300};
    static const struct workload_spec patterns = {
        .operations = three, .operation_count = 3, .elements = 10};
    static const struct workload_spec *const workloads[] = {&plain, &zipf, &sized, &patterns};
    static const struct trouble troubles[] = {
        {0},
        {.miss_every = 3},
        {.fail_every = 7},
        {.miss_every = 5, .fail_every = 11, .write_limit = 13},
        {.twice_at = 500},
        {.close_after = 100 * MSEC + 50 * USEC},
        {.stall_after = 20 * MSEC},
    };
    static const uint32_t depths[] = {1, 16, 5};
    for (size_t i = 0; i < sizeof workloads / sizeof workloads[0]; i++) {
        for (size_t k = 0; k < sizeof troubles / sizeof troubles[0]; k++) {
            for (size_t d = 0; d < sizeof depths / sizeof depths[0]; d++) {
                struct setup setup = usual;
                setup.workload = *workloads[i];
                setup.pipeline = depths[d];
                setup.timeout = 300 * MSEC;
                setup.service = d == 1 ? 0 : 100 * USEC; /* 0: replies come together */
                struct bench quick;
                struct bench general;
                run_way(&quick, &setup, &troubles[k], false);
                run_way(&general, &setup, &troubles[k], true);
                tap_check(quick.worker.is_quick && !general.worker.is_quick &&
                              same_windows(quick.worker.window, general.worker.window) &&
                              str_eq(buf_str(&quick.sim->log), buf_str(&general.sim->log)),
                          "workload %zu, trouble %zu, depth %u: both ways do the same", i, k,
                          depths[d]);
                bench_release(&quick);
                bench_release(&general);
            }
        }
    }
}

/* A second step is sent when the first one's reply has come; the operation counts once. */
static void test_two_steps(void)
{
    static const char *const words[] = {"GET", "{key}"};
    struct setup one = usual;
    one.clients = 1;
    one.writes = 0;
    struct bench bench;
    bench_init(&bench, &one);
    struct workload_operation *operation = &bench.workload.operations[0];
    template_init(&operation->steps[1].command, words, 2, &bench.workload.data[0].key_format,
                  &bench.workload.data[0].values);
    operation->step_count = 2;
    bench_connect(&bench);
    struct worker_order order = {.task = WORKER_MEASURE, .requests = 100};
    carry_out(&bench, &order);
    struct hist all = latency_of(&bench);
    tap_int((int64_t)counters_of(&bench)->operations, 100, "an operation of two steps counts once");
    tap_int((int64_t)counters_of(&bench)->steps, 200, "its steps twice");
    tap_int((int64_t)hist_min(&all), 200 * 1000, "its time is that of both");
    hist_release(&all);
    bench_release(&bench);
}

int main(void)
{
    test_closed_loop();
    test_calls_and_allocations();
    test_stall_at_end();
    test_errors_and_misses();
    test_lost_connections();
    test_reply_too_many();
    test_timeout();
    test_server_gone();
    test_replies_cut_short();
    test_connect_failure();
    test_sweep();
    test_short_writes();
    test_same_stream();
    test_two_ways();
    test_two_steps();
    return tap_end();
}
