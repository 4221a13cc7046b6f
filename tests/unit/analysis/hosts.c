/* Results of several hosts: what is judged by hosts, what is said, and what is found. */
#include <stdlib.h>

#include "analysis/compare.h"
#include "analysis/contract.h"
#include "analysis/enough.h"
#include "analysis/validity.h"
#include "support/sample_result.h"
#include "support/tap.h"

enum { MOST = 4, BILLION = 1000000000 };

/* What hosts add to the logarithm of the throughput. */
static const double from[MOST] = {0.00, 0.03, -0.02, 0.01};
static const double to[MOST] = {0.05, 0.01, 0.06, 0.03};

static void set_hosts(struct result *result, uint32_t arm, size_t count)
{
    static struct result_host hosts[2][MOST];
    static const char *const names[2][MOST] = {
        {"redis://a1", "redis://a2", "redis://a3", "redis://a4"},
        {"redis://b1", "redis://b2", "redis://b3", "redis://b4"}};
    static const char *const lists[2][MOST] = {
        {"redis://a1", "redis://a1,redis://a2", "redis://a1,redis://a2,redis://a3", NULL},
        {"redis://b1", "redis://b1,redis://b2", "redis://b1,redis://b2,redis://b3", NULL}};
    struct result_arm *described = &result->arms[arm];
    described->started_by_us = false;
    described->target = lists[arm][count - 1];
    for (size_t i = 0; i < count; i++) {
        hosts[arm][i] = (struct result_host){
            .target = names[arm][i],
            .engine = described->engine,
            .engine_version = described->engine_version,
        };
    }
    described->hosts = count > 1 ? hosts[arm] : NULL;
    described->host_count = count > 1 ? count : 0;
}

/* Every host of one arm against every host of the other. */
static void begin(struct result *result, uint32_t from_count, uint32_t to_count)
{
    sample_init(result, 2);
    set_hosts(result, 0, from_count);
    set_hosts(result, 1, to_count);
    uint32_t pair = 0;
    for (uint32_t i = 0; i < from_count; i++) {
        for (uint32_t k = 0; k < to_count; k++) {
            struct sample_figures figures = sample_usual;
            pair++;
            /* What both runs of a pair share does not matter. */
            double shared = 0.2 * (pair % 3);
            figures.operations = (uint64_t)llround(BILLION * exp(from[i] + shared));
            sample_run(result, 0, pair, &figures)->host_number = i + 1;
            figures.operations = (uint64_t)llround(BILLION * exp(to[k] + shared));
            sample_run(result, 1, pair, &figures)->host_number = k + 1;
        }
    }
    result->design.pairs = pair;
}

static const struct result_comparison *ops_of(const struct result *result)
{
    return &result->cells[0].comparisons[0];
}

static void test_interval(void)
{
    struct result result;
    begin(&result, 3, 3);
    result.design.gated[METRIC_OPS] = true;
    analysis_compare(&result);
    analysis_conclude(&result);
    const struct result_comparison *c = ops_of(&result);
    tap_int(c->metric, METRIC_OPS, "throughput comes first");
    tap_int(c->baseline_hosts * 10 + c->arm_hosts, 33, "three hosts each");
    tap_int(c->n, 3, "are what counts");
    tap_int(c->pairs, 9, "in nine pairs");
    /* Welch's test of the hosts, by scipy 1.10: see unit/stats/crossed.c. */
    tap_near(c->ratio, 1.0373471808077517, 1e-6, "ratio");
    tap_near(c->low, 0.9783148864692929, 1e-6, "low");
    tap_near(c->high, 1.0999415304957298, 1e-6, "high");
    tap_near(c->p_value, 0.15715417181400484, 1e-6, "p");
    tap_near(c->p_equivalence, 0.7656662722406865, 1e-6, "p of equivalence");
    tap_near(c->gate, 0.9722719515376665, 1e-6, "p of the gate");
    tap_int(c->verdict, VERDICT_INCONCLUSIVE, "cannot be told");
    tap_int(c->hosts_needed, 54, "hosts that would settle it");
    tap_int(c->pairs_needed, 0, "pairs would not");
    tap_near(c->minimum_detectable,
             exp((4.302652729749464 + 1.885618083164127) * 0.021081851067789197) - 1, 1e-6,
             "what would be seen");
    tap_check(strstr(result.verdict_text,
                     "+3.7 % (95 % interval -2.2 % to +10.0 %, 3 and 3 hosts in 9 pairs); about 54 "
                     "hosts of each target, with as many pairs each, would settle it. ") != NULL,
              "the sentence: %s", result.verdict_text);

    /* By pairs the same figures would show a difference that three hosts cannot show. */
    double width = log(c->high / c->low);
    for (uint32_t arm = 0; arm < 2; arm++) {
        set_hosts(&result, arm, 1);
    }
    analysis_compare(&result);
    c = ops_of(&result);
    tap_int(c->n, 9, "by pairs: nine");
    tap_int(c->baseline_hosts, 0, "and no hosts");
    tap_check(c->low > 1, "by pairs there would be a difference");
    tap_check(log(c->high / c->low) < 0.7 * width, "and an interval that is too narrow");
    result_release(&result);
}

