#include "run/campaign.h"

#include <math.h>

#include "analysis/calibrate.h"
#include "analysis/compare.h"
#include "analysis/enough.h"
#include "analysis/validity.h"
#include "run/block.h"
#include "run/headroom.h"
#include "run/names.h"
#include "run/record.h"
#include "run/resume.h"
#include "run/scout.h"
#include "run/session.h"

/* Judges what there is. An interruption is a result; a failure is not, but what was measured
 * before it stays in the result, which is then not valid. */
static bool finish(struct session *session, const struct error *problem, struct error *err)
{
    struct result *result = session->result;
    bool failed = problem->code != ERROR_NONE && problem->code != ERROR_INTERRUPTED;
    result->interrupted = problem->code == ERROR_INTERRUPTED;
    if (session->has_resumed && !session->has_met && !failed) {
        record_tell_all(session); /* nothing was launched, which would have */
    }
    session_close(session);
    names_label_arms(result); /* those that were not reached, too: a result names all its arms */
    if (failed) {
        result_add_finding(result, &result->findings, SEVERITY_INVALID, "broken-off", NULL, "%s",
                           problem->text);
    }
    if (session->has_resumed && !session->has_met && failed) {
        resume_return(result, session->spec->suite.earlier);
    } else if (session->has_resumed && !session->has_met) {
        resume_recall(result, session->spec->suite.earlier);
    }
    validity_check_result(result);
    if (result_kind_compares(result->kind)) {
        analysis_compare(result);
        calibrate_cells(result);
    }
    analysis_conclude(result);
    if (failed && err != NULL) {
        *err = *problem;
    }
    return !failed;
}

static struct session new_session(const struct spec *spec, const struct run_observer *observer,
                                  struct result *result)
{
    return (struct session){
        .spec = spec,
        .observer = observer,
        .result = result,
        .pairs = 1,
        .block = 1,
        .live = {.observer = observer},
    };
}

/* ---- comparing ---- */

/* Keeps what a suite has so far. */
static bool save(struct session *session, struct error *err)
{
    const struct run_observer *observer = session->observer;
    if (session->result->kind != RESULT_SUITE || observer->save == NULL) {
        return true;
    }
    /* What the file is if nobody writes it again. */
    session->result->interrupted = session->block < session->pairs;
    bool saved = observer->save(observer->self, session->result, err);
    session->result->interrupted = false;
    return saved;
}

/* Would so many more pairs end after the time budget? They take as long as those before them. */
static bool is_late(const struct session *session, uint32_t made, uint32_t more)
{
    nsec spent = clock_now(clock_monotonic()) - session->began;
    return session->design.time_budget > 0 &&
           (double)spent / made * (made + more) > (double)session->design.time_budget;
}

/* A look at the pairs there are: are the intervals narrow? If not, plans with as many pairs as are
 * expected to be needed. */
static bool is_precise(struct session *session)
{
    const struct design_spec *design = &session->design;
    struct enough enough;
    analysis_compare(session->result);
    analysis_enough(session->result, NULL, &enough);
    if (enough.enough) {
        return true;
    }
    uint32_t least = session->block + ENOUGH_STEP;
    uint32_t pairs = session->block + (enough.needed - enough.n);
    pairs = pairs < least ? least : pairs;
    session->pairs = pairs > design->max_pairs ? design->max_pairs : pairs;
    session->done = (double)session->block / session->pairs;
    return false;
}

/* The rule of analysis/enough.h, after a block. Why no more pairs are made: sets `reason`. */
static bool is_over(struct session *session, enum stop_reason *reason)
{
    const struct design_spec *design = &session->design;
    bool adds = enough_adds_pairs(session->result);
    bool is_look = adds && enough_is_look(session->result, session->block);
    *reason = STOP_PLANNED;
    if (!adds && session->block >= session->pairs) {
        return true;
    }
    if (is_look && is_precise(session)) {
        *reason = STOP_PRECISE;
        return true;
    }
    if (adds && session->block >= design->max_pairs) {
        *reason = STOP_MAX_PAIRS;
        return true;
    }
    if (is_late(session, session->block, is_look ? ENOUGH_STEP : 1)) {
        *reason = STOP_TIME_BUDGET;
        return true;
    }
    return false;
}

