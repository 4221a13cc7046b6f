/* The text of INFO: lines "name:value" under "# Section". Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* The value of the first line `name:value`. False when there is none. A view into `info`. */
bool info_find(struct str info, const char *name, struct str *value);
/* The same, read as a number; *out untouched when missing or not a number. */
bool info_find_u64(struct str info, const char *name, uint64_t *out);
bool info_find_double(struct str info, const char *name, double *out);

enum { INFO_TEXT_SIZE = 64 };

/* Who answers: engine "redis", "valkey" or what server_name says; its own version (valkey_version
 * for Valkey, not the redis_version that it reports for compatibility). */
struct info_server {
    char engine[INFO_TEXT_SIZE];
    char version[INFO_TEXT_SIZE];
    char mode[INFO_TEXT_SIZE]; /* standalone, cluster, sentinel */
    char role[INFO_TEXT_SIZE]; /* master, slave */
    char run_id[INFO_TEXT_SIZE];
    uint64_t process_id;
    uint64_t uptime_seconds;
    uint64_t connected_clients;
};
/* False when the text has no version line at all: not a Redis-like server. */
bool info_read_server(struct str info, struct info_server *out);

/* Counters that only grow; the difference of two readings belongs to the time between. */
struct info_counters {
    double cpu_seconds;      /* used_cpu_sys + used_cpu_user, all threads; < 0: not told */
    double cpu_main_seconds; /* ..._main_thread; < 0 when the server does not tell */
    uint64_t commands;       /* total_commands_processed */
    uint64_t keyspace_hits;
    uint64_t keyspace_misses;
    uint64_t evicted_keys;
    uint64_t expired_keys;
    uint64_t forks;       /* to save, to rewrite, to send a snapshot to a replica */
    uint64_t used_memory; /* a level, not a counter */
    uint64_t identity;    /* of the processes that counted: readings of others do not belong
                             together; filled by who knows them, else 0 */
};
/* Missing lines leave 0, and -1 for processor time. */
void info_read_counters(struct str info, struct info_counters *out);
/* What a server says of itself at one moment; NAN: it does not tell. */
struct info_moment {
    double cpu_seconds; /* as above; these only grow... */
    double cpu_main_seconds;
    double commands;
    double evicted_keys;
    double expired_keys;
    double forks;
    double used_memory; /* ...and these are levels */
    double connected_clients;
    double blocked_clients;
    double saving;      /* in the background: 1 or 0 */
    double rewriting;   /* its append-only file: 1 or 0 */
    double replicas;    /* of a primary */
    double replica_lag; /* bytes that the one furthest behind has not confirmed; NAN: no replica */
    double link_up;     /* of a replica: its connection to the primary, 1 or 0 */
};
void info_read_moment(struct str info, struct info_moment *out);
struct info_keyspace {
    uint64_t keys;
    uint64_t expiring; /* of those, that have a time to live */
};
/* All databases of the Keyspace section ("db0:keys=5,expires=1,..."). */
void info_read_keyspace(struct str info, struct info_keyspace *out);
