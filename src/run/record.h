/* From what the lanes of a cell saw to runs of the result. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "run/session.h"

/* The run of one arm in the present pair of the cell. */
struct result_run *record_run(struct session *session, struct cell *cell, uint32_t arm);
/* The runs of all arms; false: one of them is not valid. */
bool record_pair(struct session *session, struct cell *cell);
/* A pair that was broken off: its figures are kept and shown, but not compared. */
void record_part_of_pair(struct session *session, struct cell *cell);
