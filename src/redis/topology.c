#include "redis/topology.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- nodes ---- */

uint16_t topology_find_node(const struct topology *topology, struct str host, uint16_t port)
{
    for (size_t i = 0; i < topology->node_count; i++) {
        const struct topology_node *node = &topology->nodes[i];
        if (node->port == port && str_eq(str_from(node->host), host)) {
            return (uint16_t)i;
        }
    }
    return TOPOLOGY_NONE;
}

uint16_t topology_add_node(struct topology *topology, struct str host, uint16_t port)
{
    uint16_t found = topology_find_node(topology, host, port);
    if (found != TOPOLOGY_NONE) {
        return found;
    }
    if (topology->node_count == TOPOLOGY_MAX_NODES || host.len >= ENDPOINT_HOST_SIZE) {
        return TOPOLOGY_NONE;
    }
    struct topology_node *node = &topology->nodes[topology->node_count];
    *node = (struct topology_node){.port = port, .shard = TOPOLOGY_NONE};
    memcpy(node->host, host.data, host.len);
    bool is_ipv6 = str_find(host, ':') >= 0;
    struct str shown = str_prefix(host, sizeof node->name - 16);
    if (port == 0) {
        (void)snprintf(node->name, sizeof node->name, "%.*s", STR_ARG(shown));
    } else {
        (void)snprintf(node->name, sizeof node->name, is_ipv6 ? "[%.*s]:%u" : "%.*s:%u",
                       STR_ARG(shown), (unsigned)port);
    }
    return (uint16_t)topology->node_count++;
}

void topology_init_single(struct topology *topology, const struct endpoint *endpoint)
{
    memset(topology, 0, sizeof *topology);
    topology->node_count = 1;
    topology->shard_count = 1;
    topology->shards[0] = (struct topology_shard){.primary = 0, .readers = {0}, .reader_count = 1};
    struct topology_node *node = &topology->nodes[0];
    node->port = 1;
    node->address = endpoint->address;
    (void)snprintf(node->host, sizeof node->host, "%s", endpoint->host);
    (void)snprintf(node->name, sizeof node->name, "%s", endpoint->name);
}

/* Everything but the nodes' names and addresses is told anew. */
static void forget_roles(struct topology *topology)
{
    topology->shard_count = 0;
    for (size_t i = 0; i < SLOTS_COUNT; i++) {
        topology->slots[i] = TOPOLOGY_NONE;
    }
    for (size_t i = 0; i < topology->node_count; i++) {
        topology->nodes[i].is_gone = true;
        topology->nodes[i].is_replica = false;
        topology->nodes[i].shard = TOPOLOGY_NONE;
    }
}

/* ---- replies ---- */

static bool bad_reply(struct error *err, const char *what)
{
    return error_set(err, ERROR_TARGET, "the answer about the cluster's slots is not one: %s",
                     what);
}

static bool is_text(const struct resp_value *value)
{
    return value != NULL && !value->is_null && (value->type == '$' || value->type == '+');
}

static bool read_port(const struct resp_value *value, uint16_t *out)
{
    if (value == NULL || value->type != ':' || value->integer < 1 || value->integer > 65535) {
        return false;
    }
    *out = (uint16_t)value->integer;
    return true;
}

/* A host as announced; what is empty or unknown is the one that was asked. */
static struct str host_or_asked(const struct resp_value *value, struct str asked)
{
    bool is_known = is_text(value) && value->text.len > 0 && !str_eq(value->text, STR("?"));
    return is_known ? value->text : asked;
}

static bool add_shard(struct topology *topology, uint16_t *number, struct error *err)
{
    if (topology->shard_count == TOPOLOGY_MAX_SHARDS) {
        return error_set(err, ERROR_TARGET, "the cluster has more than %d shards",
                         TOPOLOGY_MAX_SHARDS);
    }
    *number = (uint16_t)topology->shard_count++;
    topology->shards[*number] = (struct topology_shard){.primary = TOPOLOGY_NONE};
    return true;
}

