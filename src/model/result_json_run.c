#include "model/result_json_run.h"

#include <inttypes.h>
#include <math.h>

#include "hist/hist_encode.h"
#include "model/monitor_json.h"

/* The format of histograms has neither exact extremes nor an exact mean: those stand beside it. */
static void restore_extremes(struct reader *r, const json_t *object, struct hist *hist)
{
    struct error err = {0};
    uint64_t min = reader_count(r, object, "min");
    uint64_t max = reader_count(r, object, "max");
    uint64_t saturated = reader_count(r, object, "saturated");
    double mean = reader_figure(r, object, "mean");
    if (r->failed) {
        return;
    }
    if (hist->count != reader_count(r, object, "count")) {
        reader_fail(r, "count", "the histogram holds %" PRIu64 " values", hist->count);
    } else if (!hist_restore(hist, min, max, saturated, &err)) {
        reader_fail(r, "", "%s", err.text);
    } else if (!(mean >= (double)min && mean <= (double)max)) {
        reader_fail(r, "mean", "not between minimum and maximum");
    } else {
        __extension__ typedef unsigned __int128 u128;
        hist->sum = (u128)roundl((long double)mean * (long double)hist->count);
    }
}

static void read_hist(struct reader *r, const json_t *object, const char *name, struct hist *hist)
{
    const json_t *latency = reader_object(r, object, name);
    size_t before = reader_enter(r, ".%s", name);
    struct error err = {0};
    struct str text = reader_view(r, latency, "histogram");
    if (!r->failed && !hist_decode_text(hist, text, &err)) {
        reader_fail(r, "histogram", "%s", err.text);
    }
    restore_extremes(r, latency, hist);
    reader_leave(r, before);
}

/* A histogram, or of an imported result the figures that it has instead. */
static const struct result_figures *read_latency(struct reader *r, const json_t *object,
                                                 struct hist *hist)
{
    const json_t *latency = reader_object(r, object, "latency");
    if (!r->allows_unknown || !json_is_null(json_object_get(latency, "histogram"))) {
        read_hist(r, object, "latency", hist);
        return NULL;
    }
    size_t before = reader_enter(r, ".latency");
    struct result_figures *figures = arena_alloc(&r->result->arena, sizeof *figures);
    *figures = (struct result_figures){
        .count = reader_count(r, latency, "count"),
        .mean = reader_figure(r, latency, "mean"),
        .min = reader_count(r, latency, "min"),
        .p50 = reader_count(r, latency, "p50"),
        .p90 = reader_count(r, latency, "p90"),
        .p95 = reader_count(r, latency, "p95"),
        .p99 = reader_count(r, latency, "p99"),
        .p999 = reader_count(r, latency, "p999"),
        .p9999 = reader_count(r, latency, "p9999"),
        .max = reader_count(r, latency, "max"),
    };
    reader_leave(r, before);
    return figures;
}

/* Results of earlier versions tell nothing of these. */
static void read_deliveries(struct reader *r, const json_t *object, struct result_run *run)
{
    if (json_object_get(object, "empty") == NULL) {
        return;
    }
    run->empty = reader_count(r, object, "empty");
    const json_t *cache = reader_object(r, object, "client_cache");
    size_t before = reader_enter(r, ".client_cache");
    run->client_cache.local_hits = reader_count(r, cache, "local_hits");
    run->client_cache.invalidations = reader_count(r, cache, "invalidations");
    run->client_cache.flushes = reader_count(r, cache, "flushes");
    reader_leave(r, before);
    if (json_is_null(reader_member(r, object, "delivery_latency"))) {
        return;
    }
    result_make_deliveries(run);
    const json_t *latency = reader_object(r, object, "delivery_latency");
    before = reader_enter(r, ".delivery_latency");
    run->deliveries.expected = reader_count(r, latency, "expected");
    run->deliveries.delivered = reader_count(r, latency, "delivered");
    reader_leave(r, before);
    read_hist(r, object, "delivery_latency", run->deliveries.latency);
}

