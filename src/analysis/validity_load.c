#include "analysis/validity_load.h"

#include <stddef.h>

#include "base/units.h"

static const double RATE_REACHED = 0.98; /* of what was offered; a slice ends with its last reply */
static const double LATE_NOTED = 0.01;   /* of operations */
static const double LAG_ALLOWED = 0.5;   /* of the response time */

static bool is_open(const struct result_run *run)
{
    return run->schedule.send_lag != NULL;
}

static double achieved(const struct result_run *run)
{
    double operations = (double)(run->operations - run->schedule.beside);
    return run->measured_seconds > 0 ? operations / run->measured_seconds : 0;
}

bool validity_reached_rate(const struct result_run *run)
{
    return !is_open(run) || achieved(run) >= RATE_REACHED * run->offered_per_second;
}

static double percent_of(enum metric metric)
{
    switch (metric) {
    case METRIC_P50:
        return 50;
    case METRIC_P99:
        return 99;
    case METRIC_P999:
        return 99.9;
    default:
        return 0;
    }
}

bool validity_is_own_lag(const struct result_run *run, enum metric metric)
{
    double percent = percent_of(metric);
    if (!is_open(run) || percent <= 0 || run->latency->count == 0) {
        return false;
    }
    double lag = (double)hist_percentile(run->schedule.send_lag, percent);
    double response = (double)hist_percentile(run->latency, percent);
    return lag > LAG_ALLOWED * response;
}

static void check_rate(struct result *result, struct result_run *run)
{
    char offered[UNITS_TEXT_SIZE];
    char completed[UNITS_TEXT_SIZE];
    if (!validity_reached_rate(run)) {
        result_add_finding(
            result, &run->findings, SEVERITY_CONDITIONAL, "rate-not-reached",
            "ask for a lower --rate: response times of a load that the server cannot "
            "follow grow with the duration",
            "%s operations per second were offered, %s completed",
            units_format_count((uint64_t)run->offered_per_second, offered),
            units_format_count((uint64_t)achieved(run), completed));
    }
    if (run->schedule.outstanding > 0) {
        result_add_finding(result, &run->findings, SEVERITY_CONDITIONAL, "outstanding", NULL,
                           "%s operations were neither completed nor failed when the run ended; "
                           "their response times are missing",
                           units_format_count(run->schedule.outstanding, completed));
    }
}

static void check_lateness(struct result *result, struct result_run *run)
{
    const struct result_schedule *schedule = &run->schedule;
    double late = (double)schedule->late / (double)(schedule->sent > 0 ? schedule->sent : 1);
    if (late > LATE_NOTED) {
        result_add_finding(
            result, &run->findings, SEVERITY_NOTE, "late",
            "more --clients or a deeper --pipeline let more operations wait at the "
            "server instead of here",
            "%.2g %% of the operations were sent more than 1 ms late, mostly because "
            "no connection was free; that time is in their response times",
            late * 100);
    }
    for (enum metric metric = METRIC_P50; metric <= METRIC_P999; metric++) {
        if (validity_is_own_lag(run, metric)) {
            char lag[UNITS_TEXT_SIZE];
            double percent = percent_of(metric);
            result_add_finding(
                result, &run->findings, SEVERITY_CONDITIONAL, "send-lag",
                "give the load generator a processor of its own, or more --threads",
                "at p%g more than half of the response time is the load generator's own delay "
                "(%s); "
                "no verdict rests on that percentile",
                percent,
                units_format_latency((double)hist_percentile(schedule->send_lag, percent), lag));
            return; /* one sentence is enough */
        }
    }
}

static void check_stalls(struct result *result, struct result_run *run)
{
    char count[UNITS_TEXT_SIZE];
    char longest[UNITS_TEXT_SIZE];
    if (run->loop_stalls > 0) {
        result_add_finding(
            result, &run->findings, SEVERITY_NOTE, "loop-stalls", NULL,
            "the load generator itself was held up for more than 1 ms %s %s, at most "
            "%s",
            units_format_count(run->loop_stalls, count), run->loop_stalls == 1 ? "time" : "times",
            units_format_latency(run->longest_loop_stall_seconds * 1e9, longest));
    }
}

static void check_nodes(struct result *result, struct result_run *run)
{
    char moved[UNITS_TEXT_SIZE];
    char asked[UNITS_TEXT_SIZE];
    if (run->topology_changes > 0) {
        result_add_finding(result, &run->findings, SEVERITY_CONDITIONAL, "topology-changed",
                           "measure a target that stays as it is, if that was not the purpose",
                           "the target's nodes changed in the course of the run (%llu %s)",
                           (unsigned long long)run->topology_changes,
                           run->topology_changes == 1 ? "change" : "changes");
    }
    if (run->moved + run->asked > 0) {
        result_add_finding(result, &run->findings, SEVERITY_NOTE, "redirected", NULL,
                           "operations were sent on to another node: MOVED %s, ASK %s times; their "
                           "latency includes that",
                           units_format_count(run->moved, moved),
                           units_format_count(run->asked, asked));
    }
}

void validity_check_load(struct result *result, struct result_run *run)
{
    if (is_open(run)) {
        check_rate(result, run);
        check_lateness(result, run);
    }
    check_stalls(result, run);
    check_nodes(result, run);
}
