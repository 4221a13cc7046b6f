#include "engine/engine.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "base/mem.h"
#include "engine/worker.h"
#include "os/thread.h"
#include "redis/reply_error.h"
#include "workload/stamp.h"

enum {
    WATCH_MS = 20,
    DISCOVERY_SECONDS = 2, /* for one search for the target's nodes */
};

/* A worker and its thread. The order is written by the orchestrating thread while the worker is
 * idle, the report by the worker before it is idle again; `is_busy` under the engine's mutex passes
 * them over. */
struct crew {
    struct engine *engine;
    struct loop loop;
    struct worker worker;
    pthread_t thread;
    bool has_loop;
    bool has_worker;
    bool has_thread;
    bool is_busy;
    bool must_end;
    struct worker_order order;
    struct worker_report report;
};

struct engine {
    struct engine_config config;
    struct crew *crews;
    uint32_t count;
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* some crew's is_busy or must_end */
    struct discovery *discovery;
    struct board board;
    /* Copies: whoever made the engine may turn to another node meanwhile. */
    struct endpoint endpoint;
    struct locator locator;
};

/* ---- the worker's side ---- */

static void *crew_main(void *arg)
{
    struct crew *crew = arg;
    struct engine *engine = crew->engine;
    thread_wake_precisely();
    pthread_mutex_lock(&engine->mutex);
    for (;;) {
        while (!crew->is_busy && !crew->must_end) {
            pthread_cond_wait(&engine->changed, &engine->mutex);
        }
        if (crew->must_end) {
            break;
        }
        pthread_mutex_unlock(&engine->mutex);
        worker_carry_out(&crew->worker, &crew->order, &crew->report);
        pthread_mutex_lock(&engine->mutex);
        crew->is_busy = false;
        pthread_cond_broadcast(&engine->changed);
    }
    pthread_mutex_unlock(&engine->mutex);
    return NULL;
}

struct crew_start {
    struct crew *crew;
    unsigned cpu;
};

static void *crew_main_pinned(void *arg)
{
    struct crew_start start = *(struct crew_start *)arg;
    mem_free(arg);
    struct cpu_set cpus = {0};
    cpu_set_add(&cpus, start.cpu);
    (void)thread_pin(&cpus, NULL); /* the processors were available when the engine was made */
    return crew_main(start.crew);
}

/* ---- starting and ending ---- */

/* The i-th part of `whole` cut into `parts` as equal as possible. */
static uint64_t part_of(uint64_t whole, uint32_t parts, uint32_t i)
{
    return whole / parts + (i < whole % parts ? 1 : 0);
}

/* Where it begins. */
static uint32_t first_part(uint32_t whole, uint32_t parts, uint32_t i)
{
    return whole / parts * i + (i < whole % parts ? i : whole % parts);
}

static bool start_crew(struct engine *engine, uint32_t i, uint32_t first_client, struct error *err)
{
    uint32_t subscribers = engine->config.workload->duties.roles.subscribers.connections;
    const struct engine_config *config = &engine->config;
    struct crew *crew = &engine->crews[i];
    crew->engine = engine;
    if (!config->loop_init(&crew->loop, err)) {
        return false;
    }
    crew->has_loop = true;
    struct worker_config worker = {
        .clock = config->clock,
        .loop = &crew->loop,
        .endpoint = &engine->endpoint,
        .discovery = engine->discovery,
        .workload = config->workload,
        .load = config->load,
        .index = i,
        .workers = engine->count,
        .first_client = first_client,
        .clients = (uint32_t)part_of(config->load->clients, engine->count, i),
        .first_subscriber = first_part(subscribers, engine->count, i),
        .subscribers = (uint32_t)part_of(subscribers, engine->count, i),
        .board = &engine->board,
        .protocol = config->protocol,
        .seed = config->seed,
        .spin = config->spin,
        .is_general = config->is_general,
    };
    worker_init(&crew->worker, &worker);
    crew->has_worker = true;
    char name[16];
    (void)snprintf(name, sizeof name, "worker-%u", i % 10000);
    if (config->cpus == NULL) {
        crew->has_thread = thread_start(&crew->thread, name, crew_main, crew, err);
        return crew->has_thread;
    }
    struct crew_start *start = mem_alloc(sizeof *start);
    start->crew = crew;
    start->cpu = cpu_set_nth(config->cpus, i % cpu_set_count(config->cpus));
    crew->has_thread = thread_start(&crew->thread, name, crew_main_pinned, start, err);
    if (!crew->has_thread) {
        mem_free(start);
    }
    return crew->has_thread;
}

