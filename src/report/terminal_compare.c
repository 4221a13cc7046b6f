/* The tables of a comparison. */
#include <math.h>
#include <stddef.h>

#include "base/units.h"
#include "report/grid.h"
#include "report/terminal.h"

const char *terminal_metric(enum metric metric)
{
    switch (metric) {
    case METRIC_OPS:
        return "ops/s";
    case METRIC_P50:
        return "p50";
    case METRIC_P99:
        return "p99";
    case METRIC_P999:
        return "p99.9";
    case METRIC_CPU:
        return "CPU/op";
    case METRIC_MEMORY:
        return "memory";
    case METRIC_DELIVERY_P50:
        return "deliv. p50";
    case METRIC_DELIVERY_P99:
        return "deliv. p99";
    case METRIC_COUNT:
        break;
    }
    return "";
}

static const char *format_value(enum metric metric, double value, char text[UNITS_TEXT_SIZE])
{
    switch (metric) {
    case METRIC_OPS:
        return units_format_count((uint64_t)llround(value), text);
    case METRIC_CPU:
        return units_format_latency(value * (double)NSEC_PER_SEC, text);
    case METRIC_MEMORY:
        return units_format_size((uint64_t)llround(value), text);
    case METRIC_P50:
    case METRIC_P99:
    case METRIC_P999:
    case METRIC_DELIVERY_P50:
    case METRIC_DELIVERY_P99:
    case METRIC_COUNT:
        break;
    }
    return units_format_latency(value, text);
}

/* "+2.9 to +5.2 %"; "too few pairs" when it is endless. */
static void add_interval(struct grid *grid, const struct result_comparison *c)
{
    char low[UNITS_TEXT_SIZE];
    char high[UNITS_TEXT_SIZE];
    if (!isfinite(c->high)) {
        grid_add(grid, c->baseline_hosts > 0 ? "too few hosts" : "too few pairs", STYLE_DIM);
        return;
    }
    units_format_change(c->low, low);
    units_format_change(c->high, high);
    struct str number = str_from(low);
    number = str_ends_with(number, STR(" %")) ? str_prefix(number, number.len - 2) : number;
    grid_addf(grid, STYLE_PLAIN, "%.*s to %s", STR_ARG(number), high);
}

static void add_row(struct grid *grid, const struct result_comparison *c)
{
    char text[UNITS_TEXT_SIZE];
    enum style style = terminal_verdict_style(c->verdict);
    grid_add(grid, terminal_metric(c->metric), STYLE_PLAIN);
    grid_add(grid, format_value(c->metric, c->baseline_value, text), STYLE_PLAIN);
    grid_add(grid, format_value(c->metric, c->arm_value, text), STYLE_PLAIN);
    grid_add(grid, units_format_change(c->ratio, text), style);
    add_interval(grid, c);
    grid_addf(grid, STYLE_PLAIN, "%g %%", c->margin * 100);
    grid_add(grid, verdict_name(c->verdict), style);
}

/* Does the text begin with a later byte of a sequence of UTF-8? */
static bool is_inside_character(struct str text)
{
    return text.len > 0 && ((unsigned char)text.data[0] & 0xC0) == 0x80;
}

void terminal_add_label(struct grid *grid, const char *label)
{
    enum { LABEL_WIDTH = 10, HEAD = 5, TAIL = 4 };
    struct str rest = str_from(label);
    struct buf text = {0};
    if (text_width(rest) > LABEL_WIDTH) {
        text_add(&(struct page){.out = &text}, rest, HEAD + 1, STYLE_PLAIN);
        while (text_width(rest) > TAIL || is_inside_character(rest)) {
            rest = str_from_index(rest, 1);
        }
    }
    buf_add(&text, rest.data, rest.len);
    grid_add(grid, buf_text(&text), STYLE_BOLD);
    buf_release(&text);
}

