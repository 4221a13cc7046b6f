/* Calibrations in the result file: the member "calibration" of cells. */
#pragma once

#include "base/error.h"
#include "base/str.h"
#include "model/json_writer.h"
#include "model/reader.h"
#include "model/result.h"

/* Writes the member; null where there is none. */
void calibration_json_write(struct json_writer *json, const struct calibration *calibration);
/* Reads it; files of earlier versions have none. NULL: none. */
struct calibration *calibration_json_read(struct reader *r, const json_t *cell);
/* From the text of the member alone, into the result's arena. NULL: the text is none. */
struct calibration *calibration_json_parse(struct str text, struct result *result,
                                           struct error *err);
