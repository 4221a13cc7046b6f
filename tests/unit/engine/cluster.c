/* A worker and the nodes of a cluster in virtual time: redirections, nodes that change and that are
 * lost, and what each operation's time is then. */
#include <arpa/inet.h>
#include <stdio.h>

#include "base/mem.h"
#include "engine/worker.h"
#include "redis/reply_error.h"
#include "support/fake_discovery.h"
#include "support/sim.h"
#include "support/tap.h"

#define USEC NSEC_PER_USEC
#define MSEC NSEC_PER_MSEC

enum { NODES = 3, KEYS = 300, SEARCH_MS = 20 };

static const nsec SERVICE = 100 * USEC;

/* What a node of the model answers, besides what it serves. */
enum rule {
    OBEYS,     /* what the slot map says; all else is MOVED to where that says */
    ASKS,      /* the first node sends all it is asked on with ASK: the slots are on their way */
    LOOPS,     /* every node says that the next one serves it */
    FAILS_NTH, /* as OBEYS, but every n-th command of the first node fails with `error` */
};

struct bench {
    struct sim *sim;
    struct endpoint endpoint;
    struct workload workload;
    struct load_spec load;
    struct topology *topology; /* as the worker knows it at first */
    struct discovery *discovery;
    struct worker worker;
    struct worker_report report;
    /* the model */
    enum rule rule;
    int owner[SLOTS_COUNT];
    int heir;       /* a node that serves what the first one owns, too; 0: none */
    int asked_node; /* where ASK leads */
    uint64_t nth;
    const char *error;
    char line[48];
    uint64_t commands[SIM_NODES];     /* with keys, by node */
    uint64_t misplaced[SIM_NODES];    /* of those, sent where they do not belong */
    uint32_t most_pending[SIM_NODES]; /* on one connection */
    uint64_t askings;
};

static const char *redirect(struct bench *bench, const char *word, int slot, int node)
{
    (void)snprintf(bench->line, sizeof bench->line, "-%s %d n%d:%d\r\n", word, slot, node + 1,
                   node + 1);
    return bench->line;
}

static const char *answer(void *self, const struct sim_command *command)
{
    struct bench *bench = self;
    int node = command->node;
    bool has_key = str_eq(command->name, STR("GET")) || str_eq(command->name, STR("SET"));
    bench->askings += str_eq(command->name, STR("ASKING"));
    if (!has_key) {
        return NULL;
    }
    int slot = slots_of_key(command->key);
    bool belongs = bench->owner[slot] == node || (bench->owner[slot] == 0 && node == bench->heir);
    bench->commands[node]++;
    bench->misplaced[node] += !belongs;
    if (command->pending > bench->most_pending[node]) {
        bench->most_pending[node] = command->pending;
    }
    switch (bench->rule) {
    case ASKS:
        if (node == 0) {
            return redirect(bench, "ASK", slot, bench->asked_node);
        }
        return belongs || command->is_asking ? NULL
                                             : redirect(bench, "MOVED", slot, bench->owner[slot]);
    case LOOPS:
        return redirect(bench, "MOVED", slot, (node + 1) % NODES);
    case FAILS_NTH:
        if (node == 0 && bench->commands[0] % bench->nth == 0) {
            return bench->error;
        }
        break;
    case OBEYS:
        break;
    }
    return belongs ? NULL : redirect(bench, "MOVED", slot, bench->owner[slot]);
}

/* ---- topologies ---- */

static uint16_t add_node(struct topology *topology, int number)
{
    char host[8];
    (void)snprintf(host, sizeof host, "n%d", number + 1);
    uint16_t index = topology_add_node(topology, str_from(host), (uint16_t)(number + 1));
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(number + 1))};
    memcpy(&topology->nodes[index].address.storage, &where, sizeof where);
    topology->nodes[index].address.len = sizeof where;
    topology->nodes[index].shard = (uint16_t)number;
    return index;
}

