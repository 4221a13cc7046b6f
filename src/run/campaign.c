#include "run/campaign.h"

#include <stdio.h>
#include <string.h>

#include "analysis/compare.h"
#include "analysis/validity.h"
#include "base/mem.h"
#include "os/system.h"
#include "run/arm.h"
#include "run/names.h"
#include "run/operations.h"
#include "run/plan.h"

enum {
    SETTLE_MS = 12,            /* docs/METHODOLOGY.md, "The first milliseconds of a slice" */
    ESTIMATED_LAUNCH_MS = 900, /* of a server, with loading: until the first pair has told */
    MORE_WINDOWS = 3600,       /* of a run by requests, or one that takes longer than asked */
    REPEATS_SHARE = 5,         /* at most a fifth of the pairs is repeated, and at least one */
};

/* The windows of a run that is listed second by second, put together from those of its workers. */
struct second_list {
    struct hist_window window; /* of the second being put together */
    uint64_t number;           /* of that second, from 0 */
    nsec origin;               /* when the first one began; 0: none has */
};

/* Seeds of pairs, apart from those of the workload below the same seed. */
#define STREAM_PAIRS (UINT64_C(1) << 32)

struct campaign {
    const struct spec *spec;
    const struct run_observer *observer;
    struct result *result;
    struct result_cell *cell;
    struct arm *arms;
    uint32_t arm_count;
    struct workload workload;
    bool has_workload;
    struct placement placement;
    struct plan plan;
    struct engine_watch watch;
    struct engine_outcome outcome; /* scratch for slices */
    uint32_t *order;               /* of the slices of the present pair */
    uint32_t pairs;
    uint32_t pairs_done;
    uint32_t runs;
    nsec began;       /* of the first pair */
    double last_rate; /* for the progress line */
    double last_p99;
    struct second_list seconds;
};

/* ---- progress ---- */

static bool wants_stop(void *self)
{
    const struct campaign *campaign = self;
    return campaign->observer->wants_stop != NULL &&
           campaign->observer->wants_stop(campaign->observer->self);
}

static nsec planned_pair_time(const struct campaign *campaign)
{
    const struct design_spec *design = &campaign->spec->design;
    return campaign->arm_count *
           (design->warmup + design->duration + ESTIMATED_LAUNCH_MS * NSEC_PER_MSEC);
}

/* `within`: how much of the present pair is done, 0..1. */
static void tell(const struct campaign *campaign, enum run_phase phase, const char *arm,
                 double within)
{
    if (campaign->observer->progress == NULL) {
        return;
    }
    double pairs = (double)campaign->pairs;
    double done = ((double)campaign->pairs_done + within) / pairs;
    double pair_time = (double)planned_pair_time(campaign);
    if (campaign->pairs_done > 0) {
        nsec spent = clock_now(clock_monotonic()) - campaign->began;
        pair_time = (double)spent / ((double)campaign->pairs_done + within);
    }
    struct run_progress progress = {
        .phase = phase,
        .arm = arm,
        .pair = phase == RUN_CLEANING ? 0 : campaign->pairs_done + 1,
        .pairs = campaign->pairs,
        .repeats = campaign->result->repeated_pairs,
        .done = done > 1 ? 1 : done,
        .left = done < 1 ? (nsec)(pair_time * pairs * (1 - done)) : 0,
        .ops_per_second = campaign->last_rate,
        .p99_ns = campaign->last_p99,
    };
    campaign->observer->progress(campaign->observer->self, &progress);
}

static void tell_remains(const struct campaign *campaign)
{
    if (campaign->observer->remains == NULL) {
        return;
    }
    struct buf text = {0};
    for (uint32_t i = 0; i < campaign->arm_count; i++) {
        const struct arm *arm = &campaign->arms[i];
        if (arm->holds_data) {
            buf_addf(&text, "%skeys %s* on %s", text.len > 0 ? ", " : "",
                     campaign->workload.key_prefix, arm->target.endpoint.name);
        }
    }
    campaign->observer->remains(campaign->observer->self, buf_text(&text));
    buf_release(&text);
}

