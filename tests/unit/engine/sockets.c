/* An engine over real sockets, and servers that delay, stall, split, read slowly, fail, send
 * elsewhere and close, all by known amounts: what is recorded is never less. How much more is up to
 * the machine, so nothing is said about that. */
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "engine/engine.h"
#include "redis/reply_error.h"
#include "support/fake_server.h"
#include "support/tap.h"

#define USEC NSEC_PER_USEC
#define MSEC NSEC_PER_MSEC

enum { NODES = 2 };

/* What loads the servers. */
struct load {
    const char *name;
    uint32_t clients;
    uint64_t requests; /* closed loop */
    double rate;       /* open loop; 0: closed */
    nsec duration;     /* of an open loop */
    uint32_t writes;
    uint32_t reads;
    uint32_t value_size;
};

struct rig {
    struct fake_server *servers[NODES]; /* the second is NULL unless it is a cluster */
    struct endpoint endpoint;
    struct topology *topology;
    struct workload workload;
    struct load_spec load;
    struct engine *engine;
    struct engine_outcome outcome;
    struct hist latency; /* of all commands */
};

static void point_at(struct topology *topology, struct fake_server *server)
{
    uint16_t number = topology_add_node(topology, STR("127.0.0.1"), fake_server_port(server));
    fake_server_address(server, &topology->nodes[number].address);
    topology->nodes[number].shard = 0;
}

/* All slots at the first of two servers. */
static void make_cluster(struct rig *rig)
{
    rig->topology->is_cluster = true;
    point_at(rig->topology, rig->servers[0]);
    point_at(rig->topology, rig->servers[1]);
    rig->topology->shard_count = 1;
    rig->topology->shards[0] = (struct topology_shard){.reader_count = 1};
}

static void rig_init(struct rig *rig, const struct load *load, const struct fake_config *first,
                     const struct fake_config *second)
{
    struct workload_spec spec = {
        .writes = load->writes,
        .reads = load->reads,
        .keys = 10,
        .key_prefix = "t:",
        .value_size_low = load->value_size,
        .value_size_high = load->value_size,
    };
    *rig = (struct rig){.topology = mem_alloc(sizeof *rig->topology)};
    rig->servers[0] = fake_server_new(first, NULL);
    rig->endpoint = (struct endpoint){.transport = transport_plain(), .name = "fake"};
    fake_server_address(rig->servers[0], &rig->endpoint.address);
    if (second == NULL) {
        topology_init_single(rig->topology, &rig->endpoint);
    } else {
        rig->servers[1] = fake_server_new(second, NULL);
        make_cluster(rig);
    }
    workload_init(&rig->workload, &spec, 1);
    rig->load = (struct load_spec){
        .clients = load->clients,
        .threads = 1,
        .pipeline = 1,
        .timeout = 10 * NSEC_PER_SEC,
        .arrival = ARRIVAL_CONSTANT,
    };
    if (load->rate > 0) {
        rig->load.profile =
            (struct load_profile){.shape = LOAD_FLAT, .rates = {load->rate}, .rate_count = 1};
    }
    struct engine_config config = {
        .clock = clock_monotonic(),
        .loop_init = loop_init_epoll,
        .endpoint = &rig->endpoint,
        .topology = rig->topology,
        .workload = &rig->workload,
        .load = &rig->load,
        .protocol = 3,
        .seed = 1,
    };
    struct error err = {0};
    rig->engine = engine_new(&config, &err);
    window_init(&rig->outcome.window, rig->workload.operation_count);
    hist_init(&rig->latency);
    tap_check(engine_connect(rig->engine, NULL, &err), "%s: connects %s", load->name, err.text);
}

static const struct counters *measure(struct rig *rig, const struct load *load)
{
    struct engine_slice slice = {.requests = load->requests};
    if (load->rate > 0) {
        slice = (struct engine_slice){.duration = load->duration, .run = load->duration};
    }
    engine_measure(rig->engine, &slice, NULL, &rig->outcome);
    window_latency(&rig->outcome.window, &rig->latency);
    const struct counters *counters = &rig->outcome.window.counters;
    tap_int((int64_t)rig->latency.count, (int64_t)counters->operations,
            "%s: a latency for each success, and no other", load->name);
    tap_check(counters->operations > 0 && !rig->outcome.failed, "%s: %llu operations %s",
              load->name, (unsigned long long)counters->operations, rig->outcome.problem.text);
    return counters;
}

static void rig_release(struct rig *rig)
{
    hist_release(&rig->latency);
    window_release(&rig->outcome.window);
    engine_free(rig->engine);
    workload_release(&rig->workload);
    mem_free(rig->topology);
    for (int i = 0; i < NODES; i++) {
        fake_server_free(rig->servers[i]);
    }
}

/* How many took at least so long; the bucket that the limit lies in counts. */
static uint64_t count_from(const struct hist *hist, nsec least)
{
    return hist->count - hist_count_at_or_below(hist, least - least / 512);
}

