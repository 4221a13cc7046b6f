#include "run/block.h"

#include <string.h>

#include "base/mem.h"
#include "run/batch.h"
#include "run/record.h"

enum { REPEATS_SHARE = 5 }; /* at most a fifth of a cell's pairs is repeated, and at least one */

/* Seeds of pairs and of blocks, apart from those of the workload below the same seed. */
#define STREAM_PAIRS (UINT64_C(1) << 32)
#define STREAM_CELLS (UINT64_C(1) << 33)
#define STREAM_BLOCKS (UINT64_C(1) << 62)

/* ---- data ---- */

/* Before the first key of ours is in somebody else's server: a second Ctrl-C must name it. */
static void claim(struct session *session, struct shared_data *dataset, uint32_t arm)
{
    if (!session->arms[arm]->target.owned) {
        shared_data_holding(dataset, arm)->may_remain = true;
        session_tell_remains(session);
    }
}

static bool any_expires(const struct session *session)
{
    for (uint32_t i = 0; i < session->dataset_count; i++) {
        const struct workload_spec *spec = session->datasets[i].spec;
        bool expires = spec->ttl_high > 0;
        for (size_t k = 0; k < spec->other_count; k++) {
            expires = expires || spec->others[k].ttl_high > 0;
        }
        if (expires) {
            return true;
        }
    }
    return false;
}

/* Of the cells at hand that share the data of `cell`: the one with the most connections. */
static struct cell *fastest(struct session *session, struct cell *cell, const struct group *group)
{
    for (uint32_t i = 0; i < group->count; i++) {
        struct cell *other = &session->cells[group->cells[i]];
        if (!other->is_out && other->dataset == cell->dataset &&
            other->load.clients > cell->load.clients) {
            cell = other;
        }
    }
    return cell;
}

static bool connect_cell(struct session *session, struct cell *cell, uint32_t arm,
                         struct error *err)
{
    struct arm_context context = session_context(session);
    uint64_t stream = STREAM_PAIRS + session->block + cell->number * STREAM_CELLS;
    return cell->lanes[arm].engine != NULL ||
           lane_connect(&cell->lanes[arm], &context, rng_derive(session->spec->seed, stream), err);
}

/* Loads the data of a cell, unless it is there. */
static bool load(struct session *session, struct cell *cell, uint32_t arm, struct error *err)
{
    struct shared_data *dataset = &session->datasets[cell->dataset];
    struct holding *holding = shared_data_holding(dataset, arm);
    struct arm_context context = session_context(session);
    if (holding->is_loaded && !cell->workload.data[0].grows) {
        return true;
    }
    /* Keys were inserted, and what refers to them has changed: the data is made anew. */
    if (holding->is_loaded && !shared_data_remove(dataset, arm, &context, err)) {
        return false;
    }
    claim(session, dataset, arm);
    holding->is_loaded = lane_load(&cell->lanes[arm], &context, !any_expires(session), err);
    return holding->is_loaded;
}

static bool is_wanted(const struct session *session, uint32_t dataset, const struct group *group)
{
    for (uint32_t i = 0; i < group->count; i++) {
        if (session->cells[group->cells[i]].dataset == dataset) {
            return true;
        }
    }
    return false;
}

bool block_has_room(const struct session *session, uint32_t arm, const struct group *group)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < session->dataset_count; i++) {
        struct shared_data *dataset = &session->datasets[i];
        if (shared_data_holding(dataset, arm)->is_loaded || is_wanted(session, i, group)) {
            bytes += dataset->bytes;
        }
    }
    return bytes <= session->spec->suite.data_limit;
}

bool block_make_room(struct session *session, uint32_t arm, const struct group *group,
                     struct error *err)
{
    struct arm_context context = session_context(session);
    bool is_owned = session->arms[arm]->target.owned;
    bool is_held = false;
    for (uint32_t i = 0; i < session->dataset_count; i++) {
        struct shared_data *dataset = &session->datasets[i];
        is_held = is_held || shared_data_holding(dataset, arm)->is_loaded;
        if (!is_owned && !is_wanted(session, i, group) &&
            !shared_data_remove(dataset, arm, &context, err)) {
            return false;
        }
    }
    if (is_owned && is_held) {
        for (uint32_t i = 0; i < session->dataset_count; i++) {
            shared_data_forget(&session->datasets[i], session->arms[arm]);
        }
        return target_flush(&session->arms[arm]->target, err);
    }
    return true;
}

