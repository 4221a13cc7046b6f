#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>

#include "model/calibration_json.h"
#include "model/load_profile.h"
#include "model/reader.h"
#include "model/result_json.h"
#include "model/result_json_hosts.h"
#include "model/result_json_run.h"
#include "model/result_json_workload.h"
#include "model/statistics_json.h"

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
    if (json_object_get(object, "max_pairs") != NULL) { /* not told by earlier versions */
        design->max_pairs = (uint32_t)reader_count_or_none(r, object, "max_pairs", UINT32_MAX);
    }
    if (json_is_number(json_object_get(object, "time_budget_seconds"))) {
        design->time_budget = reader_time(r, object, "time_budget_seconds");
    }
    if (json_is_number(json_object_get(object, "latency_share"))) {
        design->latency_share = reader_figure(r, object, "latency_share");
    }
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
        arm->target = reader_known_text(r, object, "target");
        hosts_json_read(r, object, arm);
        arm->setting_count = settings_json_read(r, object, &arm->settings);
        const json_t *environment = reader_object(r, object, "environment");
        arm->started_by_us = reader_bool(r, environment, "started_by_tenbin");
        arm->placement = reader_text_or(r, environment, "placement", "");
        arm->fact_count = facts_json_read(r, environment, &arm->facts);
        read_tls(r, environment, &arm->tls);
        result->arm_count++;
        reader_leave(r, before);
    }
}

/* Not told by earlier versions. */
static double read_later_number(struct reader *r, const json_t *object, const char *name)
{
    return json_object_get(object, name) == NULL ? NAN : reader_number_or(r, object, name, NAN);
}

/* A count that earlier versions do not tell, or null: 0. */
static uint32_t read_later_count(struct reader *r, const json_t *object, const char *name)
{
    return json_object_get(object, name) == NULL
               ? 0
               : (uint32_t)reader_count_or_none(r, object, name, UINT32_MAX);
}

static void read_confirmation(struct reader *r, const json_t *object,
                              struct result_confirmation *out)
{
    size_t before = reader_enter(r, ".confirmation");
    out->n = reader_small(r, object, "n");
    out->ratio = reader_figure_or(r, object, "ratio", NAN);
    out->low = reader_figure_or(r, object, "low", 0);
    out->high = reader_figure_or(r, object, "high", INFINITY);
    out->baseline_hosts = read_later_count(r, object, "baseline_hosts");
    out->arm_hosts = read_later_count(r, object, "arm_hosts");
    if (!verdict_find(reader_view(r, object, "verdict"), &out->verdict)) {
        reader_fail(r, "verdict", "not a known verdict");
    }
    reader_leave(r, before);
}

static void read_comparison(struct reader *r, const json_t *object, struct result_comparison *out)
{
    out->baseline = reader_arm(r, object, "baseline");
    out->arm = reader_arm(r, object, "arm");
    if (!metric_find(reader_view(r, object, "metric"), &out->metric)) {
        reader_fail(r, "metric", "not a known metric");
    }
    out->load = reader_load(r, object, "load");
    out->n = reader_small(r, object, "n");
    out->pairs =
        json_object_get(object, "pairs") == NULL ? out->n : reader_small(r, object, "pairs");
    out->baseline_hosts = read_later_count(r, object, "baseline_hosts");
    out->arm_hosts = read_later_count(r, object, "arm_hosts");
    out->hosts_needed = read_later_count(r, object, "hosts_needed");
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
    out->position_effect = read_later_number(r, object, "position_effect");
    out->p_equivalence = read_later_number(r, object, "p_equivalence");
    out->p_value = read_later_number(r, object, "p_value");
    out->adjusted = read_later_number(r, object, "p_adjusted");
    out->gate = read_later_number(r, object, "p_gate");
    out->noise_floor = read_later_number(r, object, "noise_floor");
    if (json_is_object(json_object_get(object, "confirmation"))) {
        read_confirmation(r, json_object_get(object, "confirmation"), &out->confirmation);
    }
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

/* A number that an imported result may lack: 0. */
static uint32_t read_some(struct reader *r, const json_t *object, const char *name)
{
    uint32_t number = reader_small(r, object, name);
    return number == UINT32_MAX && r->allows_unknown ? 0 : number;
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
    out->clients = read_some(r, object, "clients");
    out->threads = read_some(r, object, "threads");
    out->pipeline = read_some(r, object, "pipeline");
    out->requests = reader_count_or_none(r, object, "requests", INT64_MAX);
    out->timeout = reader_time(r, object, "timeout_seconds");
    out->protocol = (uint8_t)reader_count_or_none(r, object, "protocol", 3);
    out->pin = reader_bool(r, object, "pin");
    read_profile(r, object, out);
    if (json_is_string(json_object_get(object, "latency_load")) &&
        !load_profile_read_rate(reader_view(r, object, "latency_load"), &described->latency_load,
                                NULL)) {
        reader_fail(r, "latency_load", "not a rate");
    }
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
            .arm = reader_arm(r, memory, "arm"),
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
        reader_findings(r, object, "findings", &cell->findings);
        read_memory(r, object, cell);
    }
    if (json_object_get(object, "confirmed_from") != NULL) {
        cell->confirmed_from =
            (uint32_t)reader_count_or_none(r, object, "confirmed_from", UINT32_MAX);
    }
    double maximum = read_later_number(r, object, "client_maximum");
    cell->client_maximum = maximum > 0 ? maximum : 0;
    const json_t *runs = reader_array(r, object, "runs");
    for (size_t i = 0; !r->failed && i < json_array_size(runs); i++) {
        size_t before = reader_enter(r, ".runs[%zu]", i);
        run_json_read(r, reader_element(r, runs, i), cell);
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
    cell->calibration = calibration_json_read(r, object);
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
    out->baseline = reader_arm(r, object, "baseline");
    out->arm = reader_arm(r, object, "arm");
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

/* A file of tenbin's own has null there, or nothing in its first versions. */
static void read_origin(struct reader *r, const json_t *top)
{
    json_t *object = json_object_get(top, "origin");
    if (object == NULL || json_is_null(object) || reader_object(r, top, "origin") == NULL) {
        return;
    }
    size_t before = reader_enter(r, "origin");
    struct result_origin *origin = arena_alloc(&r->result->arena, sizeof *origin);
    origin->format = reader_text(r, object, "format");
    origin->program = reader_text_or(r, object, "program", NULL);
    origin->file = reader_text_or(r, object, "file", NULL);
    r->result->origin = origin;
    r->allows_unknown = true;
    reader_leave(r, before);
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
    read_origin(r, top);
    if (result->origin == NULL) {
        result->seed = reader_count(r, top, "seed");
        read_design(r, top);
    }
    result->repeated_pairs = reader_small(r, top, "repeated_pairs");
    if (json_is_string(json_object_get(top, "stopped")) && /* not told by earlier versions */
        !stop_reason_find(reader_view(r, top, "stopped"), &result->stopped)) {
        reader_fail(r, "stopped", "not planned, precise, max-pairs or time-budget");
    }
    result->interrupted = reader_bool(r, top, "interrupted");
    read_environment(r, top);
}

static void read_conclusion(struct reader *r, const json_t *top)
{
    const json_t *contract = reader_object(r, top, "contract");
    size_t before = reader_enter(r, "contract");
    reader_findings(r, contract, "findings", &r->result->findings);
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
