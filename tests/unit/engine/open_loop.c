/* Workers that send when a schedule says so, against a model server in virtual time: what they
 * report must be what a queue with those arrivals gives, to the nanosecond. */
#include "engine/worker.h"

#include "base/mem.h"
#include "redis/reply_error.h"
#include "support/sim.h"
#include "support/tap.h"

#define USEC NSEC_PER_USEC
#define MSEC NSEC_PER_MSEC

struct rig {
    struct sim *sim;
    struct endpoint endpoint;
    struct workload workload;
    struct load_spec load;
    struct discovery *discovery;
    struct worker worker;
    struct worker_report report;
};

static void rig_init(struct rig *rig, const struct load_spec *load, nsec service)
{
    struct workload_spec spec = {
        .writes = 1,
        .reads = 4,
        .keys = 100,
        .key_prefix = "t:",
        .value_size_low = 10,
        .value_size_high = 10,
    };
    *rig = (struct rig){.sim = sim_new(service), .load = *load};
    workload_init(&rig->workload, &spec, 1);
    rig->endpoint = (struct endpoint){.transport = &rig->sim->transport, .name = "sim"};
    struct topology *topology = mem_alloc(sizeof *topology);
    topology_init_single(topology, &rig->endpoint);
    topology->nodes[0].address.len = 1; /* of no meaning here, but there */
    rig->discovery = discovery_new(NULL, topology, 0, NULL);
    mem_free(topology);
    struct worker_config config = {
        .clock = &rig->sim->clock,
        .loop = &rig->sim->loop,
        .endpoint = &rig->endpoint,
        .discovery = rig->discovery,
        .workload = &rig->workload,
        .load = &rig->load,
        .workers = 1,
        .clients = load->clients,
        .protocol = 2,
        .seed = 7,
    };
    worker_init(&rig->worker, &config);
    struct worker_order connect = {.task = WORKER_CONNECT};
    worker_carry_out(&rig->worker, &connect, &rig->report);
}

static void rig_release(struct rig *rig)
{
    worker_release(&rig->worker);
    discovery_free(rig->discovery);
    workload_release(&rig->workload);
    sim_free(rig->sim);
}

static void measure(struct rig *rig, nsec duration)
{
    struct worker_order order = {.task = WORKER_MEASURE, .duration = duration, .run = duration};
    worker_carry_out(&rig->worker, &order, &rig->report);
}

static const struct counters *counters_of(const struct rig *rig)
{
    return &rig->worker.window->counters;
}

static struct hist latency_of(const struct rig *rig)
{
    struct hist all;
    hist_init(&all);
    window_latency(rig->worker.window, &all);
    return all;
}

static struct load_spec open_load(double rate, enum arrival arrival)
{
    return (struct load_spec){
        .clients = 50,
        .threads = 1,
        .pipeline = 1,
        .timeout = 5 * NSEC_PER_SEC,
        .profile = {.shape = LOAD_FLAT, .rates = {rate}, .rate_count = 1},
        .arrival = arrival,
    };
}

static void check_sum(const struct rig *rig, const char *what)
{
    const struct counters *counters = counters_of(rig);
    tap_int((int64_t)(counters->operations + counters_errors(counters) + counters->outstanding),
            (int64_t)counters->intended, "%s: completed, failed and outstanding are all intended",
            what);
}

/* A server that is free at every arrival. */
static void test_even_arrivals(void)
{
    struct rig rig;
    struct load_spec load = open_load(1000, ARRIVAL_CONSTANT);
    rig_init(&rig, &load, 100 * USEC);
    measure(&rig, NSEC_PER_SEC);
    struct hist all = latency_of(&rig);
    const struct hist_window *window = rig.worker.window;
    tap_int((int64_t)counters_of(&rig)->intended, 1000, "as many as the rate says");
    tap_int((int64_t)counters_of(&rig)->sent, 1000, "all are sent");
    tap_int((int64_t)counters_of(&rig)->operations, 1000, "and completed");
    tap_int((int64_t)counters_of(&rig)->late, 0, "none late");
    tap_int((int64_t)hist_min(&all), 100000, "each takes the service time");
    tap_int((int64_t)hist_max(&all), 100000, "no more");
    tap_int((int64_t)hist_max(&window->service), 100000, "which is the service time, too");
    tap_int((int64_t)window->send_lag.count, 1000, "each has a send lag");
    tap_int((int64_t)hist_max(&window->send_lag), 0, "of nothing");
    tap_int((int64_t)rig.report.offered, (int64_t)NSEC_PER_SEC, "offered for the whole time");
    check_sum(&rig, "even");
    hist_release(&all);
    rig_release(&rig);
}

