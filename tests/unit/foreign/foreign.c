#include "foreign/foreign.h"

#include <math.h>
#include <stdio.h>

#include "model/result_json.h"
#include "support/tap.h"

#define CHANGED UINT64_C(1795405205123000000) /* 2026-11-23T03:40:05.123Z */
#define MSEC 1000000

static bool read_file(const char *name, struct buf *out)
{
    char path[512];
    char bytes[4096];
    size_t got;
    (void)snprintf(path, sizeof path, "%s/foreign/%s", TEST_DATA_DIR, name);
    FILE *file = fopen(path, "rb");
    buf_clear(out);
    while (file != NULL && (got = fread(bytes, 1, sizeof bytes, file)) > 0) {
        (void)buf_add(out, bytes, got);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return file != NULL;
}

/* Reads a fixture, and sees that the result survives its own file format. */
static bool read_fixture(const char *name, nsec unit, struct result *result)
{
    struct buf text = {0};
    struct buf before = {0};
    struct buf after = {0};
    struct error err = {0};
    struct foreign_source source = {.name = name, .changed = CHANGED, .unit = unit};
    struct result again;
    bool done = read_file(name, &text) && foreign_read(buf_str(&text), &source, result, &err);
    tap_check(done, "%s is read: %s", name, err.text);
    if (done) {
        result_json_write(result, &before);
        if (tap_check(result_json_read(buf_str(&before), &again, &err),
                      "%s: its result is read: %s", name, err.text)) {
            result_json_write(&again, &after);
            tap_check(str_eq(buf_str(&before), buf_str(&after)), "%s: and written the same", name);
            result_release(&again);
        }
        tap_text(result->origin->file, name, "names its file");
        tap_check(result->id[0] == 'i' && strlen(result->id) == 19, "%s: id %s", name, result->id);
    }
    buf_release(&text);
    buf_release(&before);
    buf_release(&after);
    return done;
}

static bool has_finding(const struct result *result, const char *code)
{
    for (size_t i = 0; i < result->findings.count; i++) {
        if (strcmp(result->findings.items[i].code, code) == 0) {
            return true;
        }
    }
    return false;
}

static void check_benchmark_csv(void)
{
    struct result result;
    if (read_fixture("redis-benchmark-7.0.csv", 0, &result)) {
        const struct result_run *run = &result.cells[1].runs[0];
        tap_text(result.origin->format, "benchmark-csv", "format");
        tap_int((int64_t)result.cell_count, 4, "a cell per test");
        tap_text(result.cells[1].name, "GET", "by name");
        tap_near(run->stated_rate, 26917.90, 1e-9, "rate");
        tap_int((int64_t)run->figures->p99, 4311000, "p99 in ns");
        tap_int((int64_t)run->figures->min, 112000, "min");
        tap_near(run->figures->mean, 1.190 * MSEC, 1e-6, "mean");
        tap_check(run->figures->p999 == RESULT_UNKNOWN, "what is not there is unknown");
        tap_check(run->operations == RESULT_UNKNOWN && isnan(run->measured_seconds),
                  "also how many, and how long");
        tap_check(result.created_wall == CHANGED && has_finding(&result, "file-date"),
                  "its date is the file's, and that is said");
        tap_int(result.cells[3].runs[0].order, 4, "order");
        result_release(&result);
    }
    if (read_fixture("valkey-benchmark-8.0-command.csv", 0, &result)) {
        tap_text(result.cells[0].name, "SET a,\"b 1", "a name with quotes and commas");
        tap_near(result.cells[0].runs[0].stated_rate, 58139.53, 1e-9, "does not shift its figures");
        result_release(&result);
    }
    if (read_fixture("redis-benchmark-5.csv", 0, &result)) {
        tap_int((int64_t)result.cell_count, 2, "without a title");
        tap_near(result.cells[1].runs[0].stated_rate, 45662.10, 1e-9, "the rate is there");
        tap_check(result.cells[1].runs[0].figures->p50 == RESULT_UNKNOWN, "and nothing else");
        result_release(&result);
    }
}

static void check_memtier(void)
{
    struct result result;
    if (read_fixture("memtier-2.json", 0, &result)) {
        const struct result_cell *cell = &result.cells[0];
        const struct result_run *run = &cell->runs[0];
        tap_text(result.arms[0].target, "redis://10.0.0.5:6379", "target");
        tap_int(cell->load.clients, 50, "clients in all");
        tap_int(cell->load.threads, 2, "threads");
        tap_int((int64_t)cell->workload.keys, 10000, "keys");
        tap_int(cell->workload.writes, 1, "writes");
        tap_int(cell->workload.reads, 10, "reads");
        tap_int((int64_t)run->operations, 11000, "operations");
        tap_near(run->measured_seconds, 2.5, 0, "seconds");
        tap_near(run->stated_rate, 4400, 0, "rate");
        tap_int((int64_t)run->hits, 9000, "hits");
        tap_int((int64_t)run->misses, 1000, "misses");
        tap_int((int64_t)run->figures->p999, 3903000, "p99.9");
        tap_check(run->figures->p90 == RESULT_UNKNOWN, "a percentile that was not asked for");
        tap_int((int64_t)run->command_count, 2, "the commands that were used");
        tap_text(run->commands[0].name, "SET", "by their names");
        tap_int((int64_t)run->commands[0].figures->max, 4095000, "with figures");
        tap_int((int64_t)run->window_count, 3, "seconds");
        tap_int((int64_t)run->windows[1].p99, 1500000, "in order");
        tap_near(run->windows[2].seconds, 0.5, 1e-9, "the last one is short");
        tap_check(result.created_wall == UINT64_C(1764057600123) * MSEC, "begin");
        tap_check(!has_finding(&result, "file-date"), "which the file says");
        result_release(&result);
    }
    if (read_fixture("memtier-2-histograms.json", 0, &result)) {
        const struct result_run *run = &result.cells[0].runs[0];
        const struct hist *gets = run->commands[1].latency;
        tap_check(run->figures == NULL && run->commands[1].figures == NULL,
                  "a distribution takes the place of figures");
        tap_int((int64_t)gets->count, 10001, "although it counts one more");
        tap_near((double)hist_percentile(gets, 50), 200e3, 5e3, "its median, in ns");
        tap_near((double)hist_percentile(gets, 99.9), 5000e3, 10e3, "its tail");
        tap_near((double)hist_percentile(run->latency, 100), 5000e3, 10e3, "all together");
        result_release(&result);
    }
    if (read_fixture("memtier-1.3-runs.json", 0, &result)) {
        const struct result_cell *cell = &result.cells[0];
        tap_int((int64_t)cell->run_count, 2, "runs, without their average");
        tap_near(cell->runs[1].stated_rate, 101000, 0, "the second one");
        tap_int(cell->runs[1].pair, 2, "is the second pair");
        tap_near(cell->runs[0].figures->mean, 1.98 * MSEC, 1e-6, "the mean alone is known");
        tap_check(cell->runs[0].figures->p50 == RESULT_UNKNOWN &&
                      cell->runs[0].hits == RESULT_UNKNOWN,
                  "no percentile, and no count without a duration");
        result_release(&result);
    }
}

static void check_python(void)
{
    struct result result;
    if (read_fixture("kv_redis.json", 0, &result)) {
        const struct result_cell *cell = &result.cells[0];
        const struct result_run *run = &cell->runs[0];
        tap_text(result.arms[0].label, "redis", "engine");
        tap_text(cell->name, "key-value", "name");
        tap_int((int64_t)run->operations, 10000, "operations");
        tap_near(run->stated_rate, 5000, 0, "rate");
        tap_near(run->measured_seconds, 2, 0, "seconds");
        tap_int((int64_t)run->figures->p99, 7250000, "p99: milliseconds");
        tap_int((int64_t)run->figures->p50, 1700000, "the median");
        tap_int((int64_t)run->command_count, 2, "reads and writes");
        tap_text(run->commands[0].name, "GET", "GET");
        tap_int((int64_t)run->commands[0].operations, 8000, "their number, from their rate");
        tap_int(cell->workload.writes, 1, "writes");
        tap_int(cell->workload.reads, 4, "reads");
        tap_int((int64_t)cell->workload.value_size_low, 1024, "value size");
        tap_check(isnan(cell->workload.compressibility), "what values hold is not known");
        tap_check(result.created_wall == UINT64_C(1740830400250) * MSEC, "begin, as if in UTC");
        tap_check(has_finding(&result, "time-zone"), "and that is said");
        tap_check(!has_finding(&result, "errors"), "no errors");
        result_release(&result);
    }
    if (read_fixture("ds_valkey.json", 0, &result)) {
        const struct result_run *run = &result.cells[0].runs[0];
        tap_text(result.arms[0].engine, "valkey", "engine");
        tap_text(result.cells[0].name, "data-structures", "name");
        tap_int((int64_t)run->operations, 998, "those that succeeded");
        tap_int((int64_t)run->errors[0].count, 2, "those that failed");
        tap_check(has_finding(&result, "errors"), "are told");
        tap_int((int64_t)run->command_count, 3, "commands, and a structure without");
        tap_text(run->commands[0].name, "LRANGE", "a command");
        tap_int((int64_t)run->commands[0].figures->p95, 1250000, "its p95");
        tap_text(run->commands[2].name, "hash", "a structure");
        tap_check(result.created_wall == UINT64_C(1740830400000) * MSEC, "a zone is heeded");
        result_release(&result);
    }
}

/* Within `share` of what hdr-histogram-js says. */
static void check_percentiles(const struct hist *hist, const double expected[4], double share,
                              const char *name)
{
    static const double percents[4] = {50, 99, 99.9, 100};
    for (size_t i = 0; i < 4; i++) {
        tap_near((double)hist_percentile(hist, percents[i]), expected[i], expected[i] * share,
                 "%s: p%g", name, percents[i]);
    }
}

/* Replaces what occurs once. */
static void put(struct buf *text, const char *old, const char *new)
{
    struct buf out = {0};
    const char *at = strstr(buf_text(text), old);
    tap_check(at != NULL, "%s is there", old);
    if (at != NULL) {
        buf_add(&out, buf_text(text), (size_t)(at - buf_text(text)));
        buf_add_text(&out, new);
        buf_add_text(&out, at + strlen(old));
        buf_release(text);
        *text = out;
    }
}

/* The legend says that the second column is an end: some writers put one there, others a length. */
static void check_hdr_ends(void)
{
    static const struct {
        const char *name;
        const char *first, *second; /* instead of the two columns of either line */
    } rows[] = {
        {"lengths", "1764057600.000,1.000,", "1764057601.000,1.000,"},
        {"ends", "1764057600.000,1764057601.000,", "1764057601.000,1764057602.000,"},
        {"lengths, from the start", "0.500,1.000,", "1.500,1.000,"},
        {"ends, from the start", "0.500,1.500,", "1.500,2.500,"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf text = {0};
        struct error err = {0};
        struct result result;
        struct foreign_source source = {.name = "ends.hlog", .changed = CHANGED};
        if (!tap_check(read_file("plain.hlog", &text), "plain.hlog")) {
            continue;
        }
        put(&text, "Interval_Length", "EndTimestamp");
        put(&text, "1764057601.000,1.000,", rows[i].second);
        put(&text, "1764057600.000,1.000,", rows[i].first);
        if (tap_check(foreign_read(buf_str(&text), &source, &result, &err), "is read: %s",
                      err.text)) {
            const struct result_run *run = &result.cells[0].runs[0];
            tap_near(run->measured_seconds, 2, 1e-6, "%s: seconds", rows[i].name);
            tap_int((int64_t)run->window_count, 2, "%s: intervals", rows[i].name);
            result_release(&result);
        }
        buf_release(&text);
    }
}

static void check_hdr(void)
{
    struct result result;
    if (read_fixture("plain.hlog", 0, &result)) {
        const struct result_run *run = &result.cells[0].runs[0];
        static const double expected[4] = {162943, 1052671, 1095679, 1098982};
        check_percentiles(run->latency, expected, 0.002, "plain.hlog");
        tap_int((int64_t)run->operations, 2001, "operations");
        tap_near(run->measured_seconds, 2, 1e-9, "seconds");
        tap_int((int64_t)run->window_count, 2, "intervals");
        tap_check(run->windows[1].started_wall == UINT64_C(1764057601000) * MSEC, "when");
        tap_check(run->figures == NULL, "the whole distribution is known");
        tap_check(has_finding(&result, "unit-assumed"), "the unit is assumed, and that is said");
        result_release(&result);
    }
    if (read_fixture("tagged.hlog", 1000, &result)) {
        const struct result_run *run = &result.cells[0].runs[0];
        static const double gets[4] = {263e3, 1135e3, 1199e3, 1199e3};
        static const double sets[4] = {959e3, 1839e3, 1903e3, 1903e3};
        tap_int((int64_t)run->command_count, 2, "tags");
        tap_text(run->commands[1].name, "SET", "by name");
        check_percentiles(run->commands[0].latency, gets, 0.04, "tagged.hlog GET");
        check_percentiles(run->commands[1].latency, sets, 0.02, "tagged.hlog SET");
        tap_int((int64_t)run->operations, 2000, "all together");
        tap_int((int64_t)run->window_count, 2, "an interval for both tags");
        tap_near(run->measured_seconds, 2, 1e-9, "is counted once");
        tap_check(run->windows[0].started_wall == UINT64_C(1764057600000) * MSEC,
                  "timestamps that count from the start");
        tap_check(!has_finding(&result, "unit-assumed"), "the unit was told");
        result_release(&result);
    }
    static const char *const names[] = {"ms.hgrm", "ms.hgrm.csv"};
    for (size_t i = 0; i < 2; i++) {
        if (read_fixture(names[i], 0, &result)) {
            const struct result_run *run = &result.cells[0].runs[0];
            static const double expected[4] = {165375, 1058815, 1094655, 1099539};
            check_percentiles(run->latency, expected, 0.006, names[i]);
            tap_int((int64_t)run->operations, 10000, "operations");
            tap_check(isnan(run->measured_seconds) && run->stated_rate <= 0, "no rate");
            if (i == 0) {
                tap_near(hist_mean(run->latency), 302000, 1, "the mean as it is stated");
            }
            tap_check(has_finding(&result, "mean-bound") == (i == 1), "else it is a bound");
            result_release(&result);
        }
    }
}

static void check_refusals(void)
{
    static const struct {
        const char *text;
        const char *sentence; /* a part of it */
    } rows[] = {
        {"", "not a format that tenbin knows"},
        {"hello", "not a format that tenbin knows"},
        {"{}", "not a format that tenbin knows"},
        {"{\"ALL STATS\": 1}", "holds no statistics"},
        {"{\"ALL STATS\": {}}", "states no \"Ops/sec\""},
        {"{\"ALL STATS\": {\"Totals\": {\"Ops/sec\": -1}}}", "states no \"Ops/sec\""},
        {"{\"ALL STATS\": ", "line 1"},
        {"{\"engine_type\": \"Redis\", \"stats\": {\"error\": \"No operations recorded\"}}",
         "it holds no figures: No operations recorded"},
        {"{\"engine_type\": \"Redis\", \"stats\": []}", "states no \"operations_per_sec\""},
        {"\"test\",\"rps\"\n", "it holds no test"},
        {"\"test\",\"rps\"\n\"SET\",\"x\"\n", "a line has no number for rps"},
        {"\"test\",\"rps\"\n\"SET\",\"-1\"\n", "a line has no number for rps"},
        {"\"test\",\"rps\",\"p50_latency_ms\"\n\"SET\",\"1\"\n", "a line has no number for rps"},
        {"\"test\",\"rps\"\nSET,1\n", "a line is not in quotes"},
        {"#[Histogram log format version 1.3]\n", "it holds no interval"},
        {"#[Histogram log format version 1.3]\n0.0,1.0,1.0,HIST\n", "line 2: decode a histogram"},
        {"#[Histogram log format version 1.3]\n0.0,1.0,1.0,????\n", "not base64"},
        {"Value Percentile TotalCount 1/(1-Percentile)\n", "it counts nothing"},
        {"Value Percentile TotalCount 1/(1-Percentile)\n1.0 0.5 x\n", "does not hold value"},
        {"Value Percentile TotalCount 1/(1-Percentile)\n1.0 0.5 9\n2.0 1.0 8\n",
         "fewer measurements"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result result;
        struct error err = {0};
        struct foreign_source source = {.name = "x", .changed = CHANGED};
        tap_check(!foreign_read(str_from(rows[i].text), &source, &result, &err), "row %zu: refused",
                  i);
        tap_check(strstr(err.text, rows[i].sentence) != NULL, "row %zu: %s", i, err.text);
        tap_int(err.code, ERROR_USAGE, "row %zu: the user's to act on", i);
    }
}

int main(void)
{
    check_benchmark_csv();
    check_memtier();
    check_python();
    check_hdr();
    check_hdr_ends();
    check_refusals();
    return tap_end();
}