static const char *label_of(const struct campaign *campaign, uint32_t arm)
{
    return campaign->result->arms[arm].label;
}

/* ---- opening ---- */

static void copy_fact(char to[ENV_TEXT_SIZE], const char *from)
{
    (void)snprintf(to, ENV_TEXT_SIZE, "%s", from);
}

static void describe_machine(struct env *env)
{
    struct system_facts facts;
    system_read("", &facts);
    copy_fact(env->host, facts.hostname);
    copy_fact(env->kernel, facts.kernel);
    copy_fact(env->cpu_model, facts.cpu_model);
    copy_fact(env->governor, facts.governor);
    copy_fact(env->transparent_hugepages, facts.huge_pages);
    copy_fact(env->clocksource, facts.clock_source);
    copy_fact(env->virtualisation, facts.virtual_machine ? "virtual machine" : "");
    env->cpus = (uint32_t)facts.cpus;
    env->memory_bytes = facts.memory;
}

static void describe_arm(struct campaign *campaign, uint32_t index, const struct target_spec *spec)
{
    struct arena *arena = &campaign->result->arena;
    struct result_arm *arm = &campaign->result->arms[index];
    if (spec->label != NULL) {
        bool is_control = campaign->spec->design.aa && index > 0;
        arm->label = arena_printf(arena, "%s%s", spec->label, is_control ? "-2" : "");
    }
    arm->target = arena_copy_text(arena, spec->text);
    arm->setting_count = spec->setting_count;
    arm->settings = arena_alloc_array(arena, spec->setting_count, sizeof(struct setting));
    for (size_t i = 0; i < spec->setting_count; i++) {
        arm->settings[i].name = arena_copy_text(arena, spec->settings[i].name);
        arm->settings[i].value = arena_copy_text(arena, spec->settings[i].value);
    }
    arm->engine = "";
    arm->engine_version = "";
    arm->started_by_us = spec->kind == TARGET_LOCAL;
    arm->placement =
        arm->started_by_us ? placement_of_servers(&campaign->placement, arena) : "attached";
}

static void describe_result(struct campaign *campaign, enum result_kind kind)
{
    struct result *result = campaign->result;
    const struct spec *spec = campaign->spec;
    uint64_t identity = system_draw_random();
    result->kind = kind;
    result->created_wall = clock_wall();
    result->id = names_result_id(result, identity);
    result->seed = spec->seed;
    result->design = spec->design;
    result->worker_placement = placement_of_workers(&campaign->placement, &result->arena);
    describe_machine(&result->env);
    result->arm_count = campaign->arm_count;
    result->arms =
        arena_alloc_array(&result->arena, campaign->arm_count, sizeof(struct result_arm));
    result->cell_count = 1;
    result->cells = arena_alloc_array(&result->arena, 1, sizeof(struct result_cell));
    campaign->cell = &result->cells[0];
    campaign->cell->name = spec->workload.name;
    campaign->cell->workload = spec->workload;
    campaign->cell->workload.key_prefix =
        names_key_prefix(&result->arena, spec->workload.key_prefix, identity);
    campaign->cell->load = spec->load;
}

/* Everything that needs no server. */
static bool open_campaign(struct campaign *campaign, enum result_kind kind, struct error *err)
{
    const struct spec *spec = campaign->spec;
    struct cpu_set available = {0};
    if (!cpu_available(&available, err)) {
        return false;
    }
    placement_init(&campaign->placement, &available, spec->load.threads, spec->load.pin);
    campaign->arm_count = (uint32_t)spec->target_count;
    if (spec->design.aa) {
        campaign->arm_count = 2;
    }
    if (campaign->arm_count < 1 || campaign->arm_count > PLAN_MAX_ARMS) {
        return error_set(err, ERROR_USAGE, "between 1 and %d targets can be measured, not %u",
                         PLAN_MAX_ARMS, campaign->arm_count);
    }
    describe_result(campaign, kind);
    workload_init(&campaign->workload, &campaign->cell->workload, spec->seed);
    campaign->has_workload = true;
    window_init(&campaign->outcome.window, campaign->workload.operation_count);
    plan_init(&campaign->plan, &spec->design, &spec->load, campaign->arm_count,
              rng_derive(spec->seed, UINT64_MAX));
    campaign->order =
        mem_alloc_array((size_t)campaign->arm_count * campaign->plan.slices, sizeof(uint32_t));
    campaign->arms = mem_alloc_array(campaign->arm_count, sizeof(struct arm));
    for (uint32_t i = 0; i < campaign->arm_count; i++) {
        const struct target_spec *target = &spec->targets[spec->design.aa ? 0 : i];
        const struct cpu_set *cpus =
            campaign->placement.is_pinned ? &campaign->placement.servers : NULL;
        describe_arm(campaign, i, target);
        if (!target_init(&campaign->arms[i].target, target, cpus, err)) {
            return false;
        }
        campaign->arms[i].target.endpoint.protocol = spec->load.protocol;
    }
    return true;
}