static void read_windows(struct reader *r, const json_t *object, struct result_run *run)
{
    const json_t *list = reader_array(r, object, "windows");
    size_t count = json_array_size(list);
    run->windows = arena_alloc_array(&r->result->arena, count, sizeof *run->windows);
    for (size_t i = 0; !r->failed && i < count; i++) {
        struct result_window *window = &run->windows[i];
        size_t before = reader_enter(r, ".windows[%zu]", i);
        const json_t *item = reader_element(r, list, i);
        window->end = reader_figure(r, item, "t");
        window->seconds = reader_figure(r, item, "seconds");
        window->started_wall = reader_date(r, item, "started");
        window->operations = reader_count(r, item, "operations");
        window->errors = reader_count(r, item, "errors");
        window->p50 = reader_count(r, item, "p50");
        window->p99 = reader_count(r, item, "p99");
        window->p999 = reader_count(r, item, "p999");
        window->max = reader_count(r, item, "max");
        run->window_count++;
        reader_leave(r, before);
    }
}

/* null: nothing was recorded. */
static void read_hist_or_none(struct reader *r, const json_t *object, const char *name,
                              struct hist *hist)
{
    if (!json_is_null(reader_member(r, object, name))) {
        read_hist(r, object, name, hist);
    }
}

/* What an open loop adds. */
static void read_schedule(struct reader *r, const json_t *object, struct result_run *run)
{
    run->offered_per_second = reader_figure_or(r, object, "offered_per_second", -1);
    if (json_is_null(reader_member(r, object, "schedule"))) {
        return;
    }
    result_make_open(run);
    const json_t *schedule = reader_object(r, object, "schedule");
    size_t before = reader_enter(r, ".schedule");
    run->schedule.intended = reader_count(r, schedule, "intended");
    run->schedule.sent = reader_count(r, schedule, "sent");
    run->schedule.late = reader_count(r, schedule, "late");
    run->schedule.outstanding = reader_count(r, schedule, "outstanding");
    if (json_object_get(schedule, "beside") != NULL) {
        run->schedule.beside = reader_count(r, schedule, "beside");
    }
    read_hist(r, schedule, "send_lag", run->schedule.send_lag);
    reader_leave(r, before);
    read_hist(r, object, "service_latency", run->service_latency);
}

static void read_connects(struct reader *r, const json_t *object, struct result_run *run)
{
    const json_t *connects = reader_object(r, object, "connects");
    if (r->failed || json_is_null(json_object_get(connects, "connect"))) {
        return; /* no part without the first */
    }
    result_make_connects(run);
    size_t before = reader_enter(r, ".connects");
    read_hist_or_none(r, connects, "connect", run->connects.connect);
    read_hist_or_none(r, connects, "tls", run->connects.tls);
    read_hist_or_none(r, connects, "session", run->connects.session);
    reader_leave(r, before);
}

static void read_client_work(struct reader *r, const json_t *object, struct result_run *run)
{
    if (json_object_get(object, "client_work") == NULL) {
        return; /* of an earlier version */
    }
    const json_t *work = reader_object(r, object, "client_work");
    size_t before = reader_enter(r, ".client_work");
    run->client_work.values_made = reader_count(r, work, "values_made");
    run->client_work.plain_bytes = reader_count(r, work, "plain_bytes");
    run->client_work.stored_bytes = reader_count(r, work, "stored_bytes");
    run->client_work.values_taken = reader_count(r, work, "values_taken");
    bool is_known = run->client_work.values_made != RESULT_UNKNOWN;
    if (is_known && run->client_work.values_made + run->client_work.values_taken > 0) {
        result_make_client_work(run);
        read_hist_or_none(r, work, "serialise", run->client_work.serialise);
        read_hist_or_none(r, work, "compress", run->client_work.compress);
        read_hist_or_none(r, work, "decompress", run->client_work.decompress);
        read_hist_or_none(r, work, "parse", run->client_work.parse);
    }
    reader_leave(r, before);
}

