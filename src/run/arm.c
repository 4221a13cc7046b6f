#include "run/arm.h"

#include "net/loop.h"
#include "redis/reply_error.h"
#include "run/data.h"

/* Operations of the check that loaded data can be read: as many as move so many bytes, at least a
 * few. */
enum { SAMPLE_OPERATIONS = 1000, SAMPLE_LEAST = 8 };
#define SAMPLE_BYTES (UINT64_C(64) << 20)
/* Removing keys is no load: few connections, and a second try. */
enum { REMOVING_CLIENTS = 4, REMOVING_ATTEMPTS = 2 };
/* How long a worker waits awake for the next moment to send: longer than it takes to wake up. */
enum { SPIN_US = 100 };
/* More misses than that among sampled reads: the data is not there. */
#define SAMPLE_MISSES 0.01

bool arm_launch(struct arm *arm, struct error *err)
{
    if (!arm->is_up) {
        arm->is_up = target_start(&arm->target, err);
    }
    return arm->is_up;
}

/* When something failed: a server that is gone is the better reason. Returns false. */
static bool explain(struct arm *arm, struct error *err)
{
    struct error gone = {0};
    bool is_about_server = err == NULL || err->code == ERROR_TARGET || err->code == ERROR_INVALID;
    if (err != NULL && is_about_server && !target_is_alive(&arm->target, &gone)) {
        *err = gone;
    }
    return false;
}

static bool connect_engine(struct arm *arm, const struct arm_context *context,
                           const struct load_spec *load, uint64_t seed, struct error *err)
{
    struct engine_config config = {
        .clock = clock_monotonic(),
        .loop_init = loop_init_epoll,
        .endpoint = &arm->target.endpoint,
        .topology = arm->target.topology,
        .locator = arm->target.owned ? NULL : &arm->target.locator,
        .workload = context->workload,
        .load = load,
        .protocol = arm->target.control.protocol,
        .seed = seed,
        .cpus = context->placement->is_pinned ? &context->placement->workers : NULL,
        /* Awake only on a processor of its own. */
        .spin = context->placement->is_pinned ? SPIN_US * NSEC_PER_USEC : 0,
    };
    arm->engine = engine_new(&config, err);
    return arm->engine != NULL && engine_connect(arm->engine, context->watch, err);
}

bool arm_connect(struct arm *arm, const struct arm_context *context, uint64_t seed,
                 struct error *err)
{
    return connect_engine(arm, context, &context->spec->load, seed, err) || explain(arm, err);
}

static uint64_t sample_size(const struct workload_spec *workload)
{
    uint64_t fitting = SAMPLE_BYTES / workload->value_size_high;
    if (fitting < SAMPLE_LEAST) {
        return SAMPLE_LEAST;
    }
    return fitting < SAMPLE_OPERATIONS ? fitting : SAMPLE_OPERATIONS;
}

/* Errors among the sampled operations, by name. False: there were none. */
static bool tell_refused(const struct arm *arm, const struct counters *counters, struct error *out)
{
    uint64_t errors = counters_errors(counters);
    for (int kind = 0; errors > 0 && kind < REPLY_ERROR_COUNT; kind++) {
        if (counters->errors[kind] > 0) {
            error_set(out, ERROR_INVALID,
                      "%s: %llu of %llu sampled operations failed (%s first); try the commands "
                      "with redis-cli",
                      arm->target.endpoint.name, (unsigned long long)errors,
                      (unsigned long long)(errors + counters->operations),
                      reply_error_name((enum reply_error)kind));
            return true;
        }
    }
    return false;
}

/* Reads a sample of what the measured operations will ask for. */
static bool check_sample(struct arm *arm, const struct arm_context *context, struct error *err)
{
    const struct workload_spec *workload = &context->spec->workload;
    bool is_default = workload->operation_count == 0;
    if (is_default && workload->reads == 0) {
        return true;
    }
    struct engine_outcome outcome = {0};
    window_init(&outcome.window, context->workload->operation_count);
    struct engine_slice slice = {
        .requests = sample_size(&context->spec->workload),
        .is_closed = true,
    };
    engine_measure(arm->engine, &slice, context->watch, &outcome);
    uint64_t hits = outcome.window.counters.hits;
    uint64_t misses = outcome.window.counters.misses;
    struct error refused = {0};
    bool is_refused = tell_refused(arm, &outcome.window.counters, &refused);
    window_release(&outcome.window);
    if (outcome.failed) {
        return error_set(err, ERROR_TARGET, "%s", outcome.problem.text);
    }
    if (is_refused) {
        *err = refused;
        return false;
    }
    bool must_hit = is_default && workload->ttl_high == 0;
    if (must_hit && misses > 0 && (double)misses > SAMPLE_MISSES * (double)(hits + misses)) {
        return error_set(err, ERROR_INVALID,
                         "%s: the data that was loaded is not there: %llu of %llu sampled reads "
                         "found nothing (is memory limited, or does something else delete keys?)",
                         arm->target.endpoint.name, (unsigned long long)misses,
                         (unsigned long long)(hits + misses));
    }
    return true;
}