/* Awake before a moment: asks for events only while there is a reply to wait for. */
static void test_awake(void)
{
    static const struct {
        double rate;
        nsec service;
        uint64_t polls; /* per operation, at most */
    } rows[] = {
        {1000, 100 * USEC, 3}, /* the reply comes while it sleeps, the moment while it is awake */
        {12500, 5 * USEC, 8},  /* always awake, and mostly without anything in flight */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig rig;
        struct load_spec load = open_load(rows[i].rate, ARRIVAL_CONSTANT);
        rig_init(&rig, &load, rows[i].service);
        rig.worker.config.spin = 100 * USEC;
        rig.sim->reading = USEC;
        measure(&rig, NSEC_PER_SEC);
        struct hist all = latency_of(&rig);
        const struct hist_window *window = rig.worker.window;
        tap_int((int64_t)counters_of(&rig)->operations, (int64_t)rows[i].rate, "awake %zu: all", i);
        tap_check(hist_max(&window->send_lag) <= 3 * USEC, "awake %zu: at their moments", i);
        tap_check(hist_max(&all) <= rows[i].service + 6 * USEC, "awake %zu: replies are seen", i);
        tap_check(counters_of(&rig)->polls <= rows[i].polls * counters_of(&rig)->operations,
                  "awake %zu: with few polls (%.1f)", i,
                  (double)counters_of(&rig)->polls / rows[i].rate);
        tap_check(rig.report.spun > NSEC_PER_SEC / 20 && rig.report.spun < NSEC_PER_SEC,
                  "awake %zu: the time is counted", i);
        hist_release(&all);
        rig_release(&rig);
    }
}

/* The response times of a first-in-first-out queue with the arrivals of the rig's schedule. */
static struct hist queue(const struct rig *rig, nsec service, nsec stall_from, nsec stall_until,
                         nsec duration)
{
    struct hist expected;
    struct schedule *schedule = mem_alloc(sizeof *schedule);
    nsec free_at = 0;
    hist_init(&expected);
    schedule_init(schedule, &rig->load, duration, rng_derive(7, 1), (struct schedule_share){0, 1});
    while (schedule->next < duration) {
        nsec arrival = schedule->next;
        nsec begin = arrival > free_at ? arrival : free_at;
        if (begin >= stall_from && begin < stall_until) {
            begin = stall_until;
        }
        free_at = begin + service;
        hist_record(&expected, free_at - arrival);
        schedule_advance(schedule);
    }
    mem_free(schedule);
    return expected;
}

static void same_distribution(const struct hist *got, const struct hist *expected, const char *what)
{
    static const double percents[] = {50, 90, 99, 99.9, 99.99, 100};
    tap_int((int64_t)got->count, (int64_t)expected->count, "%s: count", what);
    for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++) {
        tap_int((int64_t)hist_percentile(got, percents[i]),
                (int64_t)hist_percentile(expected, percents[i]), "%s: p%g", what, percents[i]);
    }
    tap_near(hist_mean(got), hist_mean(expected), 1, "%s: mean", what);
}

static void test_poisson_queue(void)
{
    struct rig rig;
    struct load_spec load = open_load(8000, ARRIVAL_POISSON);
    rig_init(&rig, &load, 100 * USEC);
    measure(&rig, 2 * NSEC_PER_SEC);
    struct hist all = latency_of(&rig);
    struct hist expected = queue(&rig, 100 * USEC, 0, 0, 2 * NSEC_PER_SEC);
    same_distribution(&all, &expected, "poisson");
    tap_near((double)counters_of(&rig)->intended / 2, 8000, 8000 * 0.005, "the rate is reached");
    check_sum(&rig, "poisson");
    hist_release(&all);
    hist_release(&expected);
    rig_release(&rig);
}

