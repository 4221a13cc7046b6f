/* With real servers, from PATH or from tools/get-servers; an engine that is not there is skipped.
 */
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"
#include "os/keeper.h"
#include "support/tap.h"
#include "target/servers.h"
#include "target/target.h"

static char folder[PATH_MAX]; /* TMPDIR of this test: servers leave nothing in it */

enum { NAME_SIZE = 64 };

static unsigned count_entries(const char *path)
{
    unsigned count = 0;
    DIR *open = opendir(path);
    const struct dirent *entry;
    while (open != NULL && (entry = readdir(open)) != NULL) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    if (open != NULL) {
        (void)closedir(open);
    }
    return count;
}

static bool is_running(uint64_t pid)
{
    return kill((pid_t)pid, 0) == 0;
}

static struct target_spec spec_of(const char *program)
{
    return (struct target_spec){.kind = TARGET_LOCAL, .text = "local:x", .program = program};
}

static bool start(struct target *target, const struct target_spec *spec, const char *what)
{
    struct error err = {0};
    bool started = target_init(target, spec, NULL, &err) && target_start(target, &err);
    return tap_check(started, "%s: starts %s", what, err.text);
}

static void run_command(struct target *target, struct arena *arena, const char *first,
                        const char *second, struct resp_value *reply)
{
    struct error err = {0};
    *reply = (struct resp_value){0};
    if (!client_call(&target->control, arena, reply, &err, first, second, NULL)) {
        (void)tap_check(false, "%s %s: %s", first, second, err.text);
    }
}

/* The value of one setting as the server has it. */
static const char *config_of(struct target *target, struct arena *arena, const char *name)
{
    struct resp_value reply;
    struct error err = {0};
    if (!client_call(&target->control, arena, &reply, &err, "CONFIG", "GET", name, NULL)) {
        return err.text[0] == '\0' ? "?" : arena_copy_text(arena, err.text);
    }
    const struct resp_value *value = resp_value_get(&reply, name);
    return value == NULL ? "(absent)" : arena_copy(arena, value->text);
}

static void check_life(const char *program, const char *version, const char *engine)
{
    struct target_spec spec = spec_of(program);
    spec.version = version;
    struct target target = {0};
    struct arena arena = {0};
    struct error err = {0};
    if (start(&target, &spec, program)) {
        (void)tap_text(target.server.engine, engine, "%s: its engine", program);
        (void)tap_check(servers_version_matches(target.server.version, version),
                        "%s: %s is the version asked for", program, target.server.version);
        (void)tap_check(target.owned && target.is_local, "%s: ours, and here", program);
        (void)tap_check(target_is_alive(&target, &err), "%s: is alive %s", program, err.text);
        (void)tap_int((int64_t)target_connected_clients(&target), 1, "%s: one client", program);
        (void)tap_text(config_of(&target, &arena, "save"), "", "%s: does not save", program);
        (void)tap_text(config_of(&target, &arena, "bind"), "127.0.0.1", "%s: loopback", program);
        (void)tap_int(count_entries(folder), 1, "%s: one folder", program);

        struct info_counters before = {0};
        struct info_counters after = {0};
        struct resp_value reply;
        uint64_t keys = 99;
        (void)tap_check(target_count_keys(&target, &keys, &err) && keys == 0, "%s: empty", program);
        (void)tap_check(target_counters(&target, &before, &err), "%s: counters", program);
        (void)client_call(&target.control, &arena, &reply, &err, "SET", "k", "v", NULL);
        run_command(&target, &arena, "GET", "k", &reply);
        run_command(&target, &arena, "GET", "absent", &reply);
        (void)tap_check(target_counters(&target, &after, &err), "%s: counters again", program);
        (void)tap_check(after.commands >= before.commands + 3, "%s: commands grow", program);
        (void)tap_int((int64_t)(after.keyspace_hits - before.keyspace_hits), 1, "%s: hits",
                      program);
        (void)tap_int((int64_t)(after.keyspace_misses - before.keyspace_misses), 1, "%s: misses",
                      program);
        (void)tap_check(after.cpu_seconds >= before.cpu_seconds && after.used_memory > 0,
                        "%s: time does not run backwards", program);
        (void)tap_check(target_count_keys(&target, &keys, &err) && keys == 1, "%s: a key", program);

        char run_id[INFO_TEXT_SIZE];
        memcpy(run_id, target.server.run_id, sizeof run_id);
        uint64_t pid = target.server.process_id;
        target_stop(&target);
        (void)tap_check(!is_running(pid), "%s: the process is gone", program);
        (void)tap_int(count_entries(folder), 0, "%s: the folder is gone", program);
        (void)tap_check(!target_is_alive(&target, &err), "%s: is not alive", program);
        target_stop(&target);
        (void)tap_check(target_start(&target, &err), "%s: starts again %s", program, err.text);
        (void)tap_check(run_id[0] != '\0' && strcmp(run_id, target.server.run_id) != 0,
                        "%s: a new launch", program);
        (void)tap_check(target_count_keys(&target, &keys, &err) && keys == 0, "%s: empty again",
                        program);
    }
    target_release(&target);
    (void)tap_int(count_entries(folder), 0, "%s: nothing remains", program);
    arena_release(&arena);
}