static struct arm_context context_of(const struct campaign *campaign)
{
    return (struct arm_context){
        .spec = campaign->spec,
        .workload = &campaign->workload,
        .placement = &campaign->placement,
        .watch = &campaign->watch,
    };
}

/* Removes our keys and ends our servers, also after a failure. */
static void close_campaign(struct campaign *campaign)
{
    struct arm_context context = context_of(campaign);
    if (campaign->has_workload && !campaign->spec->design.keep_data) {
        for (uint32_t i = 0; i < campaign->arm_count && campaign->arms != NULL; i++) {
            struct arm *arm = &campaign->arms[i];
            struct error problem = {0};
            if (arm->holds_data) {
                tell(campaign, RUN_CLEANING, label_of(campaign, i), 0);
            }
            if (!arm_remove_data(arm, &context, &problem)) {
                result_add_finding(campaign->result, &campaign->result->findings,
                                   SEVERITY_CONDITIONAL, "keys-remain",
                                   "Remove them by hand, for example with SCAN MATCH and UNLINK.",
                                   "keys %s* remain on %s: %s", campaign->workload.key_prefix,
                                   arm->target.endpoint.name, problem.text);
            }
        }
    }
    for (uint32_t i = 0; i < campaign->arm_count && campaign->arms != NULL; i++) {
        arm_release(&campaign->arms[i]);
    }
    if (campaign->has_workload) {
        tell_remains(campaign);
        workload_release(&campaign->workload);
    }
    window_release(&campaign->outcome.window);
    window_release(&campaign->seconds.window);
    mem_free(campaign->arms);
    mem_free(campaign->order);
}

/* ---- one pair ---- */

/* Our own connections to the server of an arm: arms before it may be the same server. */
static uint64_t control_connections(const struct campaign *campaign, uint32_t index)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i <= index; i++) {
        count += strcmp(campaign->arms[i].target.server.run_id,
                        campaign->arms[index].target.server.run_id) == 0;
    }
    return count;
}

