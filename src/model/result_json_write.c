#include <math.h>

#include "hist/hist_encode.h"
#include "model/calibration_json.h"
#include "model/json_writer.h"
#include "model/load_profile.h"
#include "model/monitor_json.h"
#include "model/result_json.h"
#include "model/result_json_hosts.h"
#include "model/result_json_workload.h"
#include "model/statistics_json.h"
#include "model/wall_time.h"

static void write_date(struct json_writer *json, const char *name, nsec wall)
{
    char text[UNITS_TEXT_SIZE];
    json_writer_text(json, name, wall_time_format(wall, text));
}

/* What is not known is "" or 0 in memory and null in the file. */
static void write_known_text(struct json_writer *json, const char *name, const char *value)
{
    json_writer_text(json, name, value == NULL || value[0] == '\0' ? NULL : value);
}

static void write_known_count(struct json_writer *json, const char *name, uint64_t value)
{
    if (value == 0) {
        json_writer_null(json, name);
    } else {
        json_writer_count(json, name, value);
    }
}

static void write_known_figure(struct json_writer *json, const char *name, double value)
{
    json_writer_number(json, name, value < 0 ? NAN : value);
}

static void write_known_switch(struct json_writer *json, const char *name, bool known, bool value)
{
    if (known) {
        json_writer_bool(json, name, value);
    } else {
        json_writer_null(json, name);
    }
}

static void write_known_seconds(struct json_writer *json, const char *name, bool known, nsec time)
{
    if (known) {
        json_writer_seconds(json, name, time);
    } else {
        json_writer_null(json, name);
    }
}

static void write_findings(struct json_writer *json, const char *name,
                           const struct finding_list *list)
{
    json_writer_open(json, name, '[');
    for (size_t i = 0; i < list->count; i++) {
        json_writer_open(json, NULL, '{');
        json_writer_text(json, "code", list->items[i].code);
        json_writer_text(json, "severity", severity_name(list->items[i].severity));
        json_writer_text(json, "text", list->items[i].text);
        json_writer_text(json, "advice", list->items[i].advice);
        json_writer_close(json, '}');
    }
    json_writer_close(json, ']');
}

static void write_design(struct json_writer *json, const struct result *result)
{
    const struct design_spec *design = &result->design;
    json_writer_open(json, "design", '{');
    json_writer_text(json, "preset", spec_preset_name(design->preset));
    json_writer_count(json, "pairs", design->pairs);
    json_writer_number(json, "latency_share",
                       design->latency_share > 0 ? design->latency_share : NAN);
    write_known_count(json, "max_pairs", design->max_pairs);
    if (design->time_budget == 0) {
        json_writer_null(json, "time_budget_seconds");
    } else {
        json_writer_seconds(json, "time_budget_seconds", design->time_budget);
    }
    json_writer_text(json, "order", "quads");
    json_writer_text(json, "unit", result_unit_is_host(result) ? "host" : "pair");
    json_writer_seconds(json, "warmup_seconds", design->warmup);
    json_writer_seconds(json, "duration_seconds", design->duration);
    if (design->slice == 0) {
        json_writer_null(json, "slice_seconds");
    } else {
        json_writer_seconds(json, "slice_seconds", design->slice);
    }
    json_writer_number(json, "confidence", design->confidence);
    json_writer_open(json, "margins", '{');
    for (int i = 0; i < METRIC_COUNT; i++) {
        json_writer_number(json, metric_name((enum metric)i), design->margins[i]);
    }
    json_writer_close(json, '}');
    json_writer_open(json, "gates", '[');
    for (int i = 0; i < METRIC_COUNT; i++) {
        if (design->gated[i]) {
            json_writer_text(json, NULL, metric_name((enum metric)i));
        }
    }
    json_writer_close(json, ']');
    json_writer_bool(json, "aa", design->aa);
    json_writer_bool(json, "force", design->force);
    json_writer_bool(json, "require_conclusive", design->require_conclusive);
    json_writer_bool(json, "keep_data", design->keep_data);
    json_writer_close(json, '}');
}

