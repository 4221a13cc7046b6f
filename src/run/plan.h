/* In which order arms are loaded, and for how long at a time. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/units.h"
#include "model/spec.h"

enum { PLAN_MAX_ARMS = 16 };

struct plan {
    uint32_t arms;
    uint32_t slices;   /* per arm and pair: even, or 1 for whole runs */
    nsec slice;        /* recorded per slice; 0: by requests */
    uint64_t requests; /* operations per arm and pair; 0: by time */
    struct rng rng;
    uint32_t last_order[PLAN_MAX_ARMS]; /* of the previous pair, for whole runs */
    bool reverse_next;
};

/* `seed` decides every coin. */
void plan_init(struct plan *plan, const struct design_spec *design, const struct load_spec *load,
               uint32_t arms, uint64_t seed);
/* The arms in the order in which the slices of the next pair are made: arms * slices entries. Each
 * group of 2 * arms slices is a random order of the arms followed by its reverse (for two arms:
 * ABBA or BAAB by coin), so that a steady drift falls on all arms alike. With whole runs the
 * reverse follows in the next pair. */
void plan_next_pair(struct plan *plan, uint32_t *order);
/* Operations of slice number `index` (from 0) of a run by requests; they add up to the run's. */
uint64_t plan_slice_requests(const struct plan *plan, uint32_t index);
/* The rank of an arm's first slice among those of the arms, from 1, in an order of plan_next_pair.
 */
uint32_t plan_slot(const uint32_t *order, uint32_t arm);
