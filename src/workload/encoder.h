/* What an application does to a value before it stores it, and to what it reads: serialising an
 * object, compressing; decompressing, parsing. Real work with the usual libraries (zlib, zstd, LZ4
 * frames; parsing of JSON by jansson), done for each value when a workload asks for it. The bytes
 * are a function of the value's identity alone.
 *
 * No I/O, and no clock of its own: it is given one, and tells what each part took. Nothing is
 * allocated for a value but by the libraries.
 *
 * Thread rule: one owner, with a copy of the shared workload of its own (workload_equip). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "base/units.h"
#include "model/value_form.h"

struct value_space;
struct encoder;

enum encoder_part { ENCODER_SERIALISE, ENCODER_COMPRESS, ENCODER_DECOMPRESS, ENCODER_PARSE };
enum { ENCODER_PARTS = ENCODER_PARSE + 1 };

/* Who wants to know. All may be NULL. */
struct encoder_watch {
    nsec (*now)(void *self);
    void (*took)(void *self, enum encoder_part part, nsec taken);
    /* A value became so many bytes. */
    void (*stored)(void *self, size_t plain, size_t stored);
    void *self;
};

/* For the values of a space, which outlives it. */
struct encoder *encoder_new(const struct value_space *values, const struct encoder_watch *watch);
/* NULL is allowed. */
void encoder_free(struct encoder *encoder);
/* At most so many bytes come out of a value of `plain` bytes. */
size_t encoder_bound(const struct value_form *form, size_t plain);
/* Makes the value of an identity at `out` (room: the values' max_put); returns its length. */
size_t encoder_make(struct encoder *encoder, uint64_t identity, char *out);
/* Undoes it for what was read. False: these bytes are no such value, and nothing was done. */
bool encoder_take(struct encoder *encoder, struct str stored);
/* The plain bytes of the value that was taken last, until the next call. */
struct str encoder_taken(const struct encoder *encoder);
