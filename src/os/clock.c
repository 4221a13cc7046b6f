#include "os/clock.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static nsec read_clock(clockid_t id)
{
    struct timespec now;
    (void)clock_gettime(id, &now);
    return (nsec)now.tv_sec * NSEC_PER_SEC + (nsec)now.tv_nsec;
}

static nsec monotonic_now(void *self)
{
    (void)self;
    return read_clock(CLOCK_MONOTONIC);
}

const struct clock *clock_monotonic(void)
{
    static const struct clock clock = {monotonic_now, NULL};
    return &clock;
}

nsec clock_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}

bool clock_process_cpu(pid_t pid, nsec *used)
{
    clockid_t id;
    struct timespec spent;
    int failure = clock_getcpuclockid(pid, &id);
    if (failure != 0) {
        errno = failure;
        return false;
    }
    if (clock_gettime(id, &spent) != 0) {
        return false;
    }
    *used = (nsec)spent.tv_sec * NSEC_PER_SEC + (nsec)spent.tv_nsec;
    return true;
}

void clock_sleep(nsec duration)
{
    struct timespec wait = {
        .tv_sec = (time_t)(duration / NSEC_PER_SEC),
        .tv_nsec = (long)(duration % NSEC_PER_SEC),
    };
    (void)nanosleep(&wait, NULL);
}

const char *clock_format_utc(nsec wall, char text[CLOCK_TEXT_SIZE])
{
    time_t seconds = (time_t)(wall / NSEC_PER_SEC);
    struct tm parts;
    (void)gmtime_r(&seconds, &parts);
    size_t len = strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
    (void)snprintf(text + len, CLOCK_TEXT_SIZE - len, ".%03uZ",
                   (unsigned)(wall % NSEC_PER_SEC / NSEC_PER_MSEC));
    return text;
}
