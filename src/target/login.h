/* Where the password of a target comes from: the target's text, a file, a command, or the
 * environment variable TENBIN_PASSWORD, in this order. */
#pragma once

#include "base/arena.h"
#include "model/target_spec.h"
#include "redis/endpoint.h"

enum { LOGIN_COMMAND_SECONDS = 5 };

/* The provider for an attached target, in `arena`; NULL when it needs no login. `spec` must outlive
 * it. A file and a command are asked at each connect, for their first line (a command again only
 * when its last answer is older than 10 s); the environment is read now. The provider's own
 * failures are ERROR_TARGET and never quote what was read.
 *
 * Main thread (it reads the environment); the provider may be asked from any thread. */
const struct credential_provider *login_make(const struct target_spec *spec, struct arena *arena);
/* A fixed login, in `arena`. */
const struct credential_provider *login_make_fixed(const char *user, const char *password,
                                                   struct arena *arena);
