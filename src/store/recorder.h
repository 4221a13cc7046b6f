/* Writes a result into the store while it is being measured, so that an end of the program, in
 * whatever way, loses at most the last second of it.
 *
 * The thread that measures hands over what a run shows so far, which takes it the time of writing
 * some JSON into memory. A thread of the recorder's own speaks with the database, and waits for the
 * disk. What could not be written (a full disk) is tried again with what comes next.
 *
 * Thread rule: one thread calls. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/result.h"

struct recorder;

/* Opens the store and finds out whether it can be written. ERROR_SYSTEM, ERROR_USAGE. */
bool recorder_open(const char *path, struct recorder **out, struct error *err);
/* Hands over one run as it stands now: the only run of the only cell of `part`, which otherwise is
 * the result so far. It is the `run`th of the `cell`th cell of the whole. Windows only ever come at
 * the end of those handed over before. */
void recorder_put(struct recorder *recorder, const struct result *part, uint32_t cell,
                  uint32_t run);
/* Writes the whole, which then is complete, and waits until it is done. False: it is not, and `err`
 * says why; what was written before is still there. */
bool recorder_finish(struct recorder *recorder, const struct result *whole, struct error *err);
/* Ends the thread, after what was handed over is written, or was tried once more. NULL is allowed.
 */
void recorder_free(struct recorder *recorder);
