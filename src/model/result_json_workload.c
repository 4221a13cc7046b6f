#include "model/result_json_workload.h"

#include <math.h>

#include "base/buf.h"
#include "model/result_json_roles.h"

/* ---- writing ---- */

/* A command alone is a text. */
static void write_step(struct json_writer *json, const struct step_spec *step)
{
    if (step->when == STEP_ALWAYS && step->think == 0 && !step->each) {
        json_writer_text(json, NULL, step->command);
        return;
    }
    json_writer_open(json, NULL, '{');
    json_writer_text(json, "command", step->command);
    json_writer_text(json, "when", spec_when_name(step->when));
    json_writer_seconds(json, "think_seconds", step->think);
    json_writer_bool(json, "each", step->each);
    json_writer_close(json, '}');
}

static void write_operation(struct json_writer *json, const struct operation_spec *operation)
{
    json_writer_open(json, NULL, '{');
    json_writer_text(json, "name", operation->name);
    json_writer_count(json, "weight", operation->weight);
    json_writer_count(json, "retry", operation->retries);
    json_writer_text(json, "group", operation->group);
    json_writer_bool(json, "delivers", operation->delivers);
    json_writer_open(json, "steps", '[');
    for (size_t i = 0; i < operation->step_count; i++) {
        write_step(json, &operation->steps[i]);
    }
    json_writer_close(json, ']');
    json_writer_close(json, '}');
}

static void write_form(struct json_writer *json, const struct workload_spec *workload)
{
    const struct value_form *form = &workload->form;
    struct buf text = {0};
    if (isnan(workload->compressibility)) { /* imported, and nothing is known of the values */
        json_writer_null(json, "values");
        json_writer_null(json, "object");
        json_writer_null(json, "encode");
        json_writer_null(json, "compress");
        return;
    }
    value_form_format_compression(form, &text);
    json_writer_text(json, "values", value_form_kind_name(form->kind));
    json_writer_text(json, "object", form->object);
    json_writer_text(json, "encode", value_form_encoding_name(form->encoding));
    json_writer_text(json, "compress", buf_text(&text));
    buf_release(&text);
}

static void write_data(struct json_writer *json, const struct workload_spec *workload)
{
    struct buf text = {0};
    json_writer_text(json, "data", spec_data_type_name(workload->data));
    json_writer_text(json, "data_name", workload->data_name);
    json_writer_count(json, "elements", workload->elements);
    json_writer_count(json, "keys", workload->keys);
    json_writer_count(json, "key_size", workload->key_size);
    json_writer_count(json, "hash_tags", workload->hash_tags);
    spec_key_dist_format(workload, &text);
    json_writer_text(json, "key_distribution", buf_text(&text));
    text.len = 0;
    spec_value_size_format(workload, &text);
    bool has_sizes = workload->value_size_low != RESULT_UNKNOWN;
    json_writer_text(json, "value_size", has_sizes ? buf_text(&text) : NULL);
    buf_release(&text);
    json_writer_count(json, "value_size_low", workload->value_size_low);
    json_writer_count(json, "value_size_high", workload->value_size_high);
    json_writer_number(json, "compressibility", workload->compressibility);
    write_form(json, workload);
    json_writer_seconds(json, "ttl_low_seconds", workload->ttl_low);
    json_writer_seconds(json, "ttl_high_seconds", workload->ttl_high);
    json_writer_open(json, "prepare", '[');
    for (size_t i = 0; i < workload->prepare_count; i++) {
        json_writer_text(json, NULL, workload->prepare[i]);
    }
    json_writer_close(json, ']');
}

static void write_sources(struct json_writer *json, const char *name,
                          const struct source_spec *sources, size_t count)
{
    json_writer_open(json, name, '{');
    for (size_t i = 0; i < count; i++) {
        json_writer_text(json, sources[i].name, sources[i].text);
    }
    json_writer_close(json, '}');
}

