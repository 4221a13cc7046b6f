#include "model/workload_file.h"

#include <ctype.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>

#include "model/workload_file_fields.h"

enum { MAX_OPERATIONS = 1000, MAX_STEPS = 1000, MAX_SHAPE_NODES = 10000 };

/* ---- nodes ---- */

static bool wrong(struct file *file, const yaml_node_t *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ERROR_USAGE with the place in the file before the sentence. */
static bool wrong(struct file *file, const yaml_node_t *node, const char *format, ...)
{
    struct buf text = {0};
    va_list arguments;
    va_start(arguments, format);
    buf_addv(&text, format, arguments);
    va_end(arguments);
    error_set(file->err, ERROR_USAGE, "%s:%zu: %s", file->name, node->start_mark.line + 1,
              buf_text(&text));
    buf_release(&text);
    return false;
}

static const yaml_node_t *node_at(struct file *file, int index)
{
    return yaml_document_get_node(&file->document, index);
}

static struct str text_of(const yaml_node_t *node)
{
    return (struct str){(const char *)node->data.scalar.value, node->data.scalar.length};
}

static bool unknown_field(struct file *file, const yaml_node_t *key, const struct field *fields)
{
    struct buf known = {0};
    for (; fields->name != NULL; fields++) {
        buf_addf(&known, "%s%s", known.len > 0 ? ", " : "", fields->name);
    }
    wrong(file, key, "\"%.*s\" is not known here; known are %s", STR_ARG(text_of(key)),
          buf_text(&known));
    buf_release(&known);
    return false;
}

static const struct field *find_field(const yaml_node_t *key, const struct field *fields)
{
    for (; fields->name != NULL; fields++) {
        if (key->type == YAML_SCALAR_NODE && str_eq(text_of(key), str_from(fields->name))) {
            return fields;
        }
    }
    return NULL;
}

static bool is_given_before(struct file *file, const yaml_node_t *mapping,
                            const yaml_node_pair_t *pair)
{
    for (const yaml_node_pair_t *other = mapping->data.mapping.pairs.start; other < pair; other++) {
        if (str_eq(text_of(node_at(file, other->key)), text_of(node_at(file, pair->key)))) {
            return true;
        }
    }
    return false;
}

static bool read_mapping(struct file *file, const yaml_node_t *node, const struct field *fields,
                         void *out)
{
    if (node->type != YAML_MAPPING_NODE) {
        return wrong(file, node, "write fields with values, such as \"%s: ...\"", fields->name);
    }
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = node_at(file, pair->key);
        const struct field *field = find_field(key, fields);
        if (key->type != YAML_SCALAR_NODE) {
            return wrong(file, key, "a field's name is a word");
        }
        if (field == NULL) {
            return unknown_field(file, key, fields);
        }
        if (is_given_before(file, node, pair)) {
            return wrong(file, key, "\"%s\" is given twice", field->name);
        }
        if (!field->read(file, node_at(file, pair->value), out)) {
            return false;
        }
    }
    return true;
}

/* A value that is one text, handed to a reader of options. */
static bool read_text(struct file *file, const yaml_node_t *node, const char *field,
                      struct str *out)
{
    if (node->type != YAML_SCALAR_NODE || node->data.scalar.length == 0) {
        return wrong(file, node, "%s: write one value", field);
    }
    *out = text_of(node);
    if (memchr(out->data, '\0', out->len) != NULL) {
        return wrong(file, node, "%s: there is a zero byte in it", field);
    }
    return true;
}

static bool read_with(struct file *file, const yaml_node_t *node, struct workload_spec *out,
                      const char *field,
                      bool (*read)(struct str text, struct workload_spec *out, struct error *err))
{
    struct str text;
    struct error problem = {0};
    return read_text(file, node, field, &text) &&
           (read(text, out, &problem) || wrong(file, node, "%s: %s", field, problem.text));
}

static bool read_count(struct file *file, const yaml_node_t *node, const char *field, uint64_t *out)
{
    struct str text;
    return read_text(file, node, field, &text) &&
           ((units_read_count(text, out) && *out >= 1) ||
            wrong(file, node, "%s: \"%.*s\": write a whole number from 1", field, STR_ARG(text)));
}

