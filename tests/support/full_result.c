#include "support/full_result.h"

#include <math.h>

#define STARTED UINT64_C(1795405205123000000) /* 2026-11-23T03:40:05.123Z */

static void fill_head(struct result *result)
{
    static const char *words[] = {"tenbin", "compare", "A=local:redis-server", "caf\xc3\xa9 \"q\""};
    result->kind = RESULT_COMPARE;
    result->id = "0123456789abcdef";
    result->created_wall = STARTED - 5 * NSEC_PER_SEC;
    result->tenbin_version = "0.1.0";
    result->command_line = words;
    result->command_line_count = sizeof words / sizeof words[0];
    result->seed = SPEC_SEED_MAX;
    result->design.gated[METRIC_OPS] = true;
    result->design.gated[METRIC_P99] = true;
    result->design.keep_data = true;
    result->design.latency_share = 0.7;
    result->design.max_pairs = 40;
    result->design.time_budget = 900 * NSEC_PER_SEC;
    result->worker_placement = "worker pinned to processor 0";
    result->env = (struct env){
        .host = "scales",
        .kernel = "Linux 6.1.0",
        .cpu_model = "Example CPU",
        .cpus = 2,
        .memory_bytes = UINT64_C(8) << 30,
        .governor = "performance",
        .transparent_hugepages = "madvise",
        .clocksource = "tsc",
        .virtualisation = "kvm",
    };
    result->repeated_pairs = 1;
    result->stopped = STOP_MAX_PAIRS;
    result->interrupted = true;
    result->verdict_text = "B does 2.0 % more operations per second than A.";
    result->exit_code = 1;
}

static void fill_arms(struct result *result)
{
    static struct setting settings[] = {
        {"save", "900 1"},
        {"io-threads", "2"},
        {"save", "60 10000"},
        {"requirepass", "hidden-word"},
    };
    static struct setting facts[] = {{"tls", "no"}, {"io-threads", "2"}, {"modules", ""}};
    static struct setting host_facts[] = {{"run_id", "b2"}};
    static struct setting host_settings[] = {{"save", "60 1"}, {"save", "300 10"}};
    static struct result_host hosts[] = {
        {.target = "rediss://b", .engine = "", .engine_version = ""},
        {"rediss://b2", "valkey", "8.0.1", host_facts, 1, host_settings, 2},
    };
    static struct result_arm arms[] = {
        {
            .label = "A",
            .engine = "redis",
            .engine_version = "7.0.15",
            .target = "local:redis-server?requirepass=***",
            .settings = settings,
            .setting_count = sizeof settings / sizeof settings[0],
            .facts = facts,
            .fact_count = sizeof facts / sizeof facts[0],
            .started_by_us = true,
            .placement = "pinned to processor 1",
        },
        {.label = "B",
         .engine = "",
         .engine_version = "",
         .target = "rediss://b,rediss://b2",
         .hosts = hosts,
         .host_count = 2,
         .placement = "",
         .tls = {.version = "TLSv1.3",
                 .cipher = "TLS_AES_256_GCM_SHA384",
                 .handshakes = 12,
                 .resumed = 11}},
    };
    result->arms = arms;
    result->arm_count = sizeof arms / sizeof arms[0];
}

static void fill_client_work(struct result_run *run)
{
    result_make_client_work(run);
    hist_record(run->client_work.serialise, 700);
    hist_record(run->client_work.compress, 3000);
    hist_record(run->client_work.decompress, 900);
    hist_record(run->client_work.parse, 2000);
    run->client_work.values_made = 1;
    run->client_work.plain_bytes = 500;
    run->client_work.stored_bytes = 250;
    run->client_work.values_taken = 1;
}

/* One that drove an open loop, delivered messages and made connections. */
static void fill_more(struct result *result, struct result_run *run)
{
    result_make_open(run);
    run->offered_per_second = 20;
    run->schedule.intended = 10;
    run->schedule.sent = 8;
    run->schedule.late = 2;
    run->schedule.outstanding = 1;
    for (size_t i = 0; i < 5; i++) {
        hist_record(run->schedule.send_lag, 100 + i);
        hist_record(run->service_latency, 900 + i);
    }
    run->schedule.beside = 2;
    result_make_deliveries(run);
    run->deliveries.expected = 3;
    run->deliveries.delivered = 2;
    hist_record(run->deliveries.latency, 4000);
    hist_record(run->deliveries.latency, 5000);
    result_make_connects(run);
    hist_record(run->connects.connect, 50000);
    hist_record(run->connects.tls, 700000);
    hist_record(run->connects.session, 60000);
    fill_client_work(run);
    result_add_finding(result, &run->findings, SEVERITY_INVALID, "client-saturated",
                       "Give it more threads.", "A worker was busy %d %% of the time", 99);
    result_add_finding(result, &run->findings, SEVERITY_NOTE, "misses", NULL, "1 miss");
}

