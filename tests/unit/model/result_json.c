#include "model/result_json.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "model/calibration_json.h"
#include "support/full_result.h"
#include "support/tap.h"

static void write_full(struct buf *out)
{
    struct result result;
    full_result_init(&result);
    result_json_write(&result, out);
    result_release(&result);
}

static void check_text(const struct buf *text)
{
    static const char *const parts[] = {
        "{\n  \"format\": \"tenbin-result\",\n  \"version\": 1,\n  \"id\": \"0123456789abcdef\",\n"
        "  \"created\": \"2026-11-23T03:40:00.123Z\",\n  \"kind\": \"compare\",\n",
        "\"caf\xc3\xa9 \\\"q\\\"\"",
        "\"seed\": 9007199254740991",
        "\"slice_seconds\": 0.25,",
        "\"gates\": [\n      \"ops\",\n      \"p99\"\n    ]",
        "\"save\": [\n          \"900 1\",\n          \"60 10000\"\n        ],\n"
        "        \"io-threads\": \"2\",\n        \"requirepass\": \"***\"",
        "\"key_distribution\": \"zipf:0.99\"",
        "\"tls\": null\n",
        "\"tls\": {\n          \"version\": \"TLSv1.3\",\n"
        "          \"cipher\": \"TLS_AES_256_GCM_SHA384\",\n          \"handshakes\": 12,\n"
        "          \"resumed\": 11\n        }",
        "\"skipped\": [],",
        "\"measured_seconds\": 0.30000000000000004,",
        "\"errors\": {\n            \"OOM\": 3,\n            \"timeout\": 1\n          },",
        "\"errors\": {},",
        "\"offered_per_second\": null,",
        "\"server_cpu_seconds\": 0.05,\n          \"server_busy\": 0.5,",
        "\"server_cpu_seconds\": null,\n          \"server_busy\": null,",
        "\"schedule\": null,\n          \"service_latency\": null,",
        "\"kind\": \"service\",\n            \"count\": 5,\n            \"min\": 1000,\n"
        "            \"mean\": 1000000001500.2,\n            \"p50\": 2000,\n"
        "            \"p90\": 5000000000000,\n            \"p95\": 5000000000000,\n"
        "            \"p99\": 5000000000000,\n            \"p999\": 5000000000000,\n"
        "            \"p9999\": 5000000000000,\n            \"max\": 5000000000000,\n"
        "            \"saturated\": 1,\n            \"histogram\": \"H",
        "\"nodes\": [\n            {\n              \"node\": \"10.0.0.5:6379\",\n"
        "              \"role\": \"primary\",\n              \"operations\": 4\n            },",
        "\"offered_per_second\": 20,",
        "\"schedule\": {\n            \"intended\": 10,\n            \"sent\": 8,\n"
        "            \"completed\": 3,\n            \"late\": 2,\n            \"outstanding\": 1,\n"
        "            \"beside\": 2,",
        "\"delivery_latency\": {\n            \"expected\": 3,\n            \"delivered\": 2,\n"
        "            \"lost\": 1,\n            \"kind\": \"delivery\",\n            \"count\": 2,",
        "\"roles\": {\n          \"groups\": [",
        "\"kind\": \"send-lag\",\n              \"count\": 5,",
        "\"monitor\": []",
        "\"monitor\": [\n            {\n              \"t\": 0.25,\n"
        "              \"seconds\": 0.25,\n              \"source\": \"server\",\n"
        "              \"node\": \"scales\",\n              \"cpu\": 1.25,\n"
        "              \"cpu_main\": 0.9876,\n              \"used_memory\": 1000000000,\n"
        "              \"connected_clients\": 52,\n"
        "              \"commands_per_second\": 0,\n              \"evicted_keys\": 12,\n"
        "              \"forks\": 1,\n              \"saving\": true,\n"
        "              \"rewriting\": false\n            },",
        "\"source\": \"client\",\n              \"busy\": 0.75,\n"
        "              \"loop_stalls\": 3,\n",
        "\"ratio\": 1.02,\n          \"low\": 1.01,\n          \"high\": 1.03,",
        "\"low\": null,\n          \"high\": null,",
        "\"minimum_detectable\": null,",
        "\"pairs_needed\": 17",
        "\"unit\": \"host\",\n    \"warmup_seconds\"",
        "\"hosts\": null,",
        "\"hosts\": [\n        {\n          \"target\": \"rediss://b\",\n          \"engine\": "
        "null,",
        "\"host\": \"scales\",\n          \"host_number\": 2,",
        "\"n\": 6,\n          \"unit\": \"host\",\n          \"pairs\": 12,\n"
        "          \"baseline_hosts\": 6,\n          \"arm_hosts\": 8,",
        "\"n\": 0,\n          \"unit\": \"pair\",\n          \"pairs\": 0,\n"
        "          \"baseline_hosts\": null,",
        "\"hosts_needed\": 2,",
        "\"status\": \"conditional\"",
        "\"exit_code\": 1\n  }\n}\n",
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        tap_check(strstr(buf_text(text), parts[i]) != NULL, "the text holds part %zu", i);
    }
    tap_check(strstr(buf_text(text), "hidden-word") == NULL, "but no password");
}

