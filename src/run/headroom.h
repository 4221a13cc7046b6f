/* What the load generator can do by itself: the load of a cell against a server that does nothing
 * (run/null_server.h). Internal to the module. */
#pragma once

#include "run/session.h"

/* Fills client_maximum of the cells: operations per second of a closed loop in which nothing but
 * the load generator takes time, the best of three slices, half a second in all. It stays unknown
 * where a null server cannot answer what the load waits for, for very large values or very many
 * connections, for churn, when it fails and when the user wants to stop: the measurement itself
 * does not depend on it. */
void headroom_measure(struct session *session);
