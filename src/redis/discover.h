/* Finds the nodes of a target over blocking control connections: resolves names, asks a cluster for
 * its slots, sentinels for their primary, a primary for its replicas. Never on a worker's thread.
 *
 * Thread rule: calls do not share anything; any thread. All waiting has a deadline. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "redis/endpoint.h"
#include "redis/topology.h"

/* How the user named a target. Strings must outlive the locator. */
struct locator {
    const struct endpoint *endpoint; /* transport, login, database; its address is not used */
    const char *host;                /* name or number; NULL: unix socket */
    uint16_t port;
    const char *path;            /* unix socket */
    const char *sentinel_master; /* host and port are a sentinel's, and this is the name of the
                                    primary to ask it for; NULL: none */
    const struct endpoint *sentinel_endpoint; /* transport and login of sentinels; NULL: transport
                                                 of `endpoint`, without login first, then its */
    bool is_cluster;
    enum read_from read_from;
    const char *reader_host; /* where replicas of a server without cluster mode answer (a reader
                                endpoint); NULL: the primary is asked with ROLE */
    uint16_t reader_port;
};

/* Finds the nodes within `timeout`. A primary that a sentinel names must call itself one (ROLE,
 * where that is allowed). `known` is the topology before, or NULL at first: nodes keep
 * their numbers, and when the named host does not answer, its nodes are asked instead. Every name
 * is resolved anew. `topology` is large: allocate it. ERROR_TARGET with what was tried on whom. */
bool discover(const struct locator *locator, const struct topology *known, nsec timeout,
              struct topology *out, struct error *err);
