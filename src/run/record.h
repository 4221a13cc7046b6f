/* From what the lanes of a cell saw to runs of the result; and what the observer of the campaign is
 * told of runs (run_observer.measured). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "run/session.h"

/* The run of one arm in the present pair of the cell. */
struct result_run *record_run(struct session *session, struct cell *cell, uint32_t arm);
/* The runs of all arms, which are told; false: one of them is not valid. */
bool record_pair(struct session *session, struct cell *cell);
/* A pair that was broken off: its figures are kept and shown, but not compared. */
void record_part_of_pair(struct session *session, struct cell *cell);

/* Tells the run of an arm in the present pair as far as `tally` has it. */
void record_tell_part(struct session *session, const struct cell *cell, uint32_t arm,
                      const struct tally *tally);
/* Tells the pairs at work, if it is time again, as far as there is something new in them. */
void record_tell_pairs(struct session *session);
/* Tells the last `count` runs of the cell, which are whole. */
void record_tell_runs(struct session *session, const struct cell *cell, size_t count);
/* Tells all runs that there are. */
void record_tell_all(struct session *session);