void workload_json_write(struct json_writer *json, const struct workload_spec *workload)
{
    if (workload->key_prefix == NULL) { /* imported, and nothing is known of it */
        json_writer_null(json, "workload");
        return;
    }
    json_writer_open(json, "workload", '{');
    json_writer_text(json, "description", workload->description);
    json_writer_open(json, "operations", '[');
    for (size_t i = 0; i < workload->operation_count; i++) {
        write_operation(json, &workload->operations[i]);
    }
    json_writer_close(json, ']');
    json_writer_count(json, "writes", workload->writes);
    json_writer_count(json, "reads", workload->reads);
    json_writer_text(json, "key_prefix", workload->key_prefix);
    json_writer_bool(json, "replayed", workload->is_replay);
    write_data(json, workload);
    json_writer_open(json, "other_data", '[');
    for (size_t i = 0; i < workload->other_count; i++) {
        json_writer_open(json, NULL, '{');
        write_data(json, &workload->others[i]);
        json_writer_close(json, '}');
    }
    json_writer_close(json, ']');
    write_sources(json, "scripts", workload->scripts, workload->script_count);
    write_sources(json, "functions", workload->functions, workload->function_count);
    roles_json_write(json, &workload->roles);
    json_writer_close(json, '}');
}

/* ---- reading ---- */

static const char *read_listed_text(struct reader *r, const json_t *list, size_t index)
{
    const char *text = json_string_value(json_array_get(list, index));
    if (text == NULL) {
        reader_fail(r, "", "not a list of texts");
        text = "";
    }
    return arena_copy_text(&r->result->arena, text);
}

static void read_step(struct reader *r, const json_t *steps, size_t index, struct step_spec *out)
{
    const json_t *step = json_array_get(steps, index);
    if (!json_is_object(step)) {
        out->command = read_listed_text(r, steps, index);
        return;
    }
    out->command = reader_text(r, step, "command");
    out->think = reader_time(r, step, "think_seconds");
    out->each = reader_bool(r, step, "each");
    if (!spec_read_when(reader_view(r, step, "when"), &out->when, NULL)) {
        reader_fail(r, "when", "not always, hit or miss");
    }
}

static void read_operation(struct reader *r, const json_t *object, struct operation_spec *out)
{
    const json_t *list = reader_array(r, object, "steps");
    size_t count = json_array_size(list);
    struct step_spec *steps = arena_alloc_array(&r->result->arena, count, sizeof *steps);
    for (size_t i = 0; i < count; i++) {
        size_t before = reader_enter(r, ".steps[%zu]", i);
        read_step(r, list, i, &steps[i]);
        reader_leave(r, before);
    }
    out->name = reader_text(r, object, "name");
    out->weight = reader_small(r, object, "weight");
    out->steps = steps;
    out->step_count = count;
    if (json_object_get(object, "retry") != NULL) {
        out->retries = reader_small(r, object, "retry");
    }
    if (json_object_get(object, "group") != NULL) {
        out->group = reader_text_or(r, object, "group", NULL);
        out->delivers = reader_bool(r, object, "delivers");
    }
}

static void read_operations(struct reader *r, const json_t *object, struct workload_spec *out)
{
    const json_t *list = reader_array(r, object, "operations");
    size_t count = json_array_size(list);
    struct operation_spec *operations =
        arena_alloc_array(&r->result->arena, count, sizeof *operations);
    for (size_t i = 0; i < count; i++) {
        size_t before = reader_enter(r, ".operations[%zu]", i);
        read_operation(r, reader_element(r, list, i), &operations[i]);
        reader_leave(r, before);
    }
    out->operations = operations;
    out->operation_count = count;
}

static void read_form(struct reader *r, const json_t *object, struct value_form *out)
{
    const json_t *values = json_object_get(object, "values");
    if (values == NULL || (r->allows_unknown && json_is_null(values))) {
        return;
    }
    struct str encoding = reader_view(r, object, "encode");
    if (!str_eq(encoding, STR("none")) && !value_form_read_encoding(encoding, out, NULL)) {
        reader_fail(r, "encode", "not none, json or msgpack");
    }
    if (!value_form_read_kind(reader_view(r, object, "values"), out, NULL)) {
        reader_fail(r, "values", "not random, text, number or json");
    }
    if (!value_form_read_compression(reader_view(r, object, "compress"), out, NULL)) {
        reader_fail(r, "compress", "not a known compression");
    }
    out->object = reader_text_or(r, object, "object", NULL);
}

