#include "engine/worker.h"

#include <assert.h>

#include "base/mem.h"
#include "engine/wire.h"
#include "os/thread.h"

enum {
    SWEEP_DEPTH = 64,          /* a sweep pipelines deeper than most loads... */
    SWEEP_BYTES = 1024 * 1024, /* ...unless the values are large */
    SESSION_SIZE = 16 * 1024,  /* the commands that open a session fit in */
    MAX_EVENTS = 256,
    CHORE_MS = 100,
    STOP_PATIENCE_MS = 500, /* for replies after an interrupt */
};

static uint32_t sweep_depth(const struct worker_config *config)
{
    size_t fitting = SWEEP_BYTES / config->workload->max_step_size;
    return fitting < 1 ? 1 : fitting > SWEEP_DEPTH ? SWEEP_DEPTH : (uint32_t)fitting;
}

void worker_init(struct worker *worker, const struct worker_config *config)
{
    uint32_t depth = sweep_depth(config);
    if (depth < config->pipeline) {
        depth = config->pipeline;
    }
    *worker = (struct worker){.config = *config};
    worker->outbox_size = depth * config->workload->max_step_size;
    if (worker->outbox_size < SESSION_SIZE) {
        worker->outbox_size = SESSION_SIZE;
    }
    worker->input = mem_alloc(WIRE_INPUT_SIZE);
    worker->connections = mem_alloc_array(config->clients, sizeof(struct connection));
    worker->measured = mem_alloc_array(config->clients, sizeof(struct workload_stream));
    for (uint32_t i = 0; i < config->clients; i++) {
        connection_init(&worker->connections[i], depth);
        workload_stream_init(&worker->measured[i], config->workload, config->seed,
                             config->first_client + i, config->all_clients);
    }
    for (int i = 0; i < 2; i++) {
        window_init(&worker->windows[i], config->workload->operation_count);
    }
    worker->window = &worker->windows[0];
    atomic_init(&worker->spare, &worker->windows[1]);
    atomic_init(&worker->published, NULL);
    atomic_init(&worker->stop, false);
}

void worker_release(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->config.clients; i++) {
        struct connection *connection = &worker->connections[i];
        if (connection->stream.fd >= 0) {
            loop_remove(worker->config.loop, connection->stream.fd);
        }
        connection_release(connection);
    }
    while (worker->free_outboxes != NULL) {
        struct outbox *next = worker->free_outboxes->next;
        mem_free(worker->free_outboxes);
        worker->free_outboxes = next;
    }
    for (int i = 0; i < 2; i++) {
        window_release(&worker->windows[i]);
    }
    mem_free(worker->connections);
    mem_free(worker->measured);
    mem_free(worker->input);
    worker->connections = NULL;
}

/* ---- marks: points in time at which recording begins, a window ends, sending ends ---- */

static nsec sending_ends(const struct worker *worker)
{
    return worker->order->duration == 0 ? UINT64_MAX
                                        : worker->report->start + worker->order->duration;
}

static void plan_next_mark(struct worker *worker)
{
    nsec mark = worker->budget == 0 ? UINT64_MAX : sending_ends(worker);
    if (worker->order->window != 0) {
        /* A fixed grid, so that windows do not drift apart between workers. */
        nsec end = worker->report->start + (worker->windows_published + 1) * worker->order->window;
        mark = end < mark ? end : mark;
    }
    worker->next_mark = mark;
}

static void begin_recording(struct worker *worker, nsec now)
{
    worker->is_recording = true;
    worker->report->operations_all += worker->window->counters.operations;
    window_clear(worker->window);
    worker->window->start = now;
    worker->report->start = now;
    worker->cpu_at_start = thread_cpu_time();
    plan_next_mark(worker);
}

/* Hands the full window over and goes on with the spare one. When the reader has not given one
 * back yet the window simply becomes longer. */
