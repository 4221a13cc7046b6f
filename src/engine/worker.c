#include "engine/worker.h"

#include <assert.h>

#include "base/mem.h"
#include "engine/client_work.h"
#include "engine/link.h"
#include "engine/pace.h"
#include "engine/quick.h"
#include "engine/role.h"
#include "engine/route.h"
#include "engine/subscriber.h"
#include "engine/wire.h"
#include "os/thread.h"

enum {
    SWEEP_DEPTH = 64,          /* a sweep pipelines deeper than most loads... */
    SWEEP_BYTES = 1024 * 1024, /* ...unless the values are large */
    SESSION_SIZE = 16 * 1024,  /* the commands that open a session fit in */
    ASKING_SIZE = 32,          /* the word before an operation, and room */
    MAX_EVENTS = 128,
    CHORE_MS = 100,
    STOP_PATIENCE_MS = 500, /* for replies after an interrupt */
};

static uint32_t sweep_depth(const struct worker_config *config)
{
    size_t fitting = SWEEP_BYTES / config->workload->max_step_size;
    return fitting < 1 ? 1 : fitting > SWEEP_DEPTH ? SWEEP_DEPTH : (uint32_t)fitting;
}

static uint32_t bits_for(uint32_t count)
{
    uint32_t bits = 1;
    while (((uint32_t)1 << bits) < count) {
        bits++;
    }
    return bits;
}

/* Flights and bytes that a connection may hold at once. */
static void size_connections(struct worker *worker)
{
    const struct worker_config *config = &worker->config;
    const struct workload *workload = config->workload;
    uint32_t depth = sweep_depth(config);
    if (depth < config->load->pipeline) {
        depth = config->load->pipeline;
    }
    depth *= (uint32_t)workload->longest_batch;
    /* Each operation may come after ASKING, or what loads scripts. */
    worker->flight_limit = depth * (2 + (uint32_t)workload->words.load_count);
    worker->is_large = workload->max_step_size > VALUES_LARGE;
    size_t step = worker->is_large ? workload->max_head_size : workload->max_step_size;
    worker->outbox_size = depth * (step + ASKING_SIZE + workload->words.loads.len);
    if (worker->outbox_size < SESSION_SIZE + workload->words.loads.len) {
        worker->outbox_size = SESSION_SIZE + workload->words.loads.len;
    }
}

void worker_init(struct worker *worker, const struct worker_config *config)
{
    *worker = (struct worker){.config = *config};
    client_work_init(worker);
    config = &worker->config;
    size_connections(worker);
    worker->slots = config->clients + config->subscribers;
    worker->client_bits = bits_for(worker->slots);
    worker->client_mask = ((uint32_t)1 << worker->client_bits) - 1;
    worker->input = mem_alloc(WIRE_INPUT_SIZE + RESP_HABIT_ROOM);
    worker->out = mem_alloc(worker->outbox_size + TEMPLATE_CHUNK);
    worker->nodes = mem_alloc_array(TOPOLOGY_MAX_NODES, sizeof(struct node));
    worker->clients = mem_alloc_array(worker->slots, sizeof(struct load_client));
    worker->measured = mem_alloc_array(config->clients, sizeof(struct workload_stream));
    for (uint32_t i = 0; i < config->clients; i++) {
        workload_stream_init(&worker->measured[i], config->workload, config->seed,
                             config->first_client + i, config->load->clients);
    }
    pace_init(worker);
    recorder_init(&worker->recorder, config->workload->operation_count);
    worker->window = worker->recorder.now;
    role_init(worker);
    atomic_init(&worker->stop, false);
}

static void release_node(struct worker *worker, struct node *node)
{
    for (uint32_t i = 0; node->connections != NULL && i < worker->slots; i++) {
        struct connection *connection = &node->connections[i];
        if (connection->stream.fd >= 0) {
            loop_remove(worker->config.loop, connection->stream.fd);
        }
        connection_release(connection);
    }
    mem_free(node->connections);
    mem_free(node->free);
    wait_list_release(&node->waiting);
}

