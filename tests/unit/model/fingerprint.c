#include "model/fingerprint.h"

#include <stdio.h>

#include "support/sample_result.h"
#include "support/tap.h"

/* One change to a result: does it make other conditions? */
static void change_host(struct result *result)
{
    (void)snprintf(result->env.host, ENV_TEXT_SIZE, "elsewhere");
}
static void change_processor(struct result *result)
{
    (void)snprintf(result->env.cpu_model, ENV_TEXT_SIZE, "faster");
}
static void change_processors(struct result *result)
{
    result->env.cpus++;
}
static void change_kernel(struct result *result)
{
    (void)snprintf(result->env.kernel, ENV_TEXT_SIZE, "6.2");
}
static void change_governor(struct result *result)
{
    (void)snprintf(result->env.governor, ENV_TEXT_SIZE, "powersave");
}
static void change_hugepages(struct result *result)
{
    (void)snprintf(result->env.transparent_hugepages, ENV_TEXT_SIZE, "always");
}
static void change_virtualisation(struct result *result)
{
    (void)snprintf(result->env.virtualisation, ENV_TEXT_SIZE, "virtual machine");
}
static void change_workers(struct result *result)
{
    result->worker_placement = "not pinned";
}
static void change_engine(struct result *result)
{
    result->arms[0].engine = "valkey";
}
static void change_version(struct result *result)
{
    result->arms[0].engine_version = "7.0.16";
}
static void change_placement(struct result *result)
{
    result->arms[0].placement = "not pinned";
}
static void change_settings(struct result *result)
{
    static struct setting settings[] = {{"io-threads", "2"}};
    result->arms[0].settings = settings;
    result->arms[0].setting_count = 1;
}
static void change_way(struct result *result)
{
    result->arms[0].started_by_us = false;
}
static void change_keys(struct result *result)
{
    result->cells[0].workload.keys++;
}
static void change_size(struct result *result)
{
    result->cells[0].workload.value_size_high = 1000;
}
static void change_rate(struct result *result)
{
    result->cells[0].load.profile =
        (struct load_profile){.shape = LOAD_FLAT, .rates = {1000}, .rate_count = 1};
}
static void change_loops(struct result *result)
{
    result->design.latency_share = 0.7;
    result->cells[0].latency_load =
        (struct load_profile){.shape = LOAD_FLAT, .rates = {1000}, .rate_count = 1};
}
static void change_clients(struct result *result)
{
    result->cells[0].load.clients++;
}
static void change_threads(struct result *result)
{
    result->cells[0].load.threads++;
}
static void change_pipeline(struct result *result)
{
    result->cells[0].load.pipeline++;
}
static void change_requests(struct result *result)
{
    result->cells[0].load.requests++;
}
static void change_think(struct result *result)
{
    result->cells[0].load.think++;
}
static void change_duration(struct result *result)
{
    result->design.duration++;
}
static void change_slice(struct result *result)
{
    result->design.slice++;
}
static void change_hosts(struct result *result)
{
    static struct result_host hosts[] = {{.target = "local:redis-server"},
                                         {.target = "local:redis-server?io-threads=2"}};
    result->arms[0].target = "local:redis-server,local:redis-server?io-threads=2";
    result->arms[0].hosts = hosts;
    result->arms[0].host_count = 2;
}
static void change_identity(struct result *result)
{
    result->id = "another";
    result->created_wall++;
    result->seed++;
    result->kind = RESULT_SUITE;
    result->cells[0].name = "another";
    result->cells[0].workload.key_prefix = "tenbin:ffffff:";
}
static void change_evidence(struct result *result)
{
    result->design.pairs = 30;
    result->design.warmup = NSEC_PER_SEC;
    result->design.margins[METRIC_OPS] = 0.5;
    result->design.aa = true;
}
static void change_path(struct result *result)
{
    result->arms[0].target = "local:/opt/redis-server";
    result->arms[0].label = "A";
}

static const struct {
    const char *what;
    void (*change)(struct result *result);
    bool counts;
} rows[] = {
    {"host", change_host, true},
    {"processor", change_processor, true},
    {"number of processors", change_processors, true},
    {"kernel", change_kernel, true},
    {"governor", change_governor, true},
    {"huge pages", change_hugepages, true},
    {"virtualisation", change_virtualisation, true},
    {"placement of the load generator", change_workers, true},
    {"engine", change_engine, true},
    {"version", change_version, true},
    {"placement of the server", change_placement, true},
    {"settings", change_settings, true},
    {"attached, not started", change_way, true},
    {"further hosts that are started", change_hosts, true},
    {"keys", change_keys, true},
    {"sizes of values", change_size, true},
    {"rate", change_rate, true},
    {"an open loop beside the closed one", change_loops, true},
    {"clients", change_clients, true},
    {"threads", change_threads, true},
    {"pipeline", change_pipeline, true},
    {"requests", change_requests, true},
    {"think time", change_think, true},
    {"duration", change_duration, true},
    {"slice", change_slice, true},
    {"which measurement it is", change_identity, false},
    {"pairs, warm-up, margins, control", change_evidence, false},
    {"where the program lies, its label", change_path, false},
};

int main(void)
{
    char usual[FINGERPRINT_SIZE];
    char other[FINGERPRINT_SIZE];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result result;
        sample_init(&result, 2);
        fingerprint_take(&result, &result.cells[0], 0, usual);
        rows[i].change(&result);
        fingerprint_take(&result, &result.cells[0], 0, other);
        tap_check((strcmp(usual, other) != 0) == rows[i].counts, "%s: %s", rows[i].what,
                  rows[i].counts ? "other conditions" : "the same ones");
        result_release(&result);
    }
    struct result result;
    sample_init(&result, 2);
    fingerprint_take(&result, &result.cells[0], 0, usual);
    fingerprint_take(&result, &result.cells[0], 1, other);
    tap_check(strcmp(usual, other) != 0, "the other arm has its own");
    change_loops(&result);
    fingerprint_take(&result, &result.cells[0], 0, usual);
    result.cells[0].latency_load.rates[0] = 1001;
    fingerprint_take(&result, &result.cells[0], 0, other);
    tap_text(usual, other, "the rate that was found does not count");
    tap_int((int64_t)strlen(usual), 16, "sixteen digits");
    result_release(&result);
    return tap_end();
}
