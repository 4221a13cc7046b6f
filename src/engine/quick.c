#include "engine/quick.h"

#include <string.h>

#include "base/mem.h"
#include "engine/wire.h"

/* Operations of one command each, whose reply decides nothing but what is counted. A script may
 * have to be loaded. */
static bool are_single(const struct workload *workload)
{
    bool fits = !workload->is_linked && !workload->duties.is_on && workload->trace == NULL;
    for (size_t i = 0; i < workload->data_count; i++) {
        fits = fits && !workload->data[i].values.is_made; /* replies are looked at */
    }
    for (size_t i = 0; i < workload->operation_count; i++) {
        const struct workload_operation *operation = &workload->operations[i];
        fits = fits && operation->step_count == 1 && !operation->steps[0].is_script;
    }
    return fits;
}

bool quick_begin(struct worker *worker)
{
    const struct workload *workload = worker->config.workload;
    if (worker->config.is_general || worker->order->task != WORKER_MEASURE ||
        worker->direct == NULL || worker->pace.is_on || worker->is_pausing || worker->is_churning ||
        worker->is_large || !are_single(workload)) {
        return false;
    }
    for (size_t i = 0; i < workload->operation_count; i++) {
        const struct workload_step *step = &workload->operations[i].steps[0];
        worker->quick[i] = (struct quick_kind){.command = &step->command, .is_read = step->is_read};
    }
    worker->quick_kinds = workload->operation_count;
    return true;
}

static inline void record_kind(struct worker *worker, size_t kind, nsec latency, uint32_t count)
{
    struct hist_window *window = worker->window;
    if (worker->quick[kind].is_read) {
        window->counters.hits += count;
    }
    if (count == 1) {
        hist_record(&window->commands[kind], latency);
    } else {
        hist_record_n(&window->commands[kind], latency, count);
    }
}

/* Records the replies of operations that were sent together, and came together; `counts` of them
 * by kind. */
static inline void record(struct worker *worker, nsec started, uint32_t *counts)
{
    nsec latency = worker->now - started;
    for (size_t kind = 0; kind < worker->quick_kinds; kind++) {
        if (counts[kind] != 0) {
            record_kind(worker, kind, latency, counts[kind]);
            counts[kind] = 0;
        }
    }
}

/* The length of a whole reply that is not like the last one of its kind; 0: wire.c has to see to
 * it. One that finds nothing is a miss instead of the hit that it will be counted as. */
__attribute__((noinline)) static size_t read_other(struct worker *worker, struct quick_kind *kind,
                                                   const char *at, size_t left)
{
    struct resp_reply reply;
    size_t whole = 0;
    enum resp_status status = resp_read(&worker->quick_reader, at, left, &whole, &reply);
    if (status != RESP_OK) {
        worker->quick_reader = (struct resp_reader){0};
    }
    if (status != RESP_OK || reply.is_error || reply.holds_error || reply.is_push) {
        return 0;
    }
    if (kind->is_read && wire_finds_nothing(&reply)) {
        worker->window->counters.misses++;
        worker->window->counters.hits--;
    }
    resp_learn_habit(&kind->habit, at, &reply);
    return whole;
}

/* Takes replies off the queue, and records them, for as long as they are successes. Returns how
 * many of the `len` bytes they were. */
static inline size_t take(struct worker *worker, struct connection *connection, size_t len)
{
    const char *at = worker->input;
    const char *const end = at + len;
    const struct flight *const flights = connection->flights;
    const uint32_t mask = connection->mask;
    const uint32_t last = connection->unstamped;
    uint32_t head = connection->head;
    nsec started = connection->started;
    uint32_t counts[WORKLOAD_MAX_DRAWN];
    memset(counts, 0, worker->quick_kinds * sizeof counts[0]);
    while (at < end && head != last) {
        const struct flight *flight = &flights[head & mask];
        uint32_t kind = flight->draw.operation;
        struct quick_kind *facts = &worker->quick[kind];
        size_t whole = resp_read_habit(&facts->habit, at, (size_t)(end - at));
        if (__builtin_expect(whole == 0, 0)) {
            whole = read_other(worker, facts, at, (size_t)(end - at));
            if (whole == 0) {
                break;
            }
        }
        if (flight->started != 0) {
            record(worker, started, counts);
            started = flight->started;
        }
        counts[kind]++;
        at += whole;
        head++;
    }
    record(worker, started, counts);
    connection->started = started;
    connection->head = head;
    return (size_t)(at - worker->input);
}

/* Makes a place in the queue that of a new operation, but for the draw. */
static inline void renew(struct flight *flight, uint32_t client)
{
    flight->started = 0;
    flight->client = client;
    flight->step = 0;
    flight->redirects = 0;
    flight->has_failed = false;
    flight->is_asking = false;
}

/* Draws an operation of a quick workload and writes its command; returns its length. */
static inline size_t write_quick(const struct worker *worker, struct rng *rng,
                                 struct workload_draw *draw, char *out)
{
    const struct workload *workload = worker->config.workload;
    workload_draw_quick(workload, rng, draw);
    return template_write_quick(worker->quick[draw->operation].command, &workload->data[0].values,
                                draw->key, out);
}

/* The same for every workload. */
static inline size_t write_any(const struct worker *worker, struct workload_stream *stream,
                               struct workload_draw *draw, char *out)
{
    const struct workload *workload = worker->config.workload;
    (void)workload_draw_next(workload, stream, draw);
    return workload_write_step(workload, draw, 0, out);
}

