/* Sending and receiving on connections that are ready: the hot path of the program. For the other
 * parts of the worker only. */
#pragma once

#include "engine/worker.h"
#include "net/transport.h"
#include "redis/reply_error.h"

/* One read serves a deep pipeline of small replies. */
enum { WIRE_INPUT_SIZE = 128 * 1024 };

/* Handles what the loop saw on a connection. */
void wire_event(struct worker *worker, const struct loop_event *event);
/* Closed loop: starts operations of a client until enough are in flight or the budget is used up,
 * and sends them. */
void wire_fill(struct worker *worker, uint32_t client);
/* Closed loop: starts one operation of a client, to be sent by the next wire_flush. False: there is
 * none, or no connection. */
bool wire_start(struct worker *worker, uint32_t client);
/* Draws the client's next operation and takes it off the budget. False: it may start none. */
bool wire_draw(struct worker *worker, uint32_t client, struct workload_draw *out);
/* Puts an operation on a connection that is ready and has room (wire_has_room); it is sent by the
 * next wire_flush. */
void wire_add(struct worker *worker, struct connection *connection, const struct waiting *item,
              nsec possible);
/* Stamps what was added with the time at which it is handed to the sockets, and sends it. */
void wire_flush(struct worker *worker);
/* Can it take one more operation? In a closed loop the client has no more in flight than it may,
 * on whatever connections. */
static inline bool wire_has_room(const struct worker *worker, const struct connection *connection)
{
    uint32_t in_flight = connection_in_flight(connection);
    /* An operation after ASKING takes a place more. */
    return connection->state == CONNECTION_READY &&
           (!worker->pace.is_on || in_flight < worker->depth) &&
           worker->flight_limit - in_flight > worker->config.workload->longest_batch;
}
/* Sends a step, and those that are sent at once with it, of an operation whose last flight was
 * `flight`: on its connection, whose place it takes. */
void wire_send_step(struct worker *worker, struct connection *connection,
                    const struct flight *flight, size_t step);
/* Sends bytes that belong to no operation: so many replies to them are expected and not looked at.
 */
void wire_add_words(struct worker *worker, struct connection *connection, struct str bytes,
                    size_t replies);
/* Does the operation end with this flight, as far as it has been sent? Of what is sent at once it
 * is the last. */
static inline bool wire_ends_with(const struct worker *worker, const struct flight *flight)
{
    const struct workload *workload = worker->config.workload;
    return !flight->is_asking &&
           workload->operations[flight->draw.operation].steps[flight->step].followers == 0;
}

/* The commands that open a session go out before anything else. */
void wire_send_session(struct worker *worker, struct connection *connection, const char *bytes,
                       size_t len);
/* Forgets what was not sent. */
void wire_drop_outbox(struct worker *worker, struct connection *connection);
/* What waits to be sent on it; borrowed when there is nothing. */
struct outbox *wire_outbox(struct worker *worker, struct connection *connection);
/* It has something new to send: the next wire_flush does. */
static inline void wire_list(struct worker *worker, struct connection *connection)
{
    if (!connection->is_listed) {
        connection->is_listed = true;
        connection->next = worker->listed;
        worker->listed = connection;
    }
}
/* What a write call said: waits for room, or loses the connection. */
void wire_after_write(struct worker *worker, struct connection *connection, enum io_status status);
/* What a read call said that brought nothing. */
void wire_after_read(struct worker *worker, struct connection *connection, enum io_status status);
/* Goes on, from `at`, with the `got` bytes that were read. */
void wire_go_on(struct worker *worker, struct connection *connection, size_t at, size_t got);
/* Waits for room in the socket as well (true), or only for replies. */
void wire_arm(struct worker *worker, struct connection *connection, bool want_write);

/* The token under which the loop knows a connection. */
static inline uint32_t wire_token(const struct worker *worker, const struct connection *connection)
{
    return (uint32_t)connection->node << worker->client_bits | connection->client;
}

/* Reads the clock. */
static inline nsec wire_now(struct worker *worker)
{
    worker->now = clock_now(worker->config.clock);
    return worker->now;
}

/* In an open loop the window that an operation belongs to; NULL: it is not recorded. */
static inline struct hist_window *wire_window_of(struct worker *worker, nsec intended)
{
    if (!worker->is_recording || intended < worker->report->start) {
        return NULL;
    }
    return recorder_of(&worker->recorder, intended);
}

/* Does a success say that there is nothing? */
static inline bool wire_finds_nothing(const struct resp_reply *reply)
{
    bool is_aggregate = reply->type == '*' || reply->type == '%' || reply->type == '~';
    return reply->is_null || (reply->number == 0 && is_aggregate);
}

/* In worker.c: `now` has reached worker->next_mark. */
void worker_pass_mark(struct worker *worker, nsec now);
