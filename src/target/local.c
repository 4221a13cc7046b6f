/* A server that we start: a process of ours on a port of its own, in a private folder. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/keeper.h"
#include "os/proc.h"
#include "os/signal.h"
#include "target/kinds.h"
#include "target/log.h"
#include "target/login.h"
#include "target/nodes.h"
#include "target/servers.h"

enum {
    /* Below the ports that Linux gives to outgoing connections (32768 and up), and so that a
     * cluster's second port, 10000 above, is below them as well. */
    FIRST_PORT = 10000,
    LAST_PORT = 22767,
    PORT_ATTEMPTS = 10,
    ATTEMPT_MSEC = 500, /* for one connect: an end of the server is looked for in between */
    PAUSE_MSEC = 5,
    PATIENCE_SECONDS = 2, /* between SIGTERM and SIGKILL */
    LOG_LIMIT = 16 * 1024 * 1024,
};

static const char *const config_name = "tenbin.conf";
static const char *const log_name = "server.log";

struct local {
    struct server_program program;
    struct proc proc;
    bool has_folder;
    char folder[PATH_MAX]; /* private to one launch */
    const char *port;      /* asked for by the settings; NULL: one that is free */
    const char *socket;    /* the same, of a unix socket */
    const char *password;  /* that the settings demand; NULL: none */
    uint64_t launches;     /* begun so far, for distinct ports */
};

/* The settings that decide how the server is reached. */
static bool read_settings(struct target *target, struct local *local, struct error *err)
{
    const struct target_spec *spec = target->spec;
    for (size_t i = 0; i < spec->setting_count; i++) {
        const struct setting *setting = &spec->settings[i];
        struct str name = str_from(setting->name);
        struct str value = str_from(setting->value);
        if (str_find(value, '\n') >= 0 || str_find(value, '\r') >= 0) {
            return error_set(err, ERROR_TARGET, "%s: the value of %s has a line break", spec->text,
                             setting->name);
        }
        if (str_eq_nocase(name, STR("daemonize")) && !str_eq_nocase(value, STR("no"))) {
            return error_set(err, ERROR_TARGET,
                             "%s: a server that leaves its process (daemonize) cannot be watched",
                             spec->text);
        }
        if (str_eq_nocase(name, STR("port"))) {
            local->port = setting->value;
        } else if (str_eq_nocase(name, STR("unixsocket"))) {
            local->socket = setting->value;
        } else if (str_eq_nocase(name, STR("requirepass"))) {
            local->password = value.len == 0 ? NULL : setting->value;
        }
    }
    return true;
}

static bool local_init(struct target *target, struct error *err)
{
    struct local *local = arena_alloc(&target->arena, sizeof *local);
    target->state = local;
    target->owned = true;
    target->is_local = true;
    target->endpoint.transport = transport_plain();
    nodes_locate(target);
    if (!read_settings(target, local, err)) {
        return false;
    }
    if (local->password != NULL) {
        target->endpoint.login = login_make_fixed(NULL, local->password, &target->arena);
    }
    if (!servers_find(target->spec->program, target->spec->version, &target->arena, &local->program,
                      err)) {
        return error_prefix(err, "%s", target->spec->text);
    }
    return true;
}

/* A value that stands for itself, whatever it holds: every byte as \xHH in quotes. */
static void add_quoted(struct buf *text, const char *value)
{
    (void)buf_add_char(text, '"');
    for (; *value != '\0'; value++) {
        (void)buf_addf(text, "\\x%02x", (unsigned)(unsigned char)*value);
    }
    (void)buf_add_char(text, '"');
}

/* Settings go through a file, not through arguments, where every user of the machine could read a
 * password. Their values are written as in a redis.conf ("900 1" are two arguments). */
static bool write_config(const struct target *target, const char *path, uint16_t port,
                         struct error *err)
{
    const struct target_spec *spec = target->spec;
    struct buf text = {0};
    (void)buf_addf(&text, "bind 127.0.0.1\nport %u\nsave \"\"\nappendonly no\ndaemonize no\n",
                   (unsigned)port);
    for (size_t i = 0; i < spec->setting_count; i++) {
        const struct setting *setting = &spec->settings[i];
        (void)buf_addf(&text, "%s ", setting->name);
        if (str_eq_nocase(str_from(setting->name), STR("requirepass"))) {
            add_quoted(&text, setting->value);
        } else {
            (void)buf_add_text(&text, setting->value[0] == '\0' ? "\"\"" : setting->value);
        }
        (void)buf_add_char(&text, '\n');
    }
    bool written = file_write(path, buf_str(&text), err);
    if (text.data != NULL) {
        explicit_bzero(text.data, text.len);
    }
    buf_release(&text);
    return written;
}

