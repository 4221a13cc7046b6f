/* Terminal reports of made-up results against the texts in tests/golden, byte for byte.
 *
 * With TENBIN_GOLDEN_UPDATE set in the environment the texts are written instead of compared (and
 * the test fails, so that nobody forgets to unset it): read the difference before committing it. */
#include <stdlib.h>

#include "analysis/calibrate.h"
#include "analysis/compare.h"
#include "analysis/validity.h"
#include "golden_dir.h"
#include "report/report.h"
#include "support/sample_result.h"
#include "support/tap.h"

enum { PAIRS = 6, TEXT_LIMIT = 1 << 16 };

static const double better[PAIRS] = {1.035, 1.04, 1.041, 1.042, 1.05, 1.045};
static const double worse[PAIRS] = {0.95, 0.94, 0.945, 0.94, 0.93, 0.938};
static const double same[PAIRS] = {1.004, 0.997, 1.001, 1.0, 1.003, 0.998};
static const double little[PAIRS] = {1.01, 1.02, 1.03, 1.02, 1.02, 1.02};
static const double unclear[PAIRS] = {0.98, 1.04, 1.0, 1.01, 1.02, 0.99};

static void judge(struct result *result)
{
    struct result_cell *cell = &result->cells[0];
    for (size_t i = 0; i < cell->run_count; i++) {
        validity_check_run(result, &cell->runs[i]);
    }
    validity_check_result(result);
    analysis_compare(result);
    analysis_conclude(result);
}

static void make_pairs(struct result *result, const double *ratios)
{
    sample_init(result, 2);
    sample_pairs(result, 1, METRIC_OPS, ratios, PAIRS);
}

static void make_better(struct result *result)
{
    make_pairs(result, better);
    judge(result);
}

static void make_worse(struct result *result)
{
    make_pairs(result, worse);
    result->design.gated[METRIC_OPS] = true;
    result->cells[0].client_maximum = 252345.6;
    judge(result);
}

static void make_equivalent(struct result *result)
{
    make_pairs(result, same);
    judge(result);
}

static void make_small(struct result *result)
{
    make_pairs(result, little);
    judge(result);
}

static void make_inconclusive(struct result *result)
{
    make_pairs(result, unclear);
    (void)snprintf(result->env.governor, ENV_TEXT_SIZE, "powersave");
    judge(result);
}

/* The client was the limit in every run of the second arm; its CPU is unknown. */
static void make_invalid(struct result *result)
{
    make_pairs(result, better);
    struct result_cell *cell = &result->cells[0];
    for (size_t i = 1; i < cell->run_count; i += 2) {
        cell->runs[i].client_busy = 0.98;
        cell->runs[i].server_busy = 0.41;
        cell->runs[i].server_cpu_seconds = -1;
    }
    /* valid runs beside it, so that there are figures to show */
    judge(result);
}

/* The contract between the arms is broken, the runs themselves are good: figures, no verdict. */
static void make_broken_contract(struct result *result)
{
    make_pairs(result, better);
    result_add_finding(result, &result->findings, SEVERITY_INVALID, "dataset-differs",
                       "load the same data into both", "redis holds 100,000 keys, valkey 99,000");
    judge(result);
}

static void make_interrupted(struct result *result)
{
    sample_init(result, 2);
    sample_pairs(result, 1, METRIC_OPS, better, 2);
    result->interrupted = true;
    judge(result);
}

/* Errors of three kinds in one pair, few enough elsewhere; lost connections; one repetition. */
static void make_errors(struct result *result)
{
    static struct result_error many[] = {{"OOM", 1500}, {"timeout", 24}};
    static struct result_error few[] = {{"connection-lost", 1}};
    make_pairs(result, better);
    struct result_run *runs = result->cells[0].runs;
    runs[1].errors = many;
    runs[1].error_count = 2;
    runs[5].errors = few;
    runs[5].error_count = 1;
    runs[5].lost_connections = 1;
    runs[5].gap_seconds = 0.05;
    runs[5].longest_gap_seconds = 0.05;
    runs[7].misses = 12;
    result->repeated_pairs = 1;
    judge(result);
}

