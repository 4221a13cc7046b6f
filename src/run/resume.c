#include "run/resume.h"

#include <string.h>

#include "analysis/contract.h"
#include "model/load_profile.h"

static bool same_text(const char *a, const char *b)
{
    return strcmp(a == NULL ? "" : a, b == NULL ? "" : b) == 0;
}

static bool check_arms(const struct session *session, const struct result *earlier,
                       struct error *err)
{
    if (session->arm_count != earlier->arm_count) {
        return error_set(err, ERROR_USAGE, "it has %zu targets, not %u", earlier->arm_count,
                         session->arm_count);
    }
    for (uint32_t i = 0; i < session->arm_count; i++) {
        const struct result_arm *now = &session->result->arms[i];
        const struct result_arm *then = &earlier->arms[i];
        if (!same_text(now->target, then->target) ||
            (now->label != NULL && !same_text(now->label, then->label))) {
            return error_set(err, ERROR_USAGE, "its target %u is %s=%s, not %s", i + 1, then->label,
                             then->target, now->target);
        }
    }
    return true;
}

static bool same_operations(const struct workload_spec *a, const struct result_cell *then)
{
    const struct workload_spec *b = &then->workload;
    size_t at = 0;
    /* Operations that were left out then are not in the file's list. */
    for (size_t i = 0; i < a->operation_count; i++) {
        const struct operation_spec *now = &a->operations[i];
        bool is_same = at < b->operation_count && same_text(now->name, b->operations[at].name) &&
                       now->weight == b->operations[at].weight &&
                       now->step_count == b->operations[at].step_count;
        for (size_t k = 0; is_same && k < now->step_count; k++) {
            is_same = same_text(now->steps[k].command, b->operations[at].steps[k].command);
        }
        bool is_skipped = false;
        for (size_t k = 0; k < then->skip_count; k++) {
            is_skipped = is_skipped || same_text(then->skipped[k].operation, now->name);
        }
        if (!is_same && !is_skipped) {
            return false;
        }
        at += is_same;
    }
    return at == b->operation_count;
}

static bool same_load(const struct cell *cell, const struct load_spec *then)
{
    const struct load_spec *now = &cell->described->load;
    struct buf a = {0};
    struct buf b = {0};
    load_profile_write(&now->profile, &a);
    load_profile_write(&then->profile, &b);
    /* Rates in per cent have become what was found out. */
    bool same = now->profile.shape == then->profile.shape &&
                (cell->is_share || str_eq(buf_str(&a), buf_str(&b)));
    buf_release(&a);
    buf_release(&b);
    return same && now->clients == then->clients && now->pipeline == then->pipeline &&
           now->threads == then->threads;
}

static bool same_cell(const struct cell *cell, const struct result_cell *then)
{
    struct workload_spec now = cell->described->workload;
    now.key_prefix = then->workload.key_prefix; /* a part of it is drawn */
    /* What is the same only where it was copied from the same. */
    now.others = then->workload.others;
    now.prepare = then->workload.prepare;
    now.functions = then->workload.functions;
    return same_text(cell->described->name, then->name) && spec_same_data(&now, &then->workload) &&
           same_operations(&now, then) && same_load(cell, &then->load);
}

bool resume_check(const struct session *session, const struct result *earlier, struct error *err)
{
    if (earlier->kind != RESULT_SUITE) {
        return error_set(err, ERROR_USAGE, "it is the result of tenbin %s, not of a suite",
                         result_kind_name(earlier->kind));
    }
    if (!check_arms(session, earlier, err)) {
        return false;
    }
    if (session->cell_count != earlier->cell_count) {
        return error_set(err, ERROR_USAGE, "it has %zu cells, and this suite has %u",
                         earlier->cell_count, session->cell_count);
    }
    for (uint32_t i = 0; i < session->cell_count; i++) {
        if (!same_cell(&session->cells[i], &earlier->cells[i])) {
            return error_set(err, ERROR_USAGE, "its cell \"%s\" is not the \"%s\" of this suite",
                             earlier->cells[i].name, session->cells[i].described->name);
        }
    }
    return true;
}