static void write_environment(struct json_writer *json, const struct result *result)
{
    const struct env *env = &result->env;
    json_writer_open(json, "environment", '{');
    write_known_text(json, "host", env->host);
    write_known_text(json, "kernel", env->kernel);
    write_known_text(json, "cpu_model", env->cpu_model);
    write_known_count(json, "cpus", env->cpus);
    write_known_count(json, "memory_bytes", env->memory_bytes);
    write_known_text(json, "governor", env->governor);
    write_known_text(json, "transparent_hugepages", env->transparent_hugepages);
    write_known_text(json, "clocksource", env->clocksource);
    write_known_text(json, "virtualisation", env->virtualisation);
    write_known_text(json, "worker_placement", result->worker_placement);
    json_writer_close(json, '}');
}

static void write_tls(struct json_writer *json, const struct result_tls *tls)
{
    if (tls->version == NULL) {
        json_writer_text(json, "tls", NULL);
        return;
    }
    json_writer_open(json, "tls", '{');
    json_writer_text(json, "version", tls->version);
    json_writer_text(json, "cipher", tls->cipher);
    json_writer_count(json, "handshakes", tls->handshakes);
    json_writer_count(json, "resumed", tls->resumed);
    json_writer_close(json, '}');
}

static void write_arm(struct json_writer *json, const struct result_arm *arm)
{
    json_writer_open(json, NULL, '{');
    json_writer_text(json, "label", arm->label);
    write_known_text(json, "engine", arm->engine);
    write_known_text(json, "engine_version", arm->engine_version);
    json_writer_text(json, "target", arm->target);
    hosts_json_write(json, arm);
    settings_json_write(json, arm->settings, arm->setting_count);
    json_writer_open(json, "environment", '{');
    json_writer_bool(json, "started_by_tenbin", arm->started_by_us);
    write_known_text(json, "placement", arm->placement);
    facts_json_write(json, arm->facts, arm->fact_count);
    write_tls(json, &arm->tls);
    json_writer_close(json, '}');
    json_writer_close(json, '}');
}

static void write_hist_members(struct json_writer *json, const char *kind, const struct hist *hist)
{
    static const struct {
        const char *name;
        double percent;
    } percentiles[] = {
        {"p50", 50}, {"p90", 90}, {"p95", 95}, {"p99", 99}, {"p999", 99.9}, {"p9999", 99.99},
    };
    struct buf histogram = {0};
    (void)hist_encode_text(hist, &histogram);
    json_writer_text(json, "kind", kind);
    json_writer_count(json, "count", hist->count);
    json_writer_count(json, "min", hist_min(hist));
    json_writer_number(json, "mean", hist_mean(hist));
    for (size_t i = 0; i < sizeof percentiles / sizeof percentiles[0]; i++) {
        json_writer_count(json, percentiles[i].name, hist_percentile(hist, percentiles[i].percent));
    }
    json_writer_count(json, "max", hist_max(hist));
    json_writer_count(json, "saturated", hist->saturated);
    json_writer_text(json, "histogram", buf_text(&histogram));
    buf_release(&histogram);
}

static void write_hist(struct json_writer *json, const char *name, const char *kind,
                       const struct hist *hist)
{
    json_writer_open(json, name, '{');
    write_hist_members(json, kind, hist);
    json_writer_close(json, '}');
}

/* What another program said, without a histogram. */
static void write_figures(struct json_writer *json, const char *kind,
                          const struct result_figures *figures)
{
    json_writer_open(json, "latency", '{');
    json_writer_text(json, "kind", kind);
    json_writer_count(json, "count", figures->count);
    json_writer_count(json, "min", figures->min);
    json_writer_number(json, "mean", figures->mean);
    json_writer_count(json, "p50", figures->p50);
    json_writer_count(json, "p90", figures->p90);
    json_writer_count(json, "p95", figures->p95);
    json_writer_count(json, "p99", figures->p99);
    json_writer_count(json, "p999", figures->p999);
    json_writer_count(json, "p9999", figures->p9999);
    json_writer_count(json, "max", figures->max);
    json_writer_null(json, "saturated");
    json_writer_null(json, "histogram");
    json_writer_close(json, '}');
}

/* The latency of a load: response time in an open loop, service time in a closed one. */
static void write_latency(struct json_writer *json, const char *load, const struct hist *hist,
                          const struct result_figures *figures)
{
    const char *kind = str_eq(str_from(load), STR("open")) ? "response" : "service";
    if (figures != NULL) {
        write_figures(json, kind, figures);
    } else {
        write_hist(json, "latency", kind, hist);
    }
}

