/* The mark that a message carries so that its way can be timed: 32 bytes of text, written when the
 * command is handed to the socket and looked for in what another connection receives. Sender and
 * receiver share one clock, because they are the same process. Pure.
 *
 * "@tenbin@", an order's tag in six hexadecimal digits, 'r' if the sender was recording ('-': it
 * was not), nanoseconds in sixteen digits, '@'. Values are random bytes and cannot hold it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"

enum { STAMP_SIZE = 32, STAMP_MARKER_SIZE = 8, STAMP_TAG_MAX = 0xffffff };

extern const char stamp_marker[STAMP_MARKER_SIZE + 1];

struct stamp {
    nsec at;
    uint32_t tag; /* of the order in which it was sent; up to STAMP_TAG_MAX */
    bool is_recorded;
};

/* A stamp without a time yet: STAMP_SIZE bytes. */
void stamp_write_blank(char *out);
/* Fills in every blank one in the bytes; returns how many there were. */
size_t stamp_fill(char *bytes, size_t len, const struct stamp *stamp);
/* Reads STAMP_SIZE bytes. False: no stamp, or a blank one. */
bool stamp_read(const char *bytes, struct stamp *out);
