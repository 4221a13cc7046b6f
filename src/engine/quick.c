#include "engine/quick.h"

#include <string.h>

#include "base/mem.h"
#include "engine/wire.h"

/* Kinds of operations; more would cost every pass time. */
enum { QUICK_KINDS = 2 };

bool quick_fits(const struct worker *worker)
{
    const struct workload *workload = worker->config.workload;
    return worker->order->task == WORKER_MEASURE && workload->is_quick &&
           workload->operation_count <= QUICK_KINDS && worker->direct != NULL &&
           !worker->pace.is_on && !worker->is_pausing && !worker->is_churning && !worker->is_large;
}

static inline void record_kind(struct worker *worker, size_t kind, nsec latency, uint32_t count)
{
    struct hist_window *window = worker->window;
    if (worker->config.workload->operations[kind].steps[0].is_read) {
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
    if (counts[0] != 0) {
        record_kind(worker, 0, latency, counts[0]);
    }
    if (counts[1] != 0) {
        record_kind(worker, 1, latency, counts[1]);
    }
    counts[0] = 0;
    counts[1] = 0;
}

/* Draws the next operation into the queue's tail and writes its command; returns its length. */
__attribute__((always_inline)) static inline size_t start_next(const struct workload *workload,
                                                               struct workload_stream *stream,
                                                               struct flight *flight, char *out)
{
    workload_draw_uniform(workload, stream, &flight->draw);
    flight->started = 0;
    flight->step = 0;
    flight->redirects = 0;
    flight->has_failed = false;
    flight->is_asking = false;
    return template_write_quick(&workload->operations[flight->draw.operation].steps[0].command,
                                &workload->data[0].values, flight->draw.key, out);
}

/* Takes replies for as long as they are usual, and writes the operations that follow to worker->out
 * (*written bytes). Returns how many of the `len` bytes were replies. */
static size_t take(struct worker *worker, struct connection *connection, size_t len,
                   size_t *written)
{
    const struct workload *workload = worker->config.workload;
    struct workload_stream *stream = &worker->measured[connection->client];
    const struct resp_habit habit = worker->habit;
    const char *at = worker->input;
    const char *const end = at + len;
    struct flight *const flights = connection->flights;
    const uint32_t mask = connection->mask;
    uint32_t head = connection->head;
    uint32_t tail = connection->tail;
    uint64_t budget = worker->budget;
    nsec started = connection->started;
    char *out = worker->out;
    uint32_t counts[QUICK_KINDS] = {0};
    while (at < end && head != connection->unstamped) {
        size_t whole = resp_read_habit(&habit, at, (size_t)(end - at));
        if (whole == 0) {
            break;
        }
        const struct flight *flight = &flights[head & mask];
        if (flight->started != 0) {
            if (head != connection->head) {
                record(worker, started, counts);
            }
            started = flight->started;
        }
        at += whole;
        head++;
        counts[flight->draw.operation]++;
        if (budget > 0) {
            budget--;
            struct flight *next = &flights[tail++ & mask];
            next->client = connection->client;
            out += start_next(workload, stream, next, out);
        }
    }
    uint32_t done = head - connection->head;
    if (done > 0) {
        record(worker, started, counts);
    }
    worker->window->counters.operations += done;
    worker->window->counters.steps += done;
    worker->window->node_operations[connection->node] += done;
    uint32_t fewer = done - (tail - connection->tail);
    if (fewer != 0) {
        worker->outstanding -= fewer;
        worker->clients[connection->client].in_flight -= fewer;
    }
    worker->budget = budget;
    connection->started = started;
    connection->head = head;
    connection->tail = tail;
    *written = (size_t)(out - worker->out);
    return (size_t)(at - worker->input);
}

/* Puts what was not sent from worker->out into an outbox. */
static void keep(struct worker *worker, struct connection *connection, const char *from, size_t len)
{
    struct outbox *outbox = wire_outbox(worker, connection);
    memcpy(outbox->bytes + outbox->end, from, len);
    outbox->end += len;
}

/* Stamps and sends what was written to worker->out. */
static void send_out(struct worker *worker, struct connection *connection, size_t len)
{
    struct counters *counters = &worker->window->counters;
    struct iovec part = {worker->out, len};
    size_t put = 0;
    connection->flights[connection->unstamped & connection->mask].started = wire_now(worker);
    connection->unstamped = connection->tail;
    enum io_status status =
        connection->stream.transport->write(&connection->stream, &part, 1, &put);
    counters->writes++;
    counters->bytes_sent += put;
    if (__builtin_expect(put < len, 0)) {
        keep(worker, connection, worker->out + put, len - put);
        wire_after_write(worker, connection, status);
    }
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
    size_t written = 0;
    size_t taken = take(worker, connection, got, &written);
    if (__builtin_expect(taken == got && got < WIRE_INPUT_SIZE, 1)) {
        if (written > 0) {
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