struct engine *engine_new(const struct engine_config *config, struct error *err)
{
    struct engine *engine = mem_alloc(sizeof *engine);
    engine->config = *config;
    engine->count = config->load->threads;
    engine->crews = mem_alloc_array(engine->count, sizeof(struct crew));
    pthread_mutex_init(&engine->mutex, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&engine->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    engine->endpoint = *config->endpoint;
    if (config->locator != NULL) {
        engine->locator = *config->locator;
        engine->locator.endpoint = &engine->endpoint;
    }
    engine->discovery = discovery_new(config->locator == NULL ? NULL : &engine->locator,
                                      config->topology, DISCOVERY_SECONDS * NSEC_PER_SEC, err);
    if (engine->discovery == NULL) {
        engine_free(engine);
        return NULL;
    }
    uint32_t first_client = 0;
    for (uint32_t i = 0; i < engine->count; i++) {
        if (!start_crew(engine, i, first_client, err)) {
            engine_free(engine);
            return NULL;
        }
        first_client += engine->crews[i].worker.config.clients;
    }
    return engine;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL) {
        return;
    }
    pthread_mutex_lock(&engine->mutex);
    for (uint32_t i = 0; i < engine->count; i++) {
        engine->crews[i].must_end = true;
    }
    pthread_cond_broadcast(&engine->changed);
    pthread_mutex_unlock(&engine->mutex);
    for (uint32_t i = 0; i < engine->count; i++) {
        struct crew *crew = &engine->crews[i];
        if (crew->has_thread) {
            pthread_join(crew->thread, NULL);
        }
        if (crew->has_worker) {
            worker_release(&crew->worker);
        }
        if (crew->has_loop) {
            loop_release(&crew->loop);
        }
    }
    discovery_free(engine->discovery);
    pthread_cond_destroy(&engine->changed);
    pthread_mutex_destroy(&engine->mutex);
    mem_free(engine->crews);
    mem_free(engine);
}

/* ---- orders ---- */

static bool any_busy(const struct engine *engine)
{
    for (uint32_t i = 0; i < engine->count; i++) {
        if (engine->crews[i].is_busy) {
            return true;
        }
    }
    return false;
}

static void take_window(const struct hist_window *window, const struct engine_watch *watch,
                        struct hist_window *total)
{
    if (watch != NULL && watch->on_window != NULL) {
        watch->on_window(watch->self, window);
    }
    window_merge(total, window);
}

static void take_windows(struct engine *engine, const struct engine_watch *watch,
                         struct hist_window *total)
{
    for (uint32_t i = 0; i < engine->count; i++) {
        struct recorder *recorder = &engine->crews[i].worker.recorder;
        struct hist_window *window = recorder_take(recorder);
        if (window != NULL) {
            take_window(window, watch, total);
            recorder_give_back(recorder);
        }
    }
}

/* Gives every worker its part of the order and waits until all are done. Windows published on the
 * way are merged into `total` (NULL: the order has none). True if the user asked to stop. */
