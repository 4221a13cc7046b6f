#include "redis/discover.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "os/clock.h"
#include "redis/client.h"

enum {
    ROUND_TRIPS = 5,
    /* Of the time that is left, what one server may take that is not the only one to ask: a host
     * that is silent must leave time for the others. */
    SHARE = 3,
};

/* One search: what it is for, and what is left of its time. */
struct search {
    const struct locator *locator;
    struct topology *out;
    nsec deadline;
    struct arena arena; /* of replies */
    struct error *err;
};

static nsec time_left(const struct search *search)
{
    nsec now = clock_now(clock_monotonic());
    return now < search->deadline ? search->deadline - now : NSEC_PER_MSEC;
}

static nsec share_of_time(const struct search *search)
{
    return time_left(search) / SHARE;
}

/* Where to connect: a host and its port, or a path and 0. The address that answered is left here.
 */
struct place {
    const char *host;
    uint16_t port;
    nsec timeout; /* for all its addresses */
    struct address address;
};

/* Connects with the transport and login of `like`: to each address that the name stands for, in
 * turn. */
static bool connect_to(struct search *search, const struct endpoint *like, struct place *place,
                       struct client *client)
{
    const char *host = place->host;
    uint16_t port = place->port;
    struct address addresses[ADDRESS_MAX_RESULTS];
    unsigned count = 1;
    bool found = port == 0 ? address_unix(host, &addresses[0], search->err)
                           : address_resolve(host, port, addresses, &count, search->err);
    if (!found) {
        return false;
    }
    struct endpoint endpoint = *like;
    bool is_ipv6 = strchr(host, ':') != NULL;
    if (port == 0) {
        endpoint.host[0] = '\0';
        (void)snprintf(endpoint.name, sizeof endpoint.name, "%.107s", host);
    } else {
        (void)snprintf(endpoint.host, sizeof endpoint.host, "%s", host);
        (void)snprintf(endpoint.name, sizeof endpoint.name, is_ipv6 ? "[%.128s]:%u" : "%.128s:%u",
                       host, (unsigned)port);
    }
    nsec end = clock_now(clock_monotonic()) + place->timeout;
    for (unsigned i = 0; i < count; i++) {
        nsec now = clock_now(clock_monotonic());
        nsec left = now < end ? end - now : NSEC_PER_MSEC;
        endpoint.address = addresses[i];
        if (client_connect(client, &endpoint, left / (count - i), search->err)) {
            place->address = addresses[i];
            return true;
        }
        client_close(client);
    }
    return false;
}

/* Resolves the nodes' names. One that cannot be resolved stays without an address. */
static void resolve_nodes(struct topology *topology)
{
    struct address addresses[ADDRESS_MAX_RESULTS];
    unsigned count = 0;
    for (size_t i = 0; i < topology->node_count; i++) {
        struct topology_node *node = &topology->nodes[i];
        if (node->port == 0 || node->is_gone) {
            continue;
        }
        if (!address_resolve(node->host, node->port, addresses, &count, NULL)) {
            node->address = (struct address){0};
            continue;
        }
        /* The address that worked so far, if it is still one of them. */
        unsigned chosen = 0;
        for (unsigned k = 0; k < count; k++) {
            if (node->address.len == addresses[k].len &&
                memcmp(&node->address.storage, &addresses[k].storage, addresses[k].len) == 0) {
                chosen = k;
            }
        }
        node->address = addresses[chosen];
    }
}

/* ---- one server, perhaps with replicas ---- */

static uint16_t begin_single(struct topology *topology, const char *host, uint16_t port,
                             const struct address *address)
{
    topology->is_cluster = false;
    for (size_t i = 0; i < topology->node_count; i++) {
        topology->nodes[i].is_gone = true;
        topology->nodes[i].shard = TOPOLOGY_NONE;
    }
    uint16_t number = topology_add_node(topology, str_from(host), port);
    if (number != TOPOLOGY_NONE) {
        struct topology_node *node = &topology->nodes[number];
        node->is_gone = false;
        node->is_replica = false;
        node->shard = 0;
        node->address = *address;
    }
    topology->shard_count = 1;
    topology->shards[0] = (struct topology_shard){.primary = number};
    return number;
}

static void add_replica(struct topology *topology, struct str host, uint16_t port)
{
    struct topology_shard *shard = &topology->shards[0];
    uint16_t number = topology_add_node(topology, host, port);
    if (number != TOPOLOGY_NONE && number != shard->primary &&
        shard->reader_count < TOPOLOGY_MAX_READERS) {
        topology->nodes[number].is_gone = false;
        topology->nodes[number].is_replica = true;
        topology->nodes[number].shard = 0;
        shard->readers[shard->reader_count++] = number;
    }
}

/* Asks for ROLE: of a primary ["master", offset, [[host, port, offset], ...]], of a replica
 * ["slave", host and port of its primary, ...]. `reply` is an error where it is not allowed. */
