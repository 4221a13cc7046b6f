#include "run/plan.h"

#include "run/placement.h"
#include "support/tap.h"

static void test_slices(void)
{
    static const struct {
        nsec duration;
        nsec slice;
        uint64_t requests;
        uint32_t slices;
        nsec length;
    } rows[] = {
        {3000, 250, 0, 12, 250},  {3000, 0, 0, 1, 3000}, {250, 250, 0, 1, 250},
        {500, 250, 0, 2, 250},    {700, 250, 0, 4, 175}, {1000, 300, 0, 4, 250},
        {3000, 250, 1200, 12, 0}, {3000, 0, 1200, 1, 0}, {3000, 250, 5, 4, 0},
        {3000, 250, 29, 12, 0},   {3000, 250, 1, 1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct design_spec design = {.duration = rows[i].duration * NSEC_PER_MSEC,
                                     .slice = rows[i].slice * NSEC_PER_MSEC};
        struct load_spec load = {.requests = rows[i].requests};
        struct plan plan;
        plan_init(&plan, &design, &load, 2, 1);
        tap_int(plan.slices, rows[i].slices, "slices of row %zu", i);
        tap_int((int64_t)(plan.slice / NSEC_PER_MSEC), (int64_t)rows[i].length,
                "their length, row %zu", i);
        uint64_t requests = 0;
        for (uint32_t slice = 0; slice < plan.slices; slice++) {
            requests += plan_slice_requests(&plan, slice);
        }
        tap_int((int64_t)requests, (int64_t)rows[i].requests, "their requests, row %zu", i);
    }
}

/* Position balance: in every group each arm's positions add up to the same. */
static void test_balance(uint32_t arms)
{
    struct design_spec design = {.duration = 3000 * NSEC_PER_MSEC, .slice = 250 * NSEC_PER_MSEC};
    struct load_spec load = {0};
    struct plan plan;
    plan_init(&plan, &design, &load, arms, 99);
    uint32_t order[PLAN_MAX_ARMS * 12];
    int unbalanced = 0;
    int first_began = 0;
    for (int pair = 0; pair < 500; pair++) {
        plan_next_pair(&plan, order);
        for (uint32_t group = 0; group < 6; group++) {
            uint32_t sum[PLAN_MAX_ARMS] = {0};
            const uint32_t *slices = order + (size_t)group * 2 * arms;
            for (uint32_t i = 0; i < 2 * arms; i++) {
                sum[slices[i]] += i;
            }
            for (uint32_t arm = 0; arm < arms; arm++) {
                unbalanced += sum[arm] != 2 * arms - 1;
            }
            first_began += slices[0] == 0;
        }
    }
    tap_int(unbalanced, 0, "%u arms: every group is balanced", arms);
    tap_near(first_began / 3000.0, 1.0 / arms, 0.04, "%u arms: the coin is fair", arms);
}

static void test_whole(void)
{
    struct design_spec design = {.duration = 3000 * NSEC_PER_MSEC};
    struct load_spec load = {0};
    struct plan plan;
    plan_init(&plan, &design, &load, 2, 5);
    int mirrored = 0;
    int first_began = 0;
    for (int quad = 0; quad < 1000; quad++) {
        uint32_t odd[2];
        uint32_t even[2];
        plan_next_pair(&plan, odd);
        plan_next_pair(&plan, even);
        mirrored += odd[0] == even[1] && odd[1] == even[0] && odd[0] != odd[1];
        first_began += odd[0] == 0;
    }
    tap_int(mirrored, 1000, "whole runs: the next pair has the reverse order");
    tap_near(first_began, 500, 70, "whole runs: the coin is fair");
}

static void test_seed(void)
{
    struct design_spec design = {.duration = 3000 * NSEC_PER_MSEC, .slice = 250 * NSEC_PER_MSEC};
    struct load_spec load = {0};
    uint32_t orders[3][24];
    for (uint64_t i = 0; i < 3; i++) {
        struct plan plan;
        plan_init(&plan, &design, &load, 2, i / 2);
        plan_next_pair(&plan, orders[i]);
    }
    tap_check(memcmp(orders[0], orders[1], sizeof orders[0]) == 0, "same seed, same order");
    tap_check(memcmp(orders[0], orders[2], sizeof orders[0]) != 0, "another seed, another order");
}

static void test_placement(void)
{
    static const struct {
        unsigned cpus;
        uint32_t threads;
        bool wanted;
        const char *workers;
        const char *servers;
    } rows[] = {
        {2, 1, true, "pinned to processor 0", "pinned to processor 1"},
        {4, 1, true, "pinned to processor 0", "pinned to processors 1-3"},
        {4, 2, true, "pinned to processors 0-1", "pinned to processors 2-3"},
        {1, 1, true, "not pinned", "not pinned"},
        {2, 2, true, "not pinned", "not pinned"},
        {4, 1, false, "not pinned", "not pinned"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cpu_set available = {0};
        for (unsigned cpu = 0; cpu < rows[i].cpus; cpu++) {
            cpu_set_add(&available, cpu);
        }
        struct placement placement;
        struct arena arena = {0};
        placement_init(&placement, &available, rows[i].threads, rows[i].wanted);
        tap_text(placement_of_workers(&placement, &arena), rows[i].workers, "workers, row %zu", i);
        tap_text(placement_of_servers(&placement, &arena), rows[i].servers, "servers, row %zu", i);
        arena_release(&arena);
    }
}

static void test_slot(void)
{
    static const uint32_t order[] = {2, 0, 0, 2, 1, 1};
    tap_int(plan_slot(order, 2), 1, "the arm that begins");
    tap_int(plan_slot(order, 0), 2, "the next one");
    tap_int(plan_slot(order, 1), 3, "the last one, however many slices come before it");
}

int main(void)
{
    test_slices();
    test_slot();
    test_balance(2);
    test_balance(3);
    test_balance(5);
    test_whole();
    test_seed();
    test_placement();
    return tap_end();
}
