#include "cli/workload_option.h"

#include "cli/suggest.h"
#include "model/workload_file.h"
#include "os/file.h"
#include "workload/builtin.h"
#include "workload/workload.h"

bool workload_option_is_file(struct str text)
{
    return str_find(text, '/') >= 0 || str_ends_with(text, STR(".yaml")) ||
           str_ends_with(text, STR(".yml"));
}

static bool unknown(struct str text, struct error *err)
{
    struct suggestion nearest;
    suggest_init(&nearest, text);
    for (const struct builtin_workload *at = builtin_workloads; at->name != NULL; at++) {
        suggest_consider(&nearest, at->name);
    }
    return error_set(err, ERROR_USAGE,
                     "\"%.*s\" is no workload%s%s%s; tenbin workload list shows them, and a "
                     "file's name ends with .yaml",
                     STR_ARG(text), nearest.best == NULL ? "" : " (did you mean \"",
                     nearest.best == NULL ? "" : nearest.best, nearest.best == NULL ? "" : "\"?)");
}

static bool read_file(struct str path, struct arena *arena, struct workload_spec *out,
                      struct error *err)
{
    enum { MOST = 1 << 20 };
    struct buf text;
    const char *name = arena_copy(arena, path);
    buf_init(&text, MOST);
    bool done =
        file_read(name, &text, err) && workload_file_read(name, buf_str(&text), arena, out, err);
    if (!done && err->code == ERROR_SYSTEM) {
        err->code = ERROR_USAGE;
    }
    buf_release(&text);
    return done;
}

bool workload_option_read(struct str text, struct arena *arena, struct workload_spec *out,
                          struct error *err)
{
    struct workload_spec read = *out;
    const struct builtin_workload *builtin = builtin_find(text);
    bool done;
    if (workload_option_is_file(text)) {
        done = read_file(text, arena, &read, err);
    } else if (builtin == NULL) {
        done = unknown(text, err);
    } else {
        done = workload_file_read(builtin->name, str_from(builtin->text), arena, &read, err);
    }
    if (done && !(spec_validate_workload(&read, err) && workload_check(&read, err))) {
        done = error_prefix(err, "workload %.*s", STR_ARG(text));
    }
    if (done) {
        *out = read;
    }
    return done;
}