/* What workload_file_roles.c needs of this. */

bool field_wrong(struct file *file, const yaml_node_t *node, const char *sentence)
{
    return wrong(file, node, "%s", sentence);
}

bool field_read_mapping(struct file *file, const yaml_node_t *node, const struct field *fields,
                        void *out)
{
    return read_mapping(file, node, fields, out);
}

bool field_read_text(struct file *file, const yaml_node_t *node, const char *field, struct str *out)
{
    return read_text(file, node, field, out);
}

bool field_read_count(struct file *file, const yaml_node_t *node, const char *field, uint64_t *out)
{
    return read_count(file, node, field, out);
}

/* ---- operations ---- */

struct reading {
    struct operation_spec *operation;
    bool has_command;
};

static bool read_operation_group(struct file *file, const yaml_node_t *node, void *out)
{
    struct str text;
    struct reading *reading = out;
    if (!read_text(file, node, "group", &text)) {
        return false;
    }
    reading->operation->group = arena_copy(file->arena, text);
    return true;
}

static bool read_delivers(struct file *file, const yaml_node_t *node, void *out)
{
    return field_read_switch(file, node, "delivers", &((struct reading *)out)->operation->delivers);
}

static bool read_operation_name(struct file *file, const yaml_node_t *node, void *out)
{
    struct str text;
    struct reading *reading = out;
    if (!read_text(file, node, "name", &text)) {
        return false;
    }
    reading->operation->name = arena_copy(file->arena, text);
    return true;
}

static bool read_weight(struct file *file, const yaml_node_t *node, void *out)
{
    uint64_t weight;
    struct reading *reading = out;
    if (!read_count(file, node, "weight", &weight)) {
        return false;
    }
    if (weight > UINT32_MAX) {
        return wrong(file, node, "weight: write at most 4,294,967,295");
    }
    reading->operation->weight = (uint32_t)weight;
    return true;
}

static bool second_command(struct file *file, const yaml_node_t *node, struct reading *reading)
{
    bool is_second = reading->has_command;
    reading->has_command = true;
    return is_second && !wrong(file, node, "an operation has either a command or steps");
}