static bool carry_out(struct engine *engine, const struct worker_order *order,
                      const struct engine_watch *watch, struct hist_window *total)
{
    bool stopped = false;
    uint32_t tag = (uint32_t)(clock_now(engine->config.clock) / NSEC_PER_USEC) & STAMP_TAG_MAX;
    board_reset(&engine->board);
    pthread_mutex_lock(&engine->mutex);
    for (uint32_t i = 0; i < engine->count; i++) {
        struct crew *crew = &engine->crews[i];
        crew->order = *order;
        crew->order.tag = tag;
        crew->order.requests = part_of(order->requests, engine->count, i);
        atomic_store(&crew->worker.stop, false);
        crew->is_busy = true;
    }
    pthread_cond_broadcast(&engine->changed);
    while (any_busy(engine)) {
        nsec wake = clock_now(clock_monotonic()) + WATCH_MS * NSEC_PER_MSEC;
        struct timespec until = {
            .tv_sec = (time_t)(wake / NSEC_PER_SEC),
            .tv_nsec = (long)(wake % NSEC_PER_SEC),
        };
        (void)pthread_cond_timedwait(&engine->changed, &engine->mutex, &until);
        pthread_mutex_unlock(&engine->mutex);
        if (total != NULL) {
            take_windows(engine, watch, total);
        }
        if (!stopped && watch != NULL && watch->wants_stop != NULL &&
            watch->wants_stop(watch->self)) {
            stopped = true;
            for (uint32_t i = 0; i < engine->count; i++) {
                atomic_store(&engine->crews[i].worker.stop, true);
            }
        }
        pthread_mutex_lock(&engine->mutex);
    }
    pthread_mutex_unlock(&engine->mutex);
    if (total != NULL) {
        take_windows(engine, watch, total);
    }
    return stopped;
}

static bool interrupted(struct error *err)
{
    return error_set(err, ERROR_INTERRUPTED, "interrupted");
}

bool engine_connect(struct engine *engine, const struct engine_watch *watch, struct error *err)
{
    struct worker_order order = {.task = WORKER_CONNECT};
    if (carry_out(engine, &order, watch, NULL)) {
        return interrupted(err);
    }
    for (uint32_t i = 0; i < engine->count; i++) {
        const struct worker_report *report = &engine->crews[i].report;
        if (report->failed) {
            return error_set(err, ERROR_TARGET, "%s", report->problem.text);
        }
    }
    return true;
}

/* "12 OOM, 3 connection-lost" */
static void describe_errors(const struct counters *counters, char *text, size_t size)
{
    size_t len = 0;
    text[0] = '\0';
    for (int kind = 0; kind < REPLY_ERROR_COUNT && len < size; kind++) {
        if (counters->errors[kind] > 0) {
            int added = snprintf(text + len, size - len, "%s%llu %s", len > 0 ? ", " : "",
                                 (unsigned long long)counters->errors[kind],
                                 reply_error_name((enum reply_error)kind));
            len += added > 0 ? (size_t)added : 0;
        }
    }
}

bool engine_sweep(struct engine *engine, const struct engine_keys *keys,
                  const struct engine_watch *watch, struct error *err)
{
    struct worker_order order = {
        .task = WORKER_SWEEP,
        .operation = keys->operation,
        .first = keys->first,
        .last = keys->last,
    };
    struct counters counters = {0};
    struct error problem = {0};
    bool failed = false;
    bool stopped = carry_out(engine, &order, watch, NULL);
    for (uint32_t i = 0; i < engine->count; i++) {
        const struct crew *crew = &engine->crews[i];
        counters_merge(&counters, &crew->worker.window->counters); /* a sweep has only one */
        failed = failed || crew->report.failed;
        if (crew->report.problem.code != ERROR_NONE) {
            problem = crew->report.problem;
        }
    }
    if (stopped) {
        return interrupted(err);
    }
    uint64_t errors = counters_errors(&counters);
    if (failed && errors == 0) {
        return error_set(err, ERROR_TARGET, "%s: no answer in time%s%s", engine->endpoint.name,
                         problem.code == ERROR_NONE ? "" : ": ", problem.text);
    }
    if (errors > 0) {
        char kinds[256];
        describe_errors(&counters, kinds, sizeof kinds);
        return error_set(
            err, ERROR_INVALID, "%s: %s of %llu keys failed on %llu (%s)", engine->endpoint.name,
            engine->config.workload->operations[keys->operation].name,
            (unsigned long long)(keys->last - keys->first), (unsigned long long)errors, kinds);
    }
    return true;
}

