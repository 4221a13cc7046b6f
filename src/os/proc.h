/* Child processes, and the keeper that outlives this one to clean up after it. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/units.h"
#include "os/cpu.h"

/* A child of this process. */
struct proc {
    pid_t pid; /* 0: none */
};

struct proc_options {
    const char *const *argv; /* NULL-terminated; argv[0] is a path */
    const char *output;      /* file that gets standard output and error (created or truncated) */
    const char *directory;   /* working directory, or NULL */
    const struct cpu_set *cpus; /* processors it may run on, or NULL */
};

/* Starts a program in a session of its own (Ctrl-C does not reach it). If the calling process dies
 * in whatever way, the child is killed by the kernel (PR_SET_PDEATHSIG); call it from the main
 * thread. A program that cannot be executed is an error here, not later. */
bool proc_start(struct proc *proc, const struct proc_options *options, struct error *err);
/* Has it ended? Does not wait. On true, `status` (may be NULL) is as from waitpid. */
bool proc_has_ended(struct proc *proc, int *status);
/* SIGTERM, then SIGKILL after `patience`; waits until it is gone. Nothing if it has ended. */
void proc_stop(struct proc *proc, nsec patience);
/* Sends a signal; nothing if it has ended. */
void proc_signal(const struct proc *proc, int signal_number);

/* Processor time used so far by the whole process, and by its main thread alone
 * (/proc/PID/task/.../schedstat). ERROR_SYSTEM when it is gone. */
bool proc_cpu_time(pid_t pid, nsec *all_threads, nsec *main_thread, struct error *err);

/* The keeper: a small process forked early (before any thread), deaf to Ctrl-C, that removes the
 * folders entrusted to it when this process has ended without doing so itself (kill -9). One per
 * process. */
bool keeper_start(struct error *err);
/* Entrusts a folder. The keeper waits up to 5 s for `pid` (0: none) to be gone, kills it if it is
 * still the same process, then removes the folder. No-op when no keeper was started. */
void keeper_watch(pid_t pid, const char *directory);
/* The folder was removed in the ordinary way. */
void keeper_forget(const char *directory);
