#include "analysis/conclude_gates.h"

#include "analysis/compare.h"
#include "analysis/many.h"
#include "base/units.h"

/* Why fresh pairs that do not show a loss refute nothing. */
static const char *what_they_lack(const struct result_comparison *c)
{
    bool has_hosts = c->confirmation.baseline_hosts >= c->baseline_hosts &&
                     c->confirmation.arm_hosts >= c->arm_hosts;
    return has_hosts ? "there were too few" : "a host was lacking";
}

void conclude_gate(struct buf *out, const struct result *result, const struct result_comparison *c)
{
    char text[UNITS_TEXT_SIZE];
    const struct result_confirmation *fresh = &c->confirmation;
    const char *title = metric_title(c->metric);
    const char *change = units_format_change(fresh->ratio, text);
    if (!analysis_gate_fails(result, c)) {
        buf_addf(out,
                 " The gate on %s would have failed, but %u fresh pairs do not confirm it (%s).",
                 title, fresh->n, change);
    } else if (fresh->n == 0) {
        buf_addf(out, " The gate on %s failed.", title);
    } else if (fresh->verdict == VERDICT_WORSE) {
        buf_addf(out, " The gate on %s failed; %u fresh pairs confirm it (%s).", title, fresh->n,
                 change);
    } else {
        buf_addf(out, " The gate on %s failed; %u fresh pair%s (%s) refuted nothing: %s.", title,
                 fresh->n, fresh->n == 1 ? "" : "s", change, what_they_lack(c));
    }
}

/* Cells whose gate on a metric was about to fail. */
struct gate_counts {
    uint32_t failed;
    uint32_t confirmed; /* of those, by fresh pairs */
    uint32_t unsettled; /* of those, fresh pairs tell too little */
    uint32_t refuted;   /* by fresh pairs, so that they do not fail */
};

static struct gate_counts count_gates(const struct result *result, uint32_t arm, enum metric metric)
{
    struct gate_counts counts = {0};
    for (size_t i = 0; i < result->cell_count; i++) {
        for (size_t k = 0; k < result->cells[i].comparison_count; k++) {
            const struct result_comparison *c = &result->cells[i].comparisons[k];
            if (c->arm != arm || c->metric != metric || c->verdict != VERDICT_WORSE ||
                !many_stands(result, c)) {
                continue;
            }
            bool fails = analysis_gate_fails(result, c);
            bool is_tried = c->confirmation.n > 0;
            bool is_confirmed = is_tried && c->confirmation.verdict == VERDICT_WORSE;
            counts.failed += fails;
            counts.confirmed += fails && is_confirmed;
            counts.unsettled += fails && is_tried && !is_confirmed;
            counts.refuted += !fails;
        }
    }
    return counts;
}

/* "; of 4 cells fresh pairs confirm it in 2, refute it in 1, tell too little in 1" */
static void add_counts(struct buf *out, const struct gate_counts *counts)
{
    const struct {
        uint32_t cells;
        const char *what;
    } parts[] = {
        {counts->confirmed, "confirm it"},
        {counts->refuted, "refute it"},
        {counts->unsettled, "tell too little"},
    };
    uint32_t cells = counts->failed + counts->refuted;
    bool any = false;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].cells == 0) {
            continue;
        }
        if (!any) {
            buf_addf(out, "; of %u cell%s fresh pairs", cells, cells == 1 ? "" : "s");
        }
        buf_addf(out, "%s %s in %u", any ? "," : "", parts[i].what, parts[i].cells);
        any = true;
    }
}

void conclude_gate_of_cells(struct buf *out, const struct result *result, uint32_t arm,
                            enum metric metric)
{
    struct gate_counts counts = count_gates(result, arm, metric);
    if (counts.failed > 0) {
        buf_addf(out, " The gate on %s failed", metric_title(metric));
        add_counts(out, &counts);
        buf_add_char(out, '.');
    } else if (counts.refuted > 0) {
        buf_addf(out, " The gate on %s would have failed, but fresh pairs do not confirm it.",
                 metric_title(metric));
    }
}
