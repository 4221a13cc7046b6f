#include "os/cpu.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "os/cgroup.h"
#include "os/file.h"

void cpu_set_add(struct cpu_set *set, unsigned cpu)
{
    assert(cpu < CPU_MAX);
    set->bits[cpu / 64] |= UINT64_C(1) << (cpu % 64);
}

bool cpu_set_has(const struct cpu_set *set, unsigned cpu)
{
    return cpu < CPU_MAX && (set->bits[cpu / 64] >> (cpu % 64) & 1) != 0;
}

unsigned cpu_set_count(const struct cpu_set *set)
{
    unsigned count = 0;
    for (unsigned word = 0; word < CPU_MAX / 64; word++) {
        count += (unsigned)__builtin_popcountll(set->bits[word]);
    }
    return count;
}

unsigned cpu_set_nth(const struct cpu_set *set, unsigned n)
{
    assert(n < cpu_set_count(set));
    unsigned cpu = 0;
    while (!cpu_set_has(set, cpu) || n-- > 0) {
        cpu++;
    }
    return cpu;
}

const char *cpu_set_format(const struct cpu_set *set, char text[CPU_SET_TEXT_SIZE])
{
    static const char cut[] = ",...";
    size_t len = 0;
    text[0] = '\0';
    for (unsigned cpu = 0; cpu < CPU_MAX; cpu++) {
        if (!cpu_set_has(set, cpu)) {
            continue;
        }
        unsigned last = cpu;
        while (cpu_set_has(set, last + 1)) {
            last++;
        }
        char range[16];
        const char *comma = len == 0 ? "" : ",";
        int size = last == cpu ? snprintf(range, sizeof range, "%s%u", comma, cpu)
                               : snprintf(range, sizeof range, "%s%u-%u", comma, cpu, last);
        if (len + (size_t)size + sizeof cut > CPU_SET_TEXT_SIZE) {
            memcpy(text + len, cut, sizeof cut);
            break;
        }
        memcpy(text + len, range, (size_t)size + 1);
        len += (size_t)size;
        cpu = last;
    }
    return text;
}

bool cpu_available(struct cpu_set *set, struct error *err)
{
    cpu_set_t mask;
    CPU_ZERO(&mask);
    if (sched_getaffinity(0, sizeof mask, &mask) != 0) {
        return error_set_errno(err, ERROR_SYSTEM, errno, "ask which processors may be used");
    }
    *set = (struct cpu_set){{0}};
    for (unsigned cpu = 0; cpu < CPU_MAX && cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &mask)) {
            cpu_set_add(set, cpu);
        }
    }
    return true;
}

/* The columns of /proc/stat as proc(5) names them; guest time is already part of user time. */
enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, COLUMNS };

/* The number in the line of that name; 0: there is none. */
static uint64_t find_count(struct str text, struct str name)
{
    uint64_t count = 0;
    while (text.len > 0) {
        struct str line = str_split(&text, '\n');
        if (str_eq(str_split(&line, ' '), name)) {
            (void)str_to_u64(str_trim(line), &count);
        }
    }
    return count;
}

bool cpu_times_parse(struct str text, uint64_t ticks_per_second, struct cpu_times *times)
{
    struct str line = str_split(&text, '\n');
    uint64_t columns[COLUMNS];
    if (!str_eq(str_split(&line, ' '), STR("cpu"))) {
        return false;
    }
    line = str_trim(line);
    for (int i = 0; i < COLUMNS; i++) {
        if (!str_to_u64(str_split(&line, ' '), &columns[i])) {
            return false;
        }
    }
    nsec tick = NSEC_PER_SEC / ticks_per_second;
    times->busy =
        tick * (columns[USER] + columns[NICE] + columns[SYSTEM] + columns[IRQ] + columns[SOFTIRQ]);
    times->idle = tick * (columns[IDLE] + columns[IOWAIT]);
    times->steal = tick * columns[STEAL];
    times->switches = find_count(text, STR("ctxt"));
    times->runnable = find_count(text, STR("procs_running"));
    return true;
}

double cpu_throttled(const struct cpu_times *before, const struct cpu_times *after, double seconds)
{
    bool is_told = before->tells_throttling && after->tells_throttling &&
                   after->throttled >= before->throttled && seconds > 0;
    double held = (double)(after->throttled - before->throttled) / (double)NSEC_PER_SEC;
    return is_told ? held / seconds : NAN;
}

bool cpu_times(struct cpu_times *times, struct error *err)
{
    struct buf text = {0};
    bool read = file_read("/proc/stat", &text, err);
    if (read && !cpu_times_parse(buf_str(&text), (uint64_t)sysconf(_SC_CLK_TCK), times)) {
        read = error_set(err, ERROR_SYSTEM, "read /proc/stat: no times of processors in it");
    }
    times->tells_throttling = cgroup_throttled("", &times->throttled);
    buf_release(&text);
    return read;
}
