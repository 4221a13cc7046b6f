#include "target/servers.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "os/file.h"
#include "target/command.h"

enum {
    MANIFEST_LIMIT = 16 * 1024,
    VERSION_OUTPUT_LIMIT = 64 * 1024,
    VERSION_SECONDS = 2,
    /* Folders between a cached server's own folder and its program: "usr/bin" and a few more. */
    MANIFEST_DEPTH = 4,
};

static const char *const manifest_name = "tenbin-server";
static const char *const programs_on_path[] = {"redis-server", "valkey-server"};

/* Programs that were found, in memory of base/mem.h until they are complete. */
struct found {
    struct server_program *items;
    size_t count;
};

static void found_add(struct found *found, const struct server_program *program)
{
    found->items = mem_resize(found->items, found->count + 1, sizeof *found->items);
    found->items[found->count++] = *program;
}

bool servers_version_matches(const char *version, const char *asked)
{
    struct str whole = str_from(version);
    struct str part = str_from(asked);
    if (!str_starts_with(whole, part)) {
        return false;
    }
    return part.len == 0 || whole.len == part.len || whole.data[part.len] == '.';
}

/* By numbers between dots: below 0 when `a` is older. */
static int compare_versions(const char *a, const char *b)
{
    struct str left = str_from(a);
    struct str right = str_from(b);
    while (left.len > 0 || right.len > 0) {
        uint64_t number_left = 0;
        uint64_t number_right = 0;
        (void)str_to_u64(str_split(&left, '.'), &number_left);
        (void)str_to_u64(str_split(&right, '.'), &number_right);
        if (number_left != number_right) {
            return number_left < number_right ? -1 : 1;
        }
    }
    return 0;
}

bool servers_read_version(struct str text, struct arena *arena, struct server_program *out)
{
    static const struct {
        const char *prefix;
        const char *engine;
    } forms[] = {{"Redis server v=", "redis"}, {"Valkey server v=", "valkey"}};
    out->engine = "";
    out->version = "";
    while (text.len > 0) {
        struct str line = str_trim(str_split(&text, '\n'));
        for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
            struct str prefix = str_from(forms[i].prefix);
            if (str_starts_with(line, prefix)) {
                struct str rest = str_from_index(line, prefix.len);
                struct str version = str_split(&rest, ' ');
                out->engine = forms[i].engine;
                out->version = arena_copy(arena, version);
                return version.len > 0;
            }
        }
    }
    return false;
}

/* Asks the program itself; it stays unknown when it would not say. */
static void ask_version(struct arena *arena, struct server_program *program)
{
    const char *argv[SERVERS_MAX_ARGS + 1] = {NULL};
    size_t count = 0;
    for (; program->argv[count] != NULL; count++) {
        argv[count] = program->argv[count];
    }
    argv[count] = "--version";
    struct buf out;
    buf_init(&out, VERSION_OUTPUT_LIMIT);
    struct str text = {0};
    if (command_run(argv, VERSION_SECONDS * NSEC_PER_SEC, &out, NULL)) {
        text = buf_str(&out);
    }
    (void)servers_read_version(text, arena, program);
    buf_release(&out);
}

/* The value of the line "name=value", or an empty view. */
static struct str manifest_get(struct str manifest, const char *name)
{
    while (manifest.len > 0) {
        struct str value = str_trim(str_split(&manifest, '\n'));
        struct str key = str_split(&value, '=');
        if (str_eq(key, str_from(name))) {
            return value;
        }
    }
    return (struct str){0};
}

/* A path inside the folder, or NULL: absent, absolute, or one that leaves the folder. */
static const char *manifest_path(struct str manifest, const char *name, const char *folder,
                                 struct arena *arena)
{
    struct str value = manifest_get(manifest, name);
    if (value.len == 0 || value.data[0] == '/') {
        return NULL;
    }
    struct str rest = value;
    while (rest.len > 0) {
        if (str_eq(str_split(&rest, '/'), STR(".."))) {
            return NULL;
        }
    }
    return arena_printf(arena, "%s/%.*s", folder, STR_ARG(value));
}