/* The items of a list; 0: it is none, or empty. */
static size_t list_size(const yaml_node_t *node)
{
    return node->type != YAML_SEQUENCE_NODE
               ? 0
               : (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
}

static const yaml_node_t *list_item(struct file *file, const yaml_node_t *node, size_t index)
{
    return node_at(file, node->data.sequence.items.start[index]);
}

static bool read_command(struct file *file, const yaml_node_t *node, void *out)
{
    struct str text;
    struct reading *reading = out;
    if (second_command(file, node, reading) || !read_text(file, node, "command", &text)) {
        return false;
    }
    struct step_spec *steps = arena_alloc_array(file->arena, 1, sizeof *steps);
    steps[0].command = arena_copy(file->arena, text);
    reading->operation->steps = steps;
    reading->operation->step_count = 1;
    return true;
}

static bool read_step_command(struct file *file, const yaml_node_t *node, void *out)
{
    struct str text;
    struct step_spec *step = out;
    if (!read_text(file, node, "command", &text)) {
        return false;
    }
    step->command = arena_copy(file->arena, text);
    return true;
}

static bool read_when(struct file *file, const yaml_node_t *node, void *out)
{
    struct str text;
    struct error problem = {0};
    return read_text(file, node, "when", &text) &&
           (spec_read_when(text, &((struct step_spec *)out)->when, &problem) ||
            wrong(file, node, "when: %s", problem.text));
}

static bool read_think(struct file *file, const yaml_node_t *node, void *out)
{
    struct str text;
    return read_text(file, node, "think", &text) &&
           (units_read_duration(text, &((struct step_spec *)out)->think) ||
            wrong(file, node, "think: \"%.*s\": write a time such as 5ms", STR_ARG(text)));
}

static bool read_each(struct file *file, const yaml_node_t *node, void *out)
{
    struct str text;
    if (!read_text(file, node, "each", &text)) {
        return false;
    }
    bool is_true = str_eq(text, STR("true"));
    ((struct step_spec *)out)->each = is_true;
    return is_true || str_eq(text, STR("false")) ||
           wrong(file, node, "each: \"%.*s\": write true or false", STR_ARG(text));
}

static bool read_step(struct file *file, const yaml_node_t *node, struct step_spec *step)
{
    static const struct field fields[] = {
        {"command", read_step_command},
        {"when", read_when},
        {"think", read_think},
        {"each", read_each},
        {NULL, NULL},
    };
    bool done = node->type == YAML_SCALAR_NODE ? read_step_command(file, node, step)
                                               : read_mapping(file, node, fields, step);
    return done && (step->command != NULL || wrong(file, node, "a step needs a command"));
}

static bool read_steps(struct file *file, const yaml_node_t *node, void *out)
{
    struct reading *reading = out;
    if (second_command(file, node, reading)) {
        return false;
    }
    size_t count = list_size(node);
    if (count < 1 || count > MAX_STEPS) {
        return wrong(file, node, "steps: write a list of 1 to %d commands, each behind \"- \"",
                     MAX_STEPS);
    }
    struct step_spec *steps = arena_alloc_array(file->arena, count, sizeof *steps);
    for (size_t i = 0; i < count; i++) {
        if (!read_step(file, list_item(file, node, i), &steps[i])) {
            return false;
        }
    }
    reading->operation->steps = steps;
    reading->operation->step_count = count;
    return true;
}

static bool read_retry(struct file *file, const yaml_node_t *node, void *out)
{
    uint64_t count;
    struct reading *reading = out;
    if (!read_count(file, node, "retry", &count)) {
        return false;
    }
    if (count > SPEC_MAX_RETRIES) {
        return wrong(file, node, "retry: write at most %d", SPEC_MAX_RETRIES);
    }
    reading->operation->retries = (uint32_t)count;
    return true;
}

/* The first command's name in capitals. */
static const char *default_name(struct file *file, const struct operation_spec *operation)
{
    struct str rest = str_trim(str_from(operation->steps[0].command));
    char *name = arena_copy(file->arena, str_split(&rest, ' '));
    for (char *at = name; *at != '\0'; at++) {
        *at = (char)toupper((unsigned char)*at);
    }
    return name;
}

static bool read_operation(struct file *file, const yaml_node_t *node,
                           struct operation_spec *operation)
{
    static const struct field fields[] = {
        {"command", read_command},   {"steps", read_steps}, {"name", read_operation_name},
        {"weight", read_weight},     {"retry", read_retry}, {"group", read_operation_group},
        {"delivers", read_delivers}, {NULL, NULL},
    };
    struct reading reading = {.operation = operation};
    operation->weight = 1;
    bool done = node->type == YAML_SCALAR_NODE ? read_command(file, node, &reading)
                                               : read_mapping(file, node, fields, &reading);
    if (!done) {
        return false;
    }
    if (!reading.has_command) {
        return wrong(file, node, "an operation needs a command, or steps");
    }
    if (operation->name == NULL) {
        operation->name = default_name(file, operation);
    }
    return true;
}

static bool read_operations(struct file *file, const yaml_node_t *node, void *out)
{
    struct workload_spec *workload = out;
    size_t count = list_size(node);
    if (count < 1 || count > MAX_OPERATIONS) {
        return wrong(file, node, "operations: write a list, each behind \"- \"");
    }
    struct operation_spec *operations = arena_alloc_array(file->arena, count, sizeof *operations);
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *item = list_item(file, node, i);
        if (!read_operation(file, item, &operations[i])) {
            return false;
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(operations[k].name, operations[i].name) == 0) {
                return wrong(file, item,
                             "two operations are called \"%s\": give them different names",
                             operations[i].name);
            }
        }
    }
    workload->operations = operations;
    workload->operation_count = count;
    return true;
}

/* ---- data ---- */

