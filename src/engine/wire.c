#include "engine/wire.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "engine/client_work.h"
#include "engine/hearing.h"
#include "engine/link.h"
#include "engine/pace.h"
#include "engine/quick.h"
#include "engine/role.h"
#include "engine/route.h"

static const char asking[] = "*1\r\n$6\r\nASKING\r\n";

/* ---- bytes on their way out ---- */

static struct outbox *borrow_outbox(struct worker *worker)
{
    struct outbox *outbox = worker->free_outboxes;
    if (outbox != NULL) {
        worker->free_outboxes = outbox->next;
        return outbox;
    }
    outbox = mem_alloc(sizeof *outbox + worker->outbox_size + TEMPLATE_CHUNK);
    if (worker->is_large) {
        outbox->parts = mem_alloc_array(worker->flight_limit, sizeof(struct outbox_part));
    }
    return outbox;
}

void wire_drop_outbox(struct worker *worker, struct connection *connection)
{
    struct outbox *outbox = connection->outbox;
    if (outbox != NULL) {
        outbox->start = 0;
        outbox->end = 0;
        outbox->part_start = 0;
        outbox->part_end = 0;
        outbox->filled = 0;
        outbox->next = worker->free_outboxes;
        worker->free_outboxes = outbox;
        connection->outbox = NULL;
    }
}

void wire_arm(struct worker *worker, struct connection *connection, bool want_write)
{
    if (connection->is_armed != want_write) {
        connection->is_armed = want_write;
        loop_change(worker->config.loop, connection->stream.fd, wire_token(worker, connection),
                    want_write);
    }
}

/* Hands the socket what it takes now; the rest waits until it takes more. */
static void push_bytes(struct worker *worker, struct connection *connection)
{
    struct outbox *outbox = connection->outbox;
    struct iovec parts[OUTBOX_PARTS];
    int count = 1;
    if (__builtin_expect(outbox->part_start != outbox->part_end, 0)) {
        count = outbox_list_parts(outbox, parts);
    } else {
        parts[0] = (struct iovec){outbox->bytes + outbox->start, outbox->end - outbox->start};
    }
    size_t put = 0;
    enum io_status status =
        connection->stream.transport->write(&connection->stream, parts, count, &put);
    worker->window->counters.writes++;
    worker->window->counters.bytes_sent += put;
    outbox_take_off(outbox, put);
    wire_after_write(worker, connection, status);
}

void wire_after_write(struct worker *worker, struct connection *connection, enum io_status status)
{
    const struct outbox *outbox = connection->outbox;
    switch (status) {
    case IO_DONE:
        if (outbox->start == outbox->end && outbox->part_start == outbox->part_end) {
            wire_drop_outbox(worker, connection);
            wire_arm(worker, connection, false);
        } else {
            wire_arm(worker, connection, true);
        }
        break;
    case IO_WANT_WRITE:
        wire_arm(worker, connection, true);
        break;
    case IO_WANT_READ:
        break; /* the next readable event calls again */
    case IO_CLOSED:
    case IO_ERROR:
        link_lose_by_peer(worker, connection, status, wire_now(worker));
        break;
    }
}

void wire_send_session(struct worker *worker, struct connection *connection, const char *bytes,
                       size_t len)
{
    assert(len <= worker->outbox_size);
    connection->outbox = borrow_outbox(worker);
    memcpy(connection->outbox->bytes, bytes, len);
    connection->outbox->end = len;
    push_bytes(worker, connection);
}

static void stamp_open(struct worker *worker, struct flight *flight, nsec now)
{
    struct hist_window *window = wire_window_of(worker, flight->intended);
    if (window != NULL) {
        window->counters.sent++;
        window->counters.late += now - flight->intended > COUNTERS_LATE;
        hist_record(&window->send_lag, now > flight->possible ? now - flight->possible : 0);
    }
}

static inline void flush(struct worker *worker, struct connection *connection)
{
    nsec now = wire_now(worker);
    if (__builtin_expect(worker->role.is_on, 0)) {
        role_stamp(worker, connection, now);
    }
    if (worker->is_quick && connection->unstamped != connection->tail) {
        /* The first of those sent together speaks for all. */
        connection->flights[connection->unstamped & connection->mask].started = now;
        connection->unstamped = connection->tail;
    }
    while (connection->unstamped != connection->tail) {
        struct flight *flight = &connection->flights[connection->unstamped++ & connection->mask];
        if (flight->started == 0) {
            flight->started = now;
            if (role_is_open(worker, connection) && !flight->is_asking && flight->step == 0) {
                stamp_open(worker, flight, now);
            }
        }
    }
    if (connection->outbox != NULL && !connection->is_armed) {
        push_bytes(worker, connection);
    }
}

