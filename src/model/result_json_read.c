#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "hist/hist_encode.h"
#include "model/result_json.h"
#include "model/wall_time.h"

enum { PLACE_SIZE = 160 };

#define MAX_SECONDS 1e9

/* Reading goes on after the first failure with harmless values, and stops where it is cheap; only
 * the first failure is reported. */
struct reader {
    struct result *result;
    struct error *err;
    bool failed;
    char place[PLACE_SIZE]; /* "cells[0].runs[3]"; "" at the top */
    size_t place_len;
};

__attribute__((format(printf, 3, 4))) static void fail(struct reader *r, const char *name,
                                                       const char *format, ...)
{
    if (r->failed) {
        return;
    }
    r->failed = true;
    char what[ERROR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    bool both = name[0] != '\0' && r->place_len > 0;
    bool none = name[0] == '\0' && r->place_len == 0;
    error_set(r->err, ERROR_USAGE, "%s%s%s%s%s", r->place, both ? "." : "", name, none ? "" : ": ",
              what);
}

/* Goes down to a member and says where it was, for leave. */
__attribute__((format(printf, 2, 3))) static size_t enter(struct reader *r, const char *format, ...)
{
    size_t before = r->place_len;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(r->place + before, PLACE_SIZE - before, format, args);
    va_end(args);
    size_t room = PLACE_SIZE - before - 1;
    r->place_len = before + (len < 0 ? 0 : (size_t)len < room ? (size_t)len : room);
    return before;
}

static void leave(struct reader *r, size_t before)
{
    r->place_len = before;
    r->place[before] = '\0';
}

/* The member, or NULL when it is missing, which is a failure. */
static const json_t *member(struct reader *r, const json_t *object, const char *name)
{
    const json_t *value = r->failed ? NULL : json_object_get(object, name);
    if (value == NULL) {
        fail(r, name, "missing");
    }
    return value;
}

static const json_t *get_object(struct reader *r, const json_t *object, const char *name)
{
    const json_t *value = member(r, object, name);
    if (value != NULL && !json_is_object(value)) {
        fail(r, name, "not an object");
    }
    return r->failed ? NULL : value;
}

static const json_t *get_array(struct reader *r, const json_t *object, const char *name)
{
    const json_t *value = member(r, object, name);
    if (value != NULL && !json_is_array(value)) {
        fail(r, name, "not a list");
    }
    return r->failed ? NULL : value;
}

/* The element of a list of objects, or NULL after a failure. */
static const json_t *element(struct reader *r, const json_t *list, size_t index)
{
    const json_t *value = json_array_get(list, index);
    if (!json_is_object(value)) {
        fail(r, "", "not an object");
    }
    return r->failed ? NULL : value;
}

/* A view that lives as long as the JSON tree; "" after a failure. */
static struct str get_view(struct reader *r, const json_t *object, const char *name)
{
    const json_t *value = member(r, object, name);
    if (value != NULL && !json_is_string(value)) {
        fail(r, name, "not a text");
    }
    return r->failed ? STR("") : (struct str){json_string_value(value), json_string_length(value)};
}

static const char *get_text(struct reader *r, const json_t *object, const char *name)
{
    return arena_copy(&r->result->arena, get_view(r, object, name));
}

/* null gives `absent`. */
static const char *get_text_or(struct reader *r, const json_t *object, const char *name,
                               const char *absent)
{
    return json_is_null(member(r, object, name)) ? absent : get_text(r, object, name);
}

static bool get_bool(struct reader *r, const json_t *object, const char *name)
{
    const json_t *value = member(r, object, name);
    if (value != NULL && !json_is_boolean(value)) {
        fail(r, name, "not true or false");
    }
    return json_is_true(value);
}

static uint64_t get_count_up_to(struct reader *r, const json_t *object, const char *name,
                                uint64_t most)
{
    const json_t *value = member(r, object, name);
    if (value == NULL) {
        return 0;
    }
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || (uint64_t)number > most) {
        fail(r, name, "not a whole number from 0 to %" PRIu64, most);
        return 0;
    }
    return (uint64_t)number;
}

