#include "os/cpu.h"

#include "support/tap.h"

static void test_sets(void)
{
    static const struct {
        const char *text;
        unsigned members[8];
        unsigned count;
    } rows[] = {
        {"", {0}, 0},
        {"0", {0}, 1},
        {"5", {5}, 1},
        {"0-1", {0, 1}, 2},
        {"0-3,8", {8, 3, 2, 1, 0}, 5},
        {"63-65", {63, 64, 65}, 3},
        {"0,2,1023", {0, 2, 1023}, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cpu_set set = {{0}};
        for (unsigned k = 0; k < rows[i].count; k++) {
            cpu_set_add(&set, rows[i].members[k]);
        }
        char text[CPU_SET_TEXT_SIZE];
        tap_text(cpu_set_format(&set, text), rows[i].text, "writes \"%s\"", rows[i].text);
        tap_int(cpu_set_count(&set), rows[i].count, "counts \"%s\"", rows[i].text);
    }

    struct cpu_set set = {{0}};
    cpu_set_add(&set, 3);
    cpu_set_add(&set, 64);
    cpu_set_add(&set, 200);
    tap_int(cpu_set_nth(&set, 0), 3, "first member");
    tap_int(cpu_set_nth(&set, 1), 64, "second member");
    tap_int(cpu_set_nth(&set, 2), 200, "third member");
    tap_check(cpu_set_has(&set, 64) && !cpu_set_has(&set, 63), "knows its members");
    tap_check(!cpu_set_has(&set, CPU_MAX), "nothing beyond the maximum");
}

static void test_long_set(void)
{
    struct cpu_set set = {{0}};
    for (unsigned cpu = 0; cpu < CPU_MAX; cpu += 2) {
        cpu_set_add(&set, cpu);
    }
    char text[CPU_SET_TEXT_SIZE];
    (void)cpu_set_format(&set, text);
    size_t len = strlen(text);
    tap_check(len < CPU_SET_TEXT_SIZE && len > CPU_SET_TEXT_SIZE - 10, "uses the room: %zu", len);
    tap_check(strncmp(text, "0,2,4,", 6) == 0, "starts with the first members");
    tap_text(text + len - 4, ",...", "says that it was cut");
}

static void test_throttled(void)
{
    static const struct {
        const char *name;
        struct cpu_times before, after;
        double wanted;
    } rows[] = {
        {"half a processor",
         {.tells_throttling = true, .throttled = 500000000},
         {.tells_throttling = true, .throttled = 1500000000},
         0.5},
        {"nothing tells", {.busy = 1}, {.busy = 2}, NAN},
        {"told from now on", {.busy = 1}, {.tells_throttling = true, .throttled = 9}, NAN},
        {"of another group",
         {.tells_throttling = true, .throttled = 9},
         {.tells_throttling = true, .throttled = 8},
         NAN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double got = cpu_throttled(&rows[i].before, &rows[i].after, 2);
        tap_check(isnan(rows[i].wanted) ? isnan(got) : fabs(got - rows[i].wanted) < 1e-12,
                  "%s: %g processors held back", rows[i].name, got);
    }
}

static void test_times(void)
{
    struct cpu_times times = {0};
    bool read = cpu_times_parse(STR("cpu  1 2 4 1000 200 16 32 64 100 200\ncpu0 9 9 9\nctxt 12345\n"
                                    "procs_running 3\nprocs_blocked 8\n"),
                                100, &times);
    tap_check(read, "reads the first line of /proc/stat");
    tap_int((int64_t)times.busy, 55 * 10000000, "busy: user, nice, system, irq, softirq");
    tap_int((int64_t)times.idle, 1200 * (int64_t)10000000, "idle: idle and iowait");
    tap_int((int64_t)times.steal, 64 * 10000000, "steal");
    tap_int((int64_t)times.switches, 12345, "context switches");
    tap_int((int64_t)times.runnable, 3, "runnable threads");
    tap_check(cpu_times_parse(STR("cpu  1 2 4 1000 200 16 32 64\n"), 100, &times) &&
                  times.switches == 0 && times.runnable == 0,
              "0 where they are not told");
    static const char *const wrong[] = {"", "cpu", "cpu  1 2 3 4 5 6 7", "cpu0 1 2 3 4 5 6 7 8",
                                        "cpu  1 2 x 4 5 6 7 8"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        tap_check(!cpu_times_parse(str_from(wrong[i]), 100, &times), "refuses \"%s\"", wrong[i]);
    }

    struct error err = {0};
    struct cpu_times now = {0};
    tap_check(cpu_times(&now, &err), "reads this machine's: %s", err.text);
    tap_check(now.busy > 0 && now.idle > 0 && now.switches > 0 && now.runnable > 0,
              "it was busy and idle before, has switched, and this runs");
}

int main(void)
{
    test_sets();
    test_long_set();
    test_throttled();
    test_times();

    struct error err = {0};
    struct cpu_set available = {{0}};
    tap_check(cpu_available(&available, &err), "asks for the available processors: %s", err.text);
    tap_check(cpu_set_count(&available) >= 1, "there is at least one");
    return tap_end();
}