/* Who answered, the first time. Unlimited load on somebody else's server needs consent. */
static bool meet_arm(struct campaign *campaign, uint32_t index, struct error *err)
{
    struct arm *arm = &campaign->arms[index];
    struct result_arm *described = &campaign->result->arms[index];
    struct arena *arena = &campaign->result->arena;
    described->engine = arena_copy_text(arena, arm->target.server.engine);
    described->engine_version = arena_copy_text(arena, arm->target.server.version);
    bool is_unlimited = campaign->spec->load.profile.shape == LOAD_CLOSED;
    if (is_unlimited && !arm->target.is_local && !campaign->spec->design.assume_yes) {
        uint64_t clients = target_connected_clients(&arm->target);
        uint64_t ours = control_connections(campaign, index);
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
static bool find_lacking(struct campaign *campaign, size_t operation, const char **label,
                         struct error *err)
{
    *label = NULL;
    for (uint32_t i = 0; i < campaign->arm_count && *label == NULL; i++) {
        enum operation_status status =
            operation_check(&campaign->arms[i].target.control, &campaign->workload, operation, err);
        if (status == OPERATION_WRONG) {
            return false;
        }
        *label = status == OPERATION_UNKNOWN ? label_of(campaign, i) : NULL;
    }
    return true;
}

static void compile_again(struct campaign *campaign, struct operation_spec *kept, size_t count)
{
    campaign->cell->workload.operations = kept;
    campaign->cell->workload.operation_count = count;
    workload_release(&campaign->workload);
    workload_init(&campaign->workload, &campaign->cell->workload, campaign->spec->seed);
    window_release(&campaign->outcome.window);
    window_init(&campaign->outcome.window, campaign->workload.operation_count);
}

/* Leaves out, for all arms, operations that one of them lacks. */
static bool adapt_workload(struct campaign *campaign, struct error *err)
{
    if (campaign->workload.trace != NULL) {
        return true; /* its commands were looked at when it was made */
    }
    struct result_cell *cell = campaign->cell;
    struct arena *arena = &campaign->result->arena;
    size_t count = cell->workload.operation_count;
    struct operation_spec *kept = arena_alloc_array(arena, count, sizeof *kept);
    size_t kept_count = 0;
    cell->skipped = arena_alloc_array(arena, count, sizeof *cell->skipped);
    for (size_t i = 0; i < count; i++) {
        const char *lacking;
        if (!find_lacking(campaign, i, &lacking, err)) {
            return false;
        }
        if (lacking == NULL) {
            kept[kept_count++] = cell->workload.operations[i];
        } else {
            cell->skipped[cell->skip_count++] =
                (struct result_skip){cell->workload.operations[i].name, lacking};
            result_add_finding(campaign->result, &campaign->result->findings, SEVERITY_CONDITIONAL,
                               "operation-skipped",
                               "compare versions that both have it, or leave it out",
                               "%s is left out for all arms: %s does not know the command",
                               cell->workload.operations[i].name, lacking);
        }
    }
    if (kept_count == 0 && count > 0) {
        return error_set(err, ERROR_INVALID, "%s knows no command of workload %s",
                         cell->skipped[0].arm, cell->name);
    }
    if (kept_count < count) {
        compile_again(campaign, kept, kept_count);
    }
    return true;
}

static bool launch_arms(struct campaign *campaign, struct error *err)
{
    bool is_first = campaign->result->arms[0].engine[0] == '\0';
    for (uint32_t i = 0; i < campaign->arm_count; i++) {
        tell(campaign, RUN_STARTING, label_of(campaign, i), 0);
        if (!arm_launch(&campaign->arms[i], err) || (is_first && !meet_arm(campaign, i, err))) {
            return false;
        }
        if (wants_stop(campaign)) {
            return error_set(err, ERROR_INTERRUPTED, "interrupted");
        }
    }
    if (is_first) {
        names_label_arms(campaign->result);
        return adapt_workload(campaign, err);
    }
    return true;
}

/* The rank of an arm's first slice in the pair, from 1. */
static uint32_t slot_of(const struct campaign *campaign, uint32_t arm)
{
    bool seen[PLAN_MAX_ARMS] = {false};
    uint32_t slot = 1;
    for (uint32_t i = 0; campaign->order[i] != arm; i++) {
        if (!seen[campaign->order[i]]) {
            seen[campaign->order[i]] = true;
            slot++;
        }
    }
    return slot;
}

/* The arms by their first slice. */
static void order_of_arms(const struct campaign *campaign, uint32_t sequence[PLAN_MAX_ARMS])
{
    for (uint32_t arm = 0; arm < campaign->arm_count; arm++) {
        sequence[slot_of(campaign, arm) - 1] = arm;
    }
}

/* Before the first key of ours is in somebody else's server: a second Ctrl-C must name it. */
static void claim_data(struct campaign *campaign, struct arm *arm)
{
    if (!arm->target.owned) {
        arm->holds_data = true;
        tell_remains(campaign);
    }
}

/* Engines connected, data loaded and checked, everybody warm: in the order in which the arms have
 * their first slice, so that over the pairs none has always waited longest. */
static bool prepare_arms(struct campaign *campaign, const uint32_t *sequence, uint32_t pair,
                         struct error *err)
{
    struct arm_context context = context_of(campaign);
    uint64_t seed = rng_derive(campaign->spec->seed, STREAM_PAIRS + pair);
    for (uint32_t i = 0; i < campaign->arm_count; i++) {
        struct arm *arm = &campaign->arms[sequence[i]];
        tell(campaign, RUN_LOADING, label_of(campaign, sequence[i]), 0);
        if (!arm_connect(arm, &context, seed, err)) {
            return false;
        }
        claim_data(campaign, arm);
        if (!arm_load(arm, &context, err)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < campaign->arm_count; i++) {
        tell(campaign, RUN_WARMING, label_of(campaign, sequence[i]), 0);
        if (!arm_warm_up(&campaign->arms[sequence[i]], &context, campaign->spec->design.warmup,
                         err)) {
            return false;
        }
    }
    return true;
}

static bool measure_slice(struct campaign *campaign, uint32_t index, uint32_t number,
                          struct error *err)
{
    struct arm *arm = &campaign->arms[index];
    struct arm_context context = context_of(campaign);
    struct engine_slice slice = {
        .duration = campaign->plan.slice,
        .run = campaign->spec->design.duration,
        .from = campaign->plan.slice * number,
    };
    if (slice.duration > 0) {
        slice.settle = SETTLE_MS * NSEC_PER_MSEC;
    } else {
        slice.requests = plan_slice_requests(&campaign->plan, number);
    }
    if (!arm_measure(arm, &context, &slice, &campaign->outcome, err)) {
        return false;
    }
    const struct engine_outcome *outcome = &campaign->outcome;
    tally_list_window(&arm->tally, &outcome->window, outcome->seconds, arm->tally.seconds,
                      outcome->started_wall);
    campaign->last_rate =
        outcome->seconds > 0 ? (double)outcome->window.counters.operations / outcome->seconds : 0;
    campaign->last_p99 = (double)hist_percentile(&arm->tally.latency, 99);
    return true;
}

static bool measure_slices(struct campaign *campaign, struct error *err)
{
    uint32_t made[PLAN_MAX_ARMS] = {0};
    uint32_t total = campaign->arm_count * campaign->plan.slices;
    for (uint32_t i = 0; i < total; i++) {
        uint32_t arm = campaign->order[i];
        tell(campaign, RUN_MEASURING, label_of(campaign, arm), (double)i / (double)total);
        if (!measure_slice(campaign, arm, made[arm]++, err)) {
            return false;
        }
        if (wants_stop(campaign)) {
            return error_set(err, ERROR_INTERRUPTED, "interrupted");
        }
    }
    return true;
}

static struct result_run *record_run(struct campaign *campaign, uint32_t index, uint32_t pair,
                                     uint32_t attempt)
{
    struct result *result = campaign->result;
    const struct arm *arm = &campaign->arms[index];
    struct result_run *run = result_add_run(result, campaign->cell, campaign->workload.names,
                                            campaign->workload.operation_count);
    run->arm = index;
    run->pair = pair;
    run->block = pair;
    run->attempt = attempt;
    run->order = ++campaign->runs;
    run->slot = campaign->plan.arms > 1 ? slot_of(campaign, index) : 1;
    run->launch = arena_copy_text(&result->arena, arm->target.server.run_id);
    run->host = arena_copy_text(&result->arena, arm->target.endpoint.name);
    tally_fill_run(&arm->tally, arm->engine, result, run);
    if (arm->tally.has_changed) {
        result_add_finding(result, &run->findings, SEVERITY_CONDITIONAL, "server-changed",
                           "measure again for figures of one server",
                           "another server process answered in the course of the run: a restart "
                           "or a failover");
    }
    validity_check_run(result, run);
    return run;
}

static void record_pair(struct campaign *campaign, uint32_t pair, uint32_t attempt, bool *valid)
{
    *valid = true;
    for (uint32_t i = 0; i < campaign->arm_count; i++) {
        const struct result_run *run = record_run(campaign, i, pair, attempt);
        *valid = *valid && run->valid;
    }
}

/* A pair that was broken off: its figures are kept and shown, but not compared. */
static void record_part_of_pair(struct campaign *campaign, uint32_t pair, uint32_t attempt)
{
    for (uint32_t i = 0; i < campaign->arm_count; i++) {
        if (campaign->arms[i].tally.window_count > 0) {
            struct result_run *run = record_run(campaign, i, pair, attempt);
            run->valid = false;
            run->partial = true;
            result_add_finding(campaign->result, &run->findings, SEVERITY_NOTE, "broken-off", NULL,
                               "the pair was broken off after %zu of %u slices", run->window_count,
                               campaign->plan.slices);
        }
    }
}

/* One attempt at one pair, from launching to standing down. */
static bool make_pair(struct campaign *campaign, uint32_t pair, uint32_t attempt, bool *valid,
                      struct error *err)
{
    uint32_t sequence[PLAN_MAX_ARMS] = {0};
    if (attempt == 1) { /* a repeated pair keeps its order */
        plan_next_pair(&campaign->plan, campaign->order);
    }
    order_of_arms(campaign, sequence);
    bool made = launch_arms(campaign, err);
    for (uint32_t i = 0; i < campaign->arm_count; i++) {
        tally_init(&campaign->arms[i].tally, campaign->result, &campaign->cell->load,
                   campaign->workload.operation_count, campaign->plan.slices);
    }
    made = made && prepare_arms(campaign, sequence, pair, err) && measure_slices(campaign, err);
    if (made) {
        record_pair(campaign, pair, attempt, valid);
    } else {
        record_part_of_pair(campaign, pair, attempt);
    }
    for (uint32_t i = 0; i < campaign->arm_count; i++) {
        tally_release(&campaign->arms[i].tally);
        arm_stand_down(&campaign->arms[i]);
    }
    return made;
}

static bool make_pairs(struct campaign *campaign, struct error *err)
{
    struct result *result = campaign->result;
    uint32_t repeats_allowed = campaign->pairs / REPEATS_SHARE;
    if (repeats_allowed == 0) {
        repeats_allowed = 1;
    }
    campaign->began = clock_now(clock_monotonic());
    for (uint32_t pair = 1; pair <= campaign->pairs; pair++) {
        bool valid = false;
        uint32_t attempt = 1;
        if (!make_pair(campaign, pair, attempt, &valid, err)) {
            return false;
        }
        while (!valid && result->repeated_pairs < repeats_allowed) {
            result->repeated_pairs++;
            attempt++;
            if (!make_pair(campaign, pair, attempt, &valid, err)) {
                return false;
            }
        }
        campaign->pairs_done++;
    }
    return true;
}

/* ---- the two campaigns ---- */

/* Judges what there is. An interruption is a result; a failure is not, but what was measured
 * before it stays in the result, which is then not valid. */
static bool finish(struct campaign *campaign, const struct error *problem, struct error *err)
{
    struct result *result = campaign->result;
    bool failed = problem->code != ERROR_NONE && problem->code != ERROR_INTERRUPTED;
    result->interrupted = problem->code == ERROR_INTERRUPTED;
    close_campaign(campaign);
    names_label_arms(result); /* those that were not reached, too: a result names all its arms */
    if (failed) {
        result_add_finding(result, &result->findings, SEVERITY_INVALID, "broken-off", NULL, "%s",
                           problem->text);
    }
    validity_check_result(result);
    if (result->kind == RESULT_COMPARE) {
        analysis_compare(result);
    }
    analysis_conclude(result);
    if (failed && err != NULL) {
        *err = *problem;
    }
    return !failed;
}

static struct campaign new_campaign(const struct spec *spec, const struct run_observer *observer,
                                    struct result *result)
{
    return (struct campaign){
        .spec = spec,
        .observer = observer,
        .result = result,
        .pairs = 1,
        .watch = {.wants_stop = wants_stop},
    };
}

bool campaign_compare(const struct spec *spec, const struct run_observer *observer,
                      struct result *result, struct error *err)
{
    struct campaign campaign = new_campaign(spec, observer, result);
    struct error problem = {0};
    campaign.watch.self = &campaign;
    campaign.pairs = spec->design.pairs;
    (void)(open_campaign(&campaign, RESULT_COMPARE, &problem) && make_pairs(&campaign, &problem));
    return finish(&campaign, &problem, err);
}

/* ---- one target, second by second ---- */

static void list_second(struct campaign *campaign)
{
    struct second_list *seconds = &campaign->seconds;
    struct tally *tally = &campaign->arms[0].tally;
    const struct hist_window *window = &seconds->window;
    if (window->end <= window->start) {
        return;
    }
    double length = (double)(window->end - window->start) / (double)NSEC_PER_SEC;
    double end = (double)(window->end - seconds->origin) / (double)NSEC_PER_SEC;
    nsec ago = clock_now(clock_monotonic()) - window->start;
    tally_list_window(tally, window, length, end, clock_wall() - ago);
    campaign->last_rate = (double)window->counters.operations / length;
    campaign->last_p99 = (double)hist_percentile(&tally->latency, 99);
}

static void on_window(void *self, const struct hist_window *window)
{
    struct campaign *campaign = self;
    struct second_list *seconds = &campaign->seconds;
    if (seconds->origin == 0) {
        seconds->origin = window->start;
    }
    nsec from_origin = window->start > seconds->origin ? window->start - seconds->origin : 0;
    uint64_t number = (from_origin + NSEC_PER_SEC / 2) / NSEC_PER_SEC;
    if (number > seconds->number) {
        list_second(campaign);
        window_clear(&seconds->window);
        seconds->number = number;
        nsec duration = campaign->spec->design.duration;
        double within = duration > 0 ? (double)from_origin / (double)duration : 0;
        tell(campaign, RUN_MEASURING, label_of(campaign, 0), within < 1 ? within : 1);
    }
    window_merge(&seconds->window, window);
}

static bool measure_run(struct campaign *campaign, struct error *err)
{
    struct arm *arm = &campaign->arms[0];
    struct arm_context context = context_of(campaign);
    const struct spec *spec = campaign->spec;
    struct engine_slice slice = {
        .requests = spec->load.requests,
        .window = NSEC_PER_SEC,
        .run = spec->design.duration,
    };
    if (slice.requests == 0) {
        slice.duration = spec->design.duration;
        slice.settle = SETTLE_MS * NSEC_PER_MSEC;
    }
    window_init(&campaign->seconds.window, campaign->workload.operation_count);
    campaign->watch.on_window = on_window;
    tell(campaign, RUN_MEASURING, label_of(campaign, 0), 0);
    bool measured = arm_measure(arm, &context, &slice, &campaign->outcome, err);
    campaign->watch.on_window = NULL;
    list_second(campaign);
    if (arm->tally.seconds > 0) {
        struct result_run *run = record_run(campaign, 0, 1, 1);
        run->partial = !measured;
        run->valid = run->valid && measured;
    }
    return measured;
}

static bool make_run(struct campaign *campaign, struct error *err)
{
    const struct design_spec *design = &campaign->spec->design;
    size_t windows = (size_t)(design->duration / NSEC_PER_SEC) + MORE_WINDOWS;
    campaign->began = clock_now(clock_monotonic());
    static const uint32_t only[] = {0};
    bool made = launch_arms(campaign, err);
    tally_init(&campaign->arms[0].tally, campaign->result, &campaign->cell->load,
               campaign->workload.operation_count, windows);
    made = made && prepare_arms(campaign, only, 1, err) && measure_run(campaign, err);
    if (made && wants_stop(campaign)) {
        made = error_set(err, ERROR_INTERRUPTED, "interrupted");
    }
    tally_release(&campaign->arms[0].tally);
    arm_stand_down(&campaign->arms[0]);
    return made;
}

bool campaign_run(const struct spec *spec, const struct run_observer *observer,
                  struct result *result, struct error *err)
{
    struct campaign campaign = new_campaign(spec, observer, result);
    struct error problem = {0};
    campaign.watch.self = &campaign;
    (void)(open_campaign(&campaign, RESULT_RUN, &problem) && make_run(&campaign, &problem));
    return finish(&campaign, &problem, err);
}
