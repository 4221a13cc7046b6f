/* One server under test: started by us or attached to, asked who it is and what it has used, and
 * left as it was found. A table of function pointers with one file per kind (local, attach, fake).
 *
 * Thread rule: the thread that orchestrates. Only `endpoint` is read by others. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/units.h"
#include "model/target_spec.h"
#include "os/cpu.h"
#include "redis/client.h"
#include "redis/endpoint.h"
#include "redis/info.h"

struct target;

struct target_table {
    const char *name;
    /* Makes the server reachable (starts it, or resolves its name). */
    bool (*start)(struct target *target, struct error *err);
    /* Ends what start began; nothing remains. Allowed at any time, also twice. */
    void (*stop)(struct target *target);
};

struct target {
    const struct target_table *table;
    const struct target_spec *spec;
    const struct cpu_set *cpus; /* processors for a server that we start; NULL: any */
    bool owned;                 /* started by us: nobody else uses it, and it may be flushed */
    bool is_local;              /* on this machine (loopback, unix socket, started by us) */
    struct endpoint endpoint;   /* valid between start and stop */
    struct client control;      /* connected between start and stop */
    struct info_server server;  /* who answered at the last start */
    struct arena arena;         /* for strings of the target's life */
    void *state;                /* of the kind */
};

/* Prepares a target for a parsed spec; nothing is started. `spec` and `cpus` must outlive it.
 * ERROR_TARGET when a local program cannot be found (names what was looked for and where). */
bool target_init(struct target *target, const struct target_spec *spec, const struct cpu_set *cpus,
                 struct error *err);
/* Starts or reaches the server, connects the control client, reads who it is. After stop it may be
 * started again: that is a new launch. First contact fails within 5 s. ERROR_TARGET. */
bool target_start(struct target *target, struct error *err);
void target_stop(struct target *target);
/* Stops and forgets everything. Allowed on a zeroed target. */
void target_release(struct target *target);

/* Counters of the server now (INFO). ERROR_TARGET when it is gone: for a local server the sentence
 * says how it ended and quotes the last line of its log. */
bool target_counters(struct target *target, struct info_counters *out, struct error *err);
/* DBSIZE of the endpoint's database. */
bool target_count_keys(struct target *target, uint64_t *out, struct error *err);
/* Does the server still run (local) or answer PING (attached)? */
bool target_is_alive(struct target *target, struct error *err);
/* Clients connected to the server, ours included; 0 when unknown. */
uint64_t target_connected_clients(struct target *target);
