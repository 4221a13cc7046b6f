#include "analysis/describe.h"

#include <math.h>

#include "base/rng.h"
#include "support/normal.h"
#include "support/sample_result.h"
#include "support/tap.h"

enum { SECONDS = 30, WHEN = 15, EACH = 3 };

/* One run, second by second, with a window that lacks half of its operations, and calm monitors. */
static struct result_run *fill(struct result *result)
{
    struct rng rng;
    rng_init(&rng, 11);
    sample_init(result, 1);
    result->kind = RESULT_RUN;
    struct result_run *run = sample_run(result, 0, 1, &sample_usual);
    run->windows = arena_alloc_array(&result->arena, SECONDS, sizeof *run->windows);
    run->samples = arena_alloc_array(&result->arena, SECONDS * EACH, sizeof *run->samples);
    for (size_t i = 0; i < SECONDS; i++) {
        double calm = 1 + 0.01 * normal_draw(&rng);
        double level = i == WHEN ? 0.5 : calm;
        run->windows[run->window_count++] = (struct result_window){
            .end = (double)(i + 1),
            .seconds = 1,
            .operations = (uint64_t)(100000 * level),
            .p99 = (uint64_t)(400000 * calm),
        };
        struct monitor_sample *at = &run->samples[run->sample_count];
        at[0] = monitor_sample_of(MONITOR_SERVER, "a:1");
        at[1] = monitor_sample_of(MONITOR_HOST, "scales");
        at[2] = monitor_sample_of(MONITOR_CLIENT, "scales");
        at[0].figures[MONITOR_CPU] = 0.9 * calm;
        at[0].figures[MONITOR_USED_MEMORY] = 1e9 * calm;
        at[0].figures[MONITOR_CONNECTED_CLIENTS] = 51;
        at[0].figures[MONITOR_BLOCKED_CLIENTS] = 0;
        at[0].figures[MONITOR_EVICTED_KEYS] = 0;
        at[0].figures[MONITOR_FORKS] = 0;
        at[0].figures[MONITOR_SAVING] = 0;
        at[0].figures[MONITOR_REWRITING] = 0;
        at[1].figures[MONITOR_STEAL] = 0.01 + 0.001 * normal_draw(&rng);
        at[1].figures[MONITOR_THROTTLED] = 0;
        at[1].figures[MONITOR_BUSY] = 0.6 * calm;
        at[1].figures[MONITOR_MEMORY_AVAILABLE] = 8e9;
        at[2].figures[MONITOR_CLIENT_BUSY] = 0.5 * calm;
        at[2].figures[MONITOR_LONGEST_LOOP_STALL] = 0;
        for (size_t k = 0; k < EACH; k++) {
            at[k].end = (double)(i + 1) + 0.02;
            at[k].seconds = 1;
        }
        run->sample_count += EACH;
    }
    return run;
}

static const char *cause_of_window(struct result *result)
{
    const struct result_cell *cell = &result->cells[0];
    analysis_describe(result);
    for (size_t i = 0; i < cell->anomaly_count; i++) {
        if (cell->anomalies[i].metric == METRIC_OPS && cell->anomalies[i].start >= WHEN &&
            cell->anomalies[i].start <= WHEN) {
            return cell->anomalies[i].cause;
        }
    }
    return "no anomaly";
}

static void set(struct result_run *run, size_t second, enum monitor_figure figure, double value)
{
    run->samples[second * EACH + monitor_facts[figure].source].figures[figure] = value;
}

#define NOTHING "nothing else was seen"

/* One figure of that second, and what is made of it. */
static const struct {
    enum monitor_figure figure;
    double value;
    const char *cause;
} rows[] = {
    {MONITOR_SAVING, 1, "while the server saved in the background"},
    {MONITOR_REWRITING, 1, "while the server rewrote its append-only file"},
    {MONITOR_FORKS, 1, "while the server forked"},
    {MONITOR_STEAL, 0.12, "while the hypervisor took 12 % of the machine (usually 1 %)"},
    {MONITOR_THROTTLED, 0.05, "while a processor quota took 5 % of a processor (usually 0 %)"},
    {MONITOR_THROTTLED, 0.015, NOTHING},
    {MONITOR_STEAL, 0.03, NOTHING}, /* far from usual, and too little to matter */
    {MONITOR_EVICTED_KEYS, 12345, "while the server evicted 12,345 keys per second (usually 0)"},
    {MONITOR_EVICTED_KEYS, 99, NOTHING},
    {MONITOR_CONNECTED_CLIENTS, 151, "while the server had 151 clients (usually 51)"},
    {MONITOR_CONNECTED_CLIENTS, 55, NOTHING},
    {MONITOR_BLOCKED_CLIENTS, 7, "while the server kept 7 clients blocked (usually 0)"},
    {MONITOR_USED_MEMORY, 1.5e9, "while the server held 1.4 GiB (usually "},
    {MONITOR_USED_MEMORY, 1.05e9, NOTHING},
    {MONITOR_USED_MEMORY, 0.5e9, "while the server held 476.8 MiB (usually "},
    {MONITOR_MEMORY_AVAILABLE, 1e9, "while the machine had 953.7 MiB of memory left (usually "},
    {MONITOR_MEMORY_AVAILABLE, 9e9, NOTHING}, /* more is no cause */
    {MONITOR_LONGEST_LOOP_STALL, 0.012,
     "while the load generator stood still for 12.0 ms (usually 0 ns)"},
    {MONITOR_LONGEST_LOOP_STALL, 0.004, NOTHING},
    {MONITOR_CLIENT_BUSY, 0.99, "while the load generator was busy for 99 % of the time (usually "},
    {MONITOR_CLIENT_BUSY, 0.2, NOTHING},
    {MONITOR_BUSY, 0.98, "while the machine was busy for 98 % of the time (usually 60 %)"},
    {MONITOR_CPU, 0.45, "while the server used 45 % of a processor (usually "},
    {MONITOR_CPU, 1.5, NOTHING},
    {MONITOR_CPU, NAN, NOTHING}, /* not told in that second */
};

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result result;
        const char *name = monitor_facts[rows[i].figure].name;
        struct result_run *run = fill(&result);
        set(run, WHEN, rows[i].figure, rows[i].value);
        const char *cause = cause_of_window(&result);
        tap_check(cause != NULL && str_starts_with(str_from(cause), str_from(rows[i].cause)),
                  "%s %g: %s", name, rows[i].value, cause);
        result_release(&result);

        run = fill(&result);
        set(run, WHEN - 1, rows[i].figure, rows[i].value);
        tap_text(cause_of_window(&result), NOTHING, "%s in the second before is no cause", name);
        result_release(&result);
    }
}