static void read_workers(struct reader *r, const json_t *object, struct result_run *run)
{
    const json_t *generators = reader_array(r, object, "generators");
    size_t before = reader_enter(r, ".generators[0]");
    const json_t *list = reader_array(r, reader_element(r, generators, 0), "workers");
    size_t count = json_array_size(list);
    run->workers = arena_alloc_array(&r->result->arena, count, sizeof *run->workers);
    for (size_t i = 0; !r->failed && i < count; i++) {
        const json_t *worker = reader_element(r, list, i);
        run->workers[i].cpu_seconds = reader_figure(r, worker, "client_cpu_seconds");
        run->workers[i].busy = reader_figure(r, worker, "client_busy");
        run->worker_count++;
    }
    reader_leave(r, before);
}

static void read_nodes(struct reader *r, const json_t *object, struct result_run *run)
{
    const json_t *list = reader_array(r, object, "nodes");
    size_t count = json_array_size(list);
    run->nodes = arena_alloc_array(&r->result->arena, count, sizeof *run->nodes);
    for (size_t i = 0; !r->failed && i < count; i++) {
        size_t before = reader_enter(r, ".nodes[%zu]", i);
        const json_t *node = reader_element(r, list, i);
        run->nodes[i].name = reader_text(r, node, "node");
        run->nodes[i].is_replica = str_eq(reader_view(r, node, "role"), STR("replica"));
        run->nodes[i].operations = reader_count(r, node, "operations");
        run->node_count++;
        reader_leave(r, before);
    }
}

static void read_errors(struct reader *r, const json_t *object, struct result_run *run)
{
    json_t *errors = json_object_get(object, "errors");
    if (reader_object(r, object, "errors") == NULL) {
        return;
    }
    size_t before = reader_enter(r, ".errors");
    run->errors =
        arena_alloc_array(&r->result->arena, json_object_size(errors), sizeof *run->errors);
    const char *kind;
    json_t *count;
    json_object_foreach(errors, kind, count)
    {
        run->errors[run->error_count++] = (struct result_error){
            .kind = arena_copy_text(&r->result->arena, kind),
            .count = reader_count(r, errors, kind),
        };
    }
    reader_leave(r, before);
}

/* One of the hosts of its arm. Not told by earlier versions, which knew one host. */
static uint32_t read_host_number(struct reader *r, const json_t *object, uint32_t arm)
{
    uint32_t hosts = r->failed ? 1 : result_arm_hosts(&r->result->arms[arm]);
    if (json_object_get(object, "host_number") == NULL) {
        return 1;
    }
    uint32_t number = (uint32_t)reader_count_up_to(r, object, "host_number", hosts);
    if (number == 0) {
        reader_fail(r, "host_number", "numbers begin with 1");
    }
    return number;
}

static void read_identity(struct reader *r, const json_t *object, struct result_run *run)
{
    run->arm = reader_arm(r, object, "arm");
    run->load = reader_load(r, object, "load");
    run->pair = reader_small(r, object, "pair");
    run->block = reader_small(r, object, "block");
    run->slot = reader_small(r, object, "slot");
    run->attempt = reader_small(r, object, "attempt");
    run->order = reader_small(r, object, "order");
    run->launch = reader_known_text(r, object, "launch");
    run->host = reader_known_text(r, object, "host");
    run->host_number = read_host_number(r, object, run->arm);
    run->started_wall = reader_date(r, object, "started");
    run->valid = reader_bool(r, object, "valid");
    run->partial = reader_bool(r, object, "partial");
    reader_findings(r, object, "warnings", &run->findings);
}

/* Files of earlier versions have none. */
static void read_server_events(struct reader *r, const json_t *object, struct result_run *run)
{
    const json_t *events = json_object_get(object, "server_events");
    if (events == NULL || json_is_null(events)) {
        return;
    }
    events = reader_object(r, object, "server_events");
    size_t before = reader_enter(r, ".server_events");
    run->server_is_told = true;
    run->evicted_keys = reader_count(r, events, "evicted_keys");
    run->expired_keys = reader_count(r, events, "expired_keys");
    run->forks = reader_count(r, events, "forks");
    reader_leave(r, before);
}

