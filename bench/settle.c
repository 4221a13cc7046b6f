/* How long a server and a worker need until they work at their steady rate after a pause: the
 * beginning of a slice that must not be recorded. Many slices are measured in windows of one
 * millisecond; what each millisecond did is summed over the slices and given relative to the
 * second half of the slices, the plateau.
 *
 * During the pause either nothing happens, or (with --other-port) a second server is loaded by a
 * worker on the same processor, as between the arms of a comparison.
 *
 * The worker is driven without the engine around it: the engine looks for full windows every 20 ms,
 * too seldom for windows of one. Here the transport is wrapped, and each read looks for one. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "engine/worker.h"
#include "load.h"
#include "options.h"

enum { BINS = 4000 }; /* milliseconds of a slice, at most */

/* What one millisecond did, summed over all slices. */
struct bin {
    double rate; /* operations */
    double rate_squares;
    double rate_by_plateau; /* product with the plateau of the same slice */
    double latency_sum;     /* of the operations of the windows that start here */
    double latency_count;
};

struct arm {
    struct endpoint endpoint;
    struct loop loop;
    struct workload workload;
    struct load_spec load;
    struct discovery *discovery;
    struct worker worker;
    struct worker_report report;
};

struct settle {
    struct load load;
    uint64_t other_port;
    uint64_t slices;
    uint64_t idle_ms;
    uint64_t slice_ms;
    struct arm arms[2];
    struct bin bins[BINS];
    double rate[BINS]; /* of the present slice: operations in each millisecond */
    double plateau;    /* operations per millisecond in the second half, summed over slices */
    double plateau_squares;
    bool is_binning;
};

/* The transport's functions get no context of their own. */
static struct settle *the_settle;

/* Spreads a window's operations evenly over the milliseconds that it covers. */
static void add_window(struct settle *settle, const struct hist_window *window, nsec begin)
{
    double from = (double)(window->start - begin) / (double)NSEC_PER_MSEC;
    double to = (double)(window->end - begin) / (double)NSEC_PER_MSEC;
    double operations = (double)window->counters.operations;
    if (to <= from) {
        return;
    }
    for (size_t bin = (size_t)from; bin < settle->slice_ms && (double)bin < to; bin++) {
        double left = fmax(from, (double)bin);
        double right = fmin(to, (double)bin + 1);
        settle->rate[bin] += operations * (right - left) / (to - from);
    }
    size_t first = (size_t)from;
    for (size_t i = 0; i < window->command_count && first < settle->slice_ms; i++) {
        settle->bins[first].latency_sum += (double)window->commands[i].sum;
        settle->bins[first].latency_count += (double)window->commands[i].count;
    }
}

/* Adds the window that is full, if there is one. */
static void take_window(struct settle *settle)
{
    struct worker *worker = &settle->arms[0].worker;
    struct hist_window *window = recorder_take(&worker->recorder);
    if (window != NULL) {
        add_window(settle, window, worker->report->start);
        recorder_give_back(&worker->recorder);
    }
}

static enum io_status read_and_bin(struct stream *stream, void *data, size_t size, size_t *got)
{
    if (the_settle->is_binning) {
        take_window(the_settle);
    }
    return transport_plain()->read(stream, data, size, got);
}

/* Adds the slice to the sums. */
static void end_slice(struct settle *settle)
{
    double plateau = 0;
    size_t half = settle->slice_ms / 2;
    for (size_t bin = half; bin < settle->slice_ms; bin++) {
        plateau += settle->rate[bin] / (double)(settle->slice_ms - half);
    }
    settle->plateau += plateau;
    settle->plateau_squares += plateau * plateau;
    for (size_t bin = 0; bin < settle->slice_ms; bin++) {
        double rate = settle->rate[bin];
        settle->bins[bin].rate += rate;
        settle->bins[bin].rate_squares += rate * rate;
        settle->bins[bin].rate_by_plateau += rate * plateau;
        settle->rate[bin] = 0;
    }
}

static void carry_out(struct arm *arm, const struct worker_order *order)
{
    worker_carry_out(&arm->worker, order, &arm->report);
    if (arm->report.failed || counters_errors(&arm->worker.window->counters) > 0) {
        options_fail(arm->report.problem.text);
    }
}

static void arm_init(struct arm *arm, const struct load *load, uint64_t port,
                     const struct transport *transport)
{
    struct error err = {0};
    struct address addresses[ADDRESS_MAX_RESULTS];
    unsigned found = 0;
    struct workload_spec spec = {
        .writes = (uint32_t)load->writes,
        .reads = (uint32_t)load->reads,
        .keys = load->keys,
        .key_prefix = "bench:",
        .value_size_low = load->value_size,
        .value_size_high = load->value_size,
    };
    workload_init(&arm->workload, &spec, 1);
    if (!address_resolve("127.0.0.1", (uint16_t)port, addresses, &found, &err) ||
        !loop_init_epoll(&arm->loop, &err)) {
        options_fail(err.text);
    }
    arm->endpoint =
        (struct endpoint){.transport = transport, .address = addresses[0], .name = "server"};
    arm->load = (struct load_spec){
        .clients = (uint32_t)load->connections,
        .pipeline = (uint32_t)load->pipeline,
        .timeout = 5 * NSEC_PER_SEC,
    };
    struct topology *topology = mem_alloc(sizeof *topology);
    topology_init_single(topology, &arm->endpoint);
    arm->discovery = discovery_new(NULL, topology, 0, &err);
    mem_free(topology);
    struct worker_config config = {
        .clock = clock_monotonic(),
        .loop = &arm->loop,
        .endpoint = &arm->endpoint,
        .workload = &arm->workload,
        .discovery = arm->discovery,
        .load = &arm->load,
        .workers = 1,
        .clients = (uint32_t)load->connections,
        .protocol = 2,
        .seed = 1,
    };
    worker_init(&arm->worker, &config);
    carry_out(arm, &(struct worker_order){.task = WORKER_CONNECT});
    carry_out(arm, &(struct worker_order){.task = WORKER_SWEEP,
                                          .operation = arm->workload.data[0].load_operation,
                                          .last = arm->workload.data[0].keys.count});
}

