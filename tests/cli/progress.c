#include "cli/progress.h"

#include "support/tap.h"

static const struct run_progress measuring = {
    .phase = RUN_MEASURING,
    .arm = "redis",
    .pair = 3,
    .pairs = 6,
    .done = 0.5,
    .left = 28 * NSEC_PER_SEC,
    .ops_per_second = 82113.7,
    .p99_ns = 1.2e6,
};

static void check_widths(void)
{
    static const struct {
        size_t width;
        const char *line;
    } rows[] = {
        {200, "pair 3/6  redis  measuring  82,113 ops/s  p99 1.20 ms  [##########..........]"
              "  28 s left"},
        {80, "pair 3/6  redis  measuring  82,113 ops/s  p99 1.20 ms  [#####.....]  28 s left"},
        {73, "pair 3/6  redis  measuring  82,113 ops/s  p99 1.20 ms  [##...]  28 s left"},
        {72, "pair 3/6  redis  measuring  82,113 ops/s  p99 1.20 ms  28 s left"},
        {64, "pair 3/6  redis  measuring  82,113 ops/s  p99 1.20 ms  28 s left"},
        {63, "pair 3/6  redis  measuring  82,113 ops/s  [##...]  28 s left"},
        {51, "pair 3/6  redis  measuring  82,113 ops/s  28 s left"},
        {50, "pair 3/6  redis  measuring  [##...]  28 s left"},
        {37, "pair 3/6  redis  measuring  28 s left"},
        {20, "pair 3/6  redis  mea"},
        {0, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf line = {0};
        progress_format(&measuring, rows[i].width, &line);
        tap_text(buf_text(&line), rows[i].line, "in %zu columns", rows[i].width);
        buf_release(&line);
    }
}

static void check_phases(void)
{
    static const struct {
        struct run_progress now;
        const char *line;
    } rows[] = {
        {{.phase = RUN_STARTING}, "starting  [....................]"},
        {{.phase = RUN_LOADING, .arm = "a", .done = 0.1},
         "a  loading data  [##..................]"},
        {{.phase = RUN_WARMING, .arm = "a", .pair = 1, .pairs = 2},
         "pair 1/2  a  warming up  [....................]"},
        {{.phase = RUN_MEASURING,
          .arm = "a",
          .cell = "hash 1KB",
          .cell_number = 7,
          .cells = 9,
          .pair = 1,
          .pairs = 6},
         "block 1/6  cell 7/9 hash 1KB  a  measuring  [....................]"},
        {{.phase = RUN_HEADROOM, .cell = "string", .cell_number = 2, .cells = 9},
         "cell 2/9 string  load generator alone  [....................]"},
        {{.phase = RUN_CLEANING, .done = 1}, "cleaning up  [####################]"},
        {{.phase = RUN_CLEANING, .pair = 7, .pairs = 6, .done = 1},
         "cleaning up  [####################]"},
        {{.phase = RUN_CLEANING, .done = 7}, "cleaning up  [####################]"},
        {{.phase = RUN_MEASURING, .arm = "x\033[31my\nz\177"},
         "x?[31my?z?  measuring  [....................]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf line = {0};
        progress_format(&rows[i].now, 120, &line);
        tap_text(buf_text(&line), rows[i].line, "row %zu", i);
        buf_release(&line);
    }
}

int main(void)
{
    check_widths();
    check_phases();
    return tap_end();
}