static void read_counts(struct reader *r, const json_t *object, struct result_run *run)
{
    run->measured_seconds = reader_figure(r, object, "measured_seconds");
    if (r->result->origin != NULL) {
        run->stated_rate = reader_figure_or(r, object, "ops_per_second", 0);
    }
    run->operations = reader_count(r, object, "operations");
    run->steps = reader_count(r, object, "steps");
    run->hits = reader_count(r, object, "hits");
    run->misses = reader_count(r, object, "misses");
    run->client_cpu_seconds = reader_figure_or(r, object, "client_cpu_seconds", NAN);
    run->client_busy = reader_figure_or(r, object, "client_busy", NAN);
    run->server_cpu_seconds = reader_figure_or(r, object, "server_cpu_seconds", -1);
    run->server_busy = reader_figure_or(r, object, "server_busy", -1);
    run->steal = reader_figure(r, object, "steal");
    run->throttled = json_object_get(object, "throttled") == NULL /* by earlier versions */
                         ? NAN
                         : reader_figure_or(r, object, "throttled", NAN);
    read_server_events(r, object, run);
    run->bytes_sent = reader_count(r, object, "bytes_sent");
    run->bytes_received = reader_count(r, object, "bytes_received");
    run->read_calls = reader_count(r, object, "read_calls");
    run->write_calls = reader_count(r, object, "write_calls");
    run->poll_calls = reader_count(r, object, "poll_calls");
    run->lost_connections = reader_count(r, object, "lost_connections");
    run->gap_seconds = reader_figure(r, object, "gap_seconds");
    run->longest_gap_seconds = reader_figure(r, object, "longest_gap_seconds");
    run->moved = reader_count(r, object, "moved");
    run->asked = reader_count(r, object, "asked");
    if (json_object_get(object, "retries") != NULL) { /* not told by earlier versions */
        run->retries = reader_count(r, object, "retries");
        run->aborted = reader_count(r, object, "aborted");
        run->scripts_loaded = reader_count(r, object, "scripts_loaded");
    }
    run->topology_changes = reader_count(r, object, "topology_changes");
    run->loop_stalls = reader_count(r, object, "loop_stalls");
    run->longest_loop_stall_seconds = reader_figure(r, object, "longest_loop_stall_seconds");
}

/* Names of the run's commands, for result_add_run. */
static const char **command_names(struct reader *r, const json_t *list)
{
    size_t count = json_array_size(list);
    const char **names = arena_alloc_array(&r->result->arena, count, sizeof *names);
    for (size_t i = 0; i < count; i++) {
        size_t before = reader_enter(r, ".commands[%zu]", i);
        names[i] = reader_text(r, reader_element(r, list, i), "name");
        reader_leave(r, before);
    }
    return names;
}

void run_json_read(struct reader *r, const json_t *object, struct result_cell *cell)
{
    const json_t *commands = reader_array(r, object, "commands");
    const char **names = command_names(r, commands);
    if (r->failed) {
        return;
    }
    struct result_run *run = result_add_run(r->result, cell, names, json_array_size(commands));
    read_identity(r, object, run);
    read_counts(r, object, run);
    read_errors(r, object, run);
    read_schedule(r, object, run);
    read_deliveries(r, object, run);
    read_connects(r, object, run);
    read_client_work(r, object, run);
    read_workers(r, object, run);
    read_nodes(r, object, run);
    run->figures = read_latency(r, object, run->latency);
    for (size_t i = 0; !r->failed && i < run->command_count; i++) {
        size_t before = reader_enter(r, ".commands[%zu]", i);
        const json_t *command = reader_element(r, commands, i);
        run->commands[i].operations = reader_count(r, command, "operations");
        run->commands[i].figures = read_latency(r, command, run->commands[i].latency);
        reader_leave(r, before);
    }
    read_windows(r, object, run);
    monitor_json_read(r, object, run);
}