static bool ask_role(struct search *search, struct client *client, struct resp_value *reply)
{
    if (!client_call(client, &search->arena, reply, search->err, "ROLE", NULL)) {
        return false;
    }
    if (reply->type == '*' && reply->count >= 3 && str_eq(reply->elements[0].text, STR("slave"))) {
        return error_set(search->err, ERROR_TARGET, "%s is a replica of %.*s:%lld, not a primary",
                         client->name, STR_ARG(reply->elements[1].text),
                         (long long)reply->elements[2].integer);
    }
    return true;
}

static bool add_replicas(struct search *search, const struct client *client,
                         const struct resp_value *role)
{
    if (role->type != '*' || role->count < 3 || role->elements[2].type != '*') {
        return error_set(search->err, ERROR_TARGET,
                         "%s: ROLE does not tell its replicas (%.*s); allow the user +role, or "
                         "name a reader endpoint with ?reader=HOST",
                         client->name, STR_ARG(role->text));
    }
    for (size_t i = 0; i < role->elements[2].count; i++) {
        const struct resp_value *facts = &role->elements[2].elements[i];
        uint64_t port = 0;
        if (facts->type == '*' && facts->count >= 2 && str_to_u64(facts->elements[1].text, &port) &&
            port > 0 && port <= UINT16_MAX) {
            add_replica(search->out, facts->elements[0].text, (uint16_t)port);
        }
    }
    return true;
}

static bool find_single(struct search *search, const char *host, uint16_t port)
{
    const struct locator *locator = search->locator;
    struct client client = {0};
    struct place place = {.host = host, .port = port, .timeout = time_left(search)};
    struct resp_value role = {0};
    bool reads_elsewhere = locator->read_from != READ_FROM_PRIMARY;
    bool needs_replicas = reads_elsewhere && locator->reader_host == NULL;
    /* A sentinel may not have noticed yet that another one is the primary now. */
    bool needs_role = needs_replicas || locator->sentinel_master != NULL;
    if (!connect_to(search, locator->endpoint, &place, &client)) {
        return false;
    }
    (void)begin_single(search->out, host, port, &place.address);
    bool done = (!needs_role || ask_role(search, &client, &role)) &&
                (!needs_replicas || add_replicas(search, &client, &role));
    client_close(&client);
    if (done && reads_elsewhere && locator->reader_host != NULL) {
        add_replica(search->out, str_from(locator->reader_host), locator->reader_port);
    }
    return done;
}

/* ---- sentinels ---- */

static bool ask_sentinel(struct search *search, struct client *sentinel, char *host, uint16_t *port)
{
    const char *master = search->locator->sentinel_master;
    struct resp_value reply;
    uint64_t number = 0;
    if (!client_call(sentinel, &search->arena, &reply, search->err, "SENTINEL",
                     "GET-MASTER-ADDR-BY-NAME", master, NULL)) {
        return false;
    }
    if (reply.type == '-') {
        return error_set(search->err, ERROR_TARGET, "%s is no sentinel: %.*s", sentinel->name,
                         STR_ARG(reply.text));
    }
    if (reply.type != '*' || reply.count < 2 || !str_to_u64(reply.elements[1].text, &number) ||
        number < 1 || number > UINT16_MAX || reply.elements[0].text.len >= ENDPOINT_HOST_SIZE) {
        return error_set(search->err, ERROR_TARGET, "sentinel %s knows no primary named \"%s\"",
                         sentinel->name, master);
    }
    (void)snprintf(host, ENDPOINT_HOST_SIZE, "%.*s", STR_ARG(reply.elements[0].text));
    *port = (uint16_t)number;
    return true;
}

/* Sentinels are reached like the servers that they watch: with TLS or without. Most want no login,
 * and those that do not refuse one; others may have the same as the servers. */
static bool connect_to_sentinel(struct search *search, struct client *sentinel)
{
    const struct locator *locator = search->locator;
    struct place place = {.host = locator->host, .port = locator->port};
    struct endpoint like = *locator->endpoint;
    if (locator->sentinel_endpoint != NULL) {
        like = *locator->sentinel_endpoint;
    } else {
        like.login = NULL;
    }
    like.database = 0;
    place.timeout = time_left(search) / 2; /* the other half is for the primary */
    if (connect_to(search, &like, &place, sentinel)) {
        return true;
    }
    bool may_log_in = locator->sentinel_endpoint == NULL && locator->endpoint->login != NULL;
    if (!may_log_in || clock_now(clock_monotonic()) >= search->deadline) {
        return false;
    }
    like.login = locator->endpoint->login;
    place.timeout = time_left(search) / 2;
    return connect_to(search, &like, &place, sentinel);
}

static bool find_by_sentinel(struct search *search)
{
    struct client sentinel = {0};
    char host[ENDPOINT_HOST_SIZE];
    uint16_t port = 0;
    if (!connect_to_sentinel(search, &sentinel)) {
        return false;
    }
    bool told = ask_sentinel(search, &sentinel, host, &port);
    client_close(&sentinel);
    if (!told || find_single(search, host, port)) {
        return told;
    }
    return error_prefix(search->err, "the primary that sentinel %s names", sentinel.name);
}

/* ---- clusters ---- */

