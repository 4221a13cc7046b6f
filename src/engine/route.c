#include "engine/route.h"

#include <string.h>

#include "base/mem.h"
#include "engine/hearing.h"
#include "engine/link.h"
#include "engine/pace.h"
#include "engine/role.h"
#include "engine/subscriber.h"
#include "engine/wire.h"

enum {
    MAX_REDIRECTS = 16,
    SEARCH_LOOK_MS = 5, /* how soon the answer to a search is looked for */
};

static bool is_read(const struct worker *worker, const struct waiting *item)
{
    const struct workload_operation *operation =
        &worker->config.workload->operations[item->draw.operation];
    return operation->is_stepwise ? operation->steps[item->step].is_read : operation->only_reads;
}

static uint16_t slot_of(const struct worker *worker, const struct waiting *item)
{
    struct workload_replies replies = steps_replies(worker, item->trail);
    return workload_slot(worker->config.workload, &item->draw, item->step, &replies);
}

uint16_t route_find(struct worker *worker, const struct waiting *item)
{
    const struct topology *topology = worker->topology;
    uint16_t number = topology->is_cluster ? topology->slots[slot_of(worker, item)] : 0;
    if (number >= topology->shard_count) {
        return TOPOLOGY_NONE;
    }
    const struct topology_shard *shard = &topology->shards[number];
    if (shard->reader_count > 0 && is_read(worker, item)) {
        uint32_t turn = worker->pace.is_on ? worker->turn++ : item->client;
        return shard->readers[turn % shard->reader_count];
    }
    return shard->primary;
}

/* ---- waiting ---- */

/* Is it an operation of a client, to be sent on its own connection? */
static bool is_own(const struct worker *worker, const struct waiting *item)
{
    return !worker->pace.is_on || item->is_beside;
}

static void wait_in(struct worker *worker, struct wait_list *list, const struct waiting *item)
{
    wait_list_push(item->is_beside ? &worker->role.beside : list, item);
    worker->waiting++;
    if (is_own(worker, item)) {
        worker->clients[item->client].waiting++;
    }
}

static struct waiting take_from(struct worker *worker, struct wait_list *list)
{
    struct waiting item = wait_list_pop(list);
    worker->waiting--;
    if (is_own(worker, &item)) {
        worker->clients[item.client].waiting--;
    }
    return item;
}

void route_search(struct worker *worker, nsec now)
{
    if (worker->ticket == 0) {
        worker->ticket = discovery_request(worker->config.discovery);
    }
    nsec look = now + SEARCH_LOOK_MS * NSEC_PER_MSEC;
    worker->next_chore = look < worker->next_chore ? look : worker->next_chore;
}

static void open_connections(struct worker *worker, uint16_t number, nsec now);

/* The client's own connection, so that its commands keep their order; NULL: it has no room. */
static struct connection *own_connection(struct worker *worker, struct node *node,
                                         const struct waiting *item)
{
    struct connection *connection = &node->connections[item->client];
    return wire_has_room(worker, connection) ? connection : NULL;
}

/* Sends an operation to a node, or lets it wait there. */
static void place_at(struct worker *worker, uint16_t number, const struct waiting *item, nsec now)
{
    struct node *node = &worker->nodes[number];
    if (node->connections == NULL) {
        open_connections(worker, number, now);
    }
    if (worker->pace.is_on && worker->config.workload->trace != NULL) {
        struct connection *connection =
            wait_list_count(&node->waiting) > 0 ? NULL : own_connection(worker, node, item);
        if (connection == NULL) {
            wait_in(worker, &node->waiting, item);
        } else {
            wire_add(worker, connection, item, item->intended);
        }
        return;
    }
    if (!is_own(worker, item)) {
        struct connection *connection =
            wait_list_count(&node->waiting) > 0 ? NULL : pace_take_free(worker, node);
        if (connection == NULL) {
            wait_in(worker, &node->waiting, item);
            return;
        }
        wire_add(worker, connection, item,
                 item->intended > node->free_since ? item->intended : node->free_since);
        pace_free(worker, connection, node->free_since);
        return;
    }
    struct connection *connection = &node->connections[item->client];
    if (wire_has_room(worker, connection)) {
        wire_add(worker, connection, item, 0);
        return;
    }
    wait_in(worker, &node->waiting, item);
    if (connection->state == CONNECTION_DOWN && connection->retry_at == UINT64_MAX) {
        link_open(worker, connection, now);
    }
}

void route_place(struct worker *worker, const struct waiting *item, nsec now)
{
    uint16_t number = worker->direct != NULL ? (uint16_t)(worker->direct - worker->nodes)
                                             : route_find(worker, item);
    if (number == TOPOLOGY_NONE) {
        wait_in(worker, &worker->stranded, item);
        route_search(worker, now);
        return;
    }
    place_at(worker, number, item, now);
}

