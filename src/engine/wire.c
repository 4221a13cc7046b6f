#include "engine/wire.h"

#include <assert.h>
#include <errno.h>

#include "base/mem.h"
#include "redis/client.h"

enum {
    FIRST_BACKOFF_MS = 10,
    LAST_BACKOFF_MS = 1000,
};

static const struct transport *transport_of(const struct worker *worker)
{
    return worker->config.endpoint->transport;
}

static uint32_t token_of(const struct worker *worker, const struct connection *connection)
{
    return (uint32_t)(connection - worker->connections);
}

static nsec now_of(struct worker *worker)
{
    worker->now = clock_now(worker->config.clock);
    return worker->now;
}

static void lose_by_peer(struct worker *worker, struct connection *connection,
                         enum io_status status, nsec now)
{
    if (status == IO_CLOSED) {
        error_set(&worker->problem, ERROR_TARGET, "%s: the server closed the connection",
                  worker->config.endpoint->name);
    } else {
        error_set_errno(&worker->problem, ERROR_TARGET, connection->stream.last_errno, "%s",
                        worker->config.endpoint->name);
    }
    wire_lose(worker, connection, REPLY_ERROR_LOST, now);
}

/* ---- sending ---- */

static struct outbox *borrow_outbox(struct worker *worker)
{
    struct outbox *outbox = worker->free_outboxes;
    if (outbox == NULL) {
        return mem_alloc(sizeof *outbox + worker->outbox_size);
    }
    worker->free_outboxes = outbox->next;
    return outbox;
}

static void return_outbox(struct worker *worker, struct connection *connection)
{
    struct outbox *outbox = connection->outbox;
    if (outbox != NULL) {
        outbox->start = 0;
        outbox->end = 0;
        outbox->next = worker->free_outboxes;
        worker->free_outboxes = outbox;
        connection->outbox = NULL;
    }
}

static void arm(struct worker *worker, struct connection *connection, bool want_write)
{
    if (connection->is_armed != want_write) {
        connection->is_armed = want_write;
        loop_change(worker->config.loop, connection->stream.fd, token_of(worker, connection),
                    want_write);
    }
}

/* Hands the socket what it takes now; the rest waits until it takes more. */
static void push_bytes(struct worker *worker, struct connection *connection)
{
    struct outbox *outbox = connection->outbox;
    struct iovec part = {outbox->bytes + outbox->start, outbox->end - outbox->start};
    size_t put = 0;
    enum io_status status =
        connection->stream.transport->write(&connection->stream, &part, 1, &put);
    worker->window->counters.writes++;
    switch (status) {
    case IO_DONE:
        worker->window->counters.bytes_sent += put;
        outbox->start += put;
        if (outbox->start == outbox->end) {
            return_outbox(worker, connection);
            arm(worker, connection, false);
        } else {
            arm(worker, connection, true);
        }
        break;
    case IO_WANT_WRITE:
        arm(worker, connection, true);
        break;
    case IO_WANT_READ:
        break; /* the next readable event calls again */
    case IO_CLOSED:
    case IO_ERROR:
        lose_by_peer(worker, connection, status, now_of(worker));
        break;
    }
}

/* Stamps what was added since the last call with the time at which it is handed to the socket, and
 * sends it unless earlier bytes still wait. */
static void flush(struct worker *worker, struct connection *connection)
{
    if (connection->unstamped != connection->tail) {
        nsec now = now_of(worker);
        do {
            struct flight *flight =
                &connection->flights[connection->unstamped++ & connection->mask];
            if (flight->started == 0) {
                flight->started = now;
            }
        } while (connection->unstamped != connection->tail);
    }
    if (connection->outbox != NULL && !connection->is_armed) {
        push_bytes(worker, connection);
    }
}