static void check_samples(const struct result *result)
{
    const struct result_run *run = &result->cells[0].runs[0];
    tap_int((int64_t)run->sample_count, 6, "samples of monitors");
    const struct monitor_sample *sample = &run->samples[5];
    tap_check(sample->source == MONITOR_CLIENT && sample->node == NULL && sample->end == 0.5 &&
                  sample->figures[MONITOR_LONGEST_LOOP_STALL] == 0.0025 &&
                  isnan(sample->figures[MONITOR_SEND_LAG_P99]) &&
                  isnan(sample->figures[MONITOR_BUSY]),
              "what is not told is not 0, and each source has its own figures");
    tap_int((int64_t)result->cells[0].runs[1].sample_count, 0, "none in the other run");
}

static void check_noise(const struct result *result)
{
    const struct calibration *calibration = result->cells[0].calibration;
    if (!tap_check(calibration != NULL, "a calibration")) {
        return;
    }
    tap_int(calibration->pairs, 6, "its pairs");
    tap_int(calibration->slices, 12, "its slices");
    tap_near(calibration->metrics[METRIC_OPS].visible[2], 0.0078125, 0, "what thirty pairs see");
    tap_check(isinf(calibration->metrics[METRIC_P99].high), "no bound");
    tap_int(calibration->metrics[METRIC_P50].n, 0, "a metric that is not known");
    tap_check(isnan(calibration->best_slice), "a slice that is not known");
    tap_near(calibration->warmup_seconds, 1.25, 0, "how long it took to settle");
    tap_text(calibration->fingerprint, "00112233aabbccdd", "of these conditions");
    tap_near(result->cells[0].client_maximum, 200000, 0, "what the load generator can do");
    tap_near(result->cells[0].comparisons[0].noise_floor, 0.015625, 0, "a noise floor");
    tap_check(isnan(result->cells[0].comparisons[1].noise_floor), "and none");
}