/* "  How sure: 6 pairs, 95 % confidence; it takes a difference of 1.2 % in ops/s ... to be seen" */
static void write_how_sure(struct page *page, const struct result_cell *cell, uint32_t arm)
{
    struct buf text = {0};
    bool detectable = false;
    for (size_t i = 0; i < cell->comparison_count; i++) {
        const struct result_comparison *c = &cell->comparisons[i];
        if (c->arm != arm) {
            continue;
        }
        if (text.len == 0) {
            buf_add_text(&text, "How sure: ");
            if (c->baseline_hosts > 0) {
                buf_addf(&text, "%u and %u hosts in ", c->baseline_hosts, c->arm_hosts);
            }
            buf_addf(&text, "%u pair%s, %g %% confidence.", c->pairs, c->pairs == 1 ? "" : "s",
                     c->confidence * 100);
        }
        if (isfinite(c->minimum_detectable)) {
            char change[UNITS_TEXT_SIZE];
            bool is_hopeless = c->minimum_detectable > 10;
            buf_addf(&text, "%s %s %s",
                     detectable ? "," : " Differences that would be seen in 9 of 10 tries:",
                     terminal_metric(c->metric),
                     is_hopeless ? "over 1,000 %"
                                 : units_format_change(1 + c->minimum_detectable, change) + 1);
            detectable = true;
        }
    }
    buf_add_text(&text, detectable ? "." : "");
    text_blanks(page, 2);
    text_wrap(page, buf_str(&text), &(struct wrap){.first = 2, .indent = 2});
    buf_release(&text);
}

static void write_table(struct page *page, const struct result *result,
                        const struct result_cell *cell, uint32_t arm)
{
    struct grid grid;
    grid_init(&grid, 7);
    grid_align_left(&grid, 6);
    grid_add(&grid, "", STYLE_PLAIN);
    terminal_add_label(&grid, result->arms[0].label);
    terminal_add_label(&grid, result->arms[arm].label);
    grid_add(&grid, "change", STYLE_BOLD);
    bool titled = false;
    for (size_t i = 0; i < cell->comparison_count; i++) {
        const struct result_comparison *c = &cell->comparisons[i];
        if (c->arm != arm) {
            continue;
        }
        if (!titled) {
            grid_addf(&grid, STYLE_BOLD, "%g %% interval", c->confidence * 100);
            grid_add(&grid, "margin", STYLE_BOLD);
            grid_add(&grid, "verdict", STYLE_BOLD);
            titled = true;
        }
        add_row(&grid, c);
    }
    if (titled) {
        terminal_heading(page, "%s against %s (%s)", result->arms[arm].label, result->arms[0].label,
                         cell->name);
        terminal_workload(page, cell);
        grid_write(&grid, page);
        write_how_sure(page, cell, arm);
        terminal_noise(page, result, cell, arm);
        terminal_shift(page, cell, arm);
    }
    grid_release(&grid);
}

void terminal_comparisons(struct page *page, const struct result *result,
                          const struct result_cell *cell)
{
    for (uint32_t arm = 1; arm < result->arm_count; arm++) {
        write_table(page, result, cell, arm);
    }
    terminal_calibration(page, result, cell);
}

/* One arm over all its runs of a cell, whichever attempt: what was done to the server. */
struct totals {
    uint64_t operations, hits, misses, errors;
    double cpu_seconds; /* of the runs in which it is known */
    uint64_t cpu_operations;
    double client_busy; /* the busiest run's; < 0: unknown */
    double server_busy; /* the busiest run's; < 0: unknown */
};

