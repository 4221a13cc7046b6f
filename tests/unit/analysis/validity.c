#include "analysis/validity.h"

#include "base/str.h"
#include "support/sample_result.h"
#include "support/tap.h"

enum { PAIRS = 6, MOST_PAIRS = 12 };

static const double same[MOST_PAIRS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

static const struct finding *find(const struct finding_list *list, const char *code)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].code, code) == 0) {
            return &list->items[i];
        }
    }
    return NULL;
}

/* "invalid", "conditional", "note" or "none". */
static const char *severity_of(const struct finding_list *list, const char *code)
{
    const struct finding *finding = find(list, code);
    return finding == NULL ? "none" : severity_name(finding->severity);
}

static const struct {
    const char *name;
    const char *code;
    uint64_t operations, errors, hits, misses, lost, slowest;
    double gap, client, server, steal, throttled;
    uint64_t evicted, forks;
    const char *wanted;
} run_rows[] = {
    {.name = "all is well", "", 10000, .server = 1, .wanted = "none"},
    {.name = "nothing done", "no-operations", 0, .wanted = "invalid"},
    {.name = "one error in 10,000", "error-replies", 10000, 1, .wanted = "conditional"},
    {.name = "two errors in 10,000", "error-replies", 10000, 2, .wanted = "invalid"},
    {.name = "errors only", "error-replies", 0, 5, .wanted = "invalid"},
    {.name = "1 % missing", "misses", 10000, .hits = 99, .misses = 1, .wanted = "note"},
    {.name = "2 % missing", "misses", 10000, .hits = 98, .misses = 2, .wanted = "invalid"},
    {.name = "all missing", "misses", 10000, .misses = 2, .wanted = "invalid"},
    /* 50 clients for 1 s: 0.5 s of gaps are 1 % */
    {.name = "lost, 1 % gap",
     "lost-connections",
     10000,
     .lost = 1,
     .gap = 0.5,
     .wanted = "conditional"},
    {.name = "lost, more gap",
     "lost-connections",
     10000,
     .lost = 1,
     .gap = 0.51,
     .wanted = "invalid"},
    {.name = "client just not at its limit",
     "client-saturated",
     10000,
     .client = 0.95,
     .server = 0.5,
     .wanted = "none"},
    {.name = "client at its limit, server idle",
     "client-saturated",
     10000,
     .client = 0.96,
     .server = 0.79,
     .wanted = "invalid"},
    {.name = "both at their limits",
     "client-saturated",
     10000,
     .client = 0.96,
     .server = 0.80,
     .wanted = "conditional"},
    {.name = "client at its limit, server unknown",
     "client-saturated",
     10000,
     .client = 0.96,
     .server = -1,
     .wanted = "conditional"},
    {.name = "keys evicted", "evictions", 10000, .evicted = 1, .wanted = "conditional"},
    {.name = "none evicted", "evictions", 10000, .wanted = "none"},
    {.name = "a save", "background-save", 10000, .forks = 1, .wanted = "conditional"},
    {.name = "2 % stolen", "steal", 10000, .steal = 0.02, .wanted = "none"},
    {.name = "more stolen", "steal", 10000, .steal = 0.021, .wanted = "conditional"},
    {.name = "held back a little", "throttled", 10000, .throttled = 0.01, .wanted = "none"},
    {.name = "held back", "throttled", 10000, .throttled = 0.011, .wanted = "conditional"},
    {.name = "slowest measurable",
     "histogram-saturated",
     10000,
     .slowest = HIST_HIGHEST,
     .wanted = "none"},
    {.name = "slower",
     "histogram-saturated",
     10000,
     .slowest = HIST_HIGHEST + 1,
     .wanted = "conditional"},
};