void worker_release(struct worker *worker)
{
    for (size_t i = 0; i < worker->node_count; i++) {
        release_node(worker, &worker->nodes[i]);
    }
    while (worker->free_outboxes != NULL) {
        struct outbox *next = worker->free_outboxes->next;
        mem_free(worker->free_outboxes->parts);
        mem_free(worker->free_outboxes);
        worker->free_outboxes = next;
    }
    recorder_release(&worker->recorder);
    client_work_release(worker);
    steps_release(worker);
    role_release(worker);
    wait_list_release(&worker->stranded);
    mem_free(worker->nodes);
    mem_free(worker->clients);
    mem_free(worker->pauses);
    mem_free(worker->measured);
    mem_free(worker->input);
    mem_free(worker->out);
    worker->nodes = NULL;
    worker->node_count = 0;
}

/* ---- marks: points in time at which recording begins, a window ends, sending ends ---- */

static nsec sending_ends(const struct worker *worker)
{
    return worker->order->duration == 0 ? UINT64_MAX
                                        : worker->report->start + worker->order->duration;
}

static void plan_next_mark(struct worker *worker)
{
    nsec end = sending_ends(worker);
    bool is_over = worker->pace.is_on ? worker->now >= end : worker->budget == 0;
    nsec mark = is_over ? UINT64_MAX : end;
    if (!is_over || !worker->pace.is_on) {
        mark = worker->recorder.next_end < mark ? worker->recorder.next_end : mark;
    }
    worker->next_mark = mark;
}

static void begin_recording(struct worker *worker, nsec now)
{
    worker->is_recording = true;
    worker->report->operations_all += worker->window->counters.operations;
    recorder_begin(&worker->recorder, now, worker->order->window, worker->pace.is_on);
    worker->window = worker->recorder.now;
    worker->report->start = now;
    if (worker->role.is_on) {
        role_begin_recording(worker);
    }
    worker->cpu_at_start = thread_cpu_time();
    worker->spun_at_start = worker->spun;
    worker->cpu_at_window = worker->cpu_at_start;
    worker->spun_at_window = worker->spun;
    pace_begin_recording(worker, now);
    plan_next_mark(worker);
}

/* What was used since the last window ended, or since recording began. */
static void count_busy(struct worker *worker)
{
    nsec cpu = thread_cpu_time();
    nsec used = cpu - worker->cpu_at_window;
    nsec spun = worker->spun - worker->spun_at_window;
    worker->window->counters.busiest_ns += used > spun ? used - spun : 0;
    worker->cpu_at_window = cpu;
    worker->spun_at_window = worker->spun;
}

static void end_window(struct worker *worker, nsec now)
{
    count_busy(worker);
    link_count_gaps(worker, now);
    recorder_roll(&worker->recorder, now);
    worker->window = worker->recorder.now;
}

void worker_pass_mark(struct worker *worker, nsec now)
{
    if (!worker->is_recording) {
        begin_recording(worker, now);
        return;
    }
    nsec end = sending_ends(worker);
    if (now >= end) {
        if (!worker->pace.is_on) {
            worker->budget = 0;
            worker->report->end = now;
        }
        worker->next_mark = UINT64_MAX;
        return;
    }
    end_window(worker, now);
    plan_next_mark(worker);
    if (worker->next_mark <= now) {
        worker->next_mark = now + NSEC_PER_MSEC; /* the reader is late; look again soon */
    }
}

/* ---- chores: time-outs, reconnects and nodes, a few times a second ---- */

static bool sweep_is_over(const struct worker *worker)
{
    return worker->sweep.position >= worker->sweep.sweep_end;
}

static bool is_finished(struct worker *worker)
{
    if (worker->order->task == WORKER_CONNECT) {
        return worker->report->failed || worker->ready >= route_wanted_connections(worker);
    }
    if (worker->role.is_on) {
        return role_is_finished(worker);
    }
    if (worker->outstanding > 0 || worker->thoughts.count > 0) {
        return false;
    }
    if (worker->pace.is_on) {
        return worker->is_recording && worker->waiting == 0 && pace_is_over(worker);
    }
    bool is_swept = worker->order->task == WORKER_SWEEP && sweep_is_over(worker);
    /* What a time-bound slice has drawn and not sent when its time is over is left. */
    return (worker->budget == 0 || is_swept) &&
           (worker->waiting == 0 || worker->order->duration > 0);
}

