/* How noisy it is: what a target against itself (an A/A control) has shown, for one cell. Part of
 * that result, and of results that were measured under the same conditions later
 * (model/fingerprint.h). Plain data; texts live in the result's arena. analysis/calibrate.h makes
 * it and says what it means. */
#pragma once

#include <stdint.h>

#include "base/units.h"
#include "model/metric.h"

/* Numbers of pairs that are told of: 6, 10 and 30. */
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
    const char *result; /* id of the A/A control that it comes from... */
    nsec created_wall;  /* ...and when that was made */
    const char *engine; /* of the target; "" where it does not say */
    const char *engine_version;
    const char *fingerprint; /* of the conditions */
    uint32_t pairs;
    struct calibration_metric metrics[METRIC_COUNT];
    uint32_t launches;      /* that the levels come from; 0: not known */
    uint32_t slices;        /* of each */
    double launch_sd;       /* what a launch adds to ops, as a fraction */
    double slice_sd;        /* what a slice adds */
    double slice_seconds;   /* the slices that were measured in; NAN: none */
    double noise_seconds;   /* how long a disturbance lasts: integrated correlation time */
    double best_slice;      /* seconds: of the slices measured and their multiples, the one with the
                               least noise in a given time; NAN: not known */
    double watched_seconds; /* how long the target was watched while it warmed up; NAN: not */
    double warmup_seconds;  /* until it had settled; NAN: not known, or not while it was watched */
};
