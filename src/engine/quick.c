#include "engine/quick.h"

#include <string.h>

#include "base/mem.h"
#include "engine/wire.h"

enum { QUICK_KINDS = WORKLOAD_QUICK_KINDS };

bool quick_begin(struct worker *worker)
{
    const struct workload *workload = worker->config.workload;
    if (worker->order->task != WORKER_MEASURE || !workload->is_quick || worker->direct == NULL ||
        worker->pace.is_on || worker->is_pausing || worker->is_churning || worker->is_large) {
        return false;
    }
    for (size_t i = 0; i < QUICK_KINDS; i++) {
        const struct workload_step *step = &workload->operations[i].steps[0];
        worker->quick[i] = (struct quick_kind){.command = &step->command, .is_read = step->is_read};
    }
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

/* Records the replies of operations that were sent together, and came together. */
static inline void record(struct worker *worker, nsec started, uint32_t counts[QUICK_KINDS])
{
    nsec latency = worker->now - started;
    for (size_t kind = 0; kind < QUICK_KINDS; kind++) {
        if (counts[kind] != 0) {
            record_kind(worker, kind, latency, counts[kind]);
            counts[kind] = 0;
        }
    }
}

/* Takes replies off the queue, and records them, for as long as they are usual. Returns how many of
 * the `len` bytes they were. */
static inline size_t take(struct worker *worker, struct connection *connection, size_t len)
{
    const char *at = worker->input;
    const char *const end = at + len;
    const struct flight *const flights = connection->flights;
    const uint32_t mask = connection->mask;
    const uint32_t last = connection->unstamped;
    uint32_t head = connection->head;
    nsec started = connection->started;
    uint32_t counts[QUICK_KINDS] = {0};
    while (at < end && head != last) {
        const struct flight *flight = &flights[head & mask];
        uint32_t kind = flight->draw.operation;
        struct resp_habit *habit = &worker->quick[kind].habit;
        size_t whole = resp_read_habit(habit, at, (size_t)(end - at));
        if (__builtin_expect(whole == 0, 0)) {
            whole = resp_learn_habit(habit, at, (size_t)(end - at));
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

/* Draws the operation that takes the place of `flight` and writes its command; returns its length.
 */
static inline size_t start(const struct worker *worker, struct rng *rng, struct flight *flight,
                           char *out)
{
    const struct workload *workload = worker->config.workload;
    workload_draw_quick(workload, rng, &flight->draw);
    flight->started = 0;
    flight->step = 0;
    flight->redirects = 0;
    flight->has_failed = false;
    flight->is_asking = false;
    return template_write_quick(worker->quick[flight->draw.operation].command, &workload->values,
                                flight->draw.key, out);
}

/* Starts `count` operations and writes their commands to worker->out. Returns their length. */
static inline size_t start_all(struct worker *worker, struct connection *connection, uint32_t count)
{
    struct flight *const flights = connection->flights;
    const uint32_t mask = connection->mask;
    const uint32_t client = connection->client;
    struct workload_stream *stream = &worker->measured[client];
    struct rng rng = stream->rng;
    uint32_t tail = connection->tail;
    const uint32_t last = tail + count;
    char *out = worker->out;
    for (; tail != last; tail++) {
        struct flight *flight = &flights[tail & mask];
        flight->client = client;
        out += start(worker, &rng, flight, out);
    }
    stream->rng = rng;
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
    /* The operation stays in its place in the queue, and the next one takes it over. */
    size_t len = start(worker, &worker->measured[connection->client].rng, flight, worker->out);
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
