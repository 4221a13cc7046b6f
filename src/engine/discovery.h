/* Looks for the nodes of a target on a thread of its own, whenever a worker has reason to think
 * that something changed: names are resolved and servers asked there, never on a worker.
 *
 * Workers read the latest topology through one atomic pointer; what was published stays valid as
 * long as the discovery lives. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "redis/discover.h"

struct discovery;

/* Starts with a copy of `topology`. `locator` NULL, or of a single server that is named by
 * its number: it never changes, and no thread is started.
 * `timeout` bounds one search. NULL: ERROR_SYSTEM. */
struct discovery *discovery_new(const struct locator *locator, const struct topology *topology,
                                nsec timeout, struct error *err);
/* NULL is allowed. No worker may use it any more. May wait for a search to end. */
void discovery_free(struct discovery *discovery);

/* From any thread: asks for a search. Returns a ticket; a search that begins from now on answers
 * it. 0: nothing can change, and there is nothing to wait for. */
uint64_t discovery_request(struct discovery *discovery);
/* Has a search succeeded that answers the ticket? Always for ticket 0. */
bool discovery_is_answered(const struct discovery *discovery, uint64_t ticket);
/* The latest topology. */
const struct topology *discovery_latest(const struct discovery *discovery);
/* Must the address of a lost node be found anew before it is tried again? Not where the user or
 * the cluster gave a number. */
bool discovery_has_names(const struct discovery *discovery, const struct topology_node *node);
/* Why the last search failed; code 0: it did not. */
void discovery_problem(struct discovery *discovery, struct error *out);
