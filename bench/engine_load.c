/* Our load engine with everything it records, and nothing around it: what it costs is compared
 * with bare_loop. */
#include <stdio.h>

#include "base/mem.h"
#include "engine/engine.h"
#include "load.h"
#include "options.h"

/* Connects, measures and fills in what it cost. */
static bool measure(struct engine *engine, const struct load *load, const struct workload *workload,
                    struct load_cost *cost, struct error *err)
{
    if (!engine_connect(engine, NULL, err)) {
        return false;
    }
    struct engine_slice slice = {
        .duration = load->requests > 0 ? 0 : (nsec)(load->seconds * (double)NSEC_PER_SEC),
        .requests = load->requests,
    };
    struct engine_outcome outcome = {0};
    struct rusage before;
    struct rusage after;
    window_init(&outcome.window, workload->operation_count);
    getrusage(RUSAGE_SELF, &before);
    engine_measure(engine, &slice, NULL, &outcome);
    getrusage(RUSAGE_SELF, &after);
    load_cost_take(cost, &before, &after);
    const struct counters *counters = &outcome.window.counters;
    cost->requests = counters->operations;
    cost->elapsed = (nsec)(outcome.seconds * (double)NSEC_PER_SEC);
    cost->reads = counters->reads;
    cost->writes = counters->writes;
    cost->polls = counters->polls;
    cost->spun = counters->spun_ns;
    cost->lag = hist_percentile(&outcome.window.send_lag, 99);
    uint64_t errors = counters_errors(counters);
    window_release(&outcome.window);
    if (outcome.failed || errors > 0) {
        return error_set(err, ERROR_INVALID, "%llu requests failed: %s", (unsigned long long)errors,
                         outcome.problem.text);
    }
    return true;
}

int main(int argc, char **argv)
{
    struct load load;
    struct error err = {0};
    load_read(&load, argc, argv);
    options_pin(load.cpu);
    struct workload_spec workload_spec = {
        .writes = (uint32_t)load.writes,
        .reads = (uint32_t)load.reads,
        .keys = load.keys,
        .key_size = 13,
        .key_prefix = "bench:",
        .key_distribution = load.zipf > 0 ? KEYS_ZIPF : KEYS_UNIFORM,
        .zipf_theta = load.zipf,
        .value_size_low = load.value_size,
        .value_size_high = load.value_size,
    };
    struct load_spec load_spec = {
        .clients = (uint32_t)load.connections,
        .threads = (uint32_t)load.threads,
        .pipeline = (uint32_t)load.pipeline,
        .timeout = 5 * NSEC_PER_SEC,
    };
    if (load.rate > 0) {
        load_spec.profile =
            (struct load_profile){.shape = LOAD_FLAT, .rates = {load.rate}, .rate_count = 1};
    }
    struct address addresses[ADDRESS_MAX_RESULTS];
    unsigned found = 0;
    struct endpoint endpoint = {.transport = transport_plain(), .name = "bench"};
    if (!address_resolve("127.0.0.1", (uint16_t)load.port, addresses, &found, &err)) {
        options_fail(err.text);
    }
    endpoint.address = addresses[0];
    struct workload workload;
    workload_init(&workload, &workload_spec, 1);
    struct topology *topology = mem_alloc(sizeof *topology);
    topology_init_single(topology, &endpoint);
    struct engine_config config = {
        .topology = topology,
        .spin = load.cpu == OPTIONS_ANY_CPU ? 0 : 100 * NSEC_PER_USEC,
        .is_general = load.general != 0,
        .clock = clock_monotonic(),
        .loop_init = loop_init_epoll,
        .endpoint = &endpoint,
        .workload = &workload,
        .load = &load_spec,
        .protocol = 2,
        .seed = 1,
    };
    struct load_cost cost = {0};
    struct engine *engine = engine_new(&config, &err);
    bool done = engine != NULL && measure(engine, &load, &workload, &cost, &err);
    engine_free(engine);
    workload_release(&workload);
    mem_free(topology);
    if (!done) {
        options_fail(err.text);
    }
    load_cost_print(&cost, &load, "engine_load");
    return 0;
}