/* One sample of each source; of the second arm's run there are none. */
static void fill_samples(struct result *result, struct result_run *run)
{
    static const struct {
        enum monitor_figure figure;
        double value;
    } told[] = {
        {MONITOR_CPU, 1.25},
        {MONITOR_CPU_MAIN, 0.9876},
        {MONITOR_USED_MEMORY, 1e9},
        {MONITOR_CONNECTED_CLIENTS, 52},
        {MONITOR_COMMANDS, 0},
        {MONITOR_EVICTED_KEYS, 12},
        {MONITOR_FORKS, 1},
        {MONITOR_SAVING, 1},
        {MONITOR_REWRITING, 0},
        {MONITOR_BUSY, 0.5},
        {MONITOR_STEAL, 0.125},
        {MONITOR_CLIENT_BUSY, 0.75},
        {MONITOR_THROTTLED, 0.25},
        {MONITOR_LOOP_STALLS, 3},
        {MONITOR_LONGEST_LOOP_STALL, 0.0025},
    };
    run->samples =
        arena_alloc_array(&result->arena, (size_t)MONITOR_SOURCES * 2, sizeof *run->samples);
    for (int i = 0; i < MONITOR_SOURCES * 2; i++) {
        enum monitor_source source = (enum monitor_source)(i % MONITOR_SOURCES);
        struct monitor_sample *sample = &run->samples[run->sample_count++];
        *sample = monitor_sample_of(source, source == MONITOR_CLIENT ? NULL : "scales");
        sample->end = i < MONITOR_SOURCES ? 0.25 : 0.5;
        sample->seconds = 0.25;
        for (size_t k = 0; k < sizeof told / sizeof told[0]; k++) {
            if (monitor_facts[told[k].figure].source == source) {
                monitor_set(sample, told[k].figure, told[k].value);
            }
        }
    }
}

static void fill_run(struct result *result, struct result_run *run, uint32_t arm)
{
    static struct result_error errors[] = {{"OOM", 3}, {"timeout", 1}};
    static struct result_window windows[] = {
        {0.25, 0.25, STARTED, 2, 0, 1000, 2000, 2000, 2000},
        {0.5, 0.25, STARTED + NSEC_PER_SEC, 3, 4, 1500, 5000000000000, 5000000000000,
         5000000000000},
    };
    run->arm = arm;
    run->pair = run->block = run->attempt = 1;
    run->slot = arm + 1;
    run->order = arm + 1;
    run->launch = arm == 0 ? "4f0d" : "";
    run->host = "scales";
    run->host_number = arm + 1;
    run->started_wall = STARTED;
    run->valid = arm == 0;
    run->measured_seconds = 0.1 + 0.2; /* a number that needs 17 digits */
    run->operations = 5;
    run->steps = 6;
    run->hits = 3;
    run->misses = 1;
    run->bytes_sent = 500;
    run->bytes_received = UINT64_C(1) << 40;
    run->read_calls = 7;
    run->write_calls = 8;
    run->poll_calls = 9;
    run->lost_connections = 1;
    run->gap_seconds = 0.25;
    run->longest_gap_seconds = 0.125;
    static struct result_worker workers[] = {{0.05, 0.75}, {0.0125, 0.25}};
    static struct result_node nodes[] = {{"10.0.0.5:6379", false, 4}, {"10.0.0.6:6379", true, 1}};
    run->workers = workers;
    run->worker_count = 2;
    run->nodes = nodes;
    run->node_count = 2;
    run->moved = 2;
    run->asked = 1;
    run->retries = 12;
    run->aborted = 2;
    run->scripts_loaded = 1;
    run->topology_changes = 3;
    run->loop_stalls = 4;
    run->longest_loop_stall_seconds = 0.0015;
    run->client_cpu_seconds = 0.0625;
    run->client_busy = 0.75;
    run->server_cpu_seconds = arm == 0 ? 0.05 : -1;
    run->server_busy = arm == 0 ? 0.5 : -1;
    run->steal = 0.01;
    run->throttled = 0.002;
    run->server_is_told = true;
    run->evicted_keys = 3;
    run->expired_keys = 4;
    run->forks = 1;
    run->errors = errors;
    run->error_count = arm == 0 ? 2 : 0;
    run->windows = windows;
    run->window_count = sizeof windows / sizeof windows[0];
    static const nsec latencies[] = {1000, 2000, 1500, 3001, 5000000000000}; /* one saturates */
    for (size_t i = 0; i < 5; i++) {
        hist_record(run->latency, latencies[i]);
        hist_record(run->commands[i == 0 ? 0 : 1].latency, latencies[i]);
        run->commands[i == 0 ? 0 : 1].operations++;
    }
    run->empty = 12;
    run->client_cache = (struct result_client_cache){13, 14, 15};
    if (arm == 1) {
        fill_more(result, run);
    } else {
        fill_samples(result, run);
    }
}

