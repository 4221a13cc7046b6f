/* Readers of option values that need no knowledge of their option: members of option tables. The
 * type that `field` must point at is said with each; limits include both ends. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "cli/option.h"

/* bool: true, false. */
bool option_read_on(const struct option *option, struct str value, void *field, struct error *err);
bool option_read_off(const struct option *option, struct str value, void *field, struct error *err);
/* uint64_t, uint32_t: a count within the limits. */
bool option_read_u64(const struct option *option, struct str value, void *field, struct error *err);
bool option_read_u32(const struct option *option, struct str value, void *field, struct error *err);
/* uint32_t: bytes within the limits. */
bool option_read_size32(const struct option *option, struct str value, void *field,
                        struct error *err);
/* nsec within the limits. */
bool option_read_duration(const struct option *option, struct str value, void *field,
                          struct error *err);
/* const char *: the argument itself, which lives as long as argv; not empty. */
bool option_read_text(const struct option *option, struct str value, void *field,
                      struct error *err);
