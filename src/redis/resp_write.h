/* Writes commands as RESP arrays of bulk strings. Pure. Used for everything but the measured
 * commands themselves, which are templates (workload/). */
#pragma once

#include <stdarg.h>

#include "base/buf.h"
#include "base/str.h"

/* Appends "*<count>\r\n" and one "$<len>\r\n...\r\n" per argument. */
void resp_write(struct buf *out, const struct str *args, size_t count);
/* The same from a NULL-terminated list of C strings: resp_write_text(out, "SELECT", "3", NULL). */
void resp_write_text(struct buf *out, ...) __attribute__((sentinel));
void resp_write_textv(struct buf *out, va_list args);
