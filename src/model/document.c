#include "model/document.h"

#include <stdarg.h>
#include <string.h>

#include "base/buf.h"

bool document_wrong(struct document *document, const yaml_node_t *node, const char *format, ...)
{
    struct buf text = {0};
    va_list arguments;
    va_start(arguments, format);
    buf_addv(&text, format, arguments);
    va_end(arguments);
    error_set(document->err, ERROR_USAGE, "%s:%zu: %s", document->name, node->start_mark.line + 1,
              buf_text(&text));
    buf_release(&text);
    return false;
}

const yaml_node_t *document_node(struct document *document, int index)
{
    return yaml_document_get_node(&document->yaml, index);
}

struct str document_view(const yaml_node_t *scalar)
{
    return (struct str){(const char *)scalar->data.scalar.value, scalar->data.scalar.length};
}

bool document_text(struct document *document, const yaml_node_t *node, const char *field,
                   struct str *out)
{
    if (node->type != YAML_SCALAR_NODE || node->data.scalar.length == 0) {
        return document_wrong(document, node, "%s: write one value", field);
    }
    *out = document_view(node);
    if (memchr(out->data, '\0', out->len) != NULL) {
        return document_wrong(document, node, "%s: there is a zero byte in it", field);
    }
    return true;
}

bool document_copy(struct document *document, const yaml_node_t *node, const char *field,
                   const char **out)
{
    struct str text;
    if (!document_text(document, node, field, &text)) {
        return false;
    }
    *out = arena_copy(document->arena, text);
    return true;
}

size_t document_list(struct document *document, const yaml_node_t *node, const char *field,
                     size_t most)
{
    size_t count = node->type != YAML_SEQUENCE_NODE
                       ? 0
                       : (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    if (count < 1 || count > most) {
        (void)document_wrong(document, node, "%s: write a list, each item behind \"- \"%s", field,
                             count > most ? "; these are too many" : "");
        return 0;
    }
    return count;
}

const yaml_node_t *document_item(struct document *document, const yaml_node_t *list, size_t index)
{
    return document_node(document, list->data.sequence.items.start[index]);
}

static bool unknown_field(struct document *document, const yaml_node_t *key,
                          const struct document_field *fields)
{
    struct buf known = {0};
    for (; fields->name != NULL; fields++) {
        buf_addf(&known, "%s%s", known.len > 0 ? ", " : "", fields->name);
    }
    (void)document_wrong(document, key, "\"%.*s\" is not known here; known are %s",
                         STR_ARG(document_view(key)), buf_text(&known));
    buf_release(&known);
    return false;
}

static const struct document_field *find_field(const yaml_node_t *key,
                                               const struct document_field *fields)
{
    for (; fields->name != NULL; fields++) {
        if (str_eq(document_view(key), str_from(fields->name))) {
            return fields;
        }
    }
    return NULL;
}

static bool is_given_before(struct document *document, const yaml_node_t *mapping,
                            const yaml_node_pair_t *pair)
{
    for (const yaml_node_pair_t *other = mapping->data.mapping.pairs.start; other < pair; other++) {
        if (str_eq(document_view(document_node(document, other->key)),
                   document_view(document_node(document, pair->key)))) {
            return true;
        }
    }
    return false;
}

bool document_mapping(struct document *document, const yaml_node_t *node,
                      const struct document_field *fields, void *out)
{
    if (node->type != YAML_MAPPING_NODE) {
        return document_wrong(document, node, "write fields with values, such as \"%s: ...\"",
                              fields->name);
    }
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = document_node(document, pair->key);
        if (key->type != YAML_SCALAR_NODE) {
            return document_wrong(document, key, "a field's name is a word");
        }
        const struct document_field *field = find_field(key, fields);
        if (field == NULL) {
            return unknown_field(document, key, fields);
        }
        if (is_given_before(document, node, pair)) {
            return document_wrong(document, key, "\"%s\" is given twice", field->name);
        }
        if (!field->read(document, document_node(document, pair->value), out)) {
            return false;
        }
    }
    return true;
}

bool document_read(struct document *document, struct str text,
                   bool (*read)(struct document *document, const yaml_node_t *root, void *out),
                   void *out)
{
    yaml_parser_t parser;
    bool done = false;
    if (yaml_parser_initialize(&parser) == 0) {
        return error_set(document->err, ERROR_SYSTEM, "%s: no memory to read it", document->name);
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.data, text.len);
    if (yaml_parser_load(&parser, &document->yaml) == 0) {
        error_set(document->err, ERROR_USAGE, "%s:%zu: not YAML: %s", document->name,
                  parser.problem_mark.line + 1,
                  parser.problem == NULL ? "it cannot be read" : parser.problem);
    } else {
        const yaml_node_t *root = yaml_document_get_root_node(&document->yaml);
        done = root != NULL ? read(document, root, out)
                            : error_set(document->err, ERROR_USAGE, "%s: there is nothing in it",
                                        document->name);
        yaml_document_delete(&document->yaml);
    }
    yaml_parser_delete(&parser);
    return done;
}
