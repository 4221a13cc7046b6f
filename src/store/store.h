/* The store: every result that was measured or imported, in one SQLite database (docs/FORMATS.md,
 * "The store"), which several processes may use at once.
 *
 * Thread rule: a store is one thread's at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "base/units.h"
#include "model/result.h"

struct store;

/* The file meant by default: tenbin/results.db in XDG_DATA_HOME, or in ~/.local/share. ERROR_USAGE:
 * neither is known. */
bool store_default_path(char *path, size_t size, struct error *err);

enum store_mode {
    STORE_READ,  /* a file that is not there is a store without results, and is not made */
    STORE_WRITE, /* makes the file, and its folder */
};
/* Opens it, and brings an earlier version to this one. ERROR_SYSTEM, ERROR_USAGE: a later version,
 * another program's database. */
bool store_open(const char *path, enum store_mode mode, struct store **out, struct error *err);
/* NULL is allowed. */
void store_close(struct store *store);

enum store_state {
    STORE_COMPLETE,
    STORE_MEASURING,  /* a process is at it */
    STORE_BROKEN_OFF, /* its process has ended without finishing it: what was measured is there */
};
const char *store_state_name(enum store_state state); /* "complete", "measuring", "broken-off" */

/* Writes a whole result in one transaction, over what is there of it already. */
bool store_save(struct store *store, const struct result *result, struct error *err);
/* Writes a part of a result that is being measured: the text of a result file whose only cell, the
 * `cell`th of the result, has only one run, the `run`th of the cell, with its windows from the
 * `window`th and its samples of monitors from the `sample`th on. */
struct store_part {
    struct str text;
    uint32_t cell;
    uint32_t run;
    size_t window;
    size_t sample;
};
/* All of them, or none. */
bool store_save_parts(struct store *store, const struct store_part *parts, size_t count,
                      struct error *err);

/* The result that a name means: its id, the beginning of one that no other begins with, or "last".
 * `id` lives in the arena. ERROR_USAGE: none, or several. */
bool store_find(struct store *store, const char *name, struct arena *arena, const char **id,
                struct error *err);
/* Is there one of exactly this id? */
bool store_has(struct store *store, const char *id, bool *has, struct error *err);
/* Reads it, as result_json_read does: release it on success. */
bool store_load(struct store *store, const char *id, struct result *result, enum store_state *state,
                struct error *err);
/* ERROR_USAGE: it is being measured. */
bool store_remove(struct store *store, const char *id, struct error *err);

/* A line of the list; everything lives in the arena. */
struct store_entry {
    const char *id;
    const char *created; /* as in the result file */
    const char *kind;
    const char *origin;  /* the format it was imported from; NULL: measured by tenbin */
    const char *arms;    /* "redis, valkey" */
    const char *cells;   /* "strings, hash" */
    const char *outcome; /* a few words */
    const char *verdict; /* NULL: none */
    int exit_code;
    enum store_state state;
};
struct store_entries {
    struct store_entry *items;
    size_t count;
};
/* The newest ones, newest first. */
bool store_list(struct store *store, uint64_t limit, struct arena *arena, struct store_entries *out,
                struct error *err);

/* What tidying up did. */
struct store_tidied {
    uint64_t removed;
    uint64_t bytes_before;
    uint64_t bytes_after;
};
/* Removes results that were broken off longer ago than `age`, and gives room that is not needed
 * back to the file system. */
bool store_tidy(struct store *store, nsec age, struct store_tidied *out, struct error *err);
