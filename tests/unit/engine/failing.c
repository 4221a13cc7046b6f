/* An engine that is set up and loads a server while the system refuses one call. */
#include <limits.h>

#include "base/mem.h"
#include "engine/engine.h"
#include "support/refusing.h"
#include "support/responder.h"

enum { CLIENTS = 4, THREADS = 2, REQUESTS = 12 };

struct rig {
    struct endpoint endpoint;
    struct locator locator;
    struct topology *topology;
    struct workload workload;
    struct load_spec load;
};

/* What is refused under load costs a connection and what was in flight there; the rest is done. */
static bool judge(const struct engine_outcome *outcome, struct error *err)
{
    const struct counters *counters = &outcome->window.counters;
    uint64_t errors = counters_errors(counters);
    if (outcome->failed || counters->operations + errors != REQUESTS ||
        errors > counters->lost_connections) {
        return error_set(err, ERROR_TARGET, "%d requests: %llu operations, %llu errors, %llu lost",
                         REQUESTS, (unsigned long long)counters->operations,
                         (unsigned long long)errors,
                         (unsigned long long)counters->lost_connections);
    }
    if (counters->lost_connections > 0 && outcome->problem.code == ERROR_NONE) {
        return error_set(err, ERROR_TARGET, "a connection was lost without a reason");
    }
    return true;
}

static bool load(const void *self, struct error *err)
{
    const struct rig *rig = self;
    struct engine_config config = {
        .clock = clock_monotonic(),
        .loop_init = loop_init_epoll,
        .endpoint = &rig->endpoint,
        .topology = rig->topology,
        .locator = &rig->locator,
        .workload = &rig->workload,
        .load = &rig->load,
        .protocol = 3,
        .seed = 1,
    };
    struct engine_slice slice = {.is_closed = true, .requests = REQUESTS};
    struct engine_outcome outcome = {0};
    struct engine *engine = engine_new(&config, err);
    bool done = engine != NULL && engine_connect(engine, NULL, err);
    if (done) {
        window_init(&outcome.window, rig->workload.operation_count);
        engine_measure(engine, &slice, NULL, &outcome);
        done = judge(&outcome, err);
        window_release(&outcome.window);
    }
    engine_free(engine);
    return done;
}

int main(void)
{
    static const struct answer answers[] = {{"HELLO", "%1\r\n$5\r\nproto\r\n:3\r\n"},
                                            {"PING", "+PONG\r\n"},
                                            {"GET", "$5\r\nhello\r\n"},
                                            {"SET", "+OK\r\n"},
                                            {0}};
    static const struct workload_spec spec = {.writes = 1,
                                              .reads = 1,
                                              .keys = 100,
                                              .key_prefix = "t:",
                                              .value_size_low = 10,
                                              .value_size_high = 10};
    struct responder responder;
    uint16_t port = responder_start(&responder, answers, NULL);
    struct address addresses[ADDRESS_MAX_RESULTS];
    unsigned count = 0;
    (void)address_resolve("127.0.0.1", port, addresses, &count, NULL);
    const struct transport transport = failing_transport();
    struct rig rig = {
        .endpoint = {.transport = &transport, .name = "fake", .address = addresses[0]},
        /* By name, so that there is a thread that looks it up. */
        .locator = {.endpoint = &rig.endpoint, .host = "localhost", .port = port},
        .topology = mem_alloc(sizeof *rig.topology),
        .load = {.clients = CLIENTS,
                 .threads = THREADS,
                 .pipeline = 1,
                 .timeout = 2 * NSEC_PER_SEC},
    };
    topology_init_single(rig.topology, &rig.endpoint);
    workload_init(&rig.workload, &spec, 1);
    refuse_all(&(struct attempt){
        .name = "engine",
        .run = load,
        .self = &rig,
        .uses = 1U << FAIL_SOCKET | 1U << FAIL_SETSOCKOPT | 1U << FAIL_CONNECT |
                1U << FAIL_GETSOCKOPT | 1U << FAIL_READ | 1U << FAIL_WRITE |
                1U << FAIL_EPOLL_CREATE | 1U << FAIL_EPOLL_ADD | 1U << FAIL_PTHREAD_CREATE,
        .survives = {[FAIL_READ] = UINT_MAX, [FAIL_WRITE] = UINT_MAX},
    });
    workload_release(&rig.workload);
    mem_free(rig.topology);
    responder_stop(&responder);
    buf_release(&responder.heard);
    return tap_end();
}
