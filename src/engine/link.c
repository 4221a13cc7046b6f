#include "engine/link.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "engine/hearing.h"
#include "engine/pace.h"
#include "engine/role.h"
#include "engine/route.h"
#include "engine/subscriber.h"
#include "engine/wire.h"
#include "redis/client.h"
#include "redis/resp_write.h"

enum {
    FIRST_BACKOFF_MS = 10,
    LAST_BACKOFF_MS = 1000,
};

static const struct topology_node *node_facts(const struct worker *worker,
                                              const struct connection *connection)
{
    return &worker->topology->nodes[connection->node];
}

/* How sentences name the server: as the user wrote it, and the node when there are several. */
static const char *name_of(const struct worker *worker, const struct connection *connection)
{
    return worker->topology->node_count > 1 ? node_facts(worker, connection)->name
                                            : worker->config.endpoint->name;
}

static void come_back_at(struct worker *worker, struct connection *connection, nsec at)
{
    connection->retry_at = at;
    worker->next_chore = at < worker->next_chore ? at : worker->next_chore;
}

/* ---- gaps ---- */

/* From the later one of `a` and `b` until `now`. */
static nsec since(nsec a, nsec b, nsec now)
{
    nsec from = a > b ? a : b;
    return now > from ? now - from : 0;
}

void link_count_gap(struct worker *worker, struct connection *connection, nsec now)
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

void link_count_gaps(struct worker *worker, nsec now)
{
    for (size_t i = 0; i < worker->node_count; i++) {
        struct connection *connections = worker->nodes[i].connections;
        for (uint32_t k = 0; connections != NULL && k < worker->slots; k++) {
            link_count_gap(worker, &connections[k], now);
        }
    }
}

/* ---- losing ---- */

/* What was in flight has failed. */
static void fail_flights(struct worker *worker, struct connection *connection,
                         enum reply_error kind)
{
    for (uint32_t at = connection->head; at != connection->tail; at++) {
        const struct flight *flight = &connection->flights[at & connection->mask];
        worker->outstanding--;
        if (!wire_ends_with(worker, flight)) {
            continue;
        }
        steps_end(worker, flight->trail);
        struct hist_window *window = worker->window;
        if (role_is_open(worker, connection)) {
            window = wire_window_of(worker, flight->intended);
        } else {
            worker->clients[flight->client].in_flight--;
        }
        if (window != NULL && !flight->has_failed) {
            window->counters.errors[kind]++;
        }
    }
}

static void shut(struct worker *worker, struct connection *connection)
{
    if (connection->stream.fd >= 0) {
        loop_remove(worker->config.loop, connection->stream.fd);
    }
    connection->stream.transport->close(&connection->stream);
    wire_drop_outbox(worker, connection);
    hearing_reset(worker, connection);
    connection->head = connection->tail = connection->unstamped = 0;
    connection->reader = (struct resp_reader){0};
    connection->is_armed = false;
    connection->is_stale = false;
    connection->is_done = false;
    connection->connected_at = 0;
    connection->established_at = 0;
    connection->state = CONNECTION_DOWN;
}

void link_close(struct worker *worker, struct connection *connection)
{
    assert(connection_in_flight(connection) == 0);
    if (connection->state == CONNECTION_READY) {
        worker->ready--;
    }
    shut(worker, connection);
    connection->retry_at = UINT64_MAX;
}

void link_lose(struct worker *worker, struct connection *connection, enum reply_error kind,
               nsec now)
{
    if (connection->state == CONNECTION_READY) {
        fail_flights(worker, connection, kind);
        worker->window->counters.lost_connections++;
        worker->ready--;
        connection->lost_at = now;
    }
    shut(worker, connection);
    connection->backoff =
        connection->backoff == 0 ? FIRST_BACKOFF_MS * NSEC_PER_MSEC : connection->backoff * 2;
    if (connection->backoff > LAST_BACKOFF_MS * NSEC_PER_MSEC) {
        connection->backoff = LAST_BACKOFF_MS * NSEC_PER_MSEC;
    }
    come_back_at(worker, connection, now + connection->backoff);
    /* Where its node is now is asked anew each time. */
    connection->ticket = discovery_request(worker->config.discovery);
    if (worker->order->task == WORKER_CONNECT) {
        worker->report->failed = true;
    }
    worker->must_refill = true;
}

void link_lose_by_peer(struct worker *worker, struct connection *connection, enum io_status status,
                       nsec now)
{
    const char *name = name_of(worker, connection);
    if (status == IO_CLOSED) {
        error_set(&worker->problem, ERROR_TARGET, "%s: the server closed the connection", name);
    } else if (connection->stream.last_errno == 0 && connection->stream.problem != NULL) {
        error_set(&worker->problem, ERROR_TARGET, "%s: %s", name, connection->stream.problem);
    } else {
        error_set_errno(&worker->problem, ERROR_TARGET, connection->stream.last_errno, "%s", name);
    }
    link_lose(worker, connection, REPLY_ERROR_LOST, now);
}

