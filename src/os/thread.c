#include "os/thread.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <time.h>

bool thread_start(pthread_t *thread, const char *name, void *(*body)(void *), void *arg,
                  struct error *err)
{
    /* A thread inherits the mask of its creator: blocked before it starts, no signal slips in. */
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(thread, NULL, body, arg);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure != 0) {
        return error_set_errno(err, ERROR_SYSTEM, failure, "start thread %s", name);
    }
    char short_name[16];
    (void)snprintf(short_name, sizeof short_name, "%s", name);
    (void)pthread_setname_np(*thread, short_name);
    return true;
}

bool thread_pin(const struct cpu_set *cpus, struct error *err)
{
    cpu_set_t mask;
    CPU_ZERO(&mask);
    for (unsigned cpu = 0; cpu < CPU_MAX && cpu < CPU_SETSIZE; cpu++) {
        if (cpu_set_has(cpus, cpu)) {
            CPU_SET(cpu, &mask);
        }
    }
    if (sched_setaffinity(0, sizeof mask, &mask) != 0) {
        if (err == NULL) {
            return false;
        }
        int failure = errno;
        char text[CPU_SET_TEXT_SIZE];
        return error_set_errno(err, ERROR_SYSTEM, failure, "bind to processors %s",
                               cpu_set_format(cpus, text));
    }
    return true;
}

void thread_wake_precisely(void)
{
    (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

nsec thread_cpu_time(void)
{
    struct timespec used;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (nsec)used.tv_sec * NSEC_PER_SEC + (nsec)used.tv_nsec;
}