static uint64_t get_count(struct reader *r, const json_t *object, const char *name)
{
    return get_count_up_to(r, object, name, INT64_MAX);
}

static uint32_t get_small(struct reader *r, const json_t *object, const char *name)
{
    return (uint32_t)get_count_up_to(r, object, name, UINT32_MAX);
}

/* null gives 0. */
static uint64_t get_count_or_none(struct reader *r, const json_t *object, const char *name,
                                  uint64_t most)
{
    return json_is_null(member(r, object, name)) ? 0 : get_count_up_to(r, object, name, most);
}

static double get_number(struct reader *r, const json_t *object, const char *name)
{
    const json_t *value = member(r, object, name);
    if (value != NULL && !json_is_number(value)) {
        fail(r, name, "not a number");
    }
    return json_number_value(value);
}

/* A number that cannot be negative. */
static double get_figure(struct reader *r, const json_t *object, const char *name)
{
    double number = get_number(r, object, name);
    if (number < 0) {
        fail(r, name, "negative");
    }
    return number;
}

/* null gives `absent`. */
static double get_figure_or(struct reader *r, const json_t *object, const char *name, double absent)
{
    return json_is_null(member(r, object, name)) ? absent : get_figure(r, object, name);
}

static nsec get_time(struct reader *r, const json_t *object, const char *name)
{
    double seconds = get_figure(r, object, name);
    if (seconds > MAX_SECONDS) {
        fail(r, name, "more than %.0f seconds", MAX_SECONDS);
        return 0;
    }
    return (nsec)nearbyint(fmax(seconds, 0) * (double)NSEC_PER_SEC);
}

static nsec get_date(struct reader *r, const json_t *object, const char *name)
{
    nsec wall = 0;
    struct str text = get_view(r, object, name);
    if (!r->failed && !wall_time_read(text, &wall)) {
        fail(r, name, "not a date such as 2026-11-23T03:40:05.123Z");
    }
    return wall;
}

/* The index of the arm that a label names. */
static uint32_t get_arm(struct reader *r, const json_t *object, const char *name)
{
    struct str label = get_view(r, object, name);
    for (size_t i = 0; !r->failed && i < r->result->arm_count; i++) {
        if (str_eq(label, str_from(r->result->arms[i].label))) {
            return (uint32_t)i;
        }
    }
    fail(r, name, "names no arm");
    return 0;
}

static const char *get_load(struct reader *r, const json_t *object, const char *name)
{
    struct str load = get_view(r, object, name);
    if (!str_eq(load, STR("closed")) && !str_eq(load, STR("open"))) {
        fail(r, name, "not closed or open");
    }
    return str_eq(load, STR("open")) ? "open" : "closed";
}

static void read_findings(struct reader *r, const json_t *object, const char *name,
                          struct finding_list *out)
{
    const json_t *list = get_array(r, object, name);
    for (size_t i = 0; !r->failed && i < json_array_size(list); i++) {
        size_t before = enter(r, "%s%s[%zu]", r->place_len > 0 ? "." : "", name, i);
        const json_t *item = element(r, list, i);
        enum severity severity = SEVERITY_NOTE;
        if (!severity_find(get_view(r, item, "severity"), &severity)) {
            fail(r, "severity", "not note, conditional or invalid");
        }
        const char *code = get_text(r, item, "code");
        const char *advice = get_text_or(r, item, "advice", NULL);
        const char *text = get_text(r, item, "text");
        result_add_finding(r->result, out, severity, code, advice, "%s", text);
        leave(r, before);
    }
}

