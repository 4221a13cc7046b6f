/* The part of a result file that says who did what: see roles.h. Internal to the module. */
#pragma once

#include "model/json_writer.h"
#include "model/reader.h"

/* The member "roles" of a workload; null when all clients simply ask. */
void roles_json_write(struct json_writer *json, const struct roles_spec *roles);
/* Files of earlier versions have none. */
void roles_json_read(struct reader *r, const json_t *workload, struct roles_spec *out);
