/* The conditions of a measurement that decide how noisy it is, as a short text: two measurements
 * with the same text were made under the same conditions, and what one shows of noise holds for the
 * other. docs/METHODOLOGY.md ("Calibration") says what counts and why. Pure. */
#pragma once

#include <stdint.h>

#include "model/result.h"

enum { FINGERPRINT_SIZE = 17 }; /* 16 hexadecimal digits */

/* Of one arm in one cell. Returns `text`. */
const char *fingerprint_take(const struct result *result, const struct result_cell *cell,
                             uint32_t arm, char text[FINGERPRINT_SIZE]);