/* Three nodes with a third of the slots each. */
static struct topology *new_topology(void)
{
    struct topology *topology = mem_alloc(sizeof *topology);
    topology->is_cluster = true;
    topology->shard_count = NODES;
    for (int i = 0; i < NODES; i++) {
        uint16_t node = add_node(topology, i);
        topology->shards[i] =
            (struct topology_shard){.primary = node, .readers = {node}, .reader_count = 1};
    }
    for (int slot = 0; slot < SLOTS_COUNT; slot++) {
        topology->slots[slot] = (uint16_t)(slot * NODES / SLOTS_COUNT);
    }
    return topology;
}

static void move_shard(struct topology *topology, int shard, int node)
{
    uint16_t index = add_node(topology, node);
    topology->nodes[index].shard = (uint16_t)shard;
    topology->shards[shard].primary = index;
    topology->shards[shard].readers[0] = index;
}

/* What the model knows as well. */
static void own(struct bench *bench, int shard, int node)
{
    for (int slot = 0; slot < SLOTS_COUNT; slot++) {
        if (slot * NODES / SLOTS_COUNT == shard) {
            bench->owner[slot] = node;
        }
    }
}

/* ---- the bench ---- */

struct setup {
    uint32_t clients;
    uint32_t pipeline;
    double rate; /* 0: a closed loop */
    nsec timeout;
};

static const struct setup usual = {.clients = 1, .pipeline = 1, .timeout = 5 * NSEC_PER_SEC};

/* `topology`: as the worker knows it at first; NULL: three nodes. */
static void bench_init_with(struct bench *bench, const struct setup *setup,
                            const struct topology *topology)
{
    struct workload_spec spec = {
        .writes = 1,
        .reads = 1,
        .keys = KEYS,
        .key_prefix = "t:",
        .value_size_low = 10,
        .value_size_high = 10,
    };
    *bench = (struct bench){.sim = sim_new(SERVICE), .topology = new_topology(), .nth = 1};
    bench->asked_node = 1;
    if (topology != NULL) {
        *bench->topology = *topology;
    }
    bench->sim->script = answer;
    bench->sim->script_self = bench;
    for (int i = 0; i < NODES; i++) {
        own(bench, i, i);
    }
    workload_init(&bench->workload, &spec, 1);
    bench->endpoint = (struct endpoint){.transport = &bench->sim->transport, .name = "sim"};
    bench->load.clients = setup->clients;
    bench->load.pipeline = setup->pipeline;
    bench->load.timeout = setup->timeout;
    bench->load.arrival = ARRIVAL_CONSTANT;
    if (setup->rate > 0) {
        bench->load.profile =
            (struct load_profile){.shape = LOAD_FLAT, .rates = {setup->rate}, .rate_count = 1};
    }
    bench->discovery = fake_discovery_new(&bench->sim->clock, bench->topology, SEARCH_MS * MSEC);
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
        .seed = 7,
    };
    worker_init(&bench->worker, &config);
    struct worker_order order = {.task = WORKER_CONNECT};
    worker_carry_out(&bench->worker, &order, &bench->report);
}

static void bench_init(struct bench *bench, const struct setup *setup)
{
    bench_init_with(bench, setup, NULL);
}

static void bench_release(struct bench *bench)
{
    worker_release(&bench->worker);
    discovery_free(bench->discovery);
    workload_release(&bench->workload);
    mem_free(bench->topology);
    sim_free(bench->sim);
}

static const struct counters *measure(struct bench *bench, const struct worker_order *order)
{
    worker_carry_out(&bench->worker, order, &bench->report);
    return &bench->worker.window->counters;
}

static const struct counters *send_some(struct bench *bench, uint64_t requests)
{
    struct worker_order order = {.task = WORKER_MEASURE, .requests = requests};
    return measure(bench, &order);
}

static struct hist latency_of(const struct bench *bench)
{
    struct hist all;
    hist_init(&all);
    window_latency(bench->worker.window, &all);
    return all;
}