static double seconds_of(nsec duration)
{
    return (double)duration / (double)NSEC_PER_SEC;
}

/* The share of the recorded time in which a worker was busy; waiting awake is not work. */
static double busy_of(const struct worker_report *report)
{
    nsec used = report->cpu > report->spun ? report->cpu - report->spun : 0;
    return report->end > report->start ? seconds_of(used) / seconds_of(report->end - report->start)
                                       : 0;
}

static void add_report(struct engine_outcome *outcome, const struct worker_report *report)
{
    double busy = busy_of(report);
    outcome->client_cpu_seconds += seconds_of(report->cpu);
    outcome->client_busy = busy > outcome->client_busy ? busy : outcome->client_busy;
    double offered = seconds_of(report->offered);
    outcome->offered_seconds =
        offered > outcome->offered_seconds ? offered : outcome->offered_seconds;
    outcome->operations_all += report->operations_all;
    outcome->failed = outcome->failed || report->failed;
    if (report->problem.code != ERROR_NONE) {
        outcome->problem = report->problem;
    }
}

void engine_measure(struct engine *engine, const struct engine_slice *slice,
                    const struct engine_watch *watch, struct engine_outcome *outcome)
{
    struct worker_order order = {
        .task = WORKER_MEASURE,
        .is_closed = slice->is_closed,
        .run = slice->run,
        .from = slice->from,
        .settle = slice->settle,
        .duration = slice->duration,
        .requests = slice->requests,
        .window = slice->window,
    };
    struct hist_window window = outcome->window;
    *outcome = (struct engine_outcome){.window = window};
    window_clear(&outcome->window);
    nsec begin = clock_now(engine->config.clock);
    nsec begin_wall = clock_wall();
    (void)carry_out(engine, &order, watch, &outcome->window);
    outcome->seconds_all = seconds_of(clock_now(engine->config.clock) - begin);
    /* Of windows that were handed over; the reports count the others, and what was not recorded. */
    outcome->operations_all = outcome->window.counters.operations;
    nsec start = UINT64_MAX;
    nsec end = 0;
    for (uint32_t i = 0; i < engine->count; i++) {
        struct crew *crew = &engine->crews[i];
        struct hist_window *rest;
        for (size_t k = 0; (rest = recorder_remaining(&crew->worker.recorder, k)) != NULL; k++) {
            take_window(rest, slice->window > 0 ? watch : NULL, &outcome->window);
        }
        outcome->window.counters.spun_ns += crew->report.spun;
        add_report(outcome, &crew->report);
        start = crew->report.start < start ? crew->report.start : start;
        end = crew->report.end > end ? crew->report.end : end;
    }
    outcome->seconds = end > start ? seconds_of(end - start) : 0;
    outcome->started_wall = begin_wall + (start > begin ? start - begin : 0);
}

void engine_worker_figures(const struct engine *engine, uint32_t i,
                           struct engine_worker_figures *out)
{
    const struct worker_report *report = &engine->crews[i].report;
    *out = (struct engine_worker_figures){
        .cpu_seconds = seconds_of(report->cpu),
        .busy = busy_of(report),
    };
}

uint64_t engine_reach(const struct engine *engine)
{
    uint64_t reach = 0;
    for (uint32_t i = 0; i < engine->count; i++) {
        uint64_t of_worker = worker_reach(&engine->crews[i].worker);
        reach = of_worker > reach ? of_worker : reach;
    }
    return reach;
}

size_t engine_node_count(const struct engine *engine)
{
    return discovery_latest(engine->discovery)->node_count;
}

void engine_node(const struct engine *engine, size_t index, struct engine_node *out)
{
    const struct topology_node *node = &discovery_latest(engine->discovery)->nodes[index];
    *out = (struct engine_node){.is_replica = node->is_replica, .is_gone = node->is_gone};
    (void)snprintf(out->name, sizeof out->name, "%s", node->name);
}
