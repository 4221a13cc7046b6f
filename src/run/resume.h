/* Going on with a suite that was interrupted: its result file holds what it measured. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "run/session.h"

/* Is the earlier result of the same suite: targets, cells, workloads, seed? ERROR_USAGE says what
 * differs. */
bool resume_check(const struct session *session, const struct result *earlier, struct error *err);
/* Takes over the runs, and what was found out before the first block; the earlier result keeps no
 * runs. Returns the first block that is not whole, of those that confirm gates where that had
 * begun; more than there are if all are. */
uint32_t resume_take(struct session *session, struct result *earlier);
/* What the first launch tells of cells and arms, where nothing is launched any more; after
 * resume_take. */
void resume_recall(struct result *result, const struct result *earlier);
/* Gives the runs back where nothing could be gone on with: what there was stays as it was. */
void resume_return(struct result *result, struct result *earlier);
/* Is a server that answers now what it was then, engine and version? ERROR_INVALID says what it
 * was. */
bool resume_check_server(const struct result *earlier, const struct arm *arm, struct error *err);
