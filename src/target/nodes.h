/* The nodes of a target beyond the one that the user named: finding them, and control connections
 * to each. Internal to the module. */
#pragma once

#include "target/target.h"

/* Fills target->locator from the spec (nothing is contacted). */
void nodes_locate(struct target *target);
/* With `control` connected and `server` known: decides on cluster mode, and fills
 * target->topology. ERROR_TARGET. */
bool nodes_find(struct target *target, struct error *err);
/* The sentinel's primary becomes the target's endpoint. ERROR_TARGET. */
bool nodes_ask_sentinel(struct target *target, struct error *err);
/* The primary of that shard becomes the one that `control` connects to. False: there is none. */
bool nodes_point_at(struct target *target, size_t shard);
/* Is there more than the one server that `control` speaks to? */
bool nodes_are_several(const struct target *target);
/* Sums over nodes. What a node does not tell makes the processor times unknown. False only when no
 * node answers. */
bool nodes_counters(struct target *target, struct info_counters *out, struct error *err);
/* Before the nodes are asked: none has said anything. */
void nodes_forget_readings(struct target *target);
/* What the node with that number has just said. */
void nodes_note(struct target *target, size_t number, struct str info);
/* DBSIZE of all primaries. */
bool nodes_count_keys(struct target *target, uint64_t *out, struct error *err);
/* Sends a command to every primary; an error reply is a failure. */
bool nodes_call_primaries(struct target *target, const struct word_list *words, struct error *err);
/* See target_each_primary. */
bool nodes_each_primary(struct target *target, target_visit *visit, void *self, struct error *err);
/* Closes the connections to the nodes and forgets them. */
void nodes_close(struct target *target);