/* The outbox with room for one more command. */
static struct outbox *outbox_with_room(struct worker *worker, struct connection *connection)
{
    if (connection->outbox == NULL) {
        connection->outbox = borrow_outbox(worker);
    }
    struct outbox *outbox = connection->outbox;
    size_t needed = worker->config.workload->max_step_size;
    if (__builtin_expect(worker->outbox_size - outbox->end < needed, 0)) {
        /* What was sent makes room; together with what is in flight it always fits. */
        memmove(outbox->bytes, outbox->bytes + outbox->start, outbox->end - outbox->start);
        outbox->end -= outbox->start;
        outbox->start = 0;
        assert(worker->outbox_size - outbox->end >= needed);
    }
    return outbox;
}

/* Writes the command of a flight that stands at the queue's tail, and takes it into the queue. */
static inline void add_step(struct worker *worker, struct connection *connection,
                            const struct flight *flight)
{
    struct outbox *outbox = outbox_with_room(worker, connection);
    outbox->end += workload_write_step(worker->config.workload, &flight->draw, flight->step,
                                       outbox->bytes + outbox->end);
    connection->tail++;
    worker->outstanding++;
}

/* Starts the client's next operation, if there is one. */
static inline bool start_operation(struct worker *worker, struct connection *connection,
                                   uint32_t client)
{
    if (worker->budget == 0) {
        return false;
    }
    struct flight *flight = connection_tail(connection);
    struct workload_stream *stream = &worker->streams[client * worker->stream_step];
    if (!workload_draw_next(worker->config.workload, stream, &flight->draw)) {
        return false;
    }
    worker->budget--;
    flight->started = 0;
    flight->client = client;
    flight->step = 0;
    add_step(worker, connection, flight);
    return true;
}

void wire_fill(struct worker *worker, uint32_t client)
{
    struct connection *connection = &worker->connections[client];
    while (connection->state == CONNECTION_READY &&
           connection_in_flight(connection) < worker->depth &&
           start_operation(worker, connection, client)) {
    }
    flush(worker, connection);
}

/* ---- replies ---- */

/* Sends the step after `flight`, which was the head of the queue. */
static void continue_operation(struct worker *worker, struct connection *connection,
                               const struct flight *flight)
{
    struct flight *next = connection_tail(connection);
    *next = *flight;
    next->step++;
    add_step(worker, connection, next);
}

static inline void take_reply(struct worker *worker, struct connection *connection,
                              const struct resp_reply *reply, nsec now)
{
    struct hist_window *window = worker->window;
    struct counters *counters = &window->counters;
    const struct flight *flight = connection_pop(connection);
    uint32_t client = flight->client; /* the flight's place may be the new tail */
    worker->outstanding--;
    if (__builtin_expect(reply->is_error, 0)) {
        counters->errors[reply_error_classify(str_from(connection->reader.head))]++;
    } else {
        const struct workload_operation *operation =
            &worker->config.workload->operations[flight->draw.operation];
        counters->steps++;
        if (operation->steps[flight->step].is_read) {
            counters->misses += reply->is_null;
            counters->hits += !reply->is_null;
        }
        if (__builtin_expect(flight->step + 1 < operation->step_count, 0)) {
            continue_operation(worker, connection, flight);
            return;
        }
        counters->operations++;
        if (flight->draw.operation < window->command_count) {
            hist_record(&window->commands[flight->draw.operation], now - flight->started);
        }
    }
    start_operation(worker, connection, client);
}

static void become_ready(struct worker *worker, struct connection *connection, nsec now)
{
    connection->state = CONNECTION_READY;
    connection->backoff = 0;
    worker->ready++;
    wire_count_gap(worker, connection, now);
    connection->lost_at = 0;
    if (worker->order->task != WORKER_CONNECT) {
        wire_fill(worker, token_of(worker, connection));
    }
}

/* A reply to HELLO, AUTH or SELECT. */
static bool take_session_reply(struct worker *worker, struct connection *connection,
                               const struct resp_reply *reply, nsec now)
{
    if (reply->is_error) {
        error_set(&worker->problem, ERROR_TARGET, "%s: opening a session: %s",
                  worker->config.endpoint->name, connection->reader.head);
        wire_lose(worker, connection, REPLY_ERROR_LOST, now);
        return false;
    }
    if (--connection->session_replies == 0) {
        become_ready(worker, connection, now);
    }
    return connection->state != CONNECTION_DOWN;
}