static void fill_clients(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->config.clients; i++) {
        wire_fill(worker, i);
    }
}

static void look_after_connections(struct worker *worker, nsec now)
{
    for (size_t i = 0; i < worker->node_count; i++) {
        struct connection *connections = worker->nodes[i].connections;
        for (uint32_t k = 0; connections != NULL && k < worker->slots; k++) {
            link_look_after(worker, &connections[k], now);
        }
    }
}

/* Steps of the present window that were answered: with success, an error, or where to go. */
static uint64_t answered_steps(const struct worker *worker)
{
    const struct counters *counters = &worker->window->counters;
    uint64_t answered = counters->steps + counters->moved + counters->asked;
    for (int kind = 0; kind < REPLY_ERROR_LOST; kind++) {
        answered += counters->errors[kind];
    }
    return answered;
}

/* What goes on until it is done must end, too, when nothing is answered any more. A measurement may
 * survive a server that comes back after a time-out. The beginning of a reply is no answer: one
 * that is cut short each time would be waited for each time. */
static bool is_hopeless(struct worker *worker, nsec now)
{
    const struct worker_order *order = worker->order;
    nsec patience = worker->config.load->timeout * (order->task == WORKER_MEASURE ? 2 : 1) +
                    worker->config.workload->duties.longest_wait;
    uint64_t answered = answered_steps(worker);
    if (answered != worker->steps_noticed) {
        worker->steps_noticed = answered;
        worker->last_progress = now;
    }
    nsec last = worker->pace.is_on ? worker->last_answer : worker->last_progress;
    return now > last && now - last > patience;
}

static void do_chores(struct worker *worker, nsec now)
{
    const struct worker_order *order = worker->order;
    worker->next_chore = now + CHORE_MS * NSEC_PER_MSEC;
    worker->must_refill = false;
    route_adopt(worker, now);
    if (worker->ticket != 0) {
        route_search(worker, now);
    }
    look_after_connections(worker, now);
    subscriber_look_after(worker, now);
    route_expire(worker, now);
    bool needs_filling = worker->direct == NULL || worker->is_churning || worker->is_pausing;
    if (worker->role.is_on) {
        role_retry(worker, now);
    }
    if (order->task != WORKER_CONNECT && (needs_filling || worker->role.is_on)) {
        fill_clients(worker);
    }
    if (order->duration == 0 && worker->thoughts.count == 0 && !is_finished(worker) &&
        is_hopeless(worker, now)) {
        worker->report->failed = true;
        worker->budget = 0;
        route_drop_waiting(worker, true);
    }
    /* A dataset with a hole is no dataset: the rest need not be stored. */
    if (order->task == WORKER_SWEEP &&
        worker->config.workload->operations[order->operation].is_loading &&
        counters_errors(&worker->window->counters) > 0) {
        worker->budget = 0;
    }
}

/* ---- orders ---- */

static void prepare_connections(struct worker *worker, nsec now)
{
    for (size_t i = 0; i < worker->node_count; i++) {
        struct node *node = &worker->nodes[i];
        for (uint32_t k = 0; node->connections != NULL && k < worker->slots; k++) {
            struct connection *connection = &node->connections[k];
            connection->since = now; /* of those half open: nobody listened meanwhile */
            connection->is_free = false;
            if (k >= worker->config.clients) {
                continue; /* a subscriber stays connected */
            }
            if (worker->is_churning && connection->state == CONNECTION_READY &&
                connection_in_flight(connection) == 0) {
                link_close(worker, connection);
            } else if (!worker->is_churning && connection->retry_at == UINT64_MAX) {
                connection->retry_at = now;
            }
        }
        node->free_head = 0;
        node->free_tail = 0;
    }
}

static void offer_connections(struct worker *worker, nsec now)
{
    for (size_t i = 0; i < worker->node_count; i++) {
        struct connection *connections = worker->nodes[i].connections;
        for (uint32_t k = 0; connections != NULL && k < worker->config.clients; k++) {
            pace_free(worker, &connections[k], now);
        }
    }
}