static void check_round_trip(const struct buf *text)
{
    struct result result;
    struct error err = {0};
    if (!tap_check(result_json_read(buf_str(text), &result, &err), "reads what it wrote")) {
        printf("#   %s\n", err.text);
        return;
    }
    struct buf again = {0};
    result_json_write(&result, &again);
    tap_check(str_eq(buf_str(text), buf_str(&again)), "and writes the same text again");
    const struct result_run *run = &result.cells[0].runs[1];
    tap_int(run->arm, 1, "arm");
    tap_int((int64_t)hist_max(run->latency), 5000000000000, "the exact maximum");
    tap_near(hist_mean(run->latency), 1000000001500.2, 0, "the exact mean");
    tap_int((int64_t)run->latency->saturated, 1, "saturated values");
    tap_near(run->server_cpu_seconds, -1, 0, "unknown CPU stays unknown");
    tap_int((int64_t)result.arms[0].setting_count, 4, "settings");
    tap_text(result.arms[0].settings[1].value, "60 10000", "a repeated setting");
    tap_int((int64_t)result.arms[0].fact_count, 3, "facts");
    tap_text(result_arm_fact(&result.arms[0], "io-threads"), "2", "a fact");
    tap_check(result_arm_fact(&result.arms[1], "io-threads") == NULL, "one that is not known");
    const struct result_arm *several = &result.arms[1];
    tap_int(result_arm_hosts(several), 2, "hosts of an arm");
    tap_text(several->hosts[1].facts[0].value, "b2", "a fact of a host");
    tap_int(run->host_number, 2, "the host of a run");
    tap_int(result_arm_hosts(&result.arms[0]), 1, "one host");
    tap_text(run->findings.items[0].text, "A worker was busy 99 % of the time", "finding");
    const struct result_comparison *unbounded = &result.cells[0].comparisons[1];
    tap_check(isinf(unbounded->high) && unbounded->low >= 0 && unbounded->low <= 0,
              "infinite bounds");
    tap_check(isnan(unbounded->minimum_detectable), "no minimum");
    tap_int(unbounded->pairs_needed, 17, "pairs needed");
    const struct result_description *summary = &result.cells[0].descriptions[0];
    tap_check(summary->arm == 1 && summary->runs == 3 && summary->latency.mode_count == 2 &&
                  summary->values[METRIC_OPS].n == 3 && summary->values[METRIC_CPU].n == 0 &&
                  isnan(summary->values[METRIC_P99].sd) && isnan(summary->latency.percentiles[0]),
              "statistics of an arm");
    const struct result_shift *shift = &result.cells[0].shifts[0];
    tap_check(shift->point_count == 2 && isinf(shift->points[0].band_high) &&
                  shift->points[1].band_low == 1.125 && shift->points[1].percentile == 99.9,
              "a shift function");
    const struct result_anomaly *anomaly = &result.cells[0].anomalies[0];
    tap_text(anomaly->cause, "the server forked (1)", "an anomaly and its cause");
    tap_check(anomaly->metric == METRIC_P99 && anomaly->start == 0.25 &&
                  result.cells[0].anomalies[1].cause == NULL,
              "where it is; another without a cause");
    check_samples(&result);
    check_noise(&result);
    buf_release(&again);
    result_release(&result);
}

/* The member alone, as the store gives it. */
static void check_calibration(void)
{
    struct result result;
    struct error err = {0};
    struct buf text = {0};
    struct buf again = {0};
    full_result_init(&result);
    struct json_writer json = {.out = &text};
    json_writer_open(&json, NULL, '{');
    calibration_json_write(&json, result.cells[0].calibration);
    json_writer_close(&json, '}');
    struct str member = str_from_index(
        buf_str(&text), (size_t)(strchr(buf_text(&text), ':') + 2 - buf_text(&text)));
    member = str_prefix(member, member.len - 2); /* without the end of the object around it */
    struct calibration *read = calibration_json_parse(member, &result, &err);
    if (tap_check(read != NULL, "a calibration by itself: %s", err.text)) {
        json = (struct json_writer){.out = &again};
        json_writer_open(&json, NULL, '{');
        calibration_json_write(&json, read);
        json_writer_close(&json, '}');
        tap_check(str_eq(buf_str(&text), buf_str(&again)), "is the same again");
    }
    static const char *const wrong[] = {"", "7", "{}", "[", "{\"result\": 1}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        tap_check(calibration_json_parse(str_from(wrong[i]), &result, &err) == NULL &&
                      err.text[0] != '\0',
                  "none: %s", wrong[i]);
    }
    buf_release(&again);
    buf_release(&text);
    result_release(&result);
}

