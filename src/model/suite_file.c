/* Suite files (YAML). */
#include <string.h>

#include "base/buf.h"
#include "model/document.h"
#include "model/suite.h"
#include "model/suite_settings.h"

enum { MAX_SETTINGS = 32, MAX_CHANGES = 1000 };

static size_t line_of(const yaml_node_t *node)
{
    return node->start_mark.line + 1;
}

/* ---- levels ---- */

static bool is_taken(const yaml_node_t *mapping, struct document *document,
                     const yaml_node_pair_t *pair)
{
    struct str name = document_view(document_node(document, pair->key));
    for (const yaml_node_pair_t *other = mapping->data.mapping.pairs.start; other < pair; other++) {
        if (str_eq(document_view(document_node(document, other->key)), name)) {
            return true;
        }
    }
    return false;
}

static bool unknown_setting(struct document *document, const yaml_node_t *key, const char *more)
{
    struct buf known = {0};
    buf_add_text(&known, more);
    suite_list_fields(&known);
    (void)document_wrong(document, key, "\"%.*s\" is not known here; known are %s",
                         STR_ARG(document_view(key)), buf_text(&known));
    buf_release(&known);
    return false;
}

static bool add_setting(struct document *document, const yaml_node_pair_t *pair,
                        struct suite_level *level)
{
    const yaml_node_t *key = document_node(document, pair->key);
    struct suite_setting *setting = &level->settings[level->setting_count];
    struct cell_spec scratch = {0};
    struct error problem = {0};
    struct spec defaults;
    if (level->setting_count == MAX_SETTINGS) {
        return document_wrong(document, key, "too many fields");
    }
    setting->field = arena_copy(document->arena, document_view(key));
    setting->line = line_of(key);
    if (!document_copy(document, document_node(document, pair->value), setting->field,
                       &setting->value)) {
        return false;
    }
    spec_init(&defaults, PRESET_QUICK);
    scratch.workload = defaults.workload;
    scratch.load = defaults.load;
    if (!suite_setting_apply(setting, &scratch, &problem)) {
        return document_wrong(document, key, "%s", problem.text);
    }
    level->setting_count++;
    return true;
}

/* What stands beside the settings of a level, by name; NULL ends the table. */
struct extra {
    const char *name;
    bool (*read)(struct document *document, const yaml_node_t *value, void *out);
    void *out;
};

static const struct extra *find_extra(const struct extra *extras, struct str name)
{
    for (; extras->name != NULL; extras++) {
        if (str_eq(name, str_from(extras->name))) {
            return extras;
        }
    }
    return NULL;
}

/* "name, " of each extra */
static const char *names_of(const struct extra *extras, struct arena *arena)
{
    const char *names = "";
    for (; extras->name != NULL; extras++) {
        names = arena_printf(arena, "%s%s, ", names, extras->name);
    }
    return names;
}

/* A mapping of settings, and of what else may stand there. */
static bool read_level(struct document *document, const yaml_node_t *node,
                       const struct extra *extras, struct suite_level *level)
{
    level->line = line_of(node);
    level->settings = arena_alloc_array(document->arena, MAX_SETTINGS, sizeof *level->settings);
    if (node->type != YAML_MAPPING_NODE) {
        return document_wrong(document, node,
                              "write fields with values, such as \"value-size: 1KB\"");
    }
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = document_node(document, pair->key);
        if (key->type != YAML_SCALAR_NODE) {
            return document_wrong(document, key, "a field's name is a word");
        }
        struct str name = document_view(key);
        const struct extra *extra = find_extra(extras, name);
        if (is_taken(node, document, pair)) {
            return document_wrong(document, key, "\"%.*s\" is given twice", STR_ARG(name));
        }
        if (extra == NULL && !suite_setting_is_known(name)) {
            return unknown_setting(document, key, names_of(extras, document->arena));
        }
        if (extra != NULL ? !extra->read(document, document_node(document, pair->value), extra->out)
                          : !add_setting(document, pair, level)) {
            return false;
        }
    }
    return true;
}

static bool read_any_name(struct document *document, const yaml_node_t *node, void *out)
{
    return document_copy(document, node, "name", out);
}

/* "value-size=1KB": of a level that has no name. */
static const char *default_name(struct document *document, const struct suite_level *level)
{
    const char *name = "";
    for (size_t i = 0; i < level->setting_count; i++) {
        name = arena_printf(document->arena, "%s%s%s=%s", name, i > 0 ? "," : "",
                            level->settings[i].field, level->settings[i].value);
    }
    return name;
}

static bool read_one_level(struct document *document, const yaml_node_t *node,
                           struct suite_level *level)
{
    const struct extra extras[] = {{"name", read_any_name, &level->name}, {0}};
    if (!read_level(document, node, extras, level)) {
        return false;
    }
    if (level->setting_count == 0) {
        return document_wrong(document, node, "a level changes something: write a field");
    }
    if (level->name == NULL) {
        level->name = default_name(document, level);
    }
    return true;
}

/* ---- factors ---- */

static bool read_factor(struct document *document, const yaml_node_pair_t *pair,
                        struct suite_factor *factor)
{
    const yaml_node_t *list = document_node(document, pair->value);
    if (!document_copy(document, document_node(document, pair->key), "factors", &factor->name)) {
        return false;
    }
    factor->level_count = document_list(document, list, factor->name, SUITE_MAX_LEVELS);
    factor->levels =
        arena_alloc_array(document->arena, factor->level_count, sizeof *factor->levels);
    for (size_t i = 0; i < factor->level_count; i++) {
        if (!read_one_level(document, document_item(document, list, i), &factor->levels[i])) {
            return false;
        }
    }
    return factor->level_count > 0;
}

