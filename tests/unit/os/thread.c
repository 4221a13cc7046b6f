#include "os/thread.h"

#include <signal.h>

#include "os/clock.h"
#include <sys/prctl.h>

#include "support/tap.h"

struct seen {
    char name[32];
    bool blocks_interrupt;
    bool pinned;
    unsigned cpus;
    nsec used; /* when it began */
};

enum { WORK_MS = 50 };

static void *look_around(void *arg)
{
    struct seen *seen = arg;
    seen->used = thread_cpu_time();
    /* The creator names it, a moment after it began. */
    for (int i = 0; i < 5000 && strcmp(seen->name, "a-name-that-is-") != 0; i++) {
        clock_sleep(NSEC_PER_MSEC);
        (void)pthread_getname_np(pthread_self(), seen->name, sizeof seen->name);
    }
    sigset_t blocked;
    (void)pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    seen->blocks_interrupt = sigismember(&blocked, SIGINT) == 1;

    struct cpu_set available = {{0}};
    (void)cpu_available(&available, NULL);
    struct cpu_set one = {{0}};
    cpu_set_add(&one, cpu_set_nth(&available, 0));
    seen->pinned = thread_pin(&one, NULL);
    (void)cpu_available(&available, NULL);
    seen->cpus = cpu_set_count(&available);

    return arg;
}

static void test_precision(void)
{
    thread_wake_precisely();
    tap_int(prctl(PR_GET_TIMERSLACK, 0UL, 0UL, 0UL, 0UL), 1, "time-outs end when they end");
}

int main(void)
{
    test_precision();
    struct error err = {0};
    struct seen seen = {0};
    pthread_t thread;
    while (thread_cpu_time() < WORK_MS * NSEC_PER_MSEC) {
    }
    if (tap_check(thread_start(&thread, "a-name-that-is-too-long", look_around, &seen, &err),
                  "starts: %s", err.text)) {
        void *returned = NULL;
        (void)pthread_join(thread, &returned);
        tap_check(returned == &seen, "passes its argument");
    }
    tap_text(seen.name, "a-name-that-is-", "has its name, cut to 15 characters");
    tap_check(seen.blocks_interrupt, "signals are blocked in it");
    sigset_t mine;
    (void)pthread_sigmask(SIG_SETMASK, NULL, &mine);
    tap_int(sigismember(&mine, SIGINT), 0, "and not in its creator");
    tap_check(seen.pinned, "binds itself to one processor");
    tap_int(seen.cpus, 1, "then it may use one");
    tap_check(seen.used < WORK_MS * NSEC_PER_MSEC, "its creator's work is not its own");

    struct cpu_set none = {{0}};
    tap_check(!thread_pin(&none, &err), "refuses no processor");
    tap_int(err.code, ERROR_SYSTEM, "with a code");
    tap_text(err.text, "bind to processors : invalid argument", "and a sentence");
    struct cpu_set absent = {{0}};
    cpu_set_add(&absent, CPU_MAX - 1);
    tap_check(!thread_pin(&absent, &err), "refuses a processor that is not there");
    tap_text(err.text, "bind to processors 1023: invalid argument", "and names it");
    return tap_end();
}