/* ---- connecting ---- */

void link_open(struct worker *worker, struct connection *connection, nsec now)
{
    const struct transport *transport = worker->config.endpoint->transport;
    const struct topology_node *node = node_facts(worker, connection);
    connection->state = CONNECTION_CONNECTING;
    connection->since = now;
    connection->stream = (struct stream){.transport = transport, .fd = -1};
    if (node->address.len == 0) {
        error_set(&worker->problem, ERROR_TARGET, "%s: its name cannot be resolved", node->name);
        link_lose(worker, connection, REPLY_ERROR_LOST, now);
        return;
    }
    if (!transport->open(transport, &connection->stream, &node->address, node->host,
                         &worker->problem)) {
        if (connection->stream.last_errno == EAGAIN) {
            /* The server's queue of new connections is full: it will take this one later. */
            connection->state = CONNECTION_DOWN;
            come_back_at(worker, connection, now + NSEC_PER_MSEC);
            return;
        }
        link_lose(worker, connection, REPLY_ERROR_LOST, now);
        return;
    }
    if (!loop_add(worker->config.loop, connection->stream.fd, wire_token(worker, connection), true,
                  &worker->problem)) {
        transport->close(&connection->stream); /* the loop does not know it */
        link_lose(worker, connection, REPLY_ERROR_LOST, now);
        return;
    }
    connection->is_armed = true;
}

void link_is_ready(struct worker *worker, struct connection *connection, nsec now)
{
    connection->state = CONNECTION_READY;
    connection->backoff = 0;
    worker->ready++;
    link_count_gap(worker, connection, now);
    connection->lost_at = 0;
    if (worker->is_recording && connection->established_at != 0) {
        hist_record(&worker->window->session, now - connection->established_at);
    }
    if (worker->order->task != WORKER_CONNECT && !subscriber_is(worker, connection)) {
        route_serve(worker, connection, now);
        if (!role_is_open(worker, connection) && !worker->is_churning) {
            wire_fill(worker, connection->client);
        }
        wire_flush(worker);
    }
}

/* The session is open; a subscriber has yet to subscribe. */
static void become_ready(struct worker *worker, struct connection *connection, nsec now)
{
    if (!subscriber_is(worker, connection) || subscriber_begin(worker, connection)) {
        link_is_ready(worker, connection, now);
    }
}

bool link_take_session_reply(struct worker *worker, struct connection *connection, bool is_error,
                             nsec now)
{
    if (is_error && connection->session_replies != connection->session_optional) {
        error_set(&worker->problem, ERROR_TARGET, "%s: opening a session: %s",
                  name_of(worker, connection), connection->reader.head);
        link_lose(worker, connection, reply_error_classify(str_from(connection->reader.head)), now);
        return false;
    }
    if (--connection->session_replies == 0) {
        become_ready(worker, connection, now);
    }
    return connection->state != CONNECTION_DOWN;
}

static void record_established(struct worker *worker, struct connection *connection, nsec now)
{
    connection->established_at = now;
    if (!worker->is_recording) {
        return;
    }
    struct hist_window *window = worker->window;
    hist_record(&window->connect, connection->connected_at - connection->since);
    if (connection->stream.state != NULL) { /* there was a handshake */
        hist_record(&window->tls, now - connection->connected_at);
    }
}

/* Wherever a connection is made, also after a restart or a failover, the scripts are known. */
static void load_scripts(struct worker *worker, struct connection *connection, struct buf *commands,
                         unsigned *replies)
{
    const struct words *words = &worker->config.workload->words;
    unsigned count = (unsigned)words->load_count;
    buf_add(commands, words->loads.data, words->loads.len);
    *replies += count;
    connection->session_optional += connection->session_optional > 0 ? count : 0;
}

/* CLIENT TRACKING, if clients keep what they read. */
static bool write_tracking(const struct worker *worker, const struct connection *connection,
                           struct buf *commands, unsigned *replies, struct error *err)
{
    const struct workload *workload = worker->config.workload;
    const struct tracking_spec *tracking = &workload->duties.roles.tracking;
    struct str words[8] = {STR("CLIENT"), STR("TRACKING"), STR("ON")};
    size_t count = 3;
    if (!tracking->is_on || subscriber_is(worker, connection)) {
        return true;
    }
    if (worker->config.protocol < 3) {
        return error_set(err, ERROR_TARGET,
                         "%s: a client-side cache needs RESP3, which the server does not speak",
                         name_of(worker, connection));
    }
    if (tracking->broadcasts) {
        words[count++] = STR("BCAST");
        words[count++] = STR("PREFIX");
        words[count++] = str_from(workload->key_prefix);
    }
    if (tracking->no_loop) {
        words[count++] = STR("NOLOOP");
    }
    resp_write(commands, words, count);
    (*replies)++;
    return true;
}

