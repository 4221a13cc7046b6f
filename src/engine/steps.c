#include "engine/steps.h"

#include <assert.h>

#include "base/mem.h"
#include "engine/pace.h"
#include "engine/role.h"
#include "engine/route.h"
#include "engine/wire.h"

enum { FIRST_TRAILS = 64, FIRST_THOUGHTS = 64, MAX_LOADS = 3 };

/* ---- trails ---- */

static struct trail *trail_of(const struct worker *worker, uint32_t number)
{
    return &worker->trails.all[number - 1];
}

static void grow_trails(struct trail_pool *pool)
{
    uint32_t count = pool->count == 0 ? FIRST_TRAILS : 2 * pool->count;
    pool->all = mem_resize(pool->all, count, sizeof *pool->all);
    for (uint32_t number = count; number > pool->count; number--) {
        pool->all[number - 1] = (struct trail){.next_free = pool->free};
        pool->free = number;
    }
    pool->count = count;
}

uint32_t steps_begin(struct worker *worker, uint32_t operation)
{
    const struct workload_operation *facts = &worker->config.workload->operations[operation];
    struct trail_pool *pool = &worker->trails;
    if (!facts->is_linked) {
        return 0;
    }
    if (pool->free == 0) {
        grow_trails(pool);
    }
    uint32_t number = pool->free;
    struct trail *trail = trail_of(worker, number);
    pool->free = trail->next_free;
    *trail = (struct trail){.texts = trail->texts};
    if (facts->keeps_texts && trail->texts == NULL) {
        trail->texts = mem_alloc(sizeof *trail->texts);
    }
    if (trail->texts != NULL) {
        resp_texts_begin(trail->texts);
    }
    return number;
}

void steps_end(struct worker *worker, uint32_t trail)
{
    if (trail != 0) {
        trail_of(worker, trail)->next_free = worker->trails.free;
        worker->trails.free = trail;
    }
}

struct workload_replies steps_replies(const struct worker *worker, uint32_t trail)
{
    if (trail == 0) {
        return (struct workload_replies){0};
    }
    const struct trail *facts = trail_of(worker, trail);
    return (struct workload_replies){.texts = facts->texts, .at = facts->at};
}

void steps_release(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->trails.count; i++) {
        mem_free(worker->trails.all[i].texts);
    }
    mem_free(worker->trails.all);
    mem_free(worker->thoughts.items);
}

/* ---- replies ---- */

static const struct workload_operation *operation_of(const struct worker *worker,
                                                     const struct flight *flight)
{
    return &worker->config.workload->operations[flight->draw.operation];
}

void steps_watch(struct worker *worker, const struct connection *connection, struct str bytes,
                 enum resp_status status)
{
    if (connection->head == connection->unstamped || bytes.len == 0) {
        return;
    }
    const struct flight *flight = &connection->flights[connection->head & connection->mask];
    if (flight->trail == 0) {
        return;
    }
    struct trail *trail = trail_of(worker, flight->trail);
    if (!trail->is_reading) {
        trail->is_reading = true;
        /* An error says where to send the same bytes again; pushes are no answers. */
        trail->is_skipped = trail->texts == NULL || bytes.data[0] == '-' || bytes.data[0] == '>' ||
                            operation_of(worker, flight)->steps[flight->step].each;
        if (!trail->is_skipped) {
            resp_texts_begin(trail->texts);
        }
    }
    if (!trail->is_skipped) {
        resp_texts_take(trail->texts, bytes.data, bytes.len);
    }
    trail->is_reading = status == RESP_MORE;
}

static bool finds_something(const struct resp_reply *reply)
{
    bool may_be_nothing = reply->type == '*' || reply->type == '%' || reply->type == '~' ||
                          reply->type == ':' || reply->type == '#';
    return !reply->is_null && !(may_be_nothing && reply->number == 0);
}

static bool has_text(const struct trail *trail, size_t index)
{
    struct str text;
    return trail->texts != NULL && resp_texts_get(trail->texts, index, &text);
}

static bool is_wanted(const struct trail *trail, const struct workload_step *step)
{
    if ((step->when == STEP_ON_HIT && !trail->found) ||
        (step->when == STEP_ON_MISS && trail->found)) {
        return false;
    }
    return step->needs_replies == 0 || has_text(trail, step->needs_replies - 1u);
}

/* The number of the step that is sent next; step_count: none is. */
static size_t next_step(const struct workload_operation *operation, struct trail *trail,
                        size_t step)
{
    const struct workload_step *steps = operation->steps;
    if (steps[step].each) {
        trail->at++;
        if (has_text(trail, trail->at + steps[step].needs_replies - 1u)) {
            return step;
        }
    }
    trail->at = 0;
    size_t next = step + 1;
    while (next < operation->step_count && !is_wanted(trail, &steps[next])) {
        next += 1u + steps[next].followers;
    }
    return next;
}

/* A transaction that EXEC has not carried out. */
static bool begins_again(struct worker *worker, const struct connection *connection,
                         struct trail *trail, const struct flight *flight)
{
    const struct workload_operation *operation = operation_of(worker, flight);
    struct hist_window *window = role_is_open(worker, connection)
                                     ? wire_window_of(worker, flight->intended)
                                     : worker->window;
    bool again = trail->retries < operation->retries;
    trail->retries = (uint8_t)(trail->retries + again);
    if (window != NULL) {
        window->counters.retries += again;
        window->counters.aborted += !again;
    }
    return again;
}

