/* Findings about a whole result. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "analysis/hosts.h"
#include "analysis/pairs.h"
#include "analysis/validity.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/units.h"
#include "stats/rank.h"

static const double LOST_PAIRS_ALLOWED = 0.2;     /* of the pairs of an arm */
static const double REPEATED_PAIRS_ALLOWED = 0.2; /* of the pairs asked for */
static const double CLIENT_HEADROOM = 1.1;        /* of the load generator's own maximum */
static const double BLOCK_SECONDS = 5; /* neighbours in time resemble each other up to here */

/* One code over the runs that count. */
struct tally {
    const struct finding *worst;
    const struct result_run *last; /* the last run that was counted */
    size_t runs;
    size_t invalid; /* runs that are not valid because of it */
};

struct tallies {
    struct tally *items;
    size_t count;
    size_t runs; /* looked at */
};

static void tally_finding(struct tallies *tallies, const struct result_run *run,
                          const struct finding *finding)
{
    struct tally *tally = NULL;
    for (size_t i = 0; i < tallies->count && tally == NULL; i++) {
        if (strcmp(tallies->items[i].worst->code, finding->code) == 0) {
            tally = &tallies->items[i];
        }
    }
    if (tally == NULL) {
        tallies->items = mem_resize(tallies->items, tallies->count + 1, sizeof *tallies->items);
        tally = &tallies->items[tallies->count++];
        *tally = (struct tally){.worst = finding};
    }
    if (finding->severity > tally->worst->severity) {
        tally->worst = finding;
    }
    tally->invalid += finding->severity == SEVERITY_INVALID ? 1 : 0;
    if (tally->last != run) {
        tally->last = run;
        tally->runs++;
    }
}

static void tally_cell(struct tallies *tallies, const struct result_cell *cell)
{
    size_t count;
    struct run_ref *runs = pairs_last_attempts(cell, NULL, &count);
    for (size_t i = 0; i < count; i++) {
        const struct result_run *run = runs[i].run;
        for (size_t k = 0; k < run->findings.count; k++) {
            tally_finding(tallies, run, &run->findings.items[k]);
        }
    }
    tallies->runs += count;
    mem_free(runs);
}

/* What the pairs of a result leave to conclude from. */
struct evidence {
    size_t complete;      /* pairs of the arm that has the fewest that count */
    size_t count;         /* those that count */
    double lost;          /* the largest share of an arm's pairs that does not count */
    bool any, none_count; /* some arm has pairs; some arm has pairs of which none counts */
};

/* The cells that are looked at together, and where what was found is told. */
struct scope {
    struct result *result;
    struct result_cell *cells;
    size_t cell_count;
    struct finding_list *findings;
    bool is_overview; /* of a suite whose cells have findings of their own: nothing is invalid */
};

static void weigh(struct evidence *evidence, const struct pairs *pairs)
{
    if (pairs->complete == 0) {
        return;
    }
    double lost = (double)(pairs->complete - pairs->count) / (double)pairs->complete;
    evidence->lost = lost > evidence->lost ? lost : evidence->lost;
    evidence->none_count = evidence->none_count || pairs->count == 0;
    if (!evidence->any || pairs->count < evidence->count) {
        evidence->count = pairs->count;
        evidence->complete = pairs->complete;
    }
    evidence->any = true;
}

static struct evidence weigh_pairs(const struct scope *scope)
{
    struct evidence evidence = {0};
    for (size_t i = 0; i < scope->cell_count; i++) {
        const char *loads[PAIRS_LOADS];
        size_t load_count = pairs_loads(&scope->cells[i], loads);
        for (uint32_t arm = 1; arm < scope->result->arm_count; arm++) {
            for (size_t k = 0; k < load_count; k++) {
                struct pairs pairs;
                pairs_init(&pairs, &scope->cells[i], loads[k], 0, arm);
                weigh(&evidence, &pairs);
                pairs_release(&pairs);
            }
        }
    }
    return evidence;
}

static enum severity severity_of(const struct scope *scope, const struct finding *finding,
                                 const struct evidence *evidence)
{
    bool spared = scope->is_overview || (result_kind_compares(scope->result->kind) &&
                                         evidence->any && evidence->lost <= LOST_PAIRS_ALLOWED);
    return finding->severity == SEVERITY_INVALID && spared ? SEVERITY_CONDITIONAL
                                                           : finding->severity;
}

