/* The file format `tenbin-result`, version 1 (docs/FORMATS.md, docs/tenbin-result.schema.json): its
 * only writer and reader. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "model/result.h"

#define RESULT_JSON_FORMAT "tenbin-result"
enum { RESULT_JSON_VERSION = 1 };

/* Appends the whole result as JSON text (two spaces of indentation, a newline at the end).
 * Numbers that do not exist (NAN, infinity) and what is not known are null; values of settings that
 * are secret are ***; bytes that are not UTF-8 become U+FFFD. Every member of the version is
 * written, also those that this program cannot fill yet (null, or an empty list). */
void result_json_write(const struct result *result, struct buf *out);
/* Reads what result_json_write wrote; members that it does not know are ignored, those that it
 * knows must be there and of the right type. Writing the result again gives the same text.
 * Percentiles and rates are derived from histograms and counts, not read. `result` is initialised
 * by the call and must be released on success only. ERROR_USAGE with the place
 * ("cells[0].runs[3].latency.count: ...") when it is not such a file. Never trusts it. */
bool result_json_read(struct str text, struct result *result, struct error *err);