static void publish_window(struct worker *worker, nsec now)
{
    if (atomic_load_explicit(&worker->published, memory_order_acquire) != NULL) {
        return;
    }
    struct hist_window *spare =
        atomic_exchange_explicit(&worker->spare, NULL, memory_order_acquire);
    if (spare == NULL) {
        return;
    }
    for (uint32_t i = 0; i < worker->config.clients; i++) {
        wire_count_gap(worker, &worker->connections[i], now);
    }
    worker->report->operations_all += worker->window->counters.operations;
    worker->window->end = now;
    atomic_store_explicit(&worker->published, worker->window, memory_order_release);
    spare->start = now;
    worker->window = spare;
    worker->windows_published = (uint32_t)((now - worker->report->start) / worker->order->window);
}

void worker_pass_mark(struct worker *worker, nsec now)
{
    if (!worker->is_recording) {
        begin_recording(worker, now);
        return;
    }
    if (now >= sending_ends(worker)) {
        worker->budget = 0;
        worker->report->end = now;
        worker->next_mark = UINT64_MAX;
        return;
    }
    publish_window(worker, now);
    plan_next_mark(worker);
    if (worker->next_mark <= now) {
        worker->next_mark = now + NSEC_PER_MSEC; /* the reader is late; look again soon */
    }
}

/* ---- chores: time-outs and reconnects, a few times a second ---- */

static void look_after(struct worker *worker, struct connection *connection, nsec now)
{
    nsec timeout = worker->config.timeout;
    switch (connection->state) {
    case CONNECTION_DOWN:
        if (now >= connection->retry_at) {
            wire_open(worker, connection, now);
        } else if (connection->retry_at < worker->next_chore) {
            worker->next_chore = connection->retry_at;
        }
        break;
    case CONNECTION_CONNECTING:
    case CONNECTION_OPENING:
        if (now - connection->since > timeout) {
            error_set(&worker->problem, ERROR_TARGET, "%s: connecting timed out",
                      worker->config.endpoint->name);
            wire_lose(worker, connection, REPLY_ERROR_TIMEOUT, now);
        }
        break;
    case CONNECTION_READY:
        if (connection_in_flight(connection) > 0) {
            nsec started = connection->flights[connection->head & connection->mask].started;
            if (started != 0 && now > started && now - started > timeout) {
                error_set(&worker->problem, ERROR_TARGET, "%s: no reply in time",
                          worker->config.endpoint->name);
                wire_lose(worker, connection, REPLY_ERROR_TIMEOUT, now);
            }
        }
        break;
    }
}

static bool sweep_is_over(const struct worker *worker)
{
    return worker->sweep.position >= worker->sweep.sweep_end;
}

static bool is_finished(const struct worker *worker)
{
    if (worker->order->task == WORKER_CONNECT) {
        return worker->report->failed || worker->ready == worker->config.clients;
    }
    if (worker->outstanding > 0) {
        return false;
    }
    return worker->budget == 0 || (worker->order->task == WORKER_SWEEP && sweep_is_over(worker));
}

static void do_chores(struct worker *worker, nsec now)
{
    worker->next_chore = now + CHORE_MS * NSEC_PER_MSEC;
    for (uint32_t i = 0; i < worker->config.clients; i++) {
        look_after(worker, &worker->connections[i], now);
    }
    /* What goes on until it is done must end, too, when nothing is answered any more. A measurement
     * may survive a server that comes back after a time-out. */
    nsec patience = worker->config.timeout * (worker->order->task == WORKER_MEASURE ? 2 : 1);
    if (worker->order->duration == 0 && !is_finished(worker) &&
        now - worker->last_answer > patience) {
        worker->report->failed = true;
        worker->budget = 0;
    }
    /* A dataset with a hole is no dataset: the rest need not be stored. */
    if (worker->order->task == WORKER_SWEEP && counters_errors(&worker->window->counters) > 0) {
        worker->budget = 0;
    }
}

/* ---- orders ---- */