static void write_hist_or_none(struct json_writer *json, const char *name, const char *kind,
                               const struct hist *hist)
{
    if (hist == NULL || hist->count == 0) {
        json_writer_null(json, name);
    } else {
        write_hist(json, name, kind, hist);
    }
}

/* What an open loop adds. */
static void write_schedule(struct json_writer *json, const struct result_run *run)
{
    const struct result_schedule *schedule = &run->schedule;
    write_known_figure(json, "offered_per_second", run->offered_per_second);
    if (schedule->send_lag == NULL) {
        json_writer_null(json, "schedule");
        json_writer_null(json, "service_latency");
        return;
    }
    json_writer_open(json, "schedule", '{');
    json_writer_count(json, "intended", schedule->intended);
    json_writer_count(json, "sent", schedule->sent);
    json_writer_count(json, "completed", run->operations - schedule->beside);
    json_writer_count(json, "late", schedule->late);
    json_writer_count(json, "outstanding", schedule->outstanding);
    json_writer_count(json, "beside", schedule->beside);
    write_hist(json, "send_lag", "send-lag", schedule->send_lag);
    json_writer_close(json, '}');
    write_hist(json, "service_latency", "service", run->service_latency);
}

static void write_deliveries(struct json_writer *json, const struct result_run *run)
{
    const struct result_deliveries *deliveries = &run->deliveries;
    const struct result_client_cache *cache = &run->client_cache;
    json_writer_count(json, "empty", run->empty);
    if (deliveries->latency == NULL) {
        json_writer_null(json, "delivery_latency");
    } else {
        json_writer_open(json, "delivery_latency", '{');
        json_writer_count(json, "expected", deliveries->expected);
        json_writer_count(json, "delivered", deliveries->delivered);
        json_writer_count(json, "lost", result_lost(deliveries));
        write_hist_members(json, "delivery", deliveries->latency);
        json_writer_close(json, '}');
    }
    json_writer_open(json, "client_cache", '{');
    json_writer_count(json, "local_hits", cache->local_hits);
    json_writer_count(json, "invalidations", cache->invalidations);
    json_writer_count(json, "flushes", cache->flushes);
    json_writer_close(json, '}');
}

static void write_connects(struct json_writer *json, const struct result_run *run)
{
    json_writer_open(json, "connects", '{');
    write_hist_or_none(json, "connect", "connect", run->connects.connect);
    write_hist_or_none(json, "tls", "tls", run->connects.tls);
    write_hist_or_none(json, "session", "session", run->connects.session);
    json_writer_close(json, '}');
}

static void write_client_work(struct json_writer *json, const struct result_run *run)
{
    const struct result_client_work *work = &run->client_work;
    json_writer_open(json, "client_work", '{');
    write_hist_or_none(json, "serialise", "work", work->serialise);
    write_hist_or_none(json, "compress", "work", work->compress);
    write_hist_or_none(json, "decompress", "work", work->decompress);
    write_hist_or_none(json, "parse", "work", work->parse);
    json_writer_count(json, "values_made", work->values_made);
    json_writer_count(json, "plain_bytes", work->plain_bytes);
    json_writer_count(json, "stored_bytes", work->stored_bytes);
    json_writer_count(json, "values_taken", work->values_taken);
    json_writer_close(json, '}');
}

static void write_commands(struct json_writer *json, const struct result_run *run)
{
    json_writer_open(json, "commands", '[');
    for (size_t i = 0; i < run->command_count; i++) {
        json_writer_open(json, NULL, '{');
        json_writer_text(json, "name", run->commands[i].name);
        json_writer_count(json, "operations", run->commands[i].operations);
        write_latency(json, run->load, run->commands[i].latency, run->commands[i].figures);
        json_writer_close(json, '}');
    }
    json_writer_close(json, ']');
}

static void write_windows(struct json_writer *json, const struct result_run *run)
{
    json_writer_open(json, "windows", '[');
    for (size_t i = 0; i < run->window_count; i++) {
        const struct result_window *window = &run->windows[i];
        json_writer_open(json, NULL, '{');
        json_writer_number(json, "t", window->end);
        json_writer_number(json, "seconds", window->seconds);
        write_date(json, "started", window->started_wall);
        json_writer_count(json, "operations", window->operations);
        json_writer_count(json, "errors", window->errors);
        json_writer_count(json, "p50", window->p50);
        json_writer_count(json, "p99", window->p99);
        json_writer_count(json, "p999", window->p999);
        json_writer_count(json, "max", window->max);
        json_writer_close(json, '}');
    }
    json_writer_close(json, ']');
}