/* Has the cell a run of every arm in the block that is not partial? */
static bool has_pair(const struct session *session, const struct result_cell *cell, uint32_t block)
{
    for (uint32_t arm = 0; arm < session->arm_count; arm++) {
        bool found = false;
        for (size_t i = 0; i < cell->run_count; i++) {
            const struct result_run *run = &cell->runs[i];
            found = found || (run->arm == arm && run->block == block && !run->partial);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static bool cannot_be_measured(const struct result_cell *cell)
{
    for (size_t i = 0; i < cell->findings.count; i++) {
        if (same_text(cell->findings.items[i].code, "cannot-be-measured")) {
            return true;
        }
    }
    return false;
}

/* Was anything measured? Then rates were found out before. */
static bool has_runs(const struct result *result)
{
    for (size_t i = 0; i < result->cell_count; i++) {
        if (result->cells[i].run_count > 0) {
            return true;
        }
    }
    return false;
}

/* Those that were found while measuring; what is found at the end is found anew. */
static void keep_findings(struct result *result, struct result_cell *now,
                          const struct result_cell *then, const char *code)
{
    for (size_t i = 0; i < then->findings.count; i++) {
        const struct finding *finding = &then->findings.items[i];
        if (same_text(finding->code, code)) {
            result_add_finding(result, &now->findings, finding->severity, code, finding->advice,
                               "%s", finding->text);
        }
    }
}

static void take_cell(struct session *session, struct cell *cell, struct result_cell *then)
{
    struct result_cell *now = cell->described;
    now->runs = then->runs;
    now->run_count = then->run_count;
    now->run_capacity = then->run_capacity;
    now->memory = then->memory;
    now->memory_count = then->memory_count;
    keep_findings(session->result, now, then, "cannot-be-measured");
    now->confirmed_from = then->confirmed_from;
    cell->is_out = cannot_be_measured(then);
    cell->confirms = !cell->is_out && then->confirmed_from == session->pairs + 1;
    session->fresh_from = cell->confirms ? then->confirmed_from : session->fresh_from;
    then->runs = NULL;
    then->run_count = 0;
    then->run_capacity = 0;
    for (size_t i = 0; i < now->run_count; i++) {
        session->runs = now->runs[i].order > session->runs ? now->runs[i].order : session->runs;
        if (now->runs[i].attempt > 1 && now->runs[i].arm == 0 && !now->runs[i].partial) {
            cell->repeats++;
        }
    }
}

/* Who answered then, until they do again. */
static void take_arm(struct result_arm *now, const struct result_arm *then)
{
    now->label = then->label;
    now->engine = then->engine;
    now->engine_version = then->engine_version;
    now->facts = then->facts;
    now->fact_count = then->fact_count;
    now->tls = then->tls;
    for (size_t i = 0; i < now->host_count && i < then->host_count; i++) {
        struct result_host *host = &now->hosts[i];
        host->engine = then->hosts[i].engine;
        host->engine_version = then->hosts[i].engine_version;
        host->facts = then->hosts[i].facts;
        host->fact_count = then->hosts[i].fact_count;
    }
}

/* Is there a cell that has no pair of the block, and is to have one? */
static bool lacks_pair(const struct session *session, uint32_t block, bool is_fresh)
{
    for (uint32_t i = 0; i < session->cell_count; i++) {
        const struct cell *cell = &session->cells[i];
        bool is_due = !cell->is_out && (cell->confirms || !is_fresh);
        if (is_due && !has_pair(session, cell->described, block)) {
            return true;
        }
    }
    return false;
}

/* Fresh pairs come after all others: while one of those is lacking, there are none to go on with.
 */
static uint32_t first_block(struct session *session)
{
    uint32_t block = 1;
    while (block <= session->pairs && !lacks_pair(session, block, false)) {
        block++;
    }
    if (block <= session->pairs) {
        session->fresh_from = 0;
    }
    while (session->fresh_from > 0 && !lacks_pair(session, block, true)) {
        block++;
    }
    return block;
}

uint32_t resume_take(struct session *session, struct result *earlier)
{
    session->result->id = earlier->id;
    session->result->created_wall = earlier->created_wall;
    session->result->repeated_pairs = earlier->repeated_pairs;
    bool is_scouted = has_runs(earlier);
    for (uint32_t i = 0; i < session->arm_count; i++) {
        take_arm(&session->result->arms[i], &earlier->arms[i]);
    }
    for (uint32_t i = 0; i < session->cell_count; i++) {
        struct cell *cell = &session->cells[i];
        if (is_scouted) {
            cell->load.profile = earlier->cells[i].load.profile;
            cell->described->load.profile = cell->load.profile;
            cell->is_share = false;
        }
        take_cell(session, cell, &earlier->cells[i]);
    }
    return first_block(session);
}

void resume_recall(struct result *result, const struct result *earlier)
{
    for (size_t i = 0; i < result->cell_count; i++) {
        struct result_cell *now = &result->cells[i];
        const struct result_cell *then = &earlier->cells[i];
        now->workload.operations = then->workload.operations;
        now->workload.operation_count = then->workload.operation_count;
        now->skipped = then->skipped;
        now->skip_count = then->skip_count;
        now->client_maximum = then->client_maximum;
        keep_findings(result, now, then, "operation-skipped");
    }
    (void)contract_check(result);
}

void resume_return(struct result *result, struct result *earlier)
{
    for (size_t i = 0; i < result->cell_count; i++) {
        struct result_cell *now = &result->cells[i];
        struct result_cell *then = &earlier->cells[i];
        then->runs = now->runs;
        then->run_count = now->run_count;
        then->run_capacity = now->run_capacity;
        now->runs = NULL;
        now->run_count = 0;
        now->run_capacity = 0;
    }
}

static bool is_another(const char *then, const char *now)
{
    return then[0] != '\0' && !same_text(then, now);
}

bool resume_check_server(const struct result *earlier, const struct arm *arm, struct error *err)
{
    const struct result_arm *then = &earlier->arms[arm->of];
    const struct info_server *now = &arm->target.server;
    bool is_listed = arm->host < then->host_count;
    const char *engine = is_listed ? then->hosts[arm->host].engine : then->engine;
    const char *version = is_listed ? then->hosts[arm->host].engine_version : then->engine_version;
    if (!is_another(engine, now->engine) && !is_another(version, now->version)) {
        return true;
    }
    return error_set(
        err, ERROR_INVALID,
        "option '--resume': %s%s%s was %s %s when the suite began, and is %s %s now; begin "
        "a new suite (or add --force)",
        then->label, is_listed ? " at " : "", is_listed ? then->hosts[arm->host].target : "",
        engine, version, now->engine, now->version);
}