static bool make_blocks(struct session *session, struct error *err)
{
    const struct result *result = session->result;
    session->began = clock_now(clock_monotonic());
    if (enough_adds_pairs(result)) { /* at least */
        uint32_t least = enough_least(result);
        session->planned = session->planned / session->pairs * least;
        session->pairs = least;
    }
    bool over = session->block > session->pairs;
    while (!over) {
        if (!block_make(session, err) || !save(session, err)) {
            return false;
        }
        over = is_over(session, &session->result->stopped);
        session->block++;
    }
    return true;
}

enum { FRESH_MOST = 10 }; /* pairs that confirm a gate, unless there are more hosts */

/* Marks the cells whose gates are about to fail; are there any? */
static bool choose_cells_to_confirm(struct session *session)
{
    bool any = false;
    analysis_compare(session->result);
    for (uint32_t i = 0; i < session->cell_count; i++) {
        struct cell *cell = &session->cells[i];
        cell->confirms = analysis_wants_confirmation(session->result, cell->described);
        any = any || cell->confirms;
    }
    for (uint32_t i = 0; i < session->cell_count; i++) {
        if (session->cells[i].confirms) {
            session->cells[i].described->confirmed_from = session->block;
        }
    }
    return any;
}

/* As many as there were, at most FRESH_MOST, and a turn for every host. */
static uint32_t fresh_pairs(const struct session *session)
{
    const struct result *result = session->result;
    uint32_t pairs = session->design.pairs < FRESH_MOST ? session->design.pairs : FRESH_MOST;
    for (size_t i = 0; i < result->arm_count; i++) {
        uint32_t hosts = result_arm_hosts(&result->arms[i]);
        pairs = hosts > pairs ? hosts : pairs;
    }
    return pairs;
}

/* A gate that is about to fail is tried again with fresh pairs, on launches of their own. */
static bool confirm_gates(struct session *session, struct error *err)
{
    if (session->fresh_from == 0) { /* else an earlier invocation has begun it */
        if (!choose_cells_to_confirm(session)) {
            return true;
        }
        session->fresh_from = session->block;
    }
    session->pairs = session->fresh_from - 1 + fresh_pairs(session);
    session->done = (double)(session->block - 1) / session->pairs;
    for (; session->block <= session->pairs && !is_late(session, session->block - 1, 1);
         session->block++) {
        if (!block_make(session, err) || !save(session, err)) {
            return false;
        }
    }
    return true;
}

bool campaign_compare(const struct spec *spec, const struct run_observer *observer,
                      struct result *result, struct error *err)
{
    struct session session = new_session(spec, observer, result);
    struct error problem = {0};
    session.pairs = spec->design.pairs;
    (void)(session_open(&session, RESULT_COMPARE, &problem) && make_blocks(&session, &problem) &&
           confirm_gates(&session, &problem));
    if (problem.code == ERROR_NONE) {
        session.done = 1;
        headroom_measure(&session);
    }
    return finish(&session, &problem, err);
}

/* ---- a suite ---- */

/* Goes on with what an earlier invocation measured: its blocks that are whole are not made again.
 */
static bool take_over(struct session *session, struct error *err)
{
    struct result *earlier = session->spec->suite.earlier;
    if (earlier == NULL) {
        return true;
    }
    if (!resume_check(session, earlier, err)) {
        return error_prefix(err, "option '--resume'");
    }
    session->block = resume_take(session, earlier);
    session->has_resumed = true;
    session->done = (double)(session->block - 1) / session->pairs;
    session->done_at_start = session->done;
    return true;
}

/* The pairs that were made earlier have had their order. */
static void replay(struct session *session)
{
    for (uint32_t i = 0; i < session->cell_count; i++) {
        struct cell *cell = &session->cells[i];
        for (uint32_t block = 1; block < session->block; block++) {
            bool is_fresh = session->fresh_from > 0 && block >= session->fresh_from;
            if (cell->confirms || !is_fresh) {
                cell_next_pair(cell);
            }
        }
    }
}

/* The design that the budget buys, and the cells' slices after it. */
static bool settle_design(struct session *session, struct error *err)
{
    struct budget_cost cost;
    const struct spec *spec = session->spec;
    if (session->block > session->pairs) {
        replay(session);
        return true; /* nothing is left to measure, but what confirms gates */
    }
    if (!scout_all(session, &cost, err)) {
        return false;
    }
    /* Slower than was thought before it began: then it takes longer than the budget. */
    if (spec->suite.earlier == NULL &&
        !budget_choose(&cost, &spec->suite, &session->design, NULL)) {
        session->design = spec->design;
        budget_least(&spec->suite, &session->design);
    }
    session->pairs = session->design.pairs;
    session->result->design = session->design;
    struct design_spec left = session->design;
    left.pairs -= session->block - 1;
    cost.once = 0;
    session->planned = budget_total(&cost, &left);
    if (session->observer->plan != NULL) {
        session->observer->plan(session->observer->self, &session->design, session->planned);
    }
    for (uint32_t i = 0; i < session->cell_count; i++) {
        cell_plan(&session->cells[i], &session->design, spec->seed);
    }
    replay(session);
    return true;
}

