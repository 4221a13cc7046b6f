/* Base64 (RFC 4648, section 4): the standard alphabet, with padding, on one line.
 *
 * Pure. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

/* Appends the text form of `bytes`; false only beyond the limit of `out`. */
bool base64_encode(struct str bytes, struct buf *out);
/* Appends the bytes that `text` stands for. False, and nothing appended: not base64 (a foreign
 * character, wrong length or padding, bits set that stand for nothing), or beyond the limit of
 * `out`. */
bool base64_decode(struct str text, struct buf *out);
