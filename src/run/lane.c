#include "run/lane.h"

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

static struct engine *new_engine(const struct lane *lane, const struct arm_context *context,
                                 const struct load_spec *load, uint64_t seed, struct error *err)
{
    struct target *target = &lane->arm->target;
    struct engine_config config = {
        .clock = clock_monotonic(),
        .loop_init = loop_init_epoll,
        .endpoint = &target->endpoint,
        .topology = target->topology,
        .locator = target->owned ? NULL : &target->locator,
        .workload = lane->workload,
        .load = load,
        .protocol = target->control.protocol,
        .seed = seed,
        .cpus = context->placement->is_pinned ? &context->placement->workers : NULL,
        /* Awake only on a processor of its own. */
        .spin = context->placement->is_pinned ? SPIN_US * NSEC_PER_USEC : 0,
    };
    return engine_new(&config, err);
}

bool lane_connect(struct lane *lane, const struct arm_context *context, uint64_t seed,
                  struct error *err)
{
    lane->engine = new_engine(lane, context, lane->load, seed, err);
    return (lane->engine != NULL && engine_connect(lane->engine, context->watch, err)) ||
           arm_explain(lane->arm, err);
}

static uint64_t sample_size(const struct workload_spec *workload)
{
    uint64_t fitting = SAMPLE_BYTES / workload->value_size_high;
    if (fitting < SAMPLE_LEAST) {
        return SAMPLE_LEAST;
    }
    return fitting < SAMPLE_OPERATIONS ? fitting : SAMPLE_OPERATIONS;
}

/* Errors among the sampled operations, by name; of those of the connection also what was wrong with
 * it. False: there were none. */
static bool tell_refused(const struct lane *lane, const struct engine_outcome *outcome,
                         struct error *out)
{
    const struct counters *counters = &outcome->window.counters;
    uint64_t errors = counters_errors(counters);
    for (int kind = 0; errors > 0 && kind < REPLY_ERROR_COUNT; kind++) {
        if (counters->errors[kind] > 0) {
            bool is_of_connection = kind >= REPLY_ERROR_LOST && outcome->problem.code != ERROR_NONE;
            error_set(
                out, ERROR_INVALID, "%s: %llu of %llu sampled operations failed (%s first)%s%s",
                lane->arm->target.endpoint.name, (unsigned long long)errors,
                (unsigned long long)(errors + counters->operations),
                reply_error_name((enum reply_error)kind), is_of_connection ? ": " : "",
                is_of_connection ? outcome->problem.text : "; try the commands with redis-cli");
            return true;
        }
    }
    return false;
}

/* Reads a sample of what the measured operations will ask for. */
static bool check_sample(struct lane *lane, const struct arm_context *context, struct error *err)
{
    const struct workload_spec *workload = &lane->described->workload;
    bool is_default = workload->operation_count == 0;
    if (is_default && workload->reads == 0) {
        return true;
    }
    struct engine_outcome outcome = {0};
    window_init(&outcome.window, lane->workload->operation_count);
    struct engine_slice slice = {
        .requests = sample_size(workload),
        .is_closed = true,
    };
    engine_measure(lane->engine, &slice, context->watch, &outcome);
    uint64_t hits = outcome.window.counters.hits;
    uint64_t misses = outcome.window.counters.misses;
    struct error refused = {0};
    bool is_refused = tell_refused(lane, &outcome, &refused);
    window_release(&outcome.window);
    if (outcome.failed) {
        return error_set(err, ERROR_TARGET, "%s", outcome.problem.text);
    }
    if (is_refused) {
        *err = refused;
        return false;
    }
    bool must_hit = is_default && workload->ttl_high == 0 && workload->data != DATA_NONE;
    if (must_hit && misses > 0 && (double)misses > SAMPLE_MISSES * (double)(hits + misses)) {
        return error_set(err, ERROR_INVALID,
                         "%s: the data that was loaded is not there: %llu of %llu sampled reads "
                         "found nothing (is memory limited, or does something else delete keys?)",
                         lane->arm->target.endpoint.name, (unsigned long long)misses,
                         (unsigned long long)(hits + misses));
    }
    return true;
}

