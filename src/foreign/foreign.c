#include "foreign/foreign.h"

#include <math.h>
#include <stddef.h>

#include "foreign/formats.h"

/* The most telling marks first. */
static const struct foreign_format formats[] = {
    {"hdr-log", "HdrHistogram log", hdr_log_matches, hdr_log_read},
    {"hdr-percentiles", "HdrHistogram percentile distribution", hdr_percentiles_matches,
     hdr_percentiles_read},
    {"benchmark-csv", "redis-benchmark or valkey-benchmark", benchmark_csv_matches,
     benchmark_csv_read},
    {"memtier-json", "memtier_benchmark", memtier_matches, memtier_read},
    {"python-json", "the Python benchmark that tenbin replaces", python_matches, python_read},
};

void foreign_make_cells(struct result *result, size_t count)
{
    result->cells = arena_alloc_array(&result->arena, count, sizeof *result->cells);
    result->cell_count = count;
    for (size_t i = 0; i < count; i++) {
        result->cells[i].name = "";
        result->cells[i].write_share = -1;
        result->cells[i].workload = (struct workload_spec){.keys = RESULT_UNKNOWN,
                                                           .elements = 1,
                                                           .value_size_low = RESULT_UNKNOWN,
                                                           .value_size_high = RESULT_UNKNOWN,
                                                           .compressibility = NAN};
    }
}

struct result_figures *foreign_figures(struct result *result)
{
    struct result_figures *figures = arena_alloc(&result->arena, sizeof *figures);
    *figures = (struct result_figures){RESULT_UNKNOWN, NAN,
                                       RESULT_UNKNOWN, RESULT_UNKNOWN,
                                       RESULT_UNKNOWN, RESULT_UNKNOWN,
                                       RESULT_UNKNOWN, RESULT_UNKNOWN,
                                       RESULT_UNKNOWN, RESULT_UNKNOWN};
    return figures;
}

struct result_run *foreign_add_run(struct result *result, struct result_cell *cell,
                                   const char *const *commands, size_t command_count)
{
    struct result_run *run = result_add_run(result, cell, commands, command_count);
    run->pair = run->block = run->slot = run->attempt = 1;
    run->order = 1;
    for (const struct result_cell *before = result->cells; before < cell; before++) {
        run->order += (uint32_t)before->run_count;
    }
    run->launch = NULL;
    run->host = NULL;
    run->started_wall = result->created_wall;
    run->valid = true;
    run->measured_seconds = NAN;
    run->operations = run->steps = run->hits = run->misses = RESULT_UNKNOWN;
    run->bytes_sent = run->bytes_received = RESULT_UNKNOWN;
    run->read_calls = run->write_calls = run->poll_calls = RESULT_UNKNOWN;
    run->lost_connections = RESULT_UNKNOWN;
    run->gap_seconds = run->longest_gap_seconds = NAN;
    run->client_cpu_seconds = run->client_busy = NAN;
    run->loop_stalls = RESULT_UNKNOWN;
    run->longest_loop_stall_seconds = NAN;
    run->moved = run->asked = run->topology_changes = RESULT_UNKNOWN;
    run->retries = run->aborted = run->scripts_loaded = RESULT_UNKNOWN;
    run->empty = RESULT_UNKNOWN;
    run->client_cache =
        (struct result_client_cache){RESULT_UNKNOWN, RESULT_UNKNOWN, RESULT_UNKNOWN};
    run->client_work = (struct result_client_work){
        .values_made = RESULT_UNKNOWN,
        .plain_bytes = RESULT_UNKNOWN,
        .stored_bytes = RESULT_UNKNOWN,
        .values_taken = RESULT_UNKNOWN,
    };
    run->server_cpu_seconds = run->server_busy = -1;
    run->steal = run->throttled = NAN;
    run->figures = foreign_figures(result);
    for (size_t i = 0; i < command_count; i++) {
        run->commands[i].operations = RESULT_UNKNOWN;
        run->commands[i].figures = foreign_figures(result);
    }
    return run;
}

uint64_t foreign_latency(double value, nsec unit)
{
    double nanoseconds = value * (double)unit;
    /* An hour is more than any of them measures; a number beyond a day is no latency. */
    double most = 24.0 * 3600 * (double)NSEC_PER_SEC;
    return nanoseconds >= 0 && nanoseconds <= most ? (uint64_t)llround(nanoseconds)
                                                   : RESULT_UNKNOWN;
}

uint64_t foreign_count(double value)
{
    return value >= 0 && value < 9e15 ? (uint64_t)llround(value) : RESULT_UNKNOWN;
}

void foreign_note(struct result *result, const char *code, const char *text)
{
    result_add_finding(result, &result->findings, SEVERITY_NOTE, code, NULL, "%s", text);
}

/* Fowler, Noll and Vo: FNV-1a, 64 bits. */
static uint64_t hash(struct str text)
{
    uint64_t value = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < text.len; i++) {
        value = (value ^ (unsigned char)text.data[i]) * UINT64_C(1099511628211);
    }
    return value;
}

/* From the content alone, so that a file is known again wherever it was copied to. */
static const char *make_id(struct result *result, struct str text)
{
    return arena_printf(&result->arena, "import-%012llx", (unsigned long long)(hash(text) >> 16));
}

static void begin(struct result *result, const struct foreign_format *format,
                  const struct foreign_source *source)
{
    result_init(result);
    struct arena *arena = &result->arena;
    struct result_origin *origin = arena_alloc(arena, sizeof *origin);
    *origin = (struct result_origin){.format = format->name,
                                     .file = arena_copy_text(arena, source->name)};
    result->kind = RESULT_RUN;
    result->origin = origin;
    result->created_wall = source->changed;
    result->tenbin_version = TENBIN_VERSION;
    result->arms = arena_alloc(arena, sizeof *result->arms);
    result->arm_count = 1;
    result->arms[0] =
        (struct result_arm){.label = "server", .engine = "", .engine_version = "", .placement = ""};
}

static void conclude(struct result *result, const struct foreign_format *format)
{
    struct arena *arena = &result->arena;
    result->verdict_text = arena_printf(
        arena,
        "Imported from a file of %s: one measurement, as that program summed it up. There is "
        "nothing to weigh it against, so there is no verdict.",
        format->title);
}

bool foreign_read(struct str text, const struct foreign_source *source, struct result *result,
                  struct error *err)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (!formats[i].matches(text)) {
            continue;
        }
        begin(result, &formats[i], source);
        if (!formats[i].read(text, source, result, err)) {
            result_release(result);
            return error_prefix(err, "read as a file of %s", formats[i].title);
        }
        result->id = make_id(result, text);
        if (source->label != NULL) {
            result->arms[0].label = arena_copy_text(&result->arena, source->label);
        }
        conclude(result, &formats[i]);
        return true;
    }
    return error_set(
        err, ERROR_USAGE,
        "not a format that tenbin knows: a result of tenbin, memtier_benchmark's JSON, "
        "the CSV of redis-benchmark or valkey-benchmark, an HdrHistogram log or "
        "percentile file, or the JSON of the Python benchmark");
}