void wire_flush(struct worker *worker)
{
    while (worker->listed != NULL) {
        struct connection *connection = worker->listed;
        worker->listed = connection->next;
        connection->is_listed = false;
        if (connection->state == CONNECTION_READY) {
            flush(worker, connection);
        }
    }
}

/* ---- starting operations ---- */

struct outbox *wire_outbox(struct worker *worker, struct connection *connection)
{
    if (connection->outbox == NULL) {
        connection->outbox = borrow_outbox(worker);
    }
    return connection->outbox;
}

/* The outbox with room for one more command. */
static inline struct outbox *outbox_with_room(struct worker *worker, struct connection *connection,
                                              size_t needed)
{
    struct outbox *outbox = wire_outbox(worker, connection);
    if (__builtin_expect(worker->outbox_size - outbox->end < needed, 0)) {
        /* What was sent makes room; together with what is in flight it always fits. */
        memmove(outbox->bytes, outbox->bytes + outbox->start, outbox->end - outbox->start);
        for (size_t i = outbox->part_start; i < outbox->part_end; i++) {
            outbox->parts[i].at -= outbox->start;
        }
        outbox->end -= outbox->start;
        outbox->filled -= outbox->filled < outbox->start ? outbox->filled : outbox->start;
        outbox->start = 0;
        assert(worker->outbox_size - outbox->end >= needed);
    }
    return outbox;
}

/* A command that may take something from replies. */
static size_t write_linked(const struct worker *worker, const struct flight *flight, char *out)
{
    struct workload_replies replies = steps_replies(worker, flight->trail);
    return workload_write_linked(worker->config.workload, &flight->draw, flight->step, &replies,
                                 out);
}

/* Only patterns do. A template may hold a value for which there is no room to copy it. */
static bool takes_replies(const struct worker *worker, const struct flight *flight)
{
    const struct workload_operation *operation =
        &worker->config.workload->operations[flight->draw.operation];
    return operation->steps[flight->step].pattern != NULL;
}

/* A command whose value is sent from where it lies. */
static void add_large(struct worker *worker, struct connection *connection,
                      const struct flight *flight)
{
    const struct workload *workload = worker->config.workload;
    struct outbox *outbox =
        outbox_with_room(worker, connection, workload->max_head_size + sizeof "\r\n");
    struct str rest = {0};
    if (flight->trail != 0 && takes_replies(worker, flight)) {
        outbox->end += write_linked(worker, flight, outbox->bytes + outbox->end);
    } else {
        outbox->end += workload_write_head(workload, &flight->draw, flight->step,
                                           outbox->bytes + outbox->end, &rest);
    }
    if (rest.len == 0) {
        return;
    }
    if (outbox->part_end == worker->flight_limit) {
        memmove(outbox->parts, outbox->parts + outbox->part_start,
                (outbox->part_end - outbox->part_start) * sizeof *outbox->parts);
        outbox->part_end -= outbox->part_start;
        outbox->part_start = 0;
    }
    outbox->parts[outbox->part_end++] =
        (struct outbox_part){.at = outbox->end, .data = rest.data, .len = rest.len};
    memcpy(outbox->bytes + outbox->end, "\r\n", 2);
    outbox->end += 2;
}

/* Writes the command of a flight that stands at the queue's tail, and takes it into the queue. */
static inline void add_step(struct worker *worker, struct connection *connection,
                            const struct flight *flight)
{
    if (__builtin_expect(worker->is_large, 0)) {
        add_large(worker, connection, flight);
    } else {
        const struct workload *workload = worker->config.workload;
        struct outbox *outbox = outbox_with_room(worker, connection, workload->max_step_size);
        char *out = outbox->bytes + outbox->end;
        outbox->end += __builtin_expect(flight->trail != 0, 0)
                           ? write_linked(worker, flight, out)
                           : workload_write_step(workload, &flight->draw, flight->step, out);
    }
    connection->tail++;
    worker->outstanding++;
    wire_list(worker, connection);
}

