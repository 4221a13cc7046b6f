/* A result that another program measured: what it said, and nothing that it did not. */
#include <math.h>
#include <stddef.h>

#include "base/units.h"
#include "report/grid.h"
#include "report/terminal.h"

enum { FIGURES = 9 };

static const char *const titles[FIGURES] = {"mean", "min",   "p50",    "p90", "p95",
                                            "p99",  "p99.9", "p99.99", "max"};

/* One line of the table: nanoseconds, NAN where nothing is known. */
struct row {
    const char *name;
    uint64_t operations;
    double rate; /* NAN: unknown */
    double figures[FIGURES];
};

static double known(uint64_t value)
{
    return value == RESULT_UNKNOWN ? NAN : (double)value;
}

static void fill_row(struct row *row, const struct hist *hist, const struct result_figures *figures)
{
    if (figures != NULL) {
        const double values[FIGURES] = {
            figures->mean,        known(figures->min),   known(figures->p50),
            known(figures->p90),  known(figures->p95),   known(figures->p99),
            known(figures->p999), known(figures->p9999), known(figures->max),
        };
        memcpy(row->figures, values, sizeof values);
        return;
    }
    static const double percents[FIGURES] = {0, 0, 50, 90, 95, 99, 99.9, 99.99, 100};
    for (size_t i = 0; i < FIGURES; i++) {
        row->figures[i] = hist->count == 0 ? NAN : (double)hist_percentile(hist, percents[i]);
    }
    row->figures[0] = hist->count == 0 ? NAN : hist_mean(hist);
}

/* Is it known in any row? Columns of nothing are left out. */
static bool has_figure(const struct row *rows, size_t count, size_t figure)
{
    for (size_t i = 0; i < count; i++) {
        if (!isnan(rows[i].figures[figure])) {
            return true;
        }
    }
    return false;
}

static void add_count(struct grid *grid, double value)
{
    char text[UNITS_TEXT_SIZE];
    grid_add(grid, isnan(value) ? "-" : units_format_count((uint64_t)llround(value), text),
             STYLE_PLAIN);
}

static void write_rows(struct page *page, const struct row *rows, size_t count)
{
    struct grid grid;
    size_t columns = 3;
    char text[UNITS_TEXT_SIZE];
    for (size_t i = 0; i < FIGURES; i++) {
        columns += has_figure(rows, count, i) ? 1 : 0;
    }
    grid_init(&grid, columns);
    grid_add(&grid, "", STYLE_PLAIN);
    grid_add(&grid, "operations", STYLE_BOLD);
    grid_add(&grid, "ops/s", STYLE_BOLD);
    for (size_t i = 0; i < FIGURES; i++) {
        if (has_figure(rows, count, i)) {
            grid_add(&grid, titles[i], STYLE_BOLD);
        }
    }
    for (size_t i = 0; i < count; i++) {
        grid_add(&grid, rows[i].name, STYLE_PLAIN);
        add_count(&grid, known(rows[i].operations));
        add_count(&grid, rows[i].rate);
        for (size_t k = 0; k < FIGURES; k++) {
            double value = rows[i].figures[k];
            if (has_figure(rows, count, k)) {
                grid_add(&grid, isnan(value) ? "-" : units_format_latency(value, text),
                         STYLE_PLAIN);
            }
        }
    }
    grid_write(&grid, page);
    grid_release(&grid);
}

static void write_run(struct page *page, const struct result_run *run)
{
    struct arena arena = {0};
    size_t count = 1 + run->command_count;
    struct row *rows = arena_alloc_array(&arena, count, sizeof *rows);
    double rate = NAN;
    (void)result_run_metric(run, METRIC_OPS, &rate);
    rows[0] = (struct row){.name = "all", .operations = run->operations, .rate = rate};
    fill_row(&rows[0], run->latency, run->figures);
    for (size_t i = 0; i < run->command_count; i++) {
        const struct result_command *command = &run->commands[i];
        rows[i + 1] = (struct row){
            .name = command->name,
            .operations = command->operations,
            .rate = known(command->operations) / run->measured_seconds,
        };
        fill_row(&rows[i + 1], command->latency, command->figures);
    }
    write_rows(page, rows, count);
    arena_release(&arena);
}

/* "10 clients, 2 threads; 1,000 keys, values of 100 B": what is known of it. */
static void write_workload(struct page *page, const struct result_cell *cell)
{
    const struct workload_spec *workload = &cell->workload;
    const struct load_spec *load = &cell->load;
    char text[UNITS_TEXT_SIZE];
    struct buf line = {0};
    if (load->clients > 0) {
        buf_addf(&line, "%u client%s", load->clients, load->clients == 1 ? "" : "s");
    }
    if (load->pipeline > 0) {
        buf_addf(&line, "%spipeline %u", line.len > 0 ? ", " : "", load->pipeline);
    }
    if (workload->key_prefix != NULL && workload->keys != RESULT_UNKNOWN) {
        buf_addf(&line, "%s%s keys", line.len > 0 ? "; " : "",
                 units_format_count(workload->keys, text));
    }
    if (workload->key_prefix != NULL && workload->value_size_low != RESULT_UNKNOWN) {
        buf_addf(&line, "%svalues of %s", line.len > 0 ? ", " : "",
                 units_format_size(workload->value_size_low, text));
    }
    if (workload->writes + workload->reads > 0) {
        buf_addf(&line, ", %u:%u writes to reads", workload->writes, workload->reads);
    }
    if (line.len > 0) {
        text_blanks(page, 2);
        text_wrap(page, buf_str(&line),
                  &(struct wrap){.first = 2, .indent = 2, .style = STYLE_DIM});
    }
    buf_release(&line);
}

static void write_origin(struct page *page, const struct result *result)
{
    const struct result_arm *arm = &result->arms[0];
    struct buf line = {0};
    buf_addf(&line, "  %s", arm->label);
    if (arm->target != NULL) {
        buf_addf(&line, " at %s", arm->target);
    }
    buf_addf(&line, "; from %s (%s)",
             result->origin->file == NULL ? "a file" : result->origin->file,
             result->origin->format);
    buf_add_char(page->out, '\n');
    text_wrap(page, buf_str(&line), &(struct wrap){.indent = 4, .style = STYLE_DIM});
    buf_release(&line);
}

void terminal_imported(struct page *page, const struct result *result)
{
    for (size_t i = 0; i < result->cell_count; i++) {
        const struct result_cell *cell = &result->cells[i];
        terminal_heading(page, "%s", cell->name);
        write_workload(page, cell);
        for (size_t k = 0; k < cell->run_count; k++) {
            write_run(page, &cell->runs[k]);
        }
    }
    if (result->arm_count > 0) {
        write_origin(page, result);
    }
}
