#include "run/session.h"

#include <string.h>

#include "analysis/contract.h"
#include "base/mem.h"
#include "net/tls.h"
#include "run/machine.h"
#include "run/names.h"
#include "run/operations.h"
#include "run/record.h"
#include "run/resume.h"
#include "target/facts.h"

/* The seed of the turns of hosts, apart from those of anything else below the same seed. */
#define STREAM_TURNS (UINT64_C(1) << 61)

enum { ESTIMATED_LAUNCH_MS = 900 }; /* of a server, with loading: until the first pair has told */

/* ---- progress ---- */

bool session_wants_stop(const struct session *session)
{
    return session->observer->wants_stop != NULL &&
           session->observer->wants_stop(session->observer->self);
}

bool session_go_on(const struct session *session, struct error *err)
{
    return !session_wants_stop(session) || error_set(err, ERROR_INTERRUPTED, "interrupted");
}

static bool wants_stop(void *self)
{
    return session_wants_stop(self);
}

/* How long what is left takes: by what the rest took, once there is enough of it. */
static nsec time_left(const struct session *session)
{
    double share = session->done - session->done_at_start;
    double left = session->done < 1 ? 1 - session->done : 0;
    double whole = (double)session->planned;
    /* A pair, or a twentieth of many cells' time. */
    double enough = session->cell_count > 1 ? 0.05 : 1.0 / session->pairs;
    if (session->began > 0 && share > 0 && share + 1e-9 >= enough) {
        whole = (double)(clock_now(clock_monotonic()) - session->began) / share;
    }
    return (nsec)(whole * left);
}

void session_tell(const struct session *session, enum run_phase phase, const char *arm,
                  const struct cell *cell)
{
    if (session->observer->progress == NULL) {
        return;
    }
    bool is_pair = phase != RUN_CLEANING && phase != RUN_HEADROOM;
    struct run_progress progress = {
        .phase = phase,
        .arm = arm,
        .cell = cell == NULL || session->result->cell_count == 1 ? NULL : cell->described->name,
        .cell_number = cell == NULL ? 0 : session_cell_number(session, cell) + 1,
        .cells = (uint32_t)session->result->cell_count,
        .pair = is_pair ? session->block : 0,
        .pairs = session->pairs,
        .repeats = session->result->repeated_pairs,
        .done = session->done > 1 ? 1 : session->done,
        .left = time_left(session),
        .ops_per_second = is_pair ? session->last_rate : 0,
        .p99_ns = is_pair ? session->last_p99 : 0,
    };
    session->observer->progress(session->observer->self, &progress);
}

void session_tell_remains(const struct session *session)
{
    if (session->observer->remains == NULL) {
        return;
    }
    struct buf text = {0};
    for (uint32_t host = 0; host < session->host_count; host++) {
        for (uint32_t i = 0; i < session->dataset_count; i++) {
            if (session->datasets[i].holdings[host].may_remain) {
                buf_addf(&text, "%skeys %s* on %s", text.len > 0 ? ", " : "",
                         session->datasets[i].spec->key_prefix,
                         session->hosts[host].target.endpoint.name);
            }
        }
    }
    session->observer->remains(session->observer->self, buf_text(&text));
    buf_release(&text);
}

uint32_t session_cell_number(const struct session *session, const struct cell *cell)
{
    return (uint32_t)(cell->described - session->result->cells);
}

const char *session_label(const struct session *session, uint32_t arm)
{
    return session->result->arms[arm].label;
}

/* ---- hosts ---- */

/* Goes on with one of an arm's hosts. */
static void take(struct session *session, struct arm *host)
{
    session->arms[host->of] = host;
    for (uint32_t i = 0; i < session->cell_count; i++) {
        session->cells[i].lanes[host->of].arm = host;
    }
}

/* Goes on with the hosts whose turn it is in the present block. */
static void take_turns(struct session *session)
{
    uint32_t before = session->fresh_from > 0 ? session->fresh_from - 1 : 0;
    for (uint32_t i = 0; i < session->host_count; i++) {
        struct arm *host = &session->hosts[i];
        if (host->host == turns_host(&session->turns, host->of, session->block - before)) {
            take(session, host);
        }
    }
}

/* ---- opening ---- */

