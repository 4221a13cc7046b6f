/* Applying the settings of a suite to a cell. Internal to the module. */
#pragma once

#include "model/suite.h"

/* Is there such a field? */
bool suite_setting_is_known(struct str field);
/* Sets the field of the cell. ERROR_USAGE says what is expected, without the place. */
bool suite_setting_apply(const struct suite_setting *setting, struct cell_spec *cell,
                         struct error *err);
/* Is a cell the same load on the same data as another one? */
bool suite_same_cell(const struct cell_spec *a, const struct cell_spec *b);