bool campaign_suite(const struct spec *spec, const struct run_observer *observer,
                    struct result *result, struct error *err)
{
    struct session session = new_session(spec, observer, result);
    struct error problem = {0};
    session.pairs = spec->design.pairs;
    (void)(session_open(&session, RESULT_SUITE, &problem) && take_over(&session, &problem) &&
           settle_design(&session, &problem) && make_blocks(&session, &problem) &&
           confirm_gates(&session, &problem));
    return finish(&session, &problem, err);
}

/* ---- one target, second by second ---- */

enum { MORE_WINDOWS = 3600 }; /* of a run by requests, or one that takes longer than asked */
/* A server that takes longer to answer the monitor gives no sample of that second. */
enum { MONITOR_PATIENCE_MS = 200 };

/* The windows of a run that is listed second by second, put together from those of its workers. */
struct second_list {
    struct session *session;
    struct hist_window window; /* of the second being put together */
    uint64_t number;           /* of that second, from 0 */
    uint32_t parts;            /* windows in it: one of each worker, when it is whole */
    nsec origin;               /* when the first one began; 0: none has */
    struct hist_window total;  /* of the seconds before it */
    nsec duration;             /* of all together; 0: by requests */
    nsec settle;               /* that goes before the first one */
    nsec started;              /* about when the first one began, known before its end; 0: not */
    uint64_t sampled;          /* strides of the monitor that are over */
};

static void list_second(struct second_list *seconds)
{
    struct session *session = seconds->session;
    struct tally *tally = &session->cells[0].lanes[0].tally;
    const struct hist_window *window = &seconds->window;
    if (window->end <= window->start) {
        return;
    }
    double length = (double)(window->end - window->start) / (double)NSEC_PER_SEC;
    double end = (double)(window->end - seconds->origin) / (double)NSEC_PER_SEC;
    nsec ago = clock_now(clock_monotonic()) - window->start;
    tally_list_window(tally, window, length, end, clock_wall() - ago);
    session->last_rate = (double)window->counters.operations / length;
    session->last_p99 = (double)hist_percentile(&tally->latency, 99);
}

/* The run so far. What only its end tells (processor times, nodes, events of the server) is left
 * out. */
static void tell_seconds(struct second_list *seconds)
{
    struct session *session = seconds->session;
    struct cell *cell = &session->cells[0];
    const struct tally *tally = &cell->lanes[0].tally;
    window_merge(&seconds->total, &seconds->window);
    if (!live_is_due(&session->live) || tally->window_count == 0) {
        return;
    }
    struct tally so_far = *tally;
    so_far.total = seconds->total;
    so_far.seconds = so_far.offered_seconds = tally->windows[tally->window_count - 1].end;
    so_far.started_wall = tally->windows[0].started_wall;
    so_far.server_cpu = so_far.server_main = -1;
    so_far.server_is_lost = true;
    so_far.client_cpu = so_far.busy_seconds = NAN;
    so_far.worker_count = 0;
    record_tell_part(session, cell, 0, &so_far);
}

/* The second that was put together is over. */
static void end_second(struct second_list *seconds)
{
    struct session *session = seconds->session;
    double duration = (double)session->design.duration;
    double within = (double)(seconds->window.end - seconds->origin) / fmax(duration, 1);
    list_second(seconds);
    tell_seconds(seconds);
    session->done = duration > 0 ? fmin(within, 1) : 0;
    session_tell(session, RUN_MEASURING, session_label(session, 0), NULL);
    window_clear(&seconds->window);
    seconds->parts = 0;
}

static void on_window(void *self, const struct hist_window *window)
{
    struct second_list *seconds = self;
    struct session *session = seconds->session;
    if (seconds->origin == 0) {
        seconds->origin = window->start;
    }
    nsec from_origin = window->start > seconds->origin ? window->start - seconds->origin : 0;
    uint64_t number = (from_origin + NSEC_PER_SEC / 2) / NSEC_PER_SEC;
    if (number > seconds->number) {
        if (seconds->parts > 0) { /* a worker has not come in time */
            end_second(seconds);
        }
        seconds->number = number;
    }
    window_merge(&seconds->window, window);
    if (++seconds->parts == session->cells[0].load.threads) {
        end_second(seconds);
    }
}