/* How many operations took so long, to the histogram's three digits. */
static int64_t count_near(const struct hist *hist, nsec time)
{
    return (int64_t)(hist_count_at_or_below(hist, time + time / 500) -
                     hist_count_at_or_below(hist, time - time / 500));
}

/* ---- redirections ---- */

static void test_moved(void)
{
    struct bench bench;
    bench_init(&bench, &usual);
    own(&bench, 0, 1); /* and nobody tells the worker */
    const struct counters *counters = send_some(&bench, KEYS);
    struct hist all = latency_of(&bench);
    int64_t moved = (int64_t)bench.commands[0];
    tap_check(moved > KEYS / 5, "moved: a third of the keys was sent to where it was");
    tap_int((int64_t)counters->moved, moved, "moved: each was followed");
    tap_int((int64_t)counters->operations, KEYS, "moved: and counts once, when it succeeds");
    tap_int((int64_t)counters->steps, KEYS, "moved: its steps, too");
    tap_int((int64_t)counters_errors(counters), 0, "moved: no error is counted");
    tap_int((int64_t)all.count, KEYS, "moved: one latency each");
    tap_int(count_near(&all, 2 * SERVICE), moved, "moved: the time goes on at the other node");
    tap_int(count_near(&all, SERVICE), KEYS - moved, "moved: the others took as long as ever");
    tap_int((int64_t)bench.worker.window->node_operations[0], 0, "moved: nothing succeeded there");
    tap_int((int64_t)bench.worker.window->node_operations[1], (int64_t)bench.commands[1],
            "moved: but here");
    tap_check(fake_discovery_requests(bench.discovery) > 0, "moved: the nodes are asked for");
    tap_int((int64_t)bench.worker.outstanding, 0, "moved: nothing is in flight at the end");
    hist_release(&all);
    bench_release(&bench);
}

static void test_ask(void)
{
    struct bench bench;
    bench_init(&bench, &usual);
    bench.rule = ASKS;
    const struct counters *counters = send_some(&bench, KEYS);
    struct hist all = latency_of(&bench);
    int64_t asked = (int64_t)bench.commands[0];
    tap_check(asked > KEYS / 5, "ask: a third of the keys is on its way");
    tap_int((int64_t)counters->asked, asked, "ask: each was followed");
    tap_int((int64_t)bench.askings, asked, "ask: with the word ASKING before it");
    tap_int((int64_t)bench.misplaced[1], asked, "ask: and only those");
    tap_int((int64_t)counters->moved, 0, "ask: nothing is taken for moved");
    tap_int((int64_t)counters->operations, KEYS, "ask: all succeed, once");
    tap_int((int64_t)counters_errors(counters), 0, "ask: no error is counted");
    tap_int(count_near(&all, 3 * SERVICE), asked, "ask: their time is that of all three commands");
    tap_int((int64_t)fake_discovery_requests(bench.discovery), 0,
            "ask: the slots have not moved, so nobody asks for the nodes");
    hist_release(&all);
    bench_release(&bench);
}

static void test_redirect_limit(void)
{
    enum { REDIRECTS = 16, OPERATIONS = 10 };
    struct bench bench;
    bench_init(&bench, &usual);
    bench.rule = LOOPS;
    const struct counters *counters = send_some(&bench, OPERATIONS);
    tap_int((int64_t)counters->operations, 0, "loop: nothing succeeds");
    tap_int((int64_t)counters->errors[REPLY_ERROR_MOVED], OPERATIONS, "loop: each is an error");
    tap_int((int64_t)counters->moved, OPERATIONS * REDIRECTS, "loop: after so many redirections");
    struct hist all = latency_of(&bench);
    tap_int((int64_t)all.count, 0, "loop: without a latency");
    hist_release(&all);
    bench_release(&bench);
}

/* ---- nodes that are not known yet, or never ---- */

