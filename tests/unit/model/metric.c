#include "model/metric.h"
#include "support/tap.h"

struct row {
    enum metric metric;
    const char *name;
    const char *title;
    bool more_is_better;
    double margin;
};

static const struct row rows[] = {
    {METRIC_OPS, "ops", "throughput", true, 0.02},
    {METRIC_P50, "p50", "median latency", false, 0.03},
    {METRIC_P99, "p99", "p99 latency", false, 0.05},
    {METRIC_P999, "p999", "p99.9 latency", false, 0.10},
    {METRIC_CPU, "cpu", "CPU per operation", false, 0.03},
    {METRIC_MEMORY, "memory", "memory per key", false, 0.01},
    {METRIC_DELIVERY_P50, "delivery-p50", "median delivery", false, 0.03},
    {METRIC_DELIVERY_P99, "delivery-p99", "p99 delivery", false, 0.05},
};

int main(void)
{
    tap_int(sizeof rows / sizeof rows[0], METRIC_COUNT, "every metric has a row");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        enum metric found = METRIC_COUNT;
        tap_check(metric_find(str_from(row->name), &found), "finds %s", row->name);
        tap_int(found, row->metric, "%s is the right one", row->name);
        tap_text(metric_name(row->metric), row->name, "name of %s", row->name);
        tap_text(metric_title(row->metric), row->title, "title of %s", row->name);
        tap_int(metric_more_is_better(row->metric), row->more_is_better, "direction of %s",
                row->name);
        tap_near(metric_default_margin(row->metric), row->margin, 0, "margin of %s", row->name);
    }
    static const char *const wrong[] = {"", "OPS", "p9", "p9999", "ops ", "throughput"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        enum metric untouched = METRIC_COUNT;
        tap_check(!metric_find(str_from(wrong[i]), &untouched) && untouched == METRIC_COUNT,
                  "\"%s\" is no metric", wrong[i]);
    }
    return tap_end();
}
