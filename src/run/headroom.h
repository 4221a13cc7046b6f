/* What the load generator can do by itself: the load of a cell against a server that does nothing
 * (run/null_server.h). Internal to the module. */
#pragma once

#include "run/session.h"

/* Fills client_maximum of the comparison's cell: operations per second of a closed loop in which
 * nothing but the load generator takes time, as measured in a fraction of a second, or as its runs
 * have shown, whichever is more. It stays
 * unknown where a null server cannot answer what the load waits for, for very large values or very
 * many connections, for churn, and when it fails: the measurement itself does not depend on it. */
void headroom_measure(struct session *session);
