#include "run/cell.h"

#include "base/mem.h"

static void compile(struct cell *cell, uint64_t seed)
{
    workload_init(&cell->workload, &cell->described->workload, seed);
    cell->has_workload = true;
    window_init(&cell->outcome.window, cell->workload.operation_count);
}

void cell_init(struct cell *cell, struct result_cell *described, uint64_t seed)
{
    cell->described = described;
    cell->load = described->load;
    cell->described_load = &described->load.profile;
    compile(cell, seed);
    for (uint32_t i = 0; i < cell->lane_count; i++) {
        cell->lanes[i].workload = &cell->workload;
        cell->lanes[i].described = described;
        cell->lanes[i].load = &cell->load;
    }
}

void cell_open_loop(struct cell *cell, double share)
{
    cell->load.profile =
        (struct load_profile){.shape = LOAD_FLAT, .rates = {share * 100}, .rate_count = 1};
    cell->described_load = &cell->described->latency_load;
    cell->is_share = true;
}

void cell_make_rates(struct cell *cell, double full)
{
    struct load_profile *profile = &cell->load.profile;
    for (size_t i = 0; i < profile->rate_count; i++) {
        /* Whole operations: what is in the result is what was asked for. */
        profile->rates[i] = (double)(uint64_t)(profile->rates[i] / 100 * full + 0.5);
    }
    *cell->described_load = *profile;
    cell->is_share = false;
}

void cell_plan(struct cell *cell, const struct design_spec *design, uint64_t seed)
{
    /* Seeds of orders, apart from those of anything else below the same seed. */
    plan_init(&cell->plan, design, &cell->load, cell->lane_count,
              rng_derive(seed, UINT64_MAX - cell->number));
    mem_free(cell->order);
    cell->order = mem_alloc_array((size_t)cell->lane_count * cell->plan.slices, sizeof(uint32_t));
}

void cell_compile_again(struct cell *cell, uint64_t seed)
{
    workload_release(&cell->workload);
    window_release(&cell->outcome.window);
    compile(cell, seed);
}

void cell_release(struct cell *cell)
{
    for (uint32_t i = 0; i < cell->lane_count; i++) {
        lane_close(&cell->lanes[i]);
    }
    if (cell->has_workload) {
        workload_release(&cell->workload);
    }
    window_release(&cell->outcome.window);
    mem_free(cell->order);
}

void cell_next_pair(struct cell *cell)
{
    plan_next_pair(&cell->plan, cell->order);
}

uint32_t cell_group_count(const struct cell *cell)
{
    return cell->plan.slices == 1 ? 1 : cell->plan.slices / 2;
}

uint32_t cell_group_size(const struct cell *cell)
{
    return cell->plan.slices == 1 ? cell->plan.arms : 2 * cell->plan.arms;
}

uint32_t cell_slot(const struct cell *cell, uint32_t arm)
{
    return plan_slot(cell->order, arm);
}

void cell_sequence(const struct cell *cell, uint32_t sequence[PLAN_MAX_ARMS])
{
    for (uint32_t arm = 0; arm < cell->lane_count; arm++) {
        sequence[cell_slot(cell, arm) - 1] = arm;
    }
}
