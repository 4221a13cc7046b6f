/* The machine that measures, for the result. */
#pragma once

#include "model/env.h"

void machine_describe(struct env *env);