static bool make_folder(struct local *local, struct error *err)
{
    char path[PATH_MAX];
    if (!file_make_temp_dir("tenbin-", path, sizeof path, err)) {
        return false;
    }
    /* TMPDIR may be relative, but the server and the keeper live elsewhere. */
    if (realpath(path, local->folder) == NULL) {
        (void)file_remove_tree(path, NULL);
        return error_set(err, ERROR_SYSTEM, "make a folder: %s has vanished", path);
    }
    local->has_folder = true;
    keeper_watch(0, local->folder);
    return true;
}

static bool folder_path(const struct local *local, const char *name, char path[PATH_MAX],
                        struct error *err)
{
    int len = snprintf(path, PATH_MAX, "%s/%s", local->folder, name);
    return (len >= 0 && len < PATH_MAX) ||
           error_set(err, ERROR_SYSTEM, "the path of %s in %s is too long", name, local->folder);
}

/* Where the server will listen: what the settings say, or this port. */
static bool set_address(struct target *target, uint16_t port, struct error *err)
{
    struct local *local = target->state;
    struct endpoint *endpoint = &target->endpoint;
    uint64_t asked = port;
    if (local->port != NULL && (!str_to_u64(str_from(local->port), &asked) || asked > UINT16_MAX)) {
        asked = port; /* the server will refuse it, and says it best */
    }
    if (asked == 0 && local->socket != NULL) {
        char path[PATH_MAX];
        if (local->socket[0] == '/') {
            (void)snprintf(path, sizeof path, "%s", local->socket);
        } else if (!folder_path(local, local->socket, path, err)) {
            return false;
        }
        if (!address_unix(path, &endpoint->address, err)) {
            return false;
        }
        (void)address_format(&endpoint->address, endpoint->name);
        return true;
    }
    unsigned count = 0;
    struct address found[ADDRESS_MAX_RESULTS];
    if (!address_resolve("127.0.0.1", (uint16_t)asked, found, &count, err)) {
        return false;
    }
    endpoint->address = found[0];
    (void)address_format(&endpoint->address, endpoint->name);
    return true;
}

static bool launch(struct target *target, uint16_t port, struct error *err)
{
    struct local *local = target->state;
    char config[PATH_MAX];
    char log[PATH_MAX];
    if (!make_folder(local, err) || !folder_path(local, config_name, config, err) ||
        !folder_path(local, log_name, log, err) || !write_config(target, config, port, err) ||
        !set_address(target, port, err)) {
        return false;
    }
    const char *argv[SERVERS_MAX_ARGS + 1] = {NULL};
    size_t count = 0;
    for (; local->program.argv[count] != NULL; count++) {
        argv[count] = local->program.argv[count];
    }
    argv[count] = config;
    struct proc_options options = {
        .argv = argv,
        .output = log,
        .directory = local->folder,
        .cpus = target->cpus,
    };
    if (!proc_start(&local->proc, &options, err)) {
        return false;
    }
    keeper_watch(local->proc.pid, local->folder);
    return true;
}

/* Says how the server ended, with the last words of its log. Returns false. */
static bool say_end(const struct target *target, const char *when, int status, struct error *err)
{
    const struct local *local = target->state;
    char path[PATH_MAX];
    char words[LOG_TEXT_SIZE] = "";
    struct buf log;
    buf_init(&log, LOG_LIMIT);
    if (folder_path(local, log_name, path, NULL)) {
        (void)file_read(path, &log, NULL);
        (void)log_last_words(buf_str(&log), words);
    }
    buf_release(&log);
    char how[32] = "";
    if (WIFSIGNALED(status)) {
        (void)snprintf(how, sizeof how, " by signal %d", WTERMSIG(status));
    }
    /* One that ended by itself has said why; one that was killed was busy with something else. */
    bool is_reason = !WIFSIGNALED(status) || words[0] == '\0';
    return error_set(err, ERROR_TARGET, "%s: the server ended%s%s%s: %s", target->spec->text, when,
                     how, is_reason ? "" : "; its last words",
                     words[0] == '\0' ? "its log is empty" : words);
}

