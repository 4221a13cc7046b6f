/* The parts of a workload that do not simply ask and answer: groups of clients that do different
 * things, subscribers of channels, and clients that keep what they have read. Plain data, part of
 * the spec (spec.h); what of it is written in a file, workload_file_roles.c reads. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ROLES_MAX_GROUPS = 8 };

/* Clients that draw from operations of their own. */
struct group_spec {
    const char *name; /* unique in a workload */
    uint32_t clients; /* exactly so many; 0: by share */
    double share;     /* of all clients, 0..1; both 0: an equal part of what the others leave */
    bool is_paced;    /* an open loop's rate is that of this group; the first unless one says so */
};

/* Connections that subscribe, beside the clients. */
struct subscriber_spec {
    uint32_t connections; /* 0: none */
    uint32_t channels;    /* that each subscribes to */
    bool is_sharded;      /* SSUBSCRIBE, on the node that serves the channel */
    bool by_pattern;      /* PSUBSCRIBE */
};

/* What {channel} is drawn from. The distribution has the fields that keys have in spec.h. */
struct channel_spec {
    uint64_t count; /* 0: there are none */
    int distribution;
    double zipf_theta;
    double hot;
    double hot_share;
    double sigma;
};

/* CLIENT TRACKING: the server tells which keys have changed. */
struct tracking_spec {
    bool is_on;
    bool broadcasts; /* BCAST */
    bool no_loop;    /* NOLOOP */
    uint32_t keys;   /* that a client keeps at most */
};

struct roles_spec {
    const struct group_spec *groups;
    size_t group_count; /* 0: all clients draw from all operations */
    struct subscriber_spec subscribers;
    struct channel_spec channels;
    struct tracking_spec tracking;
};

enum { ROLES_TRACKED_KEYS = 10000 }; /* unless a file says otherwise */

/* How many of `clients` each group has; in all as many, if the groups fit (spec_validate). */
void roles_count_clients(const struct roles_spec *roles, uint32_t clients,
                         uint32_t counts[ROLES_MAX_GROUPS]);
/* The group of a client: their clients alternate as evenly as their counts allow, so that each
 * worker has its share of every group. 0 without groups. */
uint32_t roles_group_of(const struct roles_spec *roles, uint32_t client, uint32_t clients);
/* The group that an open loop's rate drives. */
uint32_t roles_paced_group(const struct roles_spec *roles);
/* The index of a group, or -1. */
int roles_find_group(const struct roles_spec *roles, const char *name);