bool route_start(struct worker *worker, uint32_t client)
{
    struct waiting item = {.intended = worker->now, .client = client};
    if (worker->clients[client].waiting > 0 || !wire_draw(worker, client, &item.draw)) {
        return false;
    }
    item.trail = steps_begin(worker, item.draw.operation);
    item.is_beside = worker->clients[client].is_beside;
    worker->clients[client].in_flight++;
    route_place(worker, &item, worker->now);
    return true;
}

void route_serve(struct worker *worker, struct connection *connection, nsec now)
{
    if (role_is_open(worker, connection)) {
        pace_free(worker, connection, now);
        return;
    }
    if (worker->pace.is_on) {
        role_retry(worker, now);
        return;
    }
    struct node *node = &worker->nodes[connection->node];
    for (size_t left = wait_list_count(&node->waiting); left > 0; left--) {
        struct waiting item = take_from(worker, &node->waiting);
        if (item.client == connection->client && wire_has_room(worker, connection)) {
            wire_add(worker, connection, &item, 0);
        } else {
            wait_in(worker, &node->waiting, &item);
        }
    }
}

static void give_up(struct worker *worker, const struct waiting *item)
{
    steps_end(worker, item->trail);
    if (is_own(worker, item)) {
        worker->window->counters.errors[REPLY_ERROR_TIMEOUT]++;
        worker->clients[item->client].in_flight--;
        return;
    }
    struct hist_window *window = wire_window_of(worker, item->intended);
    if (window != NULL) {
        window->counters.errors[REPLY_ERROR_TIMEOUT]++;
    }
}

static void expire_list(struct worker *worker, struct wait_list *list, nsec now)
{
    while (wait_list_count(list) > 0) {
        nsec since = wait_list_first(list)->intended;
        if (now <= since || now - since <= worker->config.load->timeout) {
            return;
        }
        struct waiting item = take_from(worker, list);
        give_up(worker, &item);
    }
}

void route_expire(struct worker *worker, nsec now)
{
    if (worker->waiting == 0) {
        return;
    }
    expire_list(worker, &worker->stranded, now);
    expire_list(worker, &worker->role.beside, now);
    for (size_t i = 0; i < worker->node_count; i++) {
        expire_list(worker, &worker->nodes[i].waiting, now);
    }
}

static void drop_list(struct worker *worker, struct wait_list *list, bool count)
{
    while (wait_list_count(list) > 0) {
        struct waiting item = take_from(worker, list);
        bool is_paced = !is_own(worker, &item);
        struct hist_window *window = is_paced ? wire_window_of(worker, item.intended) : NULL;
        steps_end(worker, item.trail);
        if (!is_paced) {
            worker->clients[item.client].in_flight--;
        } else if (window != NULL && count) {
            window->counters.outstanding++;
        }
    }
}

void route_drop_waiting(struct worker *worker, bool count)
{
    drop_list(worker, &worker->stranded, count);
    drop_list(worker, &worker->role.beside, count);
    for (size_t i = 0; i < worker->node_count; i++) {
        drop_list(worker, &worker->nodes[i].waiting, count);
    }
}

/* ---- nodes that come and go ---- */

static void open_connections(struct worker *worker, uint16_t number, nsec now)
{
    struct node *node = &worker->nodes[number];
    uint32_t count = worker->slots;
    node->connections = mem_alloc_array(count, sizeof(struct connection));
    node->free = mem_alloc_array((size_t)1 << worker->client_bits, sizeof(uint32_t));
    for (uint32_t i = 0; i < count; i++) {
        struct connection *connection = &node->connections[i];
        connection_init(connection, worker->flight_limit);
        connection->client = i;
        connection->node = number;
        connection->retry_at = worker->is_churning ? UINT64_MAX : now;
        if (subscriber_is(worker, connection)) {
            connection->retry_at = subscriber_wants(worker, connection) ? now : UINT64_MAX;
        }
        hearing_attach(worker, connection);
    }
    worker->next_chore = now;
}

static void want(struct worker *worker, uint16_t number, nsec now)
{
    if (number == TOPOLOGY_NONE) {
        return;
    }
    worker->nodes[number].is_wanted = true;
    if (worker->nodes[number].connections == NULL) {
        open_connections(worker, number, now);
    }
}

static void want_nodes(struct worker *worker, nsec now)
{
    const struct topology *topology = worker->topology;
    worker->node_count = topology->node_count;
    for (size_t i = 0; i < worker->node_count; i++) {
        worker->nodes[i].is_wanted = false;
    }
    for (size_t i = 0; i < topology->shard_count; i++) {
        const struct topology_shard *shard = &topology->shards[i];
        want(worker, shard->primary, now);
        for (size_t k = 0; k < shard->reader_count; k++) {
            want(worker, shard->readers[k], now);
        }
    }
    const struct topology_shard *only = &topology->shards[0];
    bool is_single =
        !topology->is_cluster && topology->shard_count == 1 && only->primary != TOPOLOGY_NONE &&
        (only->reader_count == 0 || (only->reader_count == 1 && only->readers[0] == only->primary));
    worker->direct = is_single ? &worker->nodes[only->primary] : NULL;
}