static struct setting *copy_settings(struct arena *arena, const struct target_spec *spec)
{
    struct setting *settings = arena_alloc_array(arena, spec->setting_count, sizeof *settings);
    for (size_t i = 0; i < spec->setting_count; i++) {
        settings[i].name = arena_copy_text(arena, spec->settings[i].name);
        settings[i].value = arena_copy_text(arena, spec->settings[i].value);
    }
    return settings;
}

static void describe_hosts(struct session *session, struct result_arm *arm,
                           const struct target_spec *spec)
{
    struct arena *arena = &session->result->arena;
    size_t count = target_spec_hosts(spec);
    if (count == 1) {
        return;
    }
    arm->host_count = count;
    arm->hosts = arena_alloc_array(arena, count, sizeof *arm->hosts);
    for (size_t i = 0; i < count; i++) {
        const struct target_spec *host = target_spec_host(spec, i);
        arm->hosts[i].target = arena_copy_text(arena, host->text);
        arm->hosts[i].settings = copy_settings(arena, host);
        arm->hosts[i].setting_count = host->setting_count;
        arm->hosts[i].engine = "";
        arm->hosts[i].engine_version = "";
    }
}

static bool are_all_local(const struct target_spec *spec)
{
    bool local = true;
    for (size_t i = 0; i < target_spec_hosts(spec); i++) {
        local = local && target_spec_host(spec, i)->kind == TARGET_LOCAL;
    }
    return local;
}

static void describe_arm(struct session *session, uint32_t index, const struct target_spec *spec)
{
    struct arena *arena = &session->result->arena;
    struct result_arm *arm = &session->result->arms[index];
    if (spec->label != NULL) {
        bool is_control = session->spec->design.aa && index > 0;
        arm->label = arena_printf(arena, "%s%s", spec->label, is_control ? "-2" : "");
    }
    arm->target = target_spec_text(spec, arena);
    describe_hosts(session, arm, spec);
    arm->setting_count = spec->setting_count;
    arm->settings = copy_settings(arena, spec);
    arm->engine = "";
    arm->engine_version = "";
    arm->started_by_us = are_all_local(spec);
    arm->placement =
        arm->started_by_us ? placement_of_servers(&session->placement, arena) : "attached";
}

static void describe_result(struct session *session, enum result_kind kind, uint64_t identity)
{
    struct result *result = session->result;
    const struct spec *spec = session->spec;
    result->kind = kind;
    result->created_wall = clock_wall();
    result->id = names_result_id(result, identity);
    result->seed = spec->seed;
    result->design = session->design;
    result->worker_placement = placement_of_workers(&session->placement, &result->arena);
    machine_describe(&result->env);
    result->arm_count = session->arm_count;
    result->arms = arena_alloc_array(&result->arena, session->arm_count, sizeof *result->arms);
    result->cell_count = spec->suite.cell_count == 0 ? 1 : spec->suite.cell_count;
    result->cells = arena_alloc_array(&result->arena, result->cell_count, sizeof *result->cells);
}

/* The one cell of a spec without a list of them. */
static struct cell_spec only_cell(const struct spec *spec)
{
    return (struct cell_spec){
        .name = spec->workload.name,
        .workload = spec->workload,
        .load = spec->load,
        .write_share = -1,
    };
}

static void describe_cell(struct result_cell *cell, const struct cell_spec *spec)
{
    cell->name = spec->name;
    cell->structure = spec->structure;
    cell->factor = spec->factor;
    cell->is_transaction = spec->is_transaction;
    cell->is_script = spec->is_script;
    cell->write_share = spec->write_share;
    cell->workload = spec->workload;
    cell->load = spec->load;
}

/* Keys that are inserted are a cell's own, although what is loaded is the same. */
static bool inserts(const struct workload_spec *workload)
{
    for (size_t i = 0; i < workload->operation_count; i++) {
        if (workload_inserts(&workload->operations[i])) {
            return true;
        }
    }
    return false;
}

/* What is sent through channels and queues, or told of keys, would reach the clients of other cells
 * as well: all cells of a batch are connected. */
static bool reaches_others(const struct workload_spec *workload)
{
    bool reaches = workload->roles.channels.count > 0 || workload->roles.tracking.is_on;
    for (size_t i = 0; i < workload->operation_count; i++) {
        reaches = reaches || workload->operations[i].delivers;
    }
    return reaches;
}

static bool has_own_keys(const struct workload_spec *workload)
{
    return inserts(workload) || reaches_others(workload);
}

