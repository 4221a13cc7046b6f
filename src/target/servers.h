/* Server programs on this machine: those that tools/get-servers fetched (in the cache folder, each
 * with its own loader and libraries) and those on PATH. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

enum { SERVERS_MAX_ARGS = 8 };

struct server_program {
    const char *engine;                 /* "redis", "valkey" */
    const char *version;                /* "8.0.1"; "" when the program would not say */
    const char *origin;                 /* "PATH", "cache", "file" */
    const char *path;                   /* the program's own file */
    const char *argv[SERVERS_MAX_ARGS]; /* what to execute; settings follow; NULL-terminated */
};

/* All servers found, PATH first, then the cache with newer versions first. Starts every PATH
 * program once with --version. Never fails: a folder that cannot be read has no servers. */
void servers_list(struct arena *arena, struct server_program **out, size_t *count);
/* The program that `local:PROGRAM[@VERSION]` means: a path as it is; a name is looked up on PATH
 * first (unless a version is asked and does not match), then in the cache. "9.1" matches 9.1.x, the
 * newest. ERROR_TARGET: what was looked for, what is there, and that tools/get-servers fetches
 * more. */
bool servers_find(const char *program, const char *version, struct arena *arena,
                  struct server_program *out, struct error *err);
