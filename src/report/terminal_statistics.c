/* What describes the runs, in few lines: the rest is in the result file. */
#include <math.h>
#include <stddef.h>

#include "base/units.h"
#include "report/terminal.h"

/* "p99.9" */
static void add_percentile(struct buf *out, double percentile)
{
    buf_addf(out, "p%g", percentile);
}

/* These stand in the table with their verdicts. */
static bool is_in_table(double percentile)
{
    double distance =
        fmin(fabs(percentile - 50), fmin(fabs(percentile - 99), fabs(percentile - 99.9)));
    return distance < 1e-9;
}

void terminal_shift(struct page *page, const struct result_cell *cell, uint32_t arm)
{
    struct buf text = {0};
    char change[UNITS_TEXT_SIZE];
    bool sure = false;
    for (size_t i = 0; i < cell->shift_count; i++) {
        const struct result_shift *shift = &cell->shifts[i];
        for (size_t k = 0; shift->arm == arm && k < shift->point_count; k++) {
            const struct result_shift_point *point = &shift->points[k];
            bool outside = point->band_low > 1 || point->band_high < 1;
            if (!is_in_table(point->percentile)) {
                buf_add_text(&text, text.len == 0 ? "Latency elsewhere: " : ", ");
                add_percentile(&text, point->percentile);
                buf_addf(&text, " %s%s", units_format_change(point->ratio, change),
                         outside ? "*" : "");
                sure = sure || outside;
            }
        }
    }
    if (text.len > 0) {
        buf_add_text(&text, sure ? " (*: differs, all percentiles taken together)." : ".");
        text_blanks(page, 2);
        text_wrap(page, buf_str(&text), &(struct wrap){.first = 2, .indent = 2});
    }
    buf_release(&text);
}

/* ", in 2 groups: 70 % about 100 us, 30 % about 400 us" */
static void add_modes(struct buf *out, const struct result_distribution *latency)
{
    char at[UNITS_TEXT_SIZE];
    if (latency->mode_count < 2) {
        return;
    }
    buf_addf(out, ", in %zu groups:", latency->mode_count);
    for (size_t i = 0; i < latency->mode_count; i++) {
        buf_addf(out, "%s %.0f %% about %s", i == 0 ? "" : ",", latency->modes[i].share * 100,
                 units_format_latency(latency->modes[i].at, at));
    }
}

static void write_summary(struct page *page, const struct result *result,
                          const struct result_description *summary, bool has_two_loops)
{
    const struct result_distribution *latency = &summary->latency;
    const struct result_spread *ops = &summary->values[METRIC_OPS];
    char mean[UNITS_TEXT_SIZE];
    char sd[UNITS_TEXT_SIZE];
    char mad[UNITS_TEXT_SIZE];
    struct buf text = {0};
    if (latency->count < 2) {
        return;
    }
    buf_add_text(&text, result->arms[summary->arm].label);
    if (has_two_loops) {
        buf_addf(&text, ", %s loop", summary->load);
    }
    buf_addf(&text, ": mean latency %s (sd %s, MAD %s, CV %.2g)",
             units_format_latency(latency->mean, mean), units_format_latency(latency->sd, sd),
             units_format_latency(latency->mad, mad), latency->cv);
    if (isfinite(latency->percentiles[RESULT_PERCENTILES - 1])) {
        buf_addf(&text, ", p99.99 %s",
                 units_format_latency(latency->percentiles[RESULT_PERCENTILES - 1], mean));
    }
    add_modes(&text, latency);
    if (ops->n > 1 && isfinite(ops->cv)) {
        buf_addf(&text, "; runs scatter by %.2g %% in ops/s", ops->cv * 100);
    }
    text_blanks(page, 2);
    text_wrap(page, buf_str(&text), &(struct wrap){.first = 2, .indent = 4});
    buf_release(&text);
}

void terminal_summaries(struct page *page, const struct result *result,
                        const struct result_cell *cell)
{
    for (size_t i = 0; i < cell->description_count; i++) {
        write_summary(page, result, &cell->descriptions[i],
                      cell->latency_load.shape != LOAD_CLOSED);
    }
}

static void add_anomaly(struct buf *out, const struct result *result,
                        const struct result_anomaly *anomaly)
{
    char change[UNITS_TEXT_SIZE];
    buf_addf(out, "%s of %s, %s %s", anomaly->kind, result->arms[anomaly->arm].label,
             metric_title(anomaly->metric), units_format_change(1 + anomaly->size, change));
    if (result_kind_compares(result->kind)) {
        buf_addf(out, anomaly->last_pair > anomaly->pair ? ", pairs %u to %u" : ", pair %u",
                 anomaly->pair, anomaly->last_pair);
    }
    if (anomaly->end > 0) {
        buf_addf(out, ", from %.4g s to %.4g s", anomaly->start, anomaly->end);
    }
    if (anomaly->cause != NULL) {
        buf_addf(out, " (%s)", anomaly->cause);
    }
}

/* The largest ones that have not been told; nobody reads more than a few. */
void terminal_anomalies(struct page *page, const struct result *result,
                        const struct result_cell *cell)
{
    enum { TOLD = 2 };
    struct buf text = {0};
    double limit = INFINITY;
    size_t told = 0;
    while (told < TOLD && told < cell->anomaly_count) {
        const struct result_anomaly *largest = NULL;
        for (size_t i = 0; i < cell->anomaly_count; i++) {
            double size = fabs(cell->anomalies[i].size);
            if (size < limit && (largest == NULL || size > fabs(largest->size))) {
                largest = &cell->anomalies[i];
            }
        }
        if (largest == NULL) {
            break;
        }
        limit = fabs(largest->size);
        buf_add_text(&text, told == 0 ? "Stands out, and stays in all figures: " : "; ");
        add_anomaly(&text, result, largest);
        told++;
    }
    if (told > 0) {
        if (cell->anomaly_count > told) {
            buf_addf(&text, "; and %zu more", cell->anomaly_count - told);
        }
        buf_add_char(&text, '.');
        text_blanks(page, 2);
        text_wrap(page, buf_str(&text), &(struct wrap){.first = 2, .indent = 2});
    }
    buf_release(&text);
}