static void arm_release(struct arm *arm)
{
    worker_release(&arm->worker);
    discovery_free(arm->discovery);
    loop_release(&arm->loop);
    workload_release(&arm->workload);
}

static void measure(struct settle *settle)
{
    struct worker_order pause = {.task = WORKER_MEASURE,
                                 .duration = settle->idle_ms * NSEC_PER_MSEC};
    struct worker_order slice = {.task = WORKER_MEASURE,
                                 .duration = settle->slice_ms * NSEC_PER_MSEC,
                                 .window = NSEC_PER_MSEC};
    for (uint64_t i = 0; i < settle->slices; i++) {
        if (settle->other_port != 0) {
            carry_out(&settle->arms[1], &pause);
        } else {
            clock_sleep(pause.duration);
        }
        settle->is_binning = true;
        carry_out(&settle->arms[0], &slice);
        settle->is_binning = false;
        take_window(settle);
        add_window(settle, settle->arms[0].worker.window, settle->arms[0].report.start);
        end_slice(settle);
    }
}

/* Mean latency in nanoseconds of the windows that start in [from, to). */
static double latency_of(const struct settle *settle, size_t from, size_t to)
{
    double sum = 0;
    double count = 0;
    for (size_t bin = from; bin < to; bin++) {
        sum += settle->bins[bin].latency_sum;
        count += settle->bins[bin].latency_count;
    }
    return count > 0 ? sum / count : 0;
}

/* The rate of each millisecond is a ratio of sums over slices; its standard error is that of a
 * ratio estimate (Cochran, Sampling Techniques, 2.11): slices differ in speed, and a slice that was
 * slow as a whole says nothing against its first milliseconds. */
static void print(const struct settle *settle)
{
    double n = (double)settle->slices;
    double plateau = settle->plateau / n;
    double latency = latency_of(settle, settle->slice_ms / 2, settle->slice_ms);
    printf("# %" PRIu64 " slices of %" PRIu64 " ms after %" PRIu64 " ms of %s; %" PRIu64
           " connections, pipeline %" PRIu64 ", SET:GET %" PRIu64 ":%" PRIu64 "\n"
           "# plateau: %.1f operations per ms, mean latency %.1f us\n"
           "#  ms    rate  std.err  latency   (relative to the plateau)\n",
           settle->slices, settle->slice_ms, settle->idle_ms,
           settle->other_port != 0 ? "load on another server" : "silence", settle->load.connections,
           settle->load.pipeline, settle->load.writes, settle->load.reads, plateau,
           latency / (double)NSEC_PER_USEC);
    for (size_t i = 0; i < settle->slice_ms; i++) {
        const struct bin *bin = &settle->bins[i];
        double ratio = bin->rate / settle->plateau;
        double residual = bin->rate_squares - 2 * ratio * bin->rate_by_plateau +
                          ratio * ratio * settle->plateau_squares;
        double error = sqrt(fmax(0, residual) / (n - 1) / n) / plateau;
        printf("%5zu  %6.3f  %7.4f  %7.3f\n", i, ratio, error,
               latency_of(settle, i, i + 1) / latency);
    }
}

int main(int argc, char **argv)
{
    static struct settle settle = {.slices = 300, .idle_ms = 250, .slice_ms = 100};
    const struct option_row rows[] = {
        {.name = "other-port", .number = &settle.other_port},
        {.name = "slices", .number = &settle.slices},
        {.name = "idle-ms", .number = &settle.idle_ms},
        {.name = "slice-ms", .number = &settle.slice_ms},
    };
    int own = options_take(rows, sizeof rows / sizeof rows[0], argc, argv);
    load_read(&settle.load, own, argv);
    if (settle.slice_ms < 2 || settle.slice_ms > BINS || settle.slices < 2) {
        options_fail("--slice-ms: expected 2 to 4000; --slices: at least 2");
    }
    options_pin(settle.load.cpu);
    struct transport transport = *transport_plain();
    transport.read = read_and_bin;
    the_settle = &settle;
    arm_init(&settle.arms[0], &settle.load, settle.load.port, &transport);
    if (settle.other_port != 0) {
        arm_init(&settle.arms[1], &settle.load, settle.other_port, transport_plain());
    }
    measure(&settle);
    print(&settle);
    arm_release(&settle.arms[0]);
    if (settle.other_port != 0) {
        arm_release(&settle.arms[1]);
    }
    return 0;
}
