#include "run/scout.h"

#include "run/block.h"
#include "run/headroom.h"

enum {
    TRIAL_MS = 300,        /* of a closed loop, per arm */
    TRIAL_WARMUP_MS = 100, /* before it */
};

/* ---- memory ---- */

static bool used_memory(struct session *session, uint32_t arm, uint64_t *out, struct error *err)
{
    struct info_counters counters;
    if (!target_counters(&session->arms[arm]->target, &counters, err)) {
        return false;
    }
    *out = counters.used_memory;
    return true;
}

static void note_memory(struct session *session, const struct shared_data *dataset,
                        const struct result_memory *memory)
{
    struct result_cell *cell = dataset->cell->described;
    if (cell->memory == NULL) {
        cell->memory =
            arena_alloc_array(&session->result->arena, session->arm_count, sizeof *cell->memory);
    }
    if (memory->before > 0 && memory->after > memory->before &&
        cell->memory_count < session->arm_count) {
        cell->memory[cell->memory_count++] = *memory;
    }
}

static bool holds_anything(const struct session *session, uint32_t arm)
{
    for (uint32_t i = 0; i < session->dataset_count; i++) {
        if (shared_data_holding(&session->datasets[i], arm)->is_loaded) {
            return true;
        }
    }
    return false;
}

/* Is there anything to weigh? Keys that do not exist at first have no size of their own. */
static bool holds_data(const struct workload *workload)
{
    for (size_t i = 0; i < workload->data_count; i++) {
        if (workload->data[i].load_operation != DATASET_NONE) {
            return true;
        }
    }
    return false;
}

/* Loads the data of a cell into one arm and weighs it: a server of ours is emptied before. */
static bool weigh(struct session *session, const struct group *group, uint32_t arm,
                  struct error *err)
{
    struct cell *cell = &session->cells[group->cells[0]];
    struct shared_data *dataset = &session->datasets[cell->dataset];
    const struct workload_spec *workload = &cell->described->workload;
    bool is_owned = session->arms[arm]->target.owned;
    struct result_memory memory = {
        .arm = arm,
        .keys = workload->keys,
        .elements = workload->data == DATA_STRING ? 1 : workload->elements,
        .was_empty = is_owned,
    };
    bool is_in_the_way =
        is_owned ? holds_anything(session, arm) : !block_has_room(session, arm, group);
    if (is_in_the_way && !block_make_room(session, arm, group, err)) {
        return false;
    }
    if (!used_memory(session, arm, &memory.before, err) ||
        !block_prepare_arm(session, group, arm, err)) {
        return false;
    }
    for (uint32_t i = 0; i < group->count; i++) { /* connections take memory, too */
        lane_close(&session->cells[group->cells[i]].lanes[arm]);
    }
    if (cell->is_out || !holds_data(&cell->workload)) {
        return true;
    }
    if (!used_memory(session, arm, &memory.after, err)) {
        return false;
    }
    note_memory(session, dataset, &memory);
    return true;
}

/* ---- rates ---- */

static bool try_rate(struct session *session, struct cell *cell, uint32_t arm, double *rate,
                     struct error *err)
{
    struct arm_context context = session_context(session);
    struct engine_outcome outcome = {0};
    struct engine_slice slice = {
        .is_closed = true,
        .settle = TRIAL_WARMUP_MS * NSEC_PER_MSEC,
        .duration = TRIAL_MS * NSEC_PER_MSEC,
    };
    window_init(&outcome.window, cell->workload.operation_count);
    engine_measure(cell->lanes[arm].engine, &slice, context.watch, &outcome);
    *rate = outcome.seconds > 0 ? (double)outcome.window.counters.operations / outcome.seconds : 0;
    window_release(&outcome.window);
    if (outcome.failed) {
        return error_set(err, ERROR_TARGET, "%s", outcome.problem.text);
    }
    return session_go_on(session, err);
}

/* Is the cell fit to be measured on all arms? Where its load is a share, finds the rate of a closed
 * loop of the slower arm. */
