/* A cell at work: its workload compiled, the order of its slices, a lane for each arm. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "model/result.h"
#include "run/lane.h"
#include "run/plan.h"
#include "workload/workload.h"

struct cell {
    struct result_cell *described; /* the result's */
    struct load_spec load;
    struct load_profile *described_load; /* where the result tells its profile */
    struct workload workload;
    bool has_workload;
    uint32_t number; /* from 0 */
    uint32_t dataset;
    struct plan plan;
    uint32_t *order;               /* of the slices of the present pair */
    struct engine_outcome outcome; /* scratch for slices */
    struct lane lanes[PLAN_MAX_ARMS];
    uint32_t lane_count;
    bool is_share; /* the load's rates are per cent of what the slower arm can do */
    /* What is to be done: */
    bool is_out;      /* cannot be measured: left out of all blocks */
    bool is_due;      /* to be measured in the present attempt at a block */
    uint32_t attempt; /* of the present pair, from 1 */
    uint32_t repeats; /* pairs repeated so far */
    uint32_t group;   /* of slices that comes next */
    uint32_t made;    /* slices of the present pair, of all arms */
    uint32_t made_of[PLAN_MAX_ARMS];
};

/* Compiles the workload of `described`, whose load and workload are set, for that load. */
void cell_init(struct cell *cell, struct result_cell *described, uint64_t seed);
/* Makes it the open loop beside the closed one, at a share of what the slower arm can do. */
void cell_open_loop(struct cell *cell, double share);
/* The rates of its load were per cent of `full`. */
void cell_make_rates(struct cell *cell, double full);
/* Lays out the slices of its pairs; again when the design has changed. */
void cell_plan(struct cell *cell, const struct design_spec *design, uint64_t seed);
/* The same with fewer operations: those that are in `described` now. */
void cell_compile_again(struct cell *cell, uint64_t seed);
void cell_release(struct cell *cell);
/* Draws the order of the next pair's slices. */
void cell_next_pair(struct cell *cell);
/* Slices are made in groups of arms after arms, a quad if there are two arms: so many of them, and
 * so many slices in each. */
uint32_t cell_group_count(const struct cell *cell);
uint32_t cell_group_size(const struct cell *cell);
/* The rank of an arm's first slice in the pair, from 1. */
uint32_t cell_slot(const struct cell *cell, uint32_t arm);
/* The arms by their first slice. */
void cell_sequence(const struct cell *cell, uint32_t sequence[PLAN_MAX_ARMS]);
