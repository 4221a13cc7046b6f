#include "engine/subscriber.h"

#include <ctype.h>

#include "base/buf.h"
#include "engine/hearing.h"
#include "engine/link.h"
#include "engine/route.h"
#include "engine/wire.h"
#include "redis/resp_write.h"

enum { LONGEST_NAME = 2048, ESCAPED = 2, FRAME = 64 };

static const struct workload_duties *duties_of(const struct worker *worker)
{
    return &worker->config.workload->duties;
}

/* Its number among all subscribers. */
static uint32_t number_of(const struct worker *worker, const struct connection *connection)
{
    return worker->config.first_subscriber + connection->client - worker->config.clients;
}

/* The node that serves a channel; without sharding, the one that a subscriber is at. */
static uint16_t node_of(const struct worker *worker, uint32_t subscriber, uint64_t channel)
{
    const struct topology *topology = worker->topology;
    size_t shard = 0;
    if (topology->is_cluster && duties_of(worker)->roles.subscribers.is_sharded) {
        shard = topology->slots[duty_channel_slot(&duties_of(worker)->channels, channel)];
    } else if (topology->is_cluster && topology->shard_count > 0) {
        shard = subscriber % topology->shard_count;
    }
    return shard < topology->shard_count ? topology->shards[shard].primary : TOPOLOGY_NONE;
}

bool subscriber_wants(const struct worker *worker, const struct connection *connection)
{
    const struct workload_duties *duties = duties_of(worker);
    uint32_t number = number_of(worker, connection);
    uint32_t channels = duties->roles.subscribers.is_sharded && worker->topology->is_cluster
                            ? duties->roles.subscribers.channels
                            : 1;
    for (uint32_t i = 0; i < channels; i++) {
        if (node_of(worker, number, duty_channel_of(duties, number, i)) == connection->node) {
            return true;
        }
    }
    return false;
}

static struct connection *connections_of(const struct worker *worker, size_t node)
{
    struct connection *connections = worker->nodes[node].connections;
    return connections == NULL ? NULL : connections + worker->config.clients;
}

uint64_t subscriber_wanted_connections(const struct worker *worker)
{
    uint64_t count = 0;
    for (size_t i = 0; i < worker->node_count; i++) {
        const struct connection *connections = connections_of(worker, i);
        for (uint32_t k = 0; connections != NULL && k < worker->config.subscribers; k++) {
            count += subscriber_wants(worker, &connections[k]);
        }
    }
    return count;
}

/* ---- subscribing ---- */

static void add_name(const struct worker *worker, struct buf *out, uint64_t channel)
{
    const struct channel_space *channels = &duties_of(worker)->channels;
    char name[LONGEST_NAME];
    size_t len = key_format_size(&channels->format);
    struct buf escaped = {0};
    duty_write_channel(channels, channel, name);
    for (size_t i = 0; i < len; i++) {
        bool is_special =
            duties_of(worker)->roles.subscribers.by_pattern && strchr("*?[]\\", name[i]) != NULL;
        if (is_special) {
            buf_add_char(&escaped, '\\');
        }
        buf_add_char(&escaped, name[i]);
    }
    /* A pattern that only this channel fits: names are equally long. */
    if (duties_of(worker)->roles.subscribers.by_pattern) {
        buf_add_char(&escaped, '*');
    }
    buf_addf(out, "$%zu\r\n", escaped.len);
    buf_add(out, escaped.data, escaped.len);
    buf_add_text(out, "\r\n");
    buf_release(&escaped);
}

static const char *verb_of(const struct worker *worker)
{
    const struct subscriber_spec *spec = &duties_of(worker)->roles.subscribers;
    return spec->is_sharded   ? "$10\r\nSSUBSCRIBE\r\n"
           : spec->by_pattern ? "$10\r\nPSUBSCRIBE\r\n"
                              : "$9\r\nSUBSCRIBE\r\n";
}

/* As many of the channels that were not asked for yet as fit; in a cluster sharded ones one by one,
 * because a command may name only channels of one slot. */
static void write_some(const struct worker *worker, const struct connection *connection,
                       struct buf *out)
{
    const struct workload_duties *duties = duties_of(worker);
    struct hearing *hearing = connection->hearing;
    uint32_t number = number_of(worker, connection);
    size_t longest = (key_format_size(&duties->channels.format) + 1) * ESCAPED + FRAME;
    bool one_by_one = duties->roles.subscribers.is_sharded;
    struct buf names = {0};
    uint32_t count = 0;
    for (; hearing->asked < duties->roles.subscribers.channels; hearing->asked++) {
        uint64_t channel = duty_channel_of(duties, number, hearing->asked);
        if (out->len + names.len + longest + FRAME > worker->outbox_size) {
            break;
        }
        if (node_of(worker, number, channel) != connection->node) {
            hearing->confirmed++; /* another connection of the same subscriber's */
            continue;
        }
        add_name(worker, &names, channel);
        count++;
        if (one_by_one) {
            buf_addf(out, "*2\r\n%s%s", verb_of(worker), buf_text(&names));
            names.len = 0;
            count = 0;
        }
    }
    if (count > 0) {
        buf_addf(out, "*%u\r\n%s", count + 1, verb_of(worker));
        buf_add(out, names.data, names.len);
    }
    buf_release(&names);
}

