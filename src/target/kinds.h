/* The kinds of targets that target_init chooses from. Internal to the module. */
#pragma once

#include "target/target.h"

extern const struct target_table target_attach; /* attach.c: a server that somebody else runs */
extern const struct target_table target_local;  /* local.c: a server that we start */