static bool may_share(const struct cell_spec *a, const struct cell_spec *b)
{
    bool same_structure =
        a->structure == NULL || b->structure == NULL || strcmp(a->structure, b->structure) == 0;
    return same_structure && !has_own_keys(&a->workload) && !has_own_keys(&b->workload) &&
           spec_same_data(&a->workload, &b->workload);
}

/* The data of the cell: that of another one, if the two are the same, or a new one with keys of its
 * own. */
static uint32_t find_dataset(struct session *session, const struct cell_spec *cells, uint32_t index,
                             uint64_t identity)
{
    const struct cell_spec *cell = &cells[index];
    struct result_cell *described = &session->result->cells[index];
    for (uint32_t i = 0; i < session->dataset_count; i++) {
        const struct cell_spec *other = &cells[session->datasets[i].cell->number];
        if (may_share(cell, other)) {
            described->workload.key_prefix = session->datasets[i].spec->key_prefix;
            return i;
        }
    }
    uint32_t number = session->dataset_count++;
    described->workload.key_prefix =
        names_key_prefix(&session->result->arena, cell->workload.key_prefix, identity + number);
    session->datasets[number] = (struct shared_data){
        .spec = &described->workload,
        .cell = &session->cells[index],
        .bytes = spec_data_bytes(&cell->workload),
    };
    return number;
}

static void open_cell(struct session *session, uint32_t number, uint32_t dataset,
                      struct result_cell *described)
{
    struct cell *cell = &session->cells[number];
    *cell = (struct cell){
        .number = number,
        .dataset = dataset,
        .lane_count = session->arm_count,
    };
    cell_init(cell, described, session->spec->seed);
    cell_plan(cell, &session->design, session->spec->seed);
}

static void open_cells(struct session *session, uint64_t identity)
{
    const struct spec *spec = session->spec;
    struct result *result = session->result;
    struct cell_spec only = only_cell(spec);
    const struct cell_spec *cells = spec->suite.cell_count == 0 ? &only : spec->suite.cells;
    session->cells = mem_alloc_array(session->cell_count, sizeof *session->cells);
    session->datasets = mem_alloc_array(session->cell_count, sizeof *session->datasets);
    for (uint32_t i = 0; i < result->cell_count; i++) {
        describe_cell(&result->cells[i], &cells[i]);
        open_cell(session, i, find_dataset(session, cells, i, identity), &result->cells[i]);
        session->cells[i].is_share = cells[i].is_share;
    }
    if (session->cell_count > result->cell_count) {
        open_cell(session, 1, 0, &result->cells[0]);
        cell_open_loop(&session->cells[1], spec->design.latency_share);
    }
}

/* Is there an open loop beside the closed one, as a second cell on the same data? */
static bool has_open_loop(const struct session *session, enum result_kind kind)
{
    const struct spec *spec = session->spec;
    return kind == RESULT_COMPARE && spec->design.latency_share > 0 &&
           spec->load.profile.shape == LOAD_CLOSED && !has_own_keys(&spec->workload);
}

static const struct target_spec *target_of(const struct session *session, uint32_t arm)
{
    return &session->spec->targets[session->spec->design.aa ? 0 : arm];
}

/* Who the hosts of all arms are; none is prepared yet. */
static void list_hosts(struct session *session)
{
    uint32_t counts[PLAN_MAX_ARMS] = {0};
    for (uint32_t arm = 0; arm < session->arm_count; arm++) {
        counts[arm] = (uint32_t)target_spec_hosts(target_of(session, arm));
        session->host_count += counts[arm];
    }
    turns_init(&session->turns, counts, session->arm_count, session->spec->design.aa,
               rng_derive(session->spec->seed, STREAM_TURNS));
    session->hosts = mem_alloc_array(session->host_count, sizeof *session->hosts);
    uint32_t number = 0;
    for (uint32_t arm = 0; arm < session->arm_count; arm++) {
        for (uint32_t host = 0; host < counts[arm]; host++, number++) {
            session->hosts[number] = (struct arm){.of = arm, .host = host, .number = number};
        }
    }
    take_turns(session);
}