static void begin_order(struct worker *worker, const struct worker_order *order,
                        struct worker_report *report, nsec now)
{
    const struct worker_config *config = &worker->config;
    *report = (struct worker_report){.start = now};
    worker->now = now;
    worker->order = order;
    worker->report = report;
    worker->problem = (struct error){0};
    worker->is_recording = false;
    worker->last_reply = now;
    worker->last_answer = now;
    worker->windows_published = 0;
    worker->stream_step = 1;
    worker->next_chore = now;
    worker->next_mark = UINT64_MAX;
    worker->depth = config->pipeline;
    worker->streams = worker->measured;
    worker->budget = UINT64_MAX;
    window_clear(worker->window);
    worker->window->start = now;
    worker->window->end = now;
    for (uint32_t i = 0; i < config->clients; i++) {
        worker->connections[i].since = now; /* of those half open: nobody listened meanwhile */
    }
    switch (order->task) {
    case WORKER_CONNECT:
        break;
    case WORKER_SWEEP:
        worker->depth = sweep_depth(config);
        worker->streams = &worker->sweep;
        worker->stream_step = 0;
        workload_stream_sweep(
            &worker->sweep, order->operation,
            workload_share(config->workload, config->first_client, config->all_clients),
            workload_share(config->workload, config->first_client + config->clients,
                           config->all_clients));
        break;
    case WORKER_MEASURE:
        if (order->duration == 0) {
            worker->budget = order->requests;
        }
        if (order->settle > 0) {
            worker->next_mark = now + order->settle;
        } else {
            begin_recording(worker, now);
        }
        break;
    }
}

/* The user wants to stop: no new operations, and little patience for replies. */
static bool must_abandon(struct worker *worker, nsec now, nsec *stop_seen)
{
    if (!atomic_load_explicit(&worker->stop, memory_order_relaxed)) {
        return false;
    }
    if (*stop_seen == 0) {
        *stop_seen = now;
        if (worker->budget != 0) {
            worker->budget = 0;
            worker->report->end = now;
        }
    }
    return worker->order->task == WORKER_CONNECT ||
           now - *stop_seen > STOP_PATIENCE_MS * NSEC_PER_MSEC;
}

static void finish_order(struct worker *worker)
{
    struct worker_report *report = worker->report;
    nsec now = clock_now(worker->config.clock);
    if (report->end < worker->last_reply) {
        report->end = worker->last_reply;
    }
    if (worker->order->task == WORKER_MEASURE) {
        if (!worker->is_recording) {
            begin_recording(worker, now);
        }
        if (report->end < worker->window->start) {
            report->end = worker->window->start;
        }
        report->cpu = thread_cpu_time() - worker->cpu_at_start;
        for (uint32_t i = 0; i < worker->config.clients; i++) {
            wire_count_gap(worker, &worker->connections[i], report->end);
        }
    }
    worker->window->end = report->end;
    report->operations_all += worker->window->counters.operations;
    report->problem = worker->problem;
}

static nsec time_to_wait(const struct worker *worker, nsec now)
{
    nsec next = worker->next_mark < worker->next_chore ? worker->next_mark : worker->next_chore;
    return next > now ? next - now : 0;
}

void worker_carry_out(struct worker *worker, const struct worker_order *order,
                      struct worker_report *report)
{
    struct loop_event events[MAX_EVENTS];
    nsec stop_seen = 0;
    nsec now = clock_now(worker->config.clock);
    begin_order(worker, order, report, now);
    do_chores(worker, now);
    if (order->task != WORKER_CONNECT) {
        for (uint32_t i = 0; i < worker->config.clients; i++) {
            wire_fill(worker, i);
        }
    }
    while (!is_finished(worker)) {
        if (must_abandon(worker, now, &stop_seen)) {
            break;
        }
        unsigned count =
            loop_wait(worker->config.loop, events, MAX_EVENTS, time_to_wait(worker, now));
        worker->window->counters.polls++;
        for (unsigned i = 0; i < count; i++) {
            wire_event(worker, &events[i]);
        }
        /* Handling events has read the clock a moment ago. */
        now = count > 0 ? worker->now : clock_now(worker->config.clock);
        if (now >= worker->next_mark) {
            worker_pass_mark(worker, now);
        }
        if (now >= worker->next_chore) {
            do_chores(worker, now);
        }
    }
    finish_order(worker);
}

struct hist_window *worker_take_window(struct worker *worker)
{
    return atomic_exchange_explicit(&worker->published, NULL, memory_order_acquire);
}

void worker_return_window(struct worker *worker, struct hist_window *window)
{
    window_clear(window);
    atomic_store_explicit(&worker->spare, window, memory_order_release);
}
