/* Child processes. What cleans up after this one is os/keeper.h.
 *
 * File descriptors 0 to 2 must be open (to /dev/null, if to nothing else).
 *
 * Thread rule: main thread, except proc_cpu_time and proc_start_time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"
#include "base/units.h"
#include "os/cpu.h"

/* A child of this process. Zero-initialise. */
struct proc {
    pid_t pid;  /* 0: none, or it has ended */
    int status; /* as from waitpid, once it has ended */
};

struct proc_options {
    const char *const *argv;    /* NULL-terminated; argv[0] is a path */
    const char *output;         /* file that gets standard output and error (created, mode 0600, or
                                   truncated), or NULL for nowhere */
    const char *directory;      /* working directory, or NULL; also what a relative argv[0] is
                                   relative to */
    const struct cpu_set *cpus; /* processors it may run on, or NULL */
};

/* Starts a program in a session of its own (Ctrl-C does not reach it), with no open files but its
 * output and no signal blocked or ignored. If the calling thread or process ends in whatever way,
 * the child is killed by the kernel (PR_SET_PDEATHSIG). A program that cannot be executed is an
 * error here, not later. ERROR_SYSTEM. */
bool proc_start(struct proc *proc, const struct proc_options *options, struct error *err);
/* Has it ended? Does not wait. On true, `status` (may be NULL) is as from waitpid. */
bool proc_has_ended(struct proc *proc, int *status);
/* SIGTERM, then after `patience` SIGKILL to it and its process group; waits until it is gone.
 * Nothing if it has ended. */
void proc_stop(struct proc *proc, nsec patience);
/* Sends a signal; nothing if it has ended. */
void proc_signal(const struct proc *proc, int signal_number);

/* Processor time used so far by the whole process (also by threads that have ended), and by its
 * main thread alone (/proc/PID/task/PID/schedstat). Either may be NULL. Any process, not only a
 * child. ERROR_SYSTEM when it is gone or the kernel keeps no such count. */
bool proc_cpu_time(pid_t pid, nsec *all_threads, nsec *main_thread, struct error *err);

/* When a process was started, in clock ticks since boot: with the pid it names one process for
 * ever. False if there is none, or it has ended and only waits to be collected. */
bool proc_start_time(pid_t pid, uint64_t *ticks);
/* The same from the text of /proc/PID/stat. */
bool proc_start_time_parse(struct str stat, uint64_t *ticks);