static void sum_up_runs(const struct scope *scope, const struct evidence *evidence)
{
    struct result *result = scope->result;
    struct tallies tallies = {0};
    for (size_t i = 0; i < scope->cell_count; i++) {
        tally_cell(&tallies, &scope->cells[i]);
    }
    for (size_t i = 0; i < tallies.count; i++) {
        const struct tally *tally = &tallies.items[i];
        enum severity severity = severity_of(scope, tally->worst, evidence);
        const char *code = tally->worst->code;
        if (tallies.runs == 1) {
            result_add_finding(result, scope->findings, severity, code, tally->worst->advice, "%s",
                               tally->worst->text);
            continue;
        }
        char left_out[64] = "";
        if (severity < tally->worst->severity) {
            (void)snprintf(left_out, sizeof left_out, ", %zu left out with %s", tally->invalid,
                           tally->invalid == 1 ? "its pair" : "their pairs");
        }
        result_add_finding(result, scope->findings, severity, code, tally->worst->advice,
                           "in %zu of %zu runs%s%s: %s", tally->runs, tallies.runs, left_out,
                           tally->runs == 1 ? "" : ", at worst", tally->worst->text);
    }
    mem_free(tallies.items);
}

static void check_pairs(const struct scope *scope, const struct evidence *evidence)
{
    struct result *result = scope->result;
    double confidence = pairs_confidence(result);
    size_t least = stats_signed_rank_least(confidence);
    if (evidence->none_count) {
        result_add_finding(result, scope->findings, SEVERITY_INVALID, "no-valid-pairs",
                           "mend what the other findings name, and measure again",
                           "none of %zu pairs can be used", evidence->complete);
    } else if (evidence->any && evidence->count < least && !result_unit_is_host(result)) {
        result_add_finding(result, scope->findings, SEVERITY_CONDITIONAL, "few-pairs",
                           "ask for more with --pairs",
                           "%zu %s too few for an interval at %g %% confidence: at least %zu are "
                           "needed",
                           evidence->count, evidence->count == 1 ? "pair is" : "pairs are",
                           confidence * 100, least);
    }
}

/* Hosts differ, and one alone does not say by how much. */
static void check_hosts(struct result *result)
{
    for (size_t i = 0; i < result->arm_count && result_unit_is_host(result); i++) {
        if (result_arm_hosts(&result->arms[i]) < HOSTS_LEAST) {
            result_add_finding(result, &result->findings, SEVERITY_CONDITIONAL, "few-hosts",
                               "list more of its hosts, as in redis://h1,redis://h2",
                               "%s has one host, and what differs may be that host: for an "
                               "interval each target needs at least %d",
                               result->arms[i].label, HOSTS_LEAST);
        }
    }
}

/* In all cells, and in each of their loops, which are repeated one by one. */
static uint64_t pairs_made(const struct result *result)
{
    uint64_t made = 0;
    for (size_t i = 0; i < result->cell_count; i++) {
        const struct result_cell *cell = &result->cells[i];
        const char *loads[PAIRS_LOADS];
        uint32_t last = result->design.pairs;
        for (size_t k = 0; k < cell->run_count; k++) {
            last = cell->runs[k].pair > last ? cell->runs[k].pair : last;
        }
        size_t loops = pairs_loads(cell, loads);
        made += (uint64_t)last * (loops == 0 ? 1 : loops);
    }
    return made;
}

static void check_repeats(struct result *result)
{
    uint32_t repeated = result->repeated_pairs;
    if (repeated > 0) {
        bool many = repeated > REPEATED_PAIRS_ALLOWED * (double)pairs_made(result);
        result_add_finding(result, &result->findings, many ? SEVERITY_CONDITIONAL : SEVERITY_NOTE,
                           "repeated-pairs",
                           many ? "find out what disturbs this machine: `tenbin doctor`" : NULL,
                           "%u %s repeated because a run was not valid", repeated,
                           repeated == 1 ? "pair was" : "pairs were");
    }
}

static struct str after_scheme(const char *target)
{
    const char *rest = target == NULL ? NULL : strstr(target, "://");
    return str_from(rest == NULL ? "" : rest + 3);
}

/* The host of redis://user@host:port/db, with the brackets of an IPv6 address. */
static struct str host_of(const char *target)
{
    struct str rest = after_scheme(target);
    struct str authority = str_split(&rest, '/');
    ptrdiff_t at = str_find_last(authority, '@');
    struct str host = str_from_index(authority, (size_t)(at + 1));
    ptrdiff_t bracket = str_find_last(host, ']');
    ptrdiff_t colon = str_find_last(host, ':');
    return colon > bracket ? str_prefix(host, (size_t)colon) : host;
}

static bool is_address_here(const char *target)
{
    struct str host = host_of(target); /* empty: unix: and local: */
    return host.len == 0 || str_eq(host, STR("localhost")) || str_eq(host, STR("[::1]")) ||
           str_starts_with(host, STR("127."));
}

