/* Threads, and what the operating system knows about the calling one. */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/units.h"
#include "os/cpu.h"

/* Starts a thread named `name` (at most 15 characters) that runs `body(arg)`. All signals are
 * blocked in it. */
bool thread_start(pthread_t *thread, const char *name, void *(*body)(void *), void *arg,
                  struct error *err);
/* Binds the calling thread to these processors; threads and processes that it starts later inherit
 * that. With `err` NULL safe to call between fork and exec. */
bool thread_pin(const struct cpu_set *cpus, struct error *err);
/* The calling thread is to be woken when its time-outs end, and not up to 50 us later, which spares
 * the processor a few interrupts. */
void thread_wake_precisely(void);
/* Processor time that the calling thread has used. */
nsec thread_cpu_time(void);