static void begin_sweep(struct worker *worker, const struct worker_order *order)
{
    const struct worker_config *config = &worker->config;
    uint32_t all = config->load->clients;
    worker->depth = sweep_depth(config);
    worker->streams = &worker->sweep;
    worker->stream_step = 0;
    workload_stream_sweep(
        &worker->sweep, order->operation,
        workload_share(order->first, order->last, config->first_client, all),
        workload_share(order->first, order->last, config->first_client + config->clients, all));
}

static void begin_order(struct worker *worker, const struct worker_order *order,
                        struct worker_report *report, nsec now)
{
    *report = (struct worker_report){.start = now};
    worker->now = now;
    worker->order = order;
    worker->report = report;
    worker->problem = (struct error){0};
    worker->is_recording = false;
    worker->last_reply = now;
    worker->last_answer = now;
    worker->last_progress = now;
    worker->steps_noticed = 0;
    worker->stream_step = 1;
    worker->next_chore = now;
    worker->next_mark = UINT64_MAX;
    worker->depth = worker->config.load->pipeline;
    worker->streams = worker->measured;
    worker->budget = order->requests > 0 ? order->requests : UINT64_MAX;
    recorder_begin(&worker->recorder, now, 0, false);
    worker->window = worker->recorder.now;
    pace_begin(worker, now);
    prepare_connections(worker, now);
    role_begin(worker);
    worker->is_quick = quick_begin(worker);
    if (order->task == WORKER_SWEEP) {
        begin_sweep(worker, order);
    } else if (order->task == WORKER_MEASURE && order->settle > 0) {
        worker->next_mark = now + order->settle;
    } else if (order->task == WORKER_MEASURE) {
        begin_recording(worker, now);
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
        pace_stop(worker, now);
        if (worker->budget != 0 && !worker->pace.is_on) {
            worker->budget = 0;
            worker->report->end = now;
        }
    }
    return worker->order->task == WORKER_CONNECT ||
           now - *stop_seen > STOP_PATIENCE_MS * NSEC_PER_MSEC;
}

/* Operations of an open loop that are still in flight when it was broken off. */
static void count_outstanding(struct worker *worker)
{
    for (size_t i = 0; worker->pace.is_on && i < worker->node_count; i++) {
        struct connection *connections = worker->nodes[i].connections;
        for (uint32_t k = 0; connections != NULL && k < worker->config.clients; k++) {
            const struct connection *connection = &connections[k];
            if (!role_is_open(worker, connection)) {
                continue;
            }
            for (uint32_t at = connection->head; at != connection->tail; at++) {
                const struct flight *flight = &connection->flights[at & connection->mask];
                bool is_counted = flight->has_failed || !wire_ends_with(worker, flight);
                struct hist_window *window =
                    !is_counted ? wire_window_of(worker, flight->intended) : NULL;
                if (window != NULL) {
                    window->counters.outstanding++;
                }
            }
        }
    }
}

static void finish_measuring(struct worker *worker, nsec now)
{
    struct worker_report *report = worker->report;
    if (!worker->is_recording) {
        begin_recording(worker, now);
    }
    if (worker->pace.is_on) {
        nsec end = worker->pace.end == UINT64_MAX ? worker->pace.last : worker->pace.end;
        report->offered = end > report->start ? end - report->start : 0;
        report->end = end > report->end ? end : report->end;
        count_outstanding(worker);
    }
    if (report->end < worker->window->start) {
        report->end = worker->window->start;
    }
    report->cpu = thread_cpu_time() - worker->cpu_at_start;
    report->spun = worker->spun - worker->spun_at_start;
    count_busy(worker);
    link_count_gaps(worker, report->end);
}

static void finish_order(struct worker *worker)
{
    struct worker_report *report = worker->report;
    nsec now = clock_now(worker->config.clock);
    route_drop_waiting(worker, true);
    steps_drop_thoughts(worker);
    nsec last = worker->role.is_on ? worker->role.last_useful : worker->last_reply;
    if (report->end < last) {
        report->end = last;
    }
    if (worker->order->task == WORKER_MEASURE) {
        finish_measuring(worker, now);
    }
    recorder_end(&worker->recorder, report->end);
    for (size_t i = 0;; i++) {
        const struct hist_window *window = recorder_remaining(&worker->recorder, i);
        if (window == NULL) {
            break;
        }
        report->operations_all += window->counters.operations;
    }
    report->problem = worker->problem;
}

