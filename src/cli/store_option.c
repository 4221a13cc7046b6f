#include "cli/store_option.h"

#include <stdio.h>
#include <string.h>

#include "cli/option_read.h"

static const struct option storing[] = {
    {"store", '\0', "FILE", "the store", "tenbin/results.db in the folder for data",
     option_read_text, offsetof(struct request, store), 0, 0},
    {.name = NULL},
};
const struct option_group options_store = {"Store", storing};

bool store_option_is_none(const struct request *request)
{
    return request->store != NULL && strcmp(request->store, "none") == 0;
}

bool store_option_path(const struct request *request, char path[STORE_PATH_SIZE], struct error *err)
{
    if (request->store == NULL) {
        return store_default_path(path, STORE_PATH_SIZE, err);
    }
    int len = snprintf(path, STORE_PATH_SIZE, "%s", request->store);
    return len < STORE_PATH_SIZE ||
           error_set(err, ERROR_USAGE, "option '--store': the path is too long");
}

bool store_option_open(const struct request *request, enum store_mode mode, struct store **out,
                       struct error *err)
{
    char path[STORE_PATH_SIZE];
    if (store_option_is_none(request)) {
        return error_set(err, ERROR_USAGE, "option '--store': this command needs a store");
    }
    return store_option_path(request, path, err) && store_open(path, mode, out, err);
}
