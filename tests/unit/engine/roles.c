/* Clients that do more than ask and be answered, against a model server in virtual time: a delay
 * that is put in must come out, to the nanosecond, and counts must add up. */
#include "engine/worker.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/workload_file.h"
#include "redis/reply_error.h"
#include "support/sim.h"
#include "support/tap.h"

#define USEC NSEC_PER_USEC
#define MSEC NSEC_PER_MSEC

enum { MAX_WAITERS = 16, MAX_QUEUE = 4096 };

/* What the model server knows: who listens, and what waits in its only list. */
struct house {
    struct sim *sim;
    nsec service;
    nsec delay; /* of messages, beside that */
    struct sim_connection *listeners[MAX_WAITERS];
    size_t listener_count;
    struct sim_reply *waiters[MAX_WAITERS]; /* null replies that come when they have waited */
    size_t waiter_count;
    char queue[MAX_QUEUE][64];
    size_t queue_head, queue_tail;
    uint64_t pushed, popped, nulls, published, gets;
    uint64_t forget_every; /* GETs: then everybody is told that the key has changed */
    bool is_deaf;          /* does not answer those that wait */
    bool drops_messages;   /* every second message is not delivered */
    nsec stop_at;          /* the worker is told to stop */
    struct worker *worker;
};

struct rig {
    struct house house;
    struct endpoint endpoint;
    struct arena arena;
    struct workload_spec spec;
    struct workload workload;
    struct load_spec load;
    struct discovery *discovery;
    struct worker worker;
    struct worker_report report;
};

/* ---- the server ---- */

static void format_message(char *out, const char *kind, struct str channel, struct str body)
{
    (void)snprintf(out, SIM_MAX_TEXT, "*3\r\n$%zu\r\n%s\r\n$%zu\r\n%.*s\r\n$%zu\r\n%.*s\r\n",
                   strlen(kind), kind, channel.len, STR_ARG(channel), body.len, STR_ARG(body));
}

static void subscribe(struct house *house, const struct sim_command *command)
{
    for (size_t i = 1; i < command->count; i++) {
        char text[SIM_MAX_TEXT];
        (void)snprintf(text, sizeof text, "*3\r\n$9\r\nsubscribe\r\n$%zu\r\n%.*s\r\n:%zu\r\n",
                       command->words[i].len, STR_ARG(command->words[i]), i);
        (void)sim_reply(command->from, house->sim->now, text);
    }
    house->listeners[house->listener_count++] = command->from;
}

static void publish(struct house *house, const struct sim_command *command)
{
    char text[SIM_MAX_TEXT];
    format_message(text, "message", command->words[1], command->words[2]);
    house->published++;
    for (size_t i = 0; i < house->listener_count; i++) {
        if (!house->drops_messages || house->published % 2 == 0) {
            (void)sim_reply(house->listeners[i], house->sim->now + house->delay, text);
        }
    }
    (void)snprintf(text, sizeof text, ":%zu\r\n", house->listener_count);
    (void)sim_reply(command->from, house->sim->now + house->service, text);
}

static void hand_out(char *out, const char *item)
{
    (void)snprintf(out, SIM_MAX_TEXT, "*2\r\n$1\r\nq\r\n$%zu\r\n%s\r\n", strlen(item), item);
}

/* Those that have waited long enough have had their null. */
static void forget_waited(struct house *house)
{
    while (house->waiter_count > 0 && house->waiters[0]->at <= house->sim->now) {
        house->nulls++;
        memmove(house->waiters, house->waiters + 1, --house->waiter_count * sizeof(void *));
    }
}

static void push(struct house *house, const struct sim_command *command)
{
    char item[64];
    (void)snprintf(item, sizeof item, "%.*s", STR_ARG(command->words[2]));
    house->pushed++;
    (void)sim_reply(command->from, house->sim->now + house->service, ":1\r\n");
    forget_waited(house);
    if (house->waiter_count > 0) {
        struct sim_reply *first = house->waiters[0];
        memmove(house->waiters, house->waiters + 1, --house->waiter_count * sizeof(void *));
        hand_out(first->text, item);
        first->at = house->sim->now + house->delay;
        house->popped++;
    } else {
        (void)snprintf(house->queue[house->queue_tail++ % MAX_QUEUE], 64, "%s", item);
    }
}

