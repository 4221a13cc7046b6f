/* Time. Everything that measures is given a `struct clock`, so that a test can bring its own.
 *
 * Thread rule: the monotonic clock may be read from any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/units.h"

struct clock {
    nsec (*now)(void *self); /* never runs backwards */
    void *self;
};

static inline nsec clock_now(const struct clock *clock)
{
    return clock->now(clock->self);
}

/* CLOCK_MONOTONIC. */
const struct clock *clock_monotonic(void);
/* Wall-clock time, nanoseconds since 1970-01-01 UTC: for dates in results, never for intervals. */
nsec clock_wall(void);
/* Processor time that a process has used, ended threads included. False, with errno: it is gone. */
bool clock_process_cpu(pid_t pid, nsec *used);
/* Sleeps at least so long, or until a signal arrives. */
void clock_sleep(nsec duration);

enum { CLOCK_TEXT_SIZE = 32 };
/* "2026-11-23T03:40:05.123Z" for nanoseconds since 1970. Returns `text`. */
const char *clock_format_utc(nsec wall, char text[CLOCK_TEXT_SIZE]);
