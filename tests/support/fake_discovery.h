/* The functions of engine/discovery.h without a thread, in the time of a clock that the test moves:
 * a search ends a while after it was asked for, and finds what the test wants it to find. Link it,
 * and engine/discovery.c stays out of the program. */
#pragma once

#include "engine/discovery.h"
#include "os/clock.h"

/* Starts with a copy of `topology`. Searches take `takes`. */
struct discovery *fake_discovery_new(const struct clock *clock, const struct topology *topology,
                                     nsec takes);
/* What searches that end from now on find; copied. Without it they find nothing new. */
void fake_discovery_find(struct discovery *discovery, const struct topology *topology);
/* How often a search was asked for. */
uint64_t fake_discovery_requests(const struct discovery *discovery);
