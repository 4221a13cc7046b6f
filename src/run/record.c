#include "run/record.h"

#include "analysis/validity.h"

struct result_run *record_run(struct session *session, struct cell *cell, uint32_t arm)
{
    struct result *result = session->result;
    const struct lane *lane = &cell->lanes[arm];
    const struct target *target = &lane->arm->target;
    struct result_run *run = result_add_run(result, cell->described, cell->workload.names,
                                            cell->workload.operation_count);
    run->arm = arm;
    run->pair = session->block;
    run->block = session->block;
    run->attempt = cell->attempt;
    run->order = ++session->runs;
    run->slot = session->arm_count > 1 ? cell_slot(cell, arm) : 1;
    run->launch = arena_copy_text(&result->arena, target->server.run_id);
    run->host = arena_copy_text(&result->arena, target->endpoint.name);
    tally_fill_run(&lane->tally, lane->engine, result, run);
    if (lane->tally.has_changed) {
        result_add_finding(result, &run->findings, SEVERITY_CONDITIONAL, "server-changed",
                           "measure again for figures of one server",
                           "another server process answered in the course of the run: a restart "
                           "or a failover");
    }
    validity_check_run(result, run);
    return run;
}

bool record_pair(struct session *session, struct cell *cell)
{
    bool valid = true;
    for (uint32_t i = 0; i < cell->lane_count; i++) {
        const struct result_run *run = record_run(session, cell, i);
        valid = valid && run->valid;
    }
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