static void read_design(struct reader *r, const json_t *top)
{
    const json_t *object = get_object(r, top, "design");
    size_t before = enter(r, "design");
    struct design_spec *design = &r->result->design;
    if (!spec_read_preset(get_view(r, object, "preset"), &design->preset, NULL)) {
        fail(r, "preset", "not quick, standard or rigorous");
    }
    if (!str_eq(get_view(r, object, "order"), STR("quads"))) {
        fail(r, "order", "not quads");
    }
    design->pairs = get_small(r, object, "pairs");
    design->warmup = get_time(r, object, "warmup_seconds");
    design->duration = get_time(r, object, "duration_seconds");
    design->slice =
        json_is_null(member(r, object, "slice_seconds")) ? 0 : get_time(r, object, "slice_seconds");
    design->confidence = get_figure(r, object, "confidence");
    design->aa = get_bool(r, object, "aa");
    design->force = get_bool(r, object, "force");
    design->require_conclusive = get_bool(r, object, "require_conclusive");
    design->keep_data = get_bool(r, object, "keep_data");
    const json_t *margins = get_object(r, object, "margins");
    for (int i = 0; i < METRIC_COUNT; i++) {
        design->margins[i] = get_figure(r, margins, metric_name((enum metric)i));
    }
    const json_t *gates = get_array(r, object, "gates");
    for (size_t i = 0; i < json_array_size(gates); i++) {
        enum metric metric = METRIC_OPS;
        if (!metric_find(str_from(json_string_value(json_array_get(gates, i))), &metric)) {
            fail(r, "gates", "holds something that is no metric");
        }
        design->gated[metric] = true;
    }
    leave(r, before);
}

static void read_known_text(struct reader *r, const json_t *object, const char *name,
                            char out[ENV_TEXT_SIZE])
{
    (void)snprintf(out, ENV_TEXT_SIZE, "%s", get_text_or(r, object, name, ""));
}

static void read_environment(struct reader *r, const json_t *top)
{
    const json_t *object = get_object(r, top, "environment");
    size_t before = enter(r, "environment");
    struct env *env = &r->result->env;
    read_known_text(r, object, "host", env->host);
    read_known_text(r, object, "kernel", env->kernel);
    read_known_text(r, object, "cpu_model", env->cpu_model);
    env->cpus = (uint32_t)get_count_or_none(r, object, "cpus", UINT32_MAX);
    env->memory_bytes = get_count_or_none(r, object, "memory_bytes", INT64_MAX);
    read_known_text(r, object, "governor", env->governor);
    read_known_text(r, object, "transparent_hugepages", env->transparent_hugepages);
    read_known_text(r, object, "clocksource", env->clocksource);
    read_known_text(r, object, "virtualisation", env->virtualisation);
    r->result->worker_placement = get_text_or(r, object, "worker_placement", "");
    leave(r, before);
}

