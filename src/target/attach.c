/* Attaching to a server that somebody else runs: a name and a port, or a unix socket. */
#include <stdio.h>

#include "net/tls.h"
#include "os/clock.h"
#include "os/signal.h"
#include "target/kinds.h"
#include "target/login.h"
#include "target/nodes.h"

static struct transport *make_tls(const struct tls_spec *spec, struct error *err)
{
    struct tls_config config = {
        .ca_file = spec->ca_file,
        .cert_file = spec->cert_file,
        .key_file = spec->key_file,
        .server_name = spec->server_name,
        .no_verify = spec->no_verify,
        .no_session_reuse = spec->no_session_reuse,
        .version = spec->version,
    };
    return tls_new(&config, err);
}

static bool attach_init(struct target *target, struct error *err)
{
    const struct target_spec *spec = target->spec;
    struct endpoint *endpoint = &target->endpoint;
    endpoint->transport = transport_plain();
    if (spec->tls.is_on) {
        target->tls = make_tls(&spec->tls, err);
        if (target->tls == NULL) {
            return false;
        }
        endpoint->transport = target->tls;
    }
    endpoint->login = login_make(spec, &target->arena);
    endpoint->database = spec->database;
    nodes_locate(target);
    if (spec->kind == TARGET_UNIX) {
        (void)snprintf(endpoint->name, sizeof endpoint->name, "%s", spec->path);
    } else {
        bool is_ipv6 = strchr(spec->host, ':') != NULL;
        (void)snprintf(endpoint->name, sizeof endpoint->name, is_ipv6 ? "[%s]:%u" : "%s:%u",
                       spec->host, (unsigned)spec->port);
    }
    return true;
}

static bool find_addresses(struct target *target, struct address addresses[ADDRESS_MAX_RESULTS],
                           unsigned *count, struct error *err)
{
    const struct target_spec *spec = target->spec;
    *count = 1;
    if (spec->sentinel != NULL) {
        if (!nodes_ask_sentinel(target, err)) {
            return false;
        }
        addresses[0] = target->endpoint.address;
        return true;
    }
    if (spec->kind == TARGET_UNIX) {
        return address_unix(spec->path, &addresses[0], err);
    }
    (void)snprintf(target->endpoint.host, sizeof target->endpoint.host, "%s", spec->host);
    return address_resolve(spec->host, spec->port, addresses, count, err);
}

/* A name may stand for several addresses ("localhost" is ::1 and 127.0.0.1) of which only some are
 * served: they are tried in turn until the time is over. The last failure is what is told. */
static bool attach_start(struct target *target, struct error *err)
{
    struct address addresses[ADDRESS_MAX_RESULTS];
    unsigned count = 0;
    const struct clock *clock = clock_monotonic();
    const nsec end = clock_now(clock) + TARGET_CONTACT_SECONDS * NSEC_PER_SEC;
    if (!find_addresses(target, addresses, &count, err)) {
        return false;
    }
    bool is_connected = false;
    for (unsigned i = 0; i < count && !is_connected; i++) {
        nsec now = clock_now(clock);
        if (i > 0 && now >= end) {
            break;
        }
        client_close(&target->control);
        target->endpoint.address = addresses[i];
        target->is_local = address_is_loopback(&addresses[i]);
        /* A share for each address that is left, so that one that is silent leaves time. */
        nsec left = now < end ? end - now : NSEC_PER_MSEC;
        is_connected = client_connect(&target->control, &target->endpoint, left / (count - i), err);
    }
    return is_connected && target_identify(target, err);
}

/* Whether anybody answers for the target; any reply is a sign of life, also an error. */
static bool answers(struct target *target, struct error *err)
{
    struct arena arena = {0};
    struct resp_value reply;
    bool is_connected = target->control.protocol != 0;
    bool is_alive =
        (is_connected && client_call(&target->control, &arena, &reply, NULL, "PING", NULL)) ||
        target_reconnect(target, err);
    arena_release(&arena);
    return is_alive;
}

/* While a replica takes over nobody answers for some seconds. */
static bool attach_is_alive(struct target *target, struct error *err)
{
    enum { PAUSE_MS = 100 };
    const struct clock *clock = clock_monotonic();
    const nsec end = clock_now(clock) + TARGET_CONTACT_SECONDS * NSEC_PER_SEC;
    bool may_move = target->locator.is_cluster || target->locator.sentinel_master != NULL;
    struct error problem = {0};
    while (!answers(target, &problem)) {
        if (!may_move || clock_now(clock) >= end || signal_interrupted()) {
            if (err != NULL) {
                *err = problem;
            }
            return false;
        }
        clock_sleep(PAUSE_MS * NSEC_PER_MSEC);
    }
    return true;
}

const struct target_table target_attach = {
    .name = "attach",
    .init = attach_init,
    .start = attach_start,
    .is_alive = attach_is_alive,
};