static void pop(struct house *house, const struct sim_command *command)
{
    char text[SIM_MAX_TEXT];
    if (house->queue_head != house->queue_tail) {
        hand_out(text, house->queue[house->queue_head++ % MAX_QUEUE]);
        (void)sim_reply(command->from, house->sim->now + house->delay, text);
        house->popped++;
        return;
    }
    double seconds = 0;
    forget_waited(house);
    (void)str_to_double(command->words[2], &seconds);
    nsec until = house->is_deaf ? UINT64_MAX : house->sim->now + (nsec)(seconds * 1e9);
    house->waiters[house->waiter_count++] = sim_reply(command->from, until, "*-1\r\n");
}

static void get(struct house *house, const struct sim_command *command)
{
    (void)sim_reply(command->from, house->sim->now + house->service, "$1\r\nv\r\n");
    if (house->forget_every != 0 && ++house->gets % house->forget_every == 0) {
        char text[SIM_MAX_TEXT];
        bool is_flush = house->gets % (2 * house->forget_every) == 0;
        (void)snprintf(text, sizeof text, ">2\r\n$10\r\ninvalidate\r\n%s",
                       is_flush ? "_\r\n" : "*1\r\n$3\r\nt:0\r\n");
        for (int i = 0; i < SIM_MAX_CONNECTIONS; i++) {
            if (house->sim->connections[i].is_open) {
                (void)sim_reply(&house->sim->connections[i], house->sim->now + 500 * USEC, text);
            }
        }
    }
}

static bool serve(struct sim *sim, const struct sim_command *command)
{
    static const struct {
        const char *name;
        void (*serve)(struct house *house, const struct sim_command *command);
    } known[] = {{"SUBSCRIBE", subscribe},
                 {"PUBLISH", publish},
                 {"LPUSH", push},
                 {"BRPOP", pop},
                 {"GET", get}};
    struct house *house = sim->special_self;
    if (house->stop_at != 0 && sim->now >= house->stop_at) {
        atomic_store(&house->worker->stop, true);
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (str_eq(command->words[0], str_from(known[i].name))) {
            known[i].serve(house, command);
            return true;
        }
    }
    return false; /* what opens a session */
}

/* ---- the rig ---- */

