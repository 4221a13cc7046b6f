#include "analysis/hosts.h"

#include <math.h>

#include "base/mem.h"
#include "stats/power.h"

void hosts_cross(const struct pairs *pairs, const double *log_ratio, double confidence,
                 struct crossed *out)
{
    uint32_t *hosts = mem_alloc_array(pairs->count, 2 * sizeof *hosts);
    struct crossed_pairs crossing = {log_ratio, hosts, hosts + pairs->count, pairs->count};
    for (size_t i = 0; i < pairs->count; i++) {
        hosts[i] = pairs->items[i].baseline->host_number - 1;
        hosts[pairs->count + i] = pairs->items[i].arm->host_number - 1;
    }
    stats_crossed(&crossing, confidence, out);
    mem_free(hosts);
}

/* The same difference, asked for the other way round. */
static double below(const struct crossed *crossed, double bound)
{
    struct crossed turned = *crossed;
    turned.estimate = -crossed->estimate;
    return stats_crossed_above(&turned, -bound);
}

uint32_t hosts_weigh(struct result_comparison *out, const struct pairs *pairs,
                     const double *log_ratio, bool is_gated)
{
    struct crossed crossed;
    double margin = stats_log_effect(out->margin);
    hosts_cross(pairs, log_ratio, out->confidence, &crossed);
    out->baseline_hosts = (uint32_t)crossed.from;
    out->arm_hosts = (uint32_t)crossed.to;
    out->n = out->baseline_hosts < out->arm_hosts ? out->baseline_hosts : out->arm_hosts;
    out->ratio = exp(crossed.estimate);
    out->low = exp(crossed.low);
    out->high = exp(crossed.high);
    out->minimum_detectable =
        stats_ratio_change(stats_crossed_detectable(&crossed, out->confidence));
    out->p_value = crossed.p_value;
    out->p_equivalence = fmax(stats_crossed_above(&crossed, -margin), below(&crossed, margin));
    out->gate = NAN;
    if (is_gated) {
        out->gate = metric_more_is_better(out->metric) ? below(&crossed, -margin)
                                                       : stats_crossed_above(&crossed, margin);
    }
    return (uint32_t)stats_crossed_needed(&crossed, margin, out->confidence);
}