/* Which trial it was. */
static void write_identity(struct json_writer *json, const struct result_run *run,
                           const char *label)
{
    json_writer_text(json, "arm", label);
    json_writer_text(json, "load", run->load);
    json_writer_count(json, "pair", run->pair);
    json_writer_count(json, "block", run->block);
    json_writer_count(json, "slot", run->slot);
    json_writer_count(json, "attempt", run->attempt);
    json_writer_count(json, "order", run->order);
    json_writer_text(json, "launch", run->launch);
    json_writer_text(json, "host", run->host);
    json_writer_count(json, "host_number", run->host_number);
    write_date(json, "started", run->started_wall);
    json_writer_bool(json, "valid", run->valid);
    json_writer_bool(json, "partial", run->partial);
    write_findings(json, "warnings", &run->findings);
}

/* One generator, in the list where later versions will have several, and the nodes. */
static void write_parties(struct json_writer *json, const struct result *result,
                          const struct result_run *run)
{
    json_writer_open(json, "generators", '[');
    json_writer_open(json, NULL, '{');
    write_known_text(json, "host", result->env.host);
    json_writer_number(json, "client_cpu_seconds", run->client_cpu_seconds);
    json_writer_number(json, "client_busy", run->client_busy);
    json_writer_open(json, "workers", '[');
    for (size_t i = 0; i < run->worker_count; i++) {
        json_writer_open(json, NULL, '{');
        json_writer_number(json, "client_cpu_seconds", run->workers[i].cpu_seconds);
        json_writer_number(json, "client_busy", run->workers[i].busy);
        json_writer_close(json, '}');
    }
    json_writer_close(json, ']');
    json_writer_close(json, '}');
    json_writer_close(json, ']');
    json_writer_open(json, "nodes", '[');
    for (size_t i = 0; i < run->node_count; i++) {
        json_writer_open(json, NULL, '{');
        json_writer_text(json, "node", run->nodes[i].name);
        json_writer_text(json, "role", run->nodes[i].is_replica ? "replica" : "primary");
        json_writer_count(json, "operations", run->nodes[i].operations);
        json_writer_close(json, '}');
    }
    json_writer_close(json, ']');
}

static void write_server_events(struct json_writer *json, const struct result_run *run)
{
    if (!run->server_is_told) {
        json_writer_null(json, "server_events");
        return;
    }
    json_writer_open(json, "server_events", '{');
    json_writer_count(json, "evicted_keys", run->evicted_keys);
    json_writer_count(json, "expired_keys", run->expired_keys);
    json_writer_count(json, "forks", run->forks);
    json_writer_close(json, '}');
}

static void write_counts(struct json_writer *json, const struct result_run *run)
{
    json_writer_number(json, "measured_seconds", run->measured_seconds);
    json_writer_count(json, "operations", run->operations);
    json_writer_count(json, "steps", run->steps);
    json_writer_open(json, "errors", '{');
    for (size_t i = 0; i < run->error_count; i++) {
        json_writer_count(json, run->errors[i].kind, run->errors[i].count);
    }
    json_writer_close(json, '}');
    json_writer_count(json, "hits", run->hits);
    json_writer_count(json, "misses", run->misses);
    write_deliveries(json, run);
    bool has_rate = run->operations != RESULT_UNKNOWN && !isnan(run->measured_seconds);
    double rate = has_rate ? 0 : NAN;
    (void)result_run_metric(run, METRIC_OPS, &rate);
    json_writer_number(json, "ops_per_second", rate);
    json_writer_number(json, "client_cpu_seconds", run->client_cpu_seconds);
    json_writer_number(json, "client_busy", run->client_busy);
    write_known_figure(json, "server_cpu_seconds", run->server_cpu_seconds);
    write_known_figure(json, "server_busy", run->server_busy);
    json_writer_number(json, "steal", run->steal);
    json_writer_number(json, "throttled", run->throttled);
    write_server_events(json, run);
    write_schedule(json, run);
    json_writer_count(json, "bytes_sent", run->bytes_sent);
    json_writer_count(json, "bytes_received", run->bytes_received);
    json_writer_count(json, "read_calls", run->read_calls);
    json_writer_count(json, "write_calls", run->write_calls);
    json_writer_count(json, "poll_calls", run->poll_calls);
    json_writer_count(json, "lost_connections", run->lost_connections);
    json_writer_number(json, "gap_seconds", run->gap_seconds);
    json_writer_number(json, "longest_gap_seconds", run->longest_gap_seconds);
    json_writer_count(json, "moved", run->moved);
    json_writer_count(json, "asked", run->asked);
    json_writer_count(json, "retries", run->retries);
    json_writer_count(json, "aborted", run->aborted);
    json_writer_count(json, "scripts_loaded", run->scripts_loaded);
    json_writer_count(json, "topology_changes", run->topology_changes);
    json_writer_count(json, "loop_stalls", run->loop_stalls);
    json_writer_number(json, "longest_loop_stall_seconds", run->longest_loop_stall_seconds);
    write_connects(json, run);
    write_client_work(json, run);
}