/* Any of its hosts. */
static bool is_here(const struct result_arm *arm)
{
    bool here = arm->started_by_us || (arm->host_count == 0 && is_address_here(arm->target));
    for (size_t i = 0; i < arm->host_count; i++) {
        here = here || is_address_here(arm->hosts[i].target);
    }
    return here;
}

static bool any_here(const struct result *result)
{
    for (size_t i = 0; i < result->arm_count; i++) {
        if (is_here(&result->arms[i])) {
            return true;
        }
    }
    return false;
}

static bool any_attached(const struct result *result)
{
    for (size_t i = 0; i < result->arm_count; i++) {
        if (!result->arms[i].started_by_us) {
            return true;
        }
    }
    return false;
}

/* Does each arm live on one host, on a different one, at least one of them not this machine? */
static bool hosts_differ(const struct result *result)
{
    if (result_unit_is_host(result) || result->design.aa) {
        return false;
    }
    for (size_t i = 1; i < result->arm_count; i++) {
        bool first_here = is_here(&result->arms[0]);
        bool here = is_here(&result->arms[i]);
        if (first_here != here ||
            (!here && !str_eq(host_of(result->arms[0].target), host_of(result->arms[i].target)))) {
            return true;
        }
    }
    return false;
}

static void check_arms(struct result *result)
{
    double seconds = (double)result->design.duration / (double)NSEC_PER_SEC *
                     (double)result->arm_count * (double)result->cell_count;
    if (any_attached(result) && seconds > 0 && seconds < BLOCK_SECONDS) {
        result_add_finding(result, &result->findings, SEVERITY_CONDITIONAL, "short-block",
                           "use a longer --duration for servers that are not restarted",
                           "a pair takes %.3g s on a server that keeps running; below %g s "
                           "neighbouring pairs resemble each other and the interval is too narrow",
                           seconds, BLOCK_SECONDS);
    }
    if (hosts_differ(result)) {
        result_add_finding(result, &result->findings, SEVERITY_CONDITIONAL, "single-node",
                           "measure several hosts per engine, or exchange the hosts and measure "
                           "again",
                           "each engine runs on one host of its own: the difference may be the "
                           "host");
    }
}

/* The throughput of the fastest run that counts, which was of `*arm`; 0: there is none. */
static double fastest(const struct result_cell *cell, uint32_t *arm)
{
    double most = 0;
    double ops;
    for (size_t i = 0; i < cell->run_count; i++) {
        const struct result_run *run = &cell->runs[i];
        if (run->valid && !run->partial && result_run_metric(run, METRIC_OPS, &ops) && ops > most) {
            most = ops;
            *arm = run->arm;
        }
    }
    return most;
}

/* What runs have shown the load generator to be able to do: their rates by the share of the time it
 * was busy. */
static double shown(const struct result_cell *cell)
{
    double most = 0;
    double ops;
    for (size_t i = 0; i < cell->run_count; i++) {
        const struct result_run *run = &cell->runs[i];
        bool is_closed = str_eq(str_from(run->load), STR("closed"));
        if (is_closed && run->client_busy > 0 && result_run_metric(run, METRIC_OPS, &ops)) {
            most = fmax(most, ops / run->client_busy);
        }
    }
    return most;
}

/* The arm that came nearest to what the load generator can do by itself. */
struct nearest {
    const struct result_cell *cell; /* NULL: none came near */
    uint32_t arm;
    double most;    /* what it came to */
    uint32_t count; /* cells that came near, ... */
    uint32_t known; /* ...of those where it is known what the load generator can do */
};

static struct nearest find_nearest(const struct result *result)
{
    struct nearest nearest = {0};
    double largest = 0;
    for (size_t i = 0; i < result->cell_count; i++) {
        const struct result_cell *cell = &result->cells[i];
        uint32_t arm = 0;
        double most = fastest(cell, &arm);
        bool is_void =
            result->kind == RESULT_SUITE && finding_list_worst(&cell->findings) == SEVERITY_INVALID;
        if (cell->client_maximum <= 0 || is_void) {
            continue;
        }
        double share = most / cell->client_maximum;
        nearest.known++;
        nearest.count += share * CLIENT_HEADROOM > 1;
        if (share * CLIENT_HEADROOM > 1 && share > largest) {
            nearest.cell = cell;
            nearest.arm = arm;
            nearest.most = most;
            largest = share;
        }
    }
    return nearest;
}