/* ---- preparing ---- */

/* One cell on one arm. False also when the cell was dropped: see is_out. */
static bool prepare_cell(struct session *session, struct cell *cell, uint32_t arm,
                         const struct group *group, struct error *err)
{
    struct cell *loader = fastest(session, cell, group);
    struct arm_context context = session_context(session);
    struct error problem = {0};
    session_tell(session, RUN_LOADING, session_label(session, arm), cell);
    if (connect_cell(session, loader, arm, &problem) && load(session, loader, arm, &problem) &&
        connect_cell(session, cell, arm, &problem) &&
        lane_check_data(&cell->lanes[arm], &context, &problem)) {
        return true;
    }
    if (!session_drop(session, cell, &problem)) {
        *err = problem;
    }
    return false;
}

bool block_prepare_arm(struct session *session, const struct group *group, uint32_t arm,
                       struct error *err)
{
    if (!block_has_room(session, arm, group) && !block_make_room(session, arm, group, err)) {
        return false;
    }
    for (uint32_t i = 0; i < group->count; i++) {
        struct cell *cell = &session->cells[group->cells[i]];
        if (!cell->is_out && !prepare_cell(session, cell, arm, group, err) && !cell->is_out) {
            return false;
        }
    }
    return true;
}

bool block_prepare(struct session *session, const struct group *group, struct error *err)
{
    uint32_t sequence[PLAN_MAX_ARMS] = {0};
    cell_sequence(&session->cells[group->cells[0]], sequence);
    for (uint32_t i = 0; i < session->arm_count; i++) {
        if (!block_prepare_arm(session, group, sequence[i], err)) {
            return false;
        }
    }
    return true;
}

bool block_warm_up(struct session *session, const struct group *group, struct error *err)
{
    struct arm_context context = session_context(session);
    uint32_t sequence[PLAN_MAX_ARMS] = {0};
    cell_sequence(&session->cells[group->cells[0]], sequence);
    for (uint32_t i = 0; i < session->arm_count * group->count; i++) {
        struct cell *cell = &session->cells[group->cells[i % group->count]];
        uint32_t arm = sequence[i / group->count];
        if (cell->is_out) {
            continue;
        }
        session_tell(session, RUN_WARMING, session_label(session, arm), cell);
        if (!lane_warm_up(&cell->lanes[arm], &context, session->design.warmup, err)) {
            return false;
        }
    }
    return true;
}

/* ---- slices ---- */

static bool measure_slice(struct session *session, struct cell *cell, uint32_t arm,
                          struct error *err)
{
    struct lane *lane = &cell->lanes[arm];
    struct arm_context context = session_context(session);
    uint32_t number = cell->made_of[arm]++;
    struct engine_slice slice = {
        .duration = cell->plan.slice,
        .run = session->design.duration,
        .from = cell->plan.slice * number,
    };
    if (slice.duration > 0) {
        slice.settle = SETTLE_MS * NSEC_PER_MSEC;
    } else {
        slice.requests = plan_slice_requests(&cell->plan, number);
    }
    if (!lane_measure(lane, &context, &slice, &cell->outcome, err)) {
        return false;
    }
    const struct engine_outcome *outcome = &cell->outcome;
    tally_list_window(&lane->tally, &outcome->window, outcome->seconds, lane->tally.seconds,
                      outcome->started_wall);
    session->last_rate =
        outcome->seconds > 0 ? (double)outcome->window.counters.operations / outcome->seconds : 0;
    session->last_p99 = (double)hist_percentile(&lane->tally.latency, 99);
    return true;
}

/* The next group of slices of the cell. */
static bool measure_group(struct session *session, struct cell *cell, struct error *err)
{
    uint32_t size = cell_group_size(cell);
    for (uint32_t i = 0; i < size; i++) {
        uint32_t arm = cell->order[cell->made++];
        session_tell(session, RUN_MEASURING, session_label(session, arm), cell);
        if (!measure_slice(session, cell, arm, err)) {
            return false;
        }
        record_tell_pairs(session);
        if (!session_go_on(session, err)) {
            return false;
        }
        session->done += session->done_per_slice;
    }
    return true;
}

