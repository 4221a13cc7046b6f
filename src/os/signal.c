#include "os/signal.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LAST_WORDS_SIZE = 1024, EXIT_INTERRUPTED = 130 };

/* A signal handler has no argument of its own: what it knows must be global. */
static atomic_bool interrupted;
static char last_words[LAST_WORDS_SIZE];

static void on_signal(int number)
{
    bool again = atomic_exchange(&interrupted, true);
    if (again && number != SIGHUP) {
        ssize_t written = write(STDERR_FILENO, last_words, strlen(last_words));
        (void)written;
        _exit(EXIT_INTERRUPTED);
    }
}

static void catch_one(int number)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    /* One at a time, so that the second one finds the flag of the first. */
    (void)sigaddset(&action.sa_mask, SIGINT);
    (void)sigaddset(&action.sa_mask, SIGTERM);
    (void)sigaddset(&action.sa_mask, SIGHUP);
    (void)sigaction(number, &action, NULL);
}

void signal_catch(void)
{
    catch_one(SIGINT);
    catch_one(SIGTERM);
    struct sigaction before;
    (void)sigaction(SIGHUP, NULL, &before);
    if (before.sa_handler != SIG_IGN) {
        catch_one(SIGHUP);
    }
    /* A reader that goes away (`tenbin ... | head`) must not keep us from cleaning up. */
    (void)signal(SIGPIPE, SIG_IGN);
}

bool signal_interrupted(void)
{
    return atomic_load_explicit(&interrupted, memory_order_relaxed);
}

void signal_last_words(const char *text)
{
    /* Other threads block all signals, so the handler runs here or not at all. */
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    (void)snprintf(last_words, sizeof last_words, "%s", text);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}
