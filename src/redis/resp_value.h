/* Whole replies as trees, for the few commands of the control client that need to look inside
 * (INFO, HELLO, COMMAND ...). Never used on the load path. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "redis/resp.h"
#include "redis/resp_read.h"

struct resp_value {
    char type; /* as in struct resp_reply */
    bool is_null;
    bool boolean;    /* # */
    int64_t integer; /* : */
    double real;     /* , (NaN also when it has too many digits to be read: see text) */
    struct str text; /* + - $ ! ( , and = without its format */
    size_t count;    /* elements of * ~ > ; of % twice the number of pairs */
    struct resp_value *elements;
};

/* Parses the first reply in `data` if it is whole (RESP_OK; `*used` bytes), copying into `arena`.
 * RESP_MORE: not whole yet. RESP_BAD: not RESP, or over a limit. Says the same as resp_read, which
 * looks first, so that nothing is allocated for a length that is only claimed. */
enum resp_status resp_value_parse(struct str data, struct arena *arena, struct resp_value *out,
                                  size_t *used);
/* In a map (or a flat RESP2 array of pairs) the value of `key`, or NULL. */
const struct resp_value *resp_value_get(const struct resp_value *map, const char *key);
