/* Server programs on this machine: those that tools/get-servers fetched (in the cache folder, each
 * with its own loader and libraries) and those on PATH.
 *
 * The cache folder is TENBIN_SERVERS, or tenbin/servers in XDG_CACHE_HOME or ~/.cache. Each folder
 * in it is one server, described by the file "tenbin-server": lines "engine=", "version=",
 * "server=" (the program), and "loader=" and "library-path=" when it needs its own; paths are
 * relative to the folder and do not leave it. A folder whose file is broken is not a server.
 *
 * Thread rule: main thread (it reads the environment and starts programs). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

enum { SERVERS_MAX_ARGS = 8 };

struct server_program {
    const char *engine;                 /* "redis", "valkey"; "" when the program would not say */
    const char *version;                /* "8.0.1"; "" when the program would not say */
    const char *origin;                 /* "PATH", "cache", "file" */
    const char *path;                   /* the program's own file */
    const char *argv[SERVERS_MAX_ARGS]; /* what to execute; settings follow; NULL-terminated */
};

/* All servers found, redis-server and valkey-server of PATH first, then the cache by engine with
 * newer versions first. Starts every PATH program once with --version (at most 2 s each). Never
 * fails: a folder that cannot be read has no servers. */
void servers_list(struct arena *arena, struct server_program **out, size_t *count);
/* The program that `local:PROGRAM[@VERSION]` means. A path (with '/') is taken as it is, with its
 * own loader if it lies in a folder that tools/get-servers made. A name is looked up on PATH first
 * (unless a version is asked and does not match), then in the cache, the newest that matches.
 * `version` NULL: any. ERROR_TARGET: what was looked for, what is there, and that
 * tools/get-servers fetches more. */
bool servers_find(const char *program, const char *version, struct arena *arena,
                  struct server_program *out, struct error *err);
/* Does a version answer what was asked for? "9.1" means 9.1 and 9.1.x; NULL or "" means any. */
bool servers_version_matches(const char *version, const char *asked);
/* Engine and version from what `--version` printed ("Redis server v=7.0.15 sha=..."), in `arena`;
 * "" and false when it is of another form. */
bool servers_read_version(struct str text, struct arena *arena, struct server_program *out);