static void check_settings(const char *program)
{
    struct setting settings[] = {
        {"maxmemory", "100mb"},      {"save", "900 1"}, {"io-threads", "2"},
        {"requirepass", "a b\"\\#"}, {"port", "0"},     {"unixsocket", "s.sock"},
    };
    struct target_spec spec = spec_of(program);
    spec.settings = settings;
    spec.setting_count = sizeof settings / sizeof settings[0];
    struct target target = {0};
    struct arena arena = {0};
    if (start(&target, &spec, "settings")) {
        (void)tap_text(config_of(&target, &arena, "maxmemory"), "104857600", "a size");
        (void)tap_text(config_of(&target, &arena, "save"), "900 1", "two arguments");
        (void)tap_text(config_of(&target, &arena, "io-threads"), "2", "a number");
        (void)tap_text(config_of(&target, &arena, "requirepass"), "a b\"\\#", "a password");
        (void)tap_check(strstr(target.endpoint.name, "/s.sock") != NULL, "a unix socket in %s",
                        target.endpoint.name);
    }
    target_release(&target);
    arena_release(&arena);
    (void)tap_int(count_entries(folder), 0, "settings: nothing remains");
}

static void check_processors(const char *program)
{
    struct cpu_set all = {0};
    struct cpu_set one = {0};
    struct error err = {0};
    struct target_spec spec = spec_of(program);
    struct target target = {0};
    if (!cpu_available(&all, &err)) {
        (void)tap_check(false, "processors: %s", err.text);
        return;
    }
    cpu_set_add(&one, cpu_set_nth(&all, cpu_set_count(&all) - 1));
    bool started = target_init(&target, &spec, &one, &err) && target_start(&target, &err);
    if (tap_check(started, "on one processor: starts %s", err.text)) {
        char path[NAME_SIZE];
        char wanted[CPU_SET_TEXT_SIZE + NAME_SIZE];
        char set[CPU_SET_TEXT_SIZE];
        struct buf status = {0};
        (void)snprintf(path, sizeof path, "/proc/%llu/status",
                       (unsigned long long)target.server.process_id);
        (void)snprintf(wanted, sizeof wanted, "\nCpus_allowed_list:\t%s\n",
                       cpu_set_format(&one, set));
        (void)tap_check(file_read(path, &status, &err) && strstr(buf_text(&status), wanted) != NULL,
                        "the server may use processor %s only", set);
        buf_release(&status);
    }
    target_release(&target);
}

/* `sentence` is a part of what must be said. */
static void check_refused(const char *program, struct setting setting, const char *sentence)
{
    struct target_spec spec = spec_of(program);
    spec.settings = &setting;
    spec.setting_count = 1;
    struct target target = {0};
    struct error err = {0};
    bool started = target_init(&target, &spec, NULL, &err) && target_start(&target, &err);
    (void)tap_check(!started, "%s: is refused", setting.name);
    (void)tap_int(err.code, ERROR_TARGET, "%s: an error of the target", setting.name);
    (void)tap_check(strstr(err.text, sentence) != NULL, "%s: \"%s\" is in \"%s\"", setting.name,
                    sentence, err.text);
    (void)tap_check(strstr(err.text, "local:x: ") == err.text, "%s: names the target",
                    setting.name);
    target_release(&target);
    (void)tap_int(count_entries(folder), 0, "%s: nothing remains", setting.name);
}

static void check_taken_port(const char *program)
{
    struct target_spec spec = spec_of(program);
    struct target first = {0};
    if (start(&first, &spec, "port")) {
        const char *port = strrchr(first.endpoint.name, ':') + 1;
        struct setting setting = {"port", port};
        struct target_spec same = spec;
        same.settings = &setting;
        same.setting_count = 1;
        struct target second = {0};
        struct error err = {0};
        bool started = target_init(&second, &same, NULL, &err) && target_start(&second, &err);
        (void)tap_check(!started, "a port that is taken is not taken over");
        (void)tap_check(strstr(err.text, "the server ended at once: Failed listening") != NULL,
                        "says so: %s", err.text);
        target_release(&second);
        (void)tap_check(target_is_alive(&first, &err), "the first one lives");
    }
    target_release(&first);
}

static void check_killed(const char *program)
{
    struct target_spec spec = spec_of(program);
    struct target target = {0};
    struct error err = {0};
    struct info_counters counters;
    uint64_t keys;
    if (start(&target, &spec, "killed")) {
        (void)kill((pid_t)target.server.process_id, SIGKILL);
        (void)tap_check(!target_counters(&target, &counters, &err), "counters of a dead server");
        (void)tap_check(strstr(err.text, "local:x: the server ended by signal 9; its last words: "
                                         "Ready to accept connections") == err.text,
                        "how it ended, and its log: %s", err.text);
        (void)tap_check(!target_count_keys(&target, &keys, &err), "its keys");
        (void)tap_check(!target_is_alive(&target, &err) && err.code == ERROR_TARGET, "its life");
        target_stop(&target);
        (void)tap_check(target_start(&target, &err), "it can be started again %s", err.text);
    }
    target_release(&target);
    (void)tap_int(count_entries(folder), 0, "killed: nothing remains");
}

