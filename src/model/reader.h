/* Reads members of JSON objects (jansson), saying where something is wrong.
 *
 * Reading goes on after the first failure with harmless values, and stops where it is cheap; only
 * the first failure is reported. Internal to the module. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "base/units.h"
#include "model/result.h"

enum { READER_PLACE_SIZE = 160 };

struct reader {
    struct result *result; /* texts are copied into its arena */
    struct error *err;
    bool failed;
    bool allows_unknown;           /* null is a figure or a switch that an imported result lacks:
                                      RESULT_UNKNOWN or the type's maximum, NAN, false */
    char place[READER_PLACE_SIZE]; /* "cells[0].runs[3]"; "" at the top */
    size_t place_len;
};

/* Notes the failure of a member ("": the present place itself). */
void reader_fail(struct reader *r, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Goes down to a member and says where it was, for reader_leave. */
size_t reader_enter(struct reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void reader_leave(struct reader *r, size_t before);

/* The member, or NULL when it is missing, which is a failure. */
const json_t *reader_member(struct reader *r, const json_t *object, const char *name);
/* NULL after a failure. */
const json_t *reader_object(struct reader *r, const json_t *object, const char *name);
const json_t *reader_array(struct reader *r, const json_t *object, const char *name);
/* The element of a list of objects. */
const json_t *reader_element(struct reader *r, const json_t *list, size_t index);
/* A view that lives as long as the JSON tree; "" after a failure. */
struct str reader_view(struct reader *r, const json_t *object, const char *name);
/* A copy in the arena. */
const char *reader_text(struct reader *r, const json_t *object, const char *name);
/* NULL: an imported result does not say it. */
const char *reader_known_text(struct reader *r, const json_t *object, const char *name);
/* null gives `absent`. */
const char *reader_text_or(struct reader *r, const json_t *object, const char *name,
                           const char *absent);
bool reader_bool(struct reader *r, const json_t *object, const char *name);
uint64_t reader_count(struct reader *r, const json_t *object, const char *name);
uint64_t reader_count_up_to(struct reader *r, const json_t *object, const char *name,
                            uint64_t most);
/* null gives 0. */
uint64_t reader_count_or_none(struct reader *r, const json_t *object, const char *name,
                              uint64_t most);
uint32_t reader_small(struct reader *r, const json_t *object, const char *name);
double reader_number(struct reader *r, const json_t *object, const char *name);
/* A number that cannot be negative. */
double reader_figure(struct reader *r, const json_t *object, const char *name);
/* null gives `absent`. */
double reader_figure_or(struct reader *r, const json_t *object, const char *name, double absent);
/* The same of a number that may be negative. */
double reader_number_or(struct reader *r, const json_t *object, const char *name, double absent);
/* Seconds. */
nsec reader_time(struct reader *r, const json_t *object, const char *name);
nsec reader_date(struct reader *r, const json_t *object, const char *name);
/* The index of the arm that a label names. */
uint32_t reader_arm(struct reader *r, const json_t *object, const char *name);
const char *reader_load(struct reader *r, const json_t *object, const char *name);
void reader_findings(struct reader *r, const json_t *object, const char *name,
                     struct finding_list *out);
