#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>

#include "hist/hist_encode.h"
#include "model/load_profile.h"
#include "model/reader.h"
#include "model/result_json.h"
#include "model/result_json_workload.h"
#include "model/statistics_json.h"

/* The index of the arm that a label names. */
static uint32_t get_arm(struct reader *r, const json_t *object, const char *name)
{
    struct str label = reader_view(r, object, name);
    for (size_t i = 0; !r->failed && i < r->result->arm_count; i++) {
        if (str_eq(label, str_from(r->result->arms[i].label))) {
            return (uint32_t)i;
        }
    }
    reader_fail(r, name, "names no arm");
    return 0;
}

static const char *get_load(struct reader *r, const json_t *object, const char *name)
{
    struct str load = reader_view(r, object, name);
    if (!str_eq(load, STR("closed")) && !str_eq(load, STR("open"))) {
        reader_fail(r, name, "not closed or open");
    }
    return str_eq(load, STR("open")) ? "open" : "closed";
}

static void read_findings(struct reader *r, const json_t *object, const char *name,
                          struct finding_list *out)
{
    const json_t *list = reader_array(r, object, name);
    for (size_t i = 0; !r->failed && i < json_array_size(list); i++) {
        size_t before = reader_enter(r, "%s%s[%zu]", r->place_len > 0 ? "." : "", name, i);
        const json_t *item = reader_element(r, list, i);
        enum severity severity = SEVERITY_NOTE;
        if (!severity_find(reader_view(r, item, "severity"), &severity)) {
            reader_fail(r, "severity", "not note, conditional or invalid");
        }
        const char *code = reader_text(r, item, "code");
        const char *advice = reader_text_or(r, item, "advice", NULL);
        const char *text = reader_text(r, item, "text");
        result_add_finding(r->result, out, severity, code, advice, "%s", text);
        reader_leave(r, before);
    }
}

static void read_design(struct reader *r, const json_t *top)
{
    const json_t *object = reader_object(r, top, "design");
    size_t before = reader_enter(r, "design");
    struct design_spec *design = &r->result->design;
    if (!spec_read_preset(reader_view(r, object, "preset"), &design->preset, NULL)) {
        reader_fail(r, "preset", "not quick, standard or rigorous");
    }
    if (!str_eq(reader_view(r, object, "order"), STR("quads"))) {
        reader_fail(r, "order", "not quads");
    }
    design->pairs = reader_small(r, object, "pairs");
    design->max_pairs = (uint32_t)reader_count_or_none(r, object, "max_pairs", UINT32_MAX);
    design->warmup = reader_time(r, object, "warmup_seconds");
    design->duration = reader_time(r, object, "duration_seconds");
    design->slice = json_is_null(reader_member(r, object, "slice_seconds"))
                        ? 0
                        : reader_time(r, object, "slice_seconds");
    design->confidence = reader_figure(r, object, "confidence");
    design->aa = reader_bool(r, object, "aa");
    design->force = reader_bool(r, object, "force");
    design->require_conclusive = reader_bool(r, object, "require_conclusive");
    design->keep_data = reader_bool(r, object, "keep_data");
    const json_t *margins = reader_object(r, object, "margins");
    for (int i = 0; i < METRIC_COUNT; i++) {
        const char *name = metric_name((enum metric)i);
        /* Files of earlier versions have no margins for what came later. */
        design->margins[i] = i > METRIC_MEMORY && json_object_get(margins, name) == NULL
                                 ? metric_default_margin((enum metric)i)
                                 : reader_figure(r, margins, name);
    }
    const json_t *gates = reader_array(r, object, "gates");
    for (size_t i = 0; i < json_array_size(gates); i++) {
        enum metric metric = METRIC_OPS;
        if (!metric_find(str_from(json_string_value(json_array_get(gates, i))), &metric)) {
            reader_fail(r, "gates", "holds something that is no metric");
        }
        design->gated[metric] = true;
    }
    reader_leave(r, before);
}

static void read_known_text(struct reader *r, const json_t *object, const char *name,
                            char out[ENV_TEXT_SIZE])
{
    (void)snprintf(out, ENV_TEXT_SIZE, "%s", reader_text_or(r, object, name, ""));
}

