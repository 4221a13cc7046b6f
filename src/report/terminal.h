/* The parts of the terminal report. Private to report. */
#pragma once

#include "model/result.h"
#include "report/grid.h"
#include "report/text.h"

/* The colour of a verdict. */
enum style terminal_verdict_style(enum verdict verdict);

/* Narrow enough for a table of seven columns; sentences use metric_title. */
const char *terminal_metric(enum metric metric);

/* A line of its own that begins a part, after a blank one. */
void terminal_heading(struct page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What was done to the servers: clients, keys, values, and what latency means. */
void terminal_workload(struct page *page, const struct result_cell *cell);

/* One cell of a comparison: a table per compared arm, and how sure it is. */
void terminal_comparisons(struct page *page, const struct result *result,
                          const struct result_cell *cell);
/* The noise that was calibrated, beside the verdicts on an arm; or that none was. */
void terminal_noise(struct page *page, const struct result *result, const struct result_cell *cell,
                    uint32_t arm);
/* What a control says of the noise here; nothing for other comparisons. */
void terminal_calibration(struct page *page, const struct result *result,
                          const struct result_cell *cell);
/* The same in short for the cells of a suite. */
void terminal_suite_noise(struct page *page, const struct result *result);
/* Facts about each arm, summed over its runs of the cell. */
void terminal_arms(struct page *page, const struct result *result, const struct result_cell *cell);

/* A table of the hosts where arms have several: means over the runs of the cell that are valid. */
void terminal_hosts(struct page *page, const struct result *result, const struct result_cell *cell);

/* All of a result that another program measured, but for the findings. */
void terminal_imported(struct page *page, const struct result *result);

/* What describes the runs of a cell; each writes nothing when there is nothing to say. The
 * difference at the percentiles that the table leaves out: */
void terminal_shift(struct page *page, const struct result_cell *cell, uint32_t arm);
/* A line per arm on its latencies: */
void terminal_summaries(struct page *page, const struct result *result,
                        const struct result_cell *cell);
/* What stands out, the largest first: */
void terminal_anomalies(struct page *page, const struct result *result,
                        const struct result_cell *cell);
/* A suite: a table of verdicts per compared arm, memory, cells that are not valid. */
void terminal_suite(struct page *page, const struct result *result);
/* Who the targets of a suite were. */
void terminal_suite_targets(struct page *page, const struct result *result);

/* A label as the head of a column: labels are long, columns are not. Both ends stay, because labels
 * that we made for alike servers differ at the end ("valkey-8.0.1-2"). NULL: not named, because it
 * was not reached yet. */
void terminal_add_label(struct grid *grid, const char *label);

/* One run: percentiles, rates, errors, windows if they are few. */
void terminal_run(struct page *page, const struct result_run *run);
