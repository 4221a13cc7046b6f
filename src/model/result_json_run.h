/* A run of a result file: its reader. Internal to the module. */
#pragma once

#include <jansson.h>

#include "model/reader.h"
#include "model/result.h"

/* Adds the run to the cell. */
void run_json_read(struct reader *r, const json_t *object, struct result_cell *cell);