/* The one that would fall on the end of the run is left to that, where the server is asked anyway.
 */
static bool is_left_to_end(const struct second_list *seconds, nsec due)
{
    nsec end = seconds->duration;
    nsec apart = due > end ? due - end : end - due;
    return end > 0 && apart < NSEC_PER_SEC / 2;
}

/* Samples of the target and the machine at the end of a second; in a long run, of every n-th. */
static void sample_second(struct second_list *seconds)
{
    struct lane *lane = &seconds->session->cells[0].lanes[0];
    struct sampler *sampler = &lane->tally.sampler;
    struct target *target = &lane->arm->target;
    struct cpu_times machine;
    nsec now = clock_now(clock_monotonic());
    if (seconds->started == 0) {
        seconds->started = sampler->began + seconds->settle;
        sampler->every = sampler_stride(target, (double)seconds->duration / (double)NSEC_PER_SEC);
    }
    nsec stride = sampler->every * NSEC_PER_SEC;
    nsec due = (seconds->sampled + 1) * stride;
    if (now < seconds->started + due) {
        return;
    }
    seconds->sampled = (now - seconds->started) / stride;
    if (is_left_to_end(seconds, due)) {
        return;
    }
    target_look(target, MONITOR_PATIENCE_MS * NSEC_PER_MSEC);
    if (cpu_times(&machine, NULL)) {
        nsec origin = seconds->origin == 0 ? seconds->started : seconds->origin;
        sampler_end(sampler, target, &machine, (double)(now - origin) / (double)NSEC_PER_SEC);
    }
}

/* The engine's watch has one `self`, and looks a few times a second. */
static bool seconds_want_stop(void *self)
{
    struct second_list *seconds = self;
    sample_second(seconds);
    return session_wants_stop(seconds->session);
}

static bool measure_run(struct session *session, struct error *err)
{
    struct cell *cell = &session->cells[0];
    struct lane *lane = &cell->lanes[0];
    const struct spec *spec = session->spec;
    struct second_list seconds = {.session = session};
    struct engine_watch watch = {seconds_want_stop, on_window, &seconds};
    struct arm_context context = session_context(session);
    struct engine_slice slice = {
        .requests = spec->load.requests,
        .window = NSEC_PER_SEC,
        .run = session->design.duration,
    };
    if (slice.requests == 0) {
        slice.duration = session->design.duration;
        slice.settle = SETTLE_MS * NSEC_PER_MSEC;
    }
    seconds.duration = slice.duration;
    seconds.settle = slice.settle;
    context.watch = &watch;
    window_init(&seconds.window, cell->workload.operation_count);
    window_init(&seconds.total, cell->workload.operation_count);
    session_tell(session, RUN_MEASURING, session_label(session, 0), NULL);
    bool measured = lane_measure(lane, &context, &slice, &cell->outcome, err);
    list_second(&seconds);
    window_release(&seconds.window);
    window_release(&seconds.total);
    if (lane->tally.seconds > 0) {
        struct result_run *run = record_run(session, cell, 0);
        run->partial = !measured;
        run->valid = run->valid && measured;
        record_tell_runs(session, cell, 1);
    }
    return measured;
}

static bool make_run(struct session *session, struct error *err)
{
    const struct design_spec *design = &session->design;
    size_t windows = (size_t)(design->duration / NSEC_PER_SEC) + MORE_WINDOWS;
    struct cell *cell = &session->cells[0];
    static const uint32_t only[] = {0};
    const struct group group = {only, 1};
    session->began = clock_now(clock_monotonic());
    cell->attempt = 1;
    cell_next_pair(cell);
    bool made = session_launch(session, err);
    block_begin_tallies(session, cell, windows);
    made = made && block_prepare(session, &group, err) && block_warm_up(session, &group, err) &&
           measure_run(session, err) && session_go_on(session, err);
    tally_release(&cell->lanes[0].tally);
    lane_close(&cell->lanes[0]);
    block_stand_down(session);
    return made;
}

bool campaign_run(const struct spec *spec, const struct run_observer *observer,
                  struct result *result, struct error *err)
{
    struct session session = new_session(spec, observer, result);
    struct error problem = {0};
    (void)(session_open(&session, RESULT_RUN, &problem) && make_run(&session, &problem));
    return finish(&session, &problem, err);
}
