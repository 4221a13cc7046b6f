/* Operations whose steps depend on replies or on time: steps that are sent only after a hit or a
 * miss, take texts from a reply, are repeated for each of them, wait before they are sent, or begin
 * again when a transaction was not carried out. What such an operation remembers is its trail. For
 * the other parts of the worker only.
 *
 * Trails are made when they are first needed, and used again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/connection.h"
#include "engine/wait_list.h"
#include "redis/resp_read.h"
#include "redis/resp_texts.h"

struct worker;

struct trail {
    struct resp_texts *texts; /* of the last reply; NULL: no step wants them */
    uint32_t at;              /* the text at hand */
    uint32_t next_free;
    uint8_t retries;
    bool found;      /* the last reply held something */
    bool is_reading; /* a reply has begun and not ended... */
    bool is_skipped; /* ...whose texts are not kept */
};

/* By number, from 1. */
struct trail_pool {
    struct trail *all;
    uint32_t count;
    uint32_t free; /* 0: none */
};

/* A step that waits for its time. */
struct thought {
    nsec until;
    nsec since;
    struct waiting item;
};

/* Those of a worker: a heap with the next one first. */
struct thought_heap {
    struct thought *items;
    size_t count;
    size_t capacity;
};

void steps_release(struct worker *worker);
/* An operation begins: its trail, 0 if it needs none. */
uint32_t steps_begin(struct worker *worker, uint32_t operation);
/* It is over. 0 is allowed. */
void steps_end(struct worker *worker, uint32_t trail);
/* What is written from: the texts of the last reply, and the one at hand. */
struct workload_replies steps_replies(const struct worker *worker, uint32_t trail);
/* Bytes of the reply to the oldest flight of a connection, before the flight is taken off. */
void steps_watch(struct worker *worker, const struct connection *connection, struct str bytes,
                 enum resp_status status);
/* The reply to the last flight of a step: sends what comes next, or plans it. False: nothing does,
 * the operation is over. `flight` was taken off and is a copy. */
bool steps_go_on(struct worker *worker, struct connection *connection, const struct flight *flight,
                 const struct resp_reply *reply);
/* The answer was NOSCRIPT: loads the scripts and sends the step again. False: the step has failed,
 * because it is in a transaction, or that did not help before. */
bool steps_load_scripts(struct worker *worker, struct connection *connection,
                        const struct flight *flight);
/* Sends the steps that have waited long enough; with `all` those that have not as well. */
void steps_end_thoughts(struct worker *worker, nsec now, bool all);
/* When the next one is due; UINT64_MAX: none waits. */
nsec steps_next_thought(const struct worker *worker);
/* Forgets all that wait. */
void steps_drop_thoughts(struct worker *worker);
