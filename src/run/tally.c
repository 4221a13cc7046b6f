#include "run/tally.h"

#include "redis/reply_error.h"
#include "workload/encoder.h"

void tally_init(struct tally *tally, struct result *result, const struct load_spec *load,
                size_t commands, size_t windows)
{
    *tally = (struct tally){
        .window_capacity = windows,
        .is_open = load->profile.shape != LOAD_CLOSED,
        .worker_count = load->threads,
    };
    tally->workers = arena_alloc_array(&result->arena, load->threads, sizeof *tally->workers);
    window_init(&tally->total, commands);
    hist_init(&tally->latency);
    sampler_init(&tally->sampler, result);
    tally->windows = arena_alloc_array(&result->arena, windows, sizeof(struct result_window));
}

void tally_release(struct tally *tally)
{
    window_release(&tally->total);
    hist_release(&tally->latency);
    sampler_release(&tally->sampler);
    *tally = (struct tally){0};
}

void tally_list_window(struct tally *tally, const struct hist_window *window, double seconds,
                       double end, nsec started_wall)
{
    if (tally->window_count >= tally->window_capacity) {
        return;
    }
    sampler_add_window(&tally->sampler, window, seconds, end);
    window_latency(window, &tally->latency);
    tally->windows[tally->window_count++] = (struct result_window){
        .end = end,
        .seconds = seconds,
        .started_wall = started_wall,
        .operations = window->counters.operations,
        .errors = counters_errors(&window->counters),
        .p50 = hist_percentile(&tally->latency, 50),
        .p99 = hist_percentile(&tally->latency, 99),
        .p999 = hist_percentile(&tally->latency, 99.9),
        .max = hist_max(&tally->latency),
    };
}

/* Adds a difference of two readings; once one of them is unknown (< 0), so is the sum. */
static void add_cpu(double *sum, double before, double after)
{
    *sum = *sum < 0 || before < 0 || after < 0 ? -1 : *sum + after - before;
}

static void add_events(struct tally *tally, const struct info_counters *before,
                       const struct info_counters *after)
{
    if (after == NULL) {
        tally->server_is_lost = true;
        return;
    }
    tally->evicted_keys += after->evicted_keys - before->evicted_keys;
    tally->expired_keys += after->expired_keys - before->expired_keys;
    tally->forks += after->forks - before->forks;
}

static void add_identity(struct tally *tally, const struct info_counters *counters)
{
    tally->has_changed =
        tally->has_changed || (tally->has_identity && counters->identity != tally->identity);
    tally->identity = counters->identity;
    tally->has_identity = true;
}

void tally_add(struct tally *tally, const struct tally_slice *slice)
{
    const struct engine_outcome *outcome = slice->outcome;
    if (tally->seconds == 0) {
        tally->started_wall = outcome->started_wall;
    }
    window_merge(&tally->total, &outcome->window);
    tally->seconds += outcome->seconds;
    tally->seconds_all += outcome->seconds_all;
    tally->operations_all += outcome->operations_all;
    tally->client_cpu += outcome->client_cpu_seconds;
    tally->busy_seconds += outcome->client_busy * outcome->seconds;
    tally->offered_seconds += outcome->offered_seconds;
    const struct info_counters *after = slice->after;
    add_identity(tally, slice->before);
    if (after != NULL) {
        add_identity(tally, after);
    }
    if (tally->has_changed) {
        after = NULL; /* counters of different processes have no difference */
    }
    add_cpu(&tally->server_cpu, slice->before->cpu_seconds,
            after == NULL ? -1 : after->cpu_seconds);
    add_cpu(&tally->server_main, slice->before->cpu_main_seconds,
            after == NULL ? -1 : after->cpu_main_seconds);
    add_events(tally, slice->before, after);
    tally->machine.busy += slice->machine_after->busy - slice->machine_before->busy;
    tally->machine.idle += slice->machine_after->idle - slice->machine_before->idle;
    tally->machine.steal += slice->machine_after->steal - slice->machine_before->steal;
    tally->throttled += cpu_throttled(slice->machine_before, slice->machine_after, 1);
}

static void fill_errors(const struct counters *counters, struct result *result,
                        struct result_run *run)
{
    run->errors = arena_alloc_array(&result->arena, REPLY_ERROR_COUNT, sizeof(struct result_error));
    for (int kind = 0; kind < REPLY_ERROR_COUNT; kind++) {
        if (counters->errors[kind] > 0) {
            run->errors[run->error_count++] = (struct result_error){
                .kind = reply_error_name((enum reply_error)kind),
                .count = counters->errors[kind],
            };
        }
    }
}

static void fill_workers(const struct tally *tally, struct result *result, struct result_run *run)
{
    run->workers = arena_alloc_array(&result->arena, tally->worker_count, sizeof *run->workers);
    run->worker_count = tally->worker_count;
    for (size_t i = 0; i < tally->worker_count; i++) {
        run->workers[i].cpu_seconds = tally->workers[i].cpu_seconds;
        run->workers[i].busy = tally->seconds > 0 ? tally->workers[i].busy / tally->seconds : 0;
    }
}

static void fill_nodes(const struct tally *tally, const struct engine *engine,
                       struct result *result, struct result_run *run)
{
    size_t count = engine == NULL ? 0 : engine_node_count(engine);
    run->nodes = arena_alloc_array(&result->arena, count, sizeof *run->nodes);
    for (size_t i = 0; i < count; i++) {
        struct engine_node facts;
        engine_node(engine, i, &facts);
        uint64_t operations = tally->total.node_operations[i];
        /* Replicas that are not read from, and nodes that had gone before, took no part. */
        if (operations > 0 || (!facts.is_replica && !facts.is_gone)) {
            run->nodes[run->node_count++] = (struct result_node){
                .name = arena_copy_text(&result->arena, facts.name),
                .is_replica = facts.is_replica,
                .operations = operations,
            };
        }
    }
}