static void test_unknown_node(void)
{
    struct bench bench;
    bench_init(&bench, &usual);
    own(&bench, 0, 3);
    move_shard(bench.topology, 0, 3);
    fake_discovery_find(bench.discovery, bench.topology);
    const struct counters *counters = send_some(&bench, KEYS);
    struct hist all = latency_of(&bench);
    tap_int((int64_t)counters->operations, KEYS, "unknown: all succeed");
    tap_int((int64_t)counters_errors(counters), 0, "unknown: no error is counted");
    tap_int((int64_t)counters->moved, 1, "unknown: after one redirection");
    tap_int((int64_t)counters->topology_changes, 1, "unknown: the nodes are known");
    tap_int((int64_t)(all.count - hist_count_at_or_below(&all, MSEC)), 1,
            "unknown: that one waited");
    /* The search, the moment that it is looked at, the session at the new node, the operation. */
    tap_check(hist_max(&all) >= SEARCH_MS * MSEC + 3 * SERVICE &&
                  hist_max(&all) <= (SEARCH_MS + 6) * MSEC,
              "unknown: for as long as the search took: %llu ns",
              (unsigned long long)hist_max(&all));
    tap_check(bench.worker.window->node_operations[3] > KEYS / 5, "unknown: the new node serves");
    hist_release(&all);
    bench_release(&bench);
}

/* Slots are on their way to a node that serves nothing yet: known as such, or not known before. */
static void test_ask_to_an_empty_node(void)
{
    for (int is_known = 0; is_known <= 1; is_known++) {
        const char *name = is_known == 1 ? "known" : "not known";
        struct bench bench;
        struct topology *first = new_topology();
        first->nodes[add_node(first, 3)].shard = TOPOLOGY_NONE;
        bench_init_with(&bench, &usual, is_known == 1 ? first : NULL);
        bench.rule = ASKS;
        bench.asked_node = 3;
        fake_discovery_find(bench.discovery, first);
        const struct counters *counters = send_some(&bench, KEYS);
        tap_int((int64_t)counters->operations, KEYS, "empty node, %s: all succeed", name);
        tap_int((int64_t)counters_errors(counters), 0, "empty node, %s: no error", name);
        tap_int((int64_t)bench.worker.window->node_operations[3], (int64_t)bench.misplaced[3],
                "empty node, %s: it serves what is asked of it", name);
        tap_check(bench.misplaced[3] > KEYS / 5, "empty node, %s: a third of the keys", name);
        tap_int(fake_discovery_requests(bench.discovery) > 0, is_known == 0,
                "empty node, %s: is it searched for", name);
        mem_free(first);
        bench_release(&bench);
    }
}

static void test_node_that_is_never_found(void)
{
    struct setup hasty = usual;
    hasty.timeout = 300 * MSEC;
    struct bench bench;
    bench_init(&bench, &hasty);
    own(&bench, 0, 3);
    const struct counters *counters = send_some(&bench, 60);
    uint64_t failed = counters->errors[REPLY_ERROR_TIMEOUT];
    tap_int((int64_t)failed, (int64_t)bench.commands[0], "never found: they fail in time");
    tap_check(failed > 5, "never found: there were some");
    tap_int((int64_t)(counters->operations + failed), 60, "never found: the others go on");
    tap_int((int64_t)counters_errors(counters), (int64_t)failed, "never found: nothing else fails");
    tap_check(!bench.report.failed, "never found: nothing hangs");
    bench_release(&bench);
}

/* ---- errors ---- */

