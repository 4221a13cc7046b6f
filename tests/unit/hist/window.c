#include "hist/window.h"

#include "base/mem.h"
#include "support/tap.h"

enum { COMMANDS = 3 };

/* Every field differs from every other and from those of other seeds. */
static struct counters numbered(uint64_t seed)
{
    struct counters counters = {0};
    uint64_t *fields = (uint64_t *)&counters;
    for (size_t i = 0; i < sizeof(counters) / sizeof(fields[0]); i++) {
        fields[i] = seed * (i + 1);
    }
    return counters;
}

static void test_counters(void)
{
    struct counters sum = numbered(1000);
    struct counters more = numbered(7);
    counters_merge(&sum, &more);
    struct counters wanted = numbered(1007);
    wanted.longest_gap_ns = numbered(1000).longest_gap_ns;
    wanted.longest_stall_ns = numbered(1000).longest_stall_ns;
    wanted.busiest_ns = numbered(1000).busiest_ns;
    tap_check(memcmp(&sum, &wanted, sizeof(sum)) == 0, "counters: every field is summed");
    struct counters less = {.longest_gap_ns = 5};
    counters_merge(&less, &more);
    tap_int((int64_t)less.longest_gap_ns, (int64_t)more.longest_gap_ns,
            "counters: the longer gap of the other");
    tap_int((int64_t)less.longest_stall_ns, (int64_t)more.longest_stall_ns,
            "counters: the longer stall of the other");
    tap_int((int64_t)less.busiest_ns, (int64_t)more.busiest_ns,
            "counters: the busier worker of the other");
    struct counters errors = {0};
    errors.errors[0] = 1;
    errors.errors[7] = 20;
    errors.errors[HIST_ERROR_KINDS - 1] = 300;
    tap_int((int64_t)counters_errors(&errors), 321, "counters: errors of all kinds");
}

static void test_merge(void)
{
    struct hist_window into = {0};
    struct hist_window from = {0};
    struct hist overall = {0};
    window_init(&into, COMMANDS);
    window_init(&from, COMMANDS);
    hist_init(&overall);
    hist_record(&overall, 99); /* must be forgotten */
    from.start = 100;
    from.end = 200;
    from.counters.operations = 6;
    hist_record_n(&from.commands[0], 10, 1);
    hist_record_n(&from.commands[1], 20, 2);
    hist_record_n(&from.commands[2], 30, 3);
    uint64_t before = mem_allocations();
    window_merge(&into, &from);
    tap_int((int64_t)into.start, 100, "merge: an empty one takes the stretch");
    from.start = 150;
    from.end = 260;
    hist_record_n(&from.service, 40, 4);
    hist_record_n(&from.send_lag, 50, 5);
    hist_record_n(&from.connect, 60, 6);
    hist_record_n(&from.tls, 70, 7);
    hist_record_n(&from.session, 80, 8);
    from.node_operations[0] = 9;
    from.node_operations[WINDOW_MAX_NODES - 1] = 10;
    window_merge(&into, &from);
    tap_int((int64_t)into.service.count, 4, "merge: service times");
    tap_int((int64_t)into.send_lag.count, 5, "merge: send lags");
    tap_int((int64_t)into.connect.count, 6, "merge: connect times");
    tap_int((int64_t)into.tls.count, 7, "merge: handshakes");
    tap_int((int64_t)into.session.count, 8, "merge: sessions");
    tap_int((int64_t)into.node_operations[0], 9, "merge: operations of the first node");
    tap_int((int64_t)into.node_operations[WINDOW_MAX_NODES - 1], 10, "merge: and of the last");
    tap_int((int64_t)into.start, 100, "merge: the earlier start");
    tap_int((int64_t)into.end, 260, "merge: the later end");
    tap_int((int64_t)into.counters.operations, 12, "merge: counters");
    tap_int((int64_t)into.commands[1].count, 4, "merge: a command");
    window_latency(&into, &overall);
    tap_int((int64_t)overall.count, 12, "overall: all commands");
    tap_int((int64_t)hist_min(&overall), 10, "overall: nothing from before");
    tap_int((int64_t)hist_percentile(&overall, 50), 20, "overall: median");
    window_clear(&from);
    tap_check(from.start == 0 && from.end == 0 && from.counters.operations == 0 &&
                  from.commands[2].count == 0 && from.command_count == COMMANDS,
              "clear: like new");
    window_merge(&into, &from);
    tap_int((int64_t)into.start, 100, "merge: an empty one adds nothing");
    tap_int((int64_t)(mem_allocations() - before), 0, "merging and clearing allocate nothing");
    window_release(&into);
    window_release(&into);
    window_release(&from);
    hist_release(&overall);
}

int main(void)
{
    test_counters();
    test_merge();
    return tap_end();
}