static void rig_init(struct rig *rig, const char *text, const struct load_spec *load)
{
    struct error err = {0};
    struct spec spec;
    spec_init(&spec, PRESET_QUICK);
    *rig = (struct rig){.spec = spec.workload, .load = *load};
    bool read = workload_file_read("t.yaml", str_from(text), &rig->arena, &rig->spec, &err) &&
                workload_check(&rig->spec, &err);
    tap_check(read, "the workload is right: %s", err.text);
    rig->spec.key_prefix = "t:";
    workload_init(&rig->workload, &rig->spec, 1);
    rig->house =
        (struct house){.sim = sim_new(100 * USEC), .service = 100 * USEC, .delay = 250 * USEC};
    rig->house.sim->special = serve;
    rig->house.sim->special_self = &rig->house;
    rig->house.worker = &rig->worker;
    rig->endpoint = (struct endpoint){.transport = &rig->house.sim->transport, .name = "sim"};
    struct topology *topology = mem_alloc(sizeof *topology);
    topology_init_single(topology, &rig->endpoint);
    topology->nodes[0].address.len = 1; /* of no meaning here, but there */
    rig->discovery = discovery_new(NULL, topology, 0, NULL);
    mem_free(topology);
    struct worker_config config = {
        .clock = &rig->house.sim->clock,
        .loop = &rig->house.sim->loop,
        .endpoint = &rig->endpoint,
        .discovery = rig->discovery,
        .workload = &rig->workload,
        .load = &rig->load,
        .workers = 1,
        .clients = load->clients,
        .subscribers = rig->spec.roles.subscribers.connections,
        .protocol = rig->spec.roles.tracking.is_on ? 3 : 2,
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
    arena_release(&rig->arena);
    sim_free(rig->house.sim);
}

static void measure(struct rig *rig, nsec duration)
{
    struct worker_order order = {.task = WORKER_MEASURE,
                                 .settle = 12 * MSEC,
                                 .duration = duration,
                                 .run = duration,
                                 .tag = 3};
    worker_carry_out(&rig->worker, &order, &rig->report);
}

static const struct hist_window *window_of(const struct rig *rig)
{
    return rig->worker.window;
}

static const struct counters *counters_of(const struct rig *rig)
{
    return &rig->worker.window->counters;
}

static struct load_spec closed(uint32_t clients)
{
    return (struct load_spec){
        .clients = clients, .threads = 1, .pipeline = 1, .timeout = 50 * MSEC};
}

static const char pubsub[] = "data: {keys: 1}\n"
                             "channels: 1\n"
                             "subscribers: {connections: 3}\n"
                             "operations: ['PUBLISH {channel} {stamp}']\n";

static const char queue[] = "data: {type: list, keys: 1}\n"
                            "groups: {makers: 2, takers: 6}\n"
                            "operations:\n"
                            "  - {group: makers, command: 'LPUSH {key} {stamp}'}\n"
                            "  - {group: takers, delivers: true, command: 'BRPOP {key} 0.1'}\n";

/* Every message takes as long as the server lets it, and reaches every subscriber. */
static void check_pubsub(size_t read_limit)
{
    struct rig rig;
    struct load_spec load = closed(2);
    rig_init(&rig, pubsub, &load);
    tap_int(rig.worker.ready, 5, "clients and subscribers are ready");
    rig.house.sim->read_limit = read_limit;
    measure(&rig, 200 * MSEC);
    const struct counters *counters = counters_of(&rig);
    /* With those that were under way when recording began: they were not sent in it. */
    tap_int((int64_t)counters->operations, 2 * 2001, "each client publishes once per service time");
    tap_int((int64_t)counters->expected, 2 * 2000 * 3, "to three subscribers");
    tap_int((int64_t)counters->delivered, (int64_t)counters->expected, "who all receive it");
    tap_int((int64_t)window_of(&rig)->delivery.count, (int64_t)counters->delivered,
            "and each is timed");
    tap_int((int64_t)hist_min(&window_of(&rig)->delivery), 250 * 1000,
            "delay in, delay out: least");
    tap_int((int64_t)hist_max(&window_of(&rig)->delivery), 250 * 1000, "... and most");
    tap_int((int64_t)counters_errors(counters), 0, "without an error");
    measure(&rig, 100 * MSEC);
    tap_int((int64_t)counters_of(&rig)->delivered, (int64_t)counters_of(&rig)->expected,
            "the next slice has messages of its own");
    rig_release(&rig);
}

static void test_pubsub(void)
{
    check_pubsub(0);
}

/* The same, with every message cut into pieces. */
static void test_cut_messages(void)
{
    struct rig rig;
    struct load_spec load = closed(1);
    rig_init(&rig, pubsub, &load);
    rig.house.sim->read_limit = 11;
    rig.house.service = MSEC;
    measure(&rig, 100 * MSEC);
    tap_int((int64_t)counters_of(&rig)->operations, 101, "messages in pieces");
    tap_int((int64_t)counters_of(&rig)->delivered, 300, "are all found");
    rig_release(&rig);
}

static void test_lost_messages(void)
{
    struct rig rig;
    struct load_spec load = closed(1);
    rig_init(&rig, pubsub, &load);
    rig.house.drops_messages = true;
    nsec before = rig.house.sim->now;
    measure(&rig, 100 * MSEC);
    tap_int((int64_t)counters_of(&rig)->expected, 3000, "three for each of a thousand");
    tap_near((double)counters_of(&rig)->delivered, 1500, 3, "half of them come");
    tap_check(rig.house.sim->now - before < 500 * MSEC, "the others are not waited for for long");
    tap_near((double)(rig.report.end - rig.report.start), 100e6, 1e6,
             "and that is no measured time");
    rig_release(&rig);
}

static void test_reconnect(void)
{
    struct rig rig;
    struct load_spec load = closed(1);
    rig_init(&rig, pubsub, &load);
    rig.house.sim->close_at = rig.house.sim->now + 50 * MSEC;
    rig.house.listener_count = 3;
    rig.house.sim->down_until = rig.house.sim->close_at + 5 * MSEC;
    measure(&rig, 200 * MSEC);
    tap_int((int64_t)counters_of(&rig)->lost_connections, 4, "all connections are lost");
    tap_int(rig.worker.ready, 4, "and come back");
    tap_int((int64_t)rig.house.listener_count, 6, "those of subscribers subscribe again");
    tap_check(counters_of(&rig)->gaps_ns > 4 * 9 * MSEC, "the time without is counted");
    rig_release(&rig);
}

/* Work goes from those that make it to those that wait for it. */
static void test_queue(void)
{
    struct rig rig;
    struct load_spec load = closed(8);
    rig_init(&rig, queue, &load);
    measure(&rig, 200 * MSEC);
    const struct counters *counters = counters_of(&rig);
    const struct hist_window *window = window_of(&rig);
    struct hist all;
    tap_int((int64_t)window->commands[0].count, 2 * 2001, "two makers, one push per service time");
    tap_int((int64_t)counters->expected, 4000, "each is to be received");
    tap_int((int64_t)counters->delivered, 4000, "and is");
    tap_int((int64_t)hist_min(&window->delivery), 250 * 1000, "delay in, delay out: least");
    hist_init(&all);
    window_latency(window, &all);
    tap_int((int64_t)all.count, 2 * 2001, "the latency is that of pushes");
    tap_int((int64_t)hist_max(&all), 100 * 1000, "... and no waiting is in it");
    hist_release(&all);
    tap_int((int64_t)counters->misses, 0, "nothing is a miss");
    tap_int((int64_t)counters_errors(counters), 0, "or an error");
    tap_int((int64_t)counters->lost_connections, 0, "waiting longer than an operation may take");
    tap_near((double)(rig.report.end - rig.report.start), 200e6, 1e6,
             "waits at the end are no measured time");
    rig_release(&rig);
}

/* Takers that are too slow go on after the end until all is taken; the time counts. */
static void test_backlog(void)
{
    struct rig rig;
    struct load_spec load = closed(8);
    rig_init(&rig, queue, &load);
    rig.house.delay = 500 * USEC; /* six takers take 12 per ms, two makers make 20 */
    measure(&rig, 100 * MSEC);
    tap_int((int64_t)counters_of(&rig)->expected, 2000, "what was made");
    tap_int((int64_t)counters_of(&rig)->delivered, 2000, "is taken in the end");
    tap_check(hist_max(&window_of(&rig)->delivery) > 50 * MSEC, "the last of it late");
    tap_check(rig.report.end - rig.report.start > 150 * MSEC, "which is measured time");
    rig_release(&rig);
}

/* Makers that pause leave takers waiting: in vain now and then, which is counted apart. */
static void test_empty(void)
{
    struct rig rig;
    struct load_spec load = closed(8);
    load.profile = (struct load_profile){.shape = LOAD_FLAT, .rates = {10}, .rate_count = 1};
    load.arrival = ARRIVAL_CONSTANT;
    load.timeout = 5 * NSEC_PER_SEC;
    rig_init(&rig, queue, &load);
    measure(&rig, 1000 * MSEC);
    const struct counters *counters = counters_of(&rig);
    const struct hist_window *window = window_of(&rig);
    tap_int((int64_t)counters->intended, 10, "the rate is that of the first group");
    tap_int((int64_t)window->commands[0].count, 10, "which sends");
    tap_int((int64_t)counters->delivered, 10, "and the others receive, beside the schedule");
    tap_int((int64_t)hist_min(&window->delivery), 250 * 1000, "delay in, delay out: least");
    tap_int((int64_t)hist_max(&window->delivery), 250 * 1000, "... and most");
    tap_check(counters->empty >= 40, "waits in vain are counted");
    tap_int((int64_t)counters->beside, (int64_t)window->commands[1].count, "what they took, apart");
    tap_int((int64_t)(counters->operations - counters->beside + counters_errors(counters) +
                      counters->outstanding),
            (int64_t)counters->intended, "completed, failed and outstanding are all intended");
    tap_int((int64_t)hist_max(&window->commands[0]), 100 * 1000, "response times are those of one");
    rig_release(&rig);
}

static void test_requests(void)
{
    struct rig rig;
    struct load_spec load = closed(8);
    rig_init(&rig, queue, &load);
    struct worker_order order = {.task = WORKER_MEASURE, .requests = 1000};
    worker_carry_out(&rig.worker, &order, &rig.report);
    const struct counters *counters = counters_of(&rig);
    tap_check(counters->operations + counters->empty >= 1000, "a count of requests ends");
    tap_int((int64_t)counters->delivered, (int64_t)counters->expected, "with nothing left");
    rig_release(&rig);
}

/* A stop does not wait for those that wait. */
static void test_stop(void)
{
    struct rig rig;
    struct load_spec load = closed(8);
    rig_init(&rig, queue, &load);
    rig.house.is_deaf = true;
    rig.house.stop_at = rig.house.sim->now + 50 * MSEC;
    nsec before = rig.house.sim->now;
    measure(&rig, 10 * NSEC_PER_SEC);
    tap_check(rig.house.sim->now - before < 700 * MSEC, "a stop is heard although clients wait");
    rig_release(&rig);
}

/* Clients ask once, and again when they are told that the key has changed. */
static void test_client_cache(void)
{
    struct rig rig;
    struct load_spec load = closed(2);
    rig_init(&rig, "data: {keys: 1}\ntracking: true\noperations: ['GET {key}']\n", &load);
    rig.house.sim->tick = 10 * USEC;
    rig.house.sim->keep_log = true;
    rig.house.forget_every = 2;
    measure(&rig, 100 * MSEC);
    const struct counters *counters = counters_of(&rig);
    uint64_t told = counters->invalidations + counters->flushes;
    tap_check(told > 50, "keys are invalidated, %d times", (int)told);
    tap_near((double)counters->invalidations, (double)counters->flushes, 3,
             "by name and all together in turn");
    tap_near((double)counters->operations, (double)told, 3, "each time everybody asks again");
    tap_check(counters->local_hits > 50 * counters->operations, "else they answer themselves");
    tap_int((int64_t)window_of(&rig)->commands[0].count, (int64_t)counters->operations,
            "latencies are those of the server alone");
    tap_int((int64_t)hist_max(&window_of(&rig)->commands[0]), 100 * 1000, "... to the nanosecond");
    rig_release(&rig);
}

/* A pause follows a read that a client answers itself, too. */
static void test_thinking(void)
{
    struct rig rig;
    struct load_spec load = closed(1);
    load.think = MSEC;
    rig_init(&rig, "data: {keys: 1}\ntracking: true\noperations: ['GET {key}']\n", &load);
    measure(&rig, 100 * MSEC);
    tap_int((int64_t)counters_of(&rig)->operations, 0, "the key was read before");
    tap_near((double)counters_of(&rig)->local_hits, 100, 1, "and is read once in a millisecond");
    rig_release(&rig);
}

/* What changed while nobody looked is known before the first read. */
static void test_news(void)
{
    struct rig rig;
    struct load_spec load = closed(1);
    rig_init(&rig, "data: {keys: 1}\ntracking: true\noperations: ['GET {key}']\n", &load);
    struct worker_order order = {.task = WORKER_MEASURE, .requests = 10};
    worker_carry_out(&rig.worker, &order, &rig.report);
    tap_int((int64_t)counters_of(&rig)->operations, 1, "one read is asked");
    tap_int((int64_t)counters_of(&rig)->local_hits, 9, "the others are not");
    order.requests = 1;
    worker_carry_out(&rig.worker, &order, &rig.report);
    tap_int((int64_t)counters_of(&rig)->local_hits, 1, "also in the next order");
    (void)sim_reply(&rig.house.sim->connections[0], rig.house.sim->now,
                    ">2\r\n$10\r\ninvalidate\r\n*1\r\n$3\r\nt:0\r\n");
    worker_carry_out(&rig.worker, &order, &rig.report);
    tap_int((int64_t)counters_of(&rig)->operations, 1, "unless the key has changed in between");
    rig_release(&rig);
}

/* Steps that wait for their time are part of an order, with groups as without. */
static void test_thinking_steps(void)
{
    struct rig rig;
    struct load_spec load = closed(4);
    rig_init(&rig,
             "data: {keys: 1}\ngroups: {some: 2, others: 2}\noperations:\n"
             "  - {group: some, command: 'GET {key}'}\n"
             "  - {name: slow, group: others, steps: ['GET {key}', {command: 'GET {key}', "
             "think: 20ms}]}\n",
             &load);
    struct worker_order order = {.task = WORKER_MEASURE, .requests = 20};
    worker_carry_out(&rig.worker, &order, &rig.report);
    const struct counters *counters = counters_of(&rig);
    tap_int((int64_t)counters->operations, 20, "as many as asked");
    tap_int((int64_t)counters->steps, 20 + (int64_t)window_of(&rig)->commands[1].count,
            "all of their steps");
    rig_release(&rig);
}

/* What an operation remembers is given back when it has waited in vain. */
static void test_vain_steps(void)
{
    struct rig rig;
    struct load_spec load = closed(8);
    rig_init(&rig,
             "data: {type: list, keys: 1}\noperations:\n"
             "  - {name: take, steps: ['BRPOP {key} 0.1', {command: 'GET {key}', when: hit}]}\n",
             &load);
    measure(&rig, 2 * NSEC_PER_SEC);
    uint64_t waited = counters_of(&rig)->empty;
    tap_check(waited > 100, "clients wait in vain (%d)", (int)waited);
    tap_int(rig.worker.trails.count, 64, "and their trails are used again");
    rig_release(&rig);
}

/* Only keys of the first dataset are kept, and only what names them makes clients forget. */
static void test_other_datasets(void)
{
    struct rig rig;
    struct load_spec load = closed(1);
    rig_init(&rig,
             "data: [{name: a, keys: 1}, {name: b, keys: 1}]\ntracking: true\n"
             "operations: ['GET {key:b}', {name: kept, command: 'GET {key}'}]\n",
             &load);
    struct worker_order order = {.task = WORKER_MEASURE, .requests = 100};
    worker_carry_out(&rig.worker, &order, &rig.report);
    tap_int((int64_t)window_of(&rig)->commands[1].count, 1, "what is kept is asked once");
    tap_int((int64_t)(window_of(&rig)->commands[0].count + counters_of(&rig)->local_hits), 99,
            "another dataset's keys are always asked for");
    tap_check(window_of(&rig)->commands[0].count > 20, "... and were");
    (void)sim_reply(&rig.house.sim->connections[0], rig.house.sim->now,
                    ">2\r\n$10\r\ninvalidate\r\n*1\r\n$5\r\nt:b:0\r\n");
    worker_carry_out(&rig.worker, &order, &rig.report);
    tap_int((int64_t)counters_of(&rig)->flushes, 0, "a key of theirs is no reason to forget all");
    tap_int((int64_t)window_of(&rig)->commands[1].count, 0, "what was kept is");
    rig_release(&rig);
}

int main(void)
{
    test_other_datasets();
    test_thinking_steps();
    test_vain_steps();
    test_news();
    test_thinking();
    test_pubsub();
    test_cut_messages();
    test_lost_messages();
    test_reconnect();
    test_queue();
    test_backlog();
    test_empty();
    test_requests();
    test_stop();
    test_client_cache();
    return tap_end();
}