static bool scout_cell(struct session *session, struct cell *cell, struct error *err)
{
    struct group group = {&cell->number, 1};
    double slowest = 0;
    for (uint32_t arm = 0; arm < session->arm_count; arm++) {
        double rate = 0;
        if (!block_prepare_arm(session, &group, arm, err)) {
            return false;
        }
        if (cell->is_out) {
            return true;
        }
        session_tell(session, RUN_MEASURING, session_label(session, arm), cell);
        if (cell->is_share && !try_rate(session, cell, arm, &rate, err)) {
            return false;
        }
        lane_close(&cell->lanes[arm]);
        if (!session_go_on(session, err)) {
            return false;
        }
        slowest = arm == 0 || rate < slowest ? rate : slowest;
    }
    if (!cell->is_share) {
        return true;
    }
    if (slowest <= 0) {
        struct error problem = {0};
        error_set(&problem, ERROR_INVALID,
                  "no operation was completed when its rate was looked for");
        return session_drop(session, cell, &problem);
    }
    cell_make_rates(cell, slowest);
    return true;
}

/* ---- all ---- */

static bool scout_dataset(struct session *session, uint32_t index, struct error *err)
{
    struct shared_data *dataset = &session->datasets[index];
    struct group group = {&dataset->cell->number, 1};
    bool is_weighed = dataset->cell->described->memory_count > 0;
    for (uint32_t arm = 0; arm < session->arm_count && !dataset->cell->is_out && !is_weighed;
         arm++) {
        if (!weigh(session, &group, arm, err) || !session_go_on(session, err)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < session->cell_count; i++) {
        struct cell *cell = &session->cells[i];
        bool is_known = cell == dataset->cell && !is_weighed && !cell->is_share;
        if (cell->dataset == index && !cell->is_out && !is_known &&
            !scout_cell(session, cell, err)) {
            return false;
        }
    }
    return true;
}

/* Do blocks load all data again? Not if all arms are attached, have one host, and hold it all. */
static bool loads_again(const struct session *session)
{
    uint64_t bytes = 0;
    bool any_owned = false;
    for (uint32_t i = 0; i < session->dataset_count; i++) {
        bytes += session->datasets[i].bytes;
    }
    for (uint32_t arm = 0; arm < session->arm_count; arm++) {
        any_owned = any_owned || session->arms[arm]->target.owned;
    }
    return any_owned || session->host_count > session->arm_count ||
           bytes > session->spec->suite.data_limit;
}

bool scout_all(struct session *session, struct budget_cost *cost, struct error *err)
{
    nsec began = clock_now(clock_monotonic());
    double given = session->spec->suite.full_rate;
    uint32_t trials = 0;
    for (uint32_t i = 0; i < session->cell_count; i++) {
        if (session->cells[i].is_share && given > 0) {
            cell_make_rates(&session->cells[i], given);
        }
        trials += session->cells[i].is_share;
    }
    bool done = session_launch(session, err);
    for (uint32_t i = 0; done && i < session->dataset_count; i++) {
        done = scout_dataset(session, i, err);
    }
    for (uint32_t i = 0; i < session->cell_count; i++) {
        for (uint32_t arm = 0; arm < session->arm_count; arm++) {
            lane_close(&session->cells[i].lanes[arm]);
        }
    }
    block_stand_down(session);
    nsec spent = clock_now(clock_monotonic()) - began;
    if (done) {
        headroom_measure(session);
        done = session_go_on(session, err);
    }
    nsec tried = (nsec)trials * session->arm_count * (TRIAL_MS + TRIAL_WARMUP_MS) * NSEC_PER_MSEC;
    *cost = (struct budget_cost){
        .arms = session->arm_count,
        .cells = session->cell_count,
        .per_block = loads_again(session) && spent > tried ? spent - tried : 0,
        .once = clock_now(clock_monotonic()) - began,
    };
    return done;
}
