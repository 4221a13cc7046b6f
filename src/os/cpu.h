/* Processors: which ones this process may use, and what the machine does with them. A set is
 * plain data; zero-initialise it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "base/units.h"

enum { CPU_MAX = 1024 };

struct cpu_set {
    uint64_t bits[CPU_MAX / 64];
};

/* cpu < CPU_MAX. */
void cpu_set_add(struct cpu_set *set, unsigned cpu);
/* False also beyond CPU_MAX. */
bool cpu_set_has(const struct cpu_set *set, unsigned cpu);
unsigned cpu_set_count(const struct cpu_set *set);
/* The n-th member in ascending order; n < cpu_set_count. */
unsigned cpu_set_nth(const struct cpu_set *set, unsigned n);
enum { CPU_SET_TEXT_SIZE = 128 };
/* "0-3,8": cut with "..." when it does not fit. Returns `text`. */
const char *cpu_set_format(const struct cpu_set *set, char text[CPU_SET_TEXT_SIZE]);

/* The processors that the calling thread may run on. */
bool cpu_available(struct cpu_set *set, struct error *err);

/* Time of all processors together since boot, and how busy they are. */
struct cpu_times {
    nsec busy;         /* user, nice, system, irq, softirq */
    nsec idle;         /* idle and iowait */
    nsec steal;        /* wanted to run, but the hypervisor did not let it */
    uint64_t switches; /* context switches since boot; 0: not told */
    uint64_t runnable; /* threads that run or want to, now; 0: not told */
    bool tells_throttling;
    nsec throttled; /* wanted to run, but the quota of a control group of this process did not let
                       it (os/cgroup.h), on all processors together; 0: not told */
};
/* How many processors were held back so in `seconds` between two readings, on average; NAN: not
 * told by both, or not by the same groups. */
double cpu_throttled(const struct cpu_times *before, const struct cpu_times *after, double seconds);
/* From /proc/stat; its unit is the clock tick, usually 10 ms. */
bool cpu_times(struct cpu_times *times, struct error *err);
/* Reads the text of /proc/stat with so many ticks per second. False: it is not one. */
bool cpu_times_parse(struct str text, uint64_t ticks_per_second, struct cpu_times *times);
