/* A block: one pair of every cell, made on one launch of the servers. Cells are measured in batches
 * whose data a server can hold at the same time, in an order drawn anew for each block; within a
 * batch the quads of all its cells are mixed at random. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "run/session.h"

/* Makes block number `session->block` and records its runs. Cells with a run that is not valid are
 * measured again on a launch of their own, a bounded number of times. What was measured before a
 * failure is recorded as part of a pair. */
bool block_make(struct session *session, struct error *err);

/* Cells that are at hand at the same time: numbers of them. */
struct group {
    const uint32_t *cells;
    uint32_t count;
};
/* Does what is in the arm's server, together with what these cells want, stay below the limit? */
bool block_has_room(const struct session *session, uint32_t arm, const struct group *group);
/* Takes out of an arm what these cells do not want: a server of ours is emptied, from another one
 * it is removed by name. */
bool block_make_room(struct session *session, uint32_t arm, const struct group *group,
                     struct error *err);
/* block_prepare on one arm. */
bool block_prepare_arm(struct session *session, const struct group *group, uint32_t arm,
                       struct error *err);
/* On servers that are up: engines of all lanes connected, data loaded and checked. On failure what
 * was connected stays so. */
bool block_prepare(struct session *session, const struct group *group, struct error *err);
/* Everybody warm: in the order in which the arms have their first slice, so that over the pairs
 * none has always waited longest. */
bool block_warm_up(struct session *session, const struct group *group, struct error *err);
/* Empty tallies for all lanes of the cell, with room for so many windows; 0: one per slice. */
void block_begin_tallies(struct session *session, struct cell *cell, size_t windows);
/* A server of ours ends, and what was in it is forgotten. */
void block_stand_down(struct session *session);
