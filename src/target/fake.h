/* A target for tests: an endpoint that the test serves (with a transport of its own, or a scripted
 * server), reached as any other. Nothing is started or stopped. */
#pragma once

#include "target/target.h"

/* In place of target_init. The endpoint is copied; `spec` (its text and version are used) must
 * outlive the target. `owned` as the test wants it. Never fails. */
void fake_init(struct target *target, const struct target_spec *spec,
               const struct endpoint *endpoint, bool owned);
