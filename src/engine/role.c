#include "engine/role.h"

#include "base/mem.h"
#include "engine/pace.h"
#include "engine/route.h"
#include "engine/wire.h"
#include "workload/stamp.h"

enum {
    QUIET_MS = 250,   /* without a message: the rest is lost */
    DRAIN_MS = 2000,  /* the longest that messages are waited for */
    LOCAL_BURST = 64, /* reads that a client answers itself before others have their turn */
    SOON_MS = 1,
};

static const struct workload_duties *duties_of(const struct worker *worker)
{
    return &worker->config.workload->duties;
}

static const struct operation_duty *duty_of(const struct worker *worker,
                                            const struct workload_draw *draw)
{
    return &worker->config.workload->operations[draw->operation].duty;
}

static void init_finders(struct worker *worker)
{
    const struct workload *workload = worker->config.workload;
    worker->role.stamps = (struct finder){
        .marker = {stamp_marker, STAMP_MARKER_SIZE},
        .size = STAMP_SIZE,
        .found = role_receive,
        .self = worker,
    };
    worker->role.keys = (struct finder){
        .marker = str_from(workload->data[0].key_prefix),
        .size = key_format_size(&workload->data[0].key_format),
        .found = role_invalidate,
        .self = worker,
    };
}

void role_init(struct worker *worker)
{
    const struct worker_config *config = &worker->config;
    const struct workload_duties *duties = duties_of(worker);
    struct role_state *role = &worker->role;
    role->board = config->board == NULL ? &role->own : config->board;
    if (!duties->is_on) {
        return;
    }
    init_finders(worker);
    hist_init(&role->early);
    for (uint32_t i = 0; i < config->clients; i++) {
        uint8_t group = worker->measured[i].group;
        worker->clients[i].waits = duties->group_waits[group];
        worker->clients[i].delivers = duties->group_delivers[group];
    }
    worker->pace.stream.group = (uint8_t)roles_paced_group(&duties->roles);
    if (duties->roles.tracking.is_on) {
        uint64_t keys = config->workload->data[0].keys.count;
        keys = keys < duties->roles.tracking.keys ? keys : duties->roles.tracking.keys;
        role->caches = mem_alloc_array(config->clients, sizeof *role->caches);
        for (uint32_t i = 0; i < config->clients; i++) {
            near_cache_init(&role->caches[i], keys);
        }
    }
}

void role_release(struct worker *worker)
{
    struct role_state *role = &worker->role;
    for (uint32_t i = 0; role->caches != NULL && i < worker->config.clients; i++) {
        near_cache_release(&role->caches[i]);
    }
    mem_free(role->caches);
    role->caches = NULL;
    hist_release(&role->early);
    wait_list_release(&role->beside);
}

/* Bits of the operations whose latency says nothing of the load as a whole. */
static uint64_t apart(const struct worker *worker)
{
    const struct workload *workload = worker->config.workload;
    uint64_t bits = workload->duties.waiting;
    uint32_t paced = roles_paced_group(&workload->duties.roles);
    for (size_t i = 0; worker->pace.is_on && i < workload->operation_count; i++) {
        bits |= (uint64_t)(workload->operations[i].duty.group != paced) << i;
    }
    return bits;
}

void role_begin(struct worker *worker)
{
    const struct workload_duties *duties = duties_of(worker);
    struct role_state *role = &worker->role;
    role->is_on = duties->is_on && worker->order->task == WORKER_MEASURE;
    if (!duties->is_on) {
        return;
    }
    uint32_t paced = roles_paced_group(&duties->roles);
    bool has_groups = duties->roles.group_count > 0;
    for (uint32_t i = 0; i < worker->config.clients; i++) {
        struct load_client *client = &worker->clients[i];
        client->has_drained = false;
        client->is_beside = worker->pace.is_on && has_groups && worker->measured[i].group != paced;
    }
    role->has_told = false;
    role->expected = 0;
    role->delivered = 0;
    role->over_since = 0;
    role->all_over_since = 0;
    role->last_useful = worker->now;
    hist_clear(&role->early);
    if (role->board == &role->own) {
        board_reset(role->board);
    }
    uint64_t bits = role->is_on ? apart(worker) : 0;
    for (int i = 0; i < RECORDER_WINDOWS; i++) {
        worker->recorder.windows[i].apart = bits;
    }
}

void role_begin_recording(struct worker *worker)
{
    hist_add(&worker->window->delivery, &worker->role.early);
    worker->window->counters.delivered += worker->role.early.count;
}

void role_retry(struct worker *worker, nsec now)
{
    struct wait_list *list = &worker->role.beside;
    for (size_t left = wait_list_count(list); left > 0; left--) {
        struct waiting item = wait_list_pop(list);
        worker->waiting--;
        worker->clients[item.client].waiting--;
        route_place(worker, &item, now);
    }
}

/* ---- the end ---- */

