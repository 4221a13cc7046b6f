/* The samples of monitors in a result file. Internal to the module. */
#pragma once

#include "model/json_writer.h"
#include "model/reader.h"

/* The member "monitor" of a run. */
void monitor_json_write(struct json_writer *json, const struct result_run *run);
/* Files of earlier versions may lack it. */
void monitor_json_read(struct reader *r, const json_t *object, struct result_run *run);