static bool open_arms(struct session *session, struct error *err)
{
    const struct cpu_set *cpus = session->placement.is_pinned ? &session->placement.servers : NULL;
    for (uint32_t arm = 0; arm < session->arm_count; arm++) {
        describe_arm(session, arm, target_of(session, arm));
    }
    for (uint32_t i = 0; i < session->host_count; i++) {
        struct arm *host = &session->hosts[i];
        const struct target_spec *target =
            target_spec_host(target_of(session, host->of), host->host);
        if (!target_init(&host->target, target, cpus, err)) {
            return false;
        }
        host->target.endpoint.protocol = session->spec->load.protocol;
    }
    return true;
}

bool session_open(struct session *session, enum result_kind kind, struct error *err)
{
    const struct spec *spec = session->spec;
    struct cpu_set available = {0};
    session->design = spec->design;
    uint64_t identity = names_draw_identity();
    if (!cpu_available(&available, err)) {
        return false;
    }
    placement_init(&session->placement, &available, spec->load.threads, spec->load.pin);
    session->arm_count = spec->design.aa ? 2 : (uint32_t)spec->target_count;
    session->cell_count = spec->suite.cell_count == 0 ? 1U + has_open_loop(session, kind)
                                                      : (uint32_t)spec->suite.cell_count;
    if (session->arm_count < 1 || session->arm_count > PLAN_MAX_ARMS) {
        uint32_t count = session->arm_count;
        session->arm_count = 0;
        session->cell_count = 0;
        return error_set(err, ERROR_USAGE, "between 1 and %d targets can be measured, not %u",
                         PLAN_MAX_ARMS, count);
    }
    session->watch = (struct engine_watch){.wants_stop = wants_stop, .self = session};
    session->planned = (nsec)session->pairs * session->arm_count *
                       (session->cell_count * (spec->design.warmup + spec->design.duration) +
                        ESTIMATED_LAUNCH_MS * NSEC_PER_MSEC);
    session->arms = mem_alloc_array(session->arm_count, sizeof *session->arms);
    describe_result(session, kind, identity);
    open_cells(session, identity);
    list_hosts(session);
    return open_arms(session, err);
}

struct arm_context session_context(const struct session *session)
{
    return (struct arm_context){
        .placement = &session->placement,
        .watch = &session->watch,
        .duration = session->design.duration,
    };
}

/* ---- closing ---- */

/* At the end, when no connection will be made any more. */
static void describe_tls(struct session *session, const struct arm *host)
{
    const struct transport *transport = host->target.tls;
    struct result_tls *tls = &session->result->arms[host->of].tls;
    struct arena *arena = &session->result->arena;
    struct tls_facts facts = {0};
    if (transport != NULL) {
        tls_facts(transport, &facts);
    }
    if (facts.handshakes > 0) {
        *tls = (struct result_tls){
            .version = arena_copy_text(arena, facts.version),
            .cipher = arena_copy_text(arena, facts.cipher),
            .handshakes = tls->handshakes + facts.handshakes,
            .resumed = tls->resumed + facts.resumed,
        };
    }
}

/* From the host of the arm that is at hand. */
static void remove_keys(struct session *session, struct shared_data *dataset, uint32_t arm)
{
    struct arm_context context = session_context(session);
    struct error problem = {0};
    if (shared_data_holding(dataset, arm)->may_remain) {
        session_tell(session, RUN_CLEANING, session_label(session, arm), NULL);
    }
    if (!shared_data_remove(dataset, arm, &context, &problem)) {
        result_add_finding(session->result, &session->result->findings, SEVERITY_CONDITIONAL,
                           "keys-remain",
                           "Remove them by hand, for example with SCAN MATCH and UNLINK.",
                           "keys %s* remain on %s: %s", dataset->spec->key_prefix,
                           session->arms[arm]->target.endpoint.name, problem.text);
    }
}

void session_close(struct session *session)
{
    for (uint32_t i = 0; i < session->cell_count && session->cells != NULL; i++) {
        for (uint32_t arm = 0; arm < session->arm_count; arm++) {
            lane_close(&session->cells[i].lanes[arm]);
        }
    }
    for (uint32_t host = 0; host < session->host_count && !session->spec->design.keep_data;
         host++) {
        take(session, &session->hosts[host]);
        for (uint32_t i = 0; i < session->dataset_count; i++) {
            remove_keys(session, &session->datasets[i], session->hosts[host].of);
        }
    }
    for (uint32_t host = 0; host < session->host_count; host++) {
        describe_tls(session, &session->hosts[host]);
        arm_release(&session->hosts[host]);
    }
    session_tell_remains(session);
    for (uint32_t i = 0; i < session->cell_count && session->cells != NULL; i++) {
        cell_release(&session->cells[i]);
    }
    mem_free(session->datasets);
    mem_free(session->cells);
    mem_free(session->arms);
    mem_free(session->hosts);
}