static struct totals sum_up(const struct result_cell *cell, uint32_t arm)
{
    struct totals totals = {.client_busy = -1, .server_busy = -1};
    for (size_t i = 0; i < cell->run_count; i++) {
        const struct result_run *run = &cell->runs[i];
        if (run->arm != arm) {
            continue;
        }
        totals.operations += run->operations;
        totals.hits += run->hits;
        totals.misses += run->misses;
        for (size_t k = 0; k < run->error_count; k++) {
            totals.errors += run->errors[k].count;
        }
        if (run->server_cpu_seconds >= 0) {
            totals.cpu_seconds += run->server_cpu_seconds;
            totals.cpu_operations += run->operations;
        }
        totals.client_busy =
            run->client_busy > totals.client_busy ? run->client_busy : totals.client_busy;
        totals.server_busy =
            run->server_busy > totals.server_busy ? run->server_busy : totals.server_busy;
    }
    return totals;
}

/* How often this kind of error came, over the arm's runs of the cell. */
static uint64_t count_kind(const struct result_cell *cell, uint32_t arm, const char *kind)
{
    uint64_t count = 0;
    for (size_t i = 0; i < cell->run_count; i++) {
        const struct result_run *run = &cell->runs[i];
        for (size_t k = 0; run->arm == arm && k < run->error_count; k++) {
            if (str_eq(str_from(run->errors[k].kind), str_from(kind))) {
                count += run->errors[k].count;
            }
        }
    }
    return count;
}

/* Is this the first error of its kind among the arm's runs? */
static bool is_first_of_kind(const struct result_cell *cell, size_t run_index, size_t error_index)
{
    const struct result_run *last = &cell->runs[run_index];
    struct str kind = str_from(last->errors[error_index].kind);
    for (size_t i = 0; i <= run_index; i++) {
        const struct result_run *run = &cell->runs[i];
        size_t end = i == run_index ? error_index : run->error_count;
        for (size_t k = 0; run->arm == last->arm && k < end; k++) {
            if (str_eq(str_from(run->errors[k].kind), kind)) {
                return false;
            }
        }
    }
    return true;
}

/* "  errors of valkey: OOM 100, timeout 24"; nothing when there were none. */
static void write_errors(struct page *page, const struct result *result,
                         const struct result_cell *cell, uint32_t arm)
{
    char text[UNITS_TEXT_SIZE];
    struct buf list = {0};
    for (size_t i = 0; i < cell->run_count; i++) {
        const struct result_run *run = &cell->runs[i];
        for (size_t k = 0; run->arm == arm && k < run->error_count; k++) {
            uint64_t count = count_kind(cell, arm, run->errors[k].kind);
            if (count > 0 && is_first_of_kind(cell, i, k)) {
                if (list.len == 0) {
                    buf_addf(&list, "errors of %s: ", result->arms[arm].label);
                } else {
                    buf_add_text(&list, ", ");
                }
                buf_addf(&list, "%s %s", run->errors[k].kind, units_format_count(count, text));
            }
        }
    }
    if (list.len > 0) {
        text_blanks(page, 2);
        text_wrap(page, buf_str(&list), &(struct wrap){.first = 2, .indent = 4});
    }
    buf_release(&list);
}

static void add_share(struct grid *grid, bool known, double share)
{
    if (known) {
        grid_addf(grid, STYLE_PLAIN, "%.3g %%", share * 100);
    } else {
        grid_add(grid, "-", STYLE_PLAIN);
    }
}

static void add_arm(struct grid *grid, const struct result *result, const struct result_cell *cell,
                    uint32_t arm)
{
    char text[UNITS_TEXT_SIZE];
    struct totals totals = sum_up(cell, arm);
    const struct result_arm *facts = &result->arms[arm];
    double reads = (double)totals.hits + (double)totals.misses;
    terminal_add_label(grid, facts->label);
    grid_addf(grid, STYLE_PLAIN, "%s %s", facts->engine == NULL ? "" : facts->engine,
              facts->engine_version == NULL ? "" : facts->engine_version);
    grid_add(grid, units_format_count(totals.operations, text), STYLE_PLAIN);
    add_share(grid, reads > 0, reads > 0 ? (double)totals.hits / reads : 0);
    if (totals.cpu_operations > 0) {
        double nanoseconds =
            totals.cpu_seconds / (double)totals.cpu_operations * (double)NSEC_PER_SEC;
        grid_add(grid, units_format_latency(nanoseconds, text), STYLE_PLAIN);
    } else {
        grid_add(grid, "-", STYLE_PLAIN);
    }
    add_share(grid, totals.client_busy >= 0, totals.client_busy);
    add_share(grid, totals.server_busy >= 0, totals.server_busy);
    grid_add(grid, units_format_count(totals.errors, text),
             totals.errors > 0 ? STYLE_RED : STYLE_PLAIN);
}

