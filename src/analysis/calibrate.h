/* How noisy is it here? From a target against itself (an A/A control): how much pairs scatter and
 * so what difference can be seen, from where the noise comes, how long it lasts and so how long
 * slices may be, and how long a target takes to settle.
 *
 * What depends on luck is told with what it was estimated from; six pairs give the scatter of pairs
 * to within a factor of two. Pure; thread rule: the result's owner. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/result.h"

/* The presets: 6, 10 and 30 pairs. */
enum { CALIBRATION_SIZES = 3 };
extern const uint32_t calibration_sizes[CALIBRATION_SIZES];

struct calibration_metric {
    uint32_t n;                        /* pairs; 0: not known */
    double sd;                         /* of the paired log-ratios: the noise floor of one pair */
    double low;                        /* 95 % interval of the ratio, which should hold 1... */
    double high;                       /* ...0 and INFINITY: too few pairs */
    double visible[CALIBRATION_SIZES]; /* the smallest difference that is seen in 9 of 10
                                          comparisons of so many pairs, a fraction */
    uint32_t pairs_to_equate; /* that show "equivalent" in 9 of 10, with the metric's margin */
};

struct calibration {
    struct calibration_metric metrics[METRIC_COUNT];
    uint32_t launches;     /* that the levels come from; 0: not known */
    uint32_t slices;       /* of each */
    double launch_sd;      /* what a launch adds to ops, as a fraction */
    double slice_sd;       /* what a slice adds */
    double slice_seconds;  /* the slices that were measured in; NAN: none */
    double noise_seconds;  /* how long a disturbance lasts: integrated correlation time */
    double best_slice;     /* seconds: of the slices measured and their multiples, the one with the
                              least noise in a given time; NAN: not known */
    double warmup_seconds; /* until the windows of a run had settled; NAN: not known */
};

/* From a comparison of an arm with itself. False: it is none, or has fewer than two valid pairs.
 * Levels, noise and slices come from the throughput of slices. */
bool analysis_calibrate(const struct result *result, struct calibration *out);

/* How long a run (of tenbin run, without warm-up) took to settle, from the throughput of its
 * windows: a multiple of five windows. NAN: fewer than twenty windows, or it had not settled in the
 * first half. */
double calibrate_warmup(const struct result_run *run);

/* Appends sentences for people, one per line. */
void calibration_describe(const struct calibration *calibration, struct buf *out);