static inline const struct workload_operation *operation_of(const struct worker *worker,
                                                            const struct flight *flight)
{
    return &worker->config.workload->operations[flight->draw.operation];
}

static inline const struct workload_step *step_of(const struct worker *worker,
                                                  const struct flight *flight)
{
    return &operation_of(worker, flight)->steps[flight->step];
}

/* The steps that are sent at once with `flight`, which is in the queue. */
static void add_batch(struct worker *worker, struct connection *connection,
                      const struct flight *flight)
{
    struct flight first = *flight;
    size_t followers = step_of(worker, flight)->followers;
    for (size_t i = 1; i <= followers; i++) {
        struct flight *next = connection_tail(connection);
        *next = first;
        next->step = (uint16_t)(first.step + i);
        add_step(worker, connection, next);
    }
}

void wire_add_words(struct worker *worker, struct connection *connection, struct str bytes,
                    size_t replies)
{
    struct outbox *outbox = outbox_with_room(worker, connection, bytes.len);
    memcpy(outbox->bytes + outbox->end, bytes.data, bytes.len);
    outbox->end += bytes.len;
    for (size_t i = 0; i < replies; i++) {
        *connection_tail(connection) = (struct flight){.is_asking = true};
        connection->tail++;
        worker->outstanding++;
    }
}

void wire_send_step(struct worker *worker, struct connection *connection,
                    const struct flight *flight, size_t step)
{
    struct flight next = *flight;
    struct flight *tail = connection_tail(connection);
    next.step = (uint16_t)step;
    *tail = next;
    add_step(worker, connection, tail);
    add_batch(worker, connection, tail);
}

void wire_add(struct worker *worker, struct connection *connection, const struct waiting *item,
              nsec possible)
{
    if (__builtin_expect(item->asking, 0)) {
        wire_add_words(worker, connection, STR(asking), 1);
    }
    struct flight *flight = connection_tail(connection);
    *flight = (struct flight){
        .started = item->started,
        .intended = worker->is_churning && item->step == 0 ? connection->since : item->intended,
        .possible = possible,
        .draw = item->draw,
        .client = item->client,
        .step = item->step,
        .redirects = item->redirects,
        .trail = item->trail,
    };
    add_step(worker, connection, flight);
    if (worker->config.workload->longest_batch > 1) {
        add_batch(worker, connection, flight);
    }
}

static inline bool draw(struct worker *worker, uint32_t client, struct workload_draw *out)
{
    if (__builtin_expect(worker->role.is_on, 0)) {
        return role_draw(worker, client, out);
    }
    struct workload_stream *stream = &worker->streams[client * worker->stream_step];
    if (worker->budget == 0 || !workload_draw_next(worker->config.workload, stream, out)) {
        return false;
    }
    worker->budget--;
    return true;
}

bool wire_draw(struct worker *worker, uint32_t client, struct workload_draw *out)
{
    return draw(worker, client, out);
}

static inline bool start_operation(struct worker *worker, uint32_t client)
{
    if (worker->direct == NULL || worker->is_churning) {
        return route_start(worker, client);
    }
    struct connection *connection = &worker->direct->connections[client];
    if (connection->state != CONNECTION_READY) {
        return false;
    }
    struct flight *flight = connection_tail(connection);
    if (!draw(worker, client, &flight->draw)) {
        return false;
    }
    worker->clients[client].in_flight++;
    flight->started = 0;
    flight->client = client;
    flight->step = 0;
    flight->redirects = 0;
    flight->has_failed = false;
    flight->is_asking = false;
    flight->trail = 0;
    if (__builtin_expect(worker->config.workload->is_linked, 0)) {
        flight->trail = steps_begin(worker, flight->draw.operation);
    }
    add_step(worker, connection, flight);
    if (__builtin_expect(worker->config.workload->longest_batch > 1, 0)) {
        add_batch(worker, connection, flight);
    }
    return true;
}

bool wire_start(struct worker *worker, uint32_t client)
{
    return start_operation(worker, client);
}

void wire_fill(struct worker *worker, uint32_t client)
{
    const struct load_client *facts = &worker->clients[client];
    if (worker->pace.is_on && !facts->is_beside) {
        return;
    }
    uint32_t depth = facts->waits ? 1 : worker->depth;
    while (facts->in_flight + facts->pausing < depth) {
        if (worker->is_pausing && !facts->waits) {
            pace_pause(worker, client, worker->now);
        } else if (!start_operation(worker, client)) {
            break;
        }
    }
    wire_flush(worker);
}

