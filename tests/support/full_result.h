/* A result in which every member holds something: for tests of whoever writes, reads or shows
 * results. */
#pragma once

#include "model/result.h"

/* Initialises `result` and fills it: two arms, one cell, a run of each arm (the second one without
 * server figures and with findings), comparisons with and without bounds. */
void full_result_init(struct result *result);