/* No operation was faster, in neither of the two times that an open loop has. */
static void check_least(const struct rig *rig, const struct load *load, nsec least)
{
    tap_check(hist_min(&rig->latency) >= least, "%s: never below %llu us: %llu ns", load->name,
              (unsigned long long)(least / USEC), (unsigned long long)hist_min(&rig->latency));
    if (load->rate > 0) {
        tap_check(hist_min(&rig->outcome.window.service) >= least,
                  "%s: nor from the moment of sending", load->name);
    }
}

/* ---- delays ---- */

static void test_every_reply_is_delayed(void)
{
    static const struct load loads[] = {
        {"delay, closed", 1, 100, 0, 0, 1, 1, 10},
        {"delay, three clients", 3, 100, 0, 0, 1, 1, 10},
        {"delay, open", 3, 0, 200, 300 * MSEC, 1, 1, 10},
    };
    char path[64];
    (void)snprintf(path, sizeof path, "/tmp/tenbin-sockets-%d", (int)getpid());
    for (size_t i = 0; i < 2 * sizeof loads / sizeof loads[0]; i++) {
        const struct load *load = &loads[i / 2];
        struct fake_config config = {
            .delay_every = 1, .delay = 2 * MSEC, .unix_path = i % 2 == 0 ? NULL : path};
        struct rig rig;
        rig_init(&rig, load, &config, NULL);
        (void)measure(&rig, load);
        check_least(&rig, load, 2 * MSEC);
        rig_release(&rig);
    }
}

static void test_some_replies_are_delayed(void)
{
    static const struct load loads[] = {
        {"some delays, closed", 1, 200, 0, 0, 1, 1, 10},
        {"some delays, open", 4, 0, 200, 500 * MSEC, 1, 1, 10},
    };
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        struct fake_config config = {.delay_every = 10, .delay = 20 * MSEC};
        struct rig rig;
        rig_init(&rig, &loads[i], &config, NULL);
        const struct counters *counters = measure(&rig, &loads[i]);
        tap_check(count_from(&rig.latency, 20 * MSEC) >= counters->operations / 10,
                  "%s: each of the tenth shows", loads[i].name);
        rig_release(&rig);
    }
}

/* Everybody who comes while the server stands still waits for the rest of it, in an open loop; in a
 * closed one only those that have asked do. */
static void test_stall(void)
{
    static const struct load open = {"stall, open", 4, 0, 1000, NSEC_PER_SEC, 1, 1, 10};
    static const struct load closed = {"stall, closed", 4, 1000, 0, 0, 1, 1, 10};
    struct fake_config config = {.delay_at = 500, .delay = 200 * MSEC};
    struct rig rig;
    rig_init(&rig, &open, &config, NULL);
    (void)measure(&rig, &open);
    for (nsec wait = 50 * MSEC; wait <= 150 * MSEC; wait += 50 * MSEC) {
        uint64_t came = (200 * MSEC - wait) / MSEC; /* one a millisecond */
        tap_check(count_from(&rig.latency, wait) + 1 >= came,
                  "stall, open: %llu waited for %llu ms and more, of %llu that came",
                  (unsigned long long)count_from(&rig.latency, wait),
                  (unsigned long long)(wait / MSEC), (unsigned long long)came);
    }
    tap_check(hist_max(&rig.latency) >= 199 * MSEC, "stall, open: the first waited for all of it");
    rig_release(&rig);
    rig_init(&rig, &closed, &config, NULL);
    (void)measure(&rig, &closed);
    tap_check(hist_max(&rig.latency) >= 200 * MSEC, "stall, closed: it is the maximum");
    rig_release(&rig);
}

/* ---- pieces ---- */

static void test_split_replies(void)
{
    static const struct load loads[] = {
        {"split, closed", 1, 30, 0, 0, 0, 1, 20},
        {"split, open", 2, 0, 50, 500 * MSEC, 0, 1, 20},
    };
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        struct fake_config config = {.value_size = 20, .piece = 1, .piece_pause = 200 * USEC};
        struct rig rig;
        struct error err = {0};
        rig_init(&rig, &loads[i], &config, NULL);
        const struct dataset *data = &rig.workload.data[0];
        struct engine_keys keys = {.operation = data->load_operation, .last = data->keys.count};
        tap_check(engine_sweep(rig.engine, &keys, NULL, &err), "%s: the data is there %s",
                  loads[i].name, err.text);
        const struct counters *counters = measure(&rig, &loads[i]);
        tap_int((int64_t)counters->hits, (int64_t)counters->operations, "%s: all were found",
                loads[i].name);
        check_least(&rig, &loads[i], 26 * 200 * USEC); /* "$20", 20 bytes and two line ends */
        rig_release(&rig);
    }
}

