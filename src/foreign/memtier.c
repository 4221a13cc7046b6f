/* memtier_benchmark --json-out-file, versions 1.3 to 2.4. Latencies are milliseconds; the encoded
 * histograms count microseconds. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "foreign/formats.h"
#include "foreign/hdr.h"
#include "foreign/json.h"

enum { RUNS_MOST = 1000, COMMANDS_MOST = 64, WINDOWS_MOST = 1000000 };

bool memtier_matches(struct str text)
{
    return str_starts_with(str_trim(text), STR("{")) &&
           (memmem(text.data, text.len, "\"ALL STATS\"", 11) != NULL ||
            memmem(text.data, text.len, "\"RUN #1 RESULTS\"", 16) != NULL);
}

/* "p99.90". The names are cut to six characters, so that p99.99 may be p99.999: left out. */
static void take_percentile(struct result_figures *figures, const char *name, double value)
{
    const struct {
        double percent;
        uint64_t *out;
    } known[] = {
        {50, &figures->p50}, {90, &figures->p90},    {95, &figures->p95},
        {99, &figures->p99}, {99.9, &figures->p999},
    };
    double percent = 0;
    if (name[0] != 'p' || !str_to_double(str_from(name + 1), &percent)) {
        return;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (fabs(percent - known[i].percent) < 1e-9) {
            *known[i].out = foreign_latency(value, NSEC_PER_MSEC);
        }
    }
}

static void take_percentiles(struct result_figures *figures, const json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        if (json_is_number(value)) {
            take_percentile(figures, name, json_number_value(value));
        }
    }
}

static struct result_figures *read_figures(struct result *result, const json_t *stats)
{
    struct result_figures *figures = foreign_figures(result);
    double mean = json_figure(stats, "Average Latency");
    mean = isnan(mean) ? json_figure(stats, "Latency") : mean;
    figures->count = foreign_count(json_figure(stats, "Count"));
    figures->mean = mean * (double)NSEC_PER_MSEC;
    figures->min = foreign_latency(json_figure(stats, "Min Latency"), NSEC_PER_MSEC);
    figures->max = foreign_latency(json_figure(stats, "Max Latency"), NSEC_PER_MSEC);
    take_percentiles(figures, json_object_get(stats, "Percentile Latencies"));
    return figures;
}

/* The whole distribution, where it is there and holds what is said: its last second and the count's
 * are not quite the same. */
static bool read_histogram(const json_t *stats, struct hist *into)
{
    static const double TOLERANCE = 0.01;
    const json_t *percentiles = json_object_get(stats, "Percentile Latencies");
    const json_t *log = json_object_get(percentiles, "Histogram log format");
    struct str text = str_from(json_word(log, "Compressed Histogram"));
    double count = json_figure(stats, "Count");
    if (text.len > 0 && hdr_add(text, NSEC_PER_USEC, into, NULL) && into->count > 0 &&
        fabs((double)into->count - count) <= count * TOLERANCE) {
        return true;
    }
    hist_clear(into);
    return false;
}

/* The members of the statistics that are commands, and were used. */
static size_t find_commands(struct result *result, const json_t *stats,
                            const json_t *found[COMMANDS_MOST], const char *names[COMMANDS_MOST])
{
    size_t count = 0;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)stats, name, value)
    {
        bool is_command = json_is_object(value) && strcmp(name, "Totals") != 0 &&
                          json_figure(value, "Ops/sec") > 0;
        if (is_command && count < COMMANDS_MOST) {
            char *copy = arena_copy_text(&result->arena, name); /* "Sets" */
            size_t len = strlen(copy);
            copy[len > 1 && copy[len - 1] == 's' ? len - 1 : len] = '\0';
            for (char *at = copy; *at != '\0'; at++) {
                *at = (char)toupper((unsigned char)*at);
            }
            found[count] = value;
            names[count++] = copy;
        }
    }
    return count;
}

static int compare_windows(const void *a, const void *b)
{
    double difference =
        ((const struct result_window *)a)->end - ((const struct result_window *)b)->end;
    return (difference > 0) - (difference < 0);
}

/* One a second; the last one may be shorter. */
static void read_windows(struct result *result, struct result_run *run, const json_t *stats)
{
    json_t *series = json_object_get(stats, "Time-Serie");
    size_t count = json_object_size(series);
    const char *name;
    json_t *value;
    if (count == 0 || count > WINDOWS_MOST) {
        return;
    }
    run->windows = arena_alloc_array(&result->arena, count, sizeof *run->windows);
    json_object_foreach(series, name, value)
    {
        uint64_t second = 0;
        struct result_figures figures = *foreign_figures(result);
        if (!str_to_u64(str_from(name), &second) || second > WINDOWS_MOST) {
            continue;
        }
        take_percentiles(&figures, value);
        run->windows[run->window_count++] = (struct result_window){
            .end = (double)second + 1,
            .seconds = 1,
            .started_wall = run->started_wall + second * NSEC_PER_SEC,
            .operations = foreign_count(json_figure(value, "Count")),
            .errors = RESULT_UNKNOWN,
            .p50 = figures.p50,
            .p99 = figures.p99,
            .p999 = figures.p999,
            .max = foreign_latency(json_figure(value, "Max Latency"), NSEC_PER_MSEC),
        };
    }
    qsort(run->windows, run->window_count, sizeof *run->windows, compare_windows);
    if (run->window_count > 0) {
        struct result_window *last = &run->windows[run->window_count - 1];
        if (run->measured_seconds < last->end && run->measured_seconds > last->end - 1) {
            last->seconds = run->measured_seconds - (last->end - 1);
            last->end = run->measured_seconds;
        }
    }
}