/* ---- launching ---- */

/* Our own connections to the server of a host: hosts of arms before it may be the same server. */
static uint64_t control_connections(const struct session *session, const struct arm *host)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < session->host_count && session->hosts[i].of <= host->of; i++) {
        const struct arm *other = &session->hosts[i];
        count += (other->is_up || other == host) &&
                 strcmp(other->target.server.run_id, host->target.server.run_id) == 0;
    }
    return count;
}

/* What is said of an arm of several hosts is said of the first. */
static void ask_host(struct session *session, struct arm *arm)
{
    struct arena *arena = &session->result->arena;
    struct result_arm *described = &session->result->arms[arm->of];
    struct result_host host =
        described->host_count > 0 ? described->hosts[arm->host] : (struct result_host){0};
    host.engine = arena_copy_text(arena, arm->target.server.engine);
    host.engine_version = arena_copy_text(arena, arm->target.server.version);
    host.fact_count = facts_read(&arm->target, arena, &host.facts);
    if (described->host_count > 0) {
        described->hosts[arm->host] = host;
    }
    if (arm->host == 0) {
        described->engine = host.engine;
        described->engine_version = host.engine_version;
        described->facts = host.facts;
        described->fact_count = host.fact_count;
    }
}

/* Who answered, the first time: when a suite goes on, the same as then. Unlimited load on somebody
 * else's server needs consent. */
static bool meet_host(struct session *session, struct arm *arm, struct error *err)
{
    const struct design_spec *design = &session->spec->design;
    if (session->has_resumed && !design->force &&
        !resume_check_server(session->spec->suite.earlier, arm, err)) {
        return false;
    }
    ask_host(session, arm);
    bool is_unlimited = session->spec->load.profile.shape == LOAD_CLOSED;
    if (is_unlimited && !arm->target.is_local && !session->spec->design.assume_yes) {
        uint64_t clients = target_connected_clients(&arm->target);
        uint64_t ours = control_connections(session, arm);
        if (clients > ours) {
            return error_set(err, ERROR_USAGE,
                             "%s serves %llu other client%s, and this would load it without limit; "
                             "add --yes if that is meant",
                             arm->target.endpoint.name, (unsigned long long)(clients - ours),
                             clients - ours == 1 ? "" : "s");
        }
    }
    return true;
}

/* Does an arm lack the operation? On false it cannot be measured. */
static bool find_lacking(struct session *session, struct cell *cell, size_t operation,
                         const char **label, struct error *err)
{
    *label = NULL;
    for (uint32_t i = 0; i < session->host_count && *label == NULL; i++) {
        struct arm *host = &session->hosts[i];
        enum operation_status status =
            operation_check(&host->target.control, &cell->workload, operation, err);
        if (status == OPERATION_WRONG) {
            return false;
        }
        *label = status == OPERATION_UNKNOWN ? session_label(session, host->of) : NULL;
    }
    return true;
}

static void skip_operation(struct session *session, struct result_cell *cell, const char *operation,
                           const char *label)
{
    struct result *result = session->result;
    cell->skipped[cell->skip_count++] = (struct result_skip){operation, label};
    result_add_finding(result, result->kind == RESULT_SUITE ? &cell->findings : &result->findings,
                       SEVERITY_CONDITIONAL, "operation-skipped",
                       "compare versions that both have it, or leave it out",
                       "%s is left out for all arms: %s does not know the command", operation,
                       label);
}

/* Leaves out, for all arms, operations that one of them lacks. */
static bool adapt_cell(struct session *session, struct cell *cell, struct error *err)
{
    if (cell->workload.trace != NULL) {
        return true; /* its commands were looked at when it was made */
    }
    struct result_cell *described = cell->described;
    struct arena *arena = &session->result->arena;
    size_t count = described->workload.operation_count;
    struct operation_spec *kept = arena_alloc_array(arena, count, sizeof *kept);
    size_t kept_count = 0;
    described->skipped = arena_alloc_array(arena, count, sizeof *described->skipped);
    for (size_t i = 0; i < count; i++) {
        const char *lacking;
        if (!find_lacking(session, cell, i, &lacking, err)) {
            return false;
        }
        if (lacking == NULL) {
            kept[kept_count++] = described->workload.operations[i];
        } else {
            skip_operation(session, described, described->workload.operations[i].name, lacking);
        }
    }
    if (kept_count == 0 && count > 0) {
        return error_set(err, ERROR_INVALID, "%s knows no command of workload %s",
                         described->skipped[0].arm, described->name);
    }
    if (kept_count < count) {
        described->workload.operations = kept;
        described->workload.operation_count = kept_count;
        cell_compile_again(cell, session->spec->seed);
        return spec_validate_workload(&described->workload, err); /* a group may have none left */
    }
    return true;
}