static void check_headroom(struct result *result)
{
    for (size_t i = 0; i < result->cell_count; i++) {
        struct result_cell *cell = &result->cells[i];
        if (cell->client_maximum > 0) {
            cell->client_maximum = fmax(cell->client_maximum, shown(cell));
        }
    }
    struct nearest nearest = find_nearest(result);
    if (nearest.cell == NULL) {
        return;
    }
    struct buf text = {0};
    if (result->kind == RESULT_SUITE) {
        buf_addf(&text, "in %u of %u cells where that is known, nearest in %s: ", nearest.count,
                 nearest.known, nearest.cell->name);
    }
    result_add_finding(result, &result->findings, SEVERITY_CONDITIONAL, "client-headroom",
                       "give the load generator more --threads, or a machine of its own",
                       "%s%s came to %.0f operations per second, and the load generator by itself "
                       "to %.0f: servers faster than that would look alike",
                       buf_text(&text), result->arms[nearest.arm].label, nearest.most,
                       nearest.cell->client_maximum);
    buf_release(&text);
}

static bool says(const char *text, const char *part)
{
    return text != NULL && strstr(text, part) != NULL;
}

static void check_placement(struct result *result)
{
    bool unpinned = says(result->worker_placement, "not pinned");
    for (size_t i = 0; i < result->arm_count; i++) {
        unpinned = unpinned || says(result->arms[i].placement, "not pinned");
    }
    if (result->env.cpus == 1) {
        result_add_finding(result, &result->findings, SEVERITY_CONDITIONAL, "one-processor",
                           "measure from another machine, or on one with more processors",
                           "load generator and server share the only processor: throughput is "
                           "that of both together");
    } else if (unpinned) {
        result_add_finding(result, &result->findings, SEVERITY_NOTE, "unpinned",
                           "with at least two processors tenbin binds them by itself",
                           "load generator and servers are not bound to processors of their own "
                           "and may disturb each other");
    }
}

static void check_machine(struct result *result)
{
    const char *governor = result->env.governor;
    if (governor[0] != '\0' && strcmp(governor, "performance") != 0 &&
        strcmp(governor, "unknown") != 0) {
        result_add_finding(result, &result->findings, SEVERITY_NOTE, "governor",
                           "cpupower frequency-set -g performance",
                           "the processor's clock follows the load (governor %s)", governor);
    }
    if (any_here(result)) {
        check_placement(result);
        result_add_finding(result, &result->findings, SEVERITY_NOTE, "loopback", NULL,
                           "load generator and server share this machine: the figures serve to "
                           "compare, not to plan capacity over a network");
    }
}

/* Each cell of a suite is judged by itself. */
static void check_cells(struct result *result)
{
    size_t invalid = 0;
    struct buf names = {0};
    enum { NAMED = 6 };
    for (size_t i = 0; i < result->cell_count; i++) {
        struct result_cell *cell = &result->cells[i];
        const struct scope scope = {result, cell, 1, &cell->findings, false};
        struct evidence evidence = weigh_pairs(&scope);
        sum_up_runs(&scope, &evidence);
        check_pairs(&scope, &evidence);
        if (finding_list_worst(&cell->findings) == SEVERITY_INVALID) {
            invalid++;
            if (invalid <= NAMED) {
                buf_addf(&names, "%s%s", invalid > 1 ? ", " : "", cell->name);
            }
        }
    }
    if (invalid > NAMED) {
        buf_addf(&names, " and %zu more", invalid - NAMED);
    }
    if (invalid > 0) {
        bool all = invalid == result->cell_count;
        result_add_finding(result, &result->findings, all ? SEVERITY_INVALID : SEVERITY_CONDITIONAL,
                           "cells-not-valid", "the findings of these cells say why",
                           "%zu of %zu cells %s not valid: %s", invalid, result->cell_count,
                           invalid == 1 ? "is" : "are", buf_text(&names));
    }
    buf_release(&names);
}

static void check_comparison(struct result *result)
{
    bool is_suite = result->kind == RESULT_SUITE;
    const struct scope all = {result, result->cells, result->cell_count, &result->findings,
                              is_suite};
    struct evidence evidence = weigh_pairs(&all);
    if (is_suite) {
        check_cells(result);
        evidence.none_count = false;
    }
    sum_up_runs(&all, &evidence);
    check_pairs(&all, &evidence);
    check_repeats(result);
    check_hosts(result);
    check_headroom(result);
    check_arms(result);
}

void validity_check_result(struct result *result)
{
    if (result_kind_compares(result->kind)) {
        check_comparison(result);
    } else {
        const struct scope all = {result, result->cells, result->cell_count, &result->findings,
                                  false};
        sum_up_runs(&all, &(struct evidence){0});
    }
    check_machine(result);
}