static void test_run_rules(void)
{
    for (size_t i = 0; i < sizeof run_rows / sizeof run_rows[0]; i++) {
        struct result result;
        sample_init(&result, 1);
        struct result_run *run = sample_run(&result, 0, 1, &sample_usual);
        run->operations = run_rows[i].operations;
        run->hits = run_rows[i].hits;
        run->misses = run_rows[i].misses;
        run->lost_connections = run_rows[i].lost;
        run->gap_seconds = run_rows[i].gap;
        run->client_busy = run_rows[i].client;
        run->server_busy = run_rows[i].server;
        run->steal = run_rows[i].steal;
        run->throttled = run_rows[i].throttled;
        run->evicted_keys = run_rows[i].evicted;
        run->forks = run_rows[i].forks;
        run->errors = &(struct result_error){"OOM", run_rows[i].errors};
        run->error_count = 1;
        if (run_rows[i].slowest > 0) {
            hist_record(run->latency, run_rows[i].slowest);
        }
        validity_check_run(&result, run);
        tap_text(severity_of(&run->findings, run_rows[i].code), run_rows[i].wanted, "run: %s",
                 run_rows[i].name);
        bool invalid = strcmp(run_rows[i].wanted, "invalid") == 0;
        tap_check(run->valid == !invalid, "run: %s: %s", run_rows[i].name,
                  invalid ? "not valid" : "valid");
        if (run_rows[i].code[0] == '\0') {
            tap_int((int64_t)run->findings.count, 0, "run: %s: no findings", run_rows[i].name);
        }
        result_release(&result);
    }
}

static void test_run_texts(void)
{
    struct result result;
    sample_init(&result, 1);
    struct result_run *run = sample_run(&result, 0, 1, &sample_usual);
    struct result_error errors[] = {{"OOM", 1500}, {"LOADING", 0}, {"timeout", 3}};
    run->errors = errors;
    run->error_count = 3;
    run->client_busy = 0.99;
    run->server_busy = 0.5;
    result_add_finding(&result, &run->findings, SEVERITY_INVALID, "earlier", NULL, "from before");
    validity_check_run(&result, run);
    tap_text(find(&run->findings, "error-replies")->text,
             "1,503 operations failed beside 100,000 that were measured (OOM 1,500, timeout 3)",
             "errors are counted by kind");
    tap_text(find(&run->findings, "client-saturated")->text,
             "the load generator was the limit: it was busy 99 % of the time, the server 50 %",
             "the limit is named");
    tap_text(find(&run->findings, "client-saturated")->advice,
             "use --threads N on more processors, or a deeper --pipeline", "with advice");
    result_release(&result);
    sample_init(&result, 1);
    run = sample_run(&result, 0, 1, &sample_usual);
    result_add_finding(&result, &run->findings, SEVERITY_INVALID, "earlier", NULL, "from before");
    validity_check_run(&result, run);
    tap_check(!run->valid, "a finding from before counts");
    result_release(&result);
}

