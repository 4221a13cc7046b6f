#include "model/result.h"

#include <math.h>
#include <stdarg.h>

#include "base/buf.h"
#include "base/mem.h"

static const char *const severities[] = {
    [SEVERITY_NOTE] = "note",
    [SEVERITY_CONDITIONAL] = "conditional",
    [SEVERITY_INVALID] = "invalid",
};

static const char *const verdicts[] = {
    [VERDICT_BETTER] = "better",
    [VERDICT_WORSE] = "worse",
    [VERDICT_EQUIVALENT] = "equivalent",
    [VERDICT_SMALL_DIFFERENCE] = "small-difference",
    [VERDICT_INCONCLUSIVE] = "inconclusive",
    [VERDICT_INVALID] = "invalid",
};

static const char *const stop_reasons[] = {
    [STOP_PLANNED] = "planned",
    [STOP_PRECISE] = "precise",
    [STOP_MAX_PAIRS] = "max-pairs",
    [STOP_TIME_BUDGET] = "time-budget",
};

static const char *const kinds[] = {
    [RESULT_COMPARE] = "compare",
    [RESULT_RUN] = "run",
    [RESULT_SUITE] = "suite",
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The index of a name, or -1. */
static int find_name(const char *const *names, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(name, str_from(names[i]))) {
            return (int)i;
        }
    }
    return -1;
}

const char *severity_name(enum severity severity)
{
    return severities[severity];
}

bool severity_find(struct str name, enum severity *out)
{
    int found = find_name(severities, COUNT_OF(severities), name);
    *out = found < 0 ? *out : (enum severity)found;
    return found >= 0;
}

const char *verdict_name(enum verdict verdict)
{
    return verdicts[verdict];
}

bool verdict_find(struct str name, enum verdict *out)
{
    int found = find_name(verdicts, COUNT_OF(verdicts), name);
    *out = found < 0 ? *out : (enum verdict)found;
    return found >= 0;
}

const char *stop_reason_name(enum stop_reason reason)
{
    return stop_reasons[reason];
}

bool stop_reason_find(struct str name, enum stop_reason *out)
{
    int found = find_name(stop_reasons, COUNT_OF(stop_reasons), name);
    *out = found < 0 ? *out : (enum stop_reason)found;
    return found >= 0;
}

const char *result_kind_name(enum result_kind kind)
{
    return kinds[kind];
}

bool result_kind_compares(enum result_kind kind)
{
    return kind == RESULT_COMPARE || kind == RESULT_SUITE;
}

bool result_kind_find(struct str name, enum result_kind *out)
{
    int found = find_name(kinds, COUNT_OF(kinds), name);
    *out = found < 0 ? *out : (enum result_kind)found;
    return found >= 0;
}

void result_init(struct result *result)
{
    struct spec spec;
    spec_init(&spec, PRESET_QUICK);
    *result = (struct result){
        .kind = RESULT_COMPARE,
        .id = "",
        .tenbin_version = "",
        .design = spec.design,
        .worker_placement = "",
    };
}

static struct hist *new_hist(void)
{
    struct hist *hist = mem_alloc(sizeof *hist);
    hist_init(hist);
    return hist;
}

static void free_hist(struct hist *hist)
{
    if (hist != NULL) {
        hist_release(hist);
        mem_free(hist);
    }
}

void result_release(struct result *result)
{
    for (size_t i = 0; i < result->cell_count; i++) {
        struct result_cell *cell = &result->cells[i];
        for (size_t j = 0; j < cell->run_count; j++) {
            struct result_run *run = &cell->runs[j];
            free_hist(run->latency);
            free_hist(run->service_latency);
            free_hist(run->schedule.send_lag);
            free_hist(run->deliveries.latency);
            free_hist(run->connects.connect);
            free_hist(run->connects.tls);
            free_hist(run->connects.session);
            free_hist(run->client_work.serialise);
            free_hist(run->client_work.compress);
            free_hist(run->client_work.decompress);
            free_hist(run->client_work.parse);
            for (size_t k = 0; k < run->command_count; k++) {
                free_hist(run->commands[k].latency);
            }
        }
        mem_free(cell->runs);
    }
    arena_release(&result->arena);
    *result = (struct result){0};
}

struct result_run *result_add_run(struct result *result, struct result_cell *cell,
                                  const char *const *commands, size_t command_count)
{
    if (cell->run_count == cell->run_capacity) {
        cell->run_capacity = cell->run_capacity == 0 ? 8 : cell->run_capacity * 2;
        cell->runs = mem_resize(cell->runs, cell->run_capacity, sizeof cell->runs[0]);
    }
    struct result_run *run = &cell->runs[cell->run_count++];
    *run = (struct result_run){
        .load = "closed",
        .launch = "",
        .host = "",
        .host_number = 1,
        .latency = new_hist(),
        .offered_per_second = -1,
        .throttled = NAN,
        .commands = arena_alloc_array(&result->arena, command_count, sizeof(struct result_command)),
        .command_count = command_count,
    };
    for (size_t i = 0; i < command_count; i++) {
        run->commands[i] = (struct result_command){
            .name = arena_copy_text(&result->arena, commands[i]),
            .latency = new_hist(),
        };
    }
    return run;
}

