#include "target/nodes.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "os/clock.h"

void nodes_locate(struct target *target)
{
    static const enum read_from reads[] = {
        [READ_PRIMARY] = READ_FROM_PRIMARY,
        [READ_REPLICA] = READ_FROM_REPLICA,
        [READ_NEAREST] = READ_FROM_NEAREST,
    };
    const struct target_spec *spec = target->spec;
    target->locator = (struct locator){
        .endpoint = &target->endpoint,
        .host = spec->kind == TARGET_UNIX ? NULL : spec->host,
        .port = spec->port,
        .path = spec->path,
        .sentinel_master = spec->sentinel,
        .read_from = reads[spec->read_from],
        .reader_host = spec->reader_host,
        .reader_port = spec->reader_port,
        .is_cluster = spec->cluster == CLUSTER_YES,
    };
}

static struct topology *topology_of(struct target *target)
{
    if (target->topology == NULL) {
        target->topology = mem_alloc(sizeof *target->topology);
    }
    return target->topology;
}

/* The node that the control connection is for. */
static void point_at(struct target *target, const struct topology_node *node)
{
    target->endpoint.address = node->address;
    (void)snprintf(target->endpoint.host, sizeof target->endpoint.host, "%s", node->host);
}

bool nodes_point_at(struct target *target, size_t shard)
{
    uint16_t primary = target->topology->shards[shard].primary;
    if (primary == TOPOLOGY_NONE) {
        return false;
    }
    point_at(target, &target->topology->nodes[primary]);
    return true;
}

bool nodes_ask_sentinel(struct target *target, struct error *err)
{
    struct topology *topology = topology_of(target);
    if (!discover(&target->locator, NULL, TARGET_CONTACT_SECONDS * NSEC_PER_SEC, topology, err)) {
        return false;
    }
    point_at(target, &topology->nodes[topology->shards[0].primary]);
    return true;
}

static bool is_cluster(const struct target *target)
{
    return target->spec->cluster == CLUSTER_YES ||
           (target->spec->cluster == CLUSTER_DETECT && strcmp(target->server.mode, "cluster") == 0);
}

/* Reads that were asked for from replicas must not go to primaries unnoticed. */
static bool has_replicas(const struct target *target, struct error *err)
{
    const struct topology *topology = target->topology;
    size_t without = 0;
    for (size_t i = 0; i < topology->shard_count; i++) {
        const struct topology_shard *shard = &topology->shards[i];
        without += shard->reader_count == 0 || shard->readers[0] == shard->primary;
    }
    if (target->locator.read_from != READ_FROM_REPLICA || without == 0) {
        return true;
    }
    return error_set(err, ERROR_TARGET,
                     "%s: %zu of %zu shards have no replica that is online; leave "
                     "read-from=replica out, or look at CLUSTER SHARDS and INFO replication",
                     target->endpoint.name, without, topology->shard_count);
}

bool nodes_find(struct target *target, struct error *err)
{
    struct topology *topology = topology_of(target);
    if (strcmp(target->server.mode, "sentinel") == 0) {
        return error_set(err, ERROR_TARGET,
                         "%s is a sentinel; add ?sentinel=NAME to measure the primary that it "
                         "calls NAME",
                         target->endpoint.name);
    }
    target->locator.is_cluster = target->locator.host != NULL && is_cluster(target);
    bool is_single = !target->locator.is_cluster && target->locator.sentinel_master == NULL &&
                     target->locator.read_from == READ_FROM_PRIMARY;
    if (is_single) {
        topology_init_single(topology, &target->endpoint);
        topology->nodes[0].port = target->locator.host == NULL ? 0 : target->locator.port;
        return true;
    }
    if (target->locator.sentinel_master != NULL && topology->node_count > 0) {
        return true; /* found on the way here */
    }
    return discover(&target->locator, NULL, TARGET_CONTACT_SECONDS * NSEC_PER_SEC, topology, err) &&
           has_replicas(target, err);
}

bool target_discover(struct target *target, struct error *err)
{
    struct topology *found = mem_alloc(sizeof *found);
    bool done = discover(&target->locator, target->topology, TARGET_CONTACT_SECONDS * NSEC_PER_SEC,
                         found, err);
    if (done) {
        *target->topology = *found;
        uint16_t primary = found->shards[0].primary;
        if (!found->is_cluster && primary != TOPOLOGY_NONE) {
            point_at(target, &found->nodes[primary]);
        }
    }
    mem_free(found);
    return done;
}