static void write_run(struct json_writer *json, const struct result *result,
                      const struct result_run *run)
{
    const char *label = result->arms[run->arm].label;
    json_writer_open(json, NULL, '{');
    write_identity(json, run, label);
    write_parties(json, result, run);
    write_counts(json, run);
    write_latency(json, run->load, run->latency, run->figures);
    write_commands(json, run);
    write_windows(json, run);
    monitor_json_write(json, run);
    json_writer_close(json, '}');
}

static void write_confirmation(struct json_writer *json, const struct result_confirmation *fresh)
{
    if (fresh->n == 0) {
        json_writer_null(json, "confirmation");
        return;
    }
    json_writer_open(json, "confirmation", '{');
    json_writer_count(json, "n", fresh->n);
    json_writer_number(json, "ratio", fresh->ratio);
    json_writer_number(json, "low", fresh->low > 0 ? fresh->low : NAN);
    json_writer_number(json, "high", fresh->high);
    write_known_count(json, "baseline_hosts", fresh->baseline_hosts);
    write_known_count(json, "arm_hosts", fresh->arm_hosts);
    json_writer_text(json, "verdict", verdict_name(fresh->verdict));
    json_writer_close(json, '}');
}

static void write_comparison(struct json_writer *json, const struct result *result,
                             const struct result_comparison *comparison)
{
    json_writer_open(json, NULL, '{');
    json_writer_text(json, "baseline", result->arms[comparison->baseline].label);
    json_writer_text(json, "arm", result->arms[comparison->arm].label);
    json_writer_text(json, "metric", metric_name(comparison->metric));
    json_writer_text(json, "load", comparison->load);
    json_writer_count(json, "n", comparison->n);
    json_writer_text(json, "unit", comparison->baseline_hosts > 0 ? "host" : "pair");
    json_writer_count(json, "pairs", comparison->pairs);
    write_known_count(json, "baseline_hosts", comparison->baseline_hosts);
    write_known_count(json, "arm_hosts", comparison->arm_hosts);
    json_writer_number(json, "ratio", comparison->ratio);
    json_writer_number(json, "low", comparison->low > 0 ? comparison->low : NAN);
    json_writer_number(json, "high", comparison->high);
    json_writer_number(json, "confidence", comparison->confidence);
    json_writer_number(json, "margin", comparison->margin);
    json_writer_number(json, "minimum_detectable", comparison->minimum_detectable);
    json_writer_number(json, "baseline_value", comparison->baseline_value);
    json_writer_number(json, "arm_value", comparison->arm_value);
    json_writer_text(json, "verdict", verdict_name(comparison->verdict));
    write_known_count(json, "pairs_needed", comparison->pairs_needed);
    write_known_count(json, "hosts_needed", comparison->hosts_needed);
    json_writer_number(json, "position_effect", comparison->position_effect);
    json_writer_number(json, "p_equivalence", comparison->p_equivalence);
    json_writer_number(json, "p_value", comparison->p_value);
    json_writer_number(json, "p_adjusted", comparison->adjusted);
    json_writer_number(json, "p_gate", comparison->gate);
    json_writer_number(json, "noise_floor", comparison->noise_floor);
    write_confirmation(json, &comparison->confirmation);
    json_writer_close(json, '}');
}

