#include "model/reader.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "model/wall_time.h"

#define MAX_SECONDS 1e9

void reader_fail(struct reader *r, const char *name, const char *format, ...)
{
    if (r->failed) {
        return;
    }
    r->failed = true;
    char what[ERROR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    bool both = name[0] != '\0' && r->place_len > 0;
    bool none = name[0] == '\0' && r->place_len == 0;
    error_set(r->err, ERROR_USAGE, "%s%s%s%s%s", r->place, both ? "." : "", name, none ? "" : ": ",
              what);
}

/* Goes down to a member and says where it was, for leave. */
size_t reader_enter(struct reader *r, const char *format, ...)
{
    size_t before = r->place_len;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(r->place + before, READER_PLACE_SIZE - before, format, args);
    va_end(args);
    size_t room = READER_PLACE_SIZE - before - 1;
    r->place_len = before + (len < 0 ? 0 : (size_t)len < room ? (size_t)len : room);
    return before;
}

void reader_leave(struct reader *r, size_t before)
{
    r->place_len = before;
    r->place[before] = '\0';
}

/* The member, or NULL when it is missing, which is a failure. */
const json_t *reader_member(struct reader *r, const json_t *object, const char *name)
{
    const json_t *value = r->failed ? NULL : json_object_get(object, name);
    if (value == NULL) {
        reader_fail(r, name, "missing");
    }
    return value;
}

static bool is_unknown(const struct reader *r, const json_t *value)
{
    return r->allows_unknown && json_is_null(value);
}

const json_t *reader_object(struct reader *r, const json_t *object, const char *name)
{
    const json_t *value = reader_member(r, object, name);
    if (value != NULL && !json_is_object(value)) {
        reader_fail(r, name, "not an object");
    }
    return r->failed ? NULL : value;
}

const json_t *reader_array(struct reader *r, const json_t *object, const char *name)
{
    const json_t *value = reader_member(r, object, name);
    if (value != NULL && !json_is_array(value)) {
        reader_fail(r, name, "not a list");
    }
    return r->failed ? NULL : value;
}

/* The element of a list of objects, or NULL after a failure. */
const json_t *reader_element(struct reader *r, const json_t *list, size_t index)
{
    const json_t *value = json_array_get(list, index);
    if (!json_is_object(value)) {
        reader_fail(r, "", "not an object");
    }
    return r->failed ? NULL : value;
}

/* A view that lives as long as the JSON tree; "" after a failure. */
struct str reader_view(struct reader *r, const json_t *object, const char *name)
{
    const json_t *value = reader_member(r, object, name);
    if (value != NULL && !json_is_string(value)) {
        reader_fail(r, name, "not a text");
    }
    return r->failed ? STR("") : (struct str){json_string_value(value), json_string_length(value)};
}

const char *reader_text(struct reader *r, const json_t *object, const char *name)
{
    return arena_copy(&r->result->arena, reader_view(r, object, name));
}

const char *reader_known_text(struct reader *r, const json_t *object, const char *name)
{
    return r->allows_unknown ? reader_text_or(r, object, name, NULL) : reader_text(r, object, name);
}

/* null gives `absent`. */
const char *reader_text_or(struct reader *r, const json_t *object, const char *name,
                           const char *absent)
{
    return json_is_null(reader_member(r, object, name)) ? absent : reader_text(r, object, name);
}

bool reader_bool(struct reader *r, const json_t *object, const char *name)
{
    const json_t *value = reader_member(r, object, name);
    if (value != NULL && !json_is_boolean(value) && !is_unknown(r, value)) {
        reader_fail(r, name, "not true or false");
    }
    return json_is_true(value);
}

uint64_t reader_count_up_to(struct reader *r, const json_t *object, const char *name, uint64_t most)
{
    const json_t *value = reader_member(r, object, name);
    if (value == NULL) {
        return 0;
    }
    if (is_unknown(r, value)) {
        return RESULT_UNKNOWN;
    }
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || (uint64_t)number > most) {
        reader_fail(r, name, "not a whole number from 0 to %" PRIu64, most);
        return 0;
    }
    return (uint64_t)number;
}