static void test_errors_by_name(void)
{
    static const struct {
        const char *reply;
        enum reply_error kind;
        bool tells_of_change;
    } rows[] = {
        {"-TRYAGAIN Multiple keys request\r\n", REPLY_ERROR_TRYAGAIN, false},
        {"-CLUSTERDOWN The cluster is down\r\n", REPLY_ERROR_CLUSTERDOWN, true},
        {"-MASTERDOWN Link with MASTER is down\r\n", REPLY_ERROR_MASTERDOWN, true},
        {"-READONLY You can't write\r\n", REPLY_ERROR_READONLY, true},
        {"-CROSSSLOT Keys in request\r\n", REPLY_ERROR_CROSSSLOT, false},
        {"-MOVED nowhere\r\n", REPLY_ERROR_MOVED, true},
        {"-ASK 1 :::\r\n", REPLY_ERROR_ASK, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench bench;
        const char *name = reply_error_name(rows[i].kind);
        bench_init(&bench, &usual);
        bench.rule = FAILS_NTH;
        bench.nth = 4;
        bench.error = rows[i].reply;
        const struct counters *counters = send_some(&bench, KEYS);
        uint64_t failed = bench.commands[0] / 4;
        tap_check(failed > 10, "%s: some failed", name);
        tap_int((int64_t)counters->errors[rows[i].kind], (int64_t)failed, "%s: by name", name);
        tap_int((int64_t)counters_errors(counters), (int64_t)failed, "%s: once each", name);
        tap_int((int64_t)counters->operations, (int64_t)(KEYS - failed), "%s: no success", name);
        tap_int(fake_discovery_requests(bench.discovery) > 0, rows[i].tells_of_change,
                "%s: does it tell of another topology", name);
        bench_release(&bench);
    }
}

/* ---- a pipeline for each node ---- */

static void test_pipelines(void)
{
    enum { CLIENTS = 2, DEPTH = 8, OPERATIONS = 3000 };
    struct setup deep = usual;
    deep.clients = CLIENTS;
    deep.pipeline = DEPTH;
    struct bench bench;
    bench_init(&bench, &deep);
    tap_int((int64_t)bench.sim->opened, CLIENTS * NODES, "pipelines: one to each node per client");
    const struct counters *counters = send_some(&bench, OPERATIONS);
    tap_int((int64_t)counters->operations, OPERATIONS, "pipelines: all succeed");
    tap_int((int64_t)counters_errors(counters), 0, "pipelines: no reply is taken for another's");
    for (int i = 0; i < NODES; i++) {
        tap_int((int64_t)bench.misplaced[i], 0, "pipelines: node %d has what belongs to it", i);
        tap_int((int64_t)bench.worker.window->node_operations[i], (int64_t)bench.commands[i],
                "pipelines: node %d answered that", i);
        tap_check(bench.most_pending[i] > 1 && bench.most_pending[i] <= DEPTH,
                  "pipelines: node %d has up to %u at once", i, bench.most_pending[i]);
    }
    bench_release(&bench);
}

/* One node stands still: whoever asks the others does not notice. */
static void test_stalled_node(void)
{
    struct setup paced = {.clients = 4, .pipeline = 4, .rate = 3000, .timeout = 5 * NSEC_PER_SEC};
    struct bench bench;
    bench_init(&bench, &paced);
    bench.sim->faulty = 1;
    bench.sim->stall_from = bench.sim->now + 100 * MSEC;
    bench.sim->stall_until = bench.sim->now + 300 * MSEC;
    struct worker_order order = {
        .task = WORKER_MEASURE, .duration = NSEC_PER_SEC, .run = NSEC_PER_SEC};
    const struct counters *counters = measure(&bench, &order);
    struct hist all = latency_of(&bench);
    tap_int((int64_t)counters->operations, 3000, "stalled node: all that was due is done");
    tap_int((int64_t)counters->intended, 3000, "stalled node: and no more");
    tap_check(hist_count_at_or_below(&all, SERVICE + SERVICE / 500) >=
                  bench.commands[1] + bench.commands[2],
              "stalled node: at the others each takes its usual time");
    tap_check(hist_max(&all) >= 199 * MSEC && hist_max(&all) <= 215 * MSEC,
              "stalled node: the stall is the maximum");
    /* 200 of 600 due meanwhile are for that node, evenly over the stall. */
    uint64_t slow = all.count - hist_count_at_or_below(&all, 100 * MSEC);
    tap_check(slow > 60 && slow < 140, "stalled node: half of its 200 waited for half of it: %llu",
              (unsigned long long)slow);
    hist_release(&all);
    bench_release(&bench);
}

/* ---- nodes that change ---- */

static void test_slots_move(void)
{
    struct bench bench;
    bench_init(&bench, &usual);
    own(&bench, 0, 1);
    move_shard(bench.topology, 0, 1);
    fake_discovery_find(bench.discovery, bench.topology);
    const struct counters *counters = send_some(&bench, 3000);
    tap_int((int64_t)counters->operations, 3000, "slots move: all succeed");
    tap_int((int64_t)counters_errors(counters), 0, "slots move: no error is counted");
    tap_int((int64_t)counters->topology_changes, 1, "slots move: one change");
    tap_int((int64_t)counters->moved, (int64_t)bench.commands[0],
            "slots move: redirected at first");
    tap_check(counters->moved > 0 && counters->moved < 150,
              "slots move: until the search was over (%llu)", (unsigned long long)counters->moved);
    tap_int((int64_t)counters->lost_connections, 0, "slots move: no connection is lost");
    bench_release(&bench);
}

static void test_lost_node(void)
{
    static const struct {
        const char *name;
        double rate;
    } rows[] = {{"closed", 0}, {"open", 2000}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct setup setup = usual;
        setup.rate = rows[i].rate;
        struct bench bench;
        bench_init(&bench, &setup);
        bench.heir = 3;
        move_shard(bench.topology, 0, 3);
        bench.topology->nodes[0].is_gone = true;
        fake_discovery_find(bench.discovery, bench.topology);
        bench.sim->faulty = 1;
        bench.sim->close_at = bench.sim->now + 200 * MSEC;
        bench.sim->down_until = UINT64_MAX;
        struct worker_order order = {
            .task = WORKER_MEASURE, .duration = NSEC_PER_SEC, .run = NSEC_PER_SEC};
        const struct counters *counters = measure(&bench, &order);
        struct hist all = latency_of(&bench);
        uint64_t lost = counters->errors[REPLY_ERROR_LOST];
        tap_check(lost <= 1, "lost node, %s: no more than what was in flight fails", rows[i].name);
        tap_int((int64_t)counters_errors(counters), (int64_t)lost, "lost node, %s: nothing else",
                rows[i].name);
        tap_int((int64_t)counters->lost_connections, 1, "lost node, %s: once", rows[i].name);
        tap_int((int64_t)counters->topology_changes, 1, "lost node, %s: another took over",
                rows[i].name);
        tap_check(bench.worker.window->node_operations[3] > 100, "lost node, %s: and serves",
                  rows[i].name);
        tap_check(counters->longest_gap_ns >= SEARCH_MS * MSEC &&
                      counters->longest_gap_ns <= (SEARCH_MS + 11) * MSEC,
                  "lost node, %s: the gap is what the search took: %llu ns", rows[i].name,
                  (unsigned long long)counters->longest_gap_ns);
        tap_check(!bench.report.failed, "lost node, %s: the run goes on", rows[i].name);
        /* In an open loop those meant for the node wait, and it is in their times; in a closed one
         * the client waits, with at most one operation. */
        uint64_t waited = all.count - hist_count_at_or_below(&all, MSEC);
        tap_check(rows[i].rate > 0 ? waited >= 8 : waited <= 1, "lost node, %s: %llu waited",
                  rows[i].name, (unsigned long long)waited);
        if (rows[i].rate > 0) {
            tap_int((int64_t)counters->intended,
                    (int64_t)(counters->operations + lost + counters->outstanding),
                    "lost node: intended is the sum");
        }
        hist_release(&all);
        bench_release(&bench);
    }
}

int main(void)
{
    test_moved();
    test_ask();
    test_redirect_limit();
    test_unknown_node();
    test_ask_to_an_empty_node();
    test_node_that_is_never_found();
    test_errors_by_name();
    test_pipelines();
    test_stalled_node();
    test_slots_move();
    test_lost_node();
    return tap_end();
}