static void write_profile(struct json_writer *json, const char *name,
                          const struct load_profile *profile)
{
    struct buf text = {0};
    load_profile_write(profile, &text);
    json_writer_text(json, name, buf_text(&text));
    buf_release(&text);
}

static void write_parameters(struct json_writer *json, const struct result_cell *cell)
{
    const struct load_spec *load = &cell->load;
    json_writer_open(json, "parameters", '{');
    bool is_known = load->timeout > 0; /* imported otherwise */
    json_writer_text(json, "structure", cell->structure);
    json_writer_text(json, "factor", cell->factor);
    bool has_sizes = cell->workload.value_size_low != RESULT_UNKNOWN;
    json_writer_number(json, "value_size", has_sizes ? spec_value_size_mean(&cell->workload) : NAN);
    json_writer_number(json, "write_share", cell->write_share < 0 ? NAN : cell->write_share);
    write_known_switch(json, "transaction", is_known, cell->is_transaction);
    write_known_switch(json, "script", is_known, cell->is_script);
    write_known_count(json, "clients", load->clients);
    write_known_count(json, "threads", load->threads);
    write_known_count(json, "pipeline", load->pipeline);
    write_known_count(json, "requests", load->requests);
    write_known_seconds(json, "timeout_seconds", is_known, load->timeout);
    write_known_count(json, "protocol", load->protocol);
    write_known_switch(json, "pin", is_known, load->pin);
    write_profile(json, "load", &load->profile);
    if (result_has_two_loops(cell)) {
        write_profile(json, "latency_load", &cell->latency_load);
    } else {
        json_writer_null(json, "latency_load");
    }
    bool is_open = load->profile.shape != LOAD_CLOSED || result_has_two_loops(cell);
    json_writer_text(json, "arrival", is_open ? arrival_name(load->arrival) : NULL);
    write_known_seconds(json, "think_seconds", is_known, load->think);
    write_known_switch(json, "churn", is_known, load->churn);
    json_writer_close(json, '}');
}

static void write_memory(struct json_writer *json, const struct result *result,
                         const struct result_cell *cell)
{
    json_writer_open(json, "memory", '[');
    for (size_t i = 0; i < cell->memory_count; i++) {
        const struct result_memory *memory = &cell->memory[i];
        json_writer_open(json, NULL, '{');
        json_writer_text(json, "arm", result->arms[memory->arm].label);
        json_writer_count(json, "keys", memory->keys);
        json_writer_count(json, "elements", memory->elements);
        json_writer_count(json, "before", memory->before);
        json_writer_count(json, "after", memory->after);
        json_writer_bool(json, "was_empty", memory->was_empty);
        json_writer_number(json, "bytes_per_key", result_memory_per_key(memory));
        json_writer_number(json, "bytes_per_element",
                           result_memory_per_key(memory) / (double)memory->elements);
        json_writer_close(json, '}');
    }
    json_writer_close(json, ']');
}

static void write_cell(struct json_writer *json, const struct result *result,
                       const struct result_cell *cell)
{
    json_writer_open(json, NULL, '{');
    json_writer_text(json, "name", cell->name);
    workload_json_write(json, &cell->workload);
    write_parameters(json, cell);
    json_writer_open(json, "skipped", '[');
    for (size_t i = 0; i < cell->skip_count; i++) {
        json_writer_open(json, NULL, '{');
        json_writer_text(json, "operation", cell->skipped[i].operation);
        json_writer_text(json, "arm", cell->skipped[i].arm);
        json_writer_close(json, '}');
    }
    json_writer_close(json, ']');
    write_known_count(json, "confirmed_from", cell->confirmed_from);
    json_writer_open(json, "runs", '[');
    for (size_t i = 0; i < cell->run_count; i++) {
        write_run(json, result, &cell->runs[i]);
    }
    json_writer_close(json, ']');
    json_writer_open(json, "comparisons", '[');
    for (size_t i = 0; i < cell->comparison_count; i++) {
        write_comparison(json, result, &cell->comparisons[i]);
    }
    json_writer_close(json, ']');
    statistics_write(json, result, cell);
    json_writer_number(json, "client_maximum",
                       cell->client_maximum > 0 ? cell->client_maximum : NAN);
    calibration_json_write(json, cell->calibration);
    write_findings(json, "findings", &cell->findings);
    write_memory(json, result, cell);
    json_writer_close(json, '}');
}

