/* The hosts of arms that have several, and how they differ. */
#include <math.h>

#include "base/units.h"
#include "report/grid.h"
#include "report/terminal.h"

enum { SHOWN = 2 };
static const enum metric shown[SHOWN] = {METRIC_OPS, METRIC_P50};

/* What one host showed, as means of logarithms; NAN: nothing. */
struct host_figures {
    uint32_t runs[SHOWN];
    double of[SHOWN];
};

static bool is_open(const struct result_run *run)
{
    return str_eq(str_from(run->load), STR("open"));
}

/* Where there are runs of both loops, throughput is that of the closed one, latency that of the
 * open one, as in the table of verdicts. */
static bool has_both(const struct result_cell *cell)
{
    size_t open = 0;
    for (size_t i = 0; i < cell->run_count; i++) {
        open += is_open(&cell->runs[i]) ? 1 : 0;
    }
    return open > 0 && open < cell->run_count;
}

/* Was the pair made again? */
static bool is_superseded(const struct result_cell *cell, const struct result_run *run)
{
    for (size_t i = 0; i < cell->run_count; i++) {
        const struct result_run *later = &cell->runs[i];
        if (later->pair == run->pair && later->arm == run->arm && later->attempt > run->attempt &&
            is_open(later) == is_open(run) && !later->partial) {
            return true;
        }
    }
    return false;
}

static struct host_figures figures_of(const struct result_cell *cell, uint32_t arm, uint32_t number)
{
    struct host_figures figures = {0};
    bool both = has_both(cell);
    for (size_t i = 0; i < cell->run_count; i++) {
        const struct result_run *run = &cell->runs[i];
        if (run->arm != arm || run->host_number != number || !run->valid || run->partial ||
            is_superseded(cell, run)) {
            continue;
        }
        for (size_t k = 0; k < SHOWN; k++) {
            double value = NAN;
            if (!both || is_open(run) == (shown[k] != METRIC_OPS)) {
                (void)result_run_metric(run, shown[k], &value);
                figures.of[k] += log(value);
                figures.runs[k]++;
            }
        }
    }
    for (size_t k = 0; k < SHOWN; k++) {
        figures.of[k] = figures.runs[k] > 0 ? figures.of[k] / figures.runs[k] : NAN;
    }
    return figures;
}

static void add_figure(struct grid *grid, const struct host_figures *host,
                       const struct host_figures *mean, size_t index)
{
    char text[UNITS_TEXT_SIZE];
    double value = exp(host->of[index]);
    if (!isfinite(value)) {
        grid_add(grid, "-", STYLE_PLAIN);
        grid_add(grid, "", STYLE_PLAIN);
        return;
    }
    grid_add(grid,
             shown[index] == METRIC_OPS ? units_format_count((uint64_t)llround(value), text)
                                        : units_format_latency(value, text),
             STYLE_PLAIN);
    grid_add(grid, units_format_change(exp(host->of[index] - mean->of[index]), text), STYLE_PLAIN);
}

/* Of the hosts that have figures. */
static struct host_figures mean_of(const struct host_figures *hosts, size_t count)
{
    struct host_figures mean = {0};
    for (size_t k = 0; k < SHOWN; k++) {
        double sum = 0;
        unsigned known = 0;
        for (size_t i = 0; i < count; i++) {
            sum += isfinite(hosts[i].of[k]) ? hosts[i].of[k] : 0;
            known += isfinite(hosts[i].of[k]) ? 1 : 0;
        }
        mean.of[k] = known > 0 ? sum / known : NAN;
    }
    return mean;
}

static void add_hosts(struct grid *grid, const struct result *result,
                      const struct result_cell *cell, uint32_t arm)
{
    const struct result_arm *facts = &result->arms[arm];
    struct host_figures hosts[TARGET_MAX_HOSTS];
    for (uint32_t i = 0; i < facts->host_count; i++) {
        hosts[i] = figures_of(cell, arm, i + 1);
    }
    struct host_figures mean = mean_of(hosts, facts->host_count);
    for (uint32_t i = 0; i < facts->host_count; i++) {
        terminal_add_label(grid, facts->label);
        grid_addf(grid, STYLE_PLAIN, "%u", hosts[i].runs[0]);
        for (size_t k = 0; k < SHOWN; k++) {
            add_figure(grid, &hosts[i], &mean, k);
        }
        grid_add(grid, facts->hosts[i].target, STYLE_PLAIN);
    }
}

void terminal_hosts(struct page *page, const struct result *result, const struct result_cell *cell)
{
    static const char *const titles[] = {"", "runs", "ops/s", "", "p50", "", "host"};
    enum { COLUMNS = sizeof titles / sizeof titles[0] };
    struct grid grid;
    grid_init(&grid, COLUMNS);
    grid_align_left(&grid, COLUMNS - 1);
    for (size_t i = 0; i < COLUMNS; i++) {
        grid_add(&grid, titles[i], STYLE_BOLD);
    }
    bool any = false;
    for (uint32_t arm = 0; arm < result->arm_count; arm++) {
        any = any || result->arms[arm].host_count > 0;
        add_hosts(&grid, result, cell, arm);
    }
    if (any) {
        terminal_heading(page, "Hosts, against the mean of their target's");
        grid_write(&grid, page);
    }
    grid_release(&grid);
}