bool nodes_are_several(const struct target *target)
{
    const struct topology *topology = target->topology;
    return topology != NULL && (topology->is_cluster || topology->node_count > 1);
}

/* ---- control connections ---- */

void nodes_close(struct target *target)
{
    for (size_t i = 0; target->peers != NULL && i < TOPOLOGY_MAX_NODES; i++) {
        if (target->peers[i] != NULL) {
            client_close(target->peers[i]);
            mem_free(target->peers[i]);
        }
    }
    mem_free(target->peers);
    target->peers = NULL;
    mem_free(target->topology);
    target->topology = NULL;
    mem_free(target->readings);
    target->readings = NULL;
    target->reading_count = 0;
}

/* ---- readings ---- */

void nodes_forget_readings(struct target *target)
{
    size_t count = target->topology == NULL ? 0 : target->topology->node_count;
    target->readings = mem_resize(target->readings, count, sizeof *target->readings);
    target->reading_count = count;
    for (size_t i = 0; i < count; i++) {
        target->readings[i] = (struct target_reading){0};
        (void)snprintf(target->readings[i].node, sizeof target->readings[i].node, "%s",
                       target->topology->nodes[i].name);
    }
}

void nodes_note(struct target *target, size_t number, struct str info)
{
    struct info_server server;
    if (number < target->reading_count) {
        struct target_reading *reading = &target->readings[number];
        reading->is_known = true;
        reading->taken = clock_now(clock_monotonic());
        info_read_moment(info, &reading->moment);
        (void)info_read_server(info, &server);
        reading->identity = target_identity(server.run_id);
    }
}

/* The connection to a node that is there already; NULL: there is none. */
static struct client *connected_to(struct target *target, size_t number)
{
    struct client *client = nodes_are_several(target)
                                ? (target->peers == NULL ? NULL : target->peers[number])
                                : &target->control;
    bool is_gone = target->topology->nodes[number].is_gone;
    return client == NULL || client->protocol == 0 || is_gone ? NULL : client;
}

void target_look(struct target *target, nsec patience)
{
    nsec deadline = clock_now(clock_monotonic()) + patience;
    nodes_forget_readings(target);
    bool *is_asked = mem_alloc_array(target->reading_count, sizeof *is_asked);
    for (size_t i = 0; i < target->reading_count; i++) {
        struct client *client = connected_to(target, i);
        /* What is owed must be there by now: one node must not take the time of the others. */
        enum client_answer answer =
            client == NULL ? CLIENT_LATE : client_ask(client, "INFO", deadline - patience);
        is_asked[i] = answer == CLIENT_ANSWERED;
        if (answer == CLIENT_BROKEN) {
            client_close(client);
        }
    }
    for (size_t i = 0; i < target->reading_count; i++) {
        struct arena arena = {0};
        struct resp_value reply = {0};
        struct client *client = is_asked[i] ? connected_to(target, i) : NULL;
        enum client_answer answer =
            client == NULL ? CLIENT_LATE : client_take(client, &arena, &reply, deadline);
        if (answer == CLIENT_ANSWERED && (reply.type == '$' || reply.type == '=')) {
            nodes_note(target, i, reply.text);
        } else if (answer == CLIENT_BROKEN) {
            client_close(client);
        }
        arena_release(&arena);
    }
    mem_free(is_asked);
}

static struct client *peer_of(struct target *target, size_t number, struct error *err)
{
    const struct topology_node *node = &target->topology->nodes[number];
    if (target->peers == NULL) {
        target->peers = mem_alloc_array(TOPOLOGY_MAX_NODES, sizeof *target->peers);
    }
    if (target->peers[number] == NULL) {
        target->peers[number] = mem_alloc(sizeof(struct client));
    }
    struct client *peer = target->peers[number];
    if (peer->protocol != 0) {
        return peer;
    }
    struct endpoint endpoint = target->endpoint;
    endpoint.address = node->address;
    (void)snprintf(endpoint.host, sizeof endpoint.host, "%s", node->host);
    (void)snprintf(endpoint.name, sizeof endpoint.name, "%s", node->name);
    if (node->address.len == 0) {
        (void)error_set(err, ERROR_TARGET, "%s: its name cannot be resolved", node->name);
        return NULL;
    }
    /* A node that is down must not hold up the questions to the others. */
    return client_connect(peer, &endpoint, NSEC_PER_SEC, err) ? peer : NULL;
}