static void check_no_server(const char *script, const char *sentence)
{
    char path[PATH_MAX + NAME_SIZE];
    (void)snprintf(path, sizeof path, "%s-program", folder);
    struct error err = {0};
    if (!file_write(path, str_from(script), &err) || chmod(path, 0700) != 0) {
        (void)tap_check(false, "write %s: %s", path, err.text);
        return;
    }
    struct target_spec spec = spec_of(path);
    struct target target = {0};
    bool started = target_init(&target, &spec, NULL, &err) && target_start(&target, &err);
    (void)tap_check(!started, "what is not a server does not start");
    (void)tap_check(strstr(err.text, sentence) == err.text, "says: %s", err.text);
    target_release(&target);
    (void)tap_int(count_entries(folder), 0, "not a server: nothing remains");
    (void)unlink(path);
}

/* In a process of its own: starts a server, tells its pid, waits to be killed. */
static _Noreturn void live_until_killed(const char *program, int fd)
{
    struct target_spec spec = spec_of(program);
    struct target target = {0};
    struct error err = {0};
    uint64_t pid = 0;
    if (keeper_start(&err) && target_init(&target, &spec, NULL, &err) &&
        target_start(&target, &err)) {
        pid = target.server.process_id;
    }
    ssize_t told = write(fd, &pid, sizeof pid);
    (void)told;
    for (;;) {
        (void)pause();
    }
}

static void check_killed_parent(const char *program)
{
    int ends[2];
    if (pipe(ends) != 0) {
        (void)tap_check(false, "a pipe");
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        live_until_killed(program, ends[1]);
    }
    uint64_t server = 0;
    ssize_t got = read(ends[0], &server, sizeof server);
    (void)tap_check(got == sizeof server && server != 0, "another process starts a server");
    (void)tap_int(count_entries(folder), 1, "in a folder");
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    for (int i = 0; i < 1000 && (count_entries(folder) > 0 || is_running(server)); i++) {
        clock_sleep(10 * NSEC_PER_MSEC);
    }
    (void)tap_check(server != 0 && !is_running(server), "killed, it leaves no server");
    (void)tap_int(count_entries(folder), 0, "and no folder");
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void check_version(const char *program, const char *version)
{
    struct target_spec spec = spec_of(program);
    struct target target = {0};
    struct error err = {0};
    spec.version = version;
    (void)tap_check(!target_init(&target, &spec, NULL, &err), "version %s is not there", version);
    (void)tap_check(strstr(err.text, "local:x: no ") == err.text, "says: %s", err.text);
    target_release(&target);
    target_release(&target);
}

static void check_endings(const char *program)
{
    check_settings(program);
    check_processors(program);
    check_refused(program, (struct setting){"foo", "bar"}, " ('foo')");
    check_refused(program, (struct setting){"maxmemory", "many"}, " ('maxmemory')");
    check_refused(program, (struct setting){"daemonize", "yes"}, "cannot be watched");
    check_refused(program, (struct setting){"save", "1 1\nfoo bar"}, "a line break");
    check_taken_port(program);
    check_killed(program);
    check_killed_parent(program);
    check_version(program, "0.1");
}

int main(void)
{
    static const struct {
        const char *program;
        const char *version;
        const char *engine;
    } rows[] = {
        {"redis-server", NULL, "redis"},
        {"valkey-server", NULL, "valkey"},
        {"redis-server", "7.0", "redis"},
        {"valkey-server", "8.0", "valkey"},
    };
    struct error err = {0};
    char made[PATH_MAX];
    if (!file_make_temp_dir("tenbin-test-", made, sizeof made, &err) ||
        realpath(made, folder) == NULL) {
        printf("Bail out! %s\n", err.text);
        return 1;
    }
    (void)setenv("TMPDIR", folder, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena = {0};
        struct server_program found;
        if (!servers_find(rows[i].program, rows[i].version, &arena, &found, &err)) {
            (void)tap_check(true, "%s # SKIP %s", rows[i].program, err.text);
        } else {
            check_life(rows[i].program, rows[i].version, rows[i].engine);
            if (rows[i].version == NULL) {
                check_endings(rows[i].program);
            }
        }
        arena_release(&arena);
    }
    check_no_server("#!/bin/sh\n", "local:x: the server ended at once: its log is empty");
    check_no_server("#!/bin/sh\necho one; echo two >&2; exit 1\n",
                    "local:x: the server ended at once: two");
    check_no_server("#!/bin/sh\n[ \"$1\" = --version ] || exec sleep 60\n",
                    "local:x: the server does not answer within 5 s: connect 127.0.0.1:");
    (void)tap_check(file_remove_tree(folder, NULL), "the folder is gone");
    return tap_end();
}
