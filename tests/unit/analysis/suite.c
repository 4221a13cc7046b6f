/* Many cells: each judged alone, all summed up, gates and chance. */
#include "analysis/compare.h"
#include "analysis/many.h"
#include "analysis/validity.h"
#include "support/sample_result.h"
#include "support/tap.h"

enum { CELLS = 3, PAIRS = 12 };

static const char *const names[CELLS] = {"string", "string 1KB", "hash"};

/* `by` with a scatter of a thousandth, the same in every cell. */
static void fill_ratios(double by, double ratios[PAIRS])
{
    for (size_t i = 0; i < PAIRS; i++) {
        ratios[i] = by * (1 + 0.0005 * ((double)i - (PAIRS - 1) / 2.0));
    }
}

static void begin(struct result *result, const double *changes, uint32_t pairs)
{
    sample_init(result, 2);
    sample_cells(result, names, CELLS);
    result->design.pairs = pairs;
    for (size_t i = 0; i < CELLS; i++) {
        double ratios[PAIRS];
        fill_ratios(changes[i], ratios);
        sample_cell_pairs(result, i, ratios, pairs);
    }
}

static void judge(struct result *result)
{
    validity_check_result(result);
    analysis_compare(result);
    analysis_conclude(result);
}

static const struct result_comparison *ops_of(const struct result *result, size_t cell)
{
    for (size_t i = 0; i < result->cells[cell].comparison_count; i++) {
        if (result->cells[cell].comparisons[i].metric == METRIC_OPS) {
            return &result->cells[cell].comparisons[i];
        }
    }
    static const struct result_comparison none = {.verdict = VERDICT_INVALID};
    return &none;
}

static const struct result_summary *ops_summary(const struct result *result)
{
    for (size_t i = 0; i < result->summary_count; i++) {
        if (result->summaries[i].metric == METRIC_OPS) {
            return &result->summaries[i];
        }
    }
    static const struct result_summary none = {0};
    return &none;
}

static void test_summary(void)
{
    static const double changes[CELLS] = {1.1, 1.0, 0.9};
    struct result result;
    begin(&result, changes, PAIRS);
    judge(&result);
    tap_int(ops_of(&result, 0)->verdict, VERDICT_BETTER, "the first cell is better");
    tap_int(ops_of(&result, 1)->verdict, VERDICT_EQUIVALENT, "the second equivalent");
    tap_int(ops_of(&result, 2)->verdict, VERDICT_WORSE, "the third worse");
    const struct result_summary *ops = ops_summary(&result);
    tap_near(ops->ratio, cbrt(1.1 * 1.0 * 0.9), 1e-4, "their geometric mean");
    tap_int(ops->cells, CELLS, "over all cells");
    tap_int(ops->n, PAIRS, "from as many blocks as there are");
    /* The scatter of all cells is the same in a block: cells do not make the mean more certain. */
    double alone = log(ops_of(&result, 1)->high) - log(ops_of(&result, 1)->low);
    tap_near(log(ops->high) - log(ops->low), alone, 0.05 * alone,
             "what cells share is in its interval");
    tap_int(ops->verdicts[VERDICT_BETTER] * 100 + ops->verdicts[VERDICT_WORSE] * 10 +
                ops->verdicts[VERDICT_EQUIVALENT],
            111, "one of each verdict");
    tap_check(strstr(result.verdict_text, "Throughput -0.3") != NULL, "the mean is told");
    tap_check(strstr(result.verdict_text, "Worse in throughput: hash.") != NULL,
              "and the cell that is worse");
    tap_int(result.exit_code, 0, "nothing is gated");
    result_release(&result);
}

