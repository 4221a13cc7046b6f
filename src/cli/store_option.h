/* Which store is meant: --store. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "cli/option.h"
#include "cli/request.h"
#include "store/store.h"

enum { STORE_PATH_SIZE = 4096 };

/* --store for the commands that look at what is stored. */
extern const struct option_group options_store;

/* --store none */
bool store_option_is_none(const struct request *request);
/* The file that --store names, or the default. ERROR_USAGE. */
bool store_option_path(const struct request *request, char path[STORE_PATH_SIZE],
                       struct error *err);
/* Opens it. ERROR_USAGE also for --store none. */
bool store_option_open(const struct request *request, enum store_mode mode, struct store **out,
                       struct error *err);
