/* A capture of MONITOR as commands to be sent again. Which words of a command are keys is asked of
 * the server (COMMAND INFO once, COMMAND GETKEYS for commands whose keys move), and only commands
 * that touch named keys are taken: what is left out is counted by name. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "target/target.h"
#include "workload/trace.h"

enum { REPLAY_MAX_NAMES = 512, REPLAY_NAME_SIZE = 32 };

struct replay_name {
    char name[REPLAY_NAME_SIZE]; /* in lower case */
    uint64_t skipped;
    bool is_known;
    bool is_taken;
    bool asks;                 /* for the keys of each single one */
    int64_t first, last, step; /* places of keys */
};

struct replay_report {
    uint64_t lines; /* with a command */
    uint64_t taken; /* of those */
    uint64_t bad;   /* lines that cannot be read... */
    uint64_t first_bad;
    char problem[ERROR_TEXT_SIZE]; /* ...and why the first one cannot */
    struct replay_name names[REPLAY_MAX_NAMES];
    size_t name_count;
};

/* `target` was started. Fills a zeroed trace (its `keeps_keys` was set); release it in either case.
 * ERROR_TARGET; ERROR_USAGE: there is nothing in the text to be sent. */
bool replay_read(struct target *target, struct str text, struct trace *trace,
                 struct replay_report *report, struct error *err);
/* "config 2, multi 5": what was left out, the most frequent first; "" for nothing. */
void replay_list_skipped(const struct replay_report *report, struct buf *out);
