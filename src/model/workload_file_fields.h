/* Reading the fields of a workload file. Internal to the module. */
#pragma once

#include <yaml.h>

#include "model/workload_file.h"

struct file {
    const char *name;
    yaml_document_t document;
    struct arena *arena;
    struct error *err;
    size_t shape_nodes; /* met so far: an alias may stand for many, and again for many */
};

/* A field of a mapping: what reads its value into the thing that is being read. */
struct field {
    const char *name; /* NULL ends a table */
    bool (*read)(struct file *file, const yaml_node_t *value, void *out);
};

/* ERROR_USAGE with the place in the file before the sentence. Returns false. */
bool field_wrong(struct file *file, const yaml_node_t *node, const char *sentence);
/* Every field of a mapping by the table; unknown ones and those given twice are wrong. */
bool field_read_mapping(struct file *file, const yaml_node_t *node, const struct field *fields,
                        void *out);
/* One text, not empty. */
bool field_read_text(struct file *file, const yaml_node_t *node, const char *field,
                     struct str *out);
/* A whole number from 1. */
bool field_read_count(struct file *file, const yaml_node_t *node, const char *field, uint64_t *out);
/* true or false. */
bool field_read_switch(struct file *file, const yaml_node_t *node, const char *field, bool *out);

/* The fields of a workload that roles.h holds; `out` is the struct workload_spec. */
bool field_read_groups(struct file *file, const yaml_node_t *node, void *out);
bool field_read_subscribers(struct file *file, const yaml_node_t *node, void *out);
bool field_read_channels(struct file *file, const yaml_node_t *node, void *out);
/* Of "data". */
bool field_read_tracking(struct file *file, const yaml_node_t *node, void *out);
