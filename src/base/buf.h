/* A growing byte buffer with a stated maximum.
 *
 * Zero-initialise, or buf_init with a limit. The bytes are always followed by a NUL that does not
 * count, so that `data` may be used as a C string once something was appended. Appending beyond
 * the limit marks the buffer as overflown and appends nothing; the flag stays until buf_clear. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct buf {
    char *data; /* NULL until something was appended */
    size_t len;
    size_t capacity;
    size_t limit; /* 0: no limit */
    bool overflown;
};

void buf_init(struct buf *buf, size_t limit);
void buf_release(struct buf *buf);
/* Empties it and keeps the memory. */
void buf_clear(struct buf *buf);
/* Makes room for `extra` more bytes and returns where they start, or NULL beyond the limit. The
 * caller writes there and then adds to `len` (buf_added). */
char *buf_reserve(struct buf *buf, size_t extra);
/* Counts `len` bytes that were written into reserved room. */
void buf_added(struct buf *buf, size_t len);
bool buf_add(struct buf *buf, const void *data, size_t len);
bool buf_add_str(struct buf *buf, struct str text);
bool buf_add_text(struct buf *buf, const char *text);
bool buf_add_char(struct buf *buf, char c);
bool buf_addf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool buf_addv(struct buf *buf, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* Removes `len` bytes from the front. */
void buf_consume(struct buf *buf, size_t len);
struct str buf_str(const struct buf *buf);
/* The bytes as a C string, "" when empty. Valid until the next change. */
const char *buf_text(const struct buf *buf);