/* ---- replies ---- */

/* The operation of a client is over. */
static inline void go_on(struct worker *worker, struct connection *connection, uint32_t client,
                         nsec now)
{
    if (__builtin_expect(role_is_open(worker, connection), 0)) {
        pace_free(worker, connection, now);
        return;
    }
    worker->clients[client].in_flight--;
    if (__builtin_expect(worker->is_churning, 0)) {
        connection->is_done = true;
    } else if (__builtin_expect(worker->is_pausing, 0) && !worker->clients[client].waits) {
        pace_pause(worker, client, now);
    } else {
        (void)start_operation(worker, client);
    }
}

/* Errors that mean that another server is in charge now. */
static bool tells_of_change(enum reply_error kind)
{
    return kind == REPLY_ERROR_READONLY || kind == REPLY_ERROR_CLUSTERDOWN ||
           kind == REPLY_ERROR_MASTERDOWN || kind == REPLY_ERROR_MOVED;
}

/* Steps that are sent at once fail with the first of them that does, and end with the last one;
 * they are not redirected, because the others went to the old node. True: the failure was counted
 * before. */
static bool fail_batch(struct worker *worker, struct connection *connection,
                       const struct flight *flight)
{
    size_t left = step_of(worker, flight)->followers;
    for (uint32_t i = 0; i < left; i++) {
        connection->flights[(connection->head + i) & connection->mask].has_failed = true;
    }
    return flight->has_failed;
}

/* An operation went on elsewhere. */
static void make_room(struct worker *worker, struct connection *connection, nsec now)
{
    if (role_is_open(worker, connection)) {
        pace_free(worker, connection, now);
    } else if (worker->is_churning) {
        connection->is_done = true;
    }
}

/* Some errors are no failure: the step is sent again, elsewhere or after what it lacked. */
static bool send_again(struct worker *worker, struct connection *connection,
                       const struct flight *flight, enum reply_error kind, nsec now)
{
    if (kind == REPLY_ERROR_NOSCRIPT) {
        return steps_load_scripts(worker, connection, flight);
    }
    if (step_of(worker, flight)->is_joined ||
        (kind != REPLY_ERROR_MOVED && kind != REPLY_ERROR_ASK) ||
        !route_redirect(worker, connection, flight, now)) {
        return false;
    }
    make_room(worker, connection, now);
    return true;
}

static void take_error(struct worker *worker, struct connection *connection,
                       const struct flight *in_flight, nsec now)
{
    struct flight flight = *in_flight; /* its place may be filled again */
    enum reply_error kind = reply_error_classify(str_from(connection->reader.head));
    const struct workload_step *step = step_of(worker, &flight);
    bool is_counted = step->is_joined && fail_batch(worker, connection, &flight);
    if (send_again(worker, connection, &flight, kind, now)) {
        return;
    }
    if (tells_of_change(kind)) {
        connection->is_stale = connection->is_stale || kind == REPLY_ERROR_READONLY;
        route_search(worker, now);
    }
    struct hist_window *window =
        role_is_open(worker, connection) ? wire_window_of(worker, flight.intended) : worker->window;
    if (worker->role.is_on) {
        role_fail(worker, connection, &flight);
    }
    if (window != NULL && !is_counted) {
        window->counters.errors[kind]++;
    }
    if (step->followers == 0) {
        steps_end(worker, flight.trail);
        go_on(worker, connection, flight.client, now);
    }
}

/* What one successful step adds to a window. True: it was the operation's last. */
static inline bool count_step(const struct worker *worker, struct hist_window *window,
                              const struct flight *flight, bool is_null)
{
    const struct workload_operation *operation = operation_of(worker, flight);
    if (window != NULL) {
        window->counters.steps++;
        if (operation->steps[flight->step].is_read) {
            window->counters.misses += is_null;
            window->counters.hits += !is_null;
        }
    }
    return flight->step + 1u >= operation->step_count;
}

/* In an open loop an operation belongs to the window in which it was meant to be sent. */
static void take_open(struct worker *worker, struct connection *connection,
                      const struct flight *flight, nsec now)
{
    struct hist_window *window = wire_window_of(worker, flight->intended);
    if (window == NULL) {
        worker->report->operations_all++;
        return;
    }
    window->counters.operations++;
    window->node_operations[connection->node]++;
    hist_record(&window->commands[flight->draw.operation], now - flight->intended);
    hist_record(&window->service, now - flight->started);
}

