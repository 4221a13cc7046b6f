#include "cli/stored.h"

#include <string.h>

#include "analysis/compare.h"
#include "analysis/validity.h"
#include "cli/store_option.h"
#include "model/result_json.h"
#include "os/file.h"

static bool looks_like_file(const char *name)
{
    return strchr(name, '/') != NULL || str_ends_with(str_from(name), STR(".json"));
}

static bool load_file(const char *path, struct result *result, struct error *err)
{
    struct buf text = {0};
    bool done = file_read(path, &text, err) && result_json_read(buf_str(&text), result, err);
    buf_release(&text);
    return done;
}

/* What the end of a measurement adds to a result, for one that has not come to it. */
static void judge(struct result *result, enum store_state state)
{
    if (state == STORE_MEASURING) {
        result_add_finding(result, &result->findings, SEVERITY_INVALID, "unfinished",
                           "look again when it is done",
                           "this result is still being measured: it holds what was there a moment "
                           "ago");
    } else {
        result_add_finding(result, &result->findings, SEVERITY_INVALID, "broken-off", NULL,
                           "tenbin ended before it was done (killed, or the machine went down): "
                           "what was measured until the last second is here");
    }
    validity_check_result(result);
    if (result->kind == RESULT_COMPARE) {
        analysis_compare(result);
    }
    analysis_conclude(result);
}

static bool load_stored(struct request *request, const char *name, struct result *result,
                        struct error *err)
{
    struct store *store = NULL;
    const char *id = NULL;
    enum store_state state = STORE_COMPLETE;
    if (!store_option_open(request, STORE_READ, &store, err)) {
        return false;
    }
    bool done = store_find(store, name, &request->arena, &id, err) &&
                store_load(store, id, result, &state, err);
    store_close(store);
    if (done && state != STORE_COMPLETE) {
        judge(result, state);
    }
    return done;
}

bool stored_load(struct request *request, const char *name, struct result *result, bool *is_stored,
                 struct error *err)
{
    bool looks = looks_like_file(name);
    bool found = !looks && load_stored(request, name, result, err);
    if (is_stored != NULL) {
        *is_stored = found;
    }
    if (looks) {
        return load_file(name, result, err) || error_prefix(err, "%s", name);
    }
    /* A file without a telling name, if there is one: the store's sentence stands otherwise. */
    return found || (err->code == ERROR_USAGE && load_file(name, result, NULL));
}