static void check_empty(void)
{
    struct result result;
    struct buf text = {0};
    result_init(&result);
    result_json_write(&result, &text);
    result_release(&result);
    struct error err = {0};
    tap_check(result_json_read(buf_str(&text), &result, &err), "an empty result is readable");
    tap_text(err.text, "", "without a word");
    result_release(&result);
    buf_release(&text);
}

/* The full text with one place changed, and what the reader says. */
static const struct {
    const char *from;
    const char *to;
    const char *sentence; /* NULL: still readable */
} changes[] = {
    {"\"tenbin-result\"", "\"other\"", "format: not tenbin-result"},
    {"\"version\": 1,", "\"version\": 2,",
     "version: 2 is not 1, the only one that this tenbin "
     "reads"},
    {"\"version\": 1,", "\"version\": 1.0,",
     "version: not a whole number from 0 to 9223372036854775807"},
    {"\"id\": ", "\"x\": ", "id: missing"},
    {"\"id\": \"0123456789abcdef\"", "\"id\": 7", "id: not a text"},
    {"\"created\": \"2026-11-23", "\"created\": \"2026-13-23",
     "created: not a date such as 2026-11-23T03:40:05.123Z"},
    {"\"kind\": \"compare\"", "\"kind\": \"guess\"", "kind: not compare, run or suite"},
    {"\"tenbin\": {", "\"tenbin\": null, \"x\": {", "tenbin: not an object"},
    {"\"preset\": \"quick\"", "\"preset\": \"slow\"",
     "design.preset: not quick, standard or rigorous"},
    {"\"pairs\": 6", "\"pairs\": 4294967296",
     "design.pairs: not a whole number from 0 to 4294967295"},
    {"\"pairs\": 6", "\"pairs\": -1", "design.pairs: not a whole number from 0 to 4294967295"},
    {"\"warmup_seconds\": 0.5", "\"warmup_seconds\": -0.5", "design.warmup_seconds: negative"},
    {"\"warmup_seconds\": 0.5", "\"warmup_seconds\": 1e10",
     "design.warmup_seconds: more than 1000000000 seconds"},
    {"\"max_pairs\": 40", "\"max_pairs\": -1",
     "design.max_pairs: not a whole number from 0 to 4294967295"},
    {"\"time_budget_seconds\": 900", "\"time_budget_seconds\": -1",
     "design.time_budget_seconds: negative"},
    {"\"time_budget_seconds\": 900", "\"time_budget_seconds\": null", NULL},
    {"\"stopped\": \"max-pairs\"", "\"stopped\": \"bored\"",
     "stopped: not planned, precise, max-pairs or time-budget"},
    {"\"stopped\": \"max-pairs\",", "", NULL}, /* as before it was told */
    {"\"latency_load\": \"5000\"", "\"latency_load\": \"often\"",
     "cells[0].parameters.latency_load: not a rate"},
    {"\"latency_load\": \"5000\",", "", NULL}, /* as before it was told */
    {"\"latency_share\": 0.7", "\"latency_share\": -1", "design.latency_share: negative"},
    {"\"aa\": false", "\"aa\": 0", "design.aa: not true or false"},
    {"      \"p99\"\n    ]", "      7\n    ]", "design.gates: holds something that is no metric"},
    {"\"arms\": [", "\"arms\": {}, \"x\": [", "arms: not a list"},
    {"\"tls\": {", "\"other\": {", NULL}, /* as before it was told */
    {"\"handshakes\": 12", "\"handshakes\": 10",
     "arms[1].environment.tls.resumed: not a whole number from 0 to 10"},
    {"\"label\": \"B\"", "\"label\": 1", "arms[1].label: not a text"},
    {"\"tls\": \"no\"", "\"tls\": 5",
     "arms[0].environment.facts: holds a value that is not a text"},
    {"\"io-threads\": \"2\"", "\"io-threads\": 2",
     "arms[0].settings: holds a value that is neither a text nor a list of texts"},
    {"\"clients\": 50", "\"clients\": \"50\"",
     "cells[0].parameters.clients: not a whole number from 0 to 4294967295"},
    {"zipf:0.99", "zipf:x",
     "cells[0].workload.key_distribution: not uniform, zipf:THETA, hotspot:HOT:SHARE, "
     "gauss:SIGMA, latest or seq"},
    {"\"arm\": \"B\"", "\"arm\": \"C\"", "cells[0].runs[1].arm: names no arm"},
    {"\"load\": \"closed\",\n          \"pair\"", "\"load\": \"ajar\",\n          \"pair\"",
     "cells[0].runs[0].load: not closed or open"},
    {"\"load\": \"closed\"", "\"load\": \"ajar\"",
     "cells[0].parameters.load: neither closed nor a rate nor a shape"},
    {"\"OOM\": 3", "\"OOM\": null",
     "cells[0].runs[0].errors.OOM: not a whole number from 0 to 9223372036854775807"},
    {"\"steal\": 0.01", "\"steal\": null", "cells[0].runs[0].steal: not a number"},
    {"\"count\": 5,", "\"count\": 6,",
     "cells[0].runs[0].latency.count: the histogram holds 5 values"},
    {"\"mean\": 1000000001500.2", "\"mean\": 1",
     "cells[0].runs[0].latency.mean: not between minimum and maximum"},
    {"\"name\": \"GET\"", "\"name\": []", "cells[0].runs[0].commands[1].name: not a text"},
    {"\"t\": 0.5", "\"t\": true", "cells[0].runs[0].windows[1].t: not a number"},
    {"\"severity\": \"note\"", "\"severity\": \"\"",
     "cells[0].runs[1].warnings[1].severity: not note, conditional or invalid"},
    {"\"verdict\": \"inconclusive\"", "\"verdict\": \"perhaps\"",
     "cells[0].comparisons[1].verdict: not a known verdict"},
    {"\"metric\": \"cpu\"", "\"metric\": \"heat\"",
     "cells[0].comparisons[2].metric: not a known metric"},
    {"\"calibration\": {", "\"earlier\": {", NULL}, /* as before there were any */
    {"\"calibration\": {", "\"calibration\": null, \"x\": {", NULL},
    {"\"calibration\": {", "\"calibration\": 7, \"x\": {", "cells[0].calibration: not an object"},
    {"\"fingerprint\": ", "\"x\": ", "cells[0].calibration.fingerprint: missing"},
    {"\"sd\": 0.0125", "\"sd\": -1", "cells[0].calibration.metrics.ops.sd: negative"},
    {"\"30\": ", "\"31\": ", "cells[0].calibration.metrics.ops.30: missing"},
    {"\"noise_floor\": ", "\"x\": ", NULL},
    {"\"severity\": \"conditional\"", "\"severity\": \"grave\"",
     "contract.findings[0].severity: not note, conditional or invalid"},
    {"\"exit_code\": 1", "\"exit_code\": 256",
     "verdict.exit_code: not a whole number from 0 to 255"},
    {"\"host_number\": 2", "\"host_number\": 3",
     "cells[0].runs[1].host_number: not a whole number from 0 to 2"},
    {"\"host_number\": 1", "\"host_number\": 0",
     "cells[0].runs[0].host_number: numbers begin with 1"},
    {"\"host_number\": 2", "\"earlier\": 2", NULL},
    {"\"hosts\": [", "\"hosts\": [], \"x\": [", "arms[1].hosts: holds 0 hosts, not 2 to 16"},
    {"\"target\": \"rediss://b2\"", "\"target\": 2", "arms[1].hosts[1].target: not a text"},
    {"\"monitor\": []", "\"monitor\": 7", "cells[0].runs[1].monitor: not a list"},
    {"\"monitor\": []", "\"other\": []", NULL}, /* as another program may leave it out */
    {"\"source\": \"server\"", "\"source\": \"moon\"",
     "cells[0].runs[0].monitor[0].source: not server, host or client"},
    {"\"node\": \"scales\",\n              \"cpu\": 1.25,", "", NULL},
    {"\"evicted_keys\": 12,\n              \"forks\"",
     "\"evicted_keys\": -12,\n              \"forks\"",
     "cells[0].runs[0].monitor[0].evicted_keys: not a whole number from 0 to 9223372036854775807"},
    {"\"saving\": true", "\"saving\": 1", "cells[0].runs[0].monitor[0].saving: not true or false"},
    {"\"saving\": true", "\"saving\": null", NULL},
    {"\"seed\":", "\"later\": {\"a\": [1, null]}, \"seed\":", NULL},
};

