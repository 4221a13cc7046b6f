#include "engine/pace.h"

#include "base/mem.h"
#include "engine/route.h"
#include "engine/wire.h"

enum { MAX_WAITING = 64 * 1024 };

/* Below the seed of the streams: the schedule, and that of the settling time. */
enum { STREAM_SCHEDULE = 1, STREAM_SETTLING = 2 };

void pace_init(struct worker *worker)
{
    const struct worker_config *config = &worker->config;
    workload_stream_init(&worker->pace.stream, config->workload, config->seed, config->first_client,
                         config->load->clients);
    if (config->workload->trace != NULL) {
        workload_stream_init_whole(&worker->pace.stream, config->workload);
    }
    if (config->load->think > 0) {
        uint32_t size = 1;
        while (size < config->clients * config->load->pipeline) {
            size *= 2;
        }
        worker->pauses = mem_alloc_array(size, sizeof(struct pause));
        worker->pause_mask = size - 1;
    }
}

/* ---- the schedule of an open loop ---- */

static void next_moment(struct pace *pace)
{
    nsec at = pace->schedule->next == UINT64_MAX ? UINT64_MAX : pace->origin + pace->schedule->next;
    pace->next = at < pace->end ? at : UINT64_MAX;
}

/* The moment after `next`: of the schedule, or of the command that comes next in a trace. */
static void advance(struct worker *worker)
{
    struct pace *pace = &worker->pace;
    if (__builtin_expect(worker->config.workload->trace != NULL, 0)) {
        pace->schedule->next = workload_stream_moment(&pace->stream, worker->config.workload);
    } else {
        schedule_advance(pace->schedule);
    }
    next_moment(pace);
}

static void begin_settling(struct worker *worker, nsec now)
{
    const struct worker_config *config = &worker->config;
    const struct worker_order *order = worker->order;
    struct pace *pace = &worker->pace;
    pace->settling_load = *config->load;
    pace->settling_load.profile = (struct load_profile){
        .shape = LOAD_FLAT,
        .rates = {schedule_rate(&config->load->profile, order->run, order->from)},
        .rate_count = 1,
    };
    schedule_init(&pace->settling, &pace->settling_load, 0,
                  rng_derive(config->seed, STREAM_SETTLING),
                  (struct schedule_share){config->index, config->workers});
    pace->schedule = &pace->settling;
    pace->origin = now;
    pace->end = UINT64_MAX;
    next_moment(pace);
}

void pace_begin_recording(struct worker *worker, nsec start)
{
    struct pace *pace = &worker->pace;
    if (!pace->is_on) {
        return;
    }
    const struct worker_config *config = &worker->config;
    const struct worker_order *order = worker->order;
    if (order->from == 0) {
        schedule_init(&pace->measured, config->load, order->run,
                      rng_derive(config->seed, STREAM_SCHEDULE),
                      (struct schedule_share){config->index, config->workers});
    }
    while (pace->measured.next < order->from) {
        schedule_advance(&pace->measured); /* the slice before was cut short */
    }
    pace->schedule = &pace->measured;
    pace->origin = start - order->from;
    pace->end = order->duration == 0 ? UINT64_MAX : start + order->duration;
    pace->last = start;
    if (config->workload->trace != NULL) {
        pace->measured.next = workload_stream_moment(&pace->stream, config->workload);
    }
    next_moment(pace);
}

void pace_stop(struct worker *worker, nsec end)
{
    struct pace *pace = &worker->pace;
    pace->end = end < pace->end ? end : pace->end;
    if (pace->next >= pace->end) {
        pace->next = UINT64_MAX;
    }
}

bool pace_is_over(const struct worker *worker)
{
    return worker->pace.next == UINT64_MAX || worker->budget == 0;
}

static void send_arrivals(struct worker *worker, nsec now)
{
    struct pace *pace = &worker->pace;
    while (pace->next <= now && worker->budget > 0 && worker->waiting < MAX_WAITING) {
        struct waiting item = {.intended = pace->next};
        (void)workload_draw_next(worker->config.workload, &pace->stream, &item.draw);
        if (__builtin_expect(worker->config.workload->trace != NULL, 0)) {
            item.client =
                workload_client(worker->config.workload, &item.draw, worker->config.clients);
        }
        item.trail = steps_begin(worker, item.draw.operation);
        worker->budget--;
        pace->last = pace->next;
        advance(worker);
        struct hist_window *window = wire_window_of(worker, item.intended);
        if (window != NULL) {
            window->counters.intended++;
        }
        route_place(worker, &item, now);
    }
}

/* ---- connections with room ---- */

