#include "run/sampler.h"

#include <math.h>
#include <stdio.h>

#include "support/tap.h"

enum { NODES = 2 };

/* A target that is nothing but what its nodes have said. */
struct said {
    struct target target;
    struct target_reading readings[NODES];
    struct cpu_times machine;
};

static void say(struct said *said, double second)
{
    said->target.readings = said->readings;
    said->target.reading_count = NODES;
    for (int i = 0; i < NODES; i++) {
        struct target_reading *reading = &said->readings[i];
        (void)snprintf(reading->node, sizeof reading->node, "10.0.0.%d:6379", i + 1);
        reading->is_known = true;
        reading->identity = 77;
        reading->taken = (nsec)((100 + second) * 1e9);
        reading->moment = (struct info_moment){
            .cpu_seconds = 0.5 * second,
            .cpu_main_seconds = NAN, /* it does not tell */
            .commands = 1000 * second,
            .evicted_keys = 10 * second,
            .expired_keys = 0,
            .forks = second >= 2 ? 1 : 0,
            .used_memory = 1e6 + second,
            .connected_clients = 51,
            .blocked_clients = 0,
            .saving = second >= 2 ? 1 : 0,
            .rewriting = 0,
            .replicas = 1,
            .replica_lag = NAN,
            .link_up = NAN,
        };
    }
    said->machine = (struct cpu_times){
        .busy = (nsec)(600e6 * second),
        .idle = (nsec)(1200e6 * second),
        .steal = (nsec)(200e6 * second),
        .tells_throttling = true,
        .throttled = (nsec)(100e6 * second),
        .switches = (uint64_t)(5000 + 400 * second),
        .runnable = 3,
    };
}

static const struct monitor_sample *find(const struct sampler *sampler, size_t index,
                                         enum monitor_source source)
{
    for (size_t i = 0; i < sampler->count; i++) {
        if (sampler->samples[i].source == source && index-- == 0) {
            return &sampler->samples[i];
        }
    }
    return NULL;
}

