/* What describes the runs of a cell, besides the comparisons: plain data, part of the result.
 * Arrays live in the result's arena. Latencies are nanoseconds. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/metric.h"

/* One value per run. NAN: too few runs, or too uniform, to tell. */
struct result_spread {
    uint32_t n; /* 0: the metric is not known in every run */
    double mean, median;
    double sd, mad; /* mad: scaled to the sd of normal noise */
    double cv;      /* sd / mean */
    double min, max;
};

/* The percentiles that are described and compared, in per cent. */
enum { RESULT_PERCENTILES = 12 };
extern const double result_percentiles[RESULT_PERCENTILES];
/* "p1", "p50", "p999", "p9999": the name in files. */
const char *result_percentile_name(size_t index);

/* A hill of the distribution of latencies. */
struct result_mode {
    double at;
    double share; /* of all latencies */
};

enum { RESULT_MODES = 8 };

/* Latencies of all runs of an arm together. */
struct result_distribution {
    uint64_t count;
    double mean, median;
    double sd, mad;
    double cv;
    double percentiles[RESULT_PERCENTILES]; /* NAN: too few latencies for that one */
    struct result_mode modes[RESULT_MODES];
    size_t mode_count;
};

/* The valid runs of one arm. */
struct result_description {
    uint32_t arm;
    const char *load;
    uint32_t runs;
    struct result_spread values[METRIC_COUNT];
    struct result_distribution latency;
};

/* The difference at one percentile. */
struct result_shift_point {
    double percentile;
    double ratio, low, high;    /* arm / baseline, with an interval of its own... */
    double band_low, band_high; /* ...and one of those that hold all at once. 0 and INFINITY: too
                                   few pairs */
};

/* How the whole distribution of latencies differs. */
struct result_shift {
    uint32_t baseline, arm;
    uint32_t n; /* pairs */
    double confidence;
    struct result_shift_point *points;
    size_t point_count;
};

/* Something that stands out. It is told, and left in all figures. */
struct result_anomaly {
    const char *kind; /* "outlier": a pair unlike the others; "spike", "sag": windows; "break",
                         "trend": from run to run, or from second to second of one run */
    uint32_t arm;
    const char *load;         /* of the runs: "closed", "open" */
    enum metric metric;       /* ops or p99; of an outlier, any */
    uint32_t pair, last_pair; /* where it begins and ends */
    double start, end;        /* seconds of the run's measured time; both 0: whole runs */
    double size;              /* relative to what is usual: -0.2 is 20 % less */
    const char *cause;        /* what else was seen in that run; NULL: nothing */
};