/* Two hosts and three; the third had no turn. The first pair was made twice. */
static void make_hosts(struct result *result)
{
    static struct result_host hosts[2][3] = {
        {{.target = "redis://old-1", .engine = "redis", .engine_version = "7.0.15"},
         {.target = "redis://old-2:6380", .engine = "redis", .engine_version = "7.0.15"}},
        {{.target = "redis://new-1", .engine = "valkey", .engine_version = "8.0.1"},
         {.target = "redis://u:***@new-2", .engine = "valkey", .engine_version = "8.0.1"},
         {.target = "redis://new-3", .engine = "valkey", .engine_version = "8.0.1"}},
    };
    sample_init(result, 2);
    for (uint32_t i = 0; i <= PAIRS; i++) {
        struct sample_figures figures = sample_usual;
        uint32_t pair = i == 0 ? 1 : i;
        figures.operations = i == 0 ? 1000 : 100000 + 1000 * (pair % 2) + 10 * pair;
        struct result_run *run = sample_run(result, 0, pair, &figures);
        run->host_number = 1 + pair % 2;
        run->attempt = i == 1 ? 2 : 1;
        figures.operations += 7000 - 2000 * (pair / 2 % 2);
        figures.p50 += pair / 2 % 2;
        run = sample_run(result, 1, pair, &figures);
        run->host_number = 1 + pair / 2 % 2;
        run->attempt = i == 1 ? 2 : 1;
    }
    for (uint32_t arm = 0; arm < 2; arm++) {
        result->arms[arm].started_by_us = false;
        result->arms[arm].placement = "attached";
        result->arms[arm].hosts = hosts[arm];
        result->arms[arm].host_count = 2 + arm;
    }
    result->arms[0].target = "redis://old-1,redis://old-2:6380";
    result->arms[1].target = "redis://new-1,redis://u:***@new-2,redis://new-3";
    judge(result);
}

/* Three targets; labels and versions try what they can. */
static void make_three(struct result *result)
{
    sample_init(result, 3);
    sample_pairs(result, 1, METRIC_P99, better, PAIRS);
    result->arms[1].label = "\xE5\xA4\xA9\xE7\xA7\xA4-\xE6\x96\xB0\xE3\x81\x97\xE3\x81\x84";
    result->arms[2].label = "a-label-that-is-long\x1b[31m";
    for (uint32_t pair = 1; pair <= PAIRS; pair++) {
        struct sample_figures slow = sample_usual;
        slow.operations = 88000 + 100 * pair;
        slow.p50 = 250;
        sample_run(result, 2, pair, &slow);
    }
    judge(result);
}

static void make_wide_figures(struct result *result)
{
    static const struct sample_figures slow = {12345678,  190000,     12345678,
                                               123456789, 4000000000, 123e-6};
    static const struct sample_figures fast = {15345678,  150000,     10345678,
                                               103456789, 3000000000, 100e-6};
    sample_init(result, 2);
    for (uint32_t pair = 1; pair <= PAIRS; pair++) {
        sample_run(result, 0, pair, &slow);
        sample_run(result, 1, pair, &fast);
    }
    result->arms[0].tls = (struct result_tls){"TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384", 53, 0};
    result->arms[1].tls = (struct result_tls){"TLSv1.3", "TLS_AES_256_GCM_SHA384", 12345, 12344};
    judge(result);
    result->cells[0].comparisons[0].minimum_detectable = 9.99;
    result->cells[0].comparisons[3].minimum_detectable = 494.05;
}

static void make_run(struct result *result)
{
    static struct result_window windows[] = {
        {1, 1, 0, 48000, 0, 190000, 600000, 1100000, 2400000},
        {2, 1, 0, 52000, 3, 180000, 590000, 1000000, 5000000},
    };
    static const struct sample_figures figures = {100000, 185000, 595000, 1050000, 5000000, 8e-6};
    static const char *const command_line[] = {"tenbin", "run",
                                               "local:redis-server?save=", "--seed", "7"};
    sample_init(result, 1);
    result->kind = RESULT_RUN;
    result->command_line = arena_alloc_array(&result->arena, 5, sizeof(char *));
    memcpy(result->command_line, command_line, sizeof command_line);
    result->command_line_count = 5;
    struct result_run *run = sample_run(result, 0, 1, &figures);
    run->measured_seconds = 2;
    run->windows = windows;
    run->window_count = 2;
    judge(result);
}