static void test_invalid_cell(void)
{
    static const double changes[CELLS] = {1.1, 1.1, 1.1};
    struct result result;
    begin(&result, changes, PAIRS);
    for (size_t i = 0; i < result.cells[1].run_count; i++) {
        result.cells[1].runs[i].valid = false;
    }
    judge(&result);
    tap_int(finding_list_worst(&result.cells[1].findings), SEVERITY_INVALID,
            "a cell without a valid pair");
    tap_int(finding_list_worst(&result.findings), SEVERITY_CONDITIONAL,
            "makes the whole conditional");
    tap_int(ops_of(&result, 0)->verdict, VERDICT_BETTER, "the others have their verdicts");
    tap_int(ops_summary(&result)->cells, CELLS - 1, "and make the mean");
    tap_int(result.exit_code, 0, "it is a result");
    result_release(&result);

    begin(&result, changes, PAIRS);
    for (size_t i = 0; i < CELLS; i++) {
        result_add_finding(&result, &result.cells[i].findings, SEVERITY_INVALID,
                           "cannot-be-measured", NULL, "no");
    }
    judge(&result);
    tap_int(finding_list_worst(&result.findings), SEVERITY_INVALID, "no cell at all is none");
    tap_int(result.exit_code, 4, "not valid");
    result_release(&result);
}

static void test_lost_pair(void)
{
    static const double changes[CELLS] = {1.1, 1.1, 1.3};
    struct result result;
    begin(&result, changes, PAIRS);
    result.cells[2].runs[3].valid = false;
    judge(&result);
    const struct result_summary *ops = ops_summary(&result);
    tap_int(ops->cells, CELLS - 1, "a cell that lost a pair is left out of the mean");
    tap_int(ops->n, PAIRS, "which keeps its blocks");
    tap_near(ops->ratio, 1.1, 1e-3, "of the others");
    tap_int(ops->verdicts[VERDICT_BETTER], CELLS, "but has its verdict");
    result_release(&result);
}

