/* The tables of a suite: one of verdicts, one of memory, and which cells say nothing. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "analysis/compare.h"
#include "analysis/many.h"
#include "base/units.h"
#include "report/grid.h"
#include "report/terminal.h"

static const enum metric shown[] = {METRIC_OPS, METRIC_P50, METRIC_P99, METRIC_P999, METRIC_CPU};
static const char *const titles[] = {"ops/s", "p50", "p99", "p99.9", "CPU/op"};
enum { SHOWN = sizeof shown / sizeof shown[0] };

/* One letter for a verdict: what colour says where there is one. Small: it does not stand among so
 * many. */
static const char *mark_of(const struct result *result, const struct result_comparison *c)
{
    static const char *const marks[VERDICT_COUNT] = {
        [VERDICT_BETTER] = "B",           [VERDICT_WORSE] = "W",        [VERDICT_EQUIVALENT] = "=",
        [VERDICT_SMALL_DIFFERENCE] = "~", [VERDICT_INCONCLUSIVE] = "?", [VERDICT_INVALID] = "x",
    };
    if (!many_stands(result, c) && c->verdict == VERDICT_BETTER) {
        return "b";
    }
    if (!many_stands(result, c) && c->verdict == VERDICT_WORSE) {
        return "w";
    }
    return marks[c->verdict];
}

static const struct result_comparison *find(const struct result_cell *cell, uint32_t arm,
                                            enum metric metric)
{
    for (size_t i = 0; i < cell->comparison_count; i++) {
        if (cell->comparisons[i].arm == arm && cell->comparisons[i].metric == metric) {
            return &cell->comparisons[i];
        }
    }
    return NULL;
}

/* "+3.1 % B" */
static void add_change(struct grid *grid, const struct result *result,
                       const struct result_comparison *c)
{
    char text[UNITS_TEXT_SIZE];
    if (c == NULL || !isfinite(c->ratio)) {
        grid_add(grid, "-", STYLE_DIM);
        return;
    }
    grid_addf(grid, many_stands(result, c) ? terminal_verdict_style(c->verdict) : STYLE_PLAIN,
              "%s %s", units_format_change(c->ratio, text), mark_of(result, c));
}

/* The mean over cells, judged like a cell. */
static void add_mean(struct grid *grid, const struct result *result, uint32_t arm,
                     enum metric metric)
{
    for (size_t i = 0; i < result->summary_count; i++) {
        const struct result_summary *summary = &result->summaries[i];
        if (summary->arm == arm && summary->metric == metric && isfinite(summary->ratio)) {
            struct result_comparison as_cell = {
                .metric = metric,
                .ratio = summary->ratio,
                .verdict = analysis_judge(metric, summary->low, summary->high,
                                          result->design.margins[metric]),
                .adjusted = NAN,
                .gate = NAN,
            };
            add_change(grid, result, &as_cell);
            return;
        }
    }
    grid_add(grid, "-", STYLE_DIM);
}

static void write_verdicts(struct page *page, const struct result *result, uint32_t arm)
{
    struct grid grid;
    grid_init(&grid, SHOWN + 1);
    grid_add(&grid, "", STYLE_PLAIN);
    for (size_t i = 0; i < SHOWN; i++) {
        grid_add(&grid, titles[i], STYLE_BOLD);
    }
    for (size_t i = 0; i < result->cell_count; i++) {
        grid_add(&grid, result->cells[i].name, STYLE_PLAIN);
        for (size_t k = 0; k < SHOWN; k++) {
            add_change(&grid, result, find(&result->cells[i], arm, shown[k]));
        }
    }
    grid_add(&grid, "geometric mean", STYLE_BOLD);
    for (size_t k = 0; k < SHOWN; k++) {
        add_mean(&grid, result, arm, shown[k]);
    }
    terminal_heading(page, "%s against %s, cell by cell", result->arms[arm].label,
                     result->arms[0].label);
    grid_write(&grid, page);
    grid_release(&grid);
    text_blanks(page, 2);
    text_wrap(
        page,
        STR("B better, W worse (b, w: but among so many it may be chance), = equivalent within "
            "the margin, ~ a small difference, ? inconclusive, x not valid, - no figures"),
        &(struct wrap){.first = 2, .indent = 2, .style = STYLE_DIM});
}

/* ---- memory ---- */

