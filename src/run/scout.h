/* What must be known before the first block of a suite: how long launching and loading take, what
 * data weighs in memory, and what the slower arm can do where loads are given in per cent of it.
 * Loads all data once on each arm, and connects and checks each cell. */
#pragma once

#include "base/error.h"
#include "run/budget.h"
#include "run/session.h"

/* Fills the cost that was seen. Cells whose rates are known already, and data that was weighed
 * before, are left as they are. Loads given in per cent become rates. */
bool scout_all(struct session *session, struct budget_cost *cost, struct error *err);