static bool read_type(struct file *file, const yaml_node_t *node, void *out)
{
    struct workload_spec *workload = out;
    struct str text;
    struct error problem = {0};
    return read_text(file, node, "type", &text) &&
           (spec_read_data_type(text, &workload->data, &problem) ||
            wrong(file, node, "type: %s", problem.text));
}

static bool read_keys(struct file *file, const yaml_node_t *node, void *out)
{
    return read_count(file, node, "keys", &((struct workload_spec *)out)->keys);
}

/* A number, or "keys": as many as the first dataset has. */
static bool read_elements(struct file *file, const yaml_node_t *node, void *out)
{
    struct workload_spec *workload = out;
    workload->counts_keys = node->type == YAML_SCALAR_NODE && str_eq(text_of(node), STR("keys"));
    return workload->counts_keys || read_count(file, node, "elements", &workload->elements);
}

static bool read_data_name(struct file *file, const yaml_node_t *node, void *out)
{
    struct str text;
    if (!read_text(file, node, "name", &text)) {
        return false;
    }
    ((struct workload_spec *)out)->data_name = arena_copy(file->arena, text);
    return true;
}

static bool read_prepare(struct file *file, const yaml_node_t *node, void *out)
{
    struct workload_spec *workload = out;
    size_t count = list_size(node);
    if (count < 1 || count > MAX_STEPS) {
        return wrong(file, node, "prepare: write a list of commands, each behind \"- \"");
    }
    const char **commands = arena_alloc_array(file->arena, count, sizeof *commands);
    for (size_t i = 0; i < count; i++) {
        struct str text;
        if (!read_text(file, list_item(file, node, i), "prepare", &text)) {
            return false;
        }
        commands[i] = arena_copy(file->arena, text);
    }
    workload->prepare = commands;
    workload->prepare_count = count;
    return true;
}

static bool read_hash_tags(struct file *file, const yaml_node_t *node, void *out)
{
    return read_count(file, node, "hash-tags", &((struct workload_spec *)out)->hash_tags);
}

static bool read_key_size(struct file *file, const yaml_node_t *node, void *out)
{
    struct str text;
    uint64_t size;
    if (!read_text(file, node, "key-size", &text)) {
        return false;
    }
    if (!units_read_size(text, &size) || size < 1 || size > UINT32_MAX) {
        return wrong(file, node, "key-size: \"%.*s\": write a size such as 32", STR_ARG(text));
    }
    ((struct workload_spec *)out)->key_size = (uint32_t)size;
    return true;
}

static bool read_key_dist(struct file *file, const yaml_node_t *node, void *out)
{
    return read_with(file, node, out, "key-dist", spec_read_key_dist);
}

static bool read_value_size(struct file *file, const yaml_node_t *node, void *out)
{
    return read_with(file, node, out, "value-size", spec_read_value_size);
}

static bool read_ttl(struct file *file, const yaml_node_t *node, void *out)
{
    return read_with(file, node, out, "ttl", spec_read_ttl);
}

static bool read_compressibility(struct file *file, const yaml_node_t *node, void *out)
{
    struct str text;
    double *share = &((struct workload_spec *)out)->compressibility;
    return read_text(file, node, "compressibility", &text) &&
           ((str_to_double(text, share) && *share >= 0 && *share <= 1) ||
            wrong(file, node, "compressibility: \"%.*s\": write a share from 0 to 1",
                  STR_ARG(text)));
}

static bool read_form(struct file *file, const yaml_node_t *node, void *out, const char *field,
                      bool (*read)(struct str text, struct value_form *out, struct error *err))
{
    struct str text;
    struct error problem = {0};
    return read_text(file, node, field, &text) &&
           (read(text, &((struct workload_spec *)out)->form, &problem) ||
            wrong(file, node, "%s: %s", field, problem.text));
}

static bool read_values(struct file *file, const yaml_node_t *node, void *out)
{
    return read_form(file, node, out, "values", value_form_read_kind);
}

static bool read_encode(struct file *file, const yaml_node_t *node, void *out)
{
    return read_form(file, node, out, "encode", value_form_read_encoding);
}

