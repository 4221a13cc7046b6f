#include "analysis/conclude_suite.h"

#include <ctype.h>
#include <math.h>

#include "analysis/conclude_gates.h"
#include "analysis/many.h"
#include "base/units.h"

enum { NAMED = 5 }; /* cells that are named before "and 3 more" */

static const struct result_summary *find_summary(const struct result *result, uint32_t arm,
                                                 enum metric metric)
{
    for (size_t i = 0; i < result->summary_count; i++) {
        if (result->summaries[i].arm == arm && result->summaries[i].metric == metric) {
            return &result->summaries[i];
        }
    }
    return NULL;
}

static uint32_t blocks_made(const struct result *result)
{
    uint32_t blocks = 0;
    for (size_t i = 0; i < result->cell_count; i++) {
        for (size_t k = 0; k < result->cells[i].run_count; k++) {
            const struct result_run *run = &result->cells[i].runs[k];
            blocks = !run->partial && run->block > blocks ? run->block : blocks;
        }
    }
    return blocks;
}

static void add_interruption(struct buf *out, const struct result *result)
{
    if (result_confirms_gates(result)) {
        buf_add_text(out, "Interrupted while fresh pairs were made to confirm a gate. ");
    } else {
        buf_addf(out, "Interrupted; %u of %u blocks have figures. ", blocks_made(result),
                 result->design.pairs);
    }
}

/* Cells with this verdict that stands although they are many. */
static uint32_t count_standing(const struct result *result, const struct result_summary *summary,
                               enum verdict verdict)
{
    uint32_t count = 0;
    for (size_t i = 0; i < result->cell_count; i++) {
        for (size_t k = 0; k < result->cells[i].comparison_count; k++) {
            const struct result_comparison *c = &result->cells[i].comparisons[k];
            count += c->arm == summary->arm && c->metric == summary->metric &&
                     c->verdict == verdict && many_stands(result, c);
        }
    }
    return count;
}

/* "3 better (1 beyond chance), 1 worse (none beyond chance), 20 inconclusive" */
static void add_verdicts(struct buf *out, const struct result *result,
                         const struct result_summary *summary)
{
    bool first = true;
    for (int i = 0; i < VERDICT_COUNT; i++) {
        enum verdict verdict = (enum verdict)i;
        if (summary->verdicts[i] == 0) {
            continue;
        }
        buf_addf(out, "%s%u %s", first ? "" : ", ", summary->verdicts[i],
                 verdict == VERDICT_SMALL_DIFFERENCE ? "with a small difference"
                 : verdict == VERDICT_INVALID        ? "not valid"
                                                     : verdict_name(verdict));
        if (verdict == VERDICT_BETTER || verdict == VERDICT_WORSE) {
            uint32_t standing = count_standing(result, summary, verdict);
            if (standing == 0) {
                buf_add_text(out, " (none beyond chance)");
            } else if (standing < summary->verdicts[i]) {
                buf_addf(out, " (%u beyond chance)", standing);
            }
        }
        first = false;
    }
}

/* "Throughput +3.1 % (95 % interval +2.5 % to +3.8 %, 74 cells): 40 better, 3 worse." */
static void add_metric(struct buf *out, const struct result *result,
                       const struct result_summary *summary)
{
    char text[UNITS_TEXT_SIZE];
    char low[UNITS_TEXT_SIZE];
    char high[UNITS_TEXT_SIZE];
    const char *title = metric_title(summary->metric);
    bool capital = !isdigit((unsigned char)title[1]); /* p99 stays */
    buf_addf(out, "\n%c%s", capital ? toupper((unsigned char)title[0]) : title[0], title + 1);
    if (summary->cells > 0 && isfinite(summary->ratio)) {
        buf_addf(out, " %s (", units_format_change(summary->ratio, text));
        if (isfinite(summary->high)) {
            buf_addf(out, "%g %% interval %s to %s, ", summary->confidence * 100,
                     units_format_change(summary->low, low),
                     units_format_change(summary->high, high));
        }
        buf_addf(out, "%u cell%s)", summary->cells, summary->cells == 1 ? "" : "s");
    }
    buf_add_text(out, ": ");
    add_verdicts(out, result, summary);
    buf_add_char(out, '.');
}

/* "Worse in throughput: hash 10KB, list and 3 more.": those that stand. */
static void add_worse(struct buf *out, const struct result *result, uint32_t arm,
                      enum metric metric)
{
    unsigned count = 0;
    for (size_t i = 0; i < result->cell_count; i++) {
        const struct result_cell *cell = &result->cells[i];
        for (size_t k = 0; k < cell->comparison_count; k++) {
            const struct result_comparison *c = &cell->comparisons[k];
            if (c->arm != arm || c->metric != metric || c->verdict != VERDICT_WORSE ||
                !many_stands(result, c)) {
                continue;
            }
            count++;
            if (count == 1) {
                buf_addf(out, "\nWorse in %s: ", metric_title(metric));
            }
            if (count <= NAMED) {
                buf_addf(out, "%s%s", count > 1 ? ", " : "", cell->name);
            }
        }
    }
    if (count > NAMED) {
        buf_addf(out, " and %u more", count - NAMED);
    }
    buf_add_text(out, count > 0 ? "." : "");
}

static void add_gate(struct buf *out, const struct result *result, uint32_t arm, enum metric metric)
{
    const struct result_summary *summary = find_summary(result, arm, metric);
    if (!result->design.gated[metric]) {
        return;
    }
    if (summary == NULL) {
        buf_addf(out, " The gate on %s could not be checked: there are no figures.",
                 metric_title(metric));
    } else {
        conclude_gate_of_cells(out, result, arm, metric);
    }
}

static void add_arm(struct buf *out, const struct result *result, uint32_t arm)
{
    conclude_add_name(out, &result->arms[arm]);
    buf_add_text(out, " against ");
    conclude_add_name(out, &result->arms[0]);
    buf_addf(out, " in %zu cells; geometric means over cells:", result->cell_count);
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        const struct result_summary *summary = find_summary(result, arm, metric);
        if (summary != NULL) {
            add_metric(out, result, summary);
        }
    }
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        add_worse(out, result, arm, metric);
        add_gate(out, result, arm, metric);
    }
}

void conclude_suite(struct buf *out, const struct result *result)
{
    if (result->interrupted) {
        add_interruption(out, result);
    }
    if (result->design.aa) {
        buf_add_text(out, "A/A control: ");
    }
    for (uint32_t arm = 1; arm < result->arm_count; arm++) {
        add_arm(out, result, arm);
        buf_add_char(out, '\n');
    }
}
