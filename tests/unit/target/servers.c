#include "target/servers.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"
#include "support/tap.h"

/* A folder that stands for the machine: "path" is PATH, "cache" is the cache of servers. */
static char root[PATH_MAX];
static struct arena arena;

static const char *inside(const char *path)
{
    return arena_printf(&arena, "%s/%s", root, path);
}

static void put(const char *path, const char *text, mode_t mode)
{
    char *copy = arena_copy_text(&arena, inside(path));
    for (char *slash = copy + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        (void)mkdir(copy, 0700);
        *slash = '/';
    }
    struct error err = {0};
    if (!file_write(copy, str_from(text), &err) || chmod(copy, mode) != 0) {
        printf("Bail out! %s %s\n", copy, err.text);
        exit(1);
    }
}

static void put_cached(const char *folder, const char *manifest)
{
    static const char program[] = "#!/bin/sh\nexit 0\n";
    put(arena_printf(&arena, "cache/%s/usr/bin/valkey-server", folder), program, 0700);
    put(arena_printf(&arena, "cache/%s/usr/bin/redis-server", folder), program, 0700);
    put(arena_printf(&arena, "cache/%s/lib/ld.so", folder), program, 0700);
    put(arena_printf(&arena, "cache/%s/tenbin-server", folder), manifest, 0600);
}

static void make_machine(void)
{
    put("path/redis-server",
        "#!/bin/sh\n[ \"$1\" = --version ] && echo 'Redis server v=7.0.15 sha=0:0 bits=64'\n",
        0700);
    put("path/valkey-server", "#!/bin/sh\necho 'not executable'\n", 0600);
    put("path/mute-server", "#!/bin/sh\nexit 3\n", 0700);
    put_cached("valkey-8.0.9", "engine=valkey\nversion=8.0.9\nserver=usr/bin/valkey-server\n");
    put_cached("valkey-8.0.10", "engine=valkey\nversion=8.0.10\nloader=lib/ld.so\n"
                                "library-path=lib\nserver=usr/bin/valkey-server\n");
    put_cached("valkey-9.1.2",
               "engine=valkey\r\nversion=9.1.2\r\nserver=usr/bin/valkey-server\r\n");
    put_cached("redis-8.0.2", "engine=redis\nversion=8.0.2\nserver=usr/bin/redis-server");
}

/* Each of these describes no server. */
static void break_folders(void)
{
    static const char *const manifests[] = {
        "",
        "engine=valkey\nversion=99\n",
        "version=99\nserver=usr/bin/valkey-server\n",
        "engine=valkey\nserver=usr/bin/valkey-server\n",
        "engine=valkey\nversion=99\nserver=/bin/sh\n",
        "engine=valkey\nversion=99\nserver=../valkey-9.1.2/usr/bin/valkey-server\n",
        "engine=valkey\nversion=99\nserver=usr/bin/absent\n",
        "engine=valkey\nversion=99\nserver=usr/bin\n",
        "engine=valkey\nversion=99\nserver=usr/bin/valkey-server\nloader=lib/ld.so\n",
        "engine=v\nversion=99\nserver=usr/bin/valkey-server\nloader=no\nlibrary-path=lib\n",
        "\001\002\003=\n=\n",
    };
    for (size_t i = 0; i < sizeof manifests / sizeof manifests[0]; i++) {
        put_cached(arena_printf(&arena, "broken-%zu", i), manifests[i]);
    }
    put_cached(".filling", "engine=valkey\nversion=99\nserver=usr/bin/valkey-server\n");
    put("cache/a-file", "engine=valkey\n", 0600);
}