/* All replies in the bytes that one read brought. False: the connection is gone. */
static bool take_bytes(struct worker *worker, struct connection *connection, size_t len, nsec now)
{
    size_t at = 0;
    while (at < len) {
        struct resp_reply reply;
        enum resp_status status = resp_read(&connection->reader, worker->input, len, &at, &reply);
        if (status == RESP_MORE) {
            break;
        }
        if (status == RESP_BAD) {
            error_set(&worker->problem, ERROR_TARGET, "%s: not a RESP reply: %s",
                      worker->config.endpoint->name, connection->reader.problem);
            wire_lose(worker, connection, REPLY_ERROR_PROTOCOL, now);
            return false;
        }
        if (reply.is_push) {
            continue;
        }
        if (connection->state == CONNECTION_OPENING) {
            if (!take_session_reply(worker, connection, &reply, now)) {
                return false;
            }
        } else if (connection->head == connection->unstamped) {
            /* Nothing that was sent is unanswered; what this read started is not sent yet. */
            error_set(&worker->problem, ERROR_TARGET, "%s: a reply that nobody asked for",
                      worker->config.endpoint->name);
            wire_lose(worker, connection, REPLY_ERROR_PROTOCOL, now);
            return false;
        } else {
            take_reply(worker, connection, &reply, now);
        }
    }
    return true;
}

static void read_all(struct worker *worker, struct connection *connection)
{
    for (;;) {
        size_t got = 0;
        enum io_status status = connection->stream.transport->read(
            &connection->stream, worker->input, WIRE_INPUT_SIZE, &got);
        nsec now = now_of(worker);
        if (now >= worker->next_mark) {
            worker_pass_mark(worker, now);
        }
        worker->window->counters.reads++;
        if (status == IO_WANT_READ || status == IO_WANT_WRITE) {
            return;
        }
        if (status != IO_DONE) {
            lose_by_peer(worker, connection, status, now);
            return;
        }
        worker->last_reply = now;
        worker->window->counters.bytes_received += got;
        if (connection->state == CONNECTION_READY) {
            worker->last_answer = now;
        }
        if (!take_bytes(worker, connection, got, now)) {
            return;
        }
        flush(worker, connection);
        if (got < WIRE_INPUT_SIZE || connection->state == CONNECTION_DOWN) {
            return;
        }
    }
}

/* ---- coming and going ---- */

/* From the later one of `a` and `b` until `now`. */
static nsec since(nsec a, nsec b, nsec now)
{
    nsec from = a > b ? a : b;
    return now > from ? now - from : 0;
}

void wire_count_gap(struct worker *worker, struct connection *connection, nsec now)
{
    if (connection->lost_at == 0 || worker->order->task != WORKER_MEASURE ||
        !worker->is_recording) {
        return;
    }
    struct counters *counters = &worker->window->counters;
    counters->gaps_ns += since(connection->lost_at, worker->window->start, now);
    nsec whole = since(connection->lost_at, worker->report->start, now);
    if (whole > counters->longest_gap_ns) {
        counters->longest_gap_ns = whole;
    }
}

