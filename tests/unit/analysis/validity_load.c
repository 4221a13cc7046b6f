/* What an open loop, nodes and the load generator's own delays mean for a run. */
#include "analysis/validity_load.h"

#include "analysis/validity.h"
#include "support/tap.h"

struct row {
    const char *name;
    const char *code;
    const char *severity; /* NULL: no such finding */
    uint64_t operations;  /* of 10,000 intended */
    uint64_t late;
    uint64_t outstanding;
    nsec response;
    nsec lag;
    uint64_t stalls, moved, changes;
};

static const struct row rows[] = {
    {.name = "on time", "rate-not-reached", NULL, 10000},
    {.name = "two per cent short", "rate-not-reached", NULL, 9800},
    {.name = "a little more", "rate-not-reached", "conditional", 9799},
    {.name = "some are missing", "outstanding", "conditional", 9999, .outstanding = 1},
    {.name = "one in a hundred late", "late", NULL, 10000, .late = 100},
    {.name = "more", "late", "note", 10000, .late = 101},
    {.name = "half of it is our own", "send-lag", NULL, 10000, .response = 2000, .lag = 1000},
    {.name = "more than half", "send-lag", "conditional", 10000, .response = 2000, .lag = 1001},
    {.name = "held up", "loop-stalls", "note", 10000, .stalls = 1},
    {.name = "sent on", "redirected", "note", 10000, .moved = 1},
    {.name = "other nodes", "topology-changed", "conditional", 10000, .changes = 1},
};

static void check(const struct row *row)
{
    static const char *const commands[] = {"GET"};
    struct result result;
    struct result_cell cell = {.name = "c"};
    result_init(&result);
    struct result_run *run = result_add_run(&result, &cell, commands, 1);
    result_make_open(run);
    run->measured_seconds = 10;
    run->operations = row->operations;
    run->offered_per_second = 1000;
    run->schedule.intended = 10000;
    run->schedule.sent = 10000;
    run->schedule.late = row->late;
    run->schedule.outstanding = row->outstanding;
    run->loop_stalls = row->stalls;
    run->moved = row->moved;
    run->topology_changes = row->changes;
    hist_record(run->latency, row->response);
    hist_record(run->schedule.send_lag, row->lag);
    validity_check_load(&result, run);
    const char *severity = NULL;
    for (size_t i = 0; i < run->findings.count; i++) {
        if (strcmp(run->findings.items[i].code, row->code) == 0) {
            severity = severity_name(run->findings.items[i].severity);
        }
    }
    if (row->severity == NULL) {
        tap_check(severity == NULL, "%s: no finding", row->name);
    } else {
        tap_text(severity == NULL ? "none" : severity, row->severity, "%s", row->name);
    }
    tap_check(finding_list_worst(&run->findings) != SEVERITY_INVALID, "%s: never invalid by itself",
              row->name);
    result.cells = &cell;
    result.cell_count = 1;
    result_release(&result);
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check(&rows[i]);
    }
    return tap_end();
}