static void read_environment(struct reader *r, const json_t *top)
{
    const json_t *object = reader_object(r, top, "environment");
    size_t before = reader_enter(r, "environment");
    struct env *env = &r->result->env;
    read_known_text(r, object, "host", env->host);
    read_known_text(r, object, "kernel", env->kernel);
    read_known_text(r, object, "cpu_model", env->cpu_model);
    env->cpus = (uint32_t)reader_count_or_none(r, object, "cpus", UINT32_MAX);
    env->memory_bytes = reader_count_or_none(r, object, "memory_bytes", INT64_MAX);
    read_known_text(r, object, "governor", env->governor);
    read_known_text(r, object, "transparent_hugepages", env->transparent_hugepages);
    read_known_text(r, object, "clocksource", env->clocksource);
    read_known_text(r, object, "virtualisation", env->virtualisation);
    r->result->worker_placement = reader_text_or(r, object, "worker_placement", "");
    reader_leave(r, before);
}

/* Puts one value of a setting at the end of the arm's list, which has room for it. */
static void add_setting(struct reader *r, struct result_arm *arm, const char *name,
                        const json_t *value)
{
    if (!json_is_string(value)) {
        reader_fail(r, "settings", "holds a value that is neither a text nor a list of texts");
        return;
    }
    arm->settings[arm->setting_count++] = (struct setting){
        .name = arena_copy_text(&r->result->arena, name),
        .value = arena_copy_text(&r->result->arena, json_string_value(value)),
    };
}

static void read_settings(struct reader *r, const json_t *object, struct result_arm *arm)
{
    json_t *settings = json_object_get(object, "settings");
    if (reader_object(r, object, "settings") == NULL) {
        return;
    }
    size_t count = 0;
    const char *name;
    json_t *value;
    json_object_foreach(settings, name, value)
    {
        count += json_is_array(value) ? json_array_size(value) : 1;
    }
    arm->settings = arena_alloc_array(&r->result->arena, count, sizeof *arm->settings);
    json_object_foreach(settings, name, value)
    {
        size_t values = json_is_array(value) ? json_array_size(value) : 1;
        for (size_t i = 0; i < values; i++) {
            add_setting(r, arm, name, json_is_array(value) ? json_array_get(value, i) : value);
        }
    }
}

/* Files of earlier versions have none. */
static void read_facts(struct reader *r, const json_t *environment, struct result_arm *arm)
{
    json_t *facts = json_object_get(environment, "facts");
    const char *name;
    json_t *value;
    arm->facts = arena_alloc_array(&r->result->arena, json_object_size(facts), sizeof *arm->facts);
    json_object_foreach(facts, name, value)
    {
        if (!json_is_string(value)) {
            reader_fail(r, "environment.facts", "holds a value that is not a text");
            return;
        }
        arm->facts[arm->fact_count].name = arena_copy_text(&r->result->arena, name);
        arm->facts[arm->fact_count++].value =
            arena_copy_text(&r->result->arena, json_string_value(value));
    }
}

/* Results that were written before it was told lack it. */
static void read_tls(struct reader *r, const json_t *environment, struct result_tls *tls)
{
    const json_t *object = json_object_get(environment, "tls");
    if (r->failed || object == NULL || json_is_null(object)) {
        return;
    }
    size_t before = reader_enter(r, ".environment.tls");
    object = reader_object(r, environment, "tls");
    tls->version = reader_text(r, object, "version");
    tls->cipher = reader_text(r, object, "cipher");
    tls->handshakes = reader_count(r, object, "handshakes");
    tls->resumed = reader_count_up_to(r, object, "resumed", tls->handshakes);
    reader_leave(r, before);
}