/* Asks a node with one command; a connection that turns out to be dead is made anew once. */
static bool ask(struct target *target, size_t number, struct arena *arena, struct resp_value *reply,
                struct error *err)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        struct client *peer = peer_of(target, number, err);
        if (peer == NULL) {
            return false;
        }
        if (client_call(peer, arena, reply, err, "INFO", NULL)) {
            return true;
        }
        client_close(peer);
        peer->protocol = 0;
    }
    return false;
}

static void add_counters(struct info_counters *sum, const struct info_counters *more)
{
    sum->cpu_seconds =
        sum->cpu_seconds < 0 || more->cpu_seconds < 0 ? -1 : sum->cpu_seconds + more->cpu_seconds;
    /* Of several main threads no share of one is meant. */
    sum->cpu_main_seconds = -1;
    sum->commands += more->commands;
    sum->keyspace_hits += more->keyspace_hits;
    sum->keyspace_misses += more->keyspace_misses;
    sum->evicted_keys += more->evicted_keys;
    sum->expired_keys += more->expired_keys;
    sum->forks += more->forks;
    sum->used_memory += more->used_memory;
}

uint64_t target_identity(const char *run_id)
{
    uint64_t identity = 0;
    for (const char *at = run_id; *at != '\0'; at++) {
        identity = rng_mix(identity ^ (unsigned char)*at);
    }
    return identity;
}

bool nodes_counters(struct target *target, struct info_counters *out, struct error *err)
{
    size_t answers = 0;
    struct error last = {0};
    *out = (struct info_counters){0};
    for (size_t i = 0; i < target->topology->node_count; i++) {
        struct arena arena = {0};
        struct resp_value reply;
        struct info_counters one = {.cpu_seconds = -1};
        struct info_server server = {0};
        struct error problem = {0};
        if (target->topology->nodes[i].is_gone) {
            continue;
        }
        if (!ask(target, i, &arena, &reply, &problem)) {
            last = problem;
        } else if (reply.type != '-') {
            info_read_counters(reply.text, &one);
            nodes_note(target, i, reply.text);
            (void)info_read_server(reply.text, &server);
            answers++;
        }
        add_counters(out, &one);
        out->identity += target_identity(server.run_id);
        arena_release(&arena);
    }
    if (answers == 0 && err != NULL) {
        *err = last;
    }
    return answers > 0;
}

static bool count_keys_of(struct target *target, size_t number, uint64_t *sum, struct error *err)
{
    struct arena arena = {0};
    struct resp_value reply;
    struct client *peer = peer_of(target, number, err);
    bool known = peer != NULL && client_call(peer, &arena, &reply, err, "DBSIZE", NULL);
    if (known && (reply.type != ':' || reply.integer < 0)) {
        known = error_set(err, ERROR_TARGET, "%s: DBSIZE: %.*s",
                          target->topology->nodes[number].name, STR_ARG(reply.text));
    }
    if (known) {
        *sum += (uint64_t)reply.integer;
    }
    arena_release(&arena);
    return known;
}

bool nodes_count_keys(struct target *target, uint64_t *out, struct error *err)
{
    *out = 0;
    for (size_t i = 0; i < target->topology->shard_count; i++) {
        uint16_t primary = target->topology->shards[i].primary;
        if (primary != TOPOLOGY_NONE && !count_keys_of(target, primary, out, err)) {
            return false;
        }
    }
    return true;
}

static bool call_one(struct target *target, size_t number, const struct word_list *words,
                     struct error *err)
{
    struct arena arena = {0};
    struct resp_value reply;
    struct client *peer = peer_of(target, number, err);
    bool done = peer != NULL && client_call_words(peer, &arena, &reply, err, words);
    if (done && reply.type == '-') {
        done = error_set(err, ERROR_TARGET, "%s: %.*s", target->topology->nodes[number].name,
                         STR_ARG(reply.text));
    }
    arena_release(&arena);
    return done;
}

bool nodes_call_primaries(struct target *target, const struct word_list *words, struct error *err)
{
    for (size_t i = 0; i < target->topology->shard_count; i++) {
        uint16_t primary = target->topology->shards[i].primary;
        if (primary != TOPOLOGY_NONE && !call_one(target, primary, words, err)) {
            return false;
        }
    }
    return true;
}

bool nodes_each_primary(struct target *target, target_visit *visit, void *self, struct error *err)
{
    for (size_t i = 0; i < target->topology->shard_count; i++) {
        uint16_t primary = target->topology->shards[i].primary;
        struct client *peer = NULL;
        if (primary == TOPOLOGY_NONE) {
            continue;
        }
        peer = peer_of(target, primary, err);
        if (peer == NULL || !visit(self, peer, err)) {
            return false;
        }
    }
    return true;
}