static void read_command(struct result *result, struct result_command *command, const json_t *stats)
{
    command->figures = read_histogram(stats, command->latency) ? NULL : read_figures(result, stats);
    command->operations = foreign_count(json_figure(stats, "Count"));
}

/* When it began and how long it took; older versions do not say. */
static void read_runtime(struct result *result, struct result_run *run, const json_t *stats)
{
    const json_t *runtime = json_object_get(stats, "Runtime");
    double start = json_figure(runtime, "Start time");
    double duration = json_figure(runtime, "Total duration");
    if (start > 0 && start < 1e13) {
        run->started_wall = (nsec)start * NSEC_PER_MSEC;
    }
    if (duration > 0) {
        run->measured_seconds = duration / 1000;
    }
    if (strcmp(json_word(runtime, "Interrupted"), "true") == 0) {
        result->interrupted = true;
    }
}

static bool read_run(struct result *result, struct result_cell *cell, const json_t *stats,
                     struct error *err)
{
    const json_t *commands[COMMANDS_MOST];
    const char *names[COMMANDS_MOST];
    const json_t *totals = json_object_get(stats, "Totals");
    size_t count = find_commands(result, stats, commands, names);
    struct result_run *run = foreign_add_run(result, cell, names, count);
    run->pair = run->block = run->order = (uint32_t)cell->run_count;
    run->stated_rate = json_figure(totals, "Ops/sec");
    if (!(run->stated_rate > 0)) {
        return error_set(err, ERROR_USAGE, "\"Totals\" states no \"Ops/sec\"");
    }
    read_runtime(result, run, stats);
    run->operations = run->steps = foreign_count(json_figure(totals, "Count"));
    run->hits = foreign_count(json_figure(totals, "Hits/sec") * run->measured_seconds);
    run->misses = foreign_count(json_figure(totals, "Misses/sec") * run->measured_seconds);
    run->lost_connections = foreign_count(json_figure(totals, "Connection Errors"));
    run->figures = read_histogram(totals, run->latency) ? NULL : read_figures(result, totals);
    for (size_t i = 0; i < count; i++) {
        read_command(result, &run->commands[i], commands[i]);
    }
    read_windows(result, run, totals);
    return true;
}

/* "1:10", writes to reads */
static void read_mix(struct workload_spec *workload, const json_t *config)
{
    struct str ratio = str_from(json_word(config, "ratio"));
    if (ratio.len > 0) {
        (void)spec_read_ratio(ratio, workload, NULL);
    }
    uint64_t size = json_count(config, "data_size", UINT32_MAX);
    if (size > 0) {
        workload->value_size_low = workload->value_size_high = size;
    }
}

static void read_config(struct result *result, struct result_cell *cell, const json_t *config)
{
    struct arena *arena = &result->arena;
    struct workload_spec *workload = &cell->workload;
    struct load_spec *load = &cell->load;
    const char *server = json_word(config, "server");
    const char *path = json_word(config, "unix socket");
    bool tls = strcmp(json_word(config, "tls"), "true") == 0;
    load->threads = (uint32_t)json_count(config, "threads", UINT32_MAX);
    uint64_t clients = json_count(config, "clients", UINT32_MAX) * load->threads;
    load->clients = clients > UINT32_MAX ? 0 : (uint32_t)clients;
    load->pipeline = (uint32_t)json_count(config, "pipeline", UINT32_MAX);
    if (path[0] == '/') {
        result->arms[0].target = arena_printf(arena, "unix://%s", path);
    } else if (server[0] != '\0') {
        result->arms[0].target = arena_printf(arena, "%s://%s:%u", tls ? "rediss" : "redis", server,
                                              (unsigned)json_count(config, "port", UINT16_MAX));
    }
    double first = json_figure(config, "key_minimum");
    double last = json_figure(config, "key_maximum");
    const char *prefix = json_word(config, "key_prefix");
    if (prefix[0] != '\0' && last >= first && last < 9e15) {
        workload->key_prefix = arena_copy_text(arena, prefix);
        workload->keys = (uint64_t)(last - first) + 1;
        workload->key_distribution =
            strchr(json_word(config, "key_pattern"), 'R') != NULL ? KEYS_UNIFORM : KEYS_SEQUENTIAL;
        read_mix(workload, config);
    }
}

static bool read_runs(struct result *result, struct result_cell *cell, const json_t *top,
                      struct error *err)
{
    const json_t *only = json_object_get(top, "ALL STATS");
    if (json_is_object(only)) {
        return read_run(result, cell, only, err);
    }
    for (int i = 1; i <= RUNS_MOST; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "RUN #%d RESULTS", i);
        const json_t *stats = json_object_get(top, name);
        if (!json_is_object(stats)) {
            break;
        }
        if (!read_run(result, cell, stats, err)) {
            return error_prefix(err, "%s", name);
        }
    }
    return cell->run_count > 0 || error_set(err, ERROR_USAGE, "it holds no statistics");
}

bool memtier_read(struct str text, const struct foreign_source *source, struct result *result,
                  struct error *err)
{
    (void)source;
    json_t *top = json_open(text, err);
    if (top == NULL) {
        return false;
    }
    foreign_make_cells(result, 1);
    struct result_cell *cell = &result->cells[0];
    cell->name = "memtier";
    read_config(result, cell, json_object_get(top, "configuration"));
    bool done = read_runs(result, cell, top, err);
    if (done && cell->runs[0].started_wall != result->created_wall) {
        result->created_wall = cell->runs[0].started_wall;
    } else if (done) {
        foreign_note(result, "file-date",
                     "the file does not say when this was measured; its own date is shown");
    }
    json_decref(top);
    return done;
}
