#include "run/tally.h"

#include "redis/reply_error.h"

void tally_init(struct tally *tally, struct result *result, size_t commands, size_t windows)
{
    *tally = (struct tally){.window_capacity = windows};
    window_init(&tally->total, commands);
    hist_init(&tally->latency);
    tally->windows = arena_alloc_array(&result->arena, windows, sizeof(struct result_window));
}

void tally_release(struct tally *tally)
{
    window_release(&tally->total);
    hist_release(&tally->latency);
}

void tally_list_window(struct tally *tally, const struct hist_window *window, double seconds,
                       double end, nsec started_wall)
{
    if (tally->window_count >= tally->window_capacity) {
        return;
    }
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
    const struct info_counters *after = slice->after;
    add_cpu(&tally->server_cpu, slice->before->cpu_seconds,
            after == NULL ? -1 : after->cpu_seconds);
    add_cpu(&tally->server_main, slice->before->cpu_main_seconds,
            after == NULL ? -1 : after->cpu_main_seconds);
    tally->machine.busy += slice->machine_after->busy - slice->machine_before->busy;
    tally->machine.idle += slice->machine_after->idle - slice->machine_before->idle;
    tally->machine.steal += slice->machine_after->steal - slice->machine_before->steal;
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

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

void tally_fill_run(const struct tally *tally, struct result *result, struct result_run *run)
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
    run->client_cpu_seconds = tally->client_cpu;
    run->client_busy = share(tally->busy_seconds, tally->seconds);
    /* The server's figures cover settling too; its part is taken off in proportion. */
    run->server_cpu_seconds = tally->server_cpu < 0
                                  ? -1
                                  : tally->server_cpu * share((double)counters->operations,
                                                              (double)tally->operations_all);
    run->server_busy = tally->server_main < 0 ? -1 : share(tally->server_main, tally->seconds_all);
    run->steal = share((double)tally->machine.steal,
                       (double)(tally->machine.busy + tally->machine.idle + tally->machine.steal));
    fill_errors(counters, result, run);
    window_latency(&tally->total, run->latency);
    for (size_t i = 0; i < run->command_count; i++) {
        hist_copy(run->commands[i].latency, &tally->total.commands[i]);
        run->commands[i].operations = tally->total.commands[i].count;
    }
    run->windows = tally->windows;
    run->window_count = tally->window_count;
}
