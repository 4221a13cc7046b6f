/* The targets of a comparison for which none were named. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "cli/request.h"

/* The redis-server and the valkey-server of this machine; one of them with --aa. ERROR_TARGET. */
bool default_targets(struct request *request, struct error *err);
