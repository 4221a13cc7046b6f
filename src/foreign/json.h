/* What may or may not be in somebody else's JSON. Private to foreign. */
#pragma once

#include <jansson.h>
#include <math.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

/* A top that is an object, or NULL. */
static inline json_t *json_open(struct str text, struct error *err)
{
    json_error_t where;
    json_t *top = json_loadb(text.len == 0 ? "" : text.data, text.len, 0, &where);
    if (top == NULL) {
        (void)error_set(err, ERROR_USAGE, "line %d, column %d: %s", where.line, where.column,
                        where.text);
    } else if (!json_is_object(top)) {
        (void)error_set(err, ERROR_USAGE, "not an object");
        json_decref(top);
        return NULL;
    }
    return top;
}

/* NAN: not there, or no number that is 0 or more. */
static inline double json_figure(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    double number = json_is_number(value) ? json_number_value(value) : NAN;
    return number >= 0 && isfinite(number) ? number : NAN;
}

/* 0: not there, or no whole number up to `most`. */
static inline uint64_t json_count(const json_t *object, const char *name, uint64_t most)
{
    double number = json_figure(object, name);
    return number <= (double)most && number >= 1 ? (uint64_t)number : 0;
}

/* "": not there, or no text. */
static inline const char *json_word(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}