/* The server that a manifest's text describes. False when it is broken. */
static bool read_manifest(struct str manifest, const char *folder, struct arena *arena,
                          struct server_program *out)
{
    struct str engine = manifest_get(manifest, "engine");
    struct str version = manifest_get(manifest, "version");
    const char *path = manifest_path(manifest, "server", folder, arena);
    if (engine.len == 0 || version.len == 0 || path == NULL || !file_is_program(path)) {
        return false;
    }
    *out = (struct server_program){
        .engine = arena_copy(arena, engine),
        .version = arena_copy(arena, version),
        .origin = "cache",
        .path = path,
    };
    size_t count = 0;
    if (manifest_get(manifest, "loader").len > 0) {
        const char *loader = manifest_path(manifest, "loader", folder, arena);
        const char *libraries = manifest_path(manifest, "library-path", folder, arena);
        if (loader == NULL || libraries == NULL || !file_is_program(loader)) {
            return false;
        }
        out->argv[count++] = loader;
        out->argv[count++] = "--library-path";
        out->argv[count++] = libraries;
    }
    out->argv[count] = path;
    return true;
}

static bool read_folder(const char *folder, struct arena *arena, struct server_program *out)
{
    struct buf text;
    buf_init(&text, MANIFEST_LIMIT);
    bool known = file_read(arena_printf(arena, "%s/%s", folder, manifest_name), &text, NULL) &&
                 read_manifest(buf_str(&text), folder, arena, out);
    buf_release(&text);
    return known;
}

/* A server runs in a folder of its own: its path must not depend on this process's. */
static const char *absolute_path(const char *path, struct arena *arena)
{
    char folder[PATH_MAX];
    if (path[0] == '/' || getcwd(folder, sizeof folder) == NULL) {
        return arena_copy_text(arena, path);
    }
    return arena_printf(arena, "%s/%s", folder, path);
}

/* Where tools/get-servers puts servers; NULL when there is no home. */
static const char *cache_folder(struct arena *arena)
{
    static const struct {
        const char *variable;
        const char *below;
    } places[] = {
        {"TENBIN_SERVERS", ""},
        {"XDG_CACHE_HOME", "/tenbin/servers"},
        {"HOME", "/.cache/tenbin/servers"},
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *base = getenv(places[i].variable);
        if (base != NULL && base[0] != '\0') {
            return arena_printf(arena, "%s%s", base, places[i].below);
        }
    }
    return NULL;
}

/* By engine, newer versions first, then by path: the same order on every machine. */
static int compare_programs(const void *a, const void *b)
{
    const struct server_program *left = a;
    const struct server_program *right = b;
    int order = strcmp(left->engine, right->engine);
    if (order == 0) {
        order = compare_versions(right->version, left->version);
    }
    return order != 0 ? order : strcmp(left->path, right->path);
}

static void find_cached(struct arena *arena, struct found *found)
{
    const char *root = cache_folder(arena);
    root = root == NULL ? NULL : absolute_path(root, arena);
    DIR *folder = root == NULL ? NULL : opendir(root);
    if (folder == NULL) {
        return;
    }
    size_t first = found->count;
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        struct server_program program;
        /* Names with a dot are folders that are being filled, "." and "..". */
        if (entry->d_name[0] != '.' &&
            read_folder(arena_printf(arena, "%s/%s", root, entry->d_name), arena, &program)) {
            found_add(found, &program);
        }
    }
    (void)closedir(folder);
    if (found->count > first) {
        qsort(found->items + first, found->count - first, sizeof *found->items, compare_programs);
    }
}

/* The first program of this name on PATH. */
static bool find_on_path(const char *name, struct arena *arena, struct server_program *out)
{
    struct str rest = str_from(getenv("PATH"));
    while (rest.len > 0) {
        struct str folder = str_split(&rest, ':');
        if (folder.len == 0) {
            continue; /* the working folder: too easily another program than the one meant */
        }
        const char *path = arena_printf(arena, "%.*s/%s", STR_ARG(folder), name);
        if (file_is_program(path)) {
            path = absolute_path(path, arena);
            *out = (struct server_program){.origin = "PATH", .path = path, .argv = {path}};
            ask_version(arena, out);
            return true;
        }
    }
    return false;
}

