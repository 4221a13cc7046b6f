#include "analysis/validity.h"

#include <stddef.h>
#include <string.h>

#include "analysis/validity_load.h"
#include "base/buf.h"
#include "base/units.h"

static const double ERRORS_ALLOWED = 0.0001; /* of operations */
static const double MISSES_ALLOWED = 0.01;   /* of reads */
static const double GAP_ALLOWED = 0.01;      /* of connection time */
static const double CLIENT_BUSY = 0.95;
static const double SERVER_BUSY = 0.80;
static const double STEAL_ALLOWED = 0.02;      /* of the machine's time */
static const double THROTTLING_ALLOWED = 0.01; /* of one processor's time */

static const struct result_cell *cell_of(const struct result *result, const struct result_run *run)
{
    for (size_t i = 0; i < result->cell_count; i++) {
        const struct result_cell *cell = &result->cells[i];
        for (size_t k = 0; k < cell->run_count; k++) {
            if (&cell->runs[k] == run) {
                return cell;
            }
        }
    }
    return NULL;
}

static void check_operations(struct result *result, struct result_run *run)
{
    if (run->operations == 0) {
        result_add_finding(result, &run->findings, SEVERITY_INVALID, "no-operations",
                           "look at the server's log, and try `tenbin run` against this target "
                           "alone",
                           "not one operation was completed");
    }
}

/* "OOM 100, timeout 24" */
static void list_errors(struct buf *out, const struct result_run *run)
{
    char count[UNITS_TEXT_SIZE];
    for (size_t i = 0; i < run->error_count; i++) {
        if (run->errors[i].count > 0) {
            buf_addf(out, "%s%s %s", out->len == 0 ? "" : ", ", run->errors[i].kind,
                     units_format_count(run->errors[i].count, count));
        }
    }
}

/* Whoever measures one target while its nodes change watches that: what it does is no reason not to
 * believe the figures. In a comparison it is one. */
static bool watches_change(const struct result *result, const struct result_run *run)
{
    return result->kind == RESULT_RUN && run->topology_changes > 0;
}

