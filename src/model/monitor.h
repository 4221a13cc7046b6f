/* What was seen beside the load at one moment of a run: of a server, of the machine, or of the load
 * generator itself. Plain data and the table of its figures. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum monitor_source {
    MONITOR_SERVER,
    MONITOR_HOST,   /* the machine that measures */
    MONITOR_CLIENT, /* the load generator */
};
enum { MONITOR_SOURCES = MONITOR_CLIENT + 1 };

enum monitor_figure {
    /* Of a server, by its own account. */
    MONITOR_CPU,      /* share of one processor that all its threads used */
    MONITOR_CPU_MAIN, /* ...and its main thread */
    MONITOR_USED_MEMORY,
    MONITOR_CONNECTED_CLIENTS, /* ours included */
    MONITOR_BLOCKED_CLIENTS,
    MONITOR_COMMANDS, /* per second, ours and those of others */
    MONITOR_EVICTED_KEYS,
    MONITOR_EXPIRED_KEYS,
    MONITOR_FORKS,
    MONITOR_SAVING,    /* in the background: 1 or 0 */
    MONITOR_REWRITING, /* its append-only file */
    MONITOR_REPLICAS,
    MONITOR_REPLICA_LAG, /* bytes that the replica furthest behind has not confirmed */
    MONITOR_LINK_UP,     /* of a replica: to its primary */
    /* Of the machine. */
    MONITOR_BUSY,      /* share of the time of all processors */
    MONITOR_STEAL,     /* ...that the hypervisor took */
    MONITOR_THROTTLED, /* processors that a quota held back, on average (os/cpu.h) */
    MONITOR_MEMORY_AVAILABLE,
    MONITOR_CONTEXT_SWITCHES, /* per second */
    MONITOR_RUNNABLE,         /* threads that ran or wanted to, at the end */
    /* Of the load generator. */
    MONITOR_CLIENT_BUSY, /* of the busiest worker, without waiting and spinning */
    MONITOR_LOOP_STALLS,
    MONITOR_LONGEST_LOOP_STALL, /* seconds */
    MONITOR_SEND_LAG_P99,       /* ns; open loop */
};
enum { MONITOR_FIGURES = MONITOR_SEND_LAG_P99 + 1 };

/* Figures without a rate in their name are levels at the end of the stretch or, where they count
 * something, counts within it. */
struct monitor_sample {
    double end;     /* s, in the same time as the ends of the run's windows */
    double seconds; /* the stretch that shares, rates and counts belong to, up to `end` */
    enum monitor_source source;
    const char *node;                /* NULL: not told */
    double figures[MONITOR_FIGURES]; /* NAN: not told, or of another source */
};

enum monitor_form { MONITOR_NUMBER, MONITOR_WHOLE, MONITOR_SWITCH };
struct monitor_facts {
    const char *name; /* in files; unique within its source */
    enum monitor_source source;
    enum monitor_form form;
};
extern const struct monitor_facts monitor_facts[MONITOR_FIGURES];

const char *monitor_source_name(enum monitor_source source); /* "server", "host", "client" */
bool monitor_source_find(struct str name, enum monitor_source *out);
/* A sample of which no figure is known yet. */
struct monitor_sample monitor_sample_of(enum monitor_source source, const char *node);
/* Sets a figure, with no more digits than mean something. */
void monitor_set(struct monitor_sample *sample, enum monitor_figure figure, double value);