/* Sends the commands that open a session; without any the connection is ready at once. */
static void begin_session(struct worker *worker, struct connection *connection)
{
    struct buf commands = {0};
    unsigned replies = 0;
    nsec now = wire_now(worker);
    connection->state = CONNECTION_OPENING;
    record_established(worker, connection, now);
    bool written = client_write_session(worker->config.endpoint, worker->config.protocol, &commands,
                                        &replies, &worker->problem) &&
                   write_tracking(worker, connection, &commands, &replies, &worker->problem);
    connection->session_optional = worker->config.protocol == 2 ? 1 : 0;
    if (written && worker->topology->is_cluster && node_facts(worker, connection)->is_replica) {
        resp_write_text(&commands, "READONLY", NULL);
        replies++;
        connection->session_optional += connection->session_optional;
    }
    if (written && !worker->is_churning) {
        load_scripts(worker, connection, &commands, &replies);
    }
    if (!written) {
        link_lose(worker, connection, REPLY_ERROR_LOST, now);
    } else if (replies == 0) {
        wire_arm(worker, connection, false);
        become_ready(worker, connection, now);
    } else {
        connection->session_replies = replies;
        wire_send_session(worker, connection, commands.data, commands.len);
    }
    if (commands.data != NULL) {
        explicit_bzero(commands.data, commands.capacity);
    }
    buf_release(&commands);
}

void link_continue(struct worker *worker, struct connection *connection)
{
    enum io_status status = connection->stream.transport->establish(&connection->stream);
    if (connection->stream.is_connected && connection->connected_at == 0) {
        connection->connected_at = wire_now(worker);
    }
    switch (status) {
    case IO_DONE:
        begin_session(worker, connection);
        break;
    case IO_WANT_READ:
        wire_arm(worker, connection, false);
        break;
    case IO_WANT_WRITE:
        wire_arm(worker, connection, true);
        break;
    case IO_CLOSED:
    case IO_ERROR:
        link_lose_by_peer(worker, connection, status, wire_now(worker));
        break;
    }
}

/* ---- chores ---- */

/* Its node's address has been found anew, where that is needed. */
static bool may_come_back(struct worker *worker, const struct connection *connection)
{
    struct discovery *discovery = worker->config.discovery;
    if (!worker->nodes[connection->node].is_wanted) {
        return false;
    }
    if (!discovery_has_names(discovery, node_facts(worker, connection)) ||
        discovery_is_answered(discovery, connection->ticket)) {
        return true;
    }
    struct error problem;
    discovery_problem(discovery, &problem);
    if (problem.code != ERROR_NONE) {
        worker->problem = problem;
    }
    return false;
}

static void look_after_lost(struct worker *worker, struct connection *connection, nsec now)
{
    if (connection->retry_at == UINT64_MAX) {
        return;
    }
    if (now < connection->retry_at) {
        come_back_at(worker, connection, connection->retry_at);
    } else if (may_come_back(worker, connection)) {
        link_open(worker, connection, now);
    } else {
        nsec soon = now + FIRST_BACKOFF_MS * NSEC_PER_MSEC;
        worker->next_chore = soon < worker->next_chore ? soon : worker->next_chore;
    }
}

/* How long the oldest flight may wait on purpose: servers look at those that wait only a few times
 * a second. */
static nsec own_wait(const struct worker *worker, const struct connection *connection)
{
    const struct flight *flight = &connection->flights[connection->head & connection->mask];
    nsec wait = worker->config.workload->operations[flight->draw.operation].duty.wait;
    return wait > 0 ? wait + NSEC_PER_SEC : 0;
}

void link_look_after(struct worker *worker, struct connection *connection, nsec now)
{
    nsec timeout = worker->config.load->timeout;
    switch ((enum connection_state)connection->state) {
    case CONNECTION_DOWN:
        look_after_lost(worker, connection, now);
        break;
    case CONNECTION_CONNECTING:
    case CONNECTION_OPENING:
        if (now - connection->since > timeout) {
            error_set(&worker->problem, ERROR_TARGET, "%s: connecting timed out",
                      name_of(worker, connection));
            link_lose(worker, connection, REPLY_ERROR_TIMEOUT, now);
        }
        break;
    case CONNECTION_READY:
        if (connection_in_flight(connection) > 0) {
            nsec started = connection->flights[connection->head & connection->mask].started;
            started = started == 0 && worker->is_quick ? connection->started : started;
            timeout += own_wait(worker, connection);
            if (started != 0 && now > started && now - started > timeout) {
                error_set(&worker->problem, ERROR_TARGET, "%s: no reply in time",
                          name_of(worker, connection));
                link_lose(worker, connection, REPLY_ERROR_TIMEOUT, now);
            }
        }
        break;
    }
}