/* Puts one value of a setting at the end of the arm's list, which has room for it. */
static void add_setting(struct reader *r, struct result_arm *arm, const char *name,
                        const json_t *value)
{
    if (!json_is_string(value)) {
        fail(r, "settings", "holds a value that is neither a text nor a list of texts");
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
    if (get_object(r, object, "settings") == NULL) {
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

static void read_arms(struct reader *r, const json_t *top)
{
    struct result *result = r->result;
    const json_t *list = get_array(r, top, "arms");
    size_t count = json_array_size(list);
    result->arms = arena_alloc_array(&result->arena, count, sizeof *result->arms);
    for (size_t i = 0; !r->failed && i < count; i++) {
        struct result_arm *arm = &result->arms[i];
        size_t before = enter(r, "arms[%zu]", i);
        const json_t *object = element(r, list, i);
        arm->label = get_text(r, object, "label");
        arm->engine = get_text_or(r, object, "engine", "");
        arm->engine_version = get_text_or(r, object, "engine_version", "");
        arm->target = get_text(r, object, "target");
        read_settings(r, object, arm);
        const json_t *environment = get_object(r, object, "environment");
        arm->started_by_us = get_bool(r, environment, "started_by_tenbin");
        arm->placement = get_text_or(r, environment, "placement", "");
        result->arm_count++;
        leave(r, before);
    }
}

/* The format of histograms has neither exact extremes nor an exact mean: those stand beside it. */
static void restore_extremes(struct reader *r, const json_t *object, struct hist *hist)
{
    struct error err = {0};
    uint64_t min = get_count(r, object, "min");
    uint64_t max = get_count(r, object, "max");
    uint64_t saturated = get_count(r, object, "saturated");
    double mean = get_figure(r, object, "mean");
    if (r->failed) {
        return;
    }
    if (hist->count != get_count(r, object, "count")) {
        fail(r, "count", "the histogram holds %" PRIu64 " values", hist->count);
    } else if (!hist_restore(hist, min, max, saturated, &err)) {
        fail(r, "", "%s", err.text);
    } else if (mean < (double)min || mean > (double)max) {
        fail(r, "mean", "not between minimum and maximum");
    } else {
        __extension__ typedef unsigned __int128 u128;
        hist->sum = (u128)roundl((long double)mean * (long double)hist->count);
    }
}

static void read_latency(struct reader *r, const json_t *object, struct hist *hist)
{
    const json_t *latency = get_object(r, object, "latency");
    size_t before = enter(r, ".latency");
    struct error err = {0};
    struct str text = get_view(r, latency, "histogram");
    if (!r->failed && !hist_decode_text(hist, text, &err)) {
        fail(r, "histogram", "%s", err.text);
    }
    restore_extremes(r, latency, hist);
    leave(r, before);
}

static void read_windows(struct reader *r, const json_t *object, struct result_run *run)
{
    const json_t *list = get_array(r, object, "windows");
    size_t count = json_array_size(list);
    run->windows = arena_alloc_array(&r->result->arena, count, sizeof *run->windows);
    for (size_t i = 0; !r->failed && i < count; i++) {
        struct result_window *window = &run->windows[i];
        size_t before = enter(r, ".windows[%zu]", i);
        const json_t *item = element(r, list, i);
        window->end = get_figure(r, item, "t");
        window->seconds = get_figure(r, item, "seconds");
        window->started_wall = get_date(r, item, "started");
        window->operations = get_count(r, item, "operations");
        window->errors = get_count(r, item, "errors");
        window->p50 = get_count(r, item, "p50");
        window->p99 = get_count(r, item, "p99");
        window->p999 = get_count(r, item, "p999");
        window->max = get_count(r, item, "max");
        run->window_count++;
        leave(r, before);
    }
}

static void read_errors(struct reader *r, const json_t *object, struct result_run *run)
{
    json_t *errors = json_object_get(object, "errors");
    if (get_object(r, object, "errors") == NULL) {
        return;
    }
    size_t before = enter(r, ".errors");
    run->errors =
        arena_alloc_array(&r->result->arena, json_object_size(errors), sizeof *run->errors);
    const char *kind;
    json_t *count;
    json_object_foreach(errors, kind, count)
    {
        run->errors[run->error_count++] = (struct result_error){
            .kind = arena_copy_text(&r->result->arena, kind),
            .count = get_count(r, errors, kind),
        };
    }
    leave(r, before);
}

static void read_identity(struct reader *r, const json_t *object, struct result_run *run)
{
    run->arm = get_arm(r, object, "arm");
    run->load = get_load(r, object, "load");
    run->pair = get_small(r, object, "pair");
    run->block = get_small(r, object, "block");
    run->slot = get_small(r, object, "slot");
    run->attempt = get_small(r, object, "attempt");
    run->order = get_small(r, object, "order");
    run->launch = get_text(r, object, "launch");
    run->host = get_text(r, object, "host");
    run->started_wall = get_date(r, object, "started");
    run->valid = get_bool(r, object, "valid");
    run->partial = get_bool(r, object, "partial");
    read_findings(r, object, "warnings", &run->findings);
}

static void read_counts(struct reader *r, const json_t *object, struct result_run *run)
{
    run->measured_seconds = get_figure(r, object, "measured_seconds");
    run->operations = get_count(r, object, "operations");
    run->steps = get_count(r, object, "steps");
    run->hits = get_count(r, object, "hits");
    run->misses = get_count(r, object, "misses");
    run->client_cpu_seconds = get_figure(r, object, "client_cpu_seconds");
    run->client_busy = get_figure(r, object, "client_busy");
    run->server_cpu_seconds = get_figure_or(r, object, "server_cpu_seconds", -1);
    run->server_busy = get_figure_or(r, object, "server_busy", -1);
    run->steal = get_figure(r, object, "steal");
    run->bytes_sent = get_count(r, object, "bytes_sent");
    run->bytes_received = get_count(r, object, "bytes_received");
    run->read_calls = get_count(r, object, "read_calls");
    run->write_calls = get_count(r, object, "write_calls");
    run->poll_calls = get_count(r, object, "poll_calls");
    run->lost_connections = get_count(r, object, "lost_connections");
    run->gap_seconds = get_figure(r, object, "gap_seconds");
    run->longest_gap_seconds = get_figure(r, object, "longest_gap_seconds");
}

/* Names of the run's commands, for result_add_run. */
static const char **command_names(struct reader *r, const json_t *list)
{
    size_t count = json_array_size(list);
    const char **names = arena_alloc_array(&r->result->arena, count, sizeof *names);
    for (size_t i = 0; i < count; i++) {
        size_t before = enter(r, ".commands[%zu]", i);
        names[i] = get_text(r, element(r, list, i), "name");
        leave(r, before);
    }
    return names;
}

static void read_run(struct reader *r, const json_t *object, struct result_cell *cell)
{
    const json_t *commands = get_array(r, object, "commands");
    const char **names = command_names(r, commands);
    if (r->failed) {
        return;
    }
    struct result_run *run = result_add_run(r->result, cell, names, json_array_size(commands));
    read_identity(r, object, run);
    read_counts(r, object, run);
    read_errors(r, object, run);
    read_latency(r, object, run->latency);
    for (size_t i = 0; !r->failed && i < run->command_count; i++) {
        size_t before = enter(r, ".commands[%zu]", i);
        const json_t *command = element(r, commands, i);
        run->commands[i].operations = get_count(r, command, "operations");
        read_latency(r, command, run->commands[i].latency);
        leave(r, before);
    }
    read_windows(r, object, run);
}

static void read_comparison(struct reader *r, const json_t *object, struct result_comparison *out)
{
    out->baseline = get_arm(r, object, "baseline");
    out->arm = get_arm(r, object, "arm");
    if (!metric_find(get_view(r, object, "metric"), &out->metric)) {
        fail(r, "metric", "not a known metric");
    }
    out->load = get_load(r, object, "load");
    out->n = get_small(r, object, "n");
    out->ratio = get_figure_or(r, object, "ratio", NAN);
    out->low = get_figure_or(r, object, "low", 0);
    out->high = get_figure_or(r, object, "high", INFINITY);
    out->confidence = get_figure(r, object, "confidence");
    out->margin = get_figure(r, object, "margin");
    out->minimum_detectable = get_figure_or(r, object, "minimum_detectable", NAN);
    out->baseline_value = get_figure_or(r, object, "baseline_value", NAN);
    out->arm_value = get_figure_or(r, object, "arm_value", NAN);
    if (!verdict_find(get_view(r, object, "verdict"), &out->verdict)) {
        fail(r, "verdict", "not a known verdict");
    }
    out->pairs_needed = (uint32_t)get_count_or_none(r, object, "pairs_needed", UINT32_MAX);
}

static void read_workload(struct reader *r, const json_t *cell, struct workload_spec *out)
{
    const json_t *object = get_object(r, cell, "workload");
    size_t before = enter(r, ".workload");
    out->writes = get_small(r, object, "writes");
    out->reads = get_small(r, object, "reads");
    out->keys = get_count(r, object, "keys");
    out->key_size = get_small(r, object, "key_size");
    out->key_prefix = get_text(r, object, "key_prefix");
    if (!spec_read_key_dist(get_view(r, object, "key_distribution"), out, NULL)) {
        fail(r, "key_distribution", "not uniform, zipf:THETA or seq");
    }
    out->value_size_low = get_count(r, object, "value_size_low");
    out->value_size_high = get_count(r, object, "value_size_high");
    leave(r, before);
}

static void read_parameters(struct reader *r, const json_t *cell, struct load_spec *out)
{
    const json_t *object = get_object(r, cell, "parameters");
    size_t before = enter(r, ".parameters");
    out->clients = get_small(r, object, "clients");
    out->threads = get_small(r, object, "threads");
    out->pipeline = get_small(r, object, "pipeline");
    out->requests = get_count_or_none(r, object, "requests", INT64_MAX);
    out->timeout = get_time(r, object, "timeout_seconds");
    out->protocol = (uint8_t)get_count_or_none(r, object, "protocol", 3);
    out->pin = get_bool(r, object, "pin");
    leave(r, before);
}

static void read_cell(struct reader *r, const json_t *object, struct result_cell *cell)
{
    cell->name = get_text(r, object, "name");
    read_workload(r, object, &cell->workload);
    read_parameters(r, object, &cell->load);
    const json_t *runs = get_array(r, object, "runs");
    for (size_t i = 0; !r->failed && i < json_array_size(runs); i++) {
        size_t before = enter(r, ".runs[%zu]", i);
        read_run(r, element(r, runs, i), cell);
        leave(r, before);
    }
    const json_t *list = get_array(r, object, "comparisons");
    size_t count = json_array_size(list);
    cell->comparisons = arena_alloc_array(&r->result->arena, count, sizeof *cell->comparisons);
    for (size_t i = 0; !r->failed && i < count; i++) {
        size_t before = enter(r, ".comparisons[%zu]", i);
        read_comparison(r, element(r, list, i), &cell->comparisons[i]);
        cell->comparison_count++;
        leave(r, before);
    }
}

static void read_cells(struct reader *r, const json_t *top)
{
    struct result *result = r->result;
    const json_t *list = get_array(r, top, "cells");
    size_t count = json_array_size(list);
    result->cells = arena_alloc_array(&result->arena, count, sizeof *result->cells);
    for (size_t i = 0; !r->failed && i < count; i++) {
        size_t before = enter(r, "cells[%zu]", i);
        result->cell_count++;
        read_cell(r, element(r, list, i), &result->cells[i]);
        leave(r, before);
    }
}

static void read_command_line(struct reader *r, const json_t *top)
{
    struct result *result = r->result;
    const json_t *list = get_array(r, top, "command_line");
    size_t count = json_array_size(list);
    result->command_line = arena_alloc_array(&result->arena, count, sizeof *result->command_line);
    for (size_t i = 0; i < count; i++) {
        const char *word = json_string_value(json_array_get(list, i));
        if (word == NULL) {
            fail(r, "command_line", "holds something that is not a text");
        }
        result->command_line[i] = arena_copy(&result->arena, str_from(word));
    }
    result->command_line_count = count;
}

static void read_head(struct reader *r, const json_t *top)
{
    struct result *result = r->result;
    if (!str_eq(get_view(r, top, "format"), STR(RESULT_JSON_FORMAT))) {
        fail(r, "format", "not " RESULT_JSON_FORMAT);
    }
    uint64_t version = get_count(r, top, "version");
    if (version != RESULT_JSON_VERSION) {
        fail(r, "version", "%" PRIu64 " is not 1, the only one that this tenbin reads", version);
    }
    result->id = get_text(r, top, "id");
    result->created_wall = get_date(r, top, "created");
    if (!result_kind_find(get_view(r, top, "kind"), &result->kind)) {
        fail(r, "kind", "not compare or run");
    }
    const json_t *tenbin = get_object(r, top, "tenbin");
    size_t before = enter(r, "tenbin");
    result->tenbin_version = get_text(r, tenbin, "version");
    leave(r, before);
    read_command_line(r, top);
    result->seed = get_count(r, top, "seed");
    read_design(r, top);
    result->repeated_pairs = get_small(r, top, "repeated_pairs");
    result->interrupted = get_bool(r, top, "interrupted");
    read_environment(r, top);
}

static void read_conclusion(struct reader *r, const json_t *top)
{
    const json_t *contract = get_object(r, top, "contract");
    size_t before = enter(r, "contract");
    read_findings(r, contract, "findings", &r->result->findings);
    leave(r, before);
    const json_t *verdict = get_object(r, top, "verdict");
    (void)enter(r, "verdict");
    r->result->verdict_text = get_text_or(r, verdict, "text", NULL);
    r->result->exit_code = (int)get_count_up_to(r, verdict, "exit_code", 255);
    leave(r, before);
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
        fail(&r, "", "not an object");
    }
    read_head(&r, top);
    read_arms(&r, top);
    read_cells(&r, top);
    read_conclusion(&r, top);
    json_decref(top);
    if (r.failed) {
        result_release(result);
    }
    return !r.failed;
}