/* Four cells: one better, one as good, one that cannot be told, one that cannot be measured. */
static void make_suite(struct result *result)
{
    static const char *const names[] = {"string", "string 10KB", "hash 1 client", "hash Lua"};
    static struct result_memory memory[] = {
        {.arm = 0, .keys = 100000, .elements = 1, .before = 1000000, .after = 21000000},
        {.arm = 1, .keys = 100000, .elements = 1, .before = 900000, .after = 19400000},
    };
    sample_init(result, 2);
    sample_cells(result, names, 4);
    sample_cell_pairs(result, 0, better, PAIRS);
    sample_cell_pairs(result, 1, same, PAIRS);
    sample_cell_pairs(result, 2, unclear, PAIRS);
    result->cells[0].memory = memory;
    result->cells[0].memory_count = 2;
    result_add_finding(result, &result->cells[3].findings, SEVERITY_INVALID, "cannot-be-measured",
                       NULL, "redis knows no command of workload hash Lua");
    judge(result);
}

/* A target against itself: slices whose rates differ by launch and by slice, and a warm-up that was
 * found to be too short. */
static void make_control(struct result *result)
{
    static struct result_window windows[2 * PAIRS][4];
    sample_init(result, 2);
    result->design.aa = true;
    result->created_wall = UINT64_C(1795563123) * NSEC_PER_SEC;
    result->arms[1] = result->arms[0];
    result->arms[1].label = "redis-2";
    sample_pairs(result, 1, METRIC_OPS, same, PAIRS);
    for (size_t i = 0; i < result->cells[0].run_count; i++) {
        for (size_t k = 0; k < 4; k++) {
            uint64_t operations = 25000 + 100 * (i / 2) + 50 * (k * 7 % 3);
            windows[i][k] = (struct result_window){
                .end = 0.25 * (double)(k + 1),
                .seconds = 0.25,
                .started_wall = (i / 2 * 8 + k * 2 + (i + k) % 2) * 300 * NSEC_PER_MSEC,
                .operations = operations,
            };
        }
        result->cells[0].runs[i].windows = windows[i];
        result->cells[0].runs[i].window_count = 4;
    }
    judge(result);
    calibrate_cells(result);
    result->cells[0].calibration->watched_seconds = 10;
    result->cells[0].calibration->warmup_seconds = 1.25;
}

/* A comparison after it. */
static void make_calibrated(struct result *result)
{
    static struct calibration calibration;
    struct result control;
    make_control(&control);
    calibration = *control.cells[0].calibration;
    calibration.engine = "redis";
    make_better(result);
    calibrate_attach(result, &result->cells[0], &calibration);
    result_release(&control); /* its texts are not shown, or constants */
}

static void make_suite_calibrated(struct result *result)
{
    static struct calibration calibration;
    calibration = (struct calibration){.engine = "redis",
                                       .engine_version = "7.0.15",
                                       .pairs = 6,
                                       .metrics = {[METRIC_OPS] = {6, 0.0125, 0.99, 1.01, {0}, 9}}};
    make_suite(result);
    calibrate_attach(result, &result->cells[0], &calibration);
    calibrate_attach(result, &result->cells[2], &calibration);
}

static const struct {
    const char *name;
    void (*make)(struct result *result);
    bool color;
    unsigned width;
} rows[] = {
    {"better", make_better, false, 80},
    {"better-color", make_better, true, 80},
    {"worse", make_worse, false, 80},
    {"worse-color", make_worse, true, 80},
    {"equivalent", make_equivalent, false, 80},
    {"equivalent-color", make_equivalent, true, 80},
    {"small-difference", make_small, false, 80},
    {"inconclusive", make_inconclusive, false, 80},
    {"inconclusive-color", make_inconclusive, true, 80},
    {"invalid", make_invalid, false, 80},
    {"invalid-color", make_invalid, true, 80},
    {"broken-contract", make_broken_contract, false, 80},
    {"interrupted", make_interrupted, false, 80},
    {"interrupted-color", make_interrupted, true, 80},
    {"errors", make_errors, false, 80},
    {"errors-color", make_errors, true, 80},
    {"three", make_three, false, 80},
    {"hosts", make_hosts, false, 80},
    {"wide-figures", make_wide_figures, false, 80},
    {"narrow", make_better, false, 50},
    {"suite", make_suite, false, 80},
    {"suite-color", make_suite, true, 80},
    {"suite-calibrated", make_suite_calibrated, false, 80},
    {"control", make_control, false, 80},
    {"calibrated", make_calibrated, false, 80},
    {"run", make_run, false, 80},
    {"run-color", make_run, true, 80},
};

