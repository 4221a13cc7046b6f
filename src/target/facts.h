/* What a server says about itself that matters for a fair comparison: its shape, its settings, what
 * it holds and what it is busy with. Internal questions only (INFO, CONFIG GET, DBSIZE, PING);
 * nothing is changed. */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "model/target_spec.h"
#include "target/target.h"

/* Asks a target that was started; names and values live in `arena`. Returns how many there are.
 *
 * Names are those of the server's settings (maxmemory-policy, save, io-threads, ...) and of INFO's
 * lines where there is no setting, and of our own: tls, primaries, replicas, modules, keys (in the
 * database before anything of ours), round-trip-us (median of PINGs). What a server does not tell
 * is left out. */
size_t facts_read(struct target *target, struct arena *arena, struct setting **out);
