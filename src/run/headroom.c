#include "run/headroom.h"

#include <math.h>

#include "net/loop.h"
#include "redis/topology.h"
#include "run/null_server.h"

enum { SETTLE_FOR_MS = 50, DURATION_MS = 100, SLICES = 3, MOST_CLIENTS = 1000 };
#define LARGEST_VALUE (UINT64_C(1) << 20)

/* Is every operation one command, and goes on whatever the reply is? */
static bool is_simple(const struct workload *workload, const struct workload_spec *spec)
{
    bool simple = !workload->is_linked && !workload->thinks && workload->trace == NULL;
    for (size_t i = 0; i < workload->operation_count; i++) {
        simple = simple && workload->operations[i].step_count == 1;
    }
    for (size_t i = 0; i < spec->operation_count; i++) {
        simple = simple && !spec->operations[i].delivers; /* no message would ever arrive */
    }
    return simple;
}

static bool can_be_answered(const struct cell *cell)
{
    const struct workload_spec *spec = &cell->described->workload;
    return !cell->is_out && cell->has_workload && is_simple(&cell->workload, spec) &&
           spec->roles.subscribers.connections == 0 && !spec->roles.tracking.is_on &&
           !cell->load.churn && cell->load.clients <= MOST_CLIENTS &&
           spec->value_size_high <= LARGEST_VALUE;
}

/* Of one slice: operations per second of a worker's own time; 0: not known. */
static double measure(struct engine *engine, const struct workload *workload,
                      const struct engine_watch *watch)
{
    struct engine_outcome outcome = {0};
    struct engine_slice slice = {
        .is_closed = true,
        .settle = SETTLE_FOR_MS * NSEC_PER_MSEC,
        .duration = DURATION_MS * NSEC_PER_MSEC,
    };
    window_init(&outcome.window, workload->operation_count);
    engine_measure(engine, &slice, watch, &outcome);
    const struct counters *counters = &outcome.window.counters;
    bool is_known = !outcome.failed && counters_errors(counters) == 0 && outcome.seconds > 0 &&
                    outcome.client_busy > 0;
    double rate =
        is_known ? (double)counters->operations / outcome.seconds / outcome.client_busy : 0;
    window_release(&outcome.window);
    return rate;
}

static double weigh(const struct session *session, const struct cell *cell,
                    const struct null_server *server)
{
    struct endpoint endpoint = {.transport = transport_plain(), .name = "the null server"};
    struct topology topology;
    struct load_spec load = cell->load;
    load.think = 0;
    null_server_address(server, &endpoint.address);
    topology_init_single(&topology, &endpoint);
    struct engine_config config = {
        .clock = clock_monotonic(),
        .loop_init = loop_init_epoll,
        .endpoint = &endpoint,
        .topology = &topology,
        .workload = &cell->workload,
        .load = &load,
        .protocol = 2,
        .seed = session->spec->seed,
        .cpus = session->placement.is_pinned ? &session->placement.workers : NULL,
    };
    struct engine *engine = engine_new(&config, NULL);
    bool connected = engine != NULL && engine_connect(engine, &session->watch, NULL);
    double most = 0;
    for (int i = 0; connected && i < SLICES; i++) {
        most = fmax(most, measure(engine, &cell->workload, &session->watch));
    }
    engine_free(engine);
    return most;
}

static void measure_cell(struct session *session, struct cell *cell)
{
    const struct placement *placement = &session->placement;
    struct null_server *server =
        null_server_start((size_t)cell->described->workload.value_size_high,
                          placement->is_pinned ? &placement->servers : NULL, NULL);
    if (server == NULL) {
        return;
    }
    double most = weigh(session, cell, server);
    if (!session_wants_stop(session)) { /* a try that was cut short tells nothing */
        cell->described->client_maximum = most;
    }
    null_server_stop(server);
}

void headroom_measure(struct session *session)
{
    for (uint32_t i = 0; i < session->cell_count && !session_wants_stop(session); i++) {
        struct cell *cell = &session->cells[i];
        bool is_other_loop = i > 0 && cell->described == session->cells[i - 1].described;
        if (!is_other_loop && can_be_answered(cell)) {
            session_tell(session, RUN_HEADROOM, NULL, cell);
            measure_cell(session, cell);
        }
    }
}