/* Errors that clients see while another node takes over. */
static bool comes_of_change(const char *kind)
{
    static const char *const kinds[] = {"timeout",    "READONLY",    "LOADING",
                                        "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kind, kinds[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* What helps against the kind of which there are most. */
static const char *advice_for_errors(const struct result_run *run)
{
    static const struct {
        const char *kind;
        const char *advice;
    } rows[] = {
        {"timeout", "see in the server's log and SLOWLOG what it was doing meanwhile; ask for less "
                    "at once, or give it more time with --timeout"},
        {"protocol", "what came back is not the Redis protocol, or a reply that is too long: look "
                     "for a proxy or a broken network between"},
        {"connection-lost", "look for a restart, the timeout and maxclients settings, or the "
                            "network between"},
    };
    const struct result_error *most = &run->errors[0];
    for (size_t i = 1; i < run->error_count; i++) {
        most = run->errors[i].count > most->count ? &run->errors[i] : most;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(most->kind, rows[i].kind) == 0) {
            return rows[i].advice;
        }
    }
    return "mend what the server complains about: work that fails costs less than work that is "
           "done";
}

static void check_errors(struct result *result, struct result_run *run)
{
    uint64_t errors = 0;
    uint64_t excused = 0; /* with their connections, which check_connections judges, or see above */
    for (size_t i = 0; i < run->error_count; i++) {
        const char *kind = run->errors[i].kind;
        errors += run->errors[i].count;
        if (strcmp(kind, "connection-lost") == 0 ||
            (watches_change(result, run) && comes_of_change(kind))) {
            excused += run->errors[i].count;
        }
    }
    if (errors == 0) {
        return;
    }
    bool many = (double)(errors - excused) > ERRORS_ALLOWED * (double)run->operations;
    char failed[UNITS_TEXT_SIZE];
    char operations[UNITS_TEXT_SIZE];
    struct buf kinds = {0};
    list_errors(&kinds, run);
    result_add_finding(result, &run->findings, many ? SEVERITY_INVALID : SEVERITY_CONDITIONAL,
                       "error-replies", advice_for_errors(run),
                       "%s operations failed beside %s that were measured (%s)",
                       units_format_count(errors, failed),
                       units_format_count(run->operations, operations), buf_text(&kinds));
    buf_release(&kinds);
}

static void check_connections(struct result *result, struct result_run *run)
{
    const struct result_cell *cell = cell_of(result, run);
    /* One that was lost before anything was recorded, and has not come back, is a gap alone. */
    if (run->lost_connections == 0 && !(run->gap_seconds > 0)) {
        return;
    }
    double clients = cell == NULL || cell->load.clients == 0 ? 1 : cell->load.clients;
    clients += cell == NULL ? 0 : cell->workload.roles.subscribers.connections;
    double share = run->measured_seconds > 0 ? run->gap_seconds / clients / run->measured_seconds
                                             : (double)(run->gap_seconds > 0);
    char lost[UNITS_TEXT_SIZE];
    /* A closed loop does not ask while it has no connection; in an open one the time without is in
     * the response times. One run tells its gap; between two targets a gap decides instead of what
     * is compared. */
    bool is_hidden = run->schedule.send_lag == NULL && share > GAP_ALLOWED;
    bool is_compared = result->kind == RESULT_COMPARE;
    result_add_finding(
        result, &run->findings, is_hidden && is_compared ? SEVERITY_INVALID : SEVERITY_CONDITIONAL,
        "lost-connections",
        is_hidden && !is_compared
            ? "a closed loop asks nothing meanwhile, so that its latencies leave "
              "the gap out: --rate has it in them"
            : "look for a restart, the timeout and maxclients settings, or the "
              "network between",
        "connections lost: %s, in all %.2g %% of connection time; the longest gap "
        "was %.3g s",
        units_format_count(run->lost_connections, lost), share * 100, run->longest_gap_seconds);
}

static void check_deliveries(struct result *result, struct result_run *run)
{
    char lost[UNITS_TEXT_SIZE];
    char expected[UNITS_TEXT_SIZE];
    uint64_t missing = result_lost(&run->deliveries);
    if (missing > 0) {
        result_add_finding(result, &run->findings, SEVERITY_CONDITIONAL, "deliveries-lost",
                           "look at the server's limits for slow subscribers "
                           "(client-output-buffer-limit), or for queues that grow",
                           "%s of %s messages had not been received when the run was over",
                           units_format_count(missing, lost),
                           units_format_count(run->deliveries.expected, expected));
    }
}

/* Does the cell of a run read only what was loaded and stays? Mixes of one's own may delete. */
static bool must_find(const struct result *result, const struct result_run *run)
{
    for (size_t i = 0; i < result->cell_count; i++) {
        const struct result_cell *cell = &result->cells[i];
        if (run >= cell->runs && run < cell->runs + cell->run_count) {
            return cell->workload.operation_count == 0 && cell->workload.ttl_high == 0;
        }
    }
    return true;
}

static void check_misses(struct result *result, struct result_run *run)
{
    if (run->misses == 0 || !must_find(result, run)) {
        return;
    }
    double share = (double)run->misses / ((double)run->hits + (double)run->misses);
    char misses[UNITS_TEXT_SIZE];
    result_add_finding(result, &run->findings,
                       share > MISSES_ALLOWED ? SEVERITY_INVALID : SEVERITY_NOTE, "misses",
                       "see that maxmemory holds the data set and that nothing else deletes keys",
                       "%s reads (%.2g %%) found nothing although the data was loaded",
                       units_format_count(run->misses, misses), share * 100);
}

static void check_client(struct result *result, struct result_run *run)
{
    static const char advice[] = "use --threads N on more processors, or a deeper --pipeline";
    if (!(run->client_busy > CLIENT_BUSY)) {
        return;
    }
    double client = run->client_busy * 100;
    if (run->server_busy < 0) {
        result_add_finding(result, &run->findings, SEVERITY_CONDITIONAL, "client-saturated", advice,
                           "the load generator was busy %.0f %% of the time; whether the server "
                           "was, too, is not known",
                           client);
    } else if (run->server_busy < SERVER_BUSY) {
        result_add_finding(result, &run->findings, SEVERITY_INVALID, "client-saturated", advice,
                           "the load generator was the limit: it was busy %.0f %% of the time, "
                           "the server %.0f %%",
                           client, run->server_busy * 100);
    } else {
        result_add_finding(result, &run->findings, SEVERITY_CONDITIONAL, "client-saturated", advice,
                           "load generator and server were both near their limit: busy %.0f %% "
                           "and %.0f %% of the time",
                           client, run->server_busy * 100);
    }
}

static void check_steal(struct result *result, struct result_run *run)
{
    if (run->steal > STEAL_ALLOWED) {
        result_add_finding(result, &run->findings, SEVERITY_CONDITIONAL, "steal",
                           "measure on a machine of its own, or with more pairs",
                           "other virtual machines took %.1f %% of this machine's processor time",
                           run->steal * 100);
    }
}

static void check_throttling(struct result *result, struct result_run *run)
{
    if (run->throttled > THROTTLING_ALLOWED) {
        result_add_finding(
            result, &run->findings, SEVERITY_CONDITIONAL, "throttled",
            "lift the quota of the container while measuring",
            "a quota of processor time held tenbin's control group, with what it started, back for "
            "%.1f %% of the time of one processor",
            run->throttled * 100);
    }
}

static void check_server(struct result *result, struct result_run *run)
{
    char count[UNITS_TEXT_SIZE];
    if (run->evicted_keys > 0) {
        result_add_finding(result, &run->findings, SEVERITY_CONDITIONAL, "evictions",
                           "give it more maxmemory, or fewer --keys",
                           "the server evicted %s keys for lack of memory",
                           units_format_count(run->evicted_keys, count));
    }
    if (run->forks > 0) {
        result_add_finding(result, &run->findings, SEVERITY_CONDITIONAL, "background-save",
                           "switch saving off while measuring, or measure it on purpose on both "
                           "sides",
                           "the server forked %s times to save, rewrite or feed a replica",
                           units_format_count(run->forks, count));
    }
}

static void check_histogram(struct result *result, struct result_run *run)
{
    if (run->latency == NULL || run->latency->saturated == 0) {
        return;
    }
    char count[UNITS_TEXT_SIZE];
    char most[UNITS_TEXT_SIZE];
    result_add_finding(result, &run->findings, SEVERITY_CONDITIONAL, "histogram-saturated",
                       "read the highest percentiles as lower bounds",
                       "%s latencies were longer than a histogram can tell apart (%s)",
                       units_format_count(run->latency->saturated, count),
                       units_format_duration(HIST_HIGHEST, most));
}

void validity_check_run(struct result *result, struct result_run *run)
{
    check_operations(result, run);
    check_deliveries(result, run);
    check_errors(result, run);
    check_connections(result, run);
    check_misses(result, run);
    check_client(result, run);
    check_steal(result, run);
    check_throttling(result, run);
    check_server(result, run);
    check_histogram(result, run);
    validity_check_load(result, run);
    run->valid = finding_list_worst(&run->findings) != SEVERITY_INVALID;
}