void pace_free(struct worker *worker, struct connection *connection, nsec now)
{
    struct node *node = &worker->nodes[connection->node];
    if (worker->clients[connection->client].is_beside) {
        return;
    }
    while (wait_list_count(&node->waiting) > 0 && wire_has_room(worker, connection)) {
        struct waiting item = wait_list_pop(&node->waiting);
        worker->waiting--;
        wire_add(worker, connection, &item, item.intended > now ? item.intended : now);
    }
    if (!connection->is_free && wire_has_room(worker, connection)) {
        connection->is_free = true;
        if (node->free_head == node->free_tail) {
            node->free_since = now;
        }
        node->free[node->free_tail++ & worker->client_mask] = connection->client;
    }
}

struct connection *pace_take_free(struct worker *worker, struct node *node)
{
    while (node->free_head != node->free_tail) {
        uint32_t client = node->free[node->free_head++ & worker->client_mask];
        struct connection *connection = &node->connections[client];
        connection->is_free = false;
        if (wire_has_room(worker, connection)) {
            return connection;
        }
    }
    return NULL;
}

/* ---- pauses of a closed loop ---- */

static void add_pause(struct worker *worker, uint32_t client, nsec until)
{
    /* All pauses are equally long: the row is in the order of their ends. */
    worker->pauses[worker->pause_tail++ & worker->pause_mask] = (struct pause){until, client};
    worker->clients[client].pausing++;
}

void pace_pause(struct worker *worker, uint32_t client, nsec now)
{
    add_pause(worker, client, now + worker->config.load->think);
}

static void end_pauses(struct worker *worker, nsec now)
{
    while (worker->pause_head != worker->pause_tail &&
           worker->pauses[worker->pause_head & worker->pause_mask].until <= now) {
        uint32_t client = worker->pauses[worker->pause_head++ & worker->pause_mask].client;
        worker->clients[client].pausing--;
        (void)wire_start(worker, client);
    }
}

/* Clients that all began at once would go on in step. */
static void spread_clients(struct worker *worker, nsec now)
{
    const struct worker_config *config = &worker->config;
    worker->pause_head = 0;
    worker->pause_tail = 0;
    for (uint32_t i = 0; i < config->clients; i++) {
        worker->clients[i].pausing = 0;
    }
    for (uint32_t i = 0; i < config->clients * config->load->pipeline; i++) {
        uint32_t client = i % config->clients;
        if (worker->clients[client].waits) {
            continue;
        }
        add_pause(worker, client,
                  now + config->load->think / (config->clients * config->load->pipeline) * i);
    }
}

/* ---- both ---- */

void pace_begin(struct worker *worker, nsec now)
{
    const struct worker_config *config = &worker->config;
    bool is_measuring = worker->order->task == WORKER_MEASURE && !worker->order->is_closed;
    worker->pace.is_on = is_measuring && config->load->profile.shape != LOAD_CLOSED;
    worker->pace.next = UINT64_MAX;
    worker->is_pausing = is_measuring && !worker->pace.is_on && config->load->think > 0;
    worker->is_churning = is_measuring && !worker->pace.is_on && config->load->churn;
    if (worker->pace.is_on) {
        begin_settling(worker, now);
    }
    if (worker->is_pausing) {
        spread_clients(worker, now);
    }
}

void pace_send_due(struct worker *worker, nsec now)
{
    if (worker->pace.is_on) {
        send_arrivals(worker, now);
    } else if (worker->is_pausing) {
        end_pauses(worker, now);
    }
    if (worker->thoughts.count > 0) {
        /* When the time of a slice is over nobody thinks any longer: what has begun is ended. */
        steps_end_thoughts(worker, now, worker->budget == 0 && worker->order->duration > 0);
    }
    wire_flush(worker);
}

static nsec until(nsec moment, nsec now)
{
    return moment > now ? moment - now : 0;
}

nsec pace_wait(const struct worker *worker, nsec now, nsec wait, bool *spinning)
{
    *spinning = false;
    if (worker->thoughts.count > 0) {
        nsec left = until(steps_next_thought(worker), now);
        wait = left < wait ? left : wait;
    }
    if (worker->pace.is_on && worker->waiting < MAX_WAITING && worker->budget > 0) {
        const struct node *node = worker->direct;
        if (node != NULL && node->free_head == node->free_tail) {
            return wait; /* only a reply makes room */
        }
        nsec left = until(worker->pace.next, now);
        nsec spin = worker->config.spin;
        *spinning = left <= spin && left < wait;
        left = left <= spin ? 0 : left - spin;
        return left < wait ? left : wait;
    }
    if (worker->is_pausing && worker->pause_head != worker->pause_tail) {
        nsec left = until(worker->pauses[worker->pause_head & worker->pause_mask].until, now);
        return left < wait ? left : wait;
    }
    return wait;
}
