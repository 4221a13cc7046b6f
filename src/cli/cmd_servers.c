#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/command.h"
#include "cli/option_read.h"
#include "cli/options_workload.h"
#include "os/file.h"
#include "target/servers.h"

static const struct option listing[] = {
    {"json", '\0', "FILE", "write the list as JSON instead; '-': to standard output", NULL,
     option_read_text, offsetof(struct request, json), 0, 0},
    {.name = NULL},
};
static const struct option_group options_listing = {"Output", listing};

static const struct option_group *const groups[] = {&options_listing, &options_general, NULL};

struct server_list {
    struct server_program *items;
    size_t count;
};

static void add_json_text(const char *name, const char *value, struct buf *out)
{
    (void)buf_addf(out, "\"%s\": \"", name);
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            (void)buf_addf(out, "\\%c", *c);
        } else if ((unsigned char)*c < ' ') {
            (void)buf_addf(out, "\\u%04x", (unsigned)*c);
        } else {
            (void)buf_add_char(out, *c);
        }
    }
    (void)buf_add_char(out, '"');
}

static void write_json(const struct server_list *list, struct buf *out)
{
    (void)buf_add_text(out, "{\n  \"format\": \"tenbin-servers\",\n  \"version\": 1,\n"
                            "  \"servers\": [");
    for (size_t i = 0; i < list->count; i++) {
        const struct server_program *server = &list->items[i];
        (void)buf_add_text(out, i == 0 ? "\n    {" : ",\n    {");
        add_json_text("engine", server->engine, out);
        (void)buf_add_text(out, ", ");
        add_json_text("version", server->version, out);
        (void)buf_add_text(out, ", ");
        add_json_text("origin", server->origin, out);
        (void)buf_add_text(out, ", ");
        add_json_text("path", server->path, out);
        (void)buf_add_char(out, '}');
    }
    (void)buf_add_text(out, list->count == 0 ? "]\n}\n" : "\n  ]\n}\n");
}

static int widest(int width, const char *text)
{
    int len = (int)strlen(text);
    return len > width ? len : width;
}

static void write_table(const struct server_list *list, struct buf *out)
{
    int engine = widest(0, "engine");
    int version = widest(0, "version");
    int origin = widest(0, "origin");
    for (size_t i = 0; i < list->count; i++) {
        engine = widest(engine, list->items[i].engine);
        version = widest(version, list->items[i].version);
        origin = widest(origin, list->items[i].origin);
    }
    (void)buf_addf(out, "%-*s  %-*s  %-*s  path\n", engine, "engine", version, "version", origin,
                   "origin");
    for (size_t i = 0; i < list->count; i++) {
        const struct server_program *server = &list->items[i];
        (void)buf_addf(out, "%-*s  %-*s  %-*s  %s\n", engine, server->engine, version,
                       server->version[0] == '\0' ? "?" : server->version, origin, server->origin,
                       server->path);
    }
}

static bool servers(struct request *request, int *exit_code, struct error *err)
{
    struct server_list list;
    servers_list(&request->arena, &list.items, &list.count);
    struct buf text = {0};
    bool ok = true;
    if (request->json != NULL) {
        write_json(&list, &text);
    } else if (list.count > 0) {
        write_table(&list, &text);
    }
    if (request->json != NULL && strcmp(request->json, "-") != 0) {
        ok = file_write(request->json, buf_str(&text), err);
    } else if (fwrite(buf_text(&text), 1, text.len, stdout) != text.len || fflush(stdout) != 0) {
        ok = error_set(err, ERROR_USAGE, "standard output cannot be written");
    }
    if (list.count == 0) {
        (void)fputs("No servers found on PATH or in the cache; tools/get-servers fetches some.\n",
                    stderr);
    }
    buf_release(&text);
    *exit_code = COMMAND_DONE;
    return ok;
}

const struct command cmd_servers = {
    .name = "servers",
    .arguments = "[options]",
    .summary = "list the server programs found on this machine",
    .text =
        "Lists the server programs that local:PROGRAM[@VERSION] can mean on this machine: those "
        "on PATH and those that tools/get-servers has fetched.",
    .groups = groups,
    .takes_targets = false,
    .starts_servers = false,
    .run = servers,
};
