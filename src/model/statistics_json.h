/* The members of a cell that describe its runs: written and read by the result's writer and reader.
 * Private to the module. */
#pragma once

#include "model/json_writer.h"
#include "model/reader.h"
#include "model/result.h"

void statistics_write(struct json_writer *json, const struct result *result,
                      const struct result_cell *cell);
/* Members that are missing are none: a result of an earlier program has not got them. */
void statistics_read(struct reader *r, const json_t *object, struct result_cell *cell);