/* A server that stands still for half a second, while users go on coming. */
static void test_stall(void)
{
    struct rig rig;
    struct load_spec load = open_load(10000, ARRIVAL_CONSTANT);
    rig_init(&rig, &load, 10 * USEC);
    nsec start = rig.sim->now;
    rig.sim->stall_from = start + 5 * NSEC_PER_SEC;
    rig.sim->stall_until = rig.sim->stall_from + 500 * MSEC;
    measure(&rig, 10 * NSEC_PER_SEC);
    struct hist all = latency_of(&rig);
    struct hist expected =
        queue(&rig, 10 * USEC, 5 * NSEC_PER_SEC, 5 * NSEC_PER_SEC + 500 * MSEC, 10 * NSEC_PER_SEC);
    same_distribution(&all, &expected, "stall");
    tap_check(hist_percentile(&all, 99) > 400 * MSEC, "stall: one in a hundred felt it");
    tap_check(hist_percentile(&rig.worker.window->service, 99) < 10 * MSEC,
              "stall: the service time hides it");
    tap_check(counters_of(&rig)->late > 4000, "stall: those sent late are counted");
    tap_check(hist_max(&rig.worker.window->send_lag) < MSEC,
              "stall: but that was not the load generator's doing");
    check_sum(&rig, "stall");
    hist_release(&all);
    hist_release(&expected);
    rig_release(&rig);
}

/* The same stall, and nobody asks while it lasts. */
static void test_closed_loop_hides_it(void)
{
    struct rig rig;
    struct load_spec load = open_load(0, ARRIVAL_CONSTANT);
    load.profile.shape = LOAD_CLOSED;
    load.clients = 4;
    rig_init(&rig, &load, 10 * USEC);
    rig.sim->stall_from = rig.sim->now + NSEC_PER_SEC;
    rig.sim->stall_until = rig.sim->stall_from + 500 * MSEC;
    measure(&rig, 2 * NSEC_PER_SEC);
    struct hist all = latency_of(&rig);
    tap_int((int64_t)hist_count_at_or_below(&all, 100 * MSEC), (int64_t)all.count - 4,
            "closed: only those in flight felt it");
    tap_int((int64_t)rig.worker.window->send_lag.count, 0, "closed: there is no schedule");
    tap_int((int64_t)counters_of(&rig)->intended, 0, "closed: and nothing intended");
    hist_release(&all);
    rig_release(&rig);
}

/* Twice as much as the server can do, and operations that may wait for 200 ms. */
static void test_overload(void)
{
    struct rig rig;
    struct load_spec load = open_load(20000, ARRIVAL_CONSTANT);
    load.timeout = 200 * MSEC;
    rig_init(&rig, &load, 100 * USEC);
    measure(&rig, NSEC_PER_SEC);
    struct hist all = latency_of(&rig);
    const struct counters *counters = counters_of(&rig);
    tap_int((int64_t)counters->intended, 20000, "overload: all are intended");
    tap_check(counters->errors[REPLY_ERROR_TIMEOUT] > 5000, "overload: what waits too long fails");
    tap_check(hist_max(&all) < 400 * MSEC, "overload: and nothing waits for longer");
    tap_near((double)counters->operations * 1e9 / (double)(rig.report.end - rig.report.start),
             10000, 100, "overload: the rate is what the server can do");
    check_sum(&rig, "overload");
    hist_release(&all);
    rig_release(&rig);
}

/* Windows hold the operations that were meant to be sent in them. */
static void test_windows(void)
{
    struct rig rig;
    struct load_spec load = open_load(1000, ARRIVAL_CONSTANT);
    rig_init(&rig, &load, 100 * USEC);
    rig.sim->stall_from = rig.sim->now + 150 * MSEC;
    rig.sim->stall_until = rig.sim->stall_from + 300 * MSEC;
    struct worker_order order = {
        .task = WORKER_MEASURE, .duration = 1000 * MSEC, .run = 1000 * MSEC, .window = 200 * MSEC};
    worker_carry_out(&rig.worker, &order, &rig.report);
    for (size_t i = 0; i < 5; i++) {
        const struct hist_window *window = recorder_remaining(&rig.worker.recorder, i);
        if (!tap_check(window != NULL, "window %zu is there", i)) {
            break;
        }
        tap_int((int64_t)window->counters.operations, 200, "window %zu: its operations", i);
        tap_int((int64_t)window->counters.intended, 200, "window %zu: its intentions", i);
        tap_int((int64_t)(window->start - rig.report.start), (int64_t)(i * 200 * MSEC),
                "window %zu: its start", i);
    }
    tap_check(recorder_remaining(&rig.worker.recorder, 5) == NULL, "and no more");
    rig_release(&rig);
}