static void test_gates(void)
{
    static const struct {
        double change; /* of the last cell */
        uint32_t pairs;
        int exit_code;
        bool is_weak;
        const char *why;
    } rows[] = {
        {1.0, PAIRS, 0, false, "nothing is worse"},
        {0.9, PAIRS, 1, false, "one cell is worse, with enough pairs for so many"},
        {0.9, 6, 1, false, "six pairs are enough for three comparisons"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result result;
        double changes[CELLS] = {1.0, 1.0, rows[i].change};
        begin(&result, changes, rows[i].pairs);
        result.design.gated[METRIC_OPS] = true;
        judge(&result);
        tap_int(result.exit_code, rows[i].exit_code, "%s", rows[i].why);
        result_release(&result);
    }
    struct result result;
    double changes[CELLS] = {1.0, 1.0, 0.9};
    begin(&result, changes, 6);
    for (int metric = 0; metric < METRIC_MEMORY; metric++) {
        result.design.gated[metric] = true;
    }
    analysis_compare(&result); /* as at a look */
    judge(&result);
    tap_int(ops_of(&result, 2)->verdict, VERDICT_WORSE, "worse alone");
    tap_check(!many_stands(&result, ops_of(&result, 2)),
              "but six pairs cannot stand among fifteen gates");
    tap_int(result.exit_code, 0, "so that no gate fails");
    int told = 0;
    int noted = 0;
    for (size_t i = 0; i < result.findings.count; i++) {
        told += strcmp(result.findings.items[i].code, "gate-needs-pairs") == 0;
        noted += strcmp(result.findings.items[i].code, "many-comparisons") == 0;
    }
    tap_int(told, 1, "and that is told, once");
    tap_int(noted, 1, "and that a single cell that differs could not be told");
    result_release(&result);
    tap_int(many_least_pairs(0.95, 1), 5, "one gate can fail with five pairs");
    tap_int(many_least_pairs(0.95, 3), 6, "three with six");
    tap_int(many_least_pairs(0.95, 74), 11, "74 with eleven");
}

/* Two cells are worse; so many fresh pairs of each show that share of the baseline. */
static void test_confirmation(void)
{
    static const struct {
        double fresh[2];
        uint32_t pairs[2];
        bool interrupted;
        const char *sentence;
        int exit_code;
    } rows[] = {
        {{0.9, 0.9}, {PAIRS, PAIRS}, false, " failed; of 2 cells fresh pairs confirm it in 2.", 1},
        {{0.9, 1.0},
         {PAIRS, PAIRS},
         false,
         " failed; of 2 cells fresh pairs confirm it in 1, refute it in 1.",
         1},
        {{1.0, 1.0},
         {PAIRS, 2},
         false,
         " failed; of 2 cells fresh pairs refute it in 1, tell too little in 1.",
         1},
        {{1.0, 1.0}, {2, 0}, false, " failed; of 2 cells fresh pairs tell too little in 1.", 1},
        {{1.0, 1.0}, {0, 0}, false, "The gate on throughput failed.", 1},
        {{1.0, 1.0},
         {PAIRS, PAIRS},
         false,
         " would have failed, but fresh pairs do not confirm it.",
         0},
        {{1.0, 1.0},
         {PAIRS, PAIRS},
         true,
         "Interrupted while fresh pairs were made to confirm a gate. ",
         130},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result result;
        double changes[CELLS] = {1.0, 0.9, 0.9};
        begin(&result, changes, PAIRS);
        result.design.gated[METRIC_OPS] = true;
        result.interrupted = rows[i].interrupted;
        for (size_t k = 0; k < 2; k++) {
            struct result_cell *cell = &result.cells[1 + k];
            double ratios[PAIRS];
            size_t before = cell->run_count;
            fill_ratios(rows[i].fresh[k], ratios);
            sample_cell_pairs(&result, 1 + k, ratios, rows[i].pairs[k]);
            for (size_t run = before; run < cell->run_count; run++) {
                cell->runs[run].pair += PAIRS;
                cell->runs[run].block += PAIRS;
            }
            cell->confirmed_from = PAIRS + 1;
        }
        judge(&result);
        tap_check(strstr(result.verdict_text, rows[i].sentence) != NULL, "row %zu: %s", i,
                  rows[i].sentence);
        tap_int(result.exit_code, rows[i].exit_code, "row %zu: exit code", i);
        tap_int(ops_of(&result, 1)->verdict, VERDICT_WORSE, "row %zu: the verdict stays", i);
        result_release(&result);
    }
}

static void test_memory(void)
{
    static const struct {
        uint64_t after; /* of the second arm; 10 MB of the first */
        enum verdict verdict;
        bool is_broken;
    } rows[] = {
        {10000000, VERDICT_INCONCLUSIVE, false}, /* known to two per cent, the margin is one */
        {12000000, VERDICT_WORSE, false},
        {8000000, VERDICT_BETTER, false},
        {8000000, VERDICT_INVALID, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static const double changes[CELLS] = {1, 1, 1};
        struct result_memory memory[2] = {
            {.arm = 0, .keys = 1000, .elements = 10, .before = 1000000, .after = 11000000},
            {.arm = 1,
             .keys = 1000,
             .elements = 10,
             .before = 2000000,
             .after = 2000000 + rows[i].after},
        };
        struct result result;
        begin(&result, changes, 6);
        result.cells[0].memory = memory;
        result.cells[0].memory_count = 2;
        if (rows[i].is_broken) {
            result_add_finding(&result, &result.findings, SEVERITY_INVALID, "same-server", NULL,
                               "the arms are the same server");
        }
        judge(&result);
        const struct result_cell *cell = &result.cells[0];
        const struct result_comparison *c = &cell->comparisons[cell->comparison_count - 1];
        tap_int(c->metric, METRIC_MEMORY, "memory is compared");
        tap_near(c->baseline_value, 10000, 1e-9, "bytes per key");
        tap_near(c->ratio, (double)rows[i].after / 10000000, 1e-12, "the ratio");
        tap_int(c->verdict, rows[i].verdict, "verdict of row %zu", i);
        result_release(&result);
    }
}

int main(void)
{
    test_summary();
    test_invalid_cell();
    test_lost_pair();
    test_gates();
    test_confirmation();
    test_memory();
    return tap_end();
}
