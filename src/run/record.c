#include "run/record.h"

#include "analysis/validity.h"

/* Who made a run of the present pair, and when. */
static void identify_run(const struct session *session, const struct cell *cell, uint32_t arm,
                         struct arena *arena, struct result_run *run)
{
    const struct arm *at = cell->lanes[arm].arm;
    const struct target *target = &at->target;
    run->arm = arm;
    run->pair = session->block;
    run->block = session->block;
    run->attempt = cell->attempt;
    run->slot = session->arm_count > 1 ? cell_slot(cell, arm) : 1;
    run->launch = arena_copy_text(arena, target->server.run_id);
    run->host = arena_copy_text(arena, target->endpoint.name);
    run->host_number = at->host + 1;
}

static void check_run(const struct tally *tally, struct result *result, struct result_run *run)
{
    if (tally->has_changed) {
        result_add_finding(result, &run->findings, SEVERITY_CONDITIONAL, "server-changed",
                           "measure again for figures of one server",
                           "another server process answered in the course of the run: a restart "
                           "or a failover");
    }
    validity_check_run(result, run);
}

struct result_run *record_run(struct session *session, struct cell *cell, uint32_t arm)
{
    struct result *result = session->result;
    const struct lane *lane = &cell->lanes[arm];
    struct result_run *run = result_add_run(result, cell->described, cell->workload.names,
                                            cell->workload.operation_count);
    identify_run(session, cell, arm, &result->arena, run);
    run->order = ++session->runs;
    tally_fill_run(&lane->tally, lane->engine, result, run);
    check_run(&lane->tally, result, run);
    return run;
}

bool record_pair(struct session *session, struct cell *cell)
{
    bool valid = true;
    for (uint32_t i = 0; i < cell->lane_count; i++) {
        const struct result_run *run = record_run(session, cell, i);
        valid = valid && run->valid;
    }
    record_tell_runs(session, cell, cell->lane_count);
    return valid;
}

void record_part_of_pair(struct session *session, struct cell *cell)
{
    for (uint32_t i = 0; i < cell->lane_count; i++) {
        if (cell->lanes[i].tally.window_count > 0) {
            struct result_run *run = record_run(session, cell, i);
            run->valid = false;
            run->partial = true;
            result_add_finding(session->result, &run->findings, SEVERITY_NOTE, "broken-off", NULL,
                               "the pair was broken off after %zu of %u slices", run->window_count,
                               cell->plan.slices);
        }
    }
}

/* ---- telling ---- */

void record_tell_part(struct session *session, const struct cell *cell, uint32_t arm,
                      const struct tally *tally)
{
    struct result draft;
    struct result_run *run = live_begin(&draft, session->result, cell->described,
                                        cell->workload.names, cell->workload.operation_count);
    identify_run(session, cell, arm, &draft.arena, run);
    run->order = session->runs + arm + 1;
    tally_fill_run(tally, NULL, &draft, run);
    check_run(tally, &draft, run);
    run->valid = false;
    run->partial = true;
    live_tell_draft(&session->live, &draft, session_cell_number(session, cell),
                    (uint32_t)cell->first_run + arm);
}

void record_tell_pairs(struct session *session)
{
    if (!live_is_due(&session->live)) {
        return;
    }
    for (uint32_t i = 0; i < session->cell_count; i++) {
        for (uint32_t arm = 0; arm < session->cells[i].lane_count; arm++) {
            struct lane *lane = &session->cells[i].lanes[arm];
            if (lane->tally.window_count > lane->told) {
                record_tell_part(session, &session->cells[i], arm, &lane->tally);
                lane->told = lane->tally.window_count;
            }
        }
    }
}

void record_tell_runs(struct session *session, const struct cell *cell, size_t count)
{
    for (size_t i = count; i > 0; i--) {
        live_tell(&session->live, session->result, session_cell_number(session, cell),
                  (uint32_t)(cell->described->run_count - i));
    }
}

void record_tell_all(struct session *session)
{
    for (uint32_t i = 0; i < session->cell_count; i++) {
        record_tell_runs(session, &session->cells[i], session->cells[i].described->run_count);
    }
}
