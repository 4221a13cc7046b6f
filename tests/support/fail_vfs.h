/* A disk that is full from the Nth write on: SQLite's file system with a counter in between. One
 * per process, for one thread at a time to arm; writes come from any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Makes it SQLite's default. Files that are open already are not concerned. */
void fail_vfs_install(void);
/* From now on the `nth` write (from 1; also a sync, or a file made longer) fails, and all after it
 * when `stays_full`. 0: none. */
void fail_vfs_arm(uint64_t nth, bool stays_full);
/* Has a write failed since? */
bool fail_vfs_has_failed(void);
