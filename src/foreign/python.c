/* kv_*.json and ds_*.json of the Python benchmark that tenbin replaces. It takes time.time() before
 * and after each operation and writes milliseconds. */
#include <stdio.h>

#include "base/buf.h"
#include "foreign/formats.h"
#include "foreign/json.h"
#include "model/wall_time.h"

enum { COMMANDS_MOST = 64 };

bool python_matches(struct str text)
{
    return str_starts_with(str_trim(text), STR("{")) &&
           memmem(text.data, text.len, "\"engine_type\"", 13) != NULL &&
           memmem(text.data, text.len, "\"stats\"", 7) != NULL;
}

/* Python's isoformat: "2025-03-01T12:34:56.789012", in a local time that it does not name, or with
 * "+09:00" behind it. */
static bool read_time(struct str text, nsec *out)
{
    char exact[32];
    struct str rest = str_from_index(text, 19);
    uint64_t hours = 0;
    uint64_t minutes = 0;
    double fraction = 0;
    (void)snprintf(exact, sizeof exact, "%.*sZ", STR_ARG(str_prefix(text, 19)));
    if (!wall_time_read(str_from(exact), out)) {
        return false;
    }
    if (rest.len > 0 && rest.data[0] == '.') {
        size_t len = 1;
        while (len < rest.len && rest.data[len] >= '0' && rest.data[len] <= '9') {
            len++;
        }
        char digits[32];
        (void)snprintf(digits, sizeof digits, "0%.*s",
                       STR_ARG(str_prefix(rest, len < 20 ? len : 20)));
        (void)str_to_double(str_from(digits), &fraction);
        *out += (nsec)(fraction * (double)NSEC_PER_SEC);
        rest = str_from_index(rest, len);
    }
    if (rest.len == 6 && (rest.data[0] == '+' || rest.data[0] == '-') &&
        str_to_u64(str_prefix(str_from_index(rest, 1), 2), &hours) &&
        str_to_u64(str_from_index(rest, 4), &minutes)) {
        nsec offset = (hours * 3600 + minutes * 60) * NSEC_PER_SEC;
        *out = rest.data[0] == '-' ? *out + offset : *out > offset ? *out - offset : *out;
    }
    return true;
}

/* min, max, avg, median, p95, p99: milliseconds */
static struct result_figures *read_figures(struct result *result, const json_t *stats)
{
    struct result_figures *figures = foreign_figures(result);
    figures->count = foreign_count(json_figure(stats, "operations"));
    figures->mean = json_figure(stats, "avg") * (double)NSEC_PER_MSEC;
    figures->min = foreign_latency(json_figure(stats, "min"), NSEC_PER_MSEC);
    figures->p50 = foreign_latency(json_figure(stats, "median"), NSEC_PER_MSEC);
    figures->p95 = foreign_latency(json_figure(stats, "p95"), NSEC_PER_MSEC);
    figures->p99 = foreign_latency(json_figure(stats, "p99"), NSEC_PER_MSEC);
    figures->max = foreign_latency(json_figure(stats, "max"), NSEC_PER_MSEC);
    return figures;
}

struct command_list {
    const char *names[COMMANDS_MOST];
    const json_t *stats[COMMANDS_MOST];
    size_t count;
};

static void list_command(struct command_list *list, const char *name, const json_t *stats)
{
    if (list->count < COMMANDS_MOST && json_object_size(stats) > 0) {
        list->names[list->count] = name;
        list->stats[list->count++] = stats;
    }
}

/* What was measured apart: reads and writes, or each command of each structure, or structures. */
static void list_commands(struct command_list *list, const json_t *stats)
{
    json_t *structures = json_object_get(stats, "structure_stats");
    const char *name;
    json_t *structure;
    list_command(list, "GET", json_object_get(stats, "get_stats"));
    list_command(list, "SET", json_object_get(stats, "set_stats"));
    json_object_foreach(structures, name, structure)
    {
        json_t *types = json_object_get(structure, "operations_by_type");
        const char *type;
        json_t *type_stats;
        if (json_object_size(types) == 0) {
            list_command(list, name, structure);
        }
        json_object_foreach(types, type, type_stats)
        {
            list_command(list, type, type_stats);
        }
    }
}

static void read_command(struct result *result, const struct result_run *run,
                         struct result_command *command, const json_t *stats)
{
    struct result_figures *figures = read_figures(result, stats);
    if (figures->count == RESULT_UNKNOWN) {
        figures->count = foreign_count(json_figure(stats, "throughput") * run->measured_seconds);
    }
    command->figures = figures;
    command->operations = figures->count;
}

static void read_errors(struct result *result, struct result_run *run, const json_t *stats)
{
    double errors = json_figure(stats, "errors");
    if (errors >= 1) {
        run->errors = arena_alloc(&result->arena, sizeof *run->errors);
        run->errors[0] = (struct result_error){"failed", foreign_count(errors)};
        run->error_count = 1;
        result_add_finding(result, &result->findings, SEVERITY_CONDITIONAL, "errors", NULL,
                           "%.0f operations failed; of what kind is not said", errors);
    }
}