/* What settles is sent at the same rate, and not recorded. */
static void test_settling(void)
{
    struct rig rig;
    struct load_spec load = open_load(1000, ARRIVAL_CONSTANT);
    rig_init(&rig, &load, 100 * USEC);
    struct worker_order order = {
        .task = WORKER_MEASURE, .settle = 100 * MSEC, .duration = 500 * MSEC, .run = 500 * MSEC};
    worker_carry_out(&rig.worker, &order, &rig.report);
    tap_int((int64_t)counters_of(&rig)->intended, 500, "settling: recorded ones only");
    tap_int((int64_t)counters_of(&rig)->operations, 500, "settling: all completed");
    tap_int((int64_t)rig.report.operations_all, 600, "settling: the others are counted apart");
    /* The next slice goes on where this one ended. */
    order.from = 500 * MSEC;
    order.settle = 0;
    worker_carry_out(&rig.worker, &order, &rig.report);
    tap_int((int64_t)counters_of(&rig)->intended, 500, "slices: the schedule goes on");
    rig_release(&rig);
}

/* The server goes away for 300 ms. */
static void test_lost_server(void)
{
    struct rig rig;
    struct load_spec load = open_load(1000, ARRIVAL_CONSTANT);
    load.clients = 4;
    rig_init(&rig, &load, 100 * USEC);
    rig.sim->close_at = rig.sim->now + 500 * MSEC;
    rig.sim->down_until = rig.sim->close_at + 300 * MSEC;
    measure(&rig, NSEC_PER_SEC);
    struct hist all = latency_of(&rig);
    const struct counters *counters = counters_of(&rig);
    tap_int((int64_t)counters->intended, 1000, "lost: users go on coming");
    tap_check(hist_max(&all) > 250 * MSEC, "lost: and their time without answer counts");
    tap_check(counters->longest_gap_ns >= 300 * MSEC, "lost: the gap is measured");
    tap_int((int64_t)rig.worker.ready, 4, "lost: all have come back");
    check_sum(&rig, "lost");
    hist_release(&all);
    rig_release(&rig);
}

static void test_interrupt(void)
{
    struct rig rig;
    struct load_spec load = open_load(1000, ARRIVAL_CONSTANT);
    load.clients = 2;
    rig_init(&rig, &load, 100 * USEC);
    rig.sim->stall_from = rig.sim->now;
    rig.sim->stall_until = rig.sim->now + 3600 * NSEC_PER_SEC;
    atomic_store(&rig.worker.stop, true);
    measure(&rig, NSEC_PER_SEC);
    check_sum(&rig, "interrupted");
    tap_check(rig.report.end - rig.report.start < NSEC_PER_SEC, "interrupted: ends early");
    rig_release(&rig);
}

/* Clients that pause for 1 ms and are answered in 100 us come back every 1.1 ms. */
static void test_think_time(void)
{
    struct rig rig;
    struct load_spec load = open_load(0, ARRIVAL_CONSTANT);
    load.profile.shape = LOAD_CLOSED;
    load.clients = 4;
    load.think = MSEC;
    rig_init(&rig, &load, 100 * USEC);
    measure(&rig, 1100 * MSEC);
    struct hist all = latency_of(&rig);
    tap_near((double)all.count, 4000, 8, "think: each client once in 1.1 ms");
    tap_int((int64_t)hist_max(&all), 100000, "think: they do not begin in step");
    hist_release(&all);
    rig_release(&rig);
}

static void test_churn(void)
{
    struct rig rig;
    struct load_spec load = open_load(0, ARRIVAL_CONSTANT);
    load.profile.shape = LOAD_CLOSED;
    load.clients = 3;
    load.churn = true;
    rig_init(&rig, &load, 100 * USEC);
    uint64_t opened = rig.sim->opened;
    struct worker_order order = {.task = WORKER_MEASURE, .requests = 300};
    worker_carry_out(&rig.worker, &order, &rig.report);
    tap_int((int64_t)counters_of(&rig)->operations, 300, "churn: all operations");
    tap_int((int64_t)(rig.sim->opened - opened), 300, "churn: a connection for each");
    tap_int((int64_t)rig.worker.window->connect.count, 300, "churn: each took its time");
    tap_int((int64_t)counters_of(&rig)->lost_connections, 0, "churn: none was lost");
    rig_release(&rig);
}

int main(void)
{
    test_even_arrivals();
    test_awake();
    test_poisson_queue();
    test_stall();
    test_closed_loop_hides_it();
    test_overload();
    test_windows();
    test_settling();
    test_lost_server();
    test_interrupt();
    test_think_time();
    test_churn();
    return tap_end();
}
