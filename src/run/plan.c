#include "run/plan.h"

#include <assert.h>
#include <string.h>

enum { SLICES_BY_REQUESTS = 12 };

/* How many slices a run is cut into: even, so that quads come out whole. */
static uint32_t count_slices(const struct design_spec *design, const struct load_spec *load)
{
    if (design->slice == 0) {
        return 1;
    }
    if (load->requests > 0) {
        uint64_t most = load->requests / 2 * 2;
        return most < 2 ? 1 : most < SLICES_BY_REQUESTS ? (uint32_t)most : SLICES_BY_REQUESTS;
    }
    uint64_t slices = (design->duration + design->slice / 2) / design->slice;
    if (slices < 2) {
        return 1;
    }
    return (uint32_t)(slices + slices % 2);
}

void plan_init(struct plan *plan, const struct design_spec *design, const struct load_spec *load,
               uint32_t arms, uint64_t seed)
{
    assert(arms >= 1 && arms <= PLAN_MAX_ARMS);
    *plan = (struct plan){.arms = arms, .slices = count_slices(design, load)};
    if (load->requests > 0) {
        plan->requests = load->requests;
    } else {
        plan->slice = design->duration / plan->slices;
    }
    rng_init(&plan->rng, seed);
}

/* Fisher and Yates. */
static void shuffle(struct rng *rng, uint32_t *order, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        order[i] = i;
    }
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = (uint32_t)rng_below(rng, i);
        uint32_t held = order[i - 1];
        order[i - 1] = order[j];
        order[j] = held;
    }
}

static void reverse(const uint32_t *from, uint32_t *to, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        to[i] = from[count - 1 - i];
    }
}

void plan_next_pair(struct plan *plan, uint32_t *order)
{
    uint32_t arms = plan->arms;
    if (plan->slices == 1) {
        if (plan->reverse_next) {
            reverse(plan->last_order, order, arms);
        } else {
            shuffle(&plan->rng, order, arms);
            memcpy(plan->last_order, order, arms * sizeof *order);
        }
        plan->reverse_next = !plan->reverse_next;
        return;
    }
    for (uint32_t group = 0; group < plan->slices / 2; group++) {
        uint32_t *first = order + (size_t)group * 2 * arms;
        shuffle(&plan->rng, first, arms);
        reverse(first, first + arms, arms);
    }
}

uint64_t plan_slice_requests(const struct plan *plan, uint32_t index)
{
    return plan->requests / plan->slices + (index < plan->requests % plan->slices ? 1 : 0);
}

uint32_t plan_slot(const uint32_t *order, uint32_t arm)
{
    bool seen[PLAN_MAX_ARMS] = {false};
    uint32_t slot = 1;
    for (uint32_t i = 0; order[i] != arm; i++) {
        if (!seen[order[i]]) {
            seen[order[i]] = true;
            slot++;
        }
    }
    return slot;
}