/* The first finding that speaks against measuring. */
static bool check_contract(struct session *session, struct error *err)
{
    const struct finding_list *findings = &session->result->findings;
    if (contract_check(session->result) || session->spec->design.force) {
        return true;
    }
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->items[i].severity == SEVERITY_INVALID) {
            return error_set(err, ERROR_INVALID,
                             "the arms are not comparable: %s; %s (or add --force)",
                             findings->items[i].text, findings->items[i].advice);
        }
    }
    return true;
}

/* After the first launch. */
static bool meet(struct session *session, struct error *err)
{
    names_label_arms(session->result);
    if (!check_contract(session, err)) {
        return false;
    }
    for (uint32_t i = 0; i < session->cell_count; i++) {
        struct error problem = {0};
        struct cell *cell = &session->cells[i];
        if (cell->is_out) {
            continue; /* as an earlier invocation found */
        }
        if (i > 0 && cell->described == session->cells[i - 1].described) {
            cell_compile_again(cell, session->spec->seed); /* what that one may do without */
        } else if (!adapt_cell(session, cell, &problem) && !session_drop(session, cell, &problem)) {
            *err = problem;
            return false;
        }
    }
    session->has_met = true;
    if (session->has_resumed) {
        record_tell_all(session); /* not before: what is refused stays as it was in the store */
    }
    return true;
}

/* Subscribers of two arms at one server would receive the messages of either. */
static bool check_channels(const struct session *session, const struct arm *arm, struct error *err)
{
    bool any = false;
    for (uint32_t i = 0; i < session->cell_count; i++) {
        any = any || session->cells[i].described->workload.roles.subscribers.connections > 0;
    }
    return !any || control_connections(session, arm) < 2 ||
           error_set(err, ERROR_USAGE,
                     "%s is weighed against itself: publish and subscribe needs two servers",
                     arm->target.endpoint.name);
}

static bool launch(struct session *session, struct arm *arm, struct error *err)
{
    session_tell(session, RUN_STARTING, session_label(session, arm->of), NULL);
    return arm_launch(arm, err) && check_channels(session, arm, err) &&
           (session->has_met || meet_host(session, arm, err)) && session_go_on(session, err);
}

/* The first launch: all hosts, before anything is written to one. */
static bool launch_all(struct session *session, struct error *err)
{
    for (uint32_t i = 0; i < session->host_count; i++) {
        if (!launch(session, &session->hosts[i], err)) {
            return false;
        }
    }
    if (!meet(session, err)) {
        return false;
    }
    for (uint32_t i = 0; i < session->host_count; i++) {
        struct arm *host = &session->hosts[i];
        if (session->arms[host->of] != host) {
            arm_stand_down(host); /* until it is its turn */
        }
    }
    return true;
}

bool session_launch(struct session *session, struct error *err)
{
    take_turns(session);
    if (!session->has_met) {
        return launch_all(session, err);
    }
    for (uint32_t i = 0; i < session->arm_count; i++) {
        if (!launch(session, session->arms[i], err)) {
            return false;
        }
    }
    return true;
}

bool session_drop(struct session *session, struct cell *cell, const struct error *problem)
{
    bool concerns_cell = problem->code == ERROR_INVALID || problem->code == ERROR_USAGE;
    if (session->result->kind != RESULT_SUITE || !concerns_cell) {
        return false;
    }
    cell->is_out = true;
    cell->is_due = false;
    for (uint32_t i = 0; i < cell->lane_count; i++) {
        lane_close(&cell->lanes[i]);
    }
    result_add_finding(session->result, &cell->described->findings, SEVERITY_INVALID,
                       "cannot-be-measured", NULL, "%s", problem->text);
    return true;
}