static void check_first(const struct monitor_sample *one)
{
    static const struct {
        enum monitor_figure figure;
        double value;
    } rows[] = {
        {MONITOR_CPU, 0.5},
        {MONITOR_CPU_MAIN, NAN},
        {MONITOR_COMMANDS, 1000},
        {MONITOR_EVICTED_KEYS, 10},
        {MONITOR_EXPIRED_KEYS, 0},
        {MONITOR_FORKS, 0},
        {MONITOR_USED_MEMORY, 1000001},
        {MONITOR_CONNECTED_CLIENTS, 51},
        {MONITOR_SAVING, 0},
        {MONITOR_REPLICAS, 1},
        {MONITOR_REPLICA_LAG, NAN},
        {MONITOR_LINK_UP, NAN},
        {MONITOR_STEAL, NAN},
        {MONITOR_CLIENT_BUSY, NAN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double seen = one->figures[rows[i].figure];
        tap_check(isnan(rows[i].value) ? isnan(seen) : fabs(seen - rows[i].value) < 1e-9,
                  "%s is %g", monitor_facts[rows[i].figure].name, seen);
    }
}

static void test_stretches(void)
{
    struct result result;
    struct said said = {0};
    struct sampler sampler;
    result_init(&result);
    (void)snprintf(result.env.host, sizeof result.env.host, "scales");
    sampler_init(&sampler, &result);
    say(&said, 0);
    sampler_begin(&sampler, &said.target, &said.machine);
    say(&said, 1);
    sampler_end(&sampler, &said.target, &said.machine, 0.9);
    tap_int((int64_t)sampler.count, NODES + 1, "a sample per node and one of the machine");
    const struct monitor_sample *one = find(&sampler, 0, MONITOR_SERVER);
    tap_text(one->node, "10.0.0.1:6379", "named by its node");
    tap_near(one->end, 0.9, 1e-12, "at the end of the window");
    tap_near(one->seconds, 1, 1e-9, "over the time between two answers");
    check_first(one);
    one = find(&sampler, 0, MONITOR_HOST);
    tap_near(one->figures[MONITOR_BUSY], 0.3, 1e-9, "busy share of the machine");
    tap_near(one->figures[MONITOR_STEAL], 0.1, 1e-9, "and what the hypervisor took");
    tap_near(one->figures[MONITOR_THROTTLED] * one->seconds, 0.1, 1e-4,
             "and a quota, by the clock");
    tap_check(one->figures[MONITOR_RUNNABLE] == 3 && one->figures[MONITOR_MEMORY_AVAILABLE] > 0 &&
                  isnan(one->figures[MONITOR_CPU]),
              "other figures of the machine, and none of a server");
    tap_text(one->node, "scales", "by its name");

    say(&said, 2);
    said.readings[1].is_known = false; /* it has not answered in time */
    sampler_end(&sampler, &said.target, &said.machine, 1.9);
    tap_int((int64_t)sampler.count, 2 * (NODES + 1) - 1, "no sample of a node that is silent");
    one = find(&sampler, 2, MONITOR_SERVER);
    tap_check(one->figures[MONITOR_FORKS] == 1 && one->figures[MONITOR_SAVING] == 1,
              "a fork in the second stretch");
    say(&said, 3);
    said.readings[0].identity = 78; /* started anew */
    sampler_end(&sampler, &said.target, &said.machine, 2.9);
    one = find(&sampler, 3, MONITOR_SERVER);
    tap_check(isnan(one->figures[MONITOR_CPU]) && isnan(one->figures[MONITOR_EVICTED_KEYS]) &&
                  one->figures[MONITOR_CONNECTED_CLIENTS] == 51,
              "two processes have levels and no differences");
    one = find(&sampler, 4, MONITOR_SERVER);
    tap_near(one->seconds, 2, 1e-9, "of the silent one the stretch went on");
    tap_near(one->figures[MONITOR_EVICTED_KEYS], 20, 1e-9, "with all that it did meanwhile");
    tap_near(one->figures[MONITOR_CPU], 0.5, 1e-9, "a share is per second");
    sampler_release(&sampler);
    result_release(&result);
}

static void test_windows(void)
{
    struct result result;
    struct sampler sampler;
    struct hist_window window;
    result_init(&result);
    sampler_init(&sampler, &result);
    window_init(&window, 1);
    window.counters.busiest_ns = NSEC_PER_SEC / 4;
    window.counters.stalls = 2;
    window.counters.longest_stall_ns = 5 * NSEC_PER_MSEC;
    sampler_add_window(&sampler, &window, 0.5, 7);
    hist_record(&window.send_lag, 1000);
    sampler_add_window(&sampler, &window, 0.5, 7.5);
    const struct monitor_sample *one = &sampler.samples[0];
    tap_check(one->source == MONITOR_CLIENT && one->node == NULL, "the client, without a name");
    tap_near(one->figures[MONITOR_CLIENT_BUSY], 0.5, 1e-9, "its share");
    tap_check(one->figures[MONITOR_LOOP_STALLS] == 2 &&
                  one->figures[MONITOR_LONGEST_LOOP_STALL] == 0.005,
              "its stalls");
    tap_check(isnan(one->figures[MONITOR_SEND_LAG_P99]), "no send lag in a closed loop");
    tap_near(sampler.samples[1].figures[MONITOR_SEND_LAG_P99], 1000, 0, "and one in an open loop");
    window_release(&window);
    sampler_release(&sampler);
    result_release(&result);
}

/* However long a run is, its samples have room, and stand for more seconds each. */
static void test_bounds(void)
{
    static const struct {
        double seconds;
        size_t nodes;
        uint64_t stride;
    } rows[] = {
        {0, 1, 1},     {10, 1, 1},    {3600, 1, 1},    {10922, 1, 1},    {10923, 1, 2},
        {86400, 1, 8}, {300, 100, 1}, {3600, 100, 12}, {3600, 998, 110},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct target target = {.reading_count = rows[i].nodes};
        uint64_t stride = sampler_stride(&target, rows[i].seconds);
        tap_int((int64_t)stride, (int64_t)rows[i].stride, "stride of row %zu", i);
        tap_check(rows[i].seconds / (double)stride * (double)(rows[i].nodes + 2) <= SAMPLER_MOST,
                  "row %zu has room", i);
    }
    struct result result;
    struct sampler sampler;
    struct hist_window window;
    result_init(&result);
    sampler_init(&sampler, &result);
    window_init(&window, 1);
    sampler.every = 3;
    for (int i = 1; i <= 9; i++) {
        sampler_add_window(&sampler, &window, 1, i);
    }
    tap_check(sampler.count == 3 && sampler.samples[0].end == 3 && sampler.samples[2].end == 9,
              "every third window");
    sampler.every = 1;
    for (int i = 0; i < SAMPLER_MOST + 100; i++) {
        sampler_add_window(&sampler, &window, 1, i);
    }
    tap_int((int64_t)sampler.count, SAMPLER_MOST, "and never more than there is room for");
    tap_check(sampler.samples[3].end == 0 && sampler.samples[100].end == 97,
              "the first ones are still there");
    window_release(&window);
    sampler_release(&sampler);
    result_release(&result);
}

int main(void)
{
    test_stretches();
    test_windows();
    test_bounds();
    return tap_end();
}
