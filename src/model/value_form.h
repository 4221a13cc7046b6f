/* What values are made of, and what the client does to each before it is stored: serialising an
 * application's object, compressing. Plain data, its reading and writing.
 *
 * The shape of objects is JSON text, as in
 *
 *   {"name": "text:12", "age": "int:18:99", "tags": [5, "text:8"], "address": {"zip": "hex:5"}}
 *
 * A text says a type: int:LOW:HIGH, number (below 10,000, two decimals), bool, text:SIZE or
 * text:LOW-HIGH (words), hex:SIZE, choice:A|B|C. An object is an object of fields, [N, SHAPE] a
 * list of so many. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

enum value_kind {
    VALUE_RANDOM, /* bytes, as compressible as asked for */
    VALUE_TEXT,   /* words */
    VALUE_NUMBER, /* decimal digits */
    VALUE_OBJECT, /* documents of a shape */
};

enum value_encoding {
    ENCODE_AHEAD, /* JSON that was written before the measurement */
    ENCODE_JSON,  /* serialised by the client, each time... */
    ENCODE_MSGPACK,
};

enum value_compression { COMPRESS_NONE, COMPRESS_ZLIB, COMPRESS_ZSTD, COMPRESS_LZ4 };

struct value_form {
    enum value_kind kind;
    const char *object; /* a shape; NULL: the usual one */
    enum value_encoding encoding;
    enum value_compression compression;
    int level; /* of zlib and zstd */
};

/* "random", "text", "number", "json" */
bool value_form_read_kind(struct str text, struct value_form *out, struct error *err);
const char *value_form_kind_name(enum value_kind kind);
/* "json", "msgpack"; makes the kind one of objects */
bool value_form_read_encoding(struct str text, struct value_form *out, struct error *err);
const char *value_form_encoding_name(enum value_encoding encoding); /* "none": ahead */
/* "none", "zlib", "zlib:9", "zstd:3", "lz4" */
bool value_form_read_compression(struct str text, struct value_form *out, struct error *err);
void value_form_format_compression(const struct value_form *form, struct buf *out);
/* Does the client work for each value? */
static inline bool value_form_is_made(const struct value_form *form)
{
    return form->encoding != ENCODE_AHEAD || form->compression != COMPRESS_NONE;
}

enum shape_kind {
    SHAPE_INTEGER,
    SHAPE_NUMBER,
    SHAPE_BOOL,
    SHAPE_TEXT,
    SHAPE_HEX,
    SHAPE_CHOICE,
    SHAPE_OBJECT, /* of `children` */
    SHAPE_LIST,   /* `low` times the only child */
};

enum { SHAPE_MAX_DEPTH = 8, SHAPE_MAX_NODES = 100000 }; /* of one object, lists counted in full */

struct object_shape {
    enum shape_kind kind;
    const char *name; /* as a field; NULL: the root, or in a list */
    int64_t low;      /* integer; bytes of text and hex; items of a list */
    int64_t high;
    struct str choices; /* with '|' between them */
    struct object_shape *children;
    size_t child_count;
};

/* Reads a shape (NULL: the usual one) into the arena. ERROR_USAGE says where it is wrong. The root
 * is an object; no object may come out longer than 1 MiB. */
bool value_form_parse_shape(const char *text, struct arena *arena, struct object_shape *out,
                            struct error *err);
/* At most so many bytes as JSON or MessagePack, without the root's mark. */
size_t value_form_shape_size(const struct object_shape *shape);
/* Impossible combinations. ERROR_USAGE. `high` is the longest value asked for. */
bool value_form_validate(const struct value_form *form, uint64_t high, struct error *err);