static void read_arms(struct reader *r, const json_t *top)
{
    struct result *result = r->result;
    const json_t *list = reader_array(r, top, "arms");
    size_t count = json_array_size(list);
    result->arms = arena_alloc_array(&result->arena, count, sizeof *result->arms);
    for (size_t i = 0; !r->failed && i < count; i++) {
        struct result_arm *arm = &result->arms[i];
        size_t before = reader_enter(r, "arms[%zu]", i);
        const json_t *object = reader_element(r, list, i);
        arm->label = reader_text(r, object, "label");
        arm->engine = reader_text_or(r, object, "engine", "");
        arm->engine_version = reader_text_or(r, object, "engine_version", "");
        arm->target = reader_text(r, object, "target");
        read_settings(r, object, arm);
        const json_t *environment = reader_object(r, object, "environment");
        arm->started_by_us = reader_bool(r, environment, "started_by_tenbin");
        arm->placement = reader_text_or(r, environment, "placement", "");
        read_facts(r, environment, arm);
        read_tls(r, environment, &arm->tls);
        result->arm_count++;
        reader_leave(r, before);
    }
}

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
    } else if (mean < (double)min || mean > (double)max) {
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
    if (run->client_work.values_made + run->client_work.values_taken > 0) {
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

static void read_identity(struct reader *r, const json_t *object, struct result_run *run)
{
    run->arm = get_arm(r, object, "arm");
    run->load = get_load(r, object, "load");
    run->pair = reader_small(r, object, "pair");
    run->block = reader_small(r, object, "block");
    run->slot = reader_small(r, object, "slot");
    run->attempt = reader_small(r, object, "attempt");
    run->order = reader_small(r, object, "order");
    run->launch = reader_text(r, object, "launch");
    run->host = reader_text(r, object, "host");
    run->started_wall = reader_date(r, object, "started");
    run->valid = reader_bool(r, object, "valid");
    run->partial = reader_bool(r, object, "partial");
    read_findings(r, object, "warnings", &run->findings);
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
    run->operations = reader_count(r, object, "operations");
    run->steps = reader_count(r, object, "steps");
    run->hits = reader_count(r, object, "hits");
    run->misses = reader_count(r, object, "misses");
    run->client_cpu_seconds = reader_figure(r, object, "client_cpu_seconds");
    run->client_busy = reader_figure(r, object, "client_busy");
    run->server_cpu_seconds = reader_figure_or(r, object, "server_cpu_seconds", -1);
    run->server_busy = reader_figure_or(r, object, "server_busy", -1);
    run->steal = reader_figure(r, object, "steal");
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

static void read_run(struct reader *r, const json_t *object, struct result_cell *cell)
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
    read_hist(r, object, "latency", run->latency);
    for (size_t i = 0; !r->failed && i < run->command_count; i++) {
        size_t before = reader_enter(r, ".commands[%zu]", i);
        const json_t *command = reader_element(r, commands, i);
        run->commands[i].operations = reader_count(r, command, "operations");
        read_hist(r, command, "latency", run->commands[i].latency);
        reader_leave(r, before);
    }
    read_windows(r, object, run);
}

static void read_comparison(struct reader *r, const json_t *object, struct result_comparison *out)
{
    out->baseline = get_arm(r, object, "baseline");
    out->arm = get_arm(r, object, "arm");
    if (!metric_find(reader_view(r, object, "metric"), &out->metric)) {
        reader_fail(r, "metric", "not a known metric");
    }
    out->load = get_load(r, object, "load");
    out->n = reader_small(r, object, "n");
    out->ratio = reader_figure_or(r, object, "ratio", NAN);
    out->low = reader_figure_or(r, object, "low", 0);
    out->high = reader_figure_or(r, object, "high", INFINITY);
    out->confidence = reader_figure(r, object, "confidence");
    out->margin = reader_figure(r, object, "margin");
    out->minimum_detectable = reader_figure_or(r, object, "minimum_detectable", NAN);
    out->baseline_value = reader_figure_or(r, object, "baseline_value", NAN);
    out->arm_value = reader_figure_or(r, object, "arm_value", NAN);
    if (!verdict_find(reader_view(r, object, "verdict"), &out->verdict)) {
        reader_fail(r, "verdict", "not a known verdict");
    }
    out->pairs_needed = (uint32_t)reader_count_or_none(r, object, "pairs_needed", UINT32_MAX);
    out->position_effect = reader_number_or(r, object, "position_effect", NAN);
    out->p_equivalence = reader_number_or(r, object, "p_equivalence", NAN);
    out->p_value = reader_number_or(r, object, "p_value", NAN);
    out->adjusted = reader_number_or(r, object, "p_adjusted", NAN);
    out->gate = reader_number_or(r, object, "p_gate", NAN);
}

static void read_profile(struct reader *r, const json_t *object, struct load_spec *out)
{
    struct str text = reader_view(r, object, "load");
    bool known = str_eq(text, STR("closed")) || load_profile_read_rate(text, &out->profile, NULL) ||
                 load_profile_read(text, &out->profile, NULL);
    if (!known) {
        reader_fail(r, "load", "neither closed nor a rate nor a shape");
    }
    if (!json_is_null(reader_member(r, object, "arrival")) &&
        !arrival_find(reader_view(r, object, "arrival"), &out->arrival)) {
        reader_fail(r, "arrival", "not poisson or constant");
    }
}

/* What a suite tells of its cells; results of other kinds and of earlier versions do not. */
static void read_factors(struct reader *r, const json_t *object, struct result_cell *out)
{
    out->write_share = -1;
    if (json_object_get(object, "structure") == NULL) {
        return;
    }
    out->structure = reader_text_or(r, object, "structure", NULL);
    out->factor = reader_text_or(r, object, "factor", NULL);
    out->write_share = reader_figure_or(r, object, "write_share", -1);
    out->is_transaction = reader_bool(r, object, "transaction");
    out->is_script = reader_bool(r, object, "script");
}

static void read_parameters(struct reader *r, const json_t *cell, struct result_cell *described)
{
    struct load_spec *out = &described->load;
    const json_t *object = reader_object(r, cell, "parameters");
    size_t before = reader_enter(r, ".parameters");
    read_factors(r, object, described);
    out->clients = reader_small(r, object, "clients");
    out->threads = reader_small(r, object, "threads");
    out->pipeline = reader_small(r, object, "pipeline");
    out->requests = reader_count_or_none(r, object, "requests", INT64_MAX);
    out->timeout = reader_time(r, object, "timeout_seconds");
    out->protocol = (uint8_t)reader_count_or_none(r, object, "protocol", 3);
    out->pin = reader_bool(r, object, "pin");
    read_profile(r, object, out);
    out->think = reader_time(r, object, "think_seconds");
    out->churn = reader_bool(r, object, "churn");
    reader_leave(r, before);
}

static void read_skipped(struct reader *r, const json_t *object, struct result_cell *cell)
{
    const json_t *list = reader_array(r, object, "skipped");
    cell->skip_count = json_array_size(list);
    cell->skipped = arena_alloc_array(&r->result->arena, cell->skip_count, sizeof *cell->skipped);
    for (size_t i = 0; i < cell->skip_count; i++) {
        size_t before = reader_enter(r, ".skipped[%zu]", i);
        const json_t *skip = reader_element(r, list, i);
        cell->skipped[i].operation = reader_text(r, skip, "operation");
        cell->skipped[i].arm = reader_text(r, skip, "arm");
        reader_leave(r, before);
    }
}

static void read_memory(struct reader *r, const json_t *object, struct result_cell *cell)
{
    const json_t *list = reader_array(r, object, "memory");
    size_t count = json_array_size(list);
    cell->memory = arena_alloc_array(&r->result->arena, count, sizeof *cell->memory);
    for (size_t i = 0; !r->failed && i < count; i++) {
        size_t before = reader_enter(r, ".memory[%zu]", i);
        const json_t *memory = reader_element(r, list, i);
        cell->memory[cell->memory_count++] = (struct result_memory){
            .arm = get_arm(r, memory, "arm"),
            .keys = reader_count(r, memory, "keys"),
            .elements = reader_count(r, memory, "elements"),
            .before = reader_count(r, memory, "before"),
            .after = reader_count(r, memory, "after"),
            .was_empty = reader_bool(r, memory, "was_empty"),
        };
        reader_leave(r, before);
    }
}

static void read_cell(struct reader *r, const json_t *object, struct result_cell *cell)
{
    cell->name = reader_text(r, object, "name");
    workload_json_read(r, object, &cell->workload);
    cell->workload.name = cell->name;
    read_skipped(r, object, cell);
    read_parameters(r, object, cell);
    if (json_object_get(object, "findings") != NULL) {
        read_findings(r, object, "findings", &cell->findings);
        read_memory(r, object, cell);
    }
    const json_t *runs = reader_array(r, object, "runs");
    for (size_t i = 0; !r->failed && i < json_array_size(runs); i++) {
        size_t before = reader_enter(r, ".runs[%zu]", i);
        read_run(r, reader_element(r, runs, i), cell);
        reader_leave(r, before);
    }
    const json_t *list = reader_array(r, object, "comparisons");
    size_t count = json_array_size(list);
    cell->comparisons = arena_alloc_array(&r->result->arena, count, sizeof *cell->comparisons);
    for (size_t i = 0; !r->failed && i < count; i++) {
        size_t before = reader_enter(r, ".comparisons[%zu]", i);
        read_comparison(r, reader_element(r, list, i), &cell->comparisons[i]);
        cell->comparison_count++;
        reader_leave(r, before);
    }
    statistics_read(r, object, cell);
}

static void read_cells(struct reader *r, const json_t *top)
{
    struct result *result = r->result;
    const json_t *list = reader_array(r, top, "cells");
    size_t count = json_array_size(list);
    result->cells = arena_alloc_array(&result->arena, count, sizeof *result->cells);
    for (size_t i = 0; !r->failed && i < count; i++) {
        size_t before = reader_enter(r, "cells[%zu]", i);
        result->cell_count++;
        read_cell(r, reader_element(r, list, i), &result->cells[i]);
        reader_leave(r, before);
    }
}

static void read_summary(struct reader *r, const json_t *object, struct result_summary *out)
{
    out->baseline = get_arm(r, object, "baseline");
    out->arm = get_arm(r, object, "arm");
    if (!metric_find(reader_view(r, object, "metric"), &out->metric)) {
        reader_fail(r, "metric", "not a known metric");
    }
    const json_t *verdicts = reader_object(r, object, "verdicts");
    for (int i = 0; i < VERDICT_COUNT; i++) {
        out->verdicts[i] = reader_small(r, verdicts, verdict_name((enum verdict)i));
    }
    out->cells = reader_small(r, object, "cells");
    out->n = reader_small(r, object, "n");
    out->ratio = reader_figure_or(r, object, "ratio", NAN);
    out->low = reader_figure_or(r, object, "low", 0);
    out->high = reader_figure_or(r, object, "high", INFINITY);
    out->confidence = reader_figure(r, object, "confidence");
}

static void read_summaries(struct reader *r, const json_t *top)
{
    struct result *result = r->result;
    if (json_object_get(top, "summary") == NULL) {
        return; /* of an earlier version */
    }
    const json_t *list = reader_array(r, top, "summary");
    size_t count = json_array_size(list);
    result->summaries = arena_alloc_array(&result->arena, count, sizeof *result->summaries);
    for (size_t i = 0; !r->failed && i < count; i++) {
        size_t before = reader_enter(r, "summary[%zu]", i);
        read_summary(r, reader_element(r, list, i), &result->summaries[i]);
        result->summary_count++;
        reader_leave(r, before);
    }
}

static void read_command_line(struct reader *r, const json_t *top)
{
    struct result *result = r->result;
    const json_t *list = reader_array(r, top, "command_line");
    size_t count = json_array_size(list);
    result->command_line = arena_alloc_array(&result->arena, count, sizeof *result->command_line);
    for (size_t i = 0; i < count; i++) {
        const char *word = json_string_value(json_array_get(list, i));
        if (word == NULL) {
            reader_fail(r, "command_line", "holds something that is not a text");
        }
        result->command_line[i] = arena_copy(&result->arena, str_from(word));
    }
    result->command_line_count = count;
}

static void read_head(struct reader *r, const json_t *top)
{
    struct result *result = r->result;
    if (!str_eq(reader_view(r, top, "format"), STR(RESULT_JSON_FORMAT))) {
        reader_fail(r, "format", "not " RESULT_JSON_FORMAT);
    }
    uint64_t version = reader_count(r, top, "version");
    if (version != RESULT_JSON_VERSION) {
        reader_fail(r, "version", "%" PRIu64 " is not 1, the only one that this tenbin reads",
                    version);
    }
    result->id = reader_text(r, top, "id");
    result->created_wall = reader_date(r, top, "created");
    if (!result_kind_find(reader_view(r, top, "kind"), &result->kind)) {
        reader_fail(r, "kind", "not compare, run or suite");
    }
    const json_t *tenbin = reader_object(r, top, "tenbin");
    size_t before = reader_enter(r, "tenbin");
    result->tenbin_version = reader_text(r, tenbin, "version");
    reader_leave(r, before);
    read_command_line(r, top);
    result->seed = reader_count(r, top, "seed");
    read_design(r, top);
    result->repeated_pairs = reader_small(r, top, "repeated_pairs");
    result->interrupted = reader_bool(r, top, "interrupted");
    read_environment(r, top);
}

static void read_conclusion(struct reader *r, const json_t *top)
{
    const json_t *contract = reader_object(r, top, "contract");
    size_t before = reader_enter(r, "contract");
    read_findings(r, contract, "findings", &r->result->findings);
    reader_leave(r, before);
    const json_t *verdict = reader_object(r, top, "verdict");
    (void)reader_enter(r, "verdict");
    r->result->verdict_text = reader_text_or(r, verdict, "text", NULL);
    r->result->exit_code = (int)reader_count_up_to(r, verdict, "exit_code", 255);
    reader_leave(r, before);
}

bool result_json_read(struct str text, struct result *result, struct error *err)
{
    json_error_t where;
    json_t *top =
        json_loadb(text.len == 0 ? "" : text.data, text.len, JSON_REJECT_DUPLICATES, &where);
    if (top == NULL) {
        return error_set(err, ERROR_USAGE, "line %d, column %d: %s", where.line, where.column,
                         where.text);
    }
    result_init(result);
    struct reader r = {.result = result, .err = err};
    if (!json_is_object(top)) {
        reader_fail(&r, "", "not an object");
    }
    read_head(&r, top);
    read_arms(&r, top);
    read_cells(&r, top);
    read_summaries(&r, top);
    read_conclusion(&r, top);
    json_decref(top);
    if (r.failed) {
        result_release(result);
    }
    return !r.failed;
}
