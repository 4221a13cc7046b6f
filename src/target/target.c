#include "target/target.h"

#include <assert.h>

#include "net/tls.h"
#include "os/clock.h"
#include "target/kinds.h"
#include "target/nodes.h"
#include "target/servers.h"

/* The member of the family for each kind of spec. */
static const struct target_table *const tables[] = {
    [TARGET_TCP] = &target_attach,
    [TARGET_UNIX] = &target_attach,
    [TARGET_LOCAL] = &target_local,
};

bool target_init(struct target *target, const struct target_spec *spec, const struct cpu_set *cpus,
                 struct error *err)
{
    *target = (struct target){.table = tables[spec->kind], .spec = spec, .cpus = cpus};
    return target->table->init == NULL || target->table->init(target, err);
}

bool target_identify(struct target *target, struct error *err)
{
    struct arena arena = {0};
    struct str info;
    target->server = (struct info_server){0};
    /* Of the calls from here on: what was left for the connecting one may have been little. */
    target->control.timeout = TARGET_CONTACT_SECONDS * NSEC_PER_SEC;
    bool known = client_info(&target->control, &arena, NULL, &info, err);
    if (known && !info_read_server(info, &target->server)) {
        known = error_set(err, ERROR_TARGET, "%s: INFO names no version: not a Redis server",
                          target->endpoint.name);
    }
    arena_release(&arena);
    return known;
}

/* After a call that failed and a reconnect that failed, too, it is not. */
static bool is_connected(const struct target *target)
{
    return target->control.protocol != 0;
}

/* Of a cluster any node that serves something will do. */
static bool connect_control(struct target *target, struct error *err)
{
    nsec timeout = TARGET_CONTACT_SECONDS * NSEC_PER_SEC;
    if (client_connect(&target->control, &target->endpoint, timeout, err)) {
        return true;
    }
    for (size_t i = 0; target->topology != NULL && i < target->topology->shard_count; i++) {
        if (target->topology->is_cluster && nodes_point_at(target, i) &&
            client_connect(&target->control, &target->endpoint, timeout, NULL)) {
            if (err != NULL) {
                *err = (struct error){0};
            }
            return true;
        }
    }
    return false;
}

bool target_reconnect(struct target *target, struct error *err)
{
    client_close(&target->control);
    /* Where it is now: a name may mean another address, a sentinel or a cluster another node. */
    if (target->topology != NULL && !target->owned && !target_discover(target, err)) {
        return false;
    }
    return connect_control(target, err) && target_identify(target, err);
}

static bool has_asked_version(const struct target *target, struct error *err)
{
    const char *asked = target->spec->version;
    return servers_version_matches(target->server.version, asked) ||
           error_set(err, ERROR_TARGET, "%s: the server that was started is %s %s",
                     target->spec->text, target->server.engine, target->server.version);
}

bool target_start(struct target *target, struct error *err)
{
    if (target->table->start(target, err) && has_asked_version(target, err) &&
        nodes_find(target, err)) {
        return true;
    }
    target_stop(target);
    return false;
}

void target_stop(struct target *target)
{
    client_close(&target->control);
    nodes_close(target);
    if (target->table->stop != NULL) {
        target->table->stop(target);
    }
}

void target_release(struct target *target)
{
    if (target->table != NULL) {
        target_stop(target);
    }
    tls_free(target->tls);
    arena_release(&target->arena);
    *target = (struct target){0};
}

bool target_is_alive(struct target *target, struct error *err)
{
    return target->table->is_alive(target, err);
}

/* After a call on the control connection failed: a server of ours that has ended can say more than
 * that the connection broke, which it does a moment before its end is seen. Returns false. */