/* What is so all the time is no cause, however much it is. */
static void test_usual(void)
{
    static const struct {
        enum monitor_figure figure;
        double value;
    } usual[] = {
        {MONITOR_SAVING, 1}, {MONITOR_STEAL, 0.3}, {MONITOR_EVICTED_KEYS, 5000},
        {MONITOR_FORKS, 1},  {MONITOR_BUSY, 1},    {MONITOR_LONGEST_LOOP_STALL, 0.05},
    };
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        struct result result;
        struct result_run *run = fill(&result);
        for (size_t second = 0; second < SECONDS; second++) {
            set(run, second, usual[i].figure, usual[i].value);
        }
        tap_text(cause_of_window(&result), NOTHING, "%s all along",
                 monitor_facts[usual[i].figure].name);
        result_release(&result);
    }
}

static void test_several(void)
{
    struct result result;
    struct result_run *run = fill(&result);
    set(run, WHEN, MONITOR_BUSY, 0.99);
    set(run, WHEN, MONITOR_STEAL, 0.2);
    set(run, WHEN, MONITOR_FORKS, 1);
    set(run, WHEN, MONITOR_SAVING, 1);
    set(run, WHEN, MONITOR_CPU, 0.1);
    tap_text(cause_of_window(&result),
             "while the server saved in the background and the hypervisor took 20 % of the machine "
             "(usually 1 %) and the machine was busy for 99 % of the time (usually 60 %)",
             "three at most, what the server did first, and no fork beside its reason");
    result_release(&result);

    run = fill(&result);
    run->windows[WHEN].errors = 3;
    tap_text(cause_of_window(&result), "while 3 operations failed", "errors of the window");
    result_release(&result);
}

/* The server was asked and has not answered: its next sample covers more. */
static void test_silence(void)
{
    struct result result;
    struct result_run *run = fill(&result);
    struct monitor_sample *samples = run->samples;
    samples[WHEN * EACH] = samples[WHEN * EACH + 1];
    samples[(WHEN + 1) * EACH].seconds = 2;
    tap_text(cause_of_window(&result),
             "while the server gave no answer to the monitor for 2.00 s (usually 1.00 s)",
             "a gap in what the server told");
    set(run, WHEN + 1, MONITOR_FORKS, 1);
    tap_text(cause_of_window(&result),
             "while the server gave no answer to the monitor for 2.00 s (usually 1.00 s) and the "
             "server forked",
             "and a fork within it");
    result_release(&result);
}

static void test_nodes(void)
{
    struct result result;
    struct result_run *run = fill(&result);
    struct monitor_sample *more =
        arena_alloc_array(&result.arena, SECONDS * (EACH + 1), sizeof *more);
    for (size_t i = 0; i < SECONDS * EACH; i++) {
        more[i] = run->samples[i];
    }
    for (size_t i = 0; i < SECONDS; i++) {
        more[SECONDS * EACH + i] = more[i * EACH];
        more[SECONDS * EACH + i].node = "b:2";
    }
    more[SECONDS * EACH + WHEN].figures[MONITOR_SAVING] = 1;
    run->samples = more;
    run->sample_count = (size_t)SECONDS * (EACH + 1);
    tap_text(cause_of_window(&result), "while b:2 saved in the background", "one of two nodes");
    result_release(&result);
}

/* Without monitors, or with too few samples to know what is usual, it is what the run tells. */
static void test_without(void)
{
    struct result result;
    struct result_run *run = fill(&result);
    run->sample_count = 0;
    tap_check(cause_of_window(&result) == NULL, "no monitors, and nothing in the run");
    run->server_is_told = true;
    run->forks = 1;
    tap_text(cause_of_window(&result), "the server forked (1)", "no monitors: of the whole run");
    run->samples += (WHEN - 2) * EACH;
    run->sample_count = (size_t)5 * EACH;
    tap_text(cause_of_window(&result), "the server forked (1)", "four other samples: too few");
    run->sample_count = (size_t)6 * EACH;
    tap_text(cause_of_window(&result), NOTHING, "five are enough");
    result_release(&result);
}

int main(void)
{
    test_rows();
    test_usual();
    test_several();
    test_silence();
    test_nodes();
    test_without();
    return tap_end();
}