static void check_change(const struct buf *text, size_t row)
{
    const char *found = strstr(buf_text(text), changes[row].from);
    if (!tap_check(found != NULL, "row %zu stands in the text", row)) {
        return;
    }
    struct buf changed = {0};
    (void)buf_add(&changed, text->data, (size_t)(found - text->data));
    (void)buf_add_text(&changed, changes[row].to);
    (void)buf_add_text(&changed, found + strlen(changes[row].from));
    struct result result;
    struct error err = {0};
    bool read = result_json_read(buf_str(&changed), &result, &err);
    const char *sentence = changes[row].sentence;
    tap_int(read, sentence == NULL, "row %zu: verdict", row);
    tap_text(err.text, sentence == NULL ? "" : sentence, "row %zu: sentence", row);
    tap_int(err.code, sentence == NULL ? ERROR_NONE : ERROR_USAGE, "row %zu: code", row);
    if (read) {
        result_release(&result);
    }
    buf_release(&changed);
}

static void check_no_json(void)
{
    static const char *const texts[] = {"",     "{",      "[]",
                                        "null", "tenbin", "{\"format\": \"\\u0000\"}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct result result;
        struct error err = {0};
        tap_check(!result_json_read(str_from(texts[i]), &result, &err), "refuses %s", texts[i]);
        tap_check(err.code == ERROR_USAGE && err.text[0] != '\0', "and says why: %s", err.text);
    }
}

