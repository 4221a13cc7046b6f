/* How long a server and a worker need until they work at their steady rate after a pause: the
 * beginning of a slice that must not be recorded. Many slices are measured in windows of one
 * millisecond; what each millisecond did is averaged over the slices and given relative to the
 * second half of the slice, the plateau, of the same slice.
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

/* What one millisecond of all slices did, relative to the plateau of its slice. */
struct bin {
    double sum;
    double sum_of_squares;
    double latency;        /* mean latency relative to the plateau's, summed over... */
    double latency_slices; /* ...slices in which a window starts here */
};

struct arm {
    struct endpoint endpoint;
    struct loop loop;
    struct workload workload;
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
    uint64_t measured;        /* slices in `bins` */
    uint64_t disturbed;       /* slices left out: nothing happened on the plateau */
    double rate[BINS];        /* of the present slice: operations in each millisecond */
    double latency_sum[BINS]; /* of the operations of a window, in the bin where it starts */
    double latency_count[BINS];
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
        settle->latency_sum[first] += (double)window->commands[i].sum;
        settle->latency_count[first] += (double)window->commands[i].count;
    }
}

/* Adds the window that is full, if there is one. */
static void take_window(struct settle *settle)
{
    struct worker *worker = &settle->arms[0].worker;
    struct hist_window *window = worker_take_window(worker);
    if (window != NULL) {
        add_window(settle, window, worker->report->start);
        worker_return_window(worker, window);
    }
}

static enum io_status read_and_bin(struct stream *stream, void *data, size_t size, size_t *got)
{
    if (the_settle->is_binning) {
        take_window(the_settle);
    }
    return transport_plain()->read(stream, data, size, got);
}

/* A slice's milliseconds, relative to the mean of its second half. */
static void end_slice(struct settle *settle)
{
    double plateau = 0;
    double latency = 0;
    double count = 0;
    size_t half = settle->slice_ms / 2;
    for (size_t bin = half; bin < settle->slice_ms; bin++) {
        plateau += settle->rate[bin] / (double)(settle->slice_ms - half);
        latency += settle->latency_sum[bin];
        count += settle->latency_count[bin];
    }
    if (plateau <= 0 || count <= 0) {
        settle->disturbed++;
    } else {
        settle->measured++;
        for (size_t bin = 0; bin < settle->slice_ms; bin++) {
            double rate = settle->rate[bin] / plateau;
            settle->bins[bin].sum += rate;
            settle->bins[bin].sum_of_squares += rate * rate;
            if (settle->latency_count[bin] > 0) {
                settle->bins[bin].latency +=
                    settle->latency_sum[bin] / settle->latency_count[bin] / (latency / count);
                settle->bins[bin].latency_slices++;
            }
        }
    }
    for (size_t bin = 0; bin < settle->slice_ms; bin++) {
        settle->rate[bin] = 0;
        settle->latency_sum[bin] = 0;
        settle->latency_count[bin] = 0;
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
    struct worker_config config = {
        .clock = clock_monotonic(),
        .loop = &arm->loop,
        .endpoint = &arm->endpoint,
        .workload = &arm->workload,
        .clients = (uint32_t)load->connections,
        .all_clients = (uint32_t)load->connections,
        .pipeline = (uint32_t)load->pipeline,
        .timeout = 5 * NSEC_PER_SEC,
        .protocol = 2,
        .seed = 1,
    };
    worker_init(&arm->worker, &config);
    carry_out(arm, &(struct worker_order){.task = WORKER_CONNECT});
    carry_out(arm, &(struct worker_order){.task = WORKER_SWEEP,
                                          .operation = arm->workload.load_operation});
}

static void arm_release(struct arm *arm)
{
    worker_release(&arm->worker);
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

static void print(const struct settle *settle)
{
    double n = (double)settle->measured;
    printf("# %" PRIu64 " slices of %" PRIu64 " ms after %" PRIu64 " ms of %s; %" PRIu64
           " connections, pipeline %" PRIu64 ", SET:GET %" PRIu64 ":%" PRIu64 "; %" PRIu64
           " without a plateau left out\n"
           "#  ms    rate  std.err  latency   (relative to the second half of the slice)\n",
           settle->measured, settle->slice_ms, settle->idle_ms,
           settle->other_port != 0 ? "load on another server" : "silence", settle->load.connections,
           settle->load.pipeline, settle->load.writes, settle->load.reads, settle->disturbed);
    for (size_t bin = 0; bin < settle->slice_ms && settle->measured > 1; bin++) {
        const struct bin *at = &settle->bins[bin];
        double mean = at->sum / n;
        double variance = fmax(0, at->sum_of_squares / n - mean * mean) * n / (n - 1);
        printf("%5zu  %6.3f  %7.4f  %7.3f\n", bin, mean, sqrt(variance / n),
               at->latency / fmax(1, at->latency_slices));
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
    if (settle.slice_ms < 2 || settle.slice_ms > BINS) {
        options_fail("--slice-ms: expected 2 to 4000");
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
