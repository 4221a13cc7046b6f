/* The file format `tenbin-result`, version 1 (docs/FORMATS.md, docs/tenbin-result.schema.json): its
 * only writer and reader. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "model/result.h"

/* Appends the whole result as JSON text (two spaces of indentation, a newline at the end).
 * Numbers that do not exist (NAN, infinity) are null. */
void result_json_write(const struct result *result, struct buf *out);
/* Reads what result_json_write wrote, by this or an earlier minor version; unknown members are
 * ignored. `result` is initialised by the call and must be released on success only. ERROR_USAGE
 * with the place ("cells[0].runs[3].latency: ...") when it is not such a file. Never trusts it. */
bool result_json_read(struct str text, struct result *result, struct error *err);
