#include "analysis/compare.h"
#include "analysis/describe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/sample_result.h"
#include "support/tap.h"

enum { PAIRS = 6 };

static void test_judge(void)
{
    static const struct {
        const char *name;
        enum metric metric;
        enum verdict wanted;
        double low, high, margin;
    } rows[] = {
        {"more operations", METRIC_OPS, VERDICT_BETTER, 1.03, 1.05, 0.02},
        {"fewer operations", METRIC_OPS, VERDICT_WORSE, 0.95, 0.97, 0.02},
        {"more latency", METRIC_P50, VERDICT_WORSE, 1.04, 1.05, 0.03},
        {"less latency", METRIC_P99, VERDICT_BETTER, 0.90, 0.94, 0.05},
        {"less CPU", METRIC_CPU, VERDICT_BETTER, 0.90, 0.96, 0.03},
        {"more CPU", METRIC_CPU, VERDICT_WORSE, 1.10, 1.20, 0.03},
        {"more memory", METRIC_MEMORY, VERDICT_WORSE, 1.10, 1.20, 0.01},
        {"within the margin, around 1", METRIC_OPS, VERDICT_EQUIVALENT, 0.99, 1.01, 0.02},
        {"within the margin, above 1", METRIC_OPS, VERDICT_EQUIVALENT, 1.005, 1.015, 0.02},
        {"a point", METRIC_OPS, VERDICT_EQUIVALENT, 1, 1, 0.02},
        {"gain that may be small", METRIC_OPS, VERDICT_SMALL_DIFFERENCE, 1.01, 1.05, 0.02},
        {"loss that may be small", METRIC_OPS, VERDICT_SMALL_DIFFERENCE, 0.95, 0.99, 0.02},
        {"latency gain that may be small", METRIC_P99, VERDICT_SMALL_DIFFERENCE, 0.90, 0.99, 0.05},
        {"either way", METRIC_OPS, VERDICT_INCONCLUSIVE, 0.97, 1.05, 0.02},
        {"wide on one side", METRIC_OPS, VERDICT_INCONCLUSIVE, 0.99, 1.05, 0.02},
        {"endless", METRIC_OPS, VERDICT_INCONCLUSIVE, 0, INFINITY, 0.02},
        {"endless latency", METRIC_P999, VERDICT_INCONCLUSIVE, 0, INFINITY, 0.1},
        /* 0.25 and 0.8 = 1 / 1.25 are borders without rounding */
        {"low end on the upper border", METRIC_OPS, VERDICT_SMALL_DIFFERENCE, 1.25, 1.5, 0.25},
        {"low end just above it", METRIC_OPS, VERDICT_BETTER, 1.2500001, 1.5, 0.25},
        {"high end on the upper border", METRIC_OPS, VERDICT_INCONCLUSIVE, 0.9, 1.25, 0.25},
        {"high end just below it", METRIC_OPS, VERDICT_EQUIVALENT, 0.9, 1.2499999, 0.25},
        {"high end on the lower border", METRIC_OPS, VERDICT_SMALL_DIFFERENCE, 0.5, 0.8, 0.25},
        {"high end just below that", METRIC_OPS, VERDICT_WORSE, 0.5, 0.7999999, 0.25},
        {"low end on the lower border", METRIC_OPS, VERDICT_INCONCLUSIVE, 0.8, 1.1, 0.25},
        {"low end just above that", METRIC_OPS, VERDICT_EQUIVALENT, 0.8000001, 1.1, 0.25},
        {"low end on 1", METRIC_OPS, VERDICT_INCONCLUSIVE, 1, 1.5, 0.25},
        {"high end on 1", METRIC_OPS, VERDICT_INCONCLUSIVE, 0.5, 1, 0.25},
        {"latency on the upper border", METRIC_P50, VERDICT_SMALL_DIFFERENCE, 1.25, 1.5, 0.25},
        {"latency just above it", METRIC_P50, VERDICT_WORSE, 1.2500001, 1.5, 0.25},
        {"latency on the lower border", METRIC_P50, VERDICT_SMALL_DIFFERENCE, 0.5, 0.8, 0.25},
        {"latency just below that", METRIC_P50, VERDICT_BETTER, 0.5, 0.7999999, 0.25},
        {"latency, low end on 1", METRIC_P50, VERDICT_INCONCLUSIVE, 1, 1.5, 0.25},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum verdict got =
            analysis_judge(rows[i].metric, rows[i].low, rows[i].high, rows[i].margin);
        tap_text(verdict_name(got), verdict_name(rows[i].wanted), "judge: %s", rows[i].name);
    }
}

