/* The keeper: a small process, deaf to Ctrl-C, that outlives this one to clean up after it. It
 * removes the folders entrusted to it when this process has ended without doing so itself, in
 * whatever way (kill -9). One per process.
 *
 * It keeps none of this process's files open, so that a pipe from this process ends with it.
 *
 * Thread rule: main thread. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* Forks the keeper. Call it early, before any thread. Nothing if there is one. */
bool keeper_start(struct error *err);
/* Entrusts a folder (an absolute path shorter than PATH_MAX). When this process has ended, the
 * keeper gives `pid` (0: none) a moment to end too, kills it if it is still the same process, then
 * removes the folder. A second call for the same folder replaces the pid. No-op when no keeper was
 * started. */
void keeper_watch(pid_t pid, const char *directory);
/* The folder was removed in the ordinary way. */
void keeper_forget(const char *directory);
