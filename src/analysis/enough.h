/* When to stop adding pairs: once the answer is precise, never once it is pleasing.
 *
 * The rule of a comparison whose number of pairs is not fixed: make design.pairs (ENOUGH_FIRST),
 * look, and look again after every ENOUGH_STEP. At a look, call analysis_compare and then
 * analysis_enough; stop when it says so, when max_pairs (ENOUGH_MOST) are made, or when another
 * ENOUGH_STEP pairs would not fit into the time there is. It looks at how wide intervals are and at
 * nothing else: not at where they lie, so not at who wins. Intervals of such a comparison are made
 * at a higher level (pairs.h), because samples that look calm by luck end early; then they cover as
 * often as they promise (`make simcheck`).
 *
 * Narrow enough is a half width of half the margin: the interval cannot reach from "no difference"
 * past the margin any more, so that no verdict is inconclusive.
 *
 * Where hosts are the unit of inference more pairs take out the noise of pairs and not what hosts
 * differ by: then what is said to be needed is the least, and max_pairs may end it. With one host
 * of an arm there is no interval to make narrow; with two the interval is narrow by luck too often
 * for looking at it again and again (`make simcheck`), so that no pairs are added below
 * ENOUGH_HOSTS.
 *
 * Pure; thread rule: the result's owner. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/result.h"

enum { ENOUGH_FIRST = 10, ENOUGH_STEP = 2, ENOUGH_MOST = 40 };
enum { ENOUGH_HOSTS = 3 }; /* of each arm */

struct enough {
    bool enough;
    uint32_t n;           /* valid pairs there are, of the comparison that lacks most */
    uint32_t needed;      /* that it is expected to need, in all; n when enough */
    const char *cell;     /* its name; NULL when enough, or when there is nothing to look at */
    enum metric metric;   /* its metric */
    double seconds_to_go; /* that the missing pairs are expected to take; NAN: not known */
};

/* Does the comparison add pairs? Its design asks for it, and it has hosts enough. */
bool enough_adds_pairs(const struct result *result);
/* How many pairs a comparison that adds pairs makes at least, if nothing stops it: up to the first
 * look, or max_pairs. */
uint32_t enough_least(const struct result *result);
/* Is it time to look, after so many pairs? The first time after design.pairs; where hosts are the
 * unit not before ENOUGH_FIRST, because a pair or two of each host are narrow by luck, too. */
bool enough_is_look(const struct result *result, uint32_t pairs);

/* Looks at the comparisons of `cell`, or of all cells when it is NULL: each arm, the gated metrics,
 * or ops, p50 and cpu when none is gated. A metric without figures, or whose figures are no
 * verdict, is not waited for. With none to look at it is not enough, and `needed` is what the first
 * interval takes. */
void analysis_enough(const struct result *result, const struct result_cell *cell,
                     struct enough *out);

/* Wall time that one pair of the cell takes, in seconds, data and warm-up included: the median of
 * the times from the start of a pair to that of the next. NAN with fewer than two pairs. */
double analysis_pair_seconds(const struct result_cell *cell);
