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
        host->fact_count = facts_json_read(r, element, &host->facts);
        reader_leave(r, before);
    }
    arm->host_count = count;
}
