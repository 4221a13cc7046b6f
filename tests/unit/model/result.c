#include "model/result.h"
#include "support/full_result.h"
#include "support/tap.h"

static void check_names(void)
{
    static const char *const severities[] = {"note", "conditional", "invalid"};
    static const char *const verdicts[] = {"better",           "worse",        "equivalent",
                                           "small-difference", "inconclusive", "invalid"};
    static const char *const kinds[] = {"compare", "run"};
    for (int i = 0; i < 3; i++) {
        enum severity got = SEVERITY_NOTE;
        tap_text(severity_name((enum severity)i), severities[i], "severity %d", i);
        tap_check(severity_find(str_from(severities[i]), &got) && (int)got == i, "finds %s",
                  severities[i]);
    }
    for (int i = 0; i < 6; i++) {
        enum verdict got = VERDICT_BETTER;
        tap_text(verdict_name((enum verdict)i), verdicts[i], "verdict %d", i);
        tap_check(verdict_find(str_from(verdicts[i]), &got) && (int)got == i, "finds %s",
                  verdicts[i]);
    }
    for (int i = 0; i < 2; i++) {
        enum result_kind got = RESULT_COMPARE;
        tap_text(result_kind_name((enum result_kind)i), kinds[i], "kind %d", i);
        tap_check(result_kind_find(str_from(kinds[i]), &got) && (int)got == i, "finds %s",
                  kinds[i]);
    }
    enum verdict untouched = VERDICT_WORSE;
    tap_check(!verdict_find(STR("best"), &untouched) && untouched == VERDICT_WORSE,
              "an unknown verdict changes nothing");
}

static void check_runs(void)
{
    static const char *const names[] = {"SET", "GET"};
    struct result result;
    result_init(&result);
    struct result_cell *cells = arena_alloc_array(&result.arena, 2, sizeof *cells);
    result.cells = cells;
    result.cell_count = 2;
    for (uint32_t i = 0; i < 20; i++) { /* grows the array more than once */
        struct result_run *run = result_add_run(&result, &cells[1], names, 2);
        tap_check(run == &cells[1].runs[i], "run %u is the last", i);
        tap_check(run->operations == 0 && !run->valid && run->window_count == 0 &&
                      run->findings.count == 0 && run->latency->count == 0,
                  "run %u is empty", i);
        run->order = i;
        hist_record(run->latency, i);
        hist_record(run->commands[1].latency, i);
    }
    tap_int((int64_t)cells[1].run_count, 20, "20 runs");
    tap_int((int64_t)cells[0].run_count, 0, "none in the other cell");
    tap_text(cells[1].runs[3].load, "closed", "closed loop");
    tap_text(cells[1].runs[3].commands[1].name, "GET", "named command");
    tap_check(cells[1].runs[3].commands[1].name != names[1], "its name is a copy");
    tap_int(cells[1].runs[3].order, 3, "a run keeps its content when the array grows");
    tap_int((int64_t)hist_max(cells[1].runs[3].latency), 3, "and its histogram");
    tap_int((int64_t)cells[1].runs[3].commands[0].latency->count, 0, "histograms are separate");
    struct result_run *bare = result_add_run(&result, &cells[0], NULL, 0);
    tap_int((int64_t)bare->command_count, 0, "a run without commands");
    result_release(&result);
    tap_check(result.cells == NULL && result.cell_count == 0, "released");
    result_release(&result);
}

static void check_findings(void)
{
    struct result result;
    result_init(&result);
    struct finding_list list = {0};
    tap_int(finding_list_worst(&list), SEVERITY_NOTE, "an empty list is harmless");
    char code[] = "code-0";
    char advice[] = "Do 0.";
    for (int i = 0; i < 10; i++) {
        code[5] = advice[3] = (char)('0' + i);
        result_add_finding(&result, &list, i == 4 ? SEVERITY_INVALID : SEVERITY_CONDITIONAL, code,
                           i % 2 == 0 ? advice : NULL, "seen %d %%", i);
        tap_int(finding_list_worst(&list), i < 4 ? SEVERITY_CONDITIONAL : SEVERITY_INVALID,
                "worst after %d", i);
    }
    tap_int((int64_t)list.count, 10, "10 findings");
    tap_text(list.items[2].code, "code-2", "code is copied");
    tap_text(list.items[2].text, "seen 2 %", "text is formatted");
    tap_text(list.items[2].advice, "Do 2.", "advice is copied");
    tap_check(list.items[3].advice == NULL, "no advice");
    result_release(&result);
}

static void check_metrics(void)
{
    static const struct {
        enum metric metric;
        double value;
    } rows[] = {
        {METRIC_OPS, 5 / (0.1 + 0.2)}, {METRIC_P50, 2000},     {METRIC_P99, 5e12},
        {METRIC_P999, 5e12},           {METRIC_CPU, 0.05 / 5},
    };
    struct result result;
    full_result_init(&result);
    struct result_run *run = &result.cells[0].runs[0];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double got = NAN;
        tap_check(result_run_metric(run, rows[i].metric, &got), "%s is known",
                  metric_name(rows[i].metric));
        tap_near(got, rows[i].value, rows[i].value * 1e-12, "%s", metric_name(rows[i].metric));
    }
    double untouched = 7;
    tap_check(!result_run_metric(run, METRIC_MEMORY, &untouched), "memory is not of a run");
    tap_check(!result_run_metric(&result.cells[0].runs[1], METRIC_CPU, &untouched),
              "CPU is unknown");
    run->measured_seconds = 0;
    tap_check(!result_run_metric(run, METRIC_OPS, &untouched), "no time, no rate");
    run->measured_seconds = 1;
    run->operations = 0;
    tap_check(!result_run_metric(run, METRIC_OPS, &untouched), "no operations, no rate");
    tap_check(!result_run_metric(run, METRIC_CPU, &untouched), "no operations, no CPU");
    hist_clear(run->latency);
    tap_check(!result_run_metric(run, METRIC_P50, &untouched), "no latencies, no median");
    tap_near(untouched, 7, 0, "unknown metrics leave the value alone");
    result_release(&result);
}

int main(void)
{
    check_names();
    check_runs();
    check_findings();
    check_metrics();
    return tap_end();
}
