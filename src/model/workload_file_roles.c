/* The fields of a workload file that say who does what: groups, subscribers, channels, tracking. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "model/workload_file_fields.h"

bool field_read_switch(struct file *file, const yaml_node_t *node, const char *field, bool *out)
{
    char sentence[64];
    struct str text;
    (void)snprintf(sentence, sizeof sentence, "%s: write true or false", field);
    if (node->type != YAML_SCALAR_NODE || !field_read_text(file, node, field, &text)) {
        return field_wrong(file, node, sentence);
    }
    *out = str_eq(text, STR("true"));
    return *out || str_eq(text, STR("false")) || field_wrong(file, node, sentence);
}

static bool read_count32(struct file *file, const yaml_node_t *node, const char *field,
                         uint32_t *out)
{
    uint64_t count = 0;
    if (!field_read_count(file, node, field, &count)) {
        return false;
    }
    if (count > UINT32_MAX) {
        return field_wrong(file, node, "the number is too large");
    }
    *out = (uint32_t)count;
    return true;
}

/* ---- groups ---- */

static bool read_share(struct file *file, const yaml_node_t *node, void *out)
{
    struct group_spec *group = out;
    struct str text;
    double percent;
    if (!field_read_text(file, node, "clients", &text)) {
        return false;
    }
    if (!str_ends_with(text, STR("%"))) {
        return read_count32(file, node, "clients", &group->clients);
    }
    if (!str_to_double(str_prefix(text, text.len - 1), &percent) ||
        !(percent > 0 && percent <= 100)) {
        return field_wrong(file, node,
                           "clients: write a number of clients, or a share such as "
                           "20%");
    }
    group->share = percent / 100;
    return true;
}

static bool read_paced(struct file *file, const yaml_node_t *node, void *out)
{
    return field_read_switch(file, node, "paced", &((struct group_spec *)out)->is_paced);
}

static bool read_group(struct file *file, const yaml_node_t *node, struct group_spec *group)
{
    static const struct field fields[] = {
        {"clients", read_share}, {"paced", read_paced}, {NULL, NULL}};
    if (node->type == YAML_SCALAR_NODE) {
        return node->data.scalar.length == 0 || read_share(file, node, group);
    }
    return field_read_mapping(file, node, fields, group);
}

