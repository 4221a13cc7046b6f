#include "model/calibration_json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "model/wall_time.h"

enum { SIZE_NAME = 12 };

/* The name of a number of pairs: "6". */
static const char *size_name(size_t index, char name[SIZE_NAME])
{
    (void)snprintf(name, SIZE_NAME, "%" PRIu32, calibration_sizes[index]);
    return name;
}

/* ---- writing ---- */

static void write_metric(struct json_writer *json, enum metric metric,
                         const struct calibration_metric *m)
{
    char name[SIZE_NAME];
    json_writer_open(json, metric_name(metric), '{');
    json_writer_count(json, "n", m->n);
    json_writer_number(json, "sd", m->sd);
    json_writer_number(json, "low", m->low > 0 ? m->low : NAN);
    json_writer_number(json, "high", m->high);
    json_writer_open(json, "visible", '{');
    for (size_t i = 0; i < CALIBRATION_SIZES; i++) {
        json_writer_number(json, size_name(i, name), m->visible[i]);
    }
    json_writer_close(json, '}');
    json_writer_count(json, "pairs_to_equate", m->pairs_to_equate);
    json_writer_close(json, '}');
}

static void write_levels(struct json_writer *json, const struct calibration *calibration)
{
    bool known = calibration->launches > 0;
    json_writer_count(json, "launches", calibration->launches);
    json_writer_count(json, "slices", calibration->slices);
    json_writer_number(json, "launch_sd", known ? calibration->launch_sd : NAN);
    json_writer_number(json, "slice_sd", known ? calibration->slice_sd : NAN);
    json_writer_number(json, "slice_seconds", calibration->slice_seconds);
    json_writer_number(json, "noise_seconds", calibration->noise_seconds);
    json_writer_number(json, "best_slice_seconds", calibration->best_slice);
    json_writer_number(json, "watched_seconds", calibration->watched_seconds);
    json_writer_number(json, "warmup_seconds", calibration->warmup_seconds);
}

void calibration_json_write(struct json_writer *json, const struct calibration *calibration)
{
    char date[UNITS_TEXT_SIZE];
    if (calibration == NULL) {
        json_writer_null(json, "calibration");
        return;
    }
    json_writer_open(json, "calibration", '{');
    json_writer_text(json, "result", calibration->result);
    json_writer_text(json, "created", wall_time_format(calibration->created_wall, date));
    json_writer_text(json, "engine", calibration->engine);
    json_writer_text(json, "engine_version", calibration->engine_version);
    json_writer_text(json, "fingerprint", calibration->fingerprint);
    json_writer_count(json, "pairs", calibration->pairs);
    json_writer_open(json, "metrics", '{');
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        if (calibration->metrics[metric].n > 0) {
            write_metric(json, metric, &calibration->metrics[metric]);
        }
    }
    json_writer_close(json, '}');
    write_levels(json, calibration);
    json_writer_close(json, '}');
}

/* ---- reading ---- */

static void read_metric(struct reader *r, const json_t *object, struct calibration_metric *out)
{
    char name[SIZE_NAME];
    out->n = reader_small(r, object, "n");
    out->sd = reader_figure(r, object, "sd");
    out->low = reader_figure_or(r, object, "low", 0);
    out->high = reader_figure_or(r, object, "high", INFINITY);
    const json_t *visible = reader_object(r, object, "visible");
    for (size_t i = 0; i < CALIBRATION_SIZES; i++) {
        out->visible[i] = reader_figure(r, visible, size_name(i, name));
    }
    out->pairs_to_equate = reader_small(r, object, "pairs_to_equate");
}

static void read_levels(struct reader *r, const json_t *object, struct calibration *out)
{
    out->launches = reader_small(r, object, "launches");
    out->slices = reader_small(r, object, "slices");
    out->launch_sd = reader_figure_or(r, object, "launch_sd", 0);
    out->slice_sd = reader_figure_or(r, object, "slice_sd", 0);
    out->slice_seconds = reader_figure_or(r, object, "slice_seconds", NAN);
    out->noise_seconds = reader_figure_or(r, object, "noise_seconds", NAN);
    out->best_slice = reader_figure_or(r, object, "best_slice_seconds", NAN);
    out->watched_seconds = reader_figure_or(r, object, "watched_seconds", NAN);
    out->warmup_seconds = reader_figure_or(r, object, "warmup_seconds", NAN);
}

static void read_all(struct reader *r, const json_t *object, struct calibration *out)
{
    out->result = reader_text(r, object, "result");
    out->created_wall = reader_date(r, object, "created");
    out->engine = reader_text_or(r, object, "engine", "");
    out->engine_version = reader_text_or(r, object, "engine_version", "");
    out->fingerprint = reader_text(r, object, "fingerprint");
    out->pairs = reader_small(r, object, "pairs");
    const json_t *metrics = reader_object(r, object, "metrics");
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        const char *name = metric_name(metric);
        if (json_object_get(metrics, name) != NULL) {
            size_t before = reader_enter(r, ".metrics.%s", name);
            read_metric(r, reader_object(r, metrics, name), &out->metrics[metric]);
            reader_leave(r, before);
        }
    }
    read_levels(r, object, out);
}

struct calibration *calibration_json_read(struct reader *r, const json_t *cell)
{
    const json_t *member = json_object_get(cell, "calibration");
    if (r->failed || member == NULL || json_is_null(member)) {
        return NULL;
    }
    struct calibration *out = arena_alloc(&r->result->arena, sizeof *out);
    const json_t *object = reader_object(r, cell, "calibration");
    size_t before = reader_enter(r, ".calibration");
    read_all(r, object, out);
    reader_leave(r, before);
    return out;
}

struct calibration *calibration_json_parse(struct str text, struct result *result,
                                           struct error *err)
{
    json_error_t where;
    struct reader r = {.result = result, .err = err};
    json_t *object = json_loadb(text.len == 0 ? "" : text.data, text.len, 0, &where);
    if (!json_is_object(object)) {
        json_decref(object);
        (void)error_set(err, ERROR_USAGE, "a calibration that cannot be read");
        return NULL;
    }
    struct calibration *out = arena_alloc(&result->arena, sizeof *out);
    read_all(&r, object, out);
    json_decref(object);
    return r.failed ? NULL : out;
}