/* A client's time without connection goes on at the node that took over. */
static void hand_over_gap(struct worker *worker, struct connection *from, nsec now)
{
    struct connection *to =
        worker->direct == NULL ? NULL : &worker->direct->connections[from->client];
    if (to != NULL && to != from && to->state != CONNECTION_READY && to->lost_at == 0) {
        to->lost_at = from->lost_at;
    } else {
        link_count_gap(worker, from, now);
    }
    from->lost_at = 0;
}

/* Connections of nodes that serve nothing any more, or that have moved. */
static void leave_nodes(struct worker *worker, const struct topology *before, nsec now)
{
    for (size_t i = 0; i < worker->node_count; i++) {
        struct node *node = &worker->nodes[i];
        bool has_moved = i < before->node_count &&
                         memcmp(&before->nodes[i].address, &worker->topology->nodes[i].address,
                                sizeof(struct address)) != 0;
        for (uint32_t k = 0; node->connections != NULL && k < worker->config.clients; k++) {
            struct connection *connection = &node->connections[k];
            if (!node->is_wanted && connection->lost_at != 0) {
                hand_over_gap(worker, connection, now);
            }
            if (connection->is_stale && has_moved) {
                link_lose(worker, connection, REPLY_ERROR_LOST, now);
            }
        }
    }
}

static void place_again(struct worker *worker, nsec now)
{
    struct wait_list all = {0};
    struct wait_list *lists[] = {&worker->stranded, NULL};
    for (size_t i = 0; i <= worker->node_count; i++) {
        struct wait_list *list = i == 0 ? lists[0] : &worker->nodes[i - 1].waiting;
        while (wait_list_count(list) > 0) {
            struct waiting item = take_from(worker, list);
            item.asking = false;
            wait_list_push(&all, &item);
        }
    }
    while (wait_list_count(&all) > 0) {
        struct waiting item = wait_list_pop(&all);
        route_place(worker, &item, now);
    }
    wait_list_release(&all);
    wire_flush(worker);
}

void route_adopt(struct worker *worker, nsec now)
{
    const struct topology *latest = discovery_latest(worker->config.discovery);
    if (worker->ticket != 0 && discovery_is_answered(worker->config.discovery, worker->ticket)) {
        worker->ticket = 0;
    }
    if (latest == worker->topology) {
        return;
    }
    const struct topology *before = worker->topology;
    worker->topology = latest;
    want_nodes(worker, now);
    if (before != NULL) {
        worker->window->counters.topology_changes += worker->config.index == 0;
        leave_nodes(worker, before, now);
        subscriber_adopt(worker, now);
        place_again(worker, now);
    }
}

uint64_t route_wanted_connections(const struct worker *worker)
{
    uint64_t nodes = 0;
    for (size_t i = 0; i < worker->node_count; i++) {
        nodes += worker->nodes[i].is_wanted;
    }
    return nodes * worker->config.clients + subscriber_wanted_connections(worker);
}

/* ---- redirections ---- */

bool route_redirect(struct worker *worker, const struct connection *connection,
                    const struct flight *flight, nsec now)
{
    struct str text = str_from(connection->reader.head);
    struct str host;
    uint16_t port;
    uint16_t slot;
    if (!worker->topology->is_cluster || flight->redirects >= MAX_REDIRECTS ||
        !topology_read_redirect(text, &host, &port, &slot)) {
        return false;
    }
    bool is_ask = str_starts_with(text, STR("ASK"));
    if (is_ask) {
        worker->window->counters.asked++;
    } else {
        worker->window->counters.moved++;
        route_search(worker, now);
    }
    if (host.len == 0) {
        host = str_from(worker->topology->nodes[connection->node].host);
    }
    struct waiting item = {
        .is_beside = worker->pace.is_on && !role_is_open(worker, connection),
        .intended = role_is_open(worker, connection) ? flight->intended : now,
        .started = flight->started,
        .draw = flight->draw,
        .client = flight->client,
        .step = flight->step,
        .redirects = (uint8_t)(flight->redirects + 1),
        .trail = flight->trail,
        .asking = is_ask,
    };
    uint16_t number = topology_find_node(worker->topology, host, port);
    if (number == TOPOLOGY_NONE) {
        wait_in(worker, &worker->stranded, &item);
        route_search(worker, now);
    } else {
        /* Also one that serves nothing yet, to which slots are on their way. */
        worker->nodes[number].is_wanted = true;
        place_at(worker, number, &item, now);
    }
    return true;
}
