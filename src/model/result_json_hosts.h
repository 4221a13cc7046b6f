/* The part of a result file about the servers of an arm: what each said of itself. Internal to the
 * module. */
#pragma once

#include "model/json_writer.h"
#include "model/reader.h"

/* What a server said of itself: an object, name -> text. */
void facts_json_write(struct json_writer *json, const struct setting *facts, size_t count);
/* The member "facts" of an object; files of earlier versions have none. Returns how many. */
size_t facts_json_read(struct reader *r, const json_t *object, struct setting **out);

/* The member "settings" of an object: what was asked for, name -> text, or a list of texts where a
 * setting is given several times. Secret ones are written as ***. */
void settings_json_write(struct json_writer *json, const struct setting *settings, size_t count);
/* Returns how many. */
size_t settings_json_read(struct reader *r, const json_t *object, struct setting **out);

/* The member "hosts" of an arm: a list; null where there is one host. */
void hosts_json_write(struct json_writer *json, const struct result_arm *arm);
/* Files of earlier versions have none. */
void hosts_json_read(struct reader *r, const json_t *object, struct result_arm *arm);
