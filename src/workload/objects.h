/* Objects of an application: some hundred instances of a shape, made beforehand, that are written
 * as JSON or MessagePack with a mark of their own each time. Pure; read-only after init, shared. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "model/value_form.h"

/* A value in an object, as a program holds it in memory. */
struct object_node {
    enum shape_kind kind; /* SHAPE_TEXT for all texts */
    struct str name;      /* as a field */
    struct str text;
    int64_t integer; /* of a number: hundredths; of a bool: 0, 1 */
    const struct object_node *children;
    size_t child_count;
};

enum { OBJECT_MARK_DIGITS = 16 };

struct object_space {
    struct arena arena;
    struct object_node *objects;
    struct str *documents; /* each written ahead as JSON, with room for the mark */
    size_t count;
    size_t max_json; /* bytes of the longest, with its mark */
    size_t max_msgpack;
};

/* As many instances as make about 1 MiB of JSON, between 16 and 1,024. The form was validated. */
void object_space_init(struct object_space *space, const struct value_form *form, uint64_t seed);
void object_space_release(struct object_space *space);
/* The object and the document of an identity. */
const struct object_node *object_space_find(const struct object_space *space, uint64_t identity);
/* Writes the document that was written ahead, with the mark of the identity; returns its length. */
size_t object_space_copy(const struct object_space *space, uint64_t identity, char *out);
/* Serialises an object (a root): its first field, "_id", tells the mark in hexadecimal. Room:
 * max_json, max_msgpack. Nothing is allocated. RFC 8259; the MessagePack specification. */
size_t object_write_json(const struct object_node *root, uint64_t mark, char *out);
size_t object_write_msgpack(const struct object_node *root, uint64_t mark, char *out);
/* Walks over one MessagePack value; returns its length, or 0: it is none, or not whole. */
size_t object_skip_msgpack(struct str bytes);
