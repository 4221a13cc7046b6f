/* The figures that are compared, and which direction is better for the user. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

enum metric {
    METRIC_OPS, /* operations per second: more is better */
    METRIC_P50, /* latency percentiles, nanoseconds: less is better */
    METRIC_P99,
    METRIC_P999,
    METRIC_CPU,          /* server CPU seconds per operation: less is better */
    METRIC_MEMORY,       /* bytes per key: less is better */
    METRIC_DELIVERY_P50, /* of messages, from sender to receiver, nanoseconds: less is better */
    METRIC_DELIVERY_P99,
    METRIC_COUNT,
};

/* "ops", "p50", "p99", "p999", "cpu", "memory", "delivery-p50", "delivery-p99": the name in options
 * and results. */
const char *metric_name(enum metric metric);
/* "throughput", "median latency", "p99 latency", ...: the name in sentences and tables. */
const char *metric_title(enum metric metric);
bool metric_more_is_better(enum metric metric);
/* The difference that matters in practice unless the user says otherwise, as a fraction:
 * ops 2 %, p50 3 %, p99 5 %, p999 10 %, cpu 3 %, memory 1 %, delivery-p50 3 %, delivery-p99 5 %. */
double metric_default_margin(enum metric metric);
bool metric_find(struct str name, enum metric *out);