uint64_t reader_count(struct reader *r, const json_t *object, const char *name)
{
    return reader_count_up_to(r, object, name, INT64_MAX);
}

uint32_t reader_small(struct reader *r, const json_t *object, const char *name)
{
    return (uint32_t)reader_count_up_to(r, object, name, UINT32_MAX);
}

/* null gives 0. */
uint64_t reader_count_or_none(struct reader *r, const json_t *object, const char *name,
                              uint64_t most)
{
    return json_is_null(reader_member(r, object, name)) ? 0
                                                        : reader_count_up_to(r, object, name, most);
}

double reader_number(struct reader *r, const json_t *object, const char *name)
{
    const json_t *value = reader_member(r, object, name);
    if (is_unknown(r, value)) {
        return NAN;
    }
    if (value != NULL && !json_is_number(value)) {
        reader_fail(r, name, "not a number");
    }
    return json_number_value(value);
}

/* A number that cannot be negative. */
double reader_figure(struct reader *r, const json_t *object, const char *name)
{
    double number = reader_number(r, object, name);
    if (number < 0) {
        reader_fail(r, name, "negative");
    }
    return number;
}

/* null gives `absent`. */
double reader_figure_or(struct reader *r, const json_t *object, const char *name, double absent)
{
    return json_is_null(reader_member(r, object, name)) ? absent : reader_figure(r, object, name);
}

double reader_number_or(struct reader *r, const json_t *object, const char *name, double absent)
{
    return json_is_null(reader_member(r, object, name)) ? absent : reader_number(r, object, name);
}

nsec reader_time(struct reader *r, const json_t *object, const char *name)
{
    double seconds = reader_figure(r, object, name);
    if (seconds > MAX_SECONDS) {
        reader_fail(r, name, "more than %.0f seconds", MAX_SECONDS);
        return 0;
    }
    return (nsec)nearbyint(fmax(seconds, 0) * (double)NSEC_PER_SEC);
}

nsec reader_date(struct reader *r, const json_t *object, const char *name)
{
    nsec wall = 0;
    struct str text = reader_view(r, object, name);
    if (!r->failed && !wall_time_read(text, &wall)) {
        reader_fail(r, name, "not a date such as 2026-11-23T03:40:05.123Z");
    }
    return wall;
}

uint32_t reader_arm(struct reader *r, const json_t *object, const char *name)
{
    struct str label = reader_view(r, object, name);
    for (size_t i = 0; !r->failed && i < r->result->arm_count; i++) {
        if (str_eq(label, str_from(r->result->arms[i].label))) {
            return (uint32_t)i;
        }
    }
    reader_fail(r, name, "names no arm");
    return 0;
}

const char *reader_load(struct reader *r, const json_t *object, const char *name)
{
    struct str load = reader_view(r, object, name);
    if (!str_eq(load, STR("closed")) && !str_eq(load, STR("open"))) {
        reader_fail(r, name, "not closed or open");
    }
    return str_eq(load, STR("open")) ? "open" : "closed";
}

void reader_findings(struct reader *r, const json_t *object, const char *name,
                     struct finding_list *out)
{
    const json_t *list = reader_array(r, object, name);
    for (size_t i = 0; !r->failed && i < json_array_size(list); i++) {
        size_t before = reader_enter(r, "%s%s[%zu]", r->place_len > 0 ? "." : "", name, i);
        const json_t *item = reader_element(r, list, i);
        enum severity severity = SEVERITY_NOTE;
        if (!severity_find(reader_view(r, item, "severity"), &severity)) {
            reader_fail(r, "severity", "not note, conditional or invalid");
        }
        const char *code = reader_text(r, item, "code");
        const char *advice = reader_text_or(r, item, "advice", NULL);
        const char *text = reader_text(r, item, "text");
        result_add_finding(r->result, out, severity, code, advice, "%s", text);
        reader_leave(r, before);
    }
}
