#include "model/statistics_json.h"

#include <math.h>

/* Endless bounds are null. */
static void write_bound(struct json_writer *json, const char *name, double bound)
{
    json_writer_number(json, name, bound > 0 && isfinite(bound) ? bound : NAN);
}

static void write_spread(struct json_writer *json, const char *name,
                         const struct result_spread *spread)
{
    json_writer_open(json, name, '{');
    json_writer_count(json, "n", spread->n);
    json_writer_number(json, "mean", spread->mean);
    json_writer_number(json, "median", spread->median);
    json_writer_number(json, "sd", spread->sd);
    json_writer_number(json, "mad", spread->mad);
    json_writer_number(json, "cv", spread->cv);
    json_writer_number(json, "min", spread->min);
    json_writer_number(json, "max", spread->max);
    json_writer_close(json, '}');
}

static void write_distribution(struct json_writer *json, const struct result_distribution *latency)
{
    json_writer_open(json, "latency", '{');
    json_writer_count(json, "count", latency->count);
    json_writer_number(json, "mean", latency->mean);
    json_writer_number(json, "median", latency->median);
    json_writer_number(json, "sd", latency->sd);
    json_writer_number(json, "mad", latency->mad);
    json_writer_number(json, "cv", latency->cv);
    json_writer_open(json, "percentiles", '{');
    for (size_t i = 0; i < RESULT_PERCENTILES; i++) {
        json_writer_number(json, result_percentile_name(i), latency->percentiles[i]);
    }
    json_writer_close(json, '}');
    json_writer_open(json, "modes", '[');
    for (size_t i = 0; i < latency->mode_count; i++) {
        json_writer_open(json, NULL, '{');
        json_writer_number(json, "at", latency->modes[i].at);
        json_writer_number(json, "share", latency->modes[i].share);
        json_writer_close(json, '}');
    }
    json_writer_close(json, ']');
    json_writer_close(json, '}');
}

static void write_summary(struct json_writer *json, const struct result *result,
                          const struct result_description *summary)
{
    json_writer_open(json, NULL, '{');
    json_writer_text(json, "arm", result->arms[summary->arm].label);
    json_writer_text(json, "load", summary->load);
    json_writer_count(json, "runs", summary->runs);
    json_writer_open(json, "values", '{');
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        if (summary->values[i].n > 0) {
            write_spread(json, metric_name((enum metric)i), &summary->values[i]);
        }
    }
    json_writer_close(json, '}');
    write_distribution(json, &summary->latency);
    json_writer_close(json, '}');
}

static void write_shift(struct json_writer *json, const struct result *result,
                        const struct result_shift *shift)
{
    json_writer_open(json, NULL, '{');
    json_writer_text(json, "baseline", result->arms[shift->baseline].label);
    json_writer_text(json, "arm", result->arms[shift->arm].label);
    json_writer_count(json, "n", shift->n);
    json_writer_number(json, "confidence", shift->confidence);
    json_writer_open(json, "points", '[');
    for (size_t i = 0; i < shift->point_count; i++) {
        const struct result_shift_point *point = &shift->points[i];
        json_writer_open(json, NULL, '{');
        json_writer_number(json, "percentile", point->percentile);
        json_writer_number(json, "ratio", point->ratio);
        write_bound(json, "low", point->low);
        write_bound(json, "high", point->high);
        write_bound(json, "band_low", point->band_low);
        write_bound(json, "band_high", point->band_high);
        json_writer_close(json, '}');
    }
    json_writer_close(json, ']');
    json_writer_close(json, '}');
}

static void write_anomaly(struct json_writer *json, const struct result *result,
                          const struct result_anomaly *anomaly)
{
    json_writer_open(json, NULL, '{');
    json_writer_text(json, "kind", anomaly->kind);
    json_writer_text(json, "arm", result->arms[anomaly->arm].label);
    json_writer_text(json, "load", anomaly->load);
    json_writer_text(json, "metric", metric_name(anomaly->metric));
    json_writer_count(json, "pair", anomaly->pair);
    json_writer_count(json, "last_pair", anomaly->last_pair);
    json_writer_number(json, "start", anomaly->start);
    json_writer_number(json, "end", anomaly->end);
    json_writer_number(json, "size", anomaly->size);
    json_writer_text(json, "cause", anomaly->cause);
    json_writer_close(json, '}');
}

void statistics_write(struct json_writer *json, const struct result *result,
                      const struct result_cell *cell)
{
    json_writer_open(json, "statistics", '[');
    for (size_t i = 0; i < cell->description_count; i++) {
        write_summary(json, result, &cell->descriptions[i]);
    }
    json_writer_close(json, ']');
    json_writer_open(json, "shifts", '[');
    for (size_t i = 0; i < cell->shift_count; i++) {
        write_shift(json, result, &cell->shifts[i]);
    }
    json_writer_close(json, ']');
    json_writer_open(json, "anomalies", '[');
    for (size_t i = 0; i < cell->anomaly_count; i++) {
        write_anomaly(json, result, &cell->anomalies[i]);
    }
    json_writer_close(json, ']');
}

static void read_spread(struct reader *r, const json_t *object, struct result_spread *out)
{
    out->n = reader_small(r, object, "n");
    out->mean = reader_number_or(r, object, "mean", NAN);
    out->median = reader_number_or(r, object, "median", NAN);
    out->sd = reader_figure_or(r, object, "sd", NAN);
    out->mad = reader_figure_or(r, object, "mad", NAN);
    out->cv = reader_figure_or(r, object, "cv", NAN);
    out->min = reader_number_or(r, object, "min", NAN);
    out->max = reader_number_or(r, object, "max", NAN);
}

