#include "model/metric.h"

#include <assert.h>

struct metric_facts {
    const char *name;
    const char *title;
    bool more_is_better;
    double margin;
};

static const struct metric_facts facts[METRIC_COUNT] = {
    [METRIC_OPS] = {"ops", "throughput", true, 0.02},
    [METRIC_P50] = {"p50", "median latency", false, 0.03},
    [METRIC_P99] = {"p99", "p99 latency", false, 0.05},
    [METRIC_P999] = {"p999", "p99.9 latency", false, 0.10},
    [METRIC_CPU] = {"cpu", "CPU per operation", false, 0.03},
    [METRIC_MEMORY] = {"memory", "memory per key", false, 0.01},
    [METRIC_DELIVERY_P50] = {"delivery-p50", "median delivery", false, 0.03},
    [METRIC_DELIVERY_P99] = {"delivery-p99", "p99 delivery", false, 0.05},
};

static const struct metric_facts *facts_of(enum metric metric)
{
    assert((unsigned)metric < METRIC_COUNT);
    return &facts[metric];
}

const char *metric_name(enum metric metric)
{
    return facts_of(metric)->name;
}

const char *metric_title(enum metric metric)
{
    return facts_of(metric)->title;
}

bool metric_more_is_better(enum metric metric)
{
    return facts_of(metric)->more_is_better;
}

double metric_default_margin(enum metric metric)
{
    return facts_of(metric)->margin;
}

bool metric_find(struct str name, enum metric *out)
{
    for (int i = 0; i < METRIC_COUNT; i++) {
        if (str_eq(name, str_from(facts[i].name))) {
            *out = (enum metric)i;
            return true;
        }
    }
    return false;
}