bool field_read_groups(struct file *file, const yaml_node_t *node, void *out)
{
    struct roles_spec *roles = &((struct workload_spec *)out)->roles;
    size_t count = node->type != YAML_MAPPING_NODE
                       ? 0
                       : (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    if (count < 1 || count > ROLES_MAX_GROUPS) {
        return field_wrong(file, node,
                           "groups: write 1 to 8 names, each with its clients, such as "
                           "\"producers: 20%\"");
    }
    struct group_spec *groups = arena_alloc_array(file->arena, count, sizeof *groups);
    bool has_paced = false;
    roles->groups = groups;
    roles->group_count = 0;
    for (size_t i = 0; i < count; i++) {
        const yaml_node_pair_t *pair = &node->data.mapping.pairs.start[i];
        const yaml_node_t *key = yaml_document_get_node(&file->document, pair->key);
        struct str name;
        if (!field_read_text(file, key, "groups", &name)) {
            return false;
        }
        groups[i].name = arena_copy(file->arena, name);
        if (roles_find_group(roles, groups[i].name) >= 0) {
            return field_wrong(file, key, "groups: a name is given twice");
        }
        roles->group_count++;
        const yaml_node_t *value = yaml_document_get_node(&file->document, pair->value);
        if (!read_group(file, value, &groups[i])) {
            return false;
        }
        if (groups[i].is_paced && has_paced) {
            return field_wrong(file, key, "groups: only one of them can be paced");
        }
        has_paced = has_paced || groups[i].is_paced;
    }
    return true;
}

/* ---- subscribers ---- */

static bool read_connections(struct file *file, const yaml_node_t *node, void *out)
{
    return read_count32(file, node, "connections", &((struct subscriber_spec *)out)->connections);
}

static bool read_channels_each(struct file *file, const yaml_node_t *node, void *out)
{
    return read_count32(file, node, "channels", &((struct subscriber_spec *)out)->channels);
}

static bool read_sharded(struct file *file, const yaml_node_t *node, void *out)
{
    return field_read_switch(file, node, "sharded", &((struct subscriber_spec *)out)->is_sharded);
}

static bool read_patterns(struct file *file, const yaml_node_t *node, void *out)
{
    return field_read_switch(file, node, "patterns", &((struct subscriber_spec *)out)->by_pattern);
}

bool field_read_subscribers(struct file *file, const yaml_node_t *node, void *out)
{
    static const struct field fields[] = {{"connections", read_connections},
                                          {"channels", read_channels_each},
                                          {"sharded", read_sharded},
                                          {"patterns", read_patterns},
                                          {NULL, NULL}};
    struct subscriber_spec *subscribers = &((struct workload_spec *)out)->roles.subscribers;
    *subscribers = (struct subscriber_spec){.channels = 1};
    if (!field_read_mapping(file, node, fields, subscribers)) {
        return false;
    }
    return subscribers->connections > 0 ||
           field_wrong(file, node, "subscribers: \"connections\" is missing");
}

/* ---- channels ---- */

static bool read_channel_count(struct file *file, const yaml_node_t *node, void *out)
{
    return field_read_count(file, node, "count", &((struct channel_spec *)out)->count);
}

static bool read_channel_dist(struct file *file, const yaml_node_t *node, void *out)
{
    struct channel_spec *channels = out;
    struct workload_spec keys = {0};
    struct error problem = {0};
    struct str text;
    if (!field_read_text(file, node, "dist", &text)) {
        return false;
    }
    if (!spec_read_key_dist(text, &keys, &problem)) {
        return field_wrong(file, node, problem.text);
    }
    channels->distribution = (int)keys.key_distribution;
    channels->zipf_theta = keys.zipf_theta;
    channels->hot = keys.hot;
    channels->hot_share = keys.hot_share;
    channels->sigma = keys.sigma;
    return true;
}

bool field_read_channels(struct file *file, const yaml_node_t *node, void *out)
{
    static const struct field fields[] = {
        {"count", read_channel_count}, {"dist", read_channel_dist}, {NULL, NULL}};
    struct channel_spec *channels = &((struct workload_spec *)out)->roles.channels;
    *channels = (struct channel_spec){.distribution = KEYS_UNIFORM};
    if (node->type == YAML_SCALAR_NODE) {
        return field_read_count(file, node, "channels", &channels->count);
    }
    return field_read_mapping(file, node, fields, channels) &&
           (channels->count > 0 || field_wrong(file, node, "channels: \"count\" is missing"));
}

/* ---- tracking ---- */

static bool read_broadcasts(struct file *file, const yaml_node_t *node, void *out)
{
    return field_read_switch(file, node, "bcast", &((struct tracking_spec *)out)->broadcasts);
}

static bool read_no_loop(struct file *file, const yaml_node_t *node, void *out)
{
    return field_read_switch(file, node, "noloop", &((struct tracking_spec *)out)->no_loop);
}

static bool read_kept_keys(struct file *file, const yaml_node_t *node, void *out)
{
    return read_count32(file, node, "keys", &((struct tracking_spec *)out)->keys);
}

bool field_read_tracking(struct file *file, const yaml_node_t *node, void *out)
{
    static const struct field fields[] = {{"bcast", read_broadcasts},
                                          {"noloop", read_no_loop},
                                          {"keys", read_kept_keys},
                                          {NULL, NULL}};
    struct tracking_spec *tracking = &((struct workload_spec *)out)->roles.tracking;
    *tracking = (struct tracking_spec){.is_on = true, .keys = ROLES_TRACKED_KEYS};
    return node->type == YAML_SCALAR_NODE
               ? field_read_switch(file, node, "tracking", &tracking->is_on)
               : field_read_mapping(file, node, fields, tracking);
}