static void read_distribution(struct reader *r, const json_t *object,
                              struct result_distribution *out)
{
    out->count = reader_count(r, object, "count");
    out->mean = reader_figure_or(r, object, "mean", NAN);
    out->median = reader_figure_or(r, object, "median", NAN);
    out->sd = reader_figure_or(r, object, "sd", NAN);
    out->mad = reader_figure_or(r, object, "mad", NAN);
    out->cv = reader_figure_or(r, object, "cv", NAN);
    const json_t *percentiles = reader_object(r, object, "percentiles");
    for (size_t i = 0; i < RESULT_PERCENTILES; i++) {
        out->percentiles[i] = reader_figure_or(r, percentiles, result_percentile_name(i), NAN);
    }
    const json_t *modes = reader_array(r, object, "modes");
    size_t count = json_array_size(modes);
    out->mode_count = count < RESULT_MODES ? count : RESULT_MODES;
    for (size_t i = 0; !r->failed && i < out->mode_count; i++) {
        const json_t *mode = reader_element(r, modes, i);
        out->modes[i].at = reader_figure(r, mode, "at");
        out->modes[i].share = reader_figure(r, mode, "share");
    }
}

static void read_summary(struct reader *r, const json_t *object, struct result_description *out)
{
    out->arm = reader_arm(r, object, "arm");
    out->load = reader_text(r, object, "load");
    out->runs = reader_small(r, object, "runs");
    const json_t *values = reader_object(r, object, "values");
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const char *name = metric_name((enum metric)i);
        if (json_object_get(values, name) != NULL) {
            read_spread(r, reader_object(r, values, name), &out->values[i]);
        }
    }
    size_t before = reader_enter(r, ".latency");
    read_distribution(r, reader_object(r, object, "latency"), &out->latency);
    reader_leave(r, before);
}

static void read_shift(struct reader *r, const json_t *object, struct result_shift *out)
{
    out->baseline = reader_arm(r, object, "baseline");
    out->arm = reader_arm(r, object, "arm");
    out->n = reader_small(r, object, "n");
    out->confidence = reader_figure(r, object, "confidence");
    const json_t *points = reader_array(r, object, "points");
    out->point_count = json_array_size(points);
    out->points = arena_alloc_array(&r->result->arena, out->point_count, sizeof *out->points);
    for (size_t i = 0; !r->failed && i < out->point_count; i++) {
        size_t before = reader_enter(r, ".points[%zu]", i);
        const json_t *point = reader_element(r, points, i);
        out->points[i] = (struct result_shift_point){
            .percentile = reader_figure(r, point, "percentile"),
            .ratio = reader_figure_or(r, point, "ratio", NAN),
            .low = reader_figure_or(r, point, "low", 0),
            .high = reader_figure_or(r, point, "high", INFINITY),
            .band_low = reader_figure_or(r, point, "band_low", 0),
            .band_high = reader_figure_or(r, point, "band_high", INFINITY),
        };
        reader_leave(r, before);
    }
}

static void read_anomaly(struct reader *r, const json_t *object, struct result_anomaly *out)
{
    out->kind = reader_text(r, object, "kind");
    out->arm = reader_arm(r, object, "arm");
    out->load = reader_text_or(r, object, "load", NULL); /* not told by earlier versions */
    if (!metric_find(reader_view(r, object, "metric"), &out->metric)) {
        reader_fail(r, "metric", "not a known metric");
    }
    out->pair = reader_small(r, object, "pair");
    out->last_pair = reader_small(r, object, "last_pair");
    out->start = reader_figure(r, object, "start");
    out->end = reader_figure(r, object, "end");
    out->size = reader_number_or(r, object, "size", NAN);
    out->cause = reader_text_or(r, object, "cause", NULL);
}

/* The list, or NULL when the member is missing, which is allowed here. */
static const json_t *list_of(struct reader *r, const json_t *object, const char *name)
{
    return json_object_get(object, name) == NULL ? NULL : reader_array(r, object, name);
}

void statistics_read(struct reader *r, const json_t *object, struct result_cell *cell)
{
    struct arena *arena = &r->result->arena;
    const json_t *summaries = list_of(r, object, "statistics");
    const json_t *shifts = list_of(r, object, "shifts");
    const json_t *anomalies = list_of(r, object, "anomalies");
    cell->description_count = json_array_size(summaries);
    cell->shift_count = json_array_size(shifts);
    cell->anomaly_count = json_array_size(anomalies);
    cell->descriptions =
        arena_alloc_array(arena, cell->description_count, sizeof *cell->descriptions);
    cell->shifts = arena_alloc_array(arena, cell->shift_count, sizeof *cell->shifts);
    cell->anomalies = arena_alloc_array(arena, cell->anomaly_count, sizeof *cell->anomalies);
    for (size_t i = 0; !r->failed && i < cell->description_count; i++) {
        size_t before = reader_enter(r, ".statistics[%zu]", i);
        read_summary(r, reader_element(r, summaries, i), &cell->descriptions[i]);
        reader_leave(r, before);
    }
    for (size_t i = 0; !r->failed && i < cell->shift_count; i++) {
        size_t before = reader_enter(r, ".shifts[%zu]", i);
        read_shift(r, reader_element(r, shifts, i), &cell->shifts[i]);
        reader_leave(r, before);
    }
    for (size_t i = 0; !r->failed && i < cell->anomaly_count; i++) {
        size_t before = reader_enter(r, ".anomalies[%zu]", i);
        read_anomaly(r, reader_element(r, anomalies, i), &cell->anomalies[i]);
        reader_leave(r, before);
    }
}