/* Each percentile by hosts, as the comparison has it, and a band that is wider. With 18 pairs what
 * going first adds is taken out of both. */
static void check_shift(uint32_t pairs)
{
    static const uint64_t usual[] = {1000, 1020, 1040};
    static const uint64_t slow[] = {1100, 1150, 1200};
    struct result result;
    sample_init(&result, 2);
    set_hosts(&result, 0, 3);
    set_hosts(&result, 1, 3);
    for (uint32_t i = 0; i < pairs; i++) {
        struct sample_figures figures = sample_usual;
        figures.p99 = figures.p999 = figures.max = 1600;
        figures.p50 = usual[i / 3 % 3];
        struct result_run *run = sample_run(&result, 0, i + 1, &figures);
        run->host_number = i / 3 % 3 + 1;
        run->slot = i < pairs / 2 ? 2 : 3;
        figures.p50 = slow[i % 3] + (i < pairs / 2 ? 40 : 0); /* of the arm, when it goes first */
        run = sample_run(&result, 1, i + 1, &figures);
        run->host_number = i % 3 + 1;
        run->slot = i < pairs / 2 ? 1 : 4;
    }
    analysis_compare(&result);
    analysis_conclude(&result);
    const struct result_comparison *c = &result.cells[0].comparisons[1];
    tap_int((int64_t)result.cells[0].shift_count, 1, "a shift");
    const struct result_shift *shift = &result.cells[0].shifts[0];
    tap_int(shift->n, pairs, "of %u pairs", pairs);
    tap_int(isnan(c->position_effect), pairs < 16, "what going first adds is known");
    size_t medians = 0;
    for (size_t i = 0; i < shift->point_count; i++) {
        const struct result_shift_point *point = &shift->points[i];
        if (fabs(point->percentile - 50) < 1e-9) {
            medians++;
            tap_near(point->ratio, c->ratio, 1e-12, "ratio, as compared");
            tap_near(point->low, c->low, 1e-12, "low, as compared");
            tap_near(point->high, c->high, 1e-12, "high");
            /* qt(1 - .025 / points, f) is what the band takes, qt(.975, f) what one alone does. */
            tap_check(log(point->ratio / point->band_low) > 1.5 * log(point->ratio / point->low) &&
                          log(point->band_high / point->ratio) >
                              1.5 * log(point->high / point->ratio),
                      "the band is wider: %g to %g", point->band_low, point->band_high);
        } else if (point->percentile > 50 && point->percentile < 99.5) {
            tap_near(point->ratio, 1, 1e-12, "p%g: no difference there", point->percentile);
        }
    }
    tap_int((int64_t)medians, 1, "the median is in it");
    result_release(&result);
}

static void test_shift(void)
{
    check_shift(9);
    check_shift(18);
}

