#include "engine/hearing.h"

#include "base/mem.h"
#include "engine/role.h"
#include "engine/subscriber.h"

static const struct workload_duties *duties_of(const struct worker *worker)
{
    return &worker->config.workload->duties;
}

void hearing_attach(struct worker *worker, struct connection *connection)
{
    const struct workload_duties *duties = duties_of(worker);
    bool hears_messages = subscriber_is(worker, connection) ||
                          (duties->is_on && worker->clients[connection->client].delivers);
    size_t size = hears_messages ? worker->role.stamps.size : 0;
    if (duties->roles.tracking.is_on && worker->role.keys.size > size) {
        size = worker->role.keys.size;
    }
    if (size > 0) {
        connection->hearing = mem_alloc(sizeof *connection->hearing);
        connection->hearing->tail.bytes = mem_alloc(2 * size);
    }
}

void hearing_detach(struct connection *connection)
{
    if (connection->hearing != NULL) {
        mem_free(connection->hearing->tail.bytes);
        mem_free(connection->hearing);
        connection->hearing = NULL;
    }
}

void hearing_reset(struct worker *worker, struct connection *connection)
{
    struct hearing *hearing = connection->hearing;
    if (hearing == NULL) {
        return;
    }
    *hearing = (struct hearing){.tail = {hearing->tail.bytes, 0}};
    if (worker->role.caches != NULL && !subscriber_is(worker, connection)) {
        near_cache_flush(&worker->role.caches[connection->client]);
    }
}

static bool is_push(const struct hearing *hearing)
{
    return hearing->head_len > 0 && hearing->head[0] == '>';
}

/* Does the reply that is expected next belong to an operation that receives messages? */
static bool awaits_message(const struct worker *worker, const struct connection *connection)
{
    if (connection->state != CONNECTION_READY || connection_in_flight(connection) == 0) {
        return false;
    }
    const struct flight *flight = &connection->flights[connection->head & connection->mask];
    return worker->config.workload->operations[flight->draw.operation].duty.delivers &&
           !flight->is_asking;
}

static const struct finder *finder_for(const struct worker *worker,
                                       const struct connection *connection, bool is_message)
{
    if (subscriber_is(worker, connection)) {
        return is_message ? &worker->role.stamps : NULL;
    }
    if (is_push(connection->hearing)) {
        return duties_of(worker)->roles.tracking.is_on ? &worker->role.keys : NULL;
    }
    return awaits_message(worker, connection) ? &worker->role.stamps : NULL;
}

/* Does it name keys, ours or those of another dataset? */
static bool names_keys(const struct hearing *hearing)
{
    static const char beginning[] = ">2\r\n$10\r\ninvalidate\r\n*";
    size_t len = sizeof beginning - 1;
    return hearing->head_len >= len && memcmp(hearing->head, beginning, len) == 0;
}

/* A push that named no key: all may have changed. */
static void flush_cache(struct worker *worker, const struct connection *connection)
{
    worker->window->counters.flushes++;
    near_cache_flush(&worker->role.caches[connection->client]);
}

/* The reply is whole. */
static void end_reply(struct worker *worker, struct connection *connection, bool is_message,
                      struct resp_reply *reply)
{
    struct hearing *hearing = connection->hearing;
    bool is_invalidation =
        is_push(hearing) && !subscriber_is(worker, connection) && worker->role.caches != NULL;
    if (is_invalidation && hearing->found == 0 && !names_keys(hearing)) {
        flush_cache(worker, connection);
    }
    if (is_message && subscriber_is(worker, connection)) {
        subscriber_take(worker, connection, reply);
    }
    reply->is_push = reply->is_push || is_message;
    hearing->tail.len = 0;
    hearing->head_len = 0;
    hearing->found = 0;
}

void hearing_take(struct worker *worker, struct connection *connection, struct str bytes,
                  enum resp_status status, struct resp_reply *reply)
{
    struct hearing *hearing = connection->hearing;
    size_t room = sizeof hearing->head - hearing->head_len;
    size_t kept = bytes.len < room ? bytes.len : room;
    if (status == RESP_BAD) {
        return;
    }
    memcpy(hearing->head + hearing->head_len, bytes.data, kept);
    hearing->head_len += (uint32_t)kept;
    bool is_message =
        is_push(hearing) || (subscriber_is(worker, connection) && subscriber_has_begun(connection));
    const struct finder *finder = finder_for(worker, connection, is_message);
    if (finder != NULL) {
        uint64_t before = worker->window->counters.invalidations;
        worker->role.listener = connection->client;
        finder_feed(finder, &hearing->tail, bytes);
        hearing->found += worker->window->counters.invalidations - before;
    }
    if (status == RESP_OK) {
        end_reply(worker, connection, is_message, reply);
    }
}