static void fill_schedule(const struct tally *tally, struct result_run *run)
{
    const struct counters *counters = &tally->total.counters;
    if (!tally->is_open) {
        return;
    }
    result_make_open(run);
    run->offered_per_second =
        tally->offered_seconds > 0 ? (double)counters->intended / tally->offered_seconds : 0;
    run->schedule.intended = counters->intended;
    run->schedule.sent = counters->sent;
    run->schedule.late = counters->late;
    run->schedule.outstanding = counters->outstanding;
    run->schedule.beside = counters->beside;
    hist_copy(run->schedule.send_lag, &tally->total.send_lag);
    hist_copy(run->service_latency, &tally->total.service);
}

static void fill_client_work(const struct tally *tally, struct result_run *run)
{
    const struct counters *counters = &tally->total.counters;
    const struct hist *work = tally->total.work;
    if (counters->values_made + counters->values_taken == 0) {
        return;
    }
    result_make_client_work(run);
    hist_copy(run->client_work.serialise, &work[ENCODER_SERIALISE]);
    hist_copy(run->client_work.compress, &work[ENCODER_COMPRESS]);
    hist_copy(run->client_work.decompress, &work[ENCODER_DECOMPRESS]);
    hist_copy(run->client_work.parse, &work[ENCODER_PARSE]);
    run->client_work.values_made = counters->values_made;
    run->client_work.plain_bytes = counters->plain_bytes;
    run->client_work.stored_bytes = counters->stored_bytes;
    run->client_work.values_taken = counters->values_taken;
}

static void fill_deliveries(const struct tally *tally, struct result_run *run)
{
    const struct counters *counters = &tally->total.counters;
    run->empty = counters->empty;
    run->client_cache.local_hits = counters->local_hits;
    run->client_cache.invalidations = counters->invalidations;
    run->client_cache.flushes = counters->flushes;
    if (counters->expected > 0 || counters->delivered > 0) {
        result_make_deliveries(run);
        run->deliveries.expected = counters->expected;
        run->deliveries.delivered = counters->delivered;
        hist_copy(run->deliveries.latency, &tally->total.delivery);
    }
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

void tally_add_workers(struct tally *tally, const struct engine *engine,
                       const struct engine_outcome *outcome)
{
    for (uint32_t i = 0; i < tally->worker_count; i++) {
        struct engine_worker_figures figures;
        engine_worker_figures(engine, i, &figures);
        tally->workers[i].cpu_seconds += figures.cpu_seconds;
        tally->workers[i].busy += figures.busy * outcome->seconds;
    }
}

void tally_fill_run(const struct tally *tally, const struct engine *engine, struct result *result,
                    struct result_run *run)
{
    const struct counters *counters = &tally->total.counters;
    run->started_wall = tally->started_wall;
    run->measured_seconds = tally->seconds;
    run->operations = counters->operations;
    run->steps = counters->steps;
    run->hits = counters->hits;
    run->misses = counters->misses;
    run->bytes_sent = counters->bytes_sent;
    run->bytes_received = counters->bytes_received;
    run->read_calls = counters->reads;
    run->write_calls = counters->writes;
    run->poll_calls = counters->polls;
    run->lost_connections = counters->lost_connections;
    run->gap_seconds = (double)counters->gaps_ns / (double)NSEC_PER_SEC;
    run->longest_gap_seconds = (double)counters->longest_gap_ns / (double)NSEC_PER_SEC;
    run->moved = counters->moved;
    run->asked = counters->asked;
    run->retries = counters->retries;
    run->aborted = counters->aborted;
    run->scripts_loaded = counters->scripts_loaded;
    run->topology_changes = counters->topology_changes;
    run->loop_stalls = counters->stalls;
    run->longest_loop_stall_seconds = (double)counters->longest_stall_ns / (double)NSEC_PER_SEC;
    if (tally->total.connect.count > 0) {
        result_make_connects(run);
        hist_copy(run->connects.connect, &tally->total.connect);
        hist_copy(run->connects.tls, &tally->total.tls);
        hist_copy(run->connects.session, &tally->total.session);
    }
    fill_client_work(tally, run);
    fill_schedule(tally, run);
    fill_deliveries(tally, run);
    fill_workers(tally, result, run);
    fill_nodes(tally, engine, result, run);
    run->client_cpu_seconds = tally->client_cpu;
    run->client_busy = share(tally->busy_seconds, tally->seconds);
    /* The server's figures cover settling too; its part is taken off in proportion. */
    run->server_cpu_seconds = tally->server_cpu < 0
                                  ? -1
                                  : tally->server_cpu * share((double)counters->operations,
                                                              (double)tally->operations_all);
    run->server_busy = tally->server_main < 0 ? -1 : share(tally->server_main, tally->seconds_all);
    run->server_is_told = !tally->server_is_lost;
    run->evicted_keys = tally->evicted_keys;
    run->expired_keys = tally->expired_keys;
    run->forks = tally->forks;
    run->steal = share((double)tally->machine.steal,
                       (double)(tally->machine.busy + tally->machine.idle + tally->machine.steal));
    run->throttled = tally->throttled / tally->seconds_all;
    fill_errors(counters, result, run);
    window_latency(&tally->total, run->latency);
    for (size_t i = 0; i < run->command_count; i++) {
        hist_copy(run->commands[i].latency, &tally->total.commands[i]);
        run->commands[i].operations = tally->total.commands[i].count;
    }
    run->windows = tally->windows;
    run->window_count = tally->window_count;
    run->samples = tally->sampler.samples;
    run->sample_count = tally->sampler.count;
}
