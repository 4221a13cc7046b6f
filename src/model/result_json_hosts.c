#include "model/result_json_hosts.h"

void facts_json_write(struct json_writer *json, const struct setting *facts, size_t count)
{
    json_writer_open(json, "facts", '{');
    for (size_t i = 0; i < count; i++) {
        json_writer_text(json, facts[i].name, facts[i].value);
    }
    json_writer_close(json, '}');
}

size_t facts_json_read(struct reader *r, const json_t *object, struct setting **out)
{
    struct arena *arena = &r->result->arena;
    json_t *facts = json_object_get(object, "facts");
    size_t count = 0;
    const char *name;
    json_t *value;
    *out = arena_alloc_array(arena, json_object_size(facts), sizeof **out);
    json_object_foreach(facts, name, value)
    {
        if (!json_is_string(value)) {
            reader_fail(r, "environment.facts", "holds a value that is not a text");
            return count;
        }
        (*out)[count++] = (struct setting){
            .name = arena_copy_text(arena, name),
            .value = arena_copy_text(arena, json_string_value(value)),
        };
    }
    return count;
}

static bool same_name(const struct setting *a, const struct setting *b)
{
    return str_eq(str_from(a->name), str_from(b->name));
}

void settings_json_write(struct json_writer *json, const struct setting *settings, size_t count)
{
    json_writer_open(json, "settings", '{');
    for (size_t i = 0; i < count; i++) {
        const struct setting *setting = &settings[i];
        size_t before = 0;
        size_t after = 0;
        for (size_t j = 0; j < count; j++) {
            before += j < i && same_name(setting, &settings[j]) ? 1 : 0;
            after += j > i && same_name(setting, &settings[j]) ? 1 : 0;
        }
        bool secret = setting_is_secret(setting->name);
        if (before > 0) {
            continue;
        }
        if (after == 0 || secret) {
            json_writer_text(json, setting->name, secret ? "***" : setting->value);
            continue;
        }
        json_writer_open(json, setting->name, '[');
        for (size_t j = i; j < count; j++) {
            if (same_name(setting, &settings[j])) {
                json_writer_text(json, NULL, settings[j].value);
            }
        }
        json_writer_close(json, ']');
    }
    json_writer_close(json, '}');
}

static bool read_setting(struct reader *r, const char *name, const json_t *value,
                         struct setting *out)
{
    if (!json_is_string(value)) {
        reader_fail(r, "settings", "holds a value that is neither a text nor a list of texts");
        return false;
    }
    *out = (struct setting){
        .name = arena_copy_text(&r->result->arena, name),
        .value = arena_copy_text(&r->result->arena, json_string_value(value)),
    };
    return true;
}

size_t settings_json_read(struct reader *r, const json_t *object, struct setting **out)
{
    json_t *settings = json_object_get(object, "settings");
    if (reader_object(r, object, "settings") == NULL) {
        return 0;
    }
    size_t room = 0;
    size_t count = 0;
    const char *name;
    json_t *value;
    json_object_foreach(settings, name, value)
    {
        room += json_is_array(value) ? json_array_size(value) : 1;
    }
    *out = arena_alloc_array(&r->result->arena, room, sizeof **out);
    json_object_foreach(settings, name, value)
    {
        size_t values = json_is_array(value) ? json_array_size(value) : 1;
        for (size_t i = 0; i < values; i++) {
            const json_t *one = json_is_array(value) ? json_array_get(value, i) : value;
            if (!read_setting(r, name, one, &(*out)[count])) {
                return count;
            }
            count++;
        }
    }
    return count;
}

static void write_text_or_null(struct json_writer *json, const char *name, const char *text)
{
    json_writer_text(json, name, text == NULL || text[0] == '\0' ? NULL : text);
}

void hosts_json_write(struct json_writer *json, const struct result_arm *arm)
{
    if (arm->host_count == 0) {
        json_writer_null(json, "hosts");
        return;
    }
    json_writer_open(json, "hosts", '[');
    for (size_t i = 0; i < arm->host_count; i++) {
        const struct result_host *host = &arm->hosts[i];
        json_writer_open(json, NULL, '{');
        json_writer_text(json, "target", host->target);
        write_text_or_null(json, "engine", host->engine);
        write_text_or_null(json, "engine_version", host->engine_version);
        settings_json_write(json, host->settings, host->setting_count);
        facts_json_write(json, host->facts, host->fact_count);
        json_writer_close(json, '}');
    }
    json_writer_close(json, ']');
}

void hosts_json_read(struct reader *r, const json_t *object, struct result_arm *arm)
{
    json_t *member = json_object_get(object, "hosts");
    if (r->failed || member == NULL || json_is_null(member)) {
        return;
    }
    const json_t *list = reader_array(r, object, "hosts");
    size_t count = json_array_size(list);
    if (count < 2 || count > TARGET_MAX_HOSTS) {
        reader_fail(r, "hosts", "holds %zu hosts, not 2 to %d", count, TARGET_MAX_HOSTS);
        return;
    }
    arm->hosts = arena_alloc_array(&r->result->arena, count, sizeof *arm->hosts);
    for (size_t i = 0; !r->failed && i < count; i++) {
        struct result_host *host = &arm->hosts[i];
        size_t before = reader_enter(r, ".hosts[%zu]", i);
        const json_t *element = reader_element(r, list, i);
        host->target = reader_text(r, element, "target");
        host->engine = reader_text_or(r, element, "engine", "");
        host->engine_version = reader_text_or(r, element, "engine_version", "");
        if (json_object_get(element, "settings") != NULL) { /* earlier versions did not tell */
            host->setting_count = settings_json_read(r, element, &host->settings);
        }
        host->fact_count = facts_json_read(r, element, &host->facts);
        reader_leave(r, before);
    }
    arm->host_count = count;
}