static void fill_comparisons(struct result_cell *cell)
{
    static struct result_comparison comparisons[] = {
        {0,          1,
         METRIC_OPS, "closed",
         6,          1.02,
         1.01,       1.03,
         0.95,       0.02,
         0.012,      100,
         102,        VERDICT_SMALL_DIFFERENCE,
         0,          0.0015,
         0.03125,    0.03125,
         0.0625,     0.5,
         0.015625,   12,
         6,          8,
         0,          {6, 0.98, 0.97, 0.99, 2, 3, VERDICT_WORSE}},
        {0,        1,    METRIC_P99, "closed", 1,    1.02, 0,
         INFINITY, 0.95, 0.05,       NAN,      2000, 2040, VERDICT_INCONCLUSIVE,
         17,       NAN,  0.5,        1,        NAN,  NAN,  NAN,
         5,        1,    2,          2,        {0}},
        {0,        1,    METRIC_CPU, "closed", 0,   NAN, 0,
         INFINITY, 0.95, 0.03,       NAN,      NAN, NAN, VERDICT_INVALID,
         0,        NAN,  NAN,        NAN,      NAN, NAN, NAN,
         0,        0,    0,          0,        {0}},
    };
    cell->comparisons = comparisons;
    cell->comparison_count = sizeof comparisons / sizeof comparisons[0];
}

static void fill_statistics(struct result_cell *cell)
{
    static struct result_shift_point points[] = {
        {50, 1.02, 1.01, 1.03, 0, INFINITY},
        {99.9, 1.5, 1.25, 2, 1.125, 2.5},
    };
    static struct result_description summary = {
        .arm = 1,
        .load = "open",
        .runs = 3,
        .values = {[METRIC_OPS] = {3, 100, 101, 2, 1.5, 0.02, 98, 102},
                   [METRIC_P99] = {1, 2000, 2000, NAN, NAN, NAN, 2000, 2000}},
        .latency = {.count = 300,
                    .mean = 1500,
                    .median = 1400,
                    .sd = 300,
                    .mad = 250,
                    .cv = 0.2,
                    .percentiles = {NAN, 900, 1000, 1200, 1400, 1600, 1800, 1900, NAN, NAN, NAN,
                                    NAN},
                    .modes = {{1300, 0.75}, {1800, 0.25}},
                    .mode_count = 2},
    };
    static struct result_shift shift = {0, 1, 6, 0.95, points, 2};
    static struct result_anomaly anomalies[] = {
        {"spike", 1, "closed", METRIC_P99, 2, 2, 0.25, 0.5, 2.5, "the server forked (1)"},
        {"outlier", 1, "closed", METRIC_OPS, 4, 4, 0, 0, -0.25, NULL},
    };
    cell->descriptions = &summary;
    cell->description_count = 1;
    cell->shifts = &shift;
    cell->shift_count = 1;
    cell->anomalies = anomalies;
    cell->anomaly_count = 2;
}

static void fill_calibration(struct result_cell *cell)
{
    static struct calibration calibration = {
        .result = "fedcba9876543210",
        .created_wall = UINT64_C(1763856000123) * NSEC_PER_MSEC,
        .engine = "valkey",
        .engine_version = "8.0.1",
        .fingerprint = "00112233aabbccdd",
        .pairs = 6,
        .metrics = {[METRIC_OPS] = {6, 0.0125, 0.99, 1.01, {0.025, 0.0175, 0.0078125}, 12},
                    [METRIC_P99] = {4, 0.25, 0, INFINITY, {0.5, 0.25, 0.125}, 9999}},
        .launches = 6,
        .slices = 12,
        .launch_sd = 0.0078125,
        .slice_sd = 0.03125,
        .slice_seconds = 0.25,
        .noise_seconds = 1.5,
        .best_slice = NAN,
        .watched_seconds = 10,
        .warmup_seconds = 1.25,
    };
    cell->calibration = &calibration;
}