/* A failover in the middle of a run is what is watched there; in a comparison it is in the way. */
static void test_failover(void)
{
    static const struct {
        enum result_kind kind;
        uint64_t changes;
        struct result_error error;
        double gap;
        const char *errors;
        const char *connections;
    } rows[] = {
        {RESULT_RUN, 1, {"connection-lost", 900}, 25, "conditional", "conditional"},
        {RESULT_RUN, 0, {"connection-lost", 900}, 25, "conditional", "conditional"},
        {RESULT_COMPARE, 1, {"connection-lost", 900}, 25, "conditional", "invalid"},
        {RESULT_RUN, 1, {"timeout", 900}, 0.1, "conditional", "conditional"},
        {RESULT_RUN, 1, {"READONLY", 900}, 0.1, "conditional", "conditional"},
        {RESULT_RUN, 1, {"LOADING", 900}, 0.1, "conditional", "conditional"},
        {RESULT_RUN, 1, {"MASTERDOWN", 900}, 0.1, "conditional", "conditional"},
        {RESULT_RUN, 1, {"CLUSTERDOWN", 900}, 0.1, "conditional", "conditional"},
        {RESULT_RUN, 1, {"TRYAGAIN", 900}, 0.1, "conditional", "conditional"},
        {RESULT_RUN, 1, {"OOM", 900}, 0.1, "invalid", "conditional"},
        {RESULT_RUN, 0, {"timeout", 900}, 0.1, "invalid", "conditional"},
        {RESULT_COMPARE, 1, {"CLUSTERDOWN", 900}, 0.1, "invalid", "conditional"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result result;
        struct result_error error = rows[i].error;
        sample_init(&result, 1);
        result.kind = rows[i].kind;
        struct result_run *run = sample_run(&result, 0, 1, &sample_usual);
        run->topology_changes = rows[i].changes;
        run->errors = &error;
        run->error_count = 1;
        run->lost_connections = 50;
        run->gap_seconds = rows[i].gap;
        run->longest_gap_seconds = 0.5;
        validity_check_run(&result, run);
        tap_text(severity_of(&run->findings, "error-replies"), rows[i].errors,
                 "failover %zu: %s in a %s", i, error.kind, result_kind_name(rows[i].kind));
        tap_text(severity_of(&run->findings, "lost-connections"), rows[i].connections,
                 "failover %zu: connections", i);
        const struct finding *lost = find(&run->findings, "lost-connections");
        tap_check(strstr(lost->text, "the longest gap was 0.5 s") != NULL, "failover %zu: %s", i,
                  lost->text);
        bool says_rate = rows[i].kind == RESULT_RUN && rows[i].gap > 1;
        tap_check((strstr(lost->advice, "--rate") != NULL) == says_rate, "failover %zu: advice", i);
        result_release(&result);
    }
}

static const struct {
    const char *name;
    const char *code;
    uint32_t pairs, cpus, repeated;
    bool unpinned;
    const char *governor, *target, *other_target; /* NULL: as usual */
    double seconds;                               /* per run; 0: as usual */
    const char *wanted;
} whole_rows[] = {
    {.name = "six pairs", "few-pairs", 6, .wanted = "none"},
    {.name = "five pairs", "few-pairs", 5, .wanted = "conditional"},
    {.name = "usual pairs", "no-valid-pairs", 6, .wanted = "none"},
    {.name = "none repeated", "repeated-pairs", 6, .wanted = "none"},
    {.name = "one repeated", "repeated-pairs", 6, .repeated = 1, .wanted = "note"},
    {.name = "two repeated", "repeated-pairs", 6, .repeated = 2, .wanted = "conditional"},
    {.name = "two repeated of twelve", "repeated-pairs", 12, .repeated = 2, .wanted = "note"},
    {.name = "two processors", "one-processor", 6, .wanted = "none"},
    {.name = "one processor", "one-processor", 6, .cpus = 1, .wanted = "conditional"},
    {.name = "pinned", "unpinned", 6, .wanted = "none"},
    {.name = "not pinned", "unpinned", 6, .unpinned = true, .wanted = "note"},
    {.name = "not pinned on one", "unpinned", 6, .cpus = 1, .unpinned = true, .wanted = "none"},
    {.name = "performance", "governor", 6, .wanted = "none"},
    {.name = "powersave", "governor", 6, .governor = "powersave", .wanted = "note"},
    {.name = "no governor", "governor", 6, .governor = "", .wanted = "none"},
    {.name = "unknown governor", "governor", 6, .governor = "unknown", .wanted = "none"},
    {.name = "local servers, short", "short-block", 6, .seconds = 1, .wanted = "none"},
    {.name = "attached, usual", "short-block", 6, .target = "redis://h1", .wanted = "none"},
    {.name = "attached, 2 x 2.5 s",
     "short-block",
     6,
     .target = "redis://h1",
     .seconds = 2.5,
     .wanted = "none"},
    {.name = "attached, 2 x 2.4 s",
     "short-block",
     6,
     .target = "redis://h1",
     .seconds = 2.4,
     .wanted = "conditional"},
    {.name = "local servers", "loopback", 6, .wanted = "note"},
    {.name = "attached here",
     "loopback",
     6,
     .target = "redis://127.0.0.1:6379",
     .other_target = "valkey://u:***@[::1]:6380/2",
     .wanted = "note"},
    {.name = "attached by socket",
     "loopback",
     6,
     .target = "unix:///run/r.sock",
     .other_target = "redis://h2",
     .wanted = "note"},
    {.name = "attached there",
     "loopback",
     6,
     .target = "redis://h1",
     .other_target = "redis://h2",
     .wanted = "none"},
    {.name = "local servers", "single-node", 6, .wanted = "none"},
    {.name = "two hosts",
     "single-node",
     6,
     .target = "redis://h1:6379",
     .other_target = "redis://h2:6379",
     .wanted = "conditional"},
    {.name = "two ports",
     "single-node",
     6,
     .target = "redis://h1:6379",
     .other_target = "redis://***@h1:6380/1",
     .wanted = "none"},
    {.name = "IPv6, two ports",
     "single-node",
     6,
     .target = "redis://[fd00::1]:6379",
     .other_target = "redis://[fd00::1]",
     .wanted = "none"},
    {.name = "here and there", "single-node", 6, .target = "redis://h1", .wanted = "conditional"},
    {.name = "two names of this machine",
     "single-node",
     6,
     .target = "redis://localhost",
     .other_target = "redis://127.0.0.1:6380",
     .wanted = "none"},
};

static void test_whole(void)
{
    for (size_t i = 0; i < sizeof whole_rows / sizeof whole_rows[0]; i++) {
        struct result result;
        sample_init(&result, 2);
        sample_pairs(&result, 1, METRIC_OPS, same, whole_rows[i].pairs);
        const char *targets[] = {whole_rows[i].target, whole_rows[i].other_target};
        for (size_t arm = 0; arm < 2; arm++) {
            if (targets[arm] != NULL) {
                result.arms[arm].target = targets[arm];
                result.arms[arm].started_by_us = false;
                result.arms[arm].placement = "remote";
            } else if (whole_rows[i].unpinned) {
                result.arms[arm].placement = "not pinned";
            }
        }
        result.env.cpus = whole_rows[i].cpus == 0 ? 2 : whole_rows[i].cpus;
        result.repeated_pairs = whole_rows[i].repeated;
        if (whole_rows[i].governor != NULL) {
            (void)snprintf(result.env.governor, ENV_TEXT_SIZE, "%s", whole_rows[i].governor);
        }
        if (whole_rows[i].seconds > 0) {
            result.design.duration = (nsec)(whole_rows[i].seconds * (double)NSEC_PER_SEC);
        }
        validity_check_result(&result);
        tap_text(severity_of(&result.findings, whole_rows[i].code), whole_rows[i].wanted,
                 "whole, %s: %s", whole_rows[i].code, whole_rows[i].name);
        result_release(&result);
    }
}

/* Runs of 100,000 operations per second, in which the load generator was busy for so much of the
 * time: it could have done 103,093. */
static void make_busy(struct result *result)
{
    for (size_t i = 0; i < result->cell_count; i++) {
        for (size_t k = 0; k < result->cells[i].run_count; k++) {
            result->cells[i].runs[k].client_busy = 0.97;
        }
    }
}

static void test_headroom(void)
{
    static const struct {
        double maximum;
        double raised;
        const char *wanted;
    } rows[] = {
        {0, 0, "none"},
        {90000, 100000 / 0.97, "conditional"},
        {109000, 109000, "conditional"},
        {111000, 111000, "none"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result result;
        sample_init(&result, 2);
        sample_pairs(&result, 1, METRIC_OPS, same, 6);
        make_busy(&result);
        result.cells[0].client_maximum = rows[i].maximum;
        validity_check_result(&result);
        tap_text(severity_of(&result.findings, "client-headroom"), rows[i].wanted,
                 "by itself %.0f per second", rows[i].maximum);
        tap_near(result.cells[0].client_maximum, rows[i].raised, 1e-6, "or what runs show");
        result_release(&result);
    }
}

/* Of the cells of a suite that are valid, the nearest is told; runs that are not valid do not
 * count. */
static void test_headroom_of_cells(void)
{
    enum { CELLS = 5, VOID = 3, SPOILT = 4 };
    static const char *const names[CELLS] = {"string", "hash", "list", "void", "spoilt"};
    static const double maxima[CELLS] = {109000, 105000, 0, 104000, 300000};
    struct result result;
    sample_init(&result, 2);
    sample_cells(&result, names, CELLS);
    for (size_t i = 0; i < CELLS; i++) {
        sample_cell_pairs(&result, i, same, 6);
        result.cells[i].client_maximum = maxima[i];
    }
    make_busy(&result);
    for (size_t k = 0; k < result.cells[VOID].run_count; k++) {
        result.cells[VOID].runs[k].valid = false;
    }
    result.cells[SPOILT].runs[0].operations *= 3; /* its maximum is known: it is in the count */
    result.cells[SPOILT].runs[0].client_busy = 1;
    result.cells[SPOILT].runs[0].valid = false;
    validity_check_result(&result);
    size_t count = 0;
    for (size_t i = 0; i < result.findings.count; i++) {
        const struct finding *finding = &result.findings.items[i];
        if (strcmp(finding->code, "client-headroom") == 0) {
            count++;
            tap_text(finding->text,
                     "in 2 of 3 cells where that is known, nearest in hash: redis came to 100000 "
                     "operations per second, "
                     "and the load generator by itself to 105000: servers faster than that would "
                     "look alike",
                     "the nearest");
        }
    }
    tap_int((int64_t)count, 1, "once");
    result_release(&result);
}

/* A comparison in which the client was the limit in the first `bad` runs of arm 1. */
static void sample_saturated(struct result *result, uint32_t pairs, uint32_t bad)
{
    sample_init(result, 2);
    sample_pairs(result, 1, METRIC_OPS, same, pairs);
    struct result_cell *cell = &result->cells[0];
    for (size_t i = 0; i < cell->run_count; i++) {
        if (cell->runs[i].arm == 1 && cell->runs[i].pair <= bad) {
            cell->runs[i].client_busy = 0.98;
            cell->runs[i].server_busy = 0.5;
        } else if (cell->runs[i].arm == 0 && cell->runs[i].pair <= bad) {
            cell->runs[i].client_busy = 0.98;
        }
        validity_check_run(result, &cell->runs[i]);
    }
    validity_check_result(result);
}

static void test_sums(void)
{
    struct result result;
    sample_saturated(&result, PAIRS, 1);
    const struct finding *finding = find(&result.findings, "client-saturated");
    tap_text(
        finding->text,
        "in 2 of 12 runs, 1 left out with its pair, at worst: the load generator was the limit: it "
        "was busy 98 % of the time, the server 50 %",
        "one finding for all runs, the worst speaking");
    tap_text(severity_name(finding->severity), "conditional", "one pair of six may be left out");
    result_release(&result);

    sample_saturated(&result, 5, 1);
    tap_text(severity_of(&result.findings, "client-saturated"), "conditional",
             "one pair of five, a fifth, may be left out");
    result_release(&result);

    sample_saturated(&result, PAIRS, 2);
    finding = find(&result.findings, "client-saturated");
    tap_text(severity_name(finding->severity), "invalid", "two pairs of six may not");
    tap_check(strncmp(finding->text, "in 4 of 12 runs, at worst: the load", 35) == 0,
              "nor are they left out");
    tap_text(severity_of(&result.findings, "no-valid-pairs"), "none", "four pairs are left");
    result_release(&result);

    sample_saturated(&result, PAIRS, PAIRS);
    tap_text(severity_of(&result.findings, "no-valid-pairs"), "invalid", "no pair is left");
    result_release(&result);
}

static void test_superseded(void)
{
    struct result result;
    sample_init(&result, 2);
    sample_pairs(&result, 1, METRIC_OPS, same, PAIRS);
    struct result_run *first = &result.cells[0].runs[0];
    result_add_finding(&result, &first->findings, SEVERITY_INVALID, "steal", NULL, "all gone");
    first->valid = false;
    sample_run(&result, 0, 1, &sample_usual)->attempt = 2;
    sample_run(&result, 1, 1, &sample_usual)->attempt = 2;
    result.repeated_pairs = 1;
    validity_check_result(&result);
    tap_text(severity_of(&result.findings, "steal"), "none",
             "what a repetition mended is not held against the result");
    tap_text(severity_of(&result.findings, "repeated-pairs"), "note", "but it is told");
    result_release(&result);
}

static void test_single_run(void)
{
    struct result result;
    sample_init(&result, 1);
    result.kind = RESULT_RUN;
    struct result_run *run = sample_run(&result, 0, 1, &sample_usual);
    run->operations = 0;
    validity_check_run(&result, run);
    validity_check_result(&result);
    tap_text(severity_of(&result.findings, "no-operations"), "invalid",
             "a single run that is not valid makes the result invalid");
    tap_text(find(&result.findings, "no-operations")->text, "not one operation was completed",
             "and needs no counting");
    tap_text(severity_of(&result.findings, "few-pairs"), "none", "a run has no pairs");
    result_release(&result);
}

int main(void)
{
    test_run_rules();
    test_run_texts();
    test_failover();
    test_whole();
    test_headroom();
    test_headroom_of_cells();
    test_sums();
    test_superseded();
    test_single_run();
    return tap_end();
}
