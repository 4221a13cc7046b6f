/* One server under test: started by us or attached to, asked who it is and what it has used, and
 * left as it was found. A table of function pointers with one file per kind (local, attach, fake).
 *
 * A server that we start listens on a port of its own on 127.0.0.1, in a private folder, without
 * persistence; the settings of its spec come after these and win. It ends with this process in
 * whatever way that ends, and the folder too if a keeper runs (os/keeper.h).
 *
 * Thread rule: the main thread. Only `endpoint` is read by others. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/units.h"
#include "model/target_spec.h"
#include "os/cpu.h"
#include "redis/client.h"
#include "redis/discover.h"
#include "redis/endpoint.h"
#include "redis/info.h"

struct target;

struct target_table {
    const char *name;
    /* Fills `state`, `owned` and what else is known before the start. NULL: nothing to do. */
    bool (*init)(struct target *target, struct error *err);
    /* Makes the server reachable (starts it, or resolves its name): fills `endpoint` and
     * `is_local`, connects `control` within TARGET_CONTACT_SECONDS and calls target_identify. */
    bool (*start)(struct target *target, struct error *err);
    /* Ends what start began, after `control` was closed; nothing remains. Allowed at any time, also
     * twice. NULL: nothing to do. */
    void (*stop)(struct target *target);
    /* Is it there? False with a sentence that says how it ended, as far as that can be known. */
    bool (*is_alive)(struct target *target, struct error *err);
};

enum { TARGET_CONTACT_SECONDS = 5 };

/* What one node said when it was asked last. */
struct target_reading {
    char node[ADDRESS_TEXT_SIZE];
    bool is_known;
    nsec taken; /* on the monotonic clock */
    uint64_t identity;
    struct info_moment moment;
};

struct target {
    const struct target_table *table;
    const struct target_spec *spec;
    const struct cpu_set *cpus;      /* processors for a server that we start; NULL: any */
    bool owned;                      /* started by us: nobody else uses it, and it may be flushed */
    bool is_local;                   /* on this machine (loopback, unix socket, started by us) */
    struct endpoint endpoint;        /* valid between start and stop */
    struct locator locator;          /* how its nodes are found; valid between start and stop */
    struct topology *topology;       /* its nodes as of the start, or the last target_discover */
    struct client control;           /* connected between start and stop */
    struct transport *tls;           /* of this target; NULL: it speaks without */
    struct client **peers;           /* control connections to nodes, by number; NULL: none yet */
    struct target_reading *readings; /* by number of the node; of the last target_counters or
                                        target_look. NULL: none yet */
    size_t reading_count;
    struct info_server server; /* who answered at the last start */
    struct arena arena;        /* for strings of the target's life */
    void *state;               /* of the kind */
};

/* Prepares a target for a parsed spec; no server is started (a program on PATH is asked for its
 * version). `spec` and `cpus` must outlive it. ERROR_TARGET when a local program cannot be found
 * (names what was looked for and where). Release it in either case. */
bool target_init(struct target *target, const struct target_spec *spec, const struct cpu_set *cpus,
                 struct error *err);
/* Starts or reaches the server, connects the control client, reads who it is. After stop it may be
 * started again: that is a new launch. First contact fails within TARGET_CONTACT_SECONDS; what has
 * ended meanwhile is noticed at once. A server of another version than the spec asks for is an
 * error. ERROR_TARGET, or ERROR_INTERRUPTED when the user asked to stop meanwhile; nothing remains
 * then. */
bool target_start(struct target *target, struct error *err);
void target_stop(struct target *target);
/* Stops and forgets everything. Allowed on a zeroed target. */
void target_release(struct target *target);

/* Counters of the server now (INFO), of all nodes together. ERROR_TARGET when it is gone: for a
 * local server the sentence says how it ended and quotes the last line of its log. */
bool target_counters(struct target *target, struct info_counters *out, struct error *err);
/* Asks all nodes with INFO and takes what they answer within `patience` in all: fills `readings`,
 * and what did not come is not known. A node that still owes an answer is not asked again; one
 * whose connection breaks is left alone until target_counters or another question connects anew. */
void target_look(struct target *target, nsec patience);
/* Finds the nodes anew (after a failover, say) into `topology`. ERROR_TARGET. */
bool target_discover(struct target *target, struct error *err);
/* What tells one server process from another in info_counters.identity. */
uint64_t target_identity(const char *run_id);
/* DBSIZE of the endpoint's database, of all primaries together. */
bool target_count_keys(struct target *target, uint64_t *out, struct error *err);
/* Empties a server that we started; of another one only our keys may be removed. ERROR_TARGET. */
bool target_flush(struct target *target, struct error *err);
/* Sends a command to every primary. ERROR_TARGET, also for an error reply. */
bool target_call_primaries(struct target *target, const struct word_list *words, struct error *err);
/* Calls `visit` with a control connection to each primary, until one returns false. */
typedef bool target_visit(void *self, struct client *client, struct error *err);
bool target_each_primary(struct target *target, target_visit *visit, void *self, struct error *err);
/* Does the server still run (local) or answer PING (attached)? */
bool target_is_alive(struct target *target, struct error *err);
/* Clients connected to the server, ours included; 0 when unknown. */
uint64_t target_connected_clients(struct target *target);
/* For the kinds, and for what is asked between slices: connects `control` anew after a call on it
 * failed, to where the target is now. A server drops a connection that was idle for longer than its
 * `timeout` setting, and goes on; after a failover it is another one that answers (its run_id and
 * the identity of its counters tell). ERROR_TARGET when none can be reached. */
bool target_reconnect(struct target *target, struct error *err);
/* For the kinds: reads `server` through the connected `control`. ERROR_TARGET when the answer is
 * not that of a Redis-like server. */
bool target_identify(struct target *target, struct error *err);
