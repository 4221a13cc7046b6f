/* The nodes of one target and what each serves: one server, a primary with replicas, or a cluster.
 * Plain data; read-only once it is published. Reading it out of replies is pure.
 *
 * Nodes keep their number as long as an engine lives: a later topology is made with the earlier one
 * at hand, and nodes that left are marked, not removed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "net/address.h"
#include "redis/endpoint.h"
#include "redis/resp_value.h"
#include "redis/slots.h"

enum {
    TOPOLOGY_MAX_NODES = 1024,
    TOPOLOGY_MAX_SHARDS = 512,
    TOPOLOGY_MAX_READERS = 16,
    TOPOLOGY_NONE = 0xffff, /* no shard serves this slot; no node */
};

enum read_from { READ_FROM_PRIMARY, READ_FROM_REPLICA, READ_FROM_NEAREST };

struct topology_node {
    char host[ENDPOINT_HOST_SIZE]; /* name or number as announced; the path of a unix socket */
    uint16_t port;                 /* 0: a unix socket */
    char name[ADDRESS_TEXT_SIZE];  /* "host:port", for sentences and results */
    struct address address;        /* len 0: its name could not be resolved */
    bool is_replica;
    bool is_gone;   /* not part of the target any more */
    uint16_t shard; /* TOPOLOGY_NONE: serves nothing */
};

struct topology_shard {
    uint16_t primary;                       /* node; TOPOLOGY_NONE: there is none now */
    uint16_t readers[TOPOLOGY_MAX_READERS]; /* nodes that serve reads as asked: see read_from */
    uint16_t reader_count;                  /* at least 1 where there is a primary */
};

struct topology {
    bool is_cluster; /* false: one shard that serves every key */
    struct topology_node nodes[TOPOLOGY_MAX_NODES];
    size_t node_count;
    struct topology_shard shards[TOPOLOGY_MAX_SHARDS];
    size_t shard_count;
    uint16_t slots[SLOTS_COUNT]; /* shard of each slot; in a cluster only */
};

/* One node that serves everything: where the endpoint says. */
void topology_init_single(struct topology *topology, const struct endpoint *endpoint);
/* Adds a node, or finds the one of that host and port; its number, or TOPOLOGY_NONE when full. */
uint16_t topology_add_node(struct topology *topology, struct str host, uint16_t port);
/* The number of the node of that host and port, or TOPOLOGY_NONE. */
uint16_t topology_find_node(const struct topology *topology, struct str host, uint16_t port);

/* Fill nodes, shards and slots from the reply to CLUSTER SHARDS or CLUSTER SLOTS. `topology` holds
 * what was known before (its nodes keep their numbers) or is zeroed. `asked` is the host that was
 * asked: it stands for an empty or "?" endpoint. With `tls` the tls-port of CLUSTER SHARDS is used.
 * Replicas that are failed or loading are no readers. Primaries without slots, which only CLUSTER
 * SHARDS tells, are nodes of no shard. Shards are in the order of their lowest slots, whoever was
 * asked. Nothing is resolved. ERROR_TARGET: not such a reply. */
bool topology_read_shards(struct topology *topology, const struct resp_value *reply,
                          struct str asked, bool tls, struct error *err);
bool topology_read_slots(struct topology *topology, const struct resp_value *reply,
                         struct str asked, struct error *err);
/* Fills every shard's readers: the primary, its replicas (the primary where there is none), or one
 * node with the least of `round_trip` (nanoseconds by node; NULL unless nearest). */
void topology_choose_readers(struct topology *topology, enum read_from from,
                             const nsec *round_trip);
/* Do both send the same operations to the same addresses? */
bool topology_equal(const struct topology *a, const struct topology *b);
/* "MOVED 3999 127.0.0.1:6381" or "ASK ...": host (empty, also for "?": the one that was asked),
 * port, slot. False: not of that form. IPv6 hosts come without brackets. */
bool topology_read_redirect(struct str text, struct str *host, uint16_t *port, uint16_t *slot);