/* Starts `count` operations and writes their commands to worker->out. Returns their length. */
static inline size_t start_all(struct worker *worker, struct connection *connection, uint32_t count)
{
    struct flight *const flights = connection->flights;
    const uint32_t mask = connection->mask;
    const uint32_t client = connection->client;
    struct workload_stream *stream = &worker->measured[client];
    uint32_t tail = connection->tail;
    const uint32_t last = tail + count;
    char *out = worker->out;
    if (worker->config.workload->is_quick) {
        struct rng rng = stream->rng; /* so that it stays in registers */
        for (; tail != last; tail++) {
            struct flight *flight = &flights[tail & mask];
            renew(flight, client);
            out += write_quick(worker, &rng, &flight->draw, out);
        }
        stream->rng = rng;
    } else {
        for (; tail != last; tail++) {
            struct flight *flight = &flights[tail & mask];
            renew(flight, client);
            out += write_any(worker, stream, &flight->draw, out);
        }
    }
    connection->tail = tail;
    return (size_t)(out - worker->out);
}

/* Counts `done` operations, and starts as many. Returns how many bytes were written. */
static inline size_t go_on(struct worker *worker, struct connection *connection, uint32_t done)
{
    struct hist_window *window = worker->window;
    window->counters.operations += done;
    window->counters.steps += done;
    window->node_operations[connection->node] += done;
    uint32_t next = done;
    if (__builtin_expect(worker->budget < done, 0)) {
        next = (uint32_t)worker->budget;
        worker->outstanding -= done - next;
        worker->clients[connection->client].in_flight -= done - next;
    }
    worker->budget -= next;
    return start_all(worker, connection, next);
}

/* Puts what was not sent from worker->out into an outbox. */
static void keep(struct worker *worker, struct connection *connection, const char *from, size_t len)
{
    struct outbox *outbox = wire_outbox(worker, connection);
    memcpy(outbox->bytes + outbox->end, from, len);
    outbox->end += len;
}

/* Sends what was written to worker->out. */
static inline void send_out(struct worker *worker, struct connection *connection, size_t len)
{
    struct counters *counters = &worker->window->counters;
    struct iovec part = {worker->out, len};
    size_t put = 0;
    enum io_status status =
        connection->stream.transport->write(&connection->stream, &part, 1, &put);
    counters->writes++;
    counters->bytes_sent += put;
    if (__builtin_expect(put < len, 0)) {
        keep(worker, connection, worker->out + put, len - put);
        wire_after_write(worker, connection, status);
    }
}

/* The `got` bytes that were read, whatever they are. */
__attribute__((noinline)) static void take_all(struct worker *worker, struct connection *connection,
                                               size_t got)
{
    uint32_t head = connection->head;
    size_t taken = take(worker, connection, got);
    size_t written = go_on(worker, connection, connection->head - head);
    if (__builtin_expect(taken == got && got < WIRE_INPUT_SIZE, 1)) {
        if (written > 0) {
            connection->flights[connection->unstamped & connection->mask].started =
                wire_now(worker);
            connection->unstamped = connection->tail;
            send_out(worker, connection, written);
        }
        return;
    }
    if (written > 0) {
        keep(worker, connection, worker->out, written);
        wire_list(worker, connection);
    }
    wire_go_on(worker, connection, taken, got);
}

/* What take_all does, for the one usual reply to the one operation in flight. False, and nothing
 * done: it is another case. The next command follows the reply within a tenth of a microsecond, so
 * the clock that was just read tells when it is sent, too. */
static inline bool take_one(struct worker *worker, struct connection *connection, size_t got)
{
    struct flight *flight = &connection->flights[connection->head & connection->mask];
    const struct quick_kind *kind = &worker->quick[flight->draw.operation];
    struct hist_window *window = worker->window;
    if (connection->unstamped - connection->head != 1 || flight->started == 0 ||
        worker->budget == 0 || resp_read_habit(&kind->habit, worker->input, got) != got) {
        return false;
    }
    hist_record(&window->commands[flight->draw.operation], worker->now - flight->started);
    window->counters.hits += kind->is_read;
    window->counters.operations++;
    window->counters.steps++;
    window->node_operations[connection->node]++;
    worker->budget--;
    /* The next operation takes over its place in the queue. */
    struct workload_stream *stream = &worker->measured[connection->client];
    renew(flight, connection->client);
    size_t len = worker->config.workload->is_quick
                     ? write_quick(worker, &stream->rng, &flight->draw, worker->out)
                     : write_any(worker, stream, &flight->draw, worker->out);
    flight->started = worker->now;
    send_out(worker, connection, len);
    return true;
}

void quick_read(struct worker *worker, struct connection *connection)
{
    size_t got = 0;
    enum io_status status = connection->stream.transport->read(&connection->stream, worker->input,
                                                               WIRE_INPUT_SIZE, &got);
    nsec now = wire_now(worker);
    if (__builtin_expect(now >= worker->next_mark, 0)) {
        worker_pass_mark(worker, now);
    }
    worker->window->counters.reads++;
    if (__builtin_expect(status != IO_DONE, 0)) {
        wire_after_read(worker, connection, status);
        return;
    }
    worker->last_reply = now;
    worker->last_answer = now;
    worker->window->counters.bytes_received += got;
    if (!take_one(worker, connection, got)) {
        take_all(worker, connection, got);
    }
}