static void write_summary(struct json_writer *json, const struct result *result,
                          const struct result_summary *summary)
{
    json_writer_open(json, NULL, '{');
    json_writer_text(json, "baseline", result->arms[summary->baseline].label);
    json_writer_text(json, "arm", result->arms[summary->arm].label);
    json_writer_text(json, "metric", metric_name(summary->metric));
    json_writer_open(json, "verdicts", '{');
    for (int i = 0; i < VERDICT_COUNT; i++) {
        json_writer_count(json, verdict_name((enum verdict)i), summary->verdicts[i]);
    }
    json_writer_close(json, '}');
    json_writer_count(json, "cells", summary->cells);
    json_writer_count(json, "n", summary->n);
    json_writer_number(json, "ratio", summary->ratio);
    json_writer_number(json, "low", summary->low > 0 ? summary->low : NAN);
    json_writer_number(json, "high", summary->high);
    json_writer_number(json, "confidence", summary->confidence);
    json_writer_close(json, '}');
}

/* Where an imported result comes from. */
static void write_origin(struct json_writer *json, const struct result_origin *origin)
{
    if (origin == NULL) {
        json_writer_null(json, "origin");
        return;
    }
    json_writer_open(json, "origin", '{');
    json_writer_text(json, "format", origin->format);
    json_writer_text(json, "program", origin->program);
    json_writer_text(json, "file", origin->file);
    json_writer_close(json, '}');
}

/* Who measured, when and with what design. */
static void write_head(struct json_writer *json, const struct result *result)
{
    json_writer_text(json, "format", RESULT_JSON_FORMAT);
    json_writer_count(json, "version", RESULT_JSON_VERSION);
    json_writer_text(json, "id", result->id);
    write_date(json, "created", result->created_wall);
    json_writer_text(json, "kind", result_kind_name(result->kind));
    json_writer_open(json, "tenbin", '{');
    json_writer_text(json, "version", result->tenbin_version);
    json_writer_close(json, '}');
    json_writer_open(json, "command_line", '[');
    for (size_t i = 0; i < result->command_line_count; i++) {
        json_writer_text(json, NULL, result->command_line[i]);
    }
    json_writer_close(json, ']');
    write_origin(json, result->origin);
    if (result->origin == NULL) {
        json_writer_count(json, "seed", result->seed);
        write_design(json, result);
    } else {
        json_writer_null(json, "seed");
        json_writer_null(json, "design");
    }
    json_writer_count(json, "repeated_pairs", result->repeated_pairs);
    json_writer_text(json, "stopped", stop_reason_name(result->stopped));
    json_writer_bool(json, "interrupted", result->interrupted);
    write_environment(json, result);
}

static void write_conclusion(struct json_writer *json, const struct result *result)
{
    static const char *const statuses[] = {
        [SEVERITY_NOTE] = "comparable",
        [SEVERITY_CONDITIONAL] = "conditional",
        [SEVERITY_INVALID] = "invalid",
    };
    json_writer_open(json, "contract", '{');
    json_writer_text(json, "status", statuses[finding_list_worst(&result->findings)]);
    write_findings(json, "findings", &result->findings);
    json_writer_close(json, '}');
    json_writer_open(json, "verdict", '{');
    json_writer_text(json, "text", result->verdict_text);
    json_writer_count(json, "exit_code", (uint64_t)result->exit_code);
    json_writer_close(json, '}');
}

void result_json_write(const struct result *result, struct buf *out)
{
    struct json_writer json = {.out = out};
    json_writer_open(&json, NULL, '{');
    write_head(&json, result);
    json_writer_open(&json, "arms", '[');
    for (size_t i = 0; i < result->arm_count; i++) {
        write_arm(&json, &result->arms[i]);
    }
    json_writer_close(&json, ']');
    json_writer_open(&json, "cells", '[');
    for (size_t i = 0; i < result->cell_count; i++) {
        write_cell(&json, result, &result->cells[i]);
    }
    json_writer_close(&json, ']');
    json_writer_open(&json, "summary", '[');
    for (size_t i = 0; i < result->summary_count; i++) {
        write_summary(&json, result, &result->summaries[i]);
    }
    json_writer_close(&json, ']');
    write_conclusion(&json, result);
    json_writer_close(&json, '}');
    (void)buf_add_char(out, '\n');
}