static void find_all(struct arena *arena, struct found *found)
{
    for (size_t i = 0; i < sizeof programs_on_path / sizeof programs_on_path[0]; i++) {
        struct server_program program;
        if (find_on_path(programs_on_path[i], arena, &program)) {
            found_add(found, &program);
        }
    }
    find_cached(arena, found);
}

void servers_list(struct arena *arena, struct server_program **out, size_t *count)
{
    struct found found = {0};
    find_all(arena, &found);
    *out = arena_alloc_array(arena, found.count, sizeof **out);
    *count = found.count;
    for (size_t i = 0; i < found.count; i++) {
        (*out)[i] = found.items[i];
    }
    mem_free(found.items);
}

/* The folder of a cached server that holds `path`: the program runs with its own loader. */
static bool find_manifest_above(const char *path, struct arena *arena, struct server_program *out)
{
    char real[PATH_MAX];
    if (realpath(path, real) == NULL) {
        return false;
    }
    struct str folder = str_from(real);
    for (int i = 0; i < MANIFEST_DEPTH; i++) {
        ptrdiff_t slash = str_find_last(folder, '/');
        if (slash <= 0) {
            return false;
        }
        folder = str_prefix(folder, (size_t)slash);
        char server[PATH_MAX];
        if (read_folder(arena_copy(arena, folder), arena, out)) {
            return realpath(out->path, server) != NULL && strcmp(server, real) == 0;
        }
    }
    return false;
}

static bool find_file(const char *path, const char *version, struct arena *arena,
                      struct server_program *out, struct error *err)
{
    if (!file_is_program(path)) {
        return error_set(err, ERROR_TARGET, "there is no program %s", path);
    }
    if (!find_manifest_above(path, arena, out)) {
        const char *absolute = absolute_path(path, arena);
        *out = (struct server_program){.path = absolute, .argv = {absolute}};
        ask_version(arena, out);
    }
    out->origin = "file";
    if (out->version[0] != '\0' && !servers_version_matches(out->version, version)) {
        return error_set(err, ERROR_TARGET, "%s is version %s, not %s", path, out->version,
                         version);
    }
    return true;
}

static bool has_name(const struct server_program *program, const char *name)
{
    const char *slash = strrchr(program->path, '/');
    return strcmp(slash == NULL ? program->path : slash + 1, name) == 0;
}

static bool say_what_is_there(const char *program, const char *version, struct arena *arena,
                              struct error *err)
{
    struct found found = {0};
    find_all(arena, &found);
    struct buf there = {0};
    for (size_t i = 0; i < found.count; i++) {
        const struct server_program *item = &found.items[i];
        (void)buf_addf(&there, "%s%s %s (%s)", i == 0 ? "" : ", ",
                       item->engine[0] == '\0' ? item->path : item->engine, item->version,
                       item->origin);
    }
    const char *cache = cache_folder(arena);
    /* What is there comes last: a long list is cut. */
    (void)error_set(err, ERROR_TARGET,
                    "no %s%s%s on PATH or in %s; tools/get-servers fetches servers; there is %s",
                    program, version == NULL ? "" : " of version ", version == NULL ? "" : version,
                    cache == NULL ? "a cache folder" : cache,
                    found.count == 0 ? "none" : buf_text(&there));
    buf_release(&there);
    mem_free(found.items);
    return false;
}

bool servers_find(const char *program, const char *version, struct arena *arena,
                  struct server_program *out, struct error *err)
{
    if (strchr(program, '/') != NULL) {
        return find_file(program, version, arena, out, err);
    }
    if (find_on_path(program, arena, out) && servers_version_matches(out->version, version)) {
        return true;
    }
    struct found found = {0};
    find_cached(arena, &found);
    const struct server_program *best = NULL;
    for (size_t i = 0; i < found.count; i++) {
        const struct server_program *item = &found.items[i];
        if (has_name(item, program) && servers_version_matches(item->version, version) &&
            (best == NULL || compare_versions(item->version, best->version) > 0)) {
            best = item;
        }
    }
    if (best != NULL) {
        *out = *best;
    }
    bool is_there = best != NULL;
    mem_free(found.items);
    return is_there || say_what_is_there(program, version, arena, err);
}