/* The reply comes when all of a value has been read. */
static void test_slow_reader(void)
{
    static const struct load loads[] = {
        {"slow reader, closed", 1, 20, 0, 0, 1, 0, 256 * 1024},
        {"slow reader, open", 2, 0, 20, 500 * MSEC, 1, 0, 256 * 1024},
    };
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        struct fake_config config = {.read_size = 16 * 1024, .read_pause = MSEC};
        struct rig rig;
        rig_init(&rig, &loads[i], &config, NULL);
        const struct counters *counters = measure(&rig, &loads[i]);
        check_least(&rig, &loads[i], 16 * MSEC);
        tap_check(counters->bytes_sent >= counters->operations * 256 * 1024,
                  "%s: all of each value was sent", loads[i].name);
        rig_release(&rig);
    }
}

/* ---- failures ---- */

static void test_errors(void)
{
    static const struct load loads[] = {
        {"errors, closed", 1, 100, 0, 0, 1, 1, 10},
        {"errors, open", 2, 0, 200, 500 * MSEC, 1, 1, 10},
    };
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        struct fake_config config = {
            .error_every = 5, .error = "OOM fake", .delay_every = 1, .delay = MSEC};
        struct rig rig;
        struct fake_counts counts;
        rig_init(&rig, &loads[i], &config, NULL);
        const struct counters *counters = measure(&rig, &loads[i]);
        fake_server_count(rig.servers[0], &counts);
        tap_int((int64_t)counters->errors[REPLY_ERROR_OOM], (int64_t)(counts.commands / 5),
                "%s: each that was sent is counted", loads[i].name);
        tap_int((int64_t)(counters->operations + counters_errors(counters)),
                (int64_t)counts.commands, "%s: and nothing else is missing", loads[i].name);
        check_least(&rig, &loads[i], MSEC);
        rig_release(&rig);
    }
}

static void test_connections_that_end(void)
{
    static const struct load loads[] = {
        {"end, closed", 1, 100, 0, 0, 1, 1, 10},
        {"reset, closed", 1, 100, 0, 0, 1, 1, 10},
        {"end, open", 2, 0, 200, 500 * MSEC, 1, 1, 10},
        {"reset, open", 2, 0, 200, 500 * MSEC, 1, 1, 10},
    };
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        struct fake_config config = {
            .close_after = 10, .closes_by_reset = i % 2 == 1, .delay_every = 1, .delay = MSEC};
        struct rig rig;
        rig_init(&rig, &loads[i], &config, NULL);
        const struct counters *counters = measure(&rig, &loads[i]);
        uint64_t errors = counters_errors(counters);
        uint64_t wanted =
            loads[i].rate > 0 ? counters->intended - counters->outstanding : loads[i].requests;
        tap_int((int64_t)(counters->operations + errors), (int64_t)wanted, "%s: all is counted",
                loads[i].name);
        tap_int((int64_t)errors, (int64_t)counters->errors[REPLY_ERROR_LOST],
                "%s: what failed was lost", loads[i].name);
        tap_check(counters->lost_connections >= 8 && errors <= counters->lost_connections,
                  "%s: %llu connections, %llu operations", loads[i].name,
                  (unsigned long long)counters->lost_connections, (unsigned long long)errors);
        check_least(&rig, &loads[i], MSEC);
        rig_release(&rig);
    }
}

/* ---- sent elsewhere ---- */

static void test_redirections(void)
{
    static const struct load loads[] = {
        {"MOVED, closed", 1, 50, 0, 0, 1, 1, 10},
        {"ASK, closed", 1, 50, 0, 0, 1, 1, 10},
        {"MOVED, open", 2, 0, 50, 500 * MSEC, 1, 1, 10},
        {"ASK, open", 2, 0, 50, 500 * MSEC, 1, 1, 10},
    };
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        bool is_ask = i % 2 == 1;
        struct fake_config there = {.delay_every = 1, .delay = 3 * MSEC};
        struct fake_server *probe = fake_server_new(&there, NULL);
        there.port = fake_server_port(probe); /* free now, and most probably a moment later */
        fake_server_free(probe);
        char error[64];
        (void)snprintf(error, sizeof error, "%s 1 127.0.0.1:%u", is_ask ? "ASK" : "MOVED",
                       (unsigned)there.port);
        struct fake_config here = {
            .delay_every = 1, .delay = 2 * MSEC, .error_every = 1, .error = error};
        struct rig rig;
        rig_init(&rig, &loads[i], &here, &there);
        const struct counters *counters = measure(&rig, &loads[i]);
        tap_int((int64_t)(is_ask ? counters->asked : counters->moved),
                (int64_t)counters->operations, "%s: each was sent on", loads[i].name);
        tap_int((int64_t)counters_errors(counters), 0, "%s: none failed", loads[i].name);
        /* ASKING is delayed as well. */
        nsec least = is_ask ? 8 * MSEC : 5 * MSEC;
        tap_check(hist_min(&rig.latency) >= least, "%s: never below both delays: %llu ns",
                  loads[i].name, (unsigned long long)hist_min(&rig.latency));
        rig_release(&rig);
    }
}

int main(void)
{
    test_every_reply_is_delayed();
    test_some_replies_are_delayed();
    test_stall();
    test_split_replies();
    test_slow_reader();
    test_errors();
    test_connections_that_end();
    test_redirections();
    return tap_end();
}