static bool read_factors(struct document *document, const yaml_node_t *node, void *out)
{
    struct suite *suite = out;
    if (node->type != YAML_MAPPING_NODE) {
        return document_wrong(document, node,
                              "factors: write a name and a list of levels for each, such as "
                              "\"values: [{value-size: 1KB}]\"");
    }
    suite->factors = arena_alloc_array(document->arena, SUITE_MAX_FACTORS, sizeof *suite->factors);
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = document_node(document, pair->key);
        if (key->type == YAML_SCALAR_NODE && is_taken(node, document, pair)) {
            return document_wrong(document, key, "factor \"%.*s\" is given twice",
                                  STR_ARG(document_view(key)));
        }
        if (suite->factor_count == SUITE_MAX_FACTORS) {
            return document_wrong(document, key, "more than %d factors", SUITE_MAX_FACTORS);
        }
        if (!read_factor(document, pair, &suite->factors[suite->factor_count++])) {
            return false;
        }
    }
    return true;
}

/* ---- workloads, changes and the rest ---- */

static bool read_workload_name(struct document *document, const yaml_node_t *node, void *out)
{
    return document_copy(document, node, "workload", out);
}

static bool read_workload(struct document *document, const yaml_node_t *node,
                          struct suite_workload *workload)
{
    if (node->type == YAML_SCALAR_NODE) {
        workload->level.line = line_of(node);
        return document_copy(document, node, "workloads", &workload->workload);
    }
    const struct extra extras[] = {
        {"workload", read_workload_name, &workload->workload},
        {"name", read_any_name, &workload->level.name},
        {0},
    };
    if (!read_level(document, node, extras, &workload->level)) {
        return false;
    }
    return workload->workload != NULL ||
           document_wrong(document, node, "\"workload\" is missing: a built-in name or a file");
}

static bool read_workloads(struct document *document, const yaml_node_t *node, void *out)
{
    struct suite *suite = out;
    suite->workload_count = document_list(document, node, "workloads", SUITE_MAX_WORKLOADS);
    suite->workloads =
        arena_alloc_array(document->arena, suite->workload_count, sizeof *suite->workloads);
    for (size_t i = 0; i < suite->workload_count; i++) {
        if (!read_workload(document, document_item(document, node, i), &suite->workloads[i])) {
            return false;
        }
    }
    return suite->workload_count > 0;
}

static bool read_skip(struct document *document, const yaml_node_t *node, void *out)
{
    struct str text;
    return document_text(document, node, "skip", &text) &&
           ((*(bool *)out = str_eq(text, STR("yes")) || str_eq(text, STR("true"))) ||
            document_wrong(document, node, "skip: \"%.*s\": write yes", STR_ARG(text)));
}

static bool read_change_cell(struct document *document, const yaml_node_t *node, void *out)
{
    return document_copy(document, node, "cell", out);
}

static bool read_change(struct document *document, const yaml_node_t *node,
                        struct suite_change *change)
{
    const struct extra extras[] = {
        {"cell", read_change_cell, &change->cell}, {"skip", read_skip, &change->is_skip}, {0}};
    if (!read_level(document, node, extras, &change->level)) {
        return false;
    }
    if (change->cell == NULL) {
        return document_wrong(document, node, "\"cell\" is missing: the name of the cell");
    }
    return change->is_skip || change->level.setting_count > 0 ||
           document_wrong(document, node, "nothing is changed: write a field, or \"skip: yes\"");
}

static bool read_changes(struct document *document, const yaml_node_t *node, void *out)
{
    struct suite *suite = out;
    suite->change_count = document_list(document, node, "cells", MAX_CHANGES);
    suite->changes =
        arena_alloc_array(document->arena, suite->change_count, sizeof *suite->changes);
    for (size_t i = 0; i < suite->change_count; i++) {
        if (!read_change(document, document_item(document, node, i), &suite->changes[i])) {
            return false;
        }
    }
    return suite->change_count > 0;
}

static bool read_base(struct document *document, const yaml_node_t *node, void *out)
{
    static const struct extra none[] = {{0}};
    return read_level(document, node, none, &((struct suite *)out)->base);
}

static bool read_name(struct document *document, const yaml_node_t *node, void *out)
{
    return document_copy(document, node, "name", &((struct suite *)out)->name);
}

static bool read_description(struct document *document, const yaml_node_t *node, void *out)
{
    return document_copy(document, node, "description", &((struct suite *)out)->description);
}

static bool read_data_limit(struct document *document, const yaml_node_t *node, void *out)
{
    struct str text;
    uint64_t *limit = &((struct suite *)out)->data_limit;
    return document_text(document, node, "data-limit", &text) &&
           ((units_read_size(text, limit) && *limit > 0) ||
            document_wrong(document, node, "data-limit: \"%.*s\": write a size such as 32MiB",
                           STR_ARG(text)));
}

static bool read_suite(struct document *document, const yaml_node_t *root, void *out)
{
    static const struct document_field fields[] = {
        {"workloads", read_workloads},   {"name", read_name}, {"description", read_description},
        {"data-limit", read_data_limit}, {"base", read_base}, {"factors", read_factors},
        {"cells", read_changes},         {NULL, NULL},
    };
    struct suite *suite = out;
    return document_mapping(document, root, fields, suite) &&
           (suite->workload_count > 0 ||
            document_wrong(document, root, "\"workloads\" is missing"));
}

bool suite_file_read(const char *name, struct str text, struct arena *arena, struct suite *out,
                     struct error *err)
{
    struct document document = {.name = name, .arena = arena, .err = err};
    struct suite read = {.file = name, .name = name};
    if (!document_read(&document, text, read_suite, &read)) {
        return false;
    }
    *out = read;
    return true;
}