static void read_prepare(struct reader *r, const json_t *object, struct workload_spec *out)
{
    const json_t *list = reader_array(r, object, "prepare");
    size_t count = json_array_size(list);
    const char **commands = arena_alloc_array(&r->result->arena, count, sizeof *commands);
    for (size_t i = 0; i < count; i++) {
        commands[i] = read_listed_text(r, list, i);
    }
    out->prepare = commands;
    out->prepare_count = count;
}

/* A dataset. What results of earlier versions do not tell stays what it was then. */
static void read_data(struct reader *r, const json_t *object, struct workload_spec *out)
{
    out->elements = 1;
    if (json_object_get(object, "data") != NULL) {
        out->elements = reader_count(r, object, "elements");
        out->hash_tags = reader_count(r, object, "hash_tags");
        out->compressibility = reader_figure(r, object, "compressibility");
        read_form(r, object, &out->form);
        out->ttl_low = reader_time(r, object, "ttl_low_seconds");
        out->ttl_high = reader_time(r, object, "ttl_high_seconds");
        if (!spec_read_data_type(reader_view(r, object, "data"), &out->data, NULL)) {
            reader_fail(r, "data", "not a known data type");
        }
        const json_t *sizes = reader_member(r, object, "value_size");
        if (!(r->allows_unknown && json_is_null(sizes)) &&
            !spec_read_value_size(reader_view(r, object, "value_size"), out, NULL)) {
            reader_fail(r, "value_size", "not a size");
        }
    }
    if (json_object_get(object, "prepare") != NULL) {
        out->data_name = reader_text_or(r, object, "data_name", NULL);
        read_prepare(r, object, out);
    }
    out->keys = reader_count(r, object, "keys");
    out->key_size = reader_small(r, object, "key_size");
    if (!spec_read_key_dist(reader_view(r, object, "key_distribution"), out, NULL)) {
        reader_fail(r, "key_distribution",
                    "not uniform, zipf:THETA, hotspot:HOT:SHARE, gauss:SIGMA, latest or seq");
    }
    out->value_size_low = reader_count(r, object, "value_size_low");
    out->value_size_high = reader_count(r, object, "value_size_high");
}

static void read_other_data(struct reader *r, const json_t *object, struct workload_spec *out)
{
    const json_t *list = reader_array(r, object, "other_data");
    size_t count = json_array_size(list);
    out->others = arena_alloc_array(&r->result->arena, count, sizeof *out->others);
    out->other_count = count;
    for (size_t i = 0; i < count; i++) {
        size_t before = reader_enter(r, ".other_data[%zu]", i);
        read_data(r, reader_element(r, list, i), &out->others[i]);
        reader_leave(r, before);
    }
}

/* A mapping of names to texts. */
static const struct source_spec *read_sources(struct reader *r, const json_t *object,
                                              const char *name, size_t *count)
{
    const json_t *map = reader_object(r, object, name);
    struct source_spec *sources =
        arena_alloc_array(&r->result->arena, json_object_size(map), sizeof *sources);
    *count = 0;
    for (void *at = json_object_iter((json_t *)map); at != NULL;
         at = json_object_iter_next((json_t *)map, at)) {
        const char *key = json_object_iter_key(at);
        sources[*count].name = arena_copy_text(&r->result->arena, key);
        sources[(*count)++].text = reader_text(r, map, key);
    }
    return sources;
}

void workload_json_read(struct reader *r, const json_t *cell, struct workload_spec *out)
{
    if (r->allows_unknown && json_is_null(json_object_get(cell, "workload"))) {
        out->value_size_low = out->value_size_high = RESULT_UNKNOWN;
        return;
    }
    const json_t *object = reader_object(r, cell, "workload");
    size_t before = reader_enter(r, ".workload");
    if (json_object_get(object, "operations") != NULL) {
        read_operations(r, object, out);
        out->description = reader_text_or(r, object, "description", NULL);
    }
    out->writes = reader_small(r, object, "writes");
    out->is_replay = json_is_true(json_object_get(object, "replayed"));
    out->reads = reader_small(r, object, "reads");
    out->key_prefix = reader_known_text(r, object, "key_prefix");
    read_data(r, object, out);
    if (json_object_get(object, "other_data") != NULL) {
        read_other_data(r, object, out);
        out->scripts = read_sources(r, object, "scripts", &out->script_count);
        out->functions = read_sources(r, object, "functions", &out->function_count);
    }
    roles_json_read(r, object, &out->roles);
    reader_leave(r, before);
}
