#include "cli/outlook.h"

#include <math.h>

#include "base/units.h"
#include "cli/wrap.h"
#include "model/load_profile.h"

enum { NAMED = 8 }; /* cells that are named before "and 12 more" */

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* "1.5 s", "120 ms" */
static void add_time(struct buf *out, nsec time)
{
    if (time >= NSEC_PER_SEC) {
        buf_addf(out, "%.3g s", (double)time / (double)NSEC_PER_SEC);
    } else {
        buf_addf(out, "%llu ms", (unsigned long long)(time / NSEC_PER_MSEC));
    }
}

void outlook_add_design(const struct design_spec *design, struct buf *out)
{
    buf_addf(out, "%u pair%s of ", design->pairs, plural(design->pairs));
    add_time(out, design->duration);
    buf_add_text(out, " per target and cell, ");
    add_time(out, design->warmup);
    buf_add_text(out, " of warm-up, ");
    if (design->slice == 0) {
        buf_add_text(out, "one slice per run");
    } else {
        buf_add_text(out, "slices of ");
        add_time(out, design->slice);
    }
}

static bool is_open(const struct cell_spec *cell)
{
    return cell->load.profile.shape != LOAD_CLOSED;
}

/* Metrics that decide: the gated ones, or throughput, median and processor time. */
static bool decides(const struct design_spec *design, enum metric metric)
{
    bool any_gate = false;
    for (int i = 0; i < METRIC_COUNT; i++) {
        any_gate = any_gate || design->gated[i];
    }
    return any_gate ? design->gated[metric]
                    : metric == METRIC_OPS || metric == METRIC_P50 || metric == METRIC_CPU;
}

/* Is the interval of some deciding metric expected to be wider than its margin? */
static bool is_undecided(const struct cell_spec *cell, const struct design_spec *design)
{
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        bool says_nothing = metric == METRIC_MEMORY || (metric == METRIC_OPS && is_open(cell));
        if (decides(design, metric) && !says_nothing &&
            !(budget_half_width(metric, design) <= design->margins[metric])) {
            return true;
        }
    }
    return false;
}

/* "Not decided at 6 pairs if noise is as usual: string, string 1KB and 72 more." */
static void add_undecided(const struct spec *spec, const struct design_spec *design,
                          struct buf *out)
{
    size_t count = 0;
    struct buf names = {0};
    for (size_t i = 0; i < spec->suite.cell_count; i++) {
        if (is_undecided(&spec->suite.cells[i], design)) {
            count++;
            if (count <= NAMED) {
                buf_addf(&names, "%s%s", count > 1 ? ", " : "", spec->suite.cells[i].name);
            }
        }
    }
    if (count == spec->suite.cell_count && count > NAMED) {
        buf_clear(&names);
        buf_addf(&names, "all %zu cells", count);
    } else if (count > NAMED) {
        buf_addf(&names, " and %zu more", count - NAMED);
    }
    if (count > 0) {
        buf_addf(out, "too little at %u pairs to show equivalence within the margins: %s\n",
                 design->pairs, buf_text(&names));
    }
    buf_release(&names);
}

static void add_expectation(const struct design_spec *design, struct buf *out)
{
    static const enum metric shown[] = {METRIC_OPS, METRIC_P50, METRIC_P99, METRIC_CPU};
    static const char *const names[] = {"ops/s", "p50", "p99", "CPU/op"};
    if (!isfinite(budget_detectable(METRIC_OPS, design))) {
        buf_add_text(out, "fewer than six pairs: no intervals, and so no verdicts\n");
        return;
    }
    buf_add_text(out, "differences seen in 9 of 10 tries with the usual noise:");
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        buf_addf(out, "%s %s %.3g %%", i > 0 ? "," : "", names[i],
                 budget_detectable(shown[i], design) * 100);
    }
    buf_add_char(out, '\n');
}

void outlook_add(const struct spec *spec, const struct budget_cost *cost,
                 const struct design_spec *design, struct buf *out)
{
    char time[UNITS_TEXT_SIZE];
    buf_addf(out, "%zu cell%s on %u target%s, about %s\n", spec->suite.cell_count,
             plural(spec->suite.cell_count), cost->arms, plural(cost->arms),
             units_format_duration(budget_total(cost, design), time));
    outlook_add_design(design, out);
    buf_add_char(out, '\n');
    add_expectation(design, out);
    add_undecided(spec, design, out);
}

/* ---- cells ---- */

static void add_load(const struct cell_spec *cell, struct buf *out)
{
    const struct load_profile *profile = &cell->load.profile;
    struct buf text = {0};
    if (!is_open(cell)) {
        return;
    }
    load_profile_describe(profile, &text);
    buf_addf(out, ", open loop %s%s", buf_text(&text),
             cell->is_share ? " where 100 is what the slower target can do" : "");
    buf_release(&text);
}

static void add_cell(const struct cell_spec *cell, struct buf *out)
{
    char count[UNITS_TEXT_SIZE];
    const struct workload_spec *workload = &cell->workload;
    buf_addf(out, "  %-22s %s %s keys", cell->name, units_format_count(workload->keys, count),
             spec_data_type_name(workload->data));
    if (workload->data != DATA_STRING) {
        buf_addf(out, " of %s elements", units_format_count(workload->elements, count));
    }
    buf_add_text(out, ", values ");
    spec_value_size_format(workload, out);
    buf_addf(out, ", %.3g %% writes, %u client%s, pipeline %u", cell->write_share * 100,
             cell->load.clients, plural(cell->load.clients), cell->load.pipeline);
    buf_add_text(out, cell->is_transaction ? ", MULTI" : "");
    buf_add_text(out, cell->is_script ? ", EVALSHA" : "");
    add_load(cell, out);
    buf_add_char(out, '\n');
}

void outlook_add_cells(const struct spec *spec, struct buf *out)
{
    for (size_t i = 0; i < spec->suite.cell_count; i++) {
        add_cell(&spec->suite.cells[i], out);
    }
}