static bool give_slots(struct topology *topology, uint16_t shard, const struct resp_value *first,
                       const struct resp_value *last)
{
    if (first->type != ':' || last->type != ':' || first->integer < 0 ||
        last->integer >= SLOTS_COUNT || first->integer > last->integer) {
        return false;
    }
    for (int64_t slot = first->integer; slot <= last->integer; slot++) {
        topology->slots[slot] = shard;
    }
    return true;
}

/* A node takes its part in a shard. Readers are all replicas for now: see
 * topology_choose_readers. */
static bool join_shard(struct topology *topology, uint16_t shard_number, uint16_t node_number,
                       bool is_primary)
{
    struct topology_shard *shard = &topology->shards[shard_number];
    struct topology_node *node = &topology->nodes[node_number];
    node->is_gone = false;
    node->shard = shard_number;
    node->is_replica = !is_primary;
    if (is_primary) {
        shard->primary = node_number;
    } else if (shard->reader_count < TOPOLOGY_MAX_READERS) {
        shard->readers[shard->reader_count++] = node_number;
    }
    return true;
}

static struct str text_of(const struct resp_value *map, const char *key)
{
    const struct resp_value *value = resp_value_get(map, key);
    return is_text(value) ? value->text : (struct str){0};
}

static bool is_primary(const struct resp_value *facts)
{
    struct str role = text_of(facts, "role");
    return str_eq(role, STR("master")) || str_eq(role, STR("primary"));
}

/* TOPOLOGY_NONE: it has no port, or there are too many. */
static uint16_t add_shard_node(struct topology *topology, const struct resp_value *facts,
                               struct str asked, bool tls)
{
    uint16_t port = 0;
    if (!(tls && read_port(resp_value_get(facts, "tls-port"), &port)) &&
        !read_port(resp_value_get(facts, "port"), &port) &&
        !read_port(resp_value_get(facts, "tls-port"), &port)) {
        return TOPOLOGY_NONE;
    }
    struct str host = host_or_asked(resp_value_get(facts, "endpoint"), asked);
    return topology_add_node(topology, host, port);
}

static bool read_shard_node(struct topology *topology, uint16_t shard,
                            const struct resp_value *facts, struct str asked, bool tls)
{
    uint16_t number = add_shard_node(topology, facts, asked, tls);
    return number != TOPOLOGY_NONE && join_shard(topology, shard, number, is_primary(facts));
}

/* A replica that is not online serves nothing. A primary that is not is replaced, or will be: until
 * its successor is chosen it is still where its slots are. */
static bool is_online(const struct resp_value *facts)
{
    struct str health = text_of(facts, "health");
    return health.len == 0 || str_eq(health, STR("online"));
}

static bool is_list(const struct resp_value *value)
{
    return value != NULL && !value->is_null && (value->type == '*' || value->type == '~');
}

/* A shard that serves nothing: ASK may send operations to its primary while the first slots are on
 * their way there. */
static void note_empty_shard(struct topology *topology, const struct resp_value *nodes,
                             struct str asked, bool tls)
{
    for (size_t i = 0; i < nodes->count; i++) {
        const struct resp_value *facts = &nodes->elements[i];
        uint16_t number = is_primary(facts) && is_online(facts)
                              ? add_shard_node(topology, facts, asked, tls)
                              : TOPOLOGY_NONE;
        if (number != TOPOLOGY_NONE) {
            topology->nodes[number].is_gone = false;
        }
    }
}

static bool read_shard(struct topology *topology, const struct resp_value *facts, struct str asked,
                       bool tls, struct error *err)
{
    const struct resp_value *slots = resp_value_get(facts, "slots");
    const struct resp_value *nodes = resp_value_get(facts, "nodes");
    uint16_t shard = 0;
    if (!is_list(slots) || !is_list(nodes)) {
        return bad_reply(err, "a shard has no list of slots or of nodes");
    }
    if (slots->count < 2) {
        note_empty_shard(topology, nodes, asked, tls);
        return true;
    }
    if (!add_shard(topology, &shard, err)) {
        return false;
    }
    for (size_t i = 0; i + 1 < slots->count; i += 2) {
        if (!give_slots(topology, shard, &slots->elements[i], &slots->elements[i + 1])) {
            return bad_reply(err, "a range of slots is not one");
        }
    }
    for (int wanted_online = 1; wanted_online >= 0; wanted_online--) {
        for (size_t i = 0; i < nodes->count; i++) {
            const struct resp_value *node = &nodes->elements[i];
            bool counts = wanted_online == 1 ? is_online(node)
                                             : !is_online(node) &&
                                                   !str_eq(text_of(node, "role"), STR("replica")) &&
                                                   topology->shards[shard].primary == TOPOLOGY_NONE;
            if (counts && !read_shard_node(topology, shard, node, asked, tls)) {
                return bad_reply(err, "a node has no port, or there are too many");
            }
        }
    }
    return true;
}