static bool explain_failure(struct target *target, struct error *err)
{
    enum { LOOKS = 20, MSEC_BETWEEN = 5 };
    if (!target->owned || err == NULL) {
        return false;
    }
    for (int i = 0; i < LOOKS; i++) {
        struct error end = {0};
        if (!target_is_alive(target, &end)) {
            *err = end;
            return false;
        }
        clock_sleep(MSEC_BETWEEN * NSEC_PER_MSEC);
    }
    return error_prefix(err, "%s", target->spec->text);
}

bool target_counters(struct target *target, struct info_counters *out, struct error *err)
{
    struct arena arena = {0};
    struct str info;
    nodes_forget_readings(target);
    if (nodes_are_several(target)) {
        return nodes_counters(target, out, err);
    }
    bool known =
        (is_connected(target) && client_info(&target->control, &arena, NULL, &info, NULL)) ||
        (target_reconnect(target, err) && client_info(&target->control, &arena, NULL, &info, err));
    if (known) {
        info_read_counters(info, out);
        out->identity = target_identity(target->server.run_id);
        nodes_note(target, 0, info);
    }
    arena_release(&arena);
    return known || explain_failure(target, err);
}

bool target_each_primary(struct target *target, target_visit *visit, void *self, struct error *err)
{
    if (nodes_are_several(target)) {
        return nodes_each_primary(target, visit, self, err);
    }
    return (is_connected(target) || target_reconnect(target, err)) &&
           visit(self, &target->control, err);
}

bool target_call_primaries(struct target *target, const struct word_list *words, struct error *err)
{
    struct arena arena = {0};
    struct resp_value reply;
    if (nodes_are_several(target)) {
        return nodes_call_primaries(target, words, err);
    }
    bool done = (is_connected(target) || target_reconnect(target, err)) &&
                client_call_words(&target->control, &arena, &reply, err, words);
    if (!done) {
        (void)explain_failure(target, err);
    } else if (reply.type == '-') {
        done = error_set(err, ERROR_TARGET, "%s: %.*s", target->endpoint.name, STR_ARG(reply.text));
    }
    arena_release(&arena);
    return done;
}

bool target_count_keys(struct target *target, uint64_t *out, struct error *err)
{
    struct arena arena = {0};
    struct resp_value reply;
    if (nodes_are_several(target)) {
        return nodes_count_keys(target, out, err);
    }
    bool known = (is_connected(target) || target_reconnect(target, err)) &&
                 client_call(&target->control, &arena, &reply, err, "DBSIZE", NULL);
    if (!known) {
        (void)explain_failure(target, err);
    } else if (reply.type != ':' || reply.integer < 0) {
        struct str said = reply.text.len == 0 ? STR("not a number") : reply.text;
        known =
            error_set(err, ERROR_TARGET, "%s: DBSIZE: %.*s", target->endpoint.name, STR_ARG(said));
    } else {
        *out = (uint64_t)reply.integer;
    }
    arena_release(&arena);
    return known;
}

bool target_flush(struct target *target, struct error *err)
{
    struct arena arena = {0};
    struct resp_value reply;
    assert(target->owned);
    /* At once, where the server knows the word: not on a thread that goes on while we measure. */
    bool done =
        client_call(&target->control, &arena, &reply, err, "FLUSHALL", "SYNC", NULL) &&
        (reply.type != '-' || client_call(&target->control, &arena, &reply, err, "FLUSHALL", NULL));
    if (done && reply.type == '-') {
        done = error_set(err, ERROR_TARGET, "%s: FLUSHALL: %.*s", target->endpoint.name,
                         STR_ARG(reply.text));
    } else if (!done) {
        (void)explain_failure(target, err);
    }
    arena_release(&arena);
    return done;
}

uint64_t target_connected_clients(struct target *target)
{
    struct arena arena = {0};
    struct str info;
    uint64_t clients = 0;
    if (is_connected(target) && client_info(&target->control, &arena, "clients", &info, NULL)) {
        (void)info_find_u64(info, "connected_clients", &clients);
    }
    arena_release(&arena);
    return clients;
}
