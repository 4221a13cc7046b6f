/* One run in tables. */
#include <math.h>
#include <stddef.h>

#include "base/units.h"
#include "report/grid.h"
#include "report/terminal.h"

enum { WINDOWS_SHOWN = 10 };

static const struct {
    const char *name;
    double percentile;
} percentiles[] = {
    {"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}, {"p99.99", 99.99}, {"max", 100},
};
enum { PERCENTILES = sizeof percentiles / sizeof percentiles[0] };

static void add_latencies(struct grid *grid, const char *name, uint64_t operations,
                          const struct hist *latency)
{
    char text[UNITS_TEXT_SIZE];
    grid_add(grid, name, STYLE_PLAIN);
    grid_add(grid, units_format_count(operations, text), STYLE_PLAIN);
    for (size_t i = 0; i < PERCENTILES; i++) {
        bool known = latency != NULL && latency->count > 0;
        double value = known ? (double)hist_percentile(latency, percentiles[i].percentile) : 0;
        grid_add(grid, known ? units_format_latency(value, text) : "-", STYLE_PLAIN);
    }
}

static void write_latencies(struct page *page, const struct result_run *run)
{
    struct grid grid;
    grid_init(&grid, 2 + PERCENTILES);
    grid_add(&grid, "", STYLE_PLAIN);
    grid_add(&grid, "operations", STYLE_BOLD);
    for (size_t i = 0; i < PERCENTILES; i++) {
        grid_add(&grid, percentiles[i].name, STYLE_BOLD);
    }
    add_latencies(&grid, "all", run->operations, run->latency);
    if (run->service_latency != NULL) {
        add_latencies(&grid, "(service)", run->operations, run->service_latency);
    }
    for (size_t i = 0; i < run->command_count; i++) {
        add_latencies(&grid, run->commands[i].name, run->commands[i].operations,
                      run->commands[i].latency);
    }
    if (run->deliveries.latency != NULL) {
        add_latencies(&grid, "(delivery)", run->deliveries.delivered, run->deliveries.latency);
    }
    grid_write(&grid, page);
    grid_release(&grid);
}

/* A figure per second of measured time, rounded. */
static uint64_t per_second(const struct result_run *run, uint64_t count)
{
    return run->measured_seconds > 0 ? (uint64_t)llround((double)count / run->measured_seconds) : 0;
}

static void write_rates(struct page *page, const struct result_run *run)
{
    char text[UNITS_TEXT_SIZE];
    struct buf line = {0};
    buf_addf(&line, "%s operations per second over %.1f s; ",
             units_format_count(per_second(run, run->operations), text), run->measured_seconds);
    buf_addf(&line, "%s/s sent, ", units_format_size(per_second(run, run->bytes_sent), text));
    buf_addf(&line, "%s/s received; ",
             units_format_size(per_second(run, run->bytes_received), text));
    buf_addf(&line, "%s reads hit, ", units_format_count(run->hits, text));
    buf_addf(&line, "%s missed", units_format_count(run->misses, text));
    if (run->lost_connections > 0) {
        buf_addf(&line, "; connections lost %s times",
                 units_format_count(run->lost_connections, text));
    }
    text_blanks(page, 2);
    text_wrap(page, buf_str(&line), &(struct wrap){.first = 2, .indent = 2});
    buf_release(&line);
}

static void add_latency_text(struct buf *out, const char *name, const struct hist *hist,
                             double percent)
{
    char text[UNITS_TEXT_SIZE];
    buf_addf(out, "%s %s", name,
             units_format_latency((double)hist_percentile(hist, percent), text));
}

/* What became of the operations that an open loop meant to send. */
static void write_schedule(struct page *page, const struct result_run *run)
{
    const struct result_schedule *schedule = &run->schedule;
    char text[UNITS_TEXT_SIZE];
    struct buf line = {0};
    if (schedule->send_lag == NULL) {
        return;
    }
    buf_addf(&line, "%s operations per second offered: ",
             units_format_count((uint64_t)llround(run->offered_per_second), text));
    buf_addf(&line, "%s intended, ", units_format_count(schedule->intended, text));
    buf_addf(&line, "%s sent, ", units_format_count(schedule->sent, text));
    buf_addf(&line, "%s completed, ", units_format_count(run->operations - schedule->beside, text));
    buf_addf(&line, "%s outstanding; ", units_format_count(schedule->outstanding, text));
    buf_addf(&line, "%s sent more than 1 ms late; own delay in sending: ",
             units_format_count(schedule->late, text));
    add_latency_text(&line, "p50", schedule->send_lag, 50);
    add_latency_text(&line, ", p99", schedule->send_lag, 99);
    add_latency_text(&line, ", p99.9", schedule->send_lag, 99.9);
    add_latency_text(&line, ", max", schedule->send_lag, 100);
    text_blanks(page, 2);
    text_wrap(page, buf_str(&line), &(struct wrap){.first = 2, .indent = 2});
    buf_release(&line);
}

/* Messages on their way from one client to another. */
static void write_deliveries(struct page *page, const struct result_run *run)
{
    const struct result_deliveries *deliveries = &run->deliveries;
    char text[UNITS_TEXT_SIZE];
    struct buf line = {0};
    if (deliveries->latency == NULL) {
        return;
    }
    buf_addf(&line, "%s messages expected, ", units_format_count(deliveries->expected, text));
    buf_addf(&line, "%s delivered, ", units_format_count(deliveries->delivered, text));
    buf_addf(&line, "%s lost", units_format_count(result_lost(deliveries), text));
    if (run->empty > 0) {
        buf_addf(&line, "; %s waits were in vain", units_format_count(run->empty, text));
    }
    text_blanks(page, 2);
    text_wrap(page, buf_str(&line), &(struct wrap){.first = 2, .indent = 2});
    buf_release(&line);
}

/* Transactions that EXEC did not carry out. */
static void write_retries(struct page *page, const struct result_run *run)
{
    char retries[UNITS_TEXT_SIZE];
    char aborted[UNITS_TEXT_SIZE];
    struct buf line = {0};
    if (run->retries == 0 && run->aborted == 0) {
        return;
    }
    buf_addf(&line, "%s transactions begun again, %s given up (counted as operations)",
             units_format_count(run->retries, retries), units_format_count(run->aborted, aborted));
    text_blanks(page, 2);
    text_wrap(page, buf_str(&line), &(struct wrap){.first = 2, .indent = 2});
    buf_release(&line);
}

/* Reads that clients answered themselves. */
static void write_client_cache(struct page *page, const struct result_run *run)
{
    const struct result_client_cache *cache = &run->client_cache;
    char text[UNITS_TEXT_SIZE];
    struct buf line = {0};
    if (cache->local_hits == 0 && cache->invalidations == 0 && cache->flushes == 0) {
        return;
    }
    buf_addf(&line, "%s reads answered by the clients themselves, beside the operations; ",
             units_format_count(cache->local_hits, text));
    buf_addf(&line, "%s keys invalidated", units_format_count(cache->invalidations, text));
    if (cache->flushes > 0) {
        buf_addf(&line, ", all at once %s times", units_format_count(cache->flushes, text));
    }
    text_blanks(page, 2);
    text_wrap(page, buf_str(&line), &(struct wrap){.first = 2, .indent = 2});
    buf_release(&line);
}

static void add_connect_row(struct grid *grid, const char *name, const struct hist *hist)
{
    if (hist != NULL && hist->count > 0) {
        add_latencies(grid, name, hist->count, hist);
    }
}

/* Connections that were made in the course of the run. */
static void write_connects(struct page *page, const struct result_run *run)
{
    const struct result_connects *connects = &run->connects;
    if (connects->connect == NULL || connects->connect->count == 0) {
        return;
    }
    struct grid grid;
    grid_init(&grid, 2 + PERCENTILES);
    grid_add(&grid, "", STYLE_PLAIN);
    grid_add(&grid, "connections", STYLE_BOLD);
    for (size_t i = 0; i < PERCENTILES; i++) {
        grid_add(&grid, percentiles[i].name, STYLE_BOLD);
    }
    add_connect_row(&grid, "network", connects->connect);
    add_connect_row(&grid, "TLS", connects->tls);
    add_connect_row(&grid, "login", connects->session);
    terminal_heading(page, "Making connections");
    grid_write(&grid, page);
    grid_release(&grid);
}

/* What clients did to values before storing and after reading them. */
static void write_client_work(struct page *page, const struct result_run *run)
{
    const struct result_client_work *work = &run->client_work;
    if (work->serialise == NULL) {
        return;
    }
    struct grid grid;
    struct buf line = {0};
    grid_init(&grid, 2 + PERCENTILES);
    grid_add(&grid, "", STYLE_PLAIN);
    grid_add(&grid, "values", STYLE_BOLD);
    for (size_t i = 0; i < PERCENTILES; i++) {
        grid_add(&grid, percentiles[i].name, STYLE_BOLD);
    }
    add_connect_row(&grid, "serialise", work->serialise);
    add_connect_row(&grid, "compress", work->compress);
    add_connect_row(&grid, "decompress", work->decompress);
    add_connect_row(&grid, "parse", work->parse);
    terminal_heading(page, "Work of the clients, per value");
    grid_write(&grid, page);
    grid_release(&grid);
    if (work->values_made > 0) {
        buf_addf(&line, "values of %.0f B on average were stored as %.0f B (%.1f %%)",
                 (double)work->plain_bytes / (double)work->values_made,
                 (double)work->stored_bytes / (double)work->values_made,
                 100 * (double)work->stored_bytes / (double)work->plain_bytes);
        text_blanks(page, 2);
        text_wrap(page, buf_str(&line), &(struct wrap){.first = 2, .indent = 2});
    }
    buf_release(&line);
}

/* Which node did how much, so that a hot one shows. */
static void write_nodes(struct page *page, const struct result_run *run)
{
    if (run->node_count < 2) {
        return;
    }
    struct grid grid;
    char text[UNITS_TEXT_SIZE];
    grid_init(&grid, 4);
    grid_add(&grid, "", STYLE_PLAIN);
    grid_add(&grid, "role", STYLE_BOLD);
    grid_add(&grid, "operations", STYLE_BOLD);
    grid_add(&grid, "share", STYLE_BOLD);
    for (size_t i = 0; i < run->node_count; i++) {
        const struct result_node *node = &run->nodes[i];
        double share =
            run->operations > 0 ? (double)node->operations / (double)run->operations * 100 : 0;
        grid_add(&grid, node->name, STYLE_PLAIN);
        grid_add(&grid, node->is_replica ? "replica" : "primary", STYLE_PLAIN);
        grid_add(&grid, units_format_count(node->operations, text), STYLE_PLAIN);
        grid_addf(&grid, STYLE_PLAIN, "%.1f %%", share);
    }
    terminal_heading(page, "Nodes");
    grid_write(&grid, page);
    grid_release(&grid);
}

/* The processor time of each worker, where there are several. */
static void write_workers(struct page *page, const struct result_run *run)
{
    struct buf line = {0};
    if (run->worker_count < 2) {
        return;
    }
    buf_add_text(&line, "workers busy: ");
    for (size_t i = 0; i < run->worker_count; i++) {
        buf_addf(&line, "%s%.0f %%", i > 0 ? ", " : "", run->workers[i].busy * 100);
    }
    text_blanks(page, 2);
    text_wrap(page, buf_str(&line), &(struct wrap){.first = 2, .indent = 2});
    buf_release(&line);
}

static void write_windows(struct page *page, const struct result_run *run)
{
    static const char *const titles[] = {"until", "ops/s", "errors", "p50", "p99", "p99.9", "max"};
    enum { COLUMNS = sizeof titles / sizeof titles[0] };
    if (run->window_count == 0 || run->window_count > WINDOWS_SHOWN) {
        return;
    }
    struct grid grid;
    grid_init(&grid, COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++) {
        grid_add(&grid, titles[i], STYLE_BOLD);
    }
    for (size_t i = 0; i < run->window_count; i++) {
        const struct result_window *window = &run->windows[i];
        const uint64_t values[] = {window->p50, window->p99, window->p999, window->max};
        char text[UNITS_TEXT_SIZE];
        double rate = window->seconds > 0 ? (double)window->operations / window->seconds : 0;
        grid_addf(&grid, STYLE_PLAIN, "%.1f s", window->end);
        grid_add(&grid, units_format_count((uint64_t)llround(rate), text), STYLE_PLAIN);
        grid_add(&grid, units_format_count(window->errors, text),
                 window->errors > 0 ? STYLE_RED : STYLE_PLAIN);
        for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
            grid_add(&grid, units_format_latency((double)values[k], text), STYLE_PLAIN);
        }
    }
    terminal_heading(page, "Second by second");
    grid_write(&grid, page);
    grid_release(&grid);
}

void terminal_run(struct page *page, const struct result_run *run)
{
    write_latencies(page, run);
    write_rates(page, run);
    write_schedule(page, run);
    write_retries(page, run);
    write_deliveries(page, run);
    write_client_cache(page, run);
    write_workers(page, run);
    write_nodes(page, run);
    write_connects(page, run);
    write_client_work(page, run);
    write_windows(page, run);
}
