#include "cli/default_targets.h"

#include "target/servers.h"

/* The programs that are compared when no target was named. */
static const char *const default_programs[] = {"redis-server", "valkey-server"};
enum { DEFAULT_COUNT = sizeof default_programs / sizeof default_programs[0] };

/* Appends local:PROGRAM to the request's targets if the program is there. */
static bool add_default(struct request *request, const char *program, struct error *err)
{
    struct server_program found;
    if (!servers_find(program, NULL, &request->arena, &found, err)) {
        return false;
    }
    const char *text = arena_printf(&request->arena, "local:%s", program);
    if (!target_spec_parse(str_from(text), &request->arena,
                           &request->targets[request->spec.target_count], err)) {
        return false;
    }
    request->spec.target_count++;
    return true;
}

bool default_targets(struct request *request, struct error *err)
{
    request->targets = arena_alloc_array(&request->arena, DEFAULT_COUNT, sizeof *request->targets);
    request->spec.targets = request->targets;
    for (size_t i = 0; i < DEFAULT_COUNT; i++) {
        bool found = add_default(request, default_programs[i], err);
        if (request->spec.design.aa && found) {
            return true;
        }
        if (!request->spec.design.aa && !found) {
            return error_prefix(err, "no targets are named, and not both servers are here");
        }
    }
    return request->spec.target_count > 0;
}
