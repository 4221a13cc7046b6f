/* May this be believed? Findings about one run and about a whole result, each with advice. Pure;
 * texts live in the result's arena. The rules look at errors, clocks and processors, never at which
 * arm is ahead, so that leaving out what they reject cannot favour one. Thread rule: the result's
 * owner. */
#pragma once

#include <stdbool.h>

#include "model/result.h"

/* Adds findings to a run of `result` and sets `valid` (no finding of it is invalid, also none that
 * was there before). Call once per run, when its figures are complete.
 *
 *   no-operations        invalid: nothing was completed
 *   error-replies        any operation failed: conditional, invalid above 0.01 % of operations;
 * those lost with their connection do not count there, nor, in RESULT_RUN when the target's nodes
 * changed, those that come of that (timeout, READONLY, LOADING, MASTERDOWN, CLUSTERDOWN, TRYAGAIN)
 *   lost-connections     any: conditional; in RESULT_COMPARE invalid when gaps exceed 1 % of
 *                        connection time in a closed loop
 *   misses               reads that found nothing although data was loaded: note, invalid above 1 %
 *   client-saturated     a worker busy over 95 % while the server's main thread is below 80 %:
 *                        invalid; both near their limit, or the server unknown: conditional
 *   steal                above 2 % of the machine's time: conditional
 *   throttled            above 1 % of one processor, by a quota of a control group: conditional
 *   evictions            any: conditional
 *   background-save      the server forked: conditional
 *   histogram-saturated  latencies beyond HIST_HIGHEST: conditional */
void validity_check_run(struct result *result, struct result_run *run);

/* Adds findings about the whole to result->findings. Call once, after all runs and before
 * analysis_compare.
 *
 * What was found in runs is summed up, one finding per code ("in 3 of 12 runs, at worst: ..."),
 * over the last attempts of pairs. An invalid run makes the whole invalid when more than a fifth of
 * the pairs of an arm are lost that way, or in RESULT_RUN; else its pair is left out and the
 * finding is conditional.
 *
 *   no-valid-pairs     invalid: pairs were measured, none counts
 *   few-pairs          conditional: too few pairs for an interval at the wanted confidence
 *   repeated-pairs     note, conditional above a fifth of the pairs
 *   short-block        conditional: an attached arm, and a pair takes less than 5 s in all
 *   single-node        conditional: one host per arm, not this one: hosts differ, too
 *   few-hosts          conditional: an arm has one host, another several: no interval
 *   client-headroom    conditional: the fastest run came within a tenth of what the load generator
 *                      can do against a server that does nothing (of a suite: in a valid cell)
 *   one-processor      conditional: client and server share the only processor
 *   unpinned           note: a local server or a worker is bound to no processor
 *   governor           note: the processor's clock follows the load
 *   loopback           note: a server on this machine */
void validity_check_result(struct result *result);
