/* What a short-lived program prints: versions of servers, passwords. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/units.h"

/* Runs a program (NULL-terminated; argv[0] is a path) and appends all that it prints, to standard
 * output and error alike, to `out`, up to its limit. The output is held in memory, never in a file
 * system. A program that runs longer than `limit` is killed. ERROR_SYSTEM: it could not be started,
 * took too long, or did not end with status 0; the sentence never quotes the output.
 *
 * Any thread: it is waited for here, so the thread that started it outlives it. */
bool command_run(const char *const *argv, nsec limit, struct buf *out, struct error *err);