/* ---- what comes next ---- */

static struct waiting item_of(const struct worker *worker, const struct connection *connection,
                              const struct flight *flight, size_t step)
{
    bool is_open = role_is_open(worker, connection);
    bool has_moment = is_open || worker->is_churning;
    return (struct waiting){
        .is_beside = worker->pace.is_on && !is_open,
        .intended = has_moment ? flight->intended : worker->now,
        .started = flight->started,
        .draw = flight->draw,
        .client = flight->client,
        .step = (uint16_t)step,
        .redirects = flight->redirects,
        .trail = flight->trail,
    };
}

static void sift_up(struct thought *items, size_t at)
{
    while (at > 0 && items[at].until < items[(at - 1) / 2].until) {
        struct thought moved = items[at];
        items[at] = items[(at - 1) / 2];
        items[(at - 1) / 2] = moved;
        at = (at - 1) / 2;
    }
}

static void sift_down(struct thought *items, size_t count)
{
    size_t at = 0;
    for (;;) {
        size_t least = 2 * at + 1;
        if (least + 1 < count && items[least + 1].until < items[least].until) {
            least++;
        }
        if (least >= count || items[at].until <= items[least].until) {
            return;
        }
        struct thought moved = items[at];
        items[at] = items[least];
        items[least] = moved;
        at = least;
    }
}

static void think(struct worker *worker, const struct connection *connection,
                  const struct flight *flight, size_t step, nsec pause)
{
    struct thought_heap *heap = &worker->thoughts;
    if (heap->count == heap->capacity) {
        heap->capacity = heap->capacity == 0 ? FIRST_THOUGHTS : 2 * heap->capacity;
        heap->items = mem_resize(heap->items, heap->capacity, sizeof *heap->items);
    }
    heap->items[heap->count] = (struct thought){
        .until = worker->now + pause,
        .since = worker->now,
        .item = item_of(worker, connection, flight, step),
    };
    sift_up(heap->items, heap->count++);
}

/* On the connection that it was on, unless it belongs to another node. */
static void send_next(struct worker *worker, struct connection *connection,
                      const struct flight *flight, size_t step)
{
    const struct workload_operation *operation = operation_of(worker, flight);
    nsec pause = operation->steps[step].think;
    if (pause > 0 && !worker->pace.is_on) {
        think(worker, connection, flight, step, pause);
        return;
    }
    struct waiting item = item_of(worker, connection, flight, step);
    if (worker->direct != NULL || !operation->is_stepwise ||
        route_find(worker, &item) == connection->node) {
        wire_send_step(worker, connection, flight, step);
        return;
    }
    route_place(worker, &item, worker->now);
    if (worker->pace.is_on) {
        pace_free(worker, connection, worker->now);
    } else if (worker->is_churning) {
        connection->is_done = true;
    }
}

bool steps_go_on(struct worker *worker, struct connection *connection, const struct flight *flight,
                 const struct resp_reply *reply)
{
    const struct workload_operation *operation = operation_of(worker, flight);
    struct trail *trail = trail_of(worker, flight->trail);
    if (flight->has_failed) {
        return false;
    }
    if (!operation->steps[flight->step].each) {
        trail->found = finds_something(reply);
    }
    if (reply->is_null && operation->steps[flight->step].is_exec &&
        begins_again(worker, connection, trail, flight)) {
        trail->at = 0;
        send_next(worker, connection, flight, 0);
        return true;
    }
    size_t next = next_step(operation, trail, flight->step);
    if (next >= operation->step_count) {
        return false;
    }
    send_next(worker, connection, flight, next);
    return true;
}

bool steps_load_scripts(struct worker *worker, struct connection *connection,
                        const struct flight *flight)
{
    const struct words *words = &worker->config.workload->words;
    if (words->load_count == 0 || flight->redirects >= MAX_LOADS) {
        return false;
    }
    worker->window->counters.scripts_loaded += words->load_count;
    wire_add_words(worker, connection, buf_str(&words->loads), words->load_count);
    if (operation_of(worker, flight)->steps[flight->step].is_joined) {
        return false; /* it is over; the next one finds them */
    }
    struct flight again = *flight;
    again.redirects++;
    wire_send_step(worker, connection, &again, flight->step);
    return true;
}

/* ---- thoughts ---- */

nsec steps_next_thought(const struct worker *worker)
{
    return worker->thoughts.count == 0 ? UINT64_MAX : worker->thoughts.items[0].until;
}

void steps_end_thoughts(struct worker *worker, nsec now, bool all)
{
    struct thought_heap *heap = &worker->thoughts;
    while (heap->count > 0 && (all || heap->items[0].until <= now)) {
        struct thought thought = heap->items[0];
        heap->items[0] = heap->items[--heap->count];
        sift_down(heap->items, heap->count);
        /* The pause is no part of what the operation took. */
        thought.item.started += now - thought.since;
        thought.item.intended += now - thought.since;
        route_place(worker, &thought.item, now);
    }
}

void steps_drop_thoughts(struct worker *worker)
{
    struct thought_heap *heap = &worker->thoughts;
    while (heap->count > 0) {
        const struct waiting *item = &heap->items[--heap->count].item;
        worker->clients[item->client].in_flight--;
        steps_end(worker, item->trail);
    }
}
