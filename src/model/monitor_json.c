#include "model/monitor_json.h"

#include <math.h>

/* ---- writing ---- */

static void write_figure(struct json_writer *json, const struct monitor_facts *facts, double value)
{
    switch (facts->form) {
    case MONITOR_NUMBER:
        json_writer_number(json, facts->name, value);
        break;
    case MONITOR_WHOLE:
        json_writer_count(json, facts->name, (uint64_t)value);
        break;
    case MONITOR_SWITCH:
        json_writer_bool(json, facts->name, value > 0);
        break;
    }
}

void monitor_json_write(struct json_writer *json, const struct result_run *run)
{
    json_writer_open(json, "monitor", '[');
    for (size_t i = 0; i < run->sample_count; i++) {
        const struct monitor_sample *sample = &run->samples[i];
        json_writer_open(json, NULL, '{');
        json_writer_number(json, "t", sample->end);
        json_writer_number(json, "seconds", sample->seconds);
        json_writer_text(json, "source", monitor_source_name(sample->source));
        if (sample->node != NULL) {
            json_writer_text(json, "node", sample->node);
        }
        for (int k = 0; k < MONITOR_FIGURES; k++) {
            if (!isnan(sample->figures[k])) {
                write_figure(json, &monitor_facts[k], sample->figures[k]);
            }
        }
        json_writer_close(json, '}');
    }
    json_writer_close(json, ']');
}

/* ---- reading ---- */

static double read_figure(struct reader *r, const json_t *object, const struct monitor_facts *facts)
{
    switch (facts->form) {
    case MONITOR_WHOLE:
        return (double)reader_count(r, object, facts->name);
    case MONITOR_SWITCH:
        return reader_bool(r, object, facts->name) ? 1 : 0;
    case MONITOR_NUMBER:
    default:
        return reader_figure(r, object, facts->name);
    }
}

static void read_sample(struct reader *r, const json_t *object, struct monitor_sample *out)
{
    enum monitor_source source = MONITOR_SERVER;
    if (!monitor_source_find(reader_view(r, object, "source"), &source)) {
        reader_fail(r, "source", "not server, host or client");
    }
    *out = monitor_sample_of(source, NULL);
    out->end = reader_figure(r, object, "t");
    if (json_object_get(object, "seconds") != NULL) {
        out->seconds = reader_figure(r, object, "seconds");
    }
    if (json_object_get(object, "node") != NULL) {
        out->node = reader_text(r, object, "node");
    }
    for (int i = 0; i < MONITOR_FIGURES; i++) {
        const json_t *value = json_object_get(object, monitor_facts[i].name);
        if (monitor_facts[i].source == source && value != NULL && !json_is_null(value)) {
            out->figures[i] = read_figure(r, object, &monitor_facts[i]);
        }
    }
}

void monitor_json_read(struct reader *r, const json_t *object, struct result_run *run)
{
    if (json_object_get(object, "monitor") == NULL) {
        return;
    }
    const json_t *list = reader_array(r, object, "monitor");
    size_t count = json_array_size(list);
    run->samples = arena_alloc_array(&r->result->arena, count, sizeof *run->samples);
    for (size_t i = 0; !r->failed && i < count; i++) {
        size_t before = reader_enter(r, ".monitor[%zu]", i);
        read_sample(r, reader_element(r, list, i), &run->samples[i]);
        run->sample_count++;
        reader_leave(r, before);
    }
}