static bool refuse_cluster(struct search *search, const struct client *client, struct str said)
{
    const char *advice = "";
    if (str_starts_with(said, STR("NOPERM"))) {
        advice = "; allow the user +cluster|shards and +cluster|slots";
    } else if (str_starts_with(said, STR("ERR This instance has cluster support disabled"))) {
        advice = "; leave cluster=yes out";
    }
    return error_set(search->err, ERROR_TARGET, "%s does not tell its slots (%.*s)%s", client->name,
                     STR_ARG(str_prefix(said, 200)), advice);
}

static bool read_cluster(struct search *search, struct client *client, const char *host)
{
    struct resp_value reply;
    struct str asked = str_from(host);
    bool tls = strcmp(search->locator->endpoint->transport->name, "tls") == 0;
    if (!client_call(client, &search->arena, &reply, search->err, "CLUSTER", "SHARDS", NULL)) {
        return false;
    }
    if (reply.type != '-') {
        return topology_read_shards(search->out, &reply, asked, tls, search->err);
    }
    /* Servers before 7.0 do not know it. */
    if (!client_call(client, &search->arena, &reply, search->err, "CLUSTER", "SLOTS", NULL)) {
        return false;
    }
    if (reply.type == '-') {
        return refuse_cluster(search, client, reply.text);
    }
    return topology_read_slots(search->out, &reply, asked, search->err);
}

/* Asks one node. The topology is changed only by an answer. */
static bool ask_node(struct search *search, const char *host, uint16_t port)
{
    struct client client = {0};
    struct place place = {.host = host, .port = port, .timeout = time_left(search)};
    if (search->out->node_count > 0) {
        place.timeout = share_of_time(search);
    }
    struct topology *before = mem_alloc(sizeof *before);
    *before = *search->out;
    bool done = connect_to(search, search->locator->endpoint, &place, &client) &&
                read_cluster(search, &client, host);
    if (!done) {
        *search->out = *before;
    }
    mem_free(before);
    client_close(&client);
    return done;
}

static bool find_cluster(struct search *search)
{
    const struct locator *locator = search->locator;
    if (ask_node(search, locator->host, locator->port)) {
        return true;
    }
    /* The host that was named is away: its fellows know as well. */
    struct error first = {0};
    if (search->err != NULL) {
        first = *search->err;
    }
    for (size_t i = 0; i < search->out->node_count; i++) {
        const struct topology_node *node = &search->out->nodes[i];
        char host[ENDPOINT_HOST_SIZE];
        (void)snprintf(host, sizeof host, "%s", node->host);
        if (!node->is_gone && clock_now(clock_monotonic()) < search->deadline &&
            ask_node(search, host, node->port)) {
            return true;
        }
    }
    if (search->err != NULL) {
        *search->err = first;
    }
    return false;
}

/* ---- the nearest ---- */

static nsec round_trip(struct search *search, const struct topology_node *node)
{
    struct client client = {0};
    struct place place = {.host = node->host, .port = node->port};
    struct resp_value reply;
    place.timeout = share_of_time(search);
    nsec best = UINT64_MAX;
    struct search quiet = *search;
    quiet.err = NULL;
    if (connect_to(&quiet, search->locator->endpoint, &place, &client)) {
        for (int i = 0; i < ROUND_TRIPS; i++) {
            nsec begun = clock_now(clock_monotonic());
            if (!client_call(&client, &search->arena, &reply, NULL, "PING", NULL)) {
                break;
            }
            nsec took = clock_now(clock_monotonic()) - begun;
            best = took < best ? took : best;
        }
    }
    client_close(&client);
    return best;
}

static void choose_readers(struct search *search)
{
    struct topology *topology = search->out;
    enum read_from from = search->locator->read_from;
    nsec *trips = NULL;
    if (from == READ_FROM_NEAREST) {
        trips = mem_alloc_array(TOPOLOGY_MAX_NODES, sizeof(nsec));
        for (size_t i = 0; i < topology->node_count; i++) {
            trips[i] =
                topology->nodes[i].is_gone ? UINT64_MAX : round_trip(search, &topology->nodes[i]);
        }
    }
    topology_choose_readers(topology, from, trips);
    mem_free(trips);
}

bool discover(const struct locator *locator, const struct topology *known, nsec timeout,
              struct topology *out, struct error *err)
{
    struct search search = {
        .locator = locator,
        .out = out,
        .deadline = clock_now(clock_monotonic()) + timeout,
        .err = err,
    };
    if (known != NULL) {
        *out = *known;
    } else {
        memset(out, 0, sizeof *out);
    }
    bool done;
    if (locator->is_cluster) {
        done = find_cluster(&search);
    } else if (locator->sentinel_master != NULL) {
        done = find_by_sentinel(&search);
    } else if (locator->host == NULL) {
        done = find_single(&search, locator->path, 0);
    } else {
        done = find_single(&search, locator->host, locator->port);
    }
    if (done) {
        resolve_nodes(out);
        choose_readers(&search);
    }
    if (done && err != NULL) {
        *err = (struct error){0}; /* of those asked before the one that answered */
    }
    arena_release(&search.arena);
    return done;
}