static nsec time_to_wait(const struct worker *worker, nsec now)
{
    nsec next = worker->next_mark < worker->next_chore ? worker->next_mark : worker->next_chore;
    return next > now ? next - now : 0;
}

static void count_stall(struct worker *worker, nsec took)
{
    struct counters *counters = &worker->window->counters;
    counters->stalls++;
    if (took > counters->longest_stall_ns) {
        counters->longest_stall_ns = took;
    }
}

/* With nothing in flight and every connection made there is nothing to wait for but a moment. */
static bool is_idle(const struct worker *worker)
{
    return worker->outstanding == 0 && worker->ready >= route_wanted_connections(worker);
}

/* Waits for what comes and what is due. Returns how many events came. */
static unsigned wait(struct worker *worker, struct loop_event events[MAX_EVENTS], nsec now)
{
    bool spinning = false;
    unsigned count = 0;
    nsec longest = pace_wait(worker, now, time_to_wait(worker, now), &spinning);
    if (spinning && is_idle(worker)) {
        while (wire_now(worker) < worker->pace.next) {
        }
    } else {
        count = loop_wait(worker->config.loop, events, MAX_EVENTS, longest);
        worker->window->counters.polls++;
        (void)wire_now(worker);
    }
    if (spinning && count == 0) {
        worker->spun += worker->now - now;
    }
    return count;
}

/* One round: waits, and handles what has come and what is due. Returns the time at its end. */
static nsec go_round(struct worker *worker, nsec now)
{
    struct loop_event events[MAX_EVENTS];
    unsigned count = wait(worker, events, now);
    nsec begun = worker->now;
    if (begun >= worker->next_mark) {
        worker_pass_mark(worker, begun);
    }
    for (unsigned i = 0; i < count; i++) {
        wire_event(worker, &events[i]);
    }
    pace_send_due(worker, worker->now);
    if (worker->now >= worker->next_mark) {
        worker_pass_mark(worker, worker->now);
    }
    if (worker->must_refill || worker->now >= worker->next_chore) {
        do_chores(worker, worker->now);
        (void)wire_now(worker);
    }
    if (worker->now - begun > COUNTERS_STALL) {
        count_stall(worker, worker->now - begun);
    }
    return worker->now;
}

uint64_t worker_reach(const struct worker *worker)
{
    const struct workload *workload = worker->config.workload;
    uint64_t reach = workload_stream_reach(&worker->pace.stream, workload);
    for (uint32_t i = 0; i < worker->config.clients; i++) {
        uint64_t of_client = workload_stream_reach(&worker->measured[i], workload);
        reach = of_client > reach ? of_client : reach;
    }
    return reach;
}

/* Keys that have changed since the last order: before any client relies on having read them. */
static void take_news(struct worker *worker)
{
    enum { ROUNDS = 100 };
    struct loop_event events[MAX_EVENTS];
    unsigned count = 1;
    for (int i = 0; worker->role.caches != NULL && count > 0 && i < ROUNDS; i++) {
        count = loop_wait(worker->config.loop, events, MAX_EVENTS, 0);
        for (unsigned k = 0; k < count; k++) {
            wire_event(worker, &events[k]);
        }
    }
}

void worker_carry_out(struct worker *worker, const struct worker_order *order,
                      struct worker_report *report)
{
    nsec stop_seen = 0;
    nsec now = clock_now(worker->config.clock);
    begin_order(worker, order, report, now);
    take_news(worker);
    do_chores(worker, now);
    if (worker->pace.is_on) {
        offer_connections(worker, now);
    }
    if (order->task != WORKER_CONNECT) {
        fill_clients(worker);
    }
    while (!is_finished(worker) && !must_abandon(worker, now, &stop_seen)) {
        now = go_round(worker, now);
    }
    finish_order(worker);
}