/* Replicas receive the data a little later than the primary that was loaded. */
static bool check_sample_soon(struct lane *lane, const struct arm_context *context,
                              struct error *err)
{
    enum { LOOKS = 30, PAUSE_MS = 100 };
    int looks = lane->arm->target.locator.read_from == READ_FROM_PRIMARY ? 1 : LOOKS;
    for (;;) {
        struct error problem = {0};
        if (check_sample(lane, context, &problem)) {
            return true;
        }
        if (--looks == 0 || problem.code != ERROR_INVALID) {
            *err = problem;
            return false;
        }
        clock_sleep(PAUSE_MS * NSEC_PER_MSEC);
    }
}

bool lane_check_data(struct lane *lane, const struct arm_context *context, struct error *err)
{
    if (lane->workload->trace != NULL) {
        /* It begins with nothing of ours, also where the pair before has left its keys. */
        return lane->arm->target.owned || data_remove(lane, lane->engine, err) ||
               arm_explain(lane->arm, err);
    }
    return check_sample_soon(lane, context, err) || arm_explain(lane->arm, err);
}

bool lane_load(struct lane *lane, const struct arm_context *context, bool counts, struct error *err)
{
    return data_load(lane, context, counts, err) || arm_explain(lane->arm, err);
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
static bool check_alive(struct lane *lane, const struct engine_outcome *outcome, struct error *err)
{
    if (!target_is_alive(&lane->arm->target, err)) {
        return false;
    }
    if (outcome->failed) {
        return error_set(err, ERROR_TARGET, "%s", outcome->problem.text);
    }
    return true;
}

bool lane_warm_up(struct lane *lane, const struct arm_context *context, nsec duration,
                  struct error *err)
{
    if (duration == 0) {
        return true;
    }
    struct engine_outcome outcome = {0};
    window_init(&outcome.window, lane->workload->operation_count);
    struct engine_slice slice = {.duration = duration, .run = context->duration};
    engine_measure(lane->engine, &slice, context->watch, &outcome);
    window_release(&outcome.window);
    return check_alive(lane, &outcome, err) && !stopped(context, err);
}

bool lane_measure(struct lane *lane, const struct arm_context *context,
                  const struct engine_slice *slice, struct engine_outcome *outcome,
                  struct error *err)
{
    struct info_counters before;
    struct info_counters after;
    struct cpu_times machine_before;
    struct cpu_times machine_after;
    if (!target_counters(&lane->arm->target, &before, err) || !cpu_times(&machine_before, err)) {
        return false;
    }
    struct sampler *sampler = &lane->tally.sampler;
    sampler_begin(sampler, &lane->arm->target, &machine_before);
    engine_measure(lane->engine, slice, context->watch, outcome);
    /* What was measured counts even if the server cannot be asked any more. */
    bool is_complete = check_alive(lane, outcome, err) &&
                       target_counters(&lane->arm->target, &after, err) &&
                       cpu_times(&machine_after, err);
    struct tally_slice figures = {
        .outcome = outcome,
        .before = &before,
        .after = is_complete ? &after : NULL,
        .machine_before = &machine_before,
        .machine_after = is_complete ? &machine_after : &machine_before,
    };
    tally_add(&lane->tally, &figures);
    tally_add_workers(&lane->tally, lane->engine, outcome);
    if (is_complete) {
        sampler_end(sampler, &lane->arm->target, &machine_after, lane->tally.seconds);
    }
    return is_complete;
}

bool lane_remove(const struct lane *lane, const struct arm_context *context, struct error *err)
{
    bool removed = false;
    struct load_spec load = *lane->load;
    load.clients = load.clients < REMOVING_CLIENTS ? load.clients : REMOVING_CLIENTS;
    load.threads = 1;
    for (int attempt = 0; attempt < REMOVING_ATTEMPTS && !removed; attempt++) {
        struct engine *engine = new_engine(lane, context, &load, 0, err);
        removed =
            engine != NULL && engine_connect(engine, NULL, err) && data_remove(lane, engine, err);
        engine_free(engine);
    }
    return removed;
}

void lane_close(struct lane *lane)
{
    uint64_t reach = lane->engine == NULL ? 0 : engine_reach(lane->engine);
    lane->reach = reach > lane->reach ? reach : lane->reach;
    engine_free(lane->engine);
    lane->engine = NULL;
}
