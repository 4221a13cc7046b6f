/* The part of a result file that says what was sent. Internal to the module. */
#pragma once

#include "model/json_writer.h"
#include "model/reader.h"

/* The member "workload" of a cell. */
void workload_json_write(struct json_writer *json, const struct workload_spec *workload);
/* What results of earlier versions do not tell stays what it was then. */
void workload_json_read(struct reader *r, const json_t *cell, struct workload_spec *out);