static char *read_all(FILE *file, char *text)
{
    rewind(file);
    size_t len = fread(text, 1, TEXT_LIMIT - 1, file);
    text[len] = '\0';
    return text;
}

static void check_golden(const char *name, const char *got)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s.txt", golden_dir, name);
    if (getenv("TENBIN_GOLDEN_UPDATE") != NULL) {
        FILE *file = fopen(path, "w");
        if (file != NULL) {
            (void)fputs(got, file);
            (void)fclose(file);
        }
        tap_check(false, "%s: written, not compared", name);
        return;
    }
    static char wanted[TEXT_LIMIT];
    FILE *file = fopen(path, "r");
    if (tap_check(file != NULL, "%s: there is an expected text", name)) {
        bool same_text = strcmp(got, read_all(file, wanted)) == 0;
        tap_check(same_text, "%s: as expected", name);
        if (!same_text) {
            size_t at = 0;
            while (got[at] == wanted[at]) {
                at++;
            }
            printf("#   differs from byte %zu on: \"%.20s\"\n", at, got + at);
        }
        (void)fclose(file);
    }
}

/* Lines of at most 80 bytes-without-continuation, no blanks at their ends, no control character. */
static bool is_tidy(const char *text)
{
    bool tidy = true;
    const char *line = text;
    while (*line != '\0') {
        size_t len = strcspn(line, "\n");
        bool free_length = strncmp(line, "Reproduce: ", 11) == 0;
        size_t columns = 0;
        for (size_t i = 0; i < len; i++) {
            unsigned char byte = (unsigned char)line[i];
            columns += (byte & 0xC0) != 0x80 ? 1 : 0;
            tidy = tidy && byte >= 0x20;
        }
        tidy = tidy && (free_length || columns <= 80) && (len == 0 || line[len - 1] != ' ');
        line += len + (line[len] == '\n' ? 1 : 0);
    }
    return tidy;
}

static void test_terminal(void)
{
    static char text[TEXT_LIMIT];
    const struct report *report = report_find("terminal");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result result;
        rows[i].make(&result);
        FILE *file = tmpfile();
        const struct report_options options = {.color = rows[i].color, .width = rows[i].width};
        tap_check(report->write(&result, &options, file), "%s: written", rows[i].name);
        read_all(file, text);
        (void)fclose(file);
        if (!rows[i].color) {
            tap_check(is_tidy(text), "%s: fits, and nothing steers the terminal", rows[i].name);
        }
        check_golden(rows[i].name, text);
        result_release(&result);
    }
}

static void test_table(void)
{
    tap_check(report_find("terminal") != NULL, "there is a terminal report");
    tap_check(report_find("json") != NULL, "there is a JSON report");
    tap_check(report_find("no such report") == NULL, "unknown reports are not found");
}

static void test_json(void)
{
    static char text[TEXT_LIMIT * 4];
    struct result result;
    make_better(&result);
    FILE *file = tmpfile();
    tap_check(report_find("json")->write(&result, &(struct report_options){0}, file),
              "JSON: written");
    read_all(file, text);
    tap_check(text[0] == '{' && strstr(text, "\"sample\"") != NULL, "JSON: it is the result");
    (void)fclose(file);
    result_release(&result);
}

static void test_full_disk(void)
{
    struct result result;
    make_better(&result);
    FILE *full = fopen("/dev/full", "w");
    if (full != NULL) {
        tap_check(!report_find("terminal")->write(&result, &(struct report_options){0}, full),
                  "a full disk is noticed by the terminal report");
        tap_check(!report_find("json")->write(&result, &(struct report_options){0}, full),
                  "and by the JSON report");
        (void)fclose(full);
    }
    result_release(&result);
}

int main(void)
{
    test_table();
    test_terminal();
    test_json();
    test_full_disk();
    return tap_end();
}