static bool is_stopping(const struct worker *worker)
{
    return atomic_load_explicit(&worker->stop, memory_order_relaxed);
}

static bool is_over(const struct worker *worker)
{
    return worker->pace.is_on ? worker->is_recording && pace_is_over(worker) : worker->budget == 0;
}

/* How long messages are waited for at most: where they pile up, not longer than they were sent. */
static nsec patience(const struct worker *worker)
{
    nsec least = QUIET_MS * NSEC_PER_MSEC;
    nsec most = DRAIN_MS * NSEC_PER_MSEC;
    nsec sent = worker->order->duration;
    return sent == 0 || sent > most ? most : sent < least ? least : sent;
}

/* All messages are received, or no more are waited for. */
static bool is_drained(const struct worker *worker)
{
    const struct role_state *role = &worker->role;
    nsec now = worker->now;
    if (is_stopping(worker) || now - role->over_since > patience(worker)) {
        return true;
    }
    if (role->all_over_since == 0) {
        return false;
    }
    nsec since =
        role->last_useful > role->all_over_since ? role->last_useful : role->all_over_since;
    return board_is_even(role->board) || (now > since && now - since > QUIET_MS * NSEC_PER_MSEC);
}

/* Steps in flight of clients that do not receive messages: they may send some, as may what waits
 * for its time. */
static uint64_t sending(const struct worker *worker)
{
    uint64_t count =
        worker->pace.is_on ? worker->waiting - wait_list_count(&worker->role.beside) : 0;
    for (size_t i = 0; i < worker->thoughts.count; i++) {
        count += worker->clients[worker->thoughts.items[i].item.client].delivers ? 0 : 1;
    }
    for (size_t i = 0; i < worker->node_count; i++) {
        const struct connection *connections = worker->nodes[i].connections;
        for (uint32_t k = 0; connections != NULL && k < worker->config.clients; k++) {
            count += worker->clients[k].delivers ? 0 : connection_in_flight(&connections[k]);
        }
    }
    return count;
}

static void look_again_soon(struct worker *worker)
{
    nsec soon = worker->now + SOON_MS * NSEC_PER_MSEC;
    worker->next_chore = soon < worker->next_chore ? soon : worker->next_chore;
}

/* Tells the board, and learns from it. */
static void settle_up(struct worker *worker)
{
    struct role_state *role = &worker->role;
    if (!role->has_told && sending(worker) == 0) {
        role->has_told = true;
        board_finish(role->board, role->expected, role->delivered);
    }
    if (role->all_over_since == 0 && board_is_finished(role->board, worker->config.workers)) {
        role->all_over_since = worker->now;
    }
}

static bool has_all_drained(const struct worker *worker)
{
    if (worker->config.subscribers > 0) {
        return false;
    }
    for (uint32_t i = 0; i < worker->config.clients; i++) {
        if (worker->clients[i].delivers && !worker->clients[i].has_drained) {
            return false;
        }
    }
    return worker->role.all_over_since != 0;
}

bool role_is_finished(struct worker *worker)
{
    struct role_state *role = &worker->role;
    size_t beside = wait_list_count(&role->beside);
    if (!is_over(worker)) {
        return false;
    }
    if (role->over_since == 0) {
        role->over_since = worker->now;
    }
    bool is_sent =
        worker->order->duration > 0 && !worker->pace.is_on ? true : worker->waiting == beside;
    is_sent = is_sent && worker->outstanding == 0 && worker->thoughts.count == 0;
    if (!duties_of(worker)->delivers) {
        return is_sent;
    }
    settle_up(worker);
    if (is_sent && (is_drained(worker) || has_all_drained(worker))) {
        return true;
    }
    look_again_soon(worker);
    return false;
}

/* ---- starting ---- */

static bool may_start(const struct worker *worker, uint32_t client)
{
    const struct load_client *facts = &worker->clients[client];
    bool is_sending = facts->is_beside ? !is_over(worker) : worker->budget > 0;
    if (is_sending) {
        return true;
    }
    return facts->delivers && !facts->has_drained && worker->role.over_since != 0 &&
           !is_drained(worker);
}

/* A client whose reads are all answered by itself must not keep the others waiting. */
static void let_others_go(struct worker *worker)
{
    worker->next_chore = worker->now;
    worker->last_answer = worker->now;
}

static bool is_local(const struct worker *worker, uint32_t client, const struct workload_draw *draw)
{
    return worker->role.caches != NULL && duty_of(worker, draw)->is_cacheable &&
           near_cache_has(&worker->role.caches[client], draw->key, draw->operation);
}

