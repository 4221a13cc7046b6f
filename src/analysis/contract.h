/* Are the arms comparable? Judged once, before anything is loaded, from what the servers said of
 * themselves (struct result_arm). Pure. Thread rule: the result's owner. */
#pragma once

#include <stdbool.h>

#include "model/result.h"

/* Adds findings of each arm against the first to result->findings. False: one of them is invalid,
 * and measuring would compare what is not comparable.
 *
 * What the user wrote in a target is meant: such a difference is a note. What is not known of an
 * arm is not judged.
 *
 *   same-server           invalid: two attached arms are one server, and nobody asked for --aa
 *   hosts-differ          of the hosts of one arm: as severe as a difference between arms (below);
 *                         conditional: engine or version; hosts that are one server are same-server
 *   tls-differs           invalid: one is spoken to through TLS, the other not
 *   cluster-differs       invalid: cluster mode on one side, or another number of primaries
 *   replicas-differ       invalid
 *   persistence-differs   invalid: save, appendonly or appendfsync
 *   eviction-differs      invalid: maxmemory-policy
 *   memory-limit-differs  conditional: maxmemory
 *   modules-differ        conditional; a note where tenbin started both: engines have some built in
 *   threads-differ        conditional: io-threads
 *   tuning-differs        conditional: activedefrag, latency-tracking; note: what engines preset
 *                         differently (hz, lazyfree-lazy-user-del)
 *   platform-differs      conditional: arch_bits; note: mem_allocator
 *   network-differs       conditional: round trips differ by more than a fifth and 100 us
 *   data-differs          conditional: keys that were there before differ by more than half and 32
 *                         bytes in size, or by more than 10 of 100 in how many expire
 *   replica               conditional: an arm is a replica
 *   busy-server           conditional: loading, saving or rewriting when it was asked
 *   not-empty             note: there were keys before, conditional when the arms differ by more
 * than a tenth */
bool contract_check(struct result *result);