/* Replicas receive the data a little later than the primary that was loaded. */
static bool check_sample_soon(struct arm *arm, const struct arm_context *context, struct error *err)
{
    enum { LOOKS = 30, PAUSE_MS = 100 };
    int looks = arm->target.locator.read_from == READ_FROM_PRIMARY ? 1 : LOOKS;
    for (;;) {
        struct error problem = {0};
        if (check_sample(arm, context, &problem)) {
            return true;
        }
        if (--looks == 0 || problem.code != ERROR_INVALID) {
            *err = problem;
            return false;
        }
        clock_sleep(PAUSE_MS * NSEC_PER_MSEC);
    }
}

/* Keys were inserted, and what refers to them has changed: the dataset is made anew. */
static bool clear_grown(struct arm *arm, const struct arm_context *context, struct error *err)
{
    if (!arm->is_loaded || !context->workload->data[0].grows) {
        return true;
    }
    arm->is_loaded = false;
    return data_remove(arm, context, err);
}

bool arm_load(struct arm *arm, const struct arm_context *context, struct error *err)
{
    if (!clear_grown(arm, context, err) || (!arm->is_loaded && !data_load(arm, context, err))) {
        return explain(arm, err);
    }
    arm->is_loaded = !arm->target.owned;
    if (context->workload->trace != NULL) {
        return true;
    }
    /* In every pair, so that the streams of all arms stand at the same place afterwards. */
    return check_sample_soon(arm, context, err) || explain(arm, err);
}

static bool stopped(const struct arm_context *context, struct error *err)
{
    if (context->watch->wants_stop(context->watch->self)) {
        error_set(err, ERROR_INTERRUPTED, "interrupted");
        return true;
    }
    return false;
}

/* After something failed under load: is the server still there? */
static bool check_alive(struct arm *arm, const struct engine_outcome *outcome, struct error *err)
{
    if (!target_is_alive(&arm->target, err)) {
        return false;
    }
    if (outcome->failed) {
        return error_set(err, ERROR_TARGET, "%s", outcome->problem.text);
    }
    return true;
}

bool arm_warm_up(struct arm *arm, const struct arm_context *context, nsec duration,
                 struct error *err)
{
    if (duration == 0) {
        return true;
    }
    struct engine_outcome outcome = {0};
    window_init(&outcome.window, context->workload->operation_count);
    struct engine_slice slice = {.duration = duration, .run = context->spec->design.duration};
    engine_measure(arm->engine, &slice, context->watch, &outcome);
    window_release(&outcome.window);
    return check_alive(arm, &outcome, err) && !stopped(context, err);
}

bool arm_measure(struct arm *arm, const struct arm_context *context,
                 const struct engine_slice *slice, struct engine_outcome *outcome,
                 struct error *err)
{
    struct info_counters before;
    struct info_counters after;
    struct cpu_times machine_before;
    struct cpu_times machine_after;
    if (!target_counters(&arm->target, &before, err) || !cpu_times(&machine_before, err)) {
        return false;
    }
    engine_measure(arm->engine, slice, context->watch, outcome);
    /* What was measured counts even if the server cannot be asked any more. */
    bool is_complete = check_alive(arm, outcome, err) &&
                       target_counters(&arm->target, &after, err) && cpu_times(&machine_after, err);
    struct tally_slice figures = {
        .outcome = outcome,
        .before = &before,
        .after = is_complete ? &after : NULL,
        .machine_before = &machine_before,
        .machine_after = is_complete ? &machine_after : &machine_before,
    };
    tally_add(&arm->tally, &figures);
    tally_add_workers(&arm->tally, arm->engine, outcome);
    return is_complete;
}

void arm_stand_down(struct arm *arm)
{
    data_note_reach(arm);
    engine_free(arm->engine);
    arm->engine = NULL;
    if (arm->target.owned) {
        target_stop(&arm->target);
        arm->is_up = false;
    }
}

bool arm_remove_data(struct arm *arm, const struct arm_context *context, struct error *err)
{
    if (!arm->holds_data) {
        return true;
    }
    struct arm_context patient = *context;
    patient.watch = NULL; /* the user may have asked to stop: that is why we clean up */
    struct load_spec load = context->spec->load;
    load.clients = load.clients < REMOVING_CLIENTS ? load.clients : REMOVING_CLIENTS;
    load.threads = 1;
    for (int attempt = 0; attempt < REMOVING_ATTEMPTS && arm->holds_data; attempt++) {
        data_note_reach(arm);
        engine_free(arm->engine);
        arm->engine = NULL;
        arm->holds_data =
            !connect_engine(arm, &patient, &load, 0, err) || !data_remove(arm, &patient, err);
    }
    return !arm->holds_data;
}

void arm_release(struct arm *arm)
{
    engine_free(arm->engine);
    arm->engine = NULL;
    target_release(&arm->target);
    arm->is_up = false;
}
