#include "analysis/enough.h"

#include <math.h>

#include "analysis/compare.h"
#include "support/sample_result.h"
#include "support/tap.h"

enum { PAIRS = 10 };

/* Every pair begins 20 seconds after the one before it. */
static void fill(struct result *result, enum metric metric, const double *ratios, uint32_t pairs)
{
    sample_init(result, 2);
    result->design.pairs = ENOUGH_FIRST;
    result->design.max_pairs = ENOUGH_MOST;
    sample_pairs(result, 1, metric, ratios, pairs);
    struct result_cell *cell = &result->cells[0];
    for (size_t i = 0; i < cell->run_count; i++) {
        cell->runs[i].started_wall = cell->runs[i].pair * 20 * NSEC_PER_SEC + i % 2 * NSEC_PER_SEC;
    }
    analysis_compare(result);
}

static void test_looks(void)
{
    struct spec spec;
    struct result result;
    spec_init(&spec, PRESET_STANDARD);
    sample_init(&result, 2);
    result.design = spec.design;
    const struct design_spec *standard = &spec.design;
    tap_check(standard->pairs == ENOUGH_FIRST && standard->max_pairs == ENOUGH_MOST,
              "the standard comparison is the one that was simulated");
    tap_check(!enough_is_look(&result, 9) && enough_is_look(&result, 10) &&
                  !enough_is_look(&result, 11) && enough_is_look(&result, 12),
              "looks after 10, 12, 14, ... pairs");
    result.design.pairs = 7;
    tap_check(!enough_is_look(&result, 6) && enough_is_look(&result, 7) &&
                  !enough_is_look(&result, 8) && enough_is_look(&result, 9),
              "the first look is after the pairs that were asked for");
    result.arms[1].host_count = 3;
    tap_check(!enough_is_look(&result, 7) && !enough_is_look(&result, 9) &&
                  enough_is_look(&result, 10) && !enough_is_look(&result, 11),
              "by hosts not before ten");
    result.design.pairs = 13;
    tap_check(!enough_is_look(&result, 12) && enough_is_look(&result, 13),
              "nor before the pairs that were asked for");
    result_release(&result);
}

static const double calm[PAIRS] = {1.001, 0.999, 1, 1.001, 0.999, 1, 1.001, 0.999, 1, 1};
static const double far_off[PAIRS] = {1.501, 1.499, 1.5, 1.501, 1.499, 1.5, 1.501, 1.499, 1.5, 1.5};
static const double wild[PAIRS] = {1.06, 0.94, 1.01, 1.04, 0.95, 0.99, 1.05, 0.96, 1, 1.02};

static void test_rule(void)
{
    static const struct {
        const char *name;
        enum metric metric; /* the one that is not as usual */
        int gate;           /* < 0: none */
        const double *ratios;
        bool enough;
    } rows[] = {
        {"calm", METRIC_OPS, -1, calm, true},
        {"calm, and clearly better: where it lies does not matter", METRIC_OPS, -1, far_off, true},
        {"wild", METRIC_OPS, -1, wild, false},
        {"nothing gated: p50 decides too", METRIC_P50, -1, wild, false},
        {"nothing gated: CPU decides too", METRIC_CPU, -1, wild, false},
        {"nothing gated: p99 does not", METRIC_P99, -1, wild, true},
        {"gated p99 decides", METRIC_P99, METRIC_P99, wild, false},
        {"gated p99: ops does not", METRIC_OPS, METRIC_P99, wild, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result result;
        fill(&result, rows[i].metric, rows[i].ratios, PAIRS);
        if (rows[i].gate >= 0) {
            result.design.gated[rows[i].gate] = true;
        }
        struct enough got;
        analysis_enough(&result, NULL, &got);
        tap_check(got.enough == rows[i].enough && got.n == PAIRS &&
                      (got.needed > PAIRS) == !rows[i].enough &&
                      (got.cell == NULL) == rows[i].enough,
                  "%s", rows[i].name);
        if (!got.enough) {
            tap_check(got.metric == rows[i].metric &&
                          fabs(got.seconds_to_go - 20.0 * (got.needed - PAIRS)) < 1e-6,
                      "%s: says which metric, and 20 seconds for each pair", rows[i].name);
        }
        result_release(&result);
    }
}

static void test_edges(void)
{
    struct result result;
    struct enough got;
    fill(&result, METRIC_OPS, calm, 5);
    analysis_enough(&result, NULL, &got);
    tap_check(!got.enough && got.n == 5 && got.needed == 6, "five pairs have no interval yet");
    result_release(&result);

    fill(&result, METRIC_OPS, calm, 0);
    analysis_enough(&result, NULL, &got);
    tap_check(!got.enough && got.n == 0 && got.needed == 6 && isnan(got.seconds_to_go),
              "nothing measured is not enough");
    result_release(&result);

    fill(&result, METRIC_P50, wild, PAIRS);
    result.cells[0].comparisons[1].verdict = VERDICT_INVALID;
    analysis_enough(&result, &result.cells[0], &got);
    tap_check(got.enough, "what gives no verdict is not waited for");
    struct result_cell other = {0};
    analysis_enough(&result, &other, &got);
    tap_check(!got.enough, "only the cell that was asked for is looked at");
    result_release(&result);
}

/* The level is raised where pairs are added, and nowhere else. */
static void test_level(void)
{
    struct result result;
    fill(&result, METRIC_OPS, calm, PAIRS);
    tap_near(result.cells[0].comparisons[0].confidence, 0.965, 1e-12, "added pairs: 96.5 %%");
    result.design.max_pairs = 0;
    analysis_compare(&result);
    tap_near(result.cells[0].comparisons[0].confidence, 0.95, 0, "a fixed number: 95 %%");
    result_release(&result);
}

/* The last sentence says why there are no more pairs. */
static void test_stops(void)
{
    static const struct {
        enum stop_reason reason;
        const char *end;
    } rows[] = {
        {STOP_PLANNED, "would settle it."},
        {STOP_PRECISE, " Stopped after 10 pairs: the intervals of what decides are narrow enough."},
        {STOP_MAX_PAIRS, " Stopped after 40 pairs, the most that were allowed."},
        {STOP_TIME_BUDGET, " Stopped after 10 pairs: more would not have ended within 15 m 00 s."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result result;
        fill(&result, METRIC_OPS, wild, PAIRS);
        result.design.time_budget = 900 * NSEC_PER_SEC;
        result.stopped = rows[i].reason;
        analysis_conclude(&result);
        tap_check(strstr(result.verdict_text, rows[i].end) != NULL &&
                      (rows[i].reason == STOP_PLANNED) ==
                          (strstr(result.verdict_text, "Stopped") == NULL),
                  "%s: %s", stop_reason_name(rows[i].reason), result.verdict_text);
        result_release(&result);
    }
}

static void test_sentence(void)
{
    struct result result;
    fill(&result, METRIC_OPS, wild, PAIRS);
    analysis_conclude(&result);
    const char *at = strstr(result.verdict_text, "about ");
    unsigned pairs = 0;
    unsigned minutes = 0;
    tap_check(at != NULL && sscanf(at, "about %u more pairs (%u minutes)", &pairs, &minutes) == 2 &&
                  minutes == (pairs * 20 + 30) / 60,
              "pairs and minutes that are lacking: %s", at == NULL ? "" : at);
    result_release(&result);
}

int main(void)
{
    test_looks();
    test_rule();
    test_edges();
    test_level();
    test_stops();
    test_sentence();
    return tap_end();
}