/* What only results of suites have. */
static void fill_suite(struct result *result, struct result_cell *cell)
{
    static struct result_memory memory[] = {
        {.arm = 0, .keys = 1000, .elements = 10, .before = 1000000, .after = 1500000},
        {.arm = 1,
         .keys = 1000,
         .elements = 10,
         .before = 800000,
         .after = 1200000,
         .was_empty = true},
    };
    static struct result_summary summaries[] = {
        {.arm = 1,
         .metric = METRIC_OPS,
         .verdicts = {1, 2, 3, 4, 5, 6},
         .cells = 15,
         .n = 6,
         .ratio = 1.5,
         .low = 1.25,
         .high = 1.75,
         .confidence = 0.95},
        {.arm = 1,
         .metric = METRIC_MEMORY,
         .verdicts = {0},
         .cells = 0,
         .n = 1,
         .ratio = NAN,
         .low = 0,
         .high = INFINITY,
         .confidence = 0.95},
    };
    cell->memory = memory;
    cell->memory_count = 2;
    result->summaries = summaries;
    result->summary_count = 2;
    result_add_finding(result, &cell->findings, SEVERITY_INVALID, "cannot-be-measured", NULL,
                       "No.");
}

/* Two datasets, steps that depend on replies, a script and a function. */
static void fill_workload(struct workload_spec *workload)
{
    static const struct step_spec steps[] = {
        {.command = "GET {key}"},
        {.command = "SET {key} {value}", .when = STEP_ON_MISS, .think = 5 * NSEC_PER_MSEC},
        {.command = "HGETALL {key:index:reply}", .each = true},
    };
    static const struct operation_spec operations[] = {
        {.name = "cache", .weight = 3, .steps = steps, .step_count = 3, .retries = 7}};
    static const char *const prepare[] = {"XGROUP CREATE {key} g 0"};
    static const struct source_spec scripts[] = {{"add", "return redis.call('GET', KEYS[1])"}};
    static const struct source_spec functions[] = {{"sub", "return 1"}, {"mul", "return 2"}};
    static struct workload_spec others[1];
    others[0] = *workload;
    others[0].data_name = "index";
    others[0].data = DATA_STREAM;
    others[0].keys = 1;
    others[0].key_distribution = KEYS_LATEST;
    others[0].prepare = prepare;
    others[0].prepare_count = 1;
    workload->data_name = "users";
    workload->operations = operations;
    workload->operation_count = 1;
    workload->others = others;
    workload->other_count = 1;
    workload->scripts = scripts;
    workload->script_count = 1;
    workload->functions = functions;
    workload->function_count = 2;
}

void full_result_init(struct result *result)
{
    static const char *const commands[] = {"SET", "GET", "DEL"};
    struct spec spec;
    spec_init(&spec, PRESET_QUICK);
    result_init(result);
    fill_head(result);
    fill_arms(result);
    result->cells = arena_alloc_array(&result->arena, 1, sizeof *result->cells);
    result->cell_count = 1;
    struct result_cell *cell = &result->cells[0];
    *cell = (struct result_cell){
        .name = "default",
        .structure = "strings",
        .factor = "values",
        .is_script = true,
        .write_share = 0.25,
        .workload = spec.workload,
        .load = spec.load,
        .confirmed_from = 7,
        .client_maximum = 200000,
        .latency_load = {.shape = LOAD_FLAT, .rates = {5000}, .rate_count = 1},
    };
    cell->workload.key_distribution = KEYS_ZIPF;
    cell->workload.zipf_theta = 0.99;
    static const struct group_spec groups[] = {{.name = "makers", .share = 0.25},
                                               {.name = "takers", .clients = 30, .is_paced = true}};
    cell->workload.roles = (struct roles_spec){
        .groups = groups,
        .group_count = 2,
        .subscribers = {.connections = 5, .channels = 2, .is_sharded = true},
        .channels = {.count = 10, .distribution = KEYS_ZIPF, .zipf_theta = 0.9},
        .tracking = {.is_on = true, .no_loop = true, .keys = 77},
    };
    fill_workload(&cell->workload);
    for (uint32_t arm = 0; arm < 2; arm++) {
        fill_run(result, result_add_run(result, cell, commands, 3), arm);
    }
    fill_comparisons(cell);
    fill_statistics(cell);
    fill_calibration(cell);
    fill_suite(result, cell);
    result_add_finding(result, &result->findings, SEVERITY_CONDITIONAL, "few-pairs",
                       "Use --preset standard.", "Only %d pairs were measured", 6);
}