bool subscriber_begin(struct worker *worker, struct connection *connection)
{
    struct buf commands = {0};
    write_some(worker, connection, &commands);
    if (commands.len > 0) {
        wire_send_session(worker, connection, commands.data, commands.len);
    }
    bool is_nothing = commands.len == 0;
    buf_release(&commands);
    return is_nothing;
}

/* All channels again, on a connection that is there: those that it has are confirmed once more. */
static void subscribe_again(struct worker *worker, struct connection *connection)
{
    if (connection->state == CONNECTION_READY && connection->outbox == NULL) {
        connection->hearing->asked = 0;
        connection->hearing->confirmed = 0;
        (void)subscriber_begin(worker, connection);
    }
}

/* ---- messages ---- */

/* The first word of a message: "message", "ssubscribe", ...; what of it is there. */
static struct str kind_of(const struct hearing *hearing)
{
    struct str rest = {hearing->head, hearing->head_len};
    (void)str_split(&rest, '\n');
    (void)str_split(&rest, '\n');
    return str_split(&rest, '\r');
}

static void refuse(struct worker *worker, struct connection *connection)
{
    enum reply_error kind = reply_error_classify(str_from(connection->reader.head));
    if (kind == REPLY_ERROR_MOVED || kind == REPLY_ERROR_CLUSTERDOWN) {
        route_search(worker, worker->now);
    }
    error_set(&worker->problem, ERROR_TARGET, "%s: subscribing: %s", worker->config.endpoint->name,
              connection->reader.head);
    link_lose(worker, connection, kind, worker->now);
}

/* A slot has moved, or a primary. From here on it is like a connection that was lost. */
static void lose_channel(struct worker *worker, struct connection *connection)
{
    connection->hearing->lacks = true;
    connection->lost_at = connection->lost_at == 0 ? worker->now : connection->lost_at;
    route_search(worker, worker->now);
}

void subscriber_take(struct worker *worker, struct connection *connection,
                     const struct resp_reply *reply)
{
    struct hearing *hearing = connection->hearing;
    struct str kind = kind_of(hearing);
    if (reply->is_error) {
        refuse(worker, connection);
        return;
    }
    if (str_ends_with(kind, STR("unsubscribe"))) {
        lose_channel(worker, connection);
        return;
    }
    if (!str_ends_with(kind, STR("subscribe")) || ++hearing->confirmed < hearing->asked) {
        return;
    }
    bool is_all = hearing->asked == duties_of(worker)->roles.subscribers.channels ||
                  subscriber_begin(worker, connection);
    if (is_all && connection->state == CONNECTION_OPENING) {
        link_is_ready(worker, connection, worker->now);
    } else if (is_all && !hearing->lacks) {
        link_count_gap(worker, connection, worker->now);
        connection->lost_at = 0;
    }
}

void subscriber_look_after(struct worker *worker, nsec now)
{
    for (size_t i = 0; worker->config.subscribers > 0 && i < worker->node_count; i++) {
        struct connection *connections = connections_of(worker, i);
        for (uint32_t k = 0; connections != NULL && k < worker->config.subscribers; k++) {
            struct connection *connection = &connections[k];
            if (connection->state == CONNECTION_READY && connection->hearing->lacks) {
                connection->hearing->lacks = false;
                subscribe_again(worker, connection);
                route_search(worker, now);
            }
        }
    }
}

/* ---- nodes that come and go ---- */

/* The time without connection goes on at the node that took over. */
static void hand_over_gap(struct worker *worker, struct connection *from, nsec now)
{
    for (size_t i = 0; i < worker->node_count && from->lost_at != 0; i++) {
        struct connection *connections = worker->nodes[i].connections;
        struct connection *to = connections == NULL ? NULL : &connections[from->client];
        if (to != NULL && to != from && subscriber_wants(worker, to) &&
            to->state != CONNECTION_READY && to->lost_at == 0) {
            to->lost_at = from->lost_at;
            from->lost_at = 0;
        }
    }
    link_count_gap(worker, from, now);
    from->lost_at = 0;
}

void subscriber_adopt(struct worker *worker, nsec now)
{
    for (size_t i = 0; i < worker->node_count; i++) {
        struct connection *connections = connections_of(worker, i);
        for (uint32_t k = 0; connections != NULL && k < worker->config.subscribers; k++) {
            struct connection *connection = &connections[k];
            if (!subscriber_wants(worker, connection)) {
                hand_over_gap(worker, connection, now);
                if (connection->state != CONNECTION_DOWN) {
                    link_close(worker, connection);
                }
                connection->retry_at = UINT64_MAX;
            } else if (connection->state == CONNECTION_DOWN) {
                connection->retry_at =
                    connection->retry_at == UINT64_MAX ? now : connection->retry_at;
                worker->next_chore = now;
            } else {
                subscribe_again(worker, connection);
            }
        }
    }
}
