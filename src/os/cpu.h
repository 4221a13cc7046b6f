/* Processors: which ones this process may use, what they are, and what the machine does with
 * them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"

enum { CPU_MAX = 1024 };

struct cpu_set {
    uint64_t bits[CPU_MAX / 64];
};

void cpu_set_add(struct cpu_set *set, unsigned cpu);
bool cpu_set_has(const struct cpu_set *set, unsigned cpu);
unsigned cpu_set_count(const struct cpu_set *set);
/* The n-th member in ascending order; n < cpu_set_count. */
unsigned cpu_set_nth(const struct cpu_set *set, unsigned n);
enum { CPU_SET_TEXT_SIZE = 128 };
/* "0-3,8": cut with "..." when it does not fit. Returns `text`. */
const char *cpu_set_format(const struct cpu_set *set, char text[CPU_SET_TEXT_SIZE]);

/* The processors that the calling process may run on. */
bool cpu_available(struct cpu_set *set, struct error *err);

/* Jiffies of the whole machine since boot (/proc/stat), in nanoseconds. */
struct cpu_times {
    nsec busy;  /* user, nice, system, irq, softirq */
    nsec idle;  /* idle and iowait */
    nsec steal; /* wanted to run, but the hypervisor did not let it */
};
bool cpu_times(struct cpu_times *times, struct error *err);