static bool measure_mixed(struct session *session, const struct batch_cell *batch, uint32_t count,
                          struct rng *rng, struct error *err)
{
    size_t total = 0;
    bool done = true;
    for (uint32_t i = 0; i < count; i++) {
        total += batch[i].groups;
    }
    uint32_t *order = mem_alloc_array(total, sizeof *order);
    batch_mix(batch, count, order, rng);
    for (size_t i = 0; i < total && done; i++) {
        struct cell *cell = &session->cells[batch[order[i]].cell];
        done = cell->is_out || measure_group(session, cell, err);
    }
    mem_free(order);
    return done;
}

/* ---- a batch ---- */

void block_begin_tallies(struct session *session, struct cell *cell, size_t windows)
{
    cell->first_run = cell->described->run_count;
    for (uint32_t i = 0; i < cell->lane_count; i++) {
        cell->lanes[i].told = 0;
        tally_init(&cell->lanes[i].tally, session->result, &cell->load,
                   cell->workload.operation_count, windows == 0 ? cell->plan.slices : windows);
    }
}

/* Records what the cell came to and takes it down. A cell whose pair does not count stays due. */
static void end_cell(struct session *session, struct cell *cell, bool is_whole)
{
    if (cell->is_out) {
        is_whole = false;
    } else if (is_whole) {
        cell->is_due = !record_pair(session, cell);
    } else {
        record_part_of_pair(session, cell);
    }
    for (uint32_t i = 0; i < cell->lane_count; i++) {
        tally_release(&cell->lanes[i].tally);
        lane_close(&cell->lanes[i]);
    }
}

/* Runs are recorded cell by cell, in the order of the batch. Two loops on one workload are told of
 * in the same cell of the result. */
static void place_runs(const struct session *session, const struct group *group)
{
    for (uint32_t i = 0; i < group->count; i++) {
        struct cell *cell = &session->cells[group->cells[i]];
        for (uint32_t k = 0; k < i; k++) {
            const struct cell *before = &session->cells[group->cells[k]];
            cell->first_run += before->described == cell->described ? before->lane_count : 0;
        }
    }
}

static bool make_batch(struct session *session, const struct batch_cell *batch, uint32_t count,
                       struct rng *rng, struct error *err)
{
    uint32_t *cells = mem_alloc_array(count, sizeof *cells);
    for (uint32_t i = 0; i < count; i++) {
        cells[i] = batch[i].cell;
        block_begin_tallies(session, &session->cells[cells[i]], 0);
    }
    struct group group = {cells, count};
    place_runs(session, &group);
    bool made = block_prepare(session, &group, err) && block_warm_up(session, &group, err) &&
                measure_mixed(session, batch, count, rng, err);
    for (uint32_t i = 0; i < count; i++) {
        struct cell *cell = &session->cells[cells[i]];
        uint32_t all = cell->plan.slices * cell->lane_count;
        end_cell(session, cell, made || cell->made == all);
    }
    mem_free(cells);
    return made;
}

/* ---- a block ---- */

void block_stand_down(struct session *session)
{
    for (uint32_t arm = 0; arm < session->arm_count; arm++) {
        arm_stand_down(session->arms[arm]);
        for (uint32_t i = 0; i < session->dataset_count; i++) {
            shared_data_forget(&session->datasets[i], session->arms[arm]);
        }
    }
}

/* The cells that are due and not made yet in this attempt, and whose rates are known, in its order.
 */
static struct batch_cell *list_due(struct session *session, struct rng *rng, size_t *count)
{
    struct batch_cell *list = mem_alloc_array(session->cell_count, sizeof *list);
    *count = 0;
    for (uint32_t i = 0; i < session->cell_count; i++) {
        const struct cell *cell = &session->cells[i];
        if (cell->is_due && cell->made == 0 && !cell->is_share) {
            list[(*count)++] = (struct batch_cell){
                .cell = i,
                .dataset = cell->dataset,
                .bytes = session->datasets[cell->dataset].bytes,
                .clients = cell->load.clients,
                .groups = cell_group_count(cell),
            };
        }
    }
    batch_shuffle(list, *count, rng);
    return list;
}

static bool make_due(struct session *session, struct rng *rng, struct error *err)
{
    size_t count;
    bool made = true;
    struct batch_cell *list = list_due(session, rng, &count);
    for (size_t first = 0; made && first < count;) {
        size_t taken = batch_take(list + first, count - first, session->spec->suite.data_limit);
        made = make_batch(session, list + first, (uint32_t)taken, rng, err);
        first += taken;
    }
    mem_free(list);
    return made;
}

