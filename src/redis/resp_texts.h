/* Keeps the texts of one reply, for commands that depend on it. It is shown the bytes of a reply as
 * resp_read consumes them, cut in any way, and keeps every value that is no aggregate: texts,
 * numbers, and nulls as empty ones, depth first, as they come on the wire.
 *
 * Pure; a fixed size, nothing is allocated. Values that do not fit are not there. What is in
 * attributes counts as well. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum { RESP_TEXTS_MOST = 128, RESP_TEXTS_BYTES = 4096 };

struct resp_texts {
    uint64_t left; /* bytes of a body (with its CR and LF) still to come */
    uint32_t count;
    uint16_t used; /* bytes */
    uint8_t state;
    char type; /* of the value being read */
    bool is_full;
    char line[32]; /* of a length */
    uint8_t line_len;
    uint16_t ends[RESP_TEXTS_MOST]; /* one past the last byte of each */
    char bytes[RESP_TEXTS_BYTES];
};

/* Forgets all texts: a reply begins. */
void resp_texts_begin(struct resp_texts *texts);
/* Bytes of the reply, which resp_read has found to be RESP. */
void resp_texts_take(struct resp_texts *texts, const char *data, size_t len);
/* Is there a text `index`, from 0? */
bool resp_texts_get(const struct resp_texts *texts, size_t index, struct str *out);