/* More is worse for latency: the other side of the gate. */
static void test_latency_gate(void)
{
    struct result result;
    sample_init(&result, 2);
    set_hosts(&result, 0, 2);
    set_hosts(&result, 1, 2);
    result.design.gated[METRIC_P50] = true;
    for (uint32_t pair = 1; pair <= 4; pair++) {
        struct sample_figures slow = sample_usual;
        slow.p50 = pair % 2 == 0 ? 301 : 300; /* hosts that hardly differ */
        sample_run(&result, 0, pair, &sample_usual)->host_number = 1 + (pair - 1) / 2;
        sample_run(&result, 1, pair, &slow)->host_number = 1 + pair % 2;
    }
    analysis_compare(&result);
    analysis_conclude(&result);
    const struct result_comparison *c = &result.cells[0].comparisons[1];
    tap_int(c->metric, METRIC_P50, "the median");
    tap_int(c->verdict, VERDICT_WORSE, "is worse by half");
    tap_check(c->gate < 0.01, "and its gate says so: %g", c->gate);
    tap_int(result.exit_code, 1, "so that it fails");
    result_release(&result);
}

static bool has(const struct result *result, const char *code, const char *text)
{
    for (size_t i = 0; i < result->findings.count; i++) {
        const struct finding *finding = &result->findings.items[i];
        if (strcmp(finding->code, code) == 0 && strstr(finding->text, text) != NULL) {
            return true;
        }
    }
    return false;
}

static void test_one_host(void)
{
    struct result result;
    begin(&result, 1, 3);
    validity_check_result(&result);
    analysis_compare(&result);
    analysis_conclude(&result);
    const struct result_comparison *c = ops_of(&result);
    tap_near(c->ratio, exp((0.05 + 0.01 + 0.06) / 3), 1e-6, "one and three hosts: a ratio");
    tap_check(c->low <= 0 && isinf(c->high), "without an interval");
    tap_int(c->verdict, VERDICT_INCONCLUSIVE, "and so without a verdict");
    tap_int(c->hosts_needed, 2, "two hosts are needed");
    tap_check(
        strstr(result.verdict_text,
               "on 1 and 3 hosts in 3 pairs, too few for a 95 % interval; at least 2 hosts of "
               "each target are needed.") != NULL,
        "the sentence: %s", result.verdict_text);
    tap_check(has(&result, "few-hosts", "redis has one host, and what differs may be that host"),
              "a finding names the arm");
    tap_check(!has(&result, "few-hosts", "valkey"), "and not the other");
    tap_check(!has(&result, "few-pairs", "") && !has(&result, "single-node", ""),
              "pairs are not what is lacking");
    result_release(&result);
}