/* In a closed one to that in which it completes. */
static inline void take_closed(struct worker *worker, const struct connection *connection,
                               const struct flight *flight, nsec now)
{
    struct hist_window *window = worker->window;
    window->counters.operations++;
    window->counters.beside += worker->pace.is_on;
    window->node_operations[connection->node]++;
    if (flight->draw.operation < window->command_count) {
        nsec began = worker->is_churning ? flight->intended : flight->started;
        hist_record(&window->commands[flight->draw.operation], now - began);
    }
}

/* Of flights that were sent together only the first knows when. */
static void complete_stamp(struct connection *connection)
{
    struct flight *flight = &connection->flights[connection->head & connection->mask];
    if (flight->started == 0) {
        flight->started = connection->started;
    }
    connection->started = flight->started;
}

/* After a reply that was no error: sends what comes next. False: nothing does, the operation is
 * over. */
static bool go_to_next_step(struct worker *worker, struct connection *connection,
                            const struct flight *in_flight, const struct resp_reply *reply)
{
    struct flight flight = *in_flight; /* its place may be filled again */
    if (step_of(worker, &flight)->followers > 0) {
        return true; /* it is under way */
    }
    if (flight.trail != 0) {
        return steps_go_on(worker, connection, &flight, reply);
    }
    if (flight.has_failed || flight.step + 1u >= operation_of(worker, &flight)->step_count) {
        return false;
    }
    wire_send_step(worker, connection, &flight, flight.step + 1u);
    return true;
}

static inline void take_reply(struct worker *worker, struct connection *connection,
                              const struct resp_reply *reply, nsec now)
{
    if (worker->is_quick) {
        complete_stamp(connection);
    }
    const struct flight *flight = connection_pop(connection);
    uint32_t client = flight->client; /* the flight's place may be the new tail */
    worker->outstanding--;
    if (__builtin_expect(flight->is_asking, 0)) {
        return;
    }
    if (__builtin_expect(reply->is_error || reply->holds_error, 0)) {
        take_error(worker, connection, flight, now);
        return;
    }
    if (__builtin_expect(worker->role.is_on, 0) && !role_take(worker, connection, flight, reply)) {
        steps_end(worker, flight->trail);
        go_on(worker, connection, client, now);
        return;
    }
    bool is_open = role_is_open(worker, connection);
    struct hist_window *window = worker->window;
    if (__builtin_expect(is_open, 0)) {
        window = wire_window_of(worker, flight->intended);
    }
    bool is_last = count_step(worker, window, flight, wire_finds_nothing(reply));
    if (__builtin_expect(!is_last || flight->trail != 0, 0)) {
        if (go_to_next_step(worker, connection, flight, reply)) {
            return;
        }
        steps_end(worker, flight->trail);
    }
    if (__builtin_expect(flight->has_failed, 0)) {
        go_on(worker, connection, client, now);
        return;
    }
    if (__builtin_expect(is_open, 0)) {
        take_open(worker, connection, flight, now);
    } else {
        take_closed(worker, connection, flight, now);
    }
    go_on(worker, connection, client, now);
}

/* Protocol that nobody can follow: the connection is useless. */
static bool lose_protocol(struct worker *worker, struct connection *connection, const char *what,
                          nsec now)
{
    error_set(&worker->problem, ERROR_TARGET, "%s: %s", worker->config.endpoint->name, what);
    link_lose(worker, connection, REPLY_ERROR_PROTOCOL, now);
    return false;
}

