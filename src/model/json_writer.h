/* Writes JSON text (RFC 8259) into a buffer, two spaces of indentation, members in the order of the
 * calls. Never fails: bytes that are not UTF-8 become U+FFFD, numbers that do not exist null.
 *
 *     struct json_writer json = {.out = &buf};
 *     json_writer_open(&json, NULL, '{');
 *     json_writer_count(&json, "clients", 50);
 *     json_writer_close(&json, '}');
 *
 * `name` is the member's name inside an object and NULL inside an array or at the top. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/units.h"

struct json_writer {
    struct buf *out;
    unsigned depth;
    bool filled; /* the innermost open object or array has a member */
};

/* `bracket`: '{' or '[', and '}' or ']'. */
void json_writer_open(struct json_writer *json, const char *name, char bracket);
void json_writer_close(struct json_writer *json, char bracket);
/* NULL becomes null. */
void json_writer_text(struct json_writer *json, const char *name, const char *value);
/* Values from 2^63 on become 2^63 - 1, the most that common readers take; UINT64_MAX, which stands
 * for the unknown, becomes null. */
void json_writer_count(struct json_writer *json, const char *name, uint64_t value);
/* The shortest decimal that reads back as the same double. */
void json_writer_number(struct json_writer *json, const char *name, double value);
void json_writer_seconds(struct json_writer *json, const char *name, nsec time);
void json_writer_bool(struct json_writer *json, const char *name, bool value);
void json_writer_null(struct json_writer *json, const char *name);
