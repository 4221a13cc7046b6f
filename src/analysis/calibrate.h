/* How noisy is it here? From a target against itself (an A/A control): how much pairs scatter and
 * so what difference can be seen, from where the noise comes, how long it lasts and so how long
 * slices may be, and how long a target takes to settle. And whether a later comparison was as calm.
 *
 * What depends on luck is told with what it was estimated from; six pairs give the scatter of pairs
 * to within a factor of two. Pure; thread rule: the result's owner. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "model/calibration.h"
#include "model/result.h"

enum { CALIBRATE_LEAST_PAIRS = 6 };          /* that a calibration comes from */
#define CALIBRATE_SETTLE (10 * NSEC_PER_SEC) /* how long it is watched while it warms up */
enum { CALIBRATE_SETTLE_SLICES = 40 };       /* in which a target is watched while it warms up */

/* From one cell of a comparison of an arm with itself, after analysis_compare: metrics with a
 * comparison that is not invalid, and where throughput is one of them, levels, noise and slices
 * from the throughput of slices. Texts are those of the result, or live in its arena. False: it is
 * no such comparison, or has fewer than two valid pairs. */
bool analysis_calibrate(struct result *result, const struct result_cell *cell,
                        struct calibration *out);

/* Gives the cells of an A/A control their calibrations, where nothing is invalid and at least
 * CALIBRATE_LEAST_PAIRS pairs are valid. Nothing happens to other results. */
void calibrate_cells(struct result *result);

/* Gives a cell of another comparison what was calibrated under the same conditions: each comparison
 * its noise floor, and a note "noisier-than-calibrated" about those whose pairs scatter more: the
 * 95 % interval of the ratio of the standard deviations lies above 2. It goes to the findings of
 * the result, or of the cell in a suite. */
void calibrate_attach(struct result *result, struct result_cell *cell,
                      struct calibration *calibration);

/* How long a run (without warm-up) took to settle, from the throughput of its windows: a multiple
 * of five windows. NAN: fewer than twenty windows, or it had not settled in the first half. */
double calibrate_warmup(const struct result_run *run);

/* Appends sentences for people, one per line: from where the noise comes, and which options follow
 * for measurements of this design. */
void calibration_describe(const struct calibration *calibration, const struct design_spec *design,
                          struct buf *out);