static bool read_compress(struct file *file, const yaml_node_t *node, void *out)
{
    return read_form(file, node, out, "compress", value_form_read_compression);
}

static json_t *json_of(struct file *file, const yaml_node_t *node, size_t depth)
{
    if (++file->shape_nodes > MAX_SHAPE_NODES) {
        return json_null(); /* no shape */
    }
    if (node->type == YAML_SCALAR_NODE) {
        int64_t number;
        return str_to_i64(text_of(node), &number)
                   ? json_integer(number)
                   : json_string((const char *)node->data.scalar.value);
    }
    json_t *json = node->type == YAML_SEQUENCE_NODE ? json_array() : json_object();
    if (depth > 2 * SHAPE_MAX_DEPTH) {
        return json; /* refused later for its depth, and no alias leads round in circles */
    }
    if (node->type == YAML_SEQUENCE_NODE) {
        for (const yaml_node_item_t *item = node->data.sequence.items.start;
             item < node->data.sequence.items.top; item++) {
            json_array_append_new(json, json_of(file, node_at(file, *item), depth + 1));
        }
        return json;
    }
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = node_at(file, pair->key);
        const char *name =
            key->type == YAML_SCALAR_NODE ? (const char *)key->data.scalar.value : "";
        json_object_set_new(json, name, json_of(file, node_at(file, pair->value), depth + 1));
    }
    return json;
}

/* The shape as JSON, which it is in YAML as well. */
static bool read_object(struct file *file, const yaml_node_t *node, void *out)
{
    struct workload_spec *workload = out;
    struct error problem = {0};
    struct object_shape shape;
    json_t *json = json_of(file, node, 0);
    size_t size = json_dumpb(json, NULL, 0, JSON_COMPACT);
    char *text = arena_alloc(file->arena, size + 1);
    (void)json_dumpb(json, text, size, JSON_COMPACT);
    json_decref(json);
    workload->form.object = text;
    workload->form.kind = VALUE_OBJECT;
    return value_form_parse_shape(workload->form.object, file->arena, &shape, &problem) ||
           wrong(file, node, "%s", problem.text);
}

static bool read_dataset(struct file *file, const yaml_node_t *node, struct workload_spec *out)
{
    static const struct field fields[] = {
        {"type", read_type},         {"name", read_data_name},
        {"keys", read_keys},         {"elements", read_elements},
        {"key-size", read_key_size}, {"hash-tags", read_hash_tags},
        {"key-dist", read_key_dist}, {"value-size", read_value_size},
        {"ttl", read_ttl},           {"compressibility", read_compressibility},
        {"prepare", read_prepare},   {"values", read_values},
        {"object", read_object},     {"encode", read_encode},
        {"compress", read_compress}, {NULL, NULL},
    };
    return read_mapping(file, node, fields, out);
}

/* One dataset, or a list of them. */
static bool read_data(struct file *file, const yaml_node_t *node, void *out)
{
    struct workload_spec *workload = out;
    struct spec defaults;
    size_t count = list_size(node);
    if (node->type != YAML_SEQUENCE_NODE) {
        return read_dataset(file, node, workload);
    }
    if (count < 1 || count > SPEC_MAX_DATA) {
        return wrong(file, node, "data: write 1 to %d datasets", SPEC_MAX_DATA);
    }
    spec_init(&defaults, PRESET_QUICK);
    workload->others = arena_alloc_array(file->arena, count, sizeof *workload->others);
    workload->other_count = count - 1;
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *item = list_item(file, node, i);
        struct workload_spec *data = i == 0 ? workload : &workload->others[i - 1];
        if (i > 0) {
            *data = defaults.workload;
        }
        if (!read_dataset(file, item, data)) {
            return false;
        }
        if (data->data_name == NULL) {
            return wrong(file, item, "several datasets need names");
        }
    }
    return true;
}

/* ---- scripts and functions ---- */