/* All replies in the bytes that one read brought. False: the connection is gone. */
static bool take_bytes(struct worker *worker, struct connection *connection, size_t at, size_t len)
{
    nsec now = worker->now;
    while (at < len) {
        struct resp_reply reply;
        size_t began = at;
        bool goes_on = !resp_is_between(&connection->reader);
        enum resp_status status = resp_read(&connection->reader, worker->input, len, &at, &reply);
        if (__builtin_expect(worker->work != NULL, 0)) {
            struct str bytes = {worker->input + began, at - began};
            client_work_take(worker, connection, bytes,
                             &(struct client_work_place){goes_on, status == RESP_OK});
        }
        if (__builtin_expect(worker->config.workload->is_linked, 0) &&
            connection->state == CONNECTION_READY) {
            steps_watch(worker, connection, (struct str){worker->input + began, at - began},
                        status);
        }
        if (__builtin_expect(connection->hearing != NULL, 0)) {
            struct str bytes = {worker->input + began, at - began};
            hearing_take(worker, connection, bytes, status, &reply);
        }
        if (status == RESP_MORE) {
            break;
        }
        if (status == RESP_BAD) {
            char what[160];
            (void)snprintf(what, sizeof what, "not a RESP reply: %s", connection->reader.problem);
            return lose_protocol(worker, connection, what, now);
        }
        if (reply.is_push) {
            if (connection->state == CONNECTION_DOWN) {
                return false; /* a subscriber was refused */
            }
            continue;
        }
        if (connection->state == CONNECTION_OPENING) {
            if (!link_take_session_reply(worker, connection, reply.is_error, now)) {
                return false;
            }
        } else if (connection->head == connection->unstamped) {
            /* Nothing that was sent is unanswered; what this read started is not sent yet. */
            return lose_protocol(worker, connection, "a reply that nobody asked for", now);
        } else {
            take_reply(worker, connection, &reply, now);
        }
    }
    return true;
}

/* A connection for each operation: this one has had its own. */
static void replace_connection(struct worker *worker, struct connection *connection)
{
    uint32_t client = connection->client;
    link_close(worker, connection);
    wire_fill(worker, client);
}

void wire_after_read(struct worker *worker, struct connection *connection, enum io_status status)
{
    if (status != IO_WANT_READ && status != IO_WANT_WRITE) {
        link_lose_by_peer(worker, connection, status, worker->now);
    }
}

/* Takes what was read. False: nothing more is to be read from this connection now. */
static bool take_read(struct worker *worker, struct connection *connection, size_t at, size_t got)
{
    if (!take_bytes(worker, connection, at, got)) {
        return false;
    }
    wire_flush(worker);
    if (connection->is_done && connection_in_flight(connection) == 0) {
        replace_connection(worker, connection);
        return false;
    }
    return got == WIRE_INPUT_SIZE && connection->state != CONNECTION_DOWN;
}

static void read_all(struct worker *worker, struct connection *connection)
{
    bool goes_on = true;
    while (goes_on) {
        size_t got = 0;
        enum io_status status = connection->stream.transport->read(
            &connection->stream, worker->input, WIRE_INPUT_SIZE, &got);
        nsec now = wire_now(worker);
        if (now >= worker->next_mark) {
            worker_pass_mark(worker, now);
        }
        worker->window->counters.reads++;
        if (status != IO_DONE) {
            wire_after_read(worker, connection, status);
            return;
        }
        worker->last_reply = now;
        worker->window->counters.bytes_received += got;
        if (connection->state == CONNECTION_READY) {
            worker->last_answer = now;
        }
        goes_on = take_read(worker, connection, 0, got);
    }
}

void wire_go_on(struct worker *worker, struct connection *connection, size_t at, size_t got)
{
    if (connection->state != CONNECTION_DOWN && take_read(worker, connection, at, got)) {
        read_all(worker, connection);
    }
}

__attribute__((noinline)) static void
handle_event(struct worker *worker, struct connection *connection, const struct loop_event *event)
{
    if (connection->state == CONNECTION_DOWN) {
        return; /* lost while an earlier event of the same wait was handled */
    }
    if (connection->state == CONNECTION_CONNECTING) {
        link_continue(worker, connection);
        return;
    }
    if (event->writable && connection->outbox != NULL) {
        (void)wire_now(worker);
        push_bytes(worker, connection);
    }
    if (event->readable && connection->state != CONNECTION_DOWN) {
        read_all(worker, connection);
        if (connection->state == CONNECTION_READY && connection->outbox != NULL &&
            !connection->is_armed) {
            push_bytes(worker, connection); /* it had waited for something to read */
        }
    }
}

void wire_event(struct worker *worker, const struct loop_event *event)
{
    uint32_t client = event->token & worker->client_mask;
    const struct node *node = &worker->nodes[event->token >> worker->client_bits];
    struct connection *connection = &node->connections[client];
    /* In the state that quick.c handles: nothing of it is under way in this program. */
    if (worker->is_quick && event->readable && node == worker->direct &&
        connection->state == CONNECTION_READY && connection->outbox == NULL &&
        resp_is_between(&connection->reader)) {
        quick_read(worker, connection);
    } else {
        handle_event(worker, connection, event);
    }
}