/* The comparison of that arm and metric, or one of no pairs. */
static const struct result_comparison *find(const struct result *result, uint32_t arm,
                                            enum metric metric)
{
    static const struct result_comparison none;
    const struct result_cell *cell = &result->cells[0];
    for (size_t i = 0; i < cell->comparison_count; i++) {
        if (cell->comparisons[i].arm == arm && cell->comparisons[i].metric == metric) {
            return &cell->comparisons[i];
        }
    }
    return &none;
}

static int order_doubles(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

/* The median of the 21 Walsh averages of six log-ratios, the long way. */
static double walsh_median(const double ratios[PAIRS])
{
    double walsh[PAIRS * (PAIRS + 1) / 2] = {0};
    size_t count = 0;
    for (size_t i = 0; i < PAIRS; i++) {
        for (size_t k = i; k < PAIRS; k++) {
            walsh[count++] = (log(ratios[i]) + log(ratios[k])) / 2;
        }
    }
    qsort(walsh, count, sizeof walsh[0], order_doubles);
    return exp(walsh[count / 2]);
}

static void test_figures(void)
{
    static const struct {
        enum metric metric;
        enum verdict verdict;
        double ratios[PAIRS]; /* come out exact: latencies are whole nanoseconds */
        double low, high;
    } rows[] = {
        {METRIC_OPS, VERDICT_BETTER, {1.05, 1.03, 1.13, 1.04, 1.08, 1.06}, 1.03, 1.13},
        {METRIC_OPS, VERDICT_WORSE, {0.95, 0.93, 0.83, 0.94, 0.88, 0.96}, 0.83, 0.96},
        {METRIC_OPS, VERDICT_EQUIVALENT, {1.01, 0.99, 1.00, 1.00, 1.005, 0.995}, 0.99, 1.01},
        {METRIC_OPS, VERDICT_SMALL_DIFFERENCE, {1.01, 1.02, 1.03, 1.015, 1.02, 1.02}, 1.01, 1.03},
        {METRIC_P50, VERDICT_WORSE, {1.05, 1.10, 1.15, 1.20, 1.25, 1.30}, 1.05, 1.30},
        {METRIC_P99, VERDICT_BETTER, {0.75, 0.80, 0.85, 0.90, 0.70, 0.65}, 0.65, 0.90},
        {METRIC_P999, VERDICT_EQUIVALENT, {0.95, 1.00, 1.05, 1.00, 0.95, 1.05}, 0.95, 1.05},
        {METRIC_CPU, VERDICT_BETTER, {0.90, 0.91, 0.92, 0.93, 0.94, 0.95}, 0.90, 0.95},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *name = metric_name(rows[i].metric);
        struct result result;
        sample_init(&result, 2);
        sample_pairs(&result, 1, rows[i].metric, rows[i].ratios, PAIRS);
        analysis_compare(&result);
        tap_int((int64_t)result.cells[0].comparison_count, 5, "%zu: five metrics", i);
        const struct result_comparison *c = find(&result, 1, rows[i].metric);
        if (tap_check(c->n > 0, "%zu: %s is compared", i, name)) {
            tap_int(c->n, PAIRS, "%zu: n", i);
            tap_int(c->baseline, 0, "%zu: baseline", i);
            tap_near(c->ratio, walsh_median(rows[i].ratios), 1e-12, "%zu: %s estimate", i, name);
            tap_near(c->low, rows[i].low, 1e-12, "%zu: low end is the least pair", i);
            tap_near(c->high, rows[i].high, 1e-12, "%zu: high end is the greatest pair", i);
            tap_near(c->confidence, 0.95, 0, "%zu: confidence", i);
            tap_near(c->margin, metric_default_margin(rows[i].metric), 0, "%zu: margin", i);
            tap_text(c->load, "closed", "%zu: load", i);
            tap_text(verdict_name(c->verdict), verdict_name(rows[i].verdict), "%zu: verdict", i);
            tap_int(c->pairs_needed, 0, "%zu: nothing more is needed", i);
        }
        for (size_t k = 0; k < result.cells[0].comparison_count; k++) {
            const struct result_comparison *other = &result.cells[0].comparisons[k];
            tap_check(other->metric == rows[i].metric ||
                          (other->ratio == 1 && other->verdict == VERDICT_EQUIVALENT),
                      "%zu: %s is as it was", i, metric_name(other->metric));
        }
        result_release(&result);
    }
}

static void test_medians_and_detectable(void)
{
    static const double ratios[PAIRS] = {1.01, 1.02, 1.04, 1.06, 1.08, 1.1};
    struct result result;
    sample_init(&result, 2);
    sample_pairs(&result, 1, METRIC_OPS, ratios, PAIRS);
    analysis_compare(&result);
    const struct result_comparison *c = find(&result, 1, METRIC_OPS);
    double mean = 0;
    double squares = 0;
    for (size_t i = 0; i < PAIRS; i++) {
        mean += log(ratios[i]) / PAIRS;
    }
    for (size_t i = 0; i < PAIRS; i++) {
        squares += (log(ratios[i]) - mean) * (log(ratios[i]) - mean);
    }
    tap_near(c->baseline_value, 100000, 0, "median of the baseline");
    tap_near(c->arm_value, 105000, 1e-6, "median of the arm");
    tap_near(c->minimum_detectable, expm1(2.11 * sqrt(squares / (PAIRS - 1))), 1e-9,
             "smallest detectable difference at six pairs is 2.11 standard deviations");
    result_release(&result);
}

static void test_mirror(void)
{
    static const double ratios[PAIRS] = {1.05, 1.04, 1.025, 1.0625, 1.08, 1.1};
    struct result result;
    sample_init(&result, 2);
    sample_pairs(&result, 1, METRIC_OPS, ratios, PAIRS);
    analysis_compare(&result);
    struct result_comparison there = *find(&result, 1, METRIC_OPS);
    for (size_t i = 0; i < result.cells[0].run_count; i++) {
        result.cells[0].runs[i].arm = 1 - result.cells[0].runs[i].arm;
    }
    analysis_compare(&result);
    const struct result_comparison *back = find(&result, 1, METRIC_OPS);
    tap_near(back->ratio, 1 / there.ratio, 1e-12, "exchanged: the ratio is inverted");
    tap_near(back->low, 1 / there.high, 1e-12, "exchanged: the low end is the high end");
    tap_near(back->high, 1 / there.low, 1e-12, "exchanged: the high end is the low end");
    tap_text(verdict_name(there.verdict), "better", "one way it is better");
    tap_text(verdict_name(back->verdict), "worse", "the other way it is worse");
    result_release(&result);
}

static void test_too_few(void)
{
    static const double ratios[PAIRS] = {1.5, 1.5, 1.5, 1.5, 1.5, 1.5};
    for (uint32_t pairs = 1; pairs <= PAIRS; pairs++) {
        struct result result;
        sample_init(&result, 2);
        sample_pairs(&result, 1, METRIC_OPS, ratios, pairs);
        analysis_compare(&result);
        const struct result_comparison *c = find(&result, 1, METRIC_OPS);
        tap_near(c->ratio, 1.5, 1e-12, "%u pairs: there is an estimate", pairs);
        tap_check((c->low == 0) == (pairs < 6) && isinf(c->high) == (pairs < 6),
                  "%u pairs: endless below six", pairs);
        tap_text(verdict_name(c->verdict), pairs < 6 ? "inconclusive" : "better",
                 "%u pairs: verdict", pairs);
        tap_int(c->pairs_needed, pairs < 6 ? 6 : 0, "%u pairs: six are needed", pairs);
        tap_check(isnan(c->minimum_detectable) == (pairs < 2),
                  "%u pairs: detectable difference is unknown with one", pairs);
        result_release(&result);
    }
}

static void test_pairs_needed(void)
{
    /* half width on the log scale: ln(1.04 / 0.98) / 2 = 0.02971; half the margin: 0.009901 */
    static const double ratios[PAIRS] = {0.98, 1.04, 1.00, 1.01, 1.02, 0.99};
    struct result result;
    sample_init(&result, 2);
    sample_pairs(&result, 1, METRIC_OPS, ratios, PAIRS);
    analysis_compare(&result);
    const struct result_comparison *c = find(&result, 1, METRIC_OPS);
    double shrink = log(1.04 / 0.98) / 2 / (log(1.02) / 2);
    tap_text(verdict_name(c->verdict), "inconclusive", "either way: inconclusive");
    tap_int(c->pairs_needed, (int64_t)ceil(PAIRS * shrink * shrink), "pairs that would settle it");
    result.design.margins[METRIC_OPS] = 0.039;
    analysis_compare(&result);
    tap_int((int64_t)result.cells[0].comparison_count, 5, "comparing again replaces");
    c = find(&result, 1, METRIC_OPS);
    tap_near(c->margin, 0.039, 0, "the margin asked for");
    tap_check(c->verdict == VERDICT_INCONCLUSIVE && c->pairs_needed > PAIRS,
              "always more than there are");
    result_release(&result);
}

static void test_missing_figures(void)
{
    static const double ratios[PAIRS] = {1, 1, 1, 1, 1, 1};
    static const struct {
        const char *name;
        double cpu;
    } rows[] = {{"unknown", -1}, {"zero", 0}, {"not a number", NAN}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result result;
        sample_init(&result, 2);
        sample_pairs(&result, 1, METRIC_OPS, ratios, PAIRS);
        result.cells[0].runs[5].server_cpu_seconds = rows[i].cpu;
        analysis_compare(&result);
        tap_check(find(&result, 1, METRIC_CPU)->n == 0, "CPU %s in one run: left out",
                  rows[i].name);
        tap_int((int64_t)result.cells[0].comparison_count, 4, "CPU %s: the rest is there",
                rows[i].name);
        result_release(&result);
    }
}

static void test_which_runs_count(void)
{
    static const double ratios[PAIRS] = {1.1, 1.1, 1.1, 1.1, 1.1, 1.1};
    struct sample_figures double_speed = sample_usual;
    double_speed.operations *= 2;
    struct result result;
    sample_init(&result, 2);
    sample_pairs(&result, 1, METRIC_OPS, ratios, PAIRS);
    result.cells[0].runs[3].valid = false; /* pair 2, arm 1 */
    analysis_compare(&result);
    tap_int(find(&result, 1, METRIC_OPS)->n, 5, "an invalid run takes its pair with it");
    sample_run(&result, 1, 2, &double_speed)->attempt = 2;
    analysis_compare(&result);
    tap_int(find(&result, 1, METRIC_OPS)->n, 5, "half a repetition is no pair");
    sample_run(&result, 0, 2, &sample_usual)->attempt = 2;
    analysis_compare(&result);
    tap_int(find(&result, 1, METRIC_OPS)->n, 6, "a repeated pair counts again");
    tap_near(find(&result, 1, METRIC_OPS)->high, 2, 1e-12, "with the figures of the repetition");
    result.cells[0].runs[0].valid = false; /* pair 1, the baseline */
    sample_run(&result, 1, 7, &sample_usual);
    analysis_compare(&result);
    tap_int(find(&result, 1, METRIC_OPS)->n, 5, "a pair without baseline does not count");
    for (size_t i = 0; i < result.cells[0].run_count; i++) {
        result.cells[0].runs[i].valid = false;
    }
    analysis_compare(&result);
    tap_int((int64_t)result.cells[0].comparison_count, 0, "no valid pair: no comparison");
    result_release(&result);
}

static void test_three_arms(void)
{
    static const double faster[PAIRS] = {1.10, 1.11, 1.12, 1.13, 1.14, 1.15};
    struct result result;
    sample_init(&result, 3);
    sample_pairs(&result, 1, METRIC_OPS, faster, PAIRS);
    for (uint32_t pair = 1; pair <= PAIRS; pair++) {
        struct sample_figures slow = sample_usual;
        slow.operations = 90000;
        sample_run(&result, 2, pair, &slow);
    }
    result.cells[0].runs[1].valid = false; /* pair 1, arm 1: arm 2 keeps its pair */
    analysis_compare(&result);
    tap_int((int64_t)result.cells[0].comparison_count, 10, "each arm against the first");
    tap_int(find(&result, 1, METRIC_OPS)->n, 5, "arm 1 lost a pair");
    tap_int(find(&result, 2, METRIC_OPS)->n, 6, "arm 2 did not");
    tap_text(verdict_name(find(&result, 2, METRIC_OPS)->verdict), "worse", "arm 2 is worse");
    result_release(&result);
}

static void test_invalid_result(void)
{
    static const double ratios[PAIRS] = {1.5, 1.5, 1.5, 1.5, 1.5, 1.5};
    struct result result;
    sample_init(&result, 2);
    sample_pairs(&result, 1, METRIC_OPS, ratios, PAIRS);
    result_add_finding(&result, &result.findings, SEVERITY_INVALID, "contract", NULL, "unequal");
    analysis_compare(&result);
    for (size_t i = 0; i < result.cells[0].comparison_count; i++) {
        const struct result_comparison *c = &result.cells[0].comparisons[i];
        tap_check(c->verdict == VERDICT_INVALID && c->pairs_needed == 0, "%s: invalid",
                  metric_name(c->metric));
    }
    tap_near(find(&result, 1, METRIC_OPS)->ratio, 1.5, 1e-12, "the figures are there all the same");
    result_release(&result);
}

/* Throughput and CPU come from the closed loop, latencies from the open one. A pair that was
 * repeated in one loop leaves the other's alone. */
static void test_two_loops(void)
{
    enum { CLOSED_RUNS = 2 * PAIRS };
    static const double more[PAIRS] = {1.1, 1.1, 1.1, 1.1, 1.1, 1.1};
    static const double slower[PAIRS] = {1.5, 1.5, 1.5, 1.5, 1.5, 1.5};
    static const struct {
        enum metric metric;
        const char *load;
        double ratio;
    } rows[] = {
        {METRIC_OPS, "closed", 1.1}, {METRIC_P50, "open", 1.5}, {METRIC_P99, "open", 1},
        {METRIC_P999, "open", 1},    {METRIC_CPU, "closed", 1},
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    struct result result;
    sample_init(&result, 2);
    sample_pairs(&result, 1, METRIC_OPS, more, PAIRS);
    sample_pairs(&result, 1, METRIC_P50, slower, PAIRS);
    struct result_cell *cell = &result.cells[0];
    for (size_t i = CLOSED_RUNS; i < cell->run_count; i++) {
        result_make_open(&cell->runs[i]);
        cell->runs[i].attempt = cell->runs[i].pair == 2 ? 2 : 1;
        cell->runs[i].offered_per_second = 1000;
    }
    analysis_compare(&result);
    tap_int((int64_t)cell->comparison_count, ROWS, "every metric once");
    for (size_t i = 0; i < ROWS && i < cell->comparison_count; i++) {
        const struct result_comparison *c = &cell->comparisons[i];
        tap_int(c->metric, rows[i].metric, "%s is at its place", metric_name(rows[i].metric));
        tap_text(c->load, rows[i].load, "%s: its loop", metric_name(rows[i].metric));
        tap_int(c->n, PAIRS, "%s: all pairs", metric_name(rows[i].metric));
        tap_near(c->ratio, rows[i].ratio, 1e-9, "%s: its ratio", metric_name(rows[i].metric));
    }
    analysis_describe(&result);
    tap_int((int64_t)cell->description_count, 4, "each arm is described in each loop");
    tap_int((int64_t)cell->shift_count, 1, "and one shift, ...");
    for (size_t i = 0; i < cell->shifts[0].point_count; i++) {
        if (cell->shifts[0].points[i].percentile >= 50) {
            tap_near(cell->shifts[0].points[i].ratio, 1.5, 1e-9, "... that of the open loop");
            break;
        }
    }
    result_release(&result);
}

/* Six pairs are worse; what six fresh ones say decides on the gate, and on nothing else. */
static void test_confirmation(void)
{
    static const double worse[PAIRS] = {0.8, 0.81, 0.79, 0.8, 0.82, 0.8};
    static const double alike[PAIRS] = {1, 1.001, 0.999, 1, 1.002, 0.998};
    static const struct {
        const char *name;
        const double *fresh;
        uint32_t pairs;
        bool fails;
        const char *sentence;
        int exit_code;
    } rows[] = {
        {"none", alike, 0, true, "The gate on throughput failed.", 1},
        {"they confirm it", worse, PAIRS, true, "failed; 6 fresh pairs confirm it (-20.0 %)", 1},
        {"they refute it", alike, PAIRS, false, "but 6 fresh pairs do not confirm it (+0.00 %)", 0},
        {"too few for an interval", alike, PAIRS - 1, true,
         "failed; 5 fresh pairs (+0.05 %) refuted nothing: there were too few.", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result result;
        sample_init(&result, 2);
        result.design.gated[METRIC_OPS] = true;
        sample_pairs(&result, 1, METRIC_OPS, worse, PAIRS);
        analysis_compare(&result);
        struct result_cell *cell = &result.cells[0];
        tap_check(analysis_wants_confirmation(&result, cell), "%s: is wanted", rows[i].name);
        size_t before = cell->run_count;
        sample_pairs(&result, 1, METRIC_OPS, rows[i].fresh, rows[i].pairs);
        cell->confirmed_from = PAIRS + 1;
        for (size_t k = before; k < cell->run_count; k++) {
            cell->runs[k].pair += PAIRS;
        }
        analysis_compare(&result);
        const struct result_comparison *c = &cell->comparisons[0];
        tap_check(c->n == PAIRS && c->verdict == VERDICT_WORSE && fabs(c->ratio - 0.8) < 0.01,
                  "%s: the comparison stays as it was", rows[i].name);
        tap_int(c->confirmation.n, rows[i].pairs, "%s: fresh pairs", rows[i].name);
        tap_int(analysis_gate_fails(&result, c), rows[i].fails, "%s: the gate", rows[i].name);
        tap_check(!analysis_wants_confirmation(&result, cell), "%s: once", rows[i].name);
        analysis_conclude(&result);
        tap_check(strstr(result.verdict_text, rows[i].sentence) != NULL, "%s: %s", rows[i].name,
                  result.verdict_text);
        tap_int(result.exit_code, rows[i].exit_code, "%s: exit code", rows[i].name);
        result_release(&result);
    }
}

int main(void)
{
    test_judge();
    test_figures();
    test_medians_and_detectable();
    test_mirror();
    test_too_few();
    test_pairs_needed();
    test_missing_figures();
    test_which_runs_count();
    test_three_arms();
    test_invalid_result();
    test_two_loops();
    test_confirmation();
    return tap_end();
}