/* Who was bound to which processor. */
static void write_placement(struct page *page, const struct result *result)
{
    struct buf text = {0};
    if (result->worker_placement == NULL) {
        return;
    }
    buf_addf(&text, "load generator %s", result->worker_placement);
    if (result->cell_count == 1 && result->cells[0].client_maximum > 0) {
        char maximum[UNITS_TEXT_SIZE];
        buf_addf(&text, ", by itself up to %s operations per second",
                 units_format_count((uint64_t)result->cells[0].client_maximum, maximum));
    }
    for (uint32_t i = 0; i < result->arm_count; i++) {
        const struct result_arm *arm = &result->arms[i];
        if (arm->placement != NULL && arm->placement[0] != '\0') {
            buf_addf(&text, "; %s %s", arm->label, arm->placement);
        }
    }
    text_blanks(page, 2);
    text_wrap(page, buf_str(&text), &(struct wrap){.first = 2, .indent = 4});
    buf_release(&text);
}

/* What TLS agreed on: "TLS: valkey TLSv1.3 with TLS_AES_256_GCM_SHA384, ..."; nothing where there
 * is none. */
static void write_tls(struct page *page, const struct result *result)
{
    struct buf line = {0};
    char text[UNITS_TEXT_SIZE];
    for (uint32_t i = 0; i < result->arm_count; i++) {
        const struct result_tls *tls = &result->arms[i].tls;
        if (tls->version != NULL) {
            buf_addf(&line, "%s%s %s with %s, ", line.len == 0 ? "TLS: " : "; ",
                     result->arms[i].label, tls->version, tls->cipher);
            buf_addf(&line, "%s handshakes, ", units_format_count(tls->handshakes, text));
            buf_addf(&line, "%s of them resumed", units_format_count(tls->resumed, text));
        }
    }
    if (line.len > 0) {
        text_blanks(page, 2);
        text_wrap(page, buf_str(&line), &(struct wrap){.first = 2, .indent = 4});
    }
    buf_release(&line);
}

void terminal_arms(struct page *page, const struct result *result, const struct result_cell *cell)
{
    static const char *const titles[] = {"",       "engine", "operations", "hits",
                                         "CPU/op", "client", "server",     "errors"};
    enum { COLUMNS = sizeof titles / sizeof titles[0] };
    if (cell->run_count == 0) {
        return;
    }
    struct grid grid;
    grid_init(&grid, COLUMNS);
    grid_align_left(&grid, 1);
    for (size_t i = 0; i < COLUMNS; i++) {
        grid_add(&grid, titles[i], STYLE_BOLD);
    }
    for (uint32_t arm = 0; arm < result->arm_count; arm++) {
        add_arm(&grid, result, cell, arm);
    }
    terminal_heading(page, "%s, all runs together (client, server: share of time busy, at most)",
                     result->kind == RESULT_COMPARE ? "Targets" : "Target");
    grid_write(&grid, page);
    for (uint32_t arm = 0; arm < result->arm_count; arm++) {
        write_errors(page, result, cell, arm);
    }
    terminal_hosts(page, result, cell);
    terminal_summaries(page, result, cell);
    terminal_anomalies(page, result, cell);
    write_placement(page, result);
    write_tls(page, result);
    grid_release(&grid);
}