static bool read_run(struct result *result, const json_t *top, struct error *err)
{
    const json_t *stats = json_object_get(top, "stats");
    struct command_list commands = {0};
    const char *problem = json_word(stats, "error");
    if (problem[0] != '\0') {
        return error_set(err, ERROR_USAGE, "it holds no figures: %s", problem);
    }
    list_commands(&commands, stats);
    struct result_run *run =
        foreign_add_run(result, &result->cells[0], commands.names, commands.count);
    run->stated_rate = json_figure(stats, "operations_per_sec");
    run->measured_seconds = json_figure(stats, "duration_sec");
    nsec end = 0;
    if (isnan(run->measured_seconds) && read_time(str_from(json_word(top, "end_time")), &end) &&
        end > run->started_wall) {
        run->measured_seconds = (double)(end - run->started_wall) / (double)NSEC_PER_SEC;
    }
    double operations = json_figure(stats, "successful_operations");
    operations = isnan(operations) ? json_figure(stats, "total_operations") : operations;
    run->operations = run->steps = foreign_count(operations);
    struct result_figures *figures = read_figures(result, json_object_get(stats, "all_stats"));
    figures->count = run->operations;
    run->figures = figures;
    for (size_t i = 0; i < commands.count; i++) {
        read_command(result, run, &run->commands[i], commands.stats[i]);
    }
    read_errors(result, run, stats);
    return run->stated_rate > 0 ||
           error_set(err, ERROR_USAGE, "\"stats\" states no \"operations_per_sec\"");
}

/* 0.8 -> 1:4 */
static void read_ratio(struct workload_spec *workload, double reads)
{
    uint32_t percent = (uint32_t)lround(reads * 100);
    if (!(reads >= 0 && reads <= 1)) {
        return;
    }
    workload->reads = percent;
    workload->writes = 100 - percent;
    static const uint32_t primes[] = {2, 5, 2, 5};
    for (size_t i = 0; i < sizeof primes / sizeof primes[0]; i++) {
        if (workload->reads % primes[i] == 0 && workload->writes % primes[i] == 0) {
            workload->reads /= primes[i];
            workload->writes /= primes[i];
        }
    }
}

static void read_config(struct result *result, struct result_cell *cell, const json_t *config)
{
    struct arena *arena = &result->arena;
    struct workload_spec *workload = &cell->workload;
    bool has_elements = json_object_get(config, "elements_per_key") != NULL;
    uint64_t size = json_count(config, has_elements ? "element_size" : "value_size", UINT32_MAX);
    uint64_t keys = json_count(config, "num_keys", UINT32_MAX);
    uint64_t elements = json_count(config, "elements_per_key", UINT32_MAX);
    cell->name = has_elements ? "data-structures" : "key-value";
    cell->load.clients = (uint32_t)json_count(config, "num_threads", UINT32_MAX);
    cell->load.threads = cell->load.clients;
    cell->load.pipeline = (uint32_t)json_count(config, "pipeline_size", UINT32_MAX);
    if (cell->load.pipeline == 0 && json_object_get(config, "pipeline_size") != NULL) {
        cell->load.pipeline = 1;
    }
    const char *host = json_word(config, "host");
    if (host[0] != '\0') {
        result->arms[0].target = arena_printf(arena, "redis://%s:%u", host,
                                              (unsigned)json_count(config, "port", UINT16_MAX));
    }
    const char *prefix = json_word(config, "key_prefix");
    if (prefix[0] != '\0' && keys > 0 && size > 0) {
        workload->key_prefix = arena_copy_text(arena, prefix);
        workload->keys = keys;
        workload->value_size_low = workload->value_size_high = size;
        workload->elements = elements > 0 ? elements : 1;
        (void)spec_read_data_type(str_from(json_word(config, "data_structure")), &workload->data,
                                  NULL);
        read_ratio(workload, json_figure(config, "read_write_ratio"));
    }
}

static void read_engine(struct result *result, const char *engine)
{
    struct arena *arena = &result->arena;
    char *name = arena_copy_text(arena, engine);
    for (char *at = name; *at != '\0'; at++) {
        *at = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
    }
    result->arms[0].engine = name;
    result->arms[0].label = name[0] == '\0' ? "server" : name;
}

static void add_notes(struct result *result, const struct result_cell *cell)
{
    foreign_note(
        result, "python-client",
        "measured with time.time() in Python threads, which take turns in one interpreter: "
        "latencies hold the client's own waiting, in milliseconds as the file has them");
    foreign_note(result, "time-zone",
                 "the file gives local times without a zone; they are taken for UTC");
    if (cell->load.pipeline > 1) {
        result_add_finding(result, &result->findings, SEVERITY_CONDITIONAL, "shared-latency", NULL,
                           "with a pipeline, that program gave each operation its share of a "
                           "batch's time: no latency of an operation is known");
    }
}

bool python_read(struct str text, const struct foreign_source *source, struct result *result,
                 struct error *err)
{
    (void)source;
    json_t *top = json_open(text, err);
    if (top == NULL) {
        return false;
    }
    foreign_make_cells(result, 1);
    read_engine(result, json_word(top, "engine_type"));
    read_config(result, &result->cells[0], json_object_get(top, "config"));
    if (!read_time(str_from(json_word(top, "start_time")), &result->created_wall)) {
        foreign_note(result, "file-date",
                     "the file does not say when this was measured; its own date is shown");
    }
    bool done = read_run(result, top, err);
    if (done) {
        add_notes(result, &result->cells[0]);
    }
    json_decref(top);
    return done;
}
