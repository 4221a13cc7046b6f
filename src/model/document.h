/* Reading a YAML document by tables of fields, with errors that name file and line. Used by the
 * readers of files; knows none of their fields.
 *
 * Every function returns false after it has set the document's error (ERROR_USAGE). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

struct document {
    const char *name; /* in errors */
    yaml_document_t yaml;
    struct arena *arena; /* for what is read */
    struct error *err;
};

/* A field of a mapping: what reads its value into the thing that is being read. */
struct document_field {
    const char *name; /* NULL ends a table */
    bool (*read)(struct document *document, const yaml_node_t *value, void *out);
};

/* Parses the text and calls `read` with the root; `out` is handed on. */
bool document_read(struct document *document, struct str text,
                   bool (*read)(struct document *document, const yaml_node_t *root, void *out),
                   void *out);
/* ERROR_USAGE with the node's place in the file before the sentence. Returns false. */
bool document_wrong(struct document *document, const yaml_node_t *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const yaml_node_t *document_node(struct document *document, int index);
/* A view of a scalar's text; only of scalars. */
struct str document_view(const yaml_node_t *scalar);
/* A value that is one text, not empty and without zero bytes; a view. `field` stands in errors. */
bool document_text(struct document *document, const yaml_node_t *node, const char *field,
                   struct str *out);
/* The same, copied into the arena. */
bool document_copy(struct document *document, const yaml_node_t *node, const char *field,
                   const char **out);
/* The number of items of a list, from 1 to `most`; 0 after an error that shows `field`. */
size_t document_list(struct document *document, const yaml_node_t *node, const char *field,
                     size_t most);
const yaml_node_t *document_item(struct document *document, const yaml_node_t *list, size_t index);
/* Reads a mapping: fields that are not in the table and ones that are given twice are errors. */
bool document_mapping(struct document *document, const yaml_node_t *node,
                      const struct document_field *fields, void *out);