static void check_list(void)
{
    static const char *const wanted[][3] = {
        {"redis", "7.0.15", "PATH"},   {"redis", "8.0.2", "cache"},  {"valkey", "9.1.2", "cache"},
        {"valkey", "8.0.10", "cache"}, {"valkey", "8.0.9", "cache"},
    };
    size_t rows = sizeof wanted / sizeof wanted[0];
    struct server_program *found = NULL;
    size_t count = 0;
    servers_list(&arena, &found, &count);
    (void)tap_int((int64_t)count, (int64_t)rows, "all servers that are whole are listed");
    for (size_t i = 0; i < rows && i < count; i++) {
        (void)tap_text(found[i].engine, wanted[i][0], "engine of number %zu", i);
        (void)tap_text(found[i].version, wanted[i][1], "version of number %zu", i);
        (void)tap_text(found[i].origin, wanted[i][2], "origin of number %zu", i);
    }
}

static void check_found(void)
{
    static const struct {
        const char *program;
        const char *version;
        const char *found; /* its version; NULL: none */
        const char *origin;
    } rows[] = {
        {"redis-server", NULL, "7.0.15", "PATH"},  {"redis-server", "7.0", "7.0.15", "PATH"},
        {"redis-server", "8.0", "8.0.2", "cache"}, {"redis-server", "8.0.2", "8.0.2", "cache"},
        {"valkey-server", NULL, "9.1.2", "cache"}, {"valkey-server", "8", "8.0.10", "cache"},
        {"valkey-server", "8.0.1", NULL, NULL},    {"valkey-server", "8.0.9", "8.0.9", "cache"},
        {"valkey-server", "99", NULL, NULL},       {"mute-server", NULL, "", "PATH"},
        {"keydb-server", NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *asked = rows[i].version == NULL ? "any" : rows[i].version;
        struct server_program found = {0};
        struct error err = {0};
        bool is_found = servers_find(rows[i].program, rows[i].version, &arena, &found, &err);
        (void)tap_int(is_found, rows[i].found != NULL, "finds %s@%s or not %s", rows[i].program,
                      asked, err.text);
        if (is_found && rows[i].found != NULL) {
            (void)tap_text(found.version, rows[i].found, "%s@%s: version", rows[i].program, asked);
            (void)tap_text(found.origin, rows[i].origin, "%s@%s: origin", rows[i].program, asked);
        }
    }
}

static void check_loader(void)
{
    struct server_program found = {0};
    struct error err = {0};
    const char *path = inside("cache/valkey-8.0.10/usr/bin/valkey-server");
    (void)tap_check(servers_find("valkey-server", "8.0.10", &arena, &found, &err), "by name");
    (void)tap_text(found.argv[0], inside("cache/valkey-8.0.10/lib/ld.so"), "its own loader");
    (void)tap_text(found.argv[1], "--library-path", "is told");
    (void)tap_text(found.argv[2], inside("cache/valkey-8.0.10/lib"), "where its libraries are");
    (void)tap_text(found.argv[3], path, "and the program");
    (void)tap_check(found.argv[4] == NULL, "nothing else");
    found = (struct server_program){0};
    (void)tap_check(servers_find(path, NULL, &arena, &found, &err), "by path");
    (void)tap_text(found.argv[0], inside("cache/valkey-8.0.10/lib/ld.so"), "with its own loader");
    (void)tap_text(found.version, "8.0.10", "its version is known");
    (void)tap_text(found.origin, "file", "as a file");
    /* Another program in the folder of a server is not that server. */
    (void)tap_check(servers_find(inside("cache/valkey-8.0.10/usr/bin/redis-server"), NULL, &arena,
                                 &found, &err),
                    "a neighbour");
    (void)tap_text(found.version, "", "is not taken for the server");
    (void)tap_check(found.argv[1] == NULL, "and runs as it is");
}

static void check_files(void)
{
    struct server_program found = {0};
    struct error err = {0};
    (void)tap_check(servers_find(inside("path/redis-server"), NULL, &arena, &found, &err),
                    "an absolute path");
    (void)tap_text(found.version, "7.0.15", "says its version");
    (void)tap_check(!servers_find(inside("path/redis-server"), "7.2", &arena, &found, &err),
                    "a path with another version");
    (void)tap_text(
        err.text,
        arena_printf(&arena, "%s is version 7.0.15, not 7.2", inside("path/redis-server")),
        "is an error that says so");
    (void)tap_check(!servers_find(inside("path/valkey-server"), NULL, &arena, &found, &err),
                    "a file that cannot be executed");
    (void)tap_int(err.code, ERROR_TARGET, "is an error of the target");
    (void)tap_text(err.text,
                   arena_printf(&arena, "there is no program %s", inside("path/valkey-server")),
                   "that names it");
    if (chdir(root) == 0) {
        (void)tap_check(servers_find("./path/redis-server", NULL, &arena, &found, &err),
                        "a relative path");
        (void)tap_text(found.argv[0], inside("./path/redis-server"), "becomes absolute");
    }
}

static void check_sentence(void)
{
    struct server_program found = {0};
    struct error err = {0};
    (void)tap_check(!servers_find("valkey-server", "7", &arena, &found, &err), "none of version 7");
    (void)tap_check(strstr(err.text, "no valkey-server of version 7 on PATH or in ") == err.text,
                    "names what was looked for: %s", err.text);
    (void)tap_check(strstr(err.text, "redis 7.0.15 (PATH), redis 8.0.2 (cache), valkey 9.1.2") !=
                        NULL,
                    "names what is there");
    (void)tap_check(strstr(err.text, "tools/get-servers") != NULL, "and how to get more");
}

static void check_versions(void)
{
    static const struct {
        const char *version;
        const char *asked;
        bool matches;
    } rows[] = {
        {"9.1.2", "9.1", true},   {"9.1.2", "9.1.2", true}, {"9.1.2", "9", true},
        {"9.10.2", "9.1", false}, {"9.1", "9.1.2", false},  {"9.1.2", NULL, true},
        {"9.1.2", "", true},      {"", "9", false},         {"", NULL, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)tap_int(servers_version_matches(rows[i].version, rows[i].asked), rows[i].matches,
                      "does \"%s\" match \"%s\"", rows[i].version,
                      rows[i].asked == NULL ? "(any)" : rows[i].asked);
    }
    static const struct {
        const char *text;
        const char *engine;
        const char *version;
    } said[] = {
        {"Redis server v=7.0.15 sha=0:0 malloc=jemalloc-5.3.0\n", "redis", "7.0.15"},
        {"a warning\nValkey server v=8.0.1\n", "valkey", "8.0.1"},
        {"Redis server v=", "redis", ""},
        {"KeyDB server v=6.3\n", "", ""},
        {"", "", ""},
    };
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        struct server_program read = {0};
        (void)tap_int(servers_read_version(str_from(said[i].text), &arena, &read),
                      said[i].version[0] != '\0', "reads number %zu", i);
        (void)tap_text(read.engine, said[i].engine, "engine of number %zu", i);
        (void)tap_text(read.version, said[i].version, "version of number %zu", i);
    }
}

int main(void)
{
    struct error err = {0};
    char made[PATH_MAX];
    if (!file_make_temp_dir("tenbin-test-", made, sizeof made, &err) ||
        realpath(made, root) == NULL) {
        printf("Bail out! %s\n", err.text);
        return 1;
    }
    make_machine();
    break_folders();
    (void)setenv("PATH", arena_printf(&arena, "%s:%s::", inside("absent"), inside("path")), 1);
    (void)setenv("TENBIN_SERVERS", inside("cache"), 1);
    check_list();
    check_found();
    check_loader();
    check_files();
    check_sentence();
    check_versions();
    (void)setenv("TENBIN_SERVERS", inside("nowhere"), 1);
    (void)setenv("PATH", "", 1);
    struct server_program *found = NULL;
    size_t count = 1;
    servers_list(&arena, &found, &count);
    (void)tap_int((int64_t)count, 0, "an empty machine has no servers");
    (void)tap_check(file_remove_tree(root, NULL), "the folder is gone");
    arena_release(&arena);
    return tap_end();
}