/* Operations per second of the slower arm in the present pair of the cell; 0: of an arm that made
 * none. */
static double slowest_rate(const struct session *session, const struct cell *cell)
{
    const struct result_cell *described = cell->described;
    double slowest = 0;
    for (size_t i = 0; i < cell->lane_count && i < described->run_count; i++) {
        const struct result_run *run = &described->runs[described->run_count - 1 - i];
        double rate = 0;
        bool is_now = run->block == session->block && run->attempt == cell->attempt;
        if (!is_now || !result_run_metric(run, METRIC_OPS, &rate)) {
            return 0;
        }
        slowest = i == 0 || rate < slowest ? rate : slowest;
    }
    return slowest;
}

/* The open loop beside a closed one gets its rate from what was just done in that. Did one? */
static bool settle_rates(struct session *session)
{
    bool any = false;
    for (uint32_t i = 1; i < session->cell_count; i++) {
        struct cell *cell = &session->cells[i];
        double slowest = cell->is_share ? slowest_rate(session, &session->cells[0]) : 0;
        if (slowest > 0) {
            cell_make_rates(cell, slowest);
            any = true;
        }
    }
    return any;
}

/* One launch, and all cells that are due on it. */
static bool make_attempt(struct session *session, uint64_t seed, struct error *err)
{
    struct rng rng;
    rng_init(&rng, seed);
    bool made = session_launch(session, err) && make_due(session, &rng, err) &&
                (!settle_rates(session) || make_due(session, &rng, err));
    block_stand_down(session);
    return made;
}

static bool may_repeat(const struct session *session, const struct cell *cell)
{
    uint32_t allowed = session->pairs / REPEATS_SHARE;
    return cell->repeats < (allowed == 0 ? 1 : allowed);
}

/* Counts the cells that are to be measured again; the others are done. */
static uint32_t choose_repeats(struct session *session)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < session->cell_count; i++) {
        struct cell *cell = &session->cells[i];
        cell->is_due = cell->is_due && may_repeat(session, cell);
        if (cell->is_due) {
            cell->repeats++;
            cell->attempt++;
            session->result->repeated_pairs++;
            count++;
        }
    }
    return count;
}

static void begin_attempt(struct session *session)
{
    for (uint32_t i = 0; i < session->cell_count; i++) {
        session->cells[i].made = 0;
        memset(session->cells[i].made_of, 0, sizeof session->cells[i].made_of);
    }
}

/* Attempts at the present pair that an earlier invocation made; was one of them whole? */
static uint32_t attempts_before(const struct result_cell *cell, uint32_t block, bool *is_made)
{
    uint32_t attempts = 0;
    *is_made = false;
    for (size_t i = 0; i < cell->run_count; i++) {
        const struct result_run *run = &cell->runs[i];
        if (run->block == block) {
            attempts = run->attempt > attempts ? run->attempt : attempts;
            *is_made = *is_made || !run->partial;
        }
    }
    return attempts;
}

/* All cells that can be measured are due. */
static void begin_block(struct session *session)
{
    uint32_t slices = 0;
    for (uint32_t i = 0; i < session->cell_count; i++) {
        struct cell *cell = &session->cells[i];
        bool is_made;
        cell->attempt = attempts_before(cell->described, session->block, &is_made) + 1;
        cell->is_due = !cell->is_out && !is_made && (cell->confirms || session->fresh_from == 0);
        cell_next_pair(cell); /* a repeated pair keeps its order */
        slices += cell->is_due ? cell->plan.slices * cell->lane_count : 0;
    }
    session->done_per_slice = slices == 0 ? 0 : 1.0 / session->pairs / slices;
}

bool block_make(struct session *session, struct error *err)
{
    double done_after = (double)session->block / session->pairs;
    uint64_t seed = rng_derive(session->spec->seed, STREAM_BLOCKS + session->block);
    uint32_t attempt = 0;
    begin_block(session);
    do {
        begin_attempt(session);
        if (!make_attempt(session, rng_derive(seed, attempt++), err)) {
            return false;
        }
        session->done_per_slice = 0; /* repeated pairs are no progress */
    } while (choose_repeats(session) > 0);
    session->done = done_after;
    return true;
}
