#include "analysis/compare.h"

#include "support/sample_result.h"
#include "support/tap.h"

enum { PAIRS = 6 };

static const double more[PAIRS] = {1.03, 1.04, 1.04, 1.04, 1.05, 1.04};
static const double fewer[PAIRS] = {0.95, 0.94, 0.94, 0.94, 0.93, 0.94};
static const double same[PAIRS] = {1.01, 0.99, 1.00, 1.00, 1.005, 0.995};
static const double little[PAIRS] = {1.01, 1.02, 1.03, 1.02, 1.02, 1.02};
static const double unclear[PAIRS] = {0.98, 1.04, 1.00, 1.01, 1.02, 0.99};
static const double longer[PAIRS] = {1.10, 1.15, 1.20, 1.15, 1.15, 1.15};

static void conclude(struct result *result)
{
    analysis_compare(result);
    analysis_conclude(result);
}

static void test_sentences(void)
{
    static const struct {
        const char *name;
        enum metric metric;
        uint32_t pairs;
        const double *ratios;
        const char *wanted;
    } rows[] = {
        {"better", METRIC_OPS, PAIRS, more,
         "valkey 8.0.1 serves 4.0 % more operations per second than redis 7.0.15 (95 % interval "
         "+3.0 % to +5.0 %, 6 pairs): better. Median latency, p99 latency, p99.9 latency and CPU "
         "per operation are equivalent within their margins."},
        {"worse", METRIC_OPS, PAIRS, fewer,
         "valkey 8.0.1 serves 6.0 % fewer operations per second than redis 7.0.15 (95 % interval "
         "-7.0 % to -5.0 %, 6 pairs): worse. Median latency, p99 latency, p99.9 latency and CPU "
         "per operation are equivalent within their margins."},
        {"equivalent", METRIC_OPS, PAIRS, same,
         "No difference in throughput that matters between valkey 8.0.1 and redis 7.0.15: +0.00 % "
         "(95 "
         "% interval -1.0 % to +1.0 %, 6 pairs), within the margin of 2 %. Median latency, p99 "
         "latency, p99.9 latency and CPU per operation are equivalent within their margins."},
        {"small difference", METRIC_OPS, PAIRS, little,
         "valkey 8.0.1 serves 2.0 % more operations per second than redis 7.0.15 (95 % interval "
         "+1.0 % to +3.0 %, 6 pairs): a small difference, not shown to be more than the margin of "
         "2 %. Median latency, p99 latency, p99.9 latency and CPU per operation are equivalent "
         "within their margins."},
        {"inconclusive", METRIC_OPS, PAIRS, unclear,
         "Cannot tell yet whether valkey 8.0.1 serves more operations per second than redis "
         "7.0.15: +0.50 % (95 % interval -2.0 % to +4.0 %, 6 pairs); about 49 more pairs would "
         "settle it. Median latency, p99 latency, p99.9 latency and CPU per operation are "
         "equivalent "
         "within their margins."},
        {"too few", METRIC_OPS, 3, more,
         "Cannot tell yet whether valkey 8.0.1 serves more operations per second than redis "
         "7.0.15: +3.7 % in 3 pairs, too few for a 95 % interval; at least 6 are needed."},
        {"one pair", METRIC_OPS, 1, more,
         "Cannot tell yet whether valkey 8.0.1 serves more operations per second than redis "
         "7.0.15: +3.0 % in 1 pair, too few for a 95 % interval; at least 6 are needed."},
        {"latency", METRIC_P99, PAIRS, longer,
         "No difference in throughput that matters between valkey 8.0.1 and redis 7.0.15: +0.00 % "
         "(95 "
         "% interval +0.00 % to +0.00 %, 6 pairs), within the margin of 2 %. p99 latency is 15.0 "
         "% higher (95 % interval +10.0 % to +20.0 %): worse. Median latency, p99.9 latency and "
         "CPU per operation are equivalent within their margins."},
        {"CPU cannot be told", METRIC_CPU, PAIRS, unclear,
         "No difference in throughput that matters between valkey 8.0.1 and redis 7.0.15: +0.00 % "
         "(95 "
         "% interval +0.00 % to +0.00 %, 6 pairs), within the margin of 2 %. Median latency, p99 "
         "latency and p99.9 latency are equivalent within their margins. Cannot tell yet for CPU "
         "per operation: about 19 more pairs would settle it."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result result;
        sample_init(&result, 2);
        sample_pairs(&result, 1, rows[i].metric, rows[i].ratios, rows[i].pairs);
        conclude(&result);
        tap_text(result.verdict_text, rows[i].wanted, "sentence: %s", rows[i].name);
        tap_int(result.exit_code, 0, "sentence: %s: nothing gated, done", rows[i].name);
        result_release(&result);
    }
}

/* Where all that was asked for is done, throughput is no finding: something must be said instead.
 */
static void test_reached_rate(void)
{
    struct result result;
    sample_init(&result, 2);
    sample_pairs(&result, 1, METRIC_P50, longer, 3);
    for (size_t i = 0; i < result.cells[0].run_count; i++) {
        struct result_run *run = &result.cells[0].runs[i];
        result_make_open(run);
        run->offered_per_second = (double)run->operations / run->measured_seconds;
    }
    conclude(&result);
    tap_text(result.verdict_text,
             "valkey 8.0.1 against redis 7.0.15. Cannot tell yet for median latency, p99 latency, "
             "p99.9 latency and CPU per operation: 3 pairs are too few for a 95 % interval, at "
             "least 6 are needed.",
             "too few pairs in an open loop");
    result_release(&result);
}

static void test_exit_codes(void)
{
    static const struct {
        const char *name;
        const double *ratios;
        enum metric metric;
        int wanted;
        bool gate_ops, gate_p99, gate_memory, conclusive, invalid, interrupted;
    } rows[] = {
        {.name = "worse, not gated", fewer, METRIC_OPS, .wanted = 0},
        {.name = "worse, gated", fewer, METRIC_OPS, .gate_ops = true, .wanted = 1},
        {.name = "worse, other gate", fewer, METRIC_OPS, .gate_p99 = true, .wanted = 0},
        {.name = "better, gated", more, METRIC_OPS, .gate_ops = true, .wanted = 0},
        {.name = "higher p99, gated", longer, METRIC_P99, .gate_p99 = true, .wanted = 1},
        {.name = "unclear", unclear, METRIC_OPS, .gate_ops = true, .wanted = 0},
        {.name = "unclear, must be conclusive",
         unclear,
         METRIC_OPS,
         .conclusive = true,
         .wanted = 3},
        {.name = "unclear and gated, must be conclusive",
         unclear,
         METRIC_OPS,
         .gate_ops = true,
         .conclusive = true,
         .wanted = 3},
        {.name = "unclear but not gated, must be conclusive",
         unclear,
         METRIC_OPS,
         .gate_p99 = true,
         .conclusive = true,
         .wanted = 0},
        {.name = "clear, must be conclusive", more, METRIC_OPS, .conclusive = true, .wanted = 0},
        {.name = "small, must be conclusive", little, METRIC_OPS, .conclusive = true, .wanted = 0},
        {.name = "gate without figures", same, METRIC_OPS, .gate_memory = true, .wanted = 4},
        {.name = "gate without figures, must be conclusive",
         same,
         METRIC_OPS,
         .gate_memory = true,
         .conclusive = true,
         .wanted = 3},
        {.name = "worse before inconclusive",
         longer,
         METRIC_P99,
         .gate_p99 = true,
         .gate_memory = true,
         .conclusive = true,
         .wanted = 1},
        {.name = "invalid before worse",
         fewer,
         METRIC_OPS,
         .gate_ops = true,
         .invalid = true,
         .wanted = 4},
        {.name = "interrupted before invalid",
         fewer,
         METRIC_OPS,
         .gate_ops = true,
         .invalid = true,
         .interrupted = true,
         .wanted = 130},
        {.name = "interrupted", more, METRIC_OPS, .interrupted = true, .wanted = 130},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result result;
        sample_init(&result, 2);
        result.design.gated[METRIC_OPS] = rows[i].gate_ops;
        result.design.gated[METRIC_P99] = rows[i].gate_p99;
        result.design.gated[METRIC_MEMORY] = rows[i].gate_memory;
        result.design.require_conclusive = rows[i].conclusive;
        result.interrupted = rows[i].interrupted;
        sample_pairs(&result, 1, rows[i].metric, rows[i].ratios, PAIRS);
        if (rows[i].invalid) {
            result_add_finding(&result, &result.findings, SEVERITY_INVALID, "x", NULL, "x");
        }
        conclude(&result);
        tap_int(result.exit_code, rows[i].wanted, "exit code: %s", rows[i].name);
        result_release(&result);
    }
}

static void test_gate_sentences(void)
{
    struct result result;
    sample_init(&result, 2);
    result.design.gated[METRIC_OPS] = true;
    result.design.gated[METRIC_MEMORY] = true;
    sample_pairs(&result, 1, METRIC_OPS, fewer, PAIRS);
    conclude(&result);
    tap_check(strstr(result.verdict_text, " The gate on throughput failed.") != NULL,
              "a failed gate is named");
    tap_check(strstr(result.verdict_text, " The gate on memory per key could not be checked: "
                                          "there are no figures.") != NULL,
              "a gate that could not be checked is named");
    result_release(&result);
}

static void test_invalid(void)
{
    struct result result;
    sample_init(&result, 2);
    sample_pairs(&result, 1, METRIC_OPS, more, PAIRS);
    result_add_finding(&result, &result.findings, SEVERITY_CONDITIONAL, "steal", NULL, "stolen");
    result_add_finding(&result, &result.findings, SEVERITY_INVALID, "data",
                       "load the same data into both", "the data differs");
    conclude(&result);
    tap_text(result.verdict_text,
             "NOT VALID: the data differs. Load the same data into both. The figures are no "
             "verdict.",
             "one reason with its advice");
    result_add_finding(&result, &result.findings, SEVERITY_INVALID, "other", NULL, "other");
    result.design.force = true;
    conclude(&result);
    tap_text(result.verdict_text,
             "NOT VALID (measured all the same): the data differs. Load the same data into both. "
             "There is 1 more reason. The figures are no verdict.",
             "two reasons, forced");
    tap_check(strstr(result.verdict_text, "better") == NULL, "and never a verdict");
    result.interrupted = true;
    conclude(&result);
    tap_check(strncmp(result.verdict_text, "Interrupted. NOT VALID", 22) == 0,
              "interrupted and not valid: both are said");
    result_release(&result);

    sample_init(&result, 2);
    conclude(&result);
    tap_text(result.verdict_text,
             "NOT VALID: there is no pair of valid runs. The figures are no verdict.",
             "nothing to compare");
    tap_int(result.exit_code, 4, "nothing to compare: not valid");
    result_release(&result);
}

static void test_interrupted(void)
{
    struct result result;
    sample_init(&result, 2);
    result.interrupted = true;
    conclude(&result);
    tap_text(result.verdict_text, "Interrupted after 0 of 6 pairs: no verdict.",
             "interrupted before the first pair");
    sample_pairs(&result, 1, METRIC_OPS, more, 2);
    conclude(&result);
    tap_text(result.verdict_text,
             "Interrupted after 2 of 6 pairs. Cannot tell yet whether valkey 8.0.1 serves more "
             "operations per second than redis 7.0.15: +3.5 % in 2 pairs, too few for a 95 % "
             "interval; at least 6 are needed.",
             "interrupted after two pairs");
    result_release(&result);
}

static void test_reservations_and_arms(void)
{
    struct result result;
    sample_init(&result, 3);
    result.arms[1].engine_version = "";
    sample_pairs(&result, 1, METRIC_OPS, more, PAIRS);
    for (uint32_t pair = 1; pair <= PAIRS; pair++) {
        struct sample_figures slow = sample_usual;
        slow.operations = 90000;
        sample_run(&result, 2, pair, &slow);
    }
    result_add_finding(&result, &result.findings, SEVERITY_NOTE, "loopback", NULL, "near");
    result_add_finding(&result, &result.findings, SEVERITY_CONDITIONAL, "steal", NULL, "a");
    result_add_finding(&result, &result.findings, SEVERITY_CONDITIONAL, "few", NULL, "b");
    conclude(&result);
    const char *second = strchr(result.verdict_text, '\n');
    tap_check(strncmp(result.verdict_text, "valkey serves 4.0 % more", 24) == 0,
              "an arm without version goes by its label");
    tap_check(second != NULL &&
                  strncmp(second + 1, "next (valkey 9.1.0) serves 10.0 % fewer", 39) == 0,
              "a label that hides the engine is explained");
    const char *end = strstr(result.verdict_text, " Holds with reservations: steal, few.");
    tap_check(end != NULL && strlen(end) == strlen(" Holds with reservations: steal, few."),
              "conditional findings are named at the end, notes are not");
    result_release(&result);
}

static void test_self_control(void)
{
    struct result result;
    sample_init(&result, 2);
    result.design.aa = true;
    sample_pairs(&result, 1, METRIC_OPS, more, PAIRS);
    conclude(&result);
    tap_check(strncmp(result.verdict_text, "A/A control: valkey", 19) == 0, "A/A is named");
    tap_check(strstr(result.verdict_text, "a difference here is noise of the set-up") != NULL,
              "a difference in A/A is called noise");
    result_release(&result);
    sample_init(&result, 2);
    result.design.aa = true;
    sample_pairs(&result, 1, METRIC_OPS, same, PAIRS);
    conclude(&result);
    tap_check(strstr(result.verdict_text, "noise") == NULL, "no difference: nothing to excuse");
    result_release(&result);
}

static void test_run(void)
{
    struct result result;
    sample_init(&result, 1);
    result.kind = RESULT_RUN;
    sample_run(&result, 0, 1, &sample_usual);
    analysis_conclude(&result);
    tap_text(result.verdict_text,
             "redis 7.0.15 serves 100,000 operations per second; latency is 200 ns at the median, "
             "400 ns at p99 and 800 ns at p99.9 (50 clients, 1.0 s measured).",
             "one run in a sentence");
    tap_int(result.exit_code, 0, "one run: done");
    result_release(&result);

    sample_init(&result, 1);
    result.kind = RESULT_RUN;
    result.interrupted = true;
    analysis_conclude(&result);
    tap_text(result.verdict_text, "Interrupted before anything was measured.",
             "interrupted at once");
    tap_int(result.exit_code, 130, "interrupted at once: 130");
    result_release(&result);
}

int main(void)
{
    test_sentences();
    test_reached_rate();
    test_exit_codes();
    test_gate_sentences();
    test_invalid();
    test_interrupted();
    test_reservations_and_arms();
    test_self_control();
    test_run();
    return tap_end();
}