static int compare_numbers(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* Nodes list shards and replicas in an order of their own, each in another: here shards follow
 * their lowest slots and replicas their numbers, so that two answers about the same are the same.
 */
static void put_in_order(struct topology *topology)
{
    struct topology_shard ordered[TOPOLOGY_MAX_SHARDS];
    uint16_t number[TOPOLOGY_MAX_SHARDS];
    uint16_t count = 0;
    memset(number, 0xff, sizeof number); /* TOPOLOGY_NONE */
    for (size_t slot = 0; slot < SLOTS_COUNT; slot++) {
        uint16_t shard = topology->slots[slot];
        if (shard == TOPOLOGY_NONE) {
            continue;
        }
        if (number[shard] == TOPOLOGY_NONE) {
            ordered[count] = topology->shards[shard];
            number[shard] = count++;
        }
        topology->slots[slot] = number[shard];
    }
    memcpy(topology->shards, ordered, count * sizeof ordered[0]);
    topology->shard_count = count;
    for (size_t i = 0; i < count; i++) {
        struct topology_shard *shard = &topology->shards[i];
        qsort(shard->readers, shard->reader_count, sizeof shard->readers[0], compare_numbers);
    }
    for (size_t i = 0; i < topology->node_count; i++) {
        struct topology_node *node = &topology->nodes[i];
        if (node->shard != TOPOLOGY_NONE) {
            node->shard = number[node->shard];
        }
    }
}

bool topology_read_shards(struct topology *topology, const struct resp_value *reply,
                          struct str asked, bool tls, struct error *err)
{
    forget_roles(topology);
    topology->is_cluster = true;
    if (!is_list(reply)) {
        return bad_reply(err, "no list");
    }
    for (size_t i = 0; i < reply->count; i++) {
        if (!read_shard(topology, &reply->elements[i], asked, tls, err)) {
            return false;
        }
    }
    put_in_order(topology);
    return topology->shard_count > 0 || bad_reply(err, "no shard serves any slot");
}

/* [host, port, id, [more]]: a preferred endpoint that is null may be told in the last part. */
static uint16_t read_slots_node(struct topology *topology, const struct resp_value *facts,
                                struct str asked)
{
    uint16_t port = 0;
    if (!is_list(facts) || facts->count < 2 || !read_port(&facts->elements[1], &port)) {
        return TOPOLOGY_NONE;
    }
    return topology_add_node(topology, host_or_asked(&facts->elements[0], asked), port);
}

/* The shard whose primary it is, or a new one: CLUSTER SLOTS lists ranges, not shards. */
static bool shard_of_primary(struct topology *topology, uint16_t node, uint16_t *shard,
                             struct error *err)
{
    for (size_t i = 0; i < topology->shard_count; i++) {
        if (topology->shards[i].primary == node) {
            *shard = (uint16_t)i;
            return true;
        }
    }
    return add_shard(topology, shard, err) && join_shard(topology, *shard, node, true);
}

static bool read_range(struct topology *topology, const struct resp_value *range, struct str asked,
                       struct error *err)
{
    uint16_t shard = 0;
    if (!is_list(range) || range->count < 3) {
        return bad_reply(err, "a range of slots has no node");
    }
    uint16_t primary = read_slots_node(topology, &range->elements[2], asked);
    if (primary == TOPOLOGY_NONE) {
        return bad_reply(err, "a node has no port, or there are too many");
    }
    bool is_new =
        topology->nodes[primary].is_gone || topology->nodes[primary].shard == TOPOLOGY_NONE;
    if (!shard_of_primary(topology, primary, &shard, err)) {
        return false;
    }
    if (!give_slots(topology, shard, &range->elements[0], &range->elements[1])) {
        return bad_reply(err, "a range of slots is not one");
    }
    for (size_t i = 3; is_new && i < range->count; i++) {
        uint16_t replica = read_slots_node(topology, &range->elements[i], asked);
        if (replica == TOPOLOGY_NONE) {
            return bad_reply(err, "a node has no port, or there are too many");
        }
        (void)join_shard(topology, shard, replica, false);
    }
    return true;
}

bool topology_read_slots(struct topology *topology, const struct resp_value *reply,
                         struct str asked, struct error *err)
{
    forget_roles(topology);
    topology->is_cluster = true;
    if (!is_list(reply)) {
        return bad_reply(err, "no list");
    }
    for (size_t i = 0; i < reply->count; i++) {
        if (!read_range(topology, &reply->elements[i], asked, err)) {
            return false;
        }
    }
    put_in_order(topology);
    return topology->shard_count > 0 || bad_reply(err, "no node serves any slot");
}

/* ---- reads ---- */

static uint16_t nearest_of(const struct topology_shard *shard, const nsec *round_trip)
{
    uint16_t best = shard->primary;
    for (size_t i = 0; i < shard->reader_count; i++) {
        uint16_t node = shard->readers[i];
        if (best == TOPOLOGY_NONE || round_trip[node] < round_trip[best]) {
            best = node;
        }
    }
    return best;
}

void topology_choose_readers(struct topology *topology, enum read_from from, const nsec *round_trip)
{
    for (size_t i = 0; i < topology->shard_count; i++) {
        struct topology_shard *shard = &topology->shards[i];
        uint16_t only = shard->primary;
        if (from == READ_FROM_REPLICA && shard->reader_count > 0) {
            continue;
        }
        if (from == READ_FROM_NEAREST) {
            only = nearest_of(shard, round_trip);
        }
        shard->reader_count = only == TOPOLOGY_NONE ? 0 : 1;
        shard->readers[0] = only;
    }
}

/* ---- comparing ---- */

static bool nodes_equal(const struct topology_node *a, const struct topology_node *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0 &&
           a->address.len == b->address.len &&
           memcmp(&a->address.storage, &b->address.storage, a->address.len) == 0 &&
           a->is_replica == b->is_replica && a->is_gone == b->is_gone && a->shard == b->shard;
}

static bool shards_equal(const struct topology_shard *a, const struct topology_shard *b)
{
    return a->primary == b->primary && a->reader_count == b->reader_count &&
           memcmp(a->readers, b->readers, a->reader_count * sizeof a->readers[0]) == 0;
}

bool topology_equal(const struct topology *a, const struct topology *b)
{
    if (a->is_cluster != b->is_cluster || a->node_count != b->node_count ||
        a->shard_count != b->shard_count) {
        return false;
    }
    for (size_t i = 0; i < a->node_count; i++) {
        if (!nodes_equal(&a->nodes[i], &b->nodes[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < a->shard_count; i++) {
        if (!shards_equal(&a->shards[i], &b->shards[i])) {
            return false;
        }
    }
    return !a->is_cluster || memcmp(a->slots, b->slots, sizeof a->slots) == 0;
}

bool topology_read_redirect(struct str text, struct str *host, uint16_t *port, uint16_t *slot)
{
    uint64_t number = 0;
    uint64_t port_number = 0;
    struct str rest = text;
    struct str word = str_split(&rest, ' ');
    if (!str_eq(word, STR("MOVED")) && !str_eq(word, STR("ASK"))) {
        return false;
    }
    struct str slot_text = str_split(&rest, ' ');
    struct str place = str_split(&rest, ' ');
    ptrdiff_t colon = str_find_last(place, ':');
    if (colon < 0 || !str_to_u64(slot_text, &number) || number >= SLOTS_COUNT ||
        !str_to_u64(str_from_index(place, (size_t)colon + 1), &port_number) || port_number < 1 ||
        port_number > 65535) {
        return false;
    }
    struct str name = str_prefix(place, (size_t)colon);
    if (str_eq(name, STR("?"))) {
        name = str_prefix(name, 0);
    }
    *host = name;
    *port = (uint16_t)port_number;
    *slot = (uint16_t)number;
    return true;
}