static void test_loopback(void)
{
    static const struct {
        const char *second; /* host of the arm */
        bool is_told;
    } rows[] = {{"redis://b2", false}, {"redis://localhost:1", true}, {"local:redis-server", true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result result;
        begin(&result, 2, 2);
        result.arms[1].hosts[1].target = rows[i].second;
        validity_check_result(&result);
        tap_int(has(&result, "loopback", ""), rows[i].is_told, "%s: is the machine shared?",
                rows[i].second);
        result_release(&result);
    }
}

static void test_against_itself(void)
{
    struct result result;
    begin(&result, 3, 3);
    result.design.aa = true;
    analysis_compare(&result);
    tap_int(ops_of(&result)->n, 9, "a target against itself is judged by pairs");
    tap_int(ops_of(&result)->baseline_hosts, 0, "whatever hosts it has");
    result_release(&result);
}

/* How many pairs to add is counted in pairs. */
static void test_enough(void)
{
    struct result result;
    struct enough enough;
    begin(&result, 3, 3);
    result.design.max_pairs = 40;
    analysis_compare(&result);
    analysis_enough(&result, NULL, &enough);
    tap_check(!enough.enough && enough.n == 9 && enough.needed > 9, "nine pairs are not enough");
    result_release(&result);
}

static void test_adding(void)
{
    static const struct {
        uint32_t from, to;
        bool aa;
        bool adds;
    } rows[] = {
        {1, 1, false, true},  {1, 3, false, false}, {2, 2, false, false},
        {3, 2, false, false}, {3, 3, false, true},  {2, 2, true, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result result;
        begin(&result, rows[i].from, rows[i].to);
        result.design.aa = rows[i].aa;
        tap_check(!enough_adds_pairs(&result), "a fixed number of pairs stays what it is");
        result.design.max_pairs = 40;
        result.interrupted = true;
        analysis_compare(&result);
        analysis_conclude(&result);
        bool by_hosts = rows[i].from > 1 || rows[i].to > 1;
        uint32_t planned = rows[i].adds && by_hosts && !rows[i].aa && result.design.pairs < 10
                               ? 10
                               : result.design.pairs;
        char sentence[64];
        (void)snprintf(sentence, sizeof sentence, " of %s%u pairs. ",
                       rows[i].adds ? "at least " : "", planned);
        tap_check(strstr(result.verdict_text, sentence) != NULL, "interrupted%s: %s", sentence,
                  result.verdict_text);
        result.interrupted = false;
        analysis_conclude(&result);
        tap_int(strstr(result.verdict_text, "No pairs were added: where hosts are compared that "
                                            "takes 3 of each target.") != NULL,
                !rows[i].adds, "%u and %u hosts: %s", rows[i].from, rows[i].to,
                result.verdict_text);
        tap_near(ops_of(&result)->confidence, rows[i].adds ? 0.965 : 0.95, 1e-12,
                 "and how sure it is");
        tap_int(enough_adds_pairs(&result), rows[i].adds, "%u and %u hosts%s: are pairs added?",
                rows[i].from, rows[i].to, rows[i].aa ? ", against itself" : "");
        result_release(&result);
    }
}

/* `count` pairs from `first` on, hosts in turn; the arm does so much of what the baseline does. */
static void add_pairs(struct result *result, uint32_t first, uint32_t count, uint32_t hosts,
                      double share)
{
    for (uint32_t i = 0; i < count; i++) {
        struct sample_figures figures = sample_usual;
        uint32_t host = i % hosts;
        figures.operations = (uint64_t)llround(BILLION * exp(from[host] / 10));
        sample_run(result, 0, first + i, &figures)->host_number = host + 1;
        host = (i + i / hosts) % hosts;
        figures.operations = (uint64_t)llround(share * BILLION * exp(to[host] / 10));
        sample_run(result, 1, first + i, &figures)->host_number = host + 1;
    }
}

/* A gate is about to fail on `pairs` pairs; `fresh` ones on `hosts` of the three hosts show no
 * difference. */
static void test_confirmation(void)
{
    static const struct {
        const char *name;
        uint32_t pairs, fresh, hosts;
        double share;
        bool fails;
        const char *said;
    } rows[] = {
        {"nine, all hosts", 9, 9, 3, 1, false, "9 fresh pairs do not confirm it"},
        {"six of nine, all hosts", 9, 6, 3, 1, false, "6 fresh pairs do not confirm it"},
        {"five of nine, all hosts", 9, 5, 3, 1, true, " refuted nothing: there were too few."},
        {"two of nine, two hosts", 9, 2, 2, 1, true, " refuted nothing: a host was lacking."},
        {"nine, but not on all hosts", 9, 9, 2, 1, true, " refuted nothing: a host was lacking."},
        {"as many as there were, all hosts", 5, 5, 3, 1, false, "5 fresh pairs do not confirm it"},
        {"nine, worse again", 9, 9, 3, 0.5, true, "9 fresh pairs confirm it"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result result;
        sample_init(&result, 2);
        set_hosts(&result, 0, 3);
        set_hosts(&result, 1, 3);
        result.design.gated[METRIC_OPS] = true;
        add_pairs(&result, 1, rows[i].pairs, 3, 0.5);
        analysis_compare(&result);
        tap_check(analysis_wants_confirmation(&result, &result.cells[0]), "%s: is wanted",
                  rows[i].name);
        result.cells[0].confirmed_from = rows[i].pairs + 1;
        add_pairs(&result, rows[i].pairs + 1, rows[i].fresh, rows[i].hosts, rows[i].share);
        analysis_compare(&result);
        const struct result_comparison *c = ops_of(&result);
        tap_int(c->verdict, VERDICT_WORSE, "%s: the verdict stays", rows[i].name);
        tap_int(c->confirmation.n, rows[i].fresh, "%s: fresh pairs", rows[i].name);
        tap_int(c->confirmation.arm_hosts, rows[i].hosts, "%s: on hosts", rows[i].name);
        tap_int(analysis_gate_fails(&result, c), rows[i].fails, "%s: does the gate fail?",
                rows[i].name);
        analysis_conclude(&result);
        tap_check(strstr(result.verdict_text, rows[i].said) != NULL, "%s: %s", rows[i].name,
                  result.verdict_text);
        result_release(&result);
    }
}

/* Means over the cells of a suite, by hosts. */
static void test_suite(void)
{
    static const char *const names[] = {"one", "two"};
    struct result result;
    struct result single;
    begin(&single, 3, 3);
    analysis_compare(&single);
    begin(&result, 3, 3);
    sample_cells(&result, names, 2);
    result.cells[1].runs = NULL; /* its own */
    result.cells[1].run_count = result.cells[1].run_capacity = 0;
    for (size_t i = 0; i < result.cells[0].run_count; i++) { /* the same runs in both cells */
        struct result_run *run = result_add_run(&result, &result.cells[1], NULL, 0);
        const struct result_run *other = &result.cells[0].runs[i];
        run->arm = other->arm;
        run->pair = run->block = other->pair;
        run->slot = other->slot;
        run->attempt = 1;
        run->valid = true;
        run->host_number = other->host_number;
        run->operations = other->operations;
        run->measured_seconds = 1;
    }
    analysis_compare(&result);
    const struct result_summary *mean = &result.summaries[0];
    tap_int(mean->metric, METRIC_OPS, "the mean over cells");
    tap_int(mean->cells, 2, "two of them");
    tap_int(mean->n, 3, "comes from three hosts");
    tap_near(mean->low, ops_of(&single)->low, 1e-9, "its interval: low");
    tap_near(mean->high, ops_of(&single)->high, 1e-9, "high");
    tap_check(!has(&result, "many-comparisons", ""), "pairs are not what is lacking");
    result_release(&result);
    result_release(&single);
}

static struct setting facts[2][MOST][2];

static void set_fact(struct result *result, uint32_t arm, size_t host, const char *name,
                     const char *value)
{
    struct result_host *described = &result->arms[arm].hosts[host];
    described->facts = facts[arm][host];
    described->facts[described->fact_count++] = (struct setting){name, value};
}

static const struct {
    const char *name;
    const char *fact;
    const char *values[MOST]; /* of a1, a2, b1, b2 */
    const char *code;
    const char *text;
    bool comparable;
    enum severity severity;
} contract_rows[] = {
    {"alike", "save", {"", "", "", ""}, NULL, NULL, true, SEVERITY_NOTE},
    {"snapshots of one",
     "save",
     {"", "", "", "900"},
     "hosts-differ",
     "save: valkey at redis://b1 has \"none\", valkey at redis://b2 has \"900\"",
     false,
     SEVERITY_INVALID},
    {"threads of one",
     "io-threads",
     {"1", "4", "1", "1"},
     "hosts-differ",
     "io-threads: redis at redis://a1 has \"1\", redis at redis://a2 has \"4\"",
     true,
     SEVERITY_CONDITIONAL},
    {"one server twice in a list",
     "run_id",
     {"x", "x", "y", "z"},
     "same-server",
     "redis at redis://a1 and redis at redis://a2 are the same server",
     false,
     SEVERITY_INVALID},
    {"a server in both arms",
     "run_id",
     {"x", "y", "z", "y"},
     "same-server",
     "redis at redis://a2 and valkey at redis://b2 are the same server",
     false,
     SEVERITY_INVALID},
    {"a replica among them",
     "role",
     {"master", "master", "master", "slave"},
     "replica",
     "valkey at redis://b2 is a replica",
     true,
     SEVERITY_CONDITIONAL},
    {"one that is far",
     "round-trip-us",
     {"100", "110", "120", "900"},
     "network-differs",
     "round trip: redis at redis://a1 has 100 us, valkey at redis://b2 900 us",
     true,
     SEVERITY_CONDITIONAL},
    {"keys on one",
     "keys",
     {"0", "0", "0", "7"},
     "not-empty",
     "valkey at redis://b2 held 7 keys before",
     true,
     SEVERITY_CONDITIONAL},
};

static void test_contract(void)
{
    for (size_t i = 0; i < sizeof contract_rows / sizeof contract_rows[0]; i++) {
        struct result result;
        sample_init(&result, 2);
        set_hosts(&result, 0, 2);
        set_hosts(&result, 1, 2);
        for (uint32_t k = 0; k < MOST; k++) {
            set_fact(&result, k / 2, k % 2, contract_rows[i].fact, contract_rows[i].values[k]);
        }
        tap_int(contract_check(&result), contract_rows[i].comparable, "%s: comparable",
                contract_rows[i].name);
        tap_int((int64_t)result.findings.count, contract_rows[i].code == NULL ? 0 : 1,
                "%s: findings", contract_rows[i].name);
        if (contract_rows[i].code != NULL && result.findings.count > 0) {
            tap_check(has(&result, contract_rows[i].code, contract_rows[i].text), "%s: %s",
                      contract_rows[i].name, result.findings.items[0].text);
            tap_int(result.findings.items[0].severity, contract_rows[i].severity, "%s: severity",
                    contract_rows[i].name);
        }
        result_release(&result);
    }
}

/* Settings are a host's own: what one was asked for was not asked of another. */
static void test_settings(void)
{
    static struct setting asked[] = {{"appendonly", "yes"}};
    for (size_t host = 0; host < 3; host++) {
        struct result result;
        sample_init(&result, 2);
        set_hosts(&result, 0, 2);
        set_hosts(&result, 1, 2);
        for (uint32_t k = 0; k < MOST; k++) {
            set_fact(&result, k / 2, k % 2, "appendonly", k == 3 ? "yes" : "no");
        }
        if (host < 2) {
            result.arms[1].hosts[host].settings = asked;
            result.arms[1].hosts[host].setting_count = 1;
        } else { /* of the first one, that is the arm's */
            result.arms[1].settings = asked;
            result.arms[1].setting_count = 1;
        }
        tap_int(contract_check(&result), host < 2, "asked of host %zu: comparable", host + 1);
        tap_int(finding_list_worst(&result.findings), host < 2 ? SEVERITY_NOTE : SEVERITY_INVALID,
                "asked of host %zu: severity", host + 1);
        tap_int(has(&result, "hosts-differ", "as asked"), host < 2, "and said to be asked");
        result_release(&result);
    }
}

static void test_versions(void)
{
    struct result result;
    sample_init(&result, 2);
    set_hosts(&result, 0, 1);
    set_hosts(&result, 1, 3);
    result.arms[1].hosts[2].engine_version = "9.1.0";
    tap_check(contract_check(&result), "versions of one arm differ: may be compared");
    tap_check(has(&result, "hosts-differ",
                  "valkey at redis://b1 runs valkey 8.0.1, valkey at redis://b3 runs valkey 9.1.0"),
              "but it is said");
    tap_int(finding_list_worst(&result.findings), SEVERITY_CONDITIONAL, "conditional");
    result_release(&result);
}

int main(void)
{
    test_interval();
    test_shift();
    test_latency_gate();
    test_one_host();
    test_loopback();
    test_against_itself();
    test_enough();
    test_adding();
    test_confirmation();
    test_suite();
    test_contract();
    test_settings();
    test_versions();
    return tap_end();
}