/* Copies of exactly the right size, so that a sanitizer sees the first byte too many. */
static bool survives(const char *data, size_t len)
{
    struct result result;
    char *copy = malloc(len + 1);
    memcpy(copy, data, len);
    bool read = result_json_read((struct str){copy, len}, &result, NULL);
    if (read) {
        result_release(&result);
    }
    free(copy);
    return read;
}

static void check_damage(const struct buf *text)
{
    int read = 0;
    for (size_t len = 0; len + 2 < text->len; len += 97) {
        read += survives(text->data, len) ? 1 : 0;
    }
    tap_int(read, 0, "no truncated text is taken for a whole one");
    struct rng rng;
    rng_init(&rng, 1);
    char *copy = malloc(text->len);
    static const char bytes[] = "0159-.eE\"{}[],:ntaA=\\ \xff";
    for (int i = 0; i < 1500; i++) {
        memcpy(copy, text->data, text->len);
        for (uint64_t n = rng_below(&rng, 3) + 1; n > 0; n--) {
            copy[rng_below(&rng, text->len)] = bytes[rng_below(&rng, sizeof bytes - 1)];
        }
        read += survives(copy, text->len) ? 1 : 0;
    }
    free(copy);
    tap_check(read > 0 && read < 1500, "1500 damaged texts read or refused (%d read)", read);
}

int main(void)
{
    struct buf text = {0};
    write_full(&text);
    check_text(&text);
    check_round_trip(&text);
    check_empty();
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        check_change(&text, i);
    }
    check_calibration();
    check_no_json();
    check_damage(&text);
    buf_release(&text);
    return tap_end();
}