static bool read_sources(struct file *file, const yaml_node_t *node, const char *field,
                         struct workload_spec *out)
{
    bool is_script = strcmp(field, "scripts") == 0;
    if (node->type != YAML_MAPPING_NODE) {
        return wrong(file, node, "%s: write names with their source, such as \"add: return 1\"",
                     field);
    }
    const yaml_node_pair_t *first = node->data.mapping.pairs.start;
    size_t count = (size_t)(node->data.mapping.pairs.top - first);
    struct source_spec *sources = arena_alloc_array(file->arena, count, sizeof *sources);
    for (size_t i = 0; i < count; i++) {
        struct str name;
        struct str text;
        const yaml_node_t *key = node_at(file, first[i].key);
        if (!read_text(file, key, field, &name) ||
            !read_text(file, node_at(file, first[i].value), field, &text)) {
            return false;
        }
        if (is_given_before(file, node, &first[i])) {
            return wrong(file, key, "\"%.*s\" is given twice", STR_ARG(name));
        }
        sources[i] =
            (struct source_spec){arena_copy(file->arena, name), arena_copy(file->arena, text)};
    }
    if (is_script) {
        out->scripts = sources;
        out->script_count = count;
    } else {
        out->functions = sources;
        out->function_count = count;
    }
    return true;
}

static bool read_scripts(struct file *file, const yaml_node_t *node, void *out)
{
    return read_sources(file, node, "scripts", out);
}

static bool read_functions(struct file *file, const yaml_node_t *node, void *out)
{
    return read_sources(file, node, "functions", out);
}

/* ---- the whole ---- */

static bool read_name(struct file *file, const yaml_node_t *node, void *out)
{
    struct str text;
    if (!read_text(file, node, "name", &text)) {
        return false;
    }
    ((struct workload_spec *)out)->name = arena_copy(file->arena, text);
    return true;
}

static bool read_description(struct file *file, const yaml_node_t *node, void *out)
{
    struct str text;
    if (!read_text(file, node, "description", &text)) {
        return false;
    }
    ((struct workload_spec *)out)->description = arena_copy(file->arena, text);
    return true;
}

static bool read_document(struct file *file, struct workload_spec *out)
{
    static const struct field fields[] = {
        {"name", read_name},
        {"description", read_description},
        {"data", read_data},
        {"operations", read_operations},
        {"scripts", read_scripts},
        {"functions", read_functions},
        {"groups", field_read_groups},
        {"subscribers", field_read_subscribers},
        {"channels", field_read_channels},
        {"tracking", field_read_tracking},
        {NULL, NULL},
    };
    const yaml_node_t *root = yaml_document_get_root_node(&file->document);
    if (root == NULL) {
        return error_set(file->err, ERROR_USAGE, "%s: there is nothing in it", file->name);
    }
    if (!read_mapping(file, root, fields, out)) {
        return false;
    }
    return out->operation_count > 0 || wrong(file, root, "\"operations\" is missing");
}

bool workload_file_read(const char *name, struct str text, struct arena *arena,
                        struct workload_spec *out, struct error *err)
{
    struct file file = {.name = name, .arena = arena, .err = err};
    struct workload_spec read = *out;
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0) {
        return error_set(err, ERROR_SYSTEM, "%s: no memory to read it", name);
    }
    read.name = name;
    read.operations = NULL;
    read.operation_count = 0;
    read.roles = (struct roles_spec){0};
    read.scripts = NULL;
    read.script_count = 0;
    read.functions = NULL;
    read.function_count = 0;
    read.others = NULL;
    read.other_count = 0;
    read.data_name = NULL;
    read.counts_keys = false;
    read.prepare = NULL;
    read.prepare_count = 0;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.data, text.len);
    bool done = false;
    if (yaml_parser_load(&parser, &file.document) == 0) {
        error_set(err, ERROR_USAGE, "%s:%zu: not YAML: %s", name, parser.problem_mark.line + 1,
                  parser.problem == NULL ? "it cannot be read" : parser.problem);
    } else {
        done = read_document(&file, &read);
        yaml_document_delete(&file.document);
    }
    yaml_parser_delete(&parser);
    if (done) {
        *out = read;
    }
    return done;
}