static const struct result_memory *memory_of(const struct result_cell *cell, uint32_t arm)
{
    for (size_t i = 0; i < cell->memory_count; i++) {
        if (cell->memory[i].arm == arm) {
            return &cell->memory[i];
        }
    }
    return NULL;
}

static void add_bytes(struct grid *grid, double bytes)
{
    char text[UNITS_TEXT_SIZE];
    if (bytes < 10000) {
        grid_addf(grid, STYLE_PLAIN, "%.1f B", bytes);
    } else {
        grid_add(grid, units_format_size((uint64_t)llround(bytes), text), STYLE_PLAIN);
    }
}

static void add_memory(struct grid *grid, const struct result *result,
                       const struct result_cell *cell, uint32_t arm)
{
    char text[UNITS_TEXT_SIZE];
    const struct result_memory *baseline = memory_of(cell, 0);
    const struct result_memory *memory = memory_of(cell, arm);
    const struct result_comparison *c = find(cell, arm, METRIC_MEMORY);
    if (baseline == NULL || memory == NULL || c == NULL) {
        return;
    }
    grid_add(grid, cell->name, STYLE_PLAIN);
    grid_add(grid, units_format_count(memory->keys, text), STYLE_PLAIN);
    add_bytes(grid, result_memory_per_key(baseline));
    add_bytes(grid, result_memory_per_key(memory));
    add_bytes(grid, result_memory_per_key(baseline) / (double)baseline->elements);
    add_bytes(grid, result_memory_per_key(memory) / (double)memory->elements);
    add_change(grid, result, c);
}

static void write_memory(struct page *page, const struct result *result, uint32_t arm)
{
    struct grid grid;
    grid_init(&grid, 7);
    grid_add(&grid, "", STYLE_PLAIN);
    grid_add(&grid, "keys", STYLE_BOLD);
    for (int i = 0; i < 2; i++) {
        terminal_add_label(&grid, result->arms[0].label);
        terminal_add_label(&grid, result->arms[arm].label);
    }
    grid_add(&grid, "change", STYLE_BOLD);
    size_t head = grid.count;
    for (size_t i = 0; i < result->cell_count; i++) {
        add_memory(&grid, result, &result->cells[i], arm);
    }
    if (grid.count > head) {
        terminal_heading(page, "Memory of the data, per key and per element");
        grid_write(&grid, page);
    }
    grid_release(&grid);
}

/* ---- cells that say nothing ---- */

static void write_invalid(struct page *page, const struct result *result)
{
    bool any = false;
    for (size_t i = 0; i < result->cell_count; i++) {
        const struct result_cell *cell = &result->cells[i];
        for (size_t k = 0; k < cell->findings.count; k++) {
            const struct finding *finding = &cell->findings.items[k];
            if (finding->severity != SEVERITY_INVALID ||
                strcmp(finding->code, "no-valid-pairs") == 0) {
                continue;
            }
            if (!any) {
                terminal_heading(page, "Cells that are not valid");
                any = true;
            }
            struct buf text = {0};
            buf_addf(&text, "%s: %s (%s)", cell->name, finding->text, finding->code);
            text_blanks(page, 2);
            text_wrap(page, buf_str(&text), &(struct wrap){.first = 2, .indent = 4});
            buf_release(&text);
        }
    }
}

void terminal_suite_targets(struct page *page, const struct result *result)
{
    terminal_heading(page, "Targets");
    for (size_t i = 0; i < result->arm_count; i++) {
        const struct result_arm *arm = &result->arms[i];
        struct buf text = {0};
        buf_addf(&text, "%s: %s %s, %s", arm->label, arm->engine == NULL ? "" : arm->engine,
                 arm->engine_version == NULL ? "" : arm->engine_version, arm->target);
        if (arm->placement != NULL && arm->placement[0] != '\0') {
            buf_addf(&text, ", %s", arm->placement);
        }
        text_blanks(page, 2);
        text_wrap(page, buf_str(&text), &(struct wrap){.first = 2, .indent = 4});
        buf_release(&text);
    }
}

void terminal_suite(struct page *page, const struct result *result)
{
    for (uint32_t arm = 1; arm < result->arm_count; arm++) {
        write_verdicts(page, result, arm);
        write_memory(page, result, arm);
    }
    terminal_suite_noise(page, result);
    write_invalid(page, result);
}
