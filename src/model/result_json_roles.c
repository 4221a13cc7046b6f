#include "model/result_json_roles.h"

#include <string.h>

/* ---- writing ---- */

static void write_groups(struct json_writer *json, const struct roles_spec *roles)
{
    json_writer_open(json, "groups", '[');
    for (size_t i = 0; i < roles->group_count; i++) {
        const struct group_spec *group = &roles->groups[i];
        json_writer_open(json, NULL, '{');
        json_writer_text(json, "name", group->name);
        json_writer_count(json, "clients", group->clients);
        json_writer_number(json, "share", group->share);
        json_writer_bool(json, "paced", group->is_paced);
        json_writer_close(json, '}');
    }
    json_writer_close(json, ']');
}

static void write_subscribers(struct json_writer *json, const struct subscriber_spec *subscribers)
{
    if (subscribers->connections == 0) {
        json_writer_null(json, "subscribers");
        return;
    }
    json_writer_open(json, "subscribers", '{');
    json_writer_count(json, "connections", subscribers->connections);
    json_writer_count(json, "channels", subscribers->channels);
    json_writer_bool(json, "sharded", subscribers->is_sharded);
    json_writer_bool(json, "patterns", subscribers->by_pattern);
    json_writer_close(json, '}');
}

static void write_channels(struct json_writer *json, const struct channel_spec *channels)
{
    if (channels->count == 0) {
        json_writer_null(json, "channels");
        return;
    }
    struct buf text = {0};
    struct workload_spec keys = {
        .key_distribution = (enum key_distribution)channels->distribution,
        .zipf_theta = channels->zipf_theta,
        .hot = channels->hot,
        .hot_share = channels->hot_share,
        .sigma = channels->sigma,
    };
    spec_key_dist_format(&keys, &text);
    json_writer_open(json, "channels", '{');
    json_writer_count(json, "count", channels->count);
    json_writer_text(json, "distribution", buf_text(&text));
    json_writer_close(json, '}');
    buf_release(&text);
}

static void write_tracking(struct json_writer *json, const struct tracking_spec *tracking)
{
    if (!tracking->is_on) {
        json_writer_null(json, "tracking");
        return;
    }
    json_writer_open(json, "tracking", '{');
    json_writer_bool(json, "bcast", tracking->broadcasts);
    json_writer_bool(json, "noloop", tracking->no_loop);
    json_writer_count(json, "keys", tracking->keys);
    json_writer_close(json, '}');
}

void roles_json_write(struct json_writer *json, const struct roles_spec *roles)
{
    if (roles->group_count == 0 && roles->subscribers.connections == 0 &&
        roles->channels.count == 0 && !roles->tracking.is_on) {
        json_writer_null(json, "roles");
        return;
    }
    json_writer_open(json, "roles", '{');
    write_groups(json, roles);
    write_subscribers(json, &roles->subscribers);
    write_channels(json, &roles->channels);
    write_tracking(json, &roles->tracking);
    json_writer_close(json, '}');
}

/* ---- reading ---- */

/* The object of that name; false: it is null. */
static bool enter(struct reader *r, const json_t *parent, const char *name, const json_t **object)
{
    if (json_is_null(reader_member(r, parent, name))) {
        return false;
    }
    *object = reader_object(r, parent, name);
    return !r->failed;
}

static void read_groups(struct reader *r, const json_t *object, struct roles_spec *out)
{
    const json_t *list = reader_array(r, object, "groups");
    size_t count = json_array_size(list);
    struct group_spec *groups = arena_alloc_array(&r->result->arena, count, sizeof *groups);
    if (count > ROLES_MAX_GROUPS) {
        reader_fail(r, "groups", "more than %d", ROLES_MAX_GROUPS);
        return;
    }
    for (size_t i = 0; !r->failed && i < count; i++) {
        size_t before = reader_enter(r, ".groups[%zu]", i);
        const json_t *group = reader_element(r, list, i);
        groups[i].name = reader_text(r, group, "name");
        groups[i].clients = reader_small(r, group, "clients");
        groups[i].share = reader_figure(r, group, "share");
        groups[i].is_paced = reader_bool(r, group, "paced");
        reader_leave(r, before);
    }
    out->groups = groups;
    out->group_count = count;
}

static void read_channels(struct reader *r, const json_t *object, struct channel_spec *out)
{
    struct workload_spec keys = {0};
    out->count = reader_count(r, object, "count");
    if (!spec_read_key_dist(reader_view(r, object, "distribution"), &keys, NULL)) {
        reader_fail(r, "distribution", "not a distribution of keys");
    }
    out->distribution = (int)keys.key_distribution;
    out->zipf_theta = keys.zipf_theta;
    out->hot = keys.hot;
    out->hot_share = keys.hot_share;
    out->sigma = keys.sigma;
}

void roles_json_read(struct reader *r, const json_t *workload, struct roles_spec *out)
{
    const json_t *roles = json_object_get(workload, "roles");
    const json_t *object = NULL;
    if (roles == NULL || json_is_null(roles)) {
        return;
    }
    size_t before = reader_enter(r, ".roles");
    read_groups(r, roles, out);
    if (enter(r, roles, "subscribers", &object)) {
        out->subscribers.connections = reader_small(r, object, "connections");
        out->subscribers.channels = reader_small(r, object, "channels");
        out->subscribers.is_sharded = reader_bool(r, object, "sharded");
        out->subscribers.by_pattern = reader_bool(r, object, "patterns");
    }
    if (enter(r, roles, "channels", &object)) {
        read_channels(r, object, &out->channels);
    }
    if (enter(r, roles, "tracking", &object)) {
        out->tracking.is_on = true;
        out->tracking.broadcasts = reader_bool(r, object, "bcast");
        out->tracking.no_loop = reader_bool(r, object, "noloop");
        out->tracking.keys = reader_small(r, object, "keys");
    }
    reader_leave(r, before);
}
