/* May this be believed? Findings about one run and about a whole result, each with advice. Pure. */
#pragma once

#include <stdbool.h>

#include "model/result.h"

/* Adds findings to the run and sets `valid`. Codes: error-replies (any operation failed: invalid
 * above 0.01 %, else conditional), lost-connections, misses (reads that found nothing although the
 * data was loaded: above 1 % invalid, else note), client-saturated (a worker busy over 95 % while
 * the server's main thread is below 80 %: invalid; both near their limit: conditional),
 * steal (above 2 % of the machine's time: conditional), no-operations (invalid),
 * histogram-saturated (conditional). */
void validity_check_run(struct result *result, struct result_run *run);

/* Adds findings about the whole: same-findings-in-runs summed up into one, unpinned, few pairs,
 * repeated pairs, one processor, governor not performance, short blocks on attached targets ... */
void validity_check_result(struct result *result);