static bool is_port_taken(const struct local *local)
{
    char path[PATH_MAX];
    struct buf log;
    buf_init(&log, LOG_LIMIT);
    bool taken = folder_path(local, log_name, path, NULL) && file_read(path, &log, NULL) &&
                 log_says_port_taken(buf_str(&log));
    buf_release(&log);
    return taken;
}

/* Connected, and it is our process that answers, not another server that has our port. */
static bool is_answering(struct target *target, nsec timeout, struct error *err)
{
    const struct local *local = target->state;
    client_close(&target->control);
    if (!client_connect(&target->control, &target->endpoint, timeout, err) ||
        !target_identify(target, err)) {
        return false;
    }
    return target->server.process_id == (uint64_t)local->proc.pid ||
           error_set(err, ERROR_TARGET, "another server answers at %s", target->endpoint.name);
}

static bool wait_for_answer(struct target *target, struct error *err)
{
    struct local *local = target->state;
    const struct clock *clock = clock_monotonic();
    const nsec end = clock_now(clock) + TARGET_CONTACT_SECONDS * NSEC_PER_SEC;
    const nsec attempt = ATTEMPT_MSEC * NSEC_PER_MSEC;
    struct error last = {0};
    for (;;) {
        int status = 0;
        nsec now = clock_now(clock);
        if (proc_has_ended(&local->proc, &status)) {
            return say_end(target, " at once", status, err);
        }
        if (signal_interrupted()) {
            return error_set(err, ERROR_INTERRUPTED, "interrupted while %s was starting",
                             target->spec->text);
        }
        if (now >= end) {
            return error_set(err, ERROR_TARGET, "%s: the server does not answer within %d s: %s",
                             target->spec->text, TARGET_CONTACT_SECONDS, last.text);
        }
        if (is_answering(target, end - now < attempt ? end - now : attempt, &last)) {
            return true;
        }
        clock_sleep(PAUSE_MSEC * NSEC_PER_MSEC);
    }
}

static void local_stop(struct target *target)
{
    struct local *local = target->state;
    if (local == NULL) {
        return;
    }
    proc_stop(&local->proc, PATIENCE_SECONDS * NSEC_PER_SEC);
    local->proc = (struct proc){0};
    if (local->has_folder) {
        /* What could not be removed stays with the keeper, which tries again. */
        if (file_remove_tree(local->folder, NULL)) {
            keeper_forget(local->folder);
        }
        local->has_folder = false;
    }
}

static uint16_t choose_port(struct local *local)
{
    uint64_t seed = clock_now(clock_monotonic()) ^ ((uint64_t)getpid() << 40);
    uint64_t number = rng_derive(seed, local->launches++);
    return (uint16_t)(FIRST_PORT + number % (LAST_PORT - FIRST_PORT + 1));
}

static bool local_start(struct target *target, struct error *err)
{
    struct local *local = target->state;
    for (int i = 1;; i++) {
        /* Only the server itself can tell whether a port is free: one that was tried here first may
         * be taken in between. */
        if (!launch(target, choose_port(local), err)) {
            if (err != NULL) {
                err->code = ERROR_TARGET;
            }
            return error_prefix(err, "%s", target->spec->text);
        }
        if (wait_for_answer(target, err)) {
            return true;
        }
        bool may_try_again = i < PORT_ATTEMPTS && local->port == NULL && local->proc.pid == 0 &&
                             is_port_taken(local);
        if (!may_try_again) {
            return false;
        }
        local_stop(target);
    }
}

static bool local_is_alive(struct target *target, struct error *err)
{
    struct local *local = target->state;
    int status = 0;
    if (!local->has_folder) {
        return error_set(err, ERROR_TARGET, "%s: the server was not started", target->spec->text);
    }
    return !proc_has_ended(&local->proc, &status) || say_end(target, "", status, err);
}

const struct target_table target_local = {
    .name = "local",
    .init = local_init,
    .start = local_start,
    .stop = local_stop,
    .is_alive = local_is_alive,
};