void result_make_open(struct result_run *run)
{
    run->load = "open";
    run->schedule.send_lag = new_hist();
    run->service_latency = new_hist();
}

void result_make_deliveries(struct result_run *run)
{
    run->deliveries.latency = new_hist();
}

uint64_t result_lost(const struct result_deliveries *deliveries)
{
    return deliveries->expected > deliveries->delivered
               ? deliveries->expected - deliveries->delivered
               : 0;
}

void result_make_connects(struct result_run *run)
{
    run->connects.connect = new_hist();
    run->connects.tls = new_hist();
    run->connects.session = new_hist();
}

void result_make_client_work(struct result_run *run)
{
    run->client_work.serialise = new_hist();
    run->client_work.compress = new_hist();
    run->client_work.decompress = new_hist();
    run->client_work.parse = new_hist();
}

/* Outgrown arrays stay in the arena until the result is released: findings are few. */
static struct finding *next_finding(struct arena *arena, struct finding_list *list)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 4 : list->capacity * 2;
        struct finding *items = arena_alloc_array(arena, capacity, sizeof *items);
        if (list->count > 0) {
            memcpy(items, list->items, list->count * sizeof *items);
        }
        list->items = items;
        list->capacity = capacity;
    }
    return &list->items[list->count++];
}

void result_put_finding(struct result *result, struct finding_list *list,
                        const struct finding *head, const char *format, ...)
{
    struct buf text = {0};
    va_list args;
    va_start(args, format);
    (void)buf_addv(&text, format, args);
    va_end(args);
    *next_finding(&result->arena, list) = (struct finding){
        .code = arena_copy_text(&result->arena, head->code),
        .severity = head->severity,
        .text = arena_copy(&result->arena, buf_str(&text)),
        .advice = head->advice == NULL ? NULL : arena_copy_text(&result->arena, head->advice),
    };
    buf_release(&text);
}

enum severity finding_list_worst(const struct finding_list *list)
{
    enum severity worst = SEVERITY_NOTE;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].severity > worst) {
            worst = list->items[i].severity;
        }
    }
    return worst;
}

double result_memory_per_key(const struct result_memory *memory)
{
    double bytes = (double)memory->after - (double)memory->before;
    return memory->keys == 0 ? 0 : bytes / (double)memory->keys;
}

static bool percentile(const struct hist *hist, double percent, double *out)
{
    if (hist == NULL || hist->count == 0) {
        return false;
    }
    *out = (double)hist_percentile(hist, percent);
    return true;
}

bool result_run_metric(const struct result_run *run, enum metric metric, double *out)
{
    double operations = (double)run->operations;
    switch (metric) {
    case METRIC_OPS:
        if (run->stated_rate > 0) {
            *out = run->stated_rate;
            return true;
        }
        if (run->operations == 0 || !(run->measured_seconds > 0)) {
            return false;
        }
        *out = operations / run->measured_seconds;
        return true;
    case METRIC_P50:
        return percentile(run->latency, 50, out);
    case METRIC_P99:
        return percentile(run->latency, 99, out);
    case METRIC_P999:
        return percentile(run->latency, 99.9, out);
    case METRIC_CPU:
        if (run->operations == 0 || !(run->server_cpu_seconds >= 0)) {
            return false;
        }
        *out = run->server_cpu_seconds / operations;
        return true;
    case METRIC_DELIVERY_P50:
        return percentile(run->deliveries.latency, 50, out);
    case METRIC_DELIVERY_P99:
        return percentile(run->deliveries.latency, 99, out);
    case METRIC_MEMORY:
    case METRIC_COUNT:
        break;
    }
    return false;
}

const char *result_arm_fact(const struct result_arm *arm, const char *name)
{
    for (size_t i = 0; i < arm->fact_count; i++) {
        if (str_eq(str_from(arm->facts[i].name), str_from(name))) {
            return arm->facts[i].value;
        }
    }
    return NULL;
}

uint32_t result_arm_hosts(const struct result_arm *arm)
{
    return arm->host_count == 0 ? 1 : (uint32_t)arm->host_count;
}

bool result_confirms_gates(const struct result *result)
{
    for (size_t i = 0; i < result->cell_count; i++) {
        if (result->cells[i].confirmed_from > 0) {
            return true;
        }
    }
    return false;
}

bool result_unit_is_host(const struct result *result)
{
    bool is_several = false;
    for (size_t i = 0; i < result->arm_count; i++) {
        is_several = is_several || result_arm_hosts(&result->arms[i]) > 1;
    }
    return is_several && !result->design.aa;
}