void wire_lose(struct worker *worker, struct connection *connection, enum reply_error kind,
               nsec now)
{
    struct counters *counters = &worker->window->counters;
    if (connection->state == CONNECTION_READY) {
        uint32_t in_flight = connection_in_flight(connection);
        counters->errors[kind] += in_flight;
        counters->lost_connections++;
        worker->outstanding -= in_flight;
        worker->ready--;
        connection->lost_at = now;
    }
    if (connection->stream.fd >= 0) {
        loop_remove(worker->config.loop, connection->stream.fd);
    }
    connection->stream.transport->close(&connection->stream);
    return_outbox(worker, connection);
    connection->head = connection->tail = connection->unstamped = 0;
    connection->reader = (struct resp_reader){0};
    connection->is_armed = false;
    connection->state = CONNECTION_DOWN;
    connection->backoff =
        connection->backoff == 0 ? FIRST_BACKOFF_MS * NSEC_PER_MSEC : connection->backoff * 2;
    if (connection->backoff > LAST_BACKOFF_MS * NSEC_PER_MSEC) {
        connection->backoff = LAST_BACKOFF_MS * NSEC_PER_MSEC;
    }
    connection->retry_at = now + connection->backoff;
    if (connection->retry_at < worker->next_chore) {
        worker->next_chore = connection->retry_at;
    }
    if (worker->order->task == WORKER_CONNECT) {
        worker->report->failed = true;
    }
}

void wire_open(struct worker *worker, struct connection *connection, nsec now)
{
    connection->state = CONNECTION_CONNECTING;
    connection->since = now;
    connection->stream = (struct stream){.transport = transport_of(worker), .fd = -1};
    if (!transport_of(worker)->open(transport_of(worker), &connection->stream,
                                    &worker->config.endpoint->address,
                                    worker->config.endpoint->host, &worker->problem)) {
        if (connection->stream.last_errno == EAGAIN) {
            /* The server's queue of new connections is full: it will take this one later. */
            connection->state = CONNECTION_DOWN;
            connection->retry_at = now + NSEC_PER_MSEC;
            worker->next_chore = connection->retry_at;
            return;
        }
        wire_lose(worker, connection, REPLY_ERROR_LOST, now);
        return;
    }
    if (!loop_add(worker->config.loop, connection->stream.fd, token_of(worker, connection), true,
                  &worker->problem)) {
        wire_lose(worker, connection, REPLY_ERROR_LOST, now);
        return;
    }
    connection->is_armed = true;
}

/* Sends the commands that open a session; without any the connection is ready at once. */
static void begin_session(struct worker *worker, struct connection *connection)
{
    struct buf commands = {0};
    unsigned replies = 0;
    nsec now = now_of(worker);
    connection->state = CONNECTION_OPENING;
    if (!client_write_session(worker->config.endpoint, worker->config.protocol, &commands, &replies,
                              &worker->problem)) {
        wire_lose(worker, connection, REPLY_ERROR_LOST, now);
    } else if (replies == 0) {
        arm(worker, connection, false);
        become_ready(worker, connection, now);
    } else {
        assert(commands.len <= worker->outbox_size);
        connection->session_replies = replies;
        connection->outbox = borrow_outbox(worker);
        memcpy(connection->outbox->bytes, commands.data, commands.len);
        connection->outbox->end = commands.len;
        push_bytes(worker, connection);
    }
    if (commands.data != NULL) {
        explicit_bzero(commands.data, commands.capacity);
    }
    buf_release(&commands);
}

static void continue_connecting(struct worker *worker, struct connection *connection)
{
    enum io_status status = connection->stream.transport->establish(&connection->stream);
    switch (status) {
    case IO_DONE:
        begin_session(worker, connection);
        break;
    case IO_WANT_READ:
        arm(worker, connection, false);
        break;
    case IO_WANT_WRITE:
        arm(worker, connection, true);
        break;
    case IO_CLOSED:
    case IO_ERROR:
        lose_by_peer(worker, connection, status, now_of(worker));
        break;
    }
}

void wire_event(struct worker *worker, const struct loop_event *event)
{
    struct connection *connection = &worker->connections[event->token];
    if (connection->state == CONNECTION_DOWN) {
        return; /* lost while an earlier event of the same wait was handled */
    }
    if (connection->state == CONNECTION_CONNECTING) {
        continue_connecting(worker, connection);
        return;
    }
    if (event->writable && connection->outbox != NULL) {
        (void)now_of(worker);
        push_bytes(worker, connection);
    }
    if (event->readable && connection->state != CONNECTION_DOWN) {
        read_all(worker, connection);
    }
}