bool role_draw(struct worker *worker, uint32_t client, struct workload_draw *out)
{
    struct workload_stream *stream = &worker->streams[client * worker->stream_step];
    for (int hits = 0; hits < LOCAL_BURST; hits++) {
        if (!may_start(worker, client) ||
            !workload_draw_next(worker->config.workload, stream, out)) {
            return false;
        }
        if (worker->budget > 0 && !worker->clients[client].is_beside) {
            worker->budget--;
        }
        if (!is_local(worker, client, out)) {
            return true;
        }
        worker->window->counters.local_hits++;
        if (worker->is_pausing) {
            worker->last_answer = worker->now;
            pace_pause(worker, client, worker->now);
            return false;
        }
    }
    let_others_go(worker);
    return false;
}

void role_stamp(struct worker *worker, struct connection *connection, nsec now)
{
    const struct workload *workload = worker->config.workload;
    struct outbox *outbox = connection->outbox;
    for (uint32_t at = connection->unstamped; at != connection->tail; at++) {
        connection->flights[at & connection->mask].is_marked = worker->is_recording;
    }
    if (outbox != NULL && workload->duties.stamps) {
        struct stamp stamp = {
            .at = now, .tag = worker->order->tag, .is_recorded = worker->is_recording};
        (void)stamp_fill(outbox->bytes + outbox->filled, outbox->end - outbox->filled, &stamp);
        outbox->filled = outbox->end;
    }
}

/* ---- replies ---- */

/* How many will receive what a step has sent. */
static uint64_t audience(const struct worker *worker, const struct flight *flight,
                         const struct resp_reply *reply)
{
    const struct workload *workload = worker->config.workload;
    const struct workload_operation *operation = &workload->operations[flight->draw.operation];
    const struct workload_step *step = &operation->steps[flight->step];
    if (step->stamps == 0 || !step->publishes) {
        return step->stamps;
    }
    /* A node of a cluster knows only of the subscribers that are connected to itself. */
    bool is_partial =
        worker->topology->is_cluster && !workload->duties.roles.subscribers.is_sharded;
    if ((is_partial || step->is_joined) && operation->duty.by_channel) {
        return duty_audience(&workload->duties, flight->draw.key);
    }
    return reply->type == ':' && reply->number > 0 ? (uint64_t)reply->number : 0;
}

static void remember(struct worker *worker, const struct flight *flight,
                     const struct resp_reply *reply, uint32_t client)
{
    const struct operation_duty *duty = duty_of(worker, &flight->draw);
    struct near_cache *cache = &worker->role.caches[client];
    if (duty->writes) {
        (void)near_cache_forget(cache, flight->draw.key);
    } else if (duty->is_cacheable && !reply->is_null) {
        near_cache_learn(cache, flight->draw.key, flight->draw.operation);
    }
}

bool role_take(struct worker *worker, const struct connection *connection,
               const struct flight *flight, const struct resp_reply *reply)
{
    struct role_state *role = &worker->role;
    struct load_client *client = &worker->clients[connection->client];
    const struct workload_operation *operation =
        &worker->config.workload->operations[flight->draw.operation];
    if (operation->steps[flight->step].waits && reply->is_null) {
        worker->window->counters.empty++;
        client->has_drained = role->all_over_since != 0 && flight->started >= role->all_over_since;
        return false;
    }
    role->last_useful = worker->now;
    if (flight->is_marked) {
        uint64_t count = audience(worker, flight, reply);
        role->expected += count;
        worker->window->counters.expected += count;
    }
    if (role->caches != NULL) {
        remember(worker, flight, reply, connection->client);
    }
    return true;
}

void role_fail(struct worker *worker, const struct connection *connection,
               const struct flight *flight)
{
    if (worker->role.caches != NULL && duty_of(worker, &flight->draw)->writes) {
        (void)near_cache_forget(&worker->role.caches[connection->client], flight->draw.key);
    }
}

bool role_receive(void *self, const char *bytes)
{
    struct worker *worker = self;
    struct role_state *role = &worker->role;
    struct stamp stamp;
    if (!stamp_read(bytes, &stamp)) {
        return false;
    }
    if (!role->is_on || !stamp.is_recorded || stamp.tag != worker->order->tag) {
        return true;
    }
    nsec took = worker->now > stamp.at ? worker->now - stamp.at : 0;
    role->last_useful = worker->now;
    role->delivered++;
    if (role->has_told) {
        atomic_fetch_add(&role->board->delivered, 1);
    }
    if (!worker->is_recording) {
        hist_record(&role->early, took);
        return true;
    }
    hist_record(&worker->window->delivery, took);
    worker->window->counters.delivered++;
    return true;
}

bool role_invalidate(void *self, const char *key)
{
    struct worker *worker = self;
    const struct key_format *format = &worker->config.workload->data[0].key_format;
    const char *digits = key + key_format_size(format) - format->digits;
    uint64_t number;
    if (!str_to_u64((struct str){digits, format->digits}, &number)) {
        return false;
    }
    worker->window->counters.invalidations++;
    (void)near_cache_forget(&worker->role.caches[worker->role.listener], number);
    return true;
}
