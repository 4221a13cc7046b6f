#include "support/sample_result.h"

#include <math.h>

const struct sample_figures sample_usual = {
    .operations = 100000, .p50 = 200, .p99 = 400, .p999 = 800, .max = 1600, .cpu = 8e-6};

static const struct result_arm arms[] = {
    {.label = "redis",
     .engine = "redis",
     .engine_version = "7.0.15",
     .target = "local:redis-server",
     .started_by_us = true,
     .placement = "pinned to processor 1"},
    {.label = "valkey",
     .engine = "valkey",
     .engine_version = "8.0.1",
     .target = "local:valkey-server",
     .started_by_us = true,
     .placement = "pinned to processor 1"},
    {.label = "next",
     .engine = "valkey",
     .engine_version = "9.1.0",
     .target = "local:valkey-server@9.1",
     .started_by_us = true,
     .placement = "pinned to processor 1"},
};

static const char *const command_line[] = {"tenbin", "compare", "local:redis-server",
                                           "local:valkey-server"};

void sample_init(struct result *result, uint32_t arm_count)
{
    struct spec spec;
    spec_init(&spec, PRESET_QUICK);
    result_init(result);
    result->kind = RESULT_COMPARE;
    result->id = "sample";
    result->tenbin_version = "0.1.0";
    result->seed = 42;
    result->design = spec.design;
    result->worker_placement = "pinned to processor 0";
    result->env = (struct env){.host = "scales", .cpus = 2, .governor = "performance"};
    result->arm_count = arm_count;
    result->arms = arena_alloc_array(&result->arena, arm_count, sizeof *result->arms);
    memcpy(result->arms, arms, arm_count * sizeof *arms);
    result->command_line_count = sizeof command_line / sizeof command_line[0];
    result->command_line =
        arena_alloc_array(&result->arena, result->command_line_count, sizeof(char *));
    memcpy(result->command_line, command_line, sizeof command_line);
    result->cell_count = 1;
    result->cells = arena_alloc_array(&result->arena, 1, sizeof *result->cells);
    result->cells[0].name = "default";
    result->cells[0].workload = spec.workload;
    result->cells[0].load = spec.load;
}

struct result_run *sample_run(struct result *result, uint32_t arm, uint32_t pair,
                              const struct sample_figures *figures)
{
    static const char *const commands[] = {"GET", "SET"};
    struct result_cell *cell = &result->cells[0];
    struct result_run *run = result_add_run(result, cell, commands, 2);
    run->arm = arm;
    run->pair = pair;
    run->block = pair;
    run->slot = 1 + (arm + pair) % 2;
    run->attempt = 1;
    run->order = (uint32_t)cell->run_count;
    run->load = "closed";
    run->launch = "0123456789abcdef";
    run->host = "scales";
    run->valid = true;
    run->measured_seconds = 1;
    run->operations = figures->operations;
    run->steps = figures->operations;
    run->hits = figures->operations / 5 * 4;
    run->bytes_sent = 60 * figures->operations;
    run->bytes_received = 100 * figures->operations;
    run->client_cpu_seconds = 0.6;
    run->client_busy = 0.6;
    run->server_cpu_seconds = figures->cpu * (double)figures->operations;
    run->server_busy = 0.9;
    hist_record_n(run->latency, figures->p50, 5100);
    hist_record_n(run->latency, figures->p99, 4820);
    hist_record_n(run->latency, figures->p999, 75);
    hist_record_n(run->latency, figures->max, 5);
    for (size_t i = 0; i < 2; i++) {
        run->commands[i].operations = figures->operations / 5 * (i == 0 ? 4 : 1);
        hist_record_n(run->commands[i].latency, figures->p50, i == 0 ? 4080 : 1020);
        hist_record_n(run->commands[i].latency, figures->p99, i == 0 ? 3856 : 964);
        hist_record_n(run->commands[i].latency, figures->p999, i == 0 ? 60 : 15);
        hist_record_n(run->commands[i].latency, figures->max, i == 0 ? 4 : 1);
    }
    return run;
}

static uint64_t scaled(uint64_t value, double ratio)
{
    return (uint64_t)llround((double)value * ratio);
}

void sample_pairs(struct result *result, uint32_t arm, enum metric metric, const double *ratios,
                  uint32_t pairs)
{
    for (uint32_t i = 0; i < pairs; i++) {
        struct sample_figures figures = sample_usual;
        switch (metric) {
        case METRIC_OPS:
            figures.operations = scaled(figures.operations, ratios[i]);
            break;
        case METRIC_P50:
            figures.p50 = scaled(figures.p50, ratios[i]);
            break;
        case METRIC_P99:
            figures.p99 = scaled(figures.p99, ratios[i]);
            break;
        case METRIC_P999:
            figures.p999 = scaled(figures.p999, ratios[i]);
            break;
        case METRIC_CPU:
        case METRIC_MEMORY:
        case METRIC_DELIVERY_P50:
        case METRIC_DELIVERY_P99:
        case METRIC_COUNT:
            figures.cpu *= ratios[i];
            break;
        }
        sample_run(result, 0, i + 1, &sample_usual);
        sample_run(result, arm, i + 1, &figures);
    }
}

void sample_cells(struct result *result, const char *const *names, size_t count)
{
    struct result_cell *cells = arena_alloc_array(&result->arena, count, sizeof *cells);
    result->kind = RESULT_SUITE;
    for (size_t i = 0; i < count; i++) {
        cells[i] = result->cells[0];
        cells[i].name = names[i];
        cells[i].structure = names[0];
    }
    result->cells = cells;
    result->cell_count = count;
}

void sample_cell_pairs(struct result *result, size_t cell, const double *ratios, uint32_t pairs)
{
    struct result_cell *cells = result->cells;
    result->cells = &cells[cell]; /* runs are added to the first one */
    sample_pairs(result, 1, METRIC_OPS, ratios, pairs);
    result->cells = cells;
}
