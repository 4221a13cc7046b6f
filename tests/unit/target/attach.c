#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/transport.h"
#include "os/clock.h"
#include "os/file.h"
#include "support/responder.h"
#include "support/tap.h"
#include "target/fake.h"
#include "target/target.h"

static const struct answer good[] = {
    {"HELLO", "%1\r\n$5\r\nproto\r\n:3\r\n"},
    {"PING", "+PONG\r\n"},
    {"clients", "$22\r\nconnected_clients:17\r\n\r\n"},
    {"INFO", "$136\r\n# "
             "Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\nrun_"
             "id:abc\r\nprocess_id:1\r\nused_cpu_sys:1.5\r\nused_cpu_user:0.5\r\n\r\n"},
    {"DBSIZE", ":42\r\n"},
    {NULL, NULL},
};

static void check_who(struct target *target, const char *name)
{
    struct error err = {0};
    struct info_counters counters = {0};
    uint64_t keys = 0;
    (void)tap_text(target->server.engine, "valkey", "%s: engine", name);
    (void)tap_text(target->server.version, "8.0.1", "%s: version", name);
    (void)tap_text(target->server.run_id, "abc", "%s: run id", name);
    (void)tap_check(target->is_local, "%s: is on this machine", name);
    (void)tap_int((int64_t)target_connected_clients(target), 17, "%s: clients", name);
    (void)tap_check(target_counters(target, &counters, &err), "%s: counters %s", name, err.text);
    (void)tap_near(counters.cpu_seconds, 2.0, 1e-9, "%s: time used", name);
    (void)tap_check(target_count_keys(target, &keys, &err), "%s: keys %s", name, err.text);
    (void)tap_int((int64_t)keys, 42, "%s: number of keys", name);
    (void)tap_check(target_is_alive(target, &err), "%s: is alive", name);
}

static void check_good(const char *path)
{
    struct responder responder;
    struct target_spec spec = {.kind = TARGET_TCP, .text = "redis://h", .host = "localhost"};
    spec.port = responder_start(&responder, good, path);
    if (path != NULL) {
        spec.kind = TARGET_UNIX;
        spec.path = path;
    }
    const char *name = path == NULL ? "TCP" : "unix socket";
    struct target target = {0};
    struct error err = {0};
    (void)tap_check(target_init(&target, &spec, NULL, &err), "%s: init", name);
    bool started = target_start(&target, &err);
    (void)tap_check(started, "%s: attaches %s", name, err.text);
    if (started) {
        check_who(&target, name);
        (void)tap_check(!target.owned, "%s: is not ours", name);
        target_stop(&target);
        (void)tap_check(target_start(&target, &err), "%s: attaches again %s", name, err.text);
    }
    target_release(&target);
    responder_stop(&responder);
    buf_release(&responder.heard);
}

static void check_fake(void)
{
    struct responder responder;
    uint16_t port = responder_start(&responder, good, NULL);
    struct target_spec spec = {.text = "fake"};
    struct endpoint endpoint = {.transport = transport_plain(), .name = "fake"};
    struct address found[ADDRESS_MAX_RESULTS];
    unsigned count = 0;
    (void)address_resolve("127.0.0.1", port, found, &count, NULL);
    endpoint.address = found[0];
    struct target target;
    struct error err = {0};
    fake_init(&target, &spec, &endpoint, true);
    bool started = target_start(&target, &err);
    (void)tap_check(started, "fake: starts %s", err.text);
    if (started) {
        check_who(&target, "fake");
        (void)tap_check(target.owned, "fake: is ours, as the test wants it");
    }
    target_release(&target);
    responder_stop(&responder);
    buf_release(&responder.heard);
}

static void check_login(const char *file)
{
    struct responder responder;
    struct target_spec spec = {.text = "redis://h", .host = "127.0.0.1", .user = "me"};
    spec.port = responder_start(&responder, good, NULL);
    spec.password_file = file;
    struct target target = {0};
    struct error err = {0};
    (void)tap_check(target_init(&target, &spec, NULL, &err), "a password in a file: init");
    (void)tap_check(!target_start(&target, &err), "the file is not there yet");
    (void)tap_check(strstr(err.text, "redis://h: password-file: ") == err.text, "says so: %s",
                    err.text);
    (void)file_write(file, STR("sesame1\n"), NULL);
    (void)tap_check(target_start(&target, &err), "now it is %s", err.text);
    target_stop(&target);
    (void)file_write(file, STR("sesame2\n"), NULL);
    (void)tap_check(target_start(&target, &err), "it has changed %s", err.text);
    target_release(&target);
    responder_stop(&responder);
    const char *heard = buf_text(&responder.heard);
    const char *first = strstr(heard, "AUTH\r\n$2\r\nme\r\n$7\r\nsesame1\r\n");
    (void)tap_check(first != NULL, "the first password was sent");
    (void)tap_check(first != NULL && strstr(first, "\r\nsesame2\r\n") != NULL,
                    "then the second one");
    buf_release(&responder.heard);
}

static const struct answer wrong_password[] = {
    {"HELLO", "-WRONGPASS invalid username-password pair\r\n"}, {NULL, NULL}};
static const struct answer web_server[] = {{"", "HTTP/1.1 400 Bad Request\r\n\r\n"}, {NULL, NULL}};
static const struct answer silent[] = {{"", NULL}, {NULL, NULL}};
static const struct answer nameless[] = {{"HELLO", "%1\r\n$5\r\nproto\r\n:3\r\n"},
                                         {"PING", "+PONG\r\n"},
                                         {"INFO", "$4\r\na:b\n\r\n"},
                                         {NULL, NULL}};

static void check_bad(void)
{
    static const struct {
        const char *name;
        const struct answer *answers; /* NULL: nobody listens */
        const char *part;             /* of the sentence */
    } rows[] = {
        {"nobody listens", NULL, "connection refused"},
        {"a wrong password", wrong_password, "wrong user or password"},
        {"a web server", web_server, "does not speak RESP"},
        {"no answer at all", silent, "no answer within"},
        {"no version", nameless, "not a Redis server"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct responder responder;
        struct target_spec spec = {.text = "redis://h", .host = "127.0.0.1", .password = "sesame"};
        spec.port =
            responder_start(&responder, rows[i].answers == NULL ? silent : rows[i].answers, NULL);
        if (rows[i].answers == NULL) {
            responder_stop(&responder);
        }
        struct target target = {0};
        struct error err = {0};
        const struct clock *clock = clock_monotonic();
        nsec start = clock_now(clock);
        (void)tap_check(target_init(&target, &spec, NULL, &err), "%s: init", rows[i].name);
        (void)tap_check(!target_start(&target, &err), "%s: fails", rows[i].name);
        (void)tap_int(err.code, ERROR_TARGET, "%s: an error of the target", rows[i].name);
        (void)tap_check(strstr(err.text, rows[i].part) != NULL, "%s: says %s", rows[i].name,
                        err.text);
        char where[ADDRESS_TEXT_SIZE];
        (void)snprintf(where, sizeof where, "127.0.0.1:%u", (unsigned)spec.port);
        const char *once = strstr(err.text, where);
        (void)tap_check(once != NULL && strstr(once + 1, where) == NULL, "%s: names it once",
                        rows[i].name);
        (void)tap_check(strstr(err.text, "sesame") == NULL, "%s: not the password", rows[i].name);
        (void)tap_check(clock_now(clock) - start < 15 * NSEC_PER_SEC, "%s: in time", rows[i].name);
        target_release(&target);
        if (rows[i].answers != NULL) {
            responder_stop(&responder);
            buf_release(&responder.heard);
        }
    }
}

static void check_lost(void)
{
    struct responder responder;
    static const struct answer no_keys[] = {{"HELLO", "%1\r\n$5\r\nproto\r\n:3\r\n"},
                                            {"PING", "+PONG\r\n"},
                                            {"DBSIZE", "-NOPERM no DBSIZE for you\r\n"},
                                            {"INFO", "$19\r\nredis_version:7.0\r\n\r\n"},
                                            {NULL, NULL}};
    struct target_spec spec = {.text = "redis://h", .host = "127.0.0.1"};
    spec.port = responder_start(&responder, no_keys, NULL);
    struct target target = {0};
    struct error err = {0};
    uint64_t keys = 7;
    bool started = target_init(&target, &spec, NULL, &err) && target_start(&target, &err);
    if (tap_check(started, "attaches %s", err.text)) {
        (void)tap_check(!target_count_keys(&target, &keys, &err) && keys == 7, "keys are refused");
        (void)tap_check(strstr(err.text, ": DBSIZE: NOPERM no DBSIZE for you") != NULL, "quotes %s",
                        err.text);
        (void)tap_int((int64_t)target_connected_clients(&target), 0, "clients unknown");
        (void)shutdown(target.control.stream.fd, SHUT_RDWR);
        (void)tap_check(target_is_alive(&target, &err), "a lost connection is made anew");
    }
    target_release(&target);
    responder_stop(&responder);
    buf_release(&responder.heard);
}

int main(void)
{
    char folder[64];
    char path[96];
    struct error err = {0};
    (void)unsetenv("TENBIN_PASSWORD");
    if (!file_make_temp_dir("tenbin-test-", folder, sizeof folder, &err)) {
        printf("Bail out! %s\n", err.text);
        return 1;
    }
    (void)snprintf(path, sizeof path, "%s/socket", folder);
    check_good(NULL);
    check_good(path);
    check_fake();
    (void)snprintf(path, sizeof path, "%s/password", folder);
    check_login(path);
    check_bad();
    check_lost();
    (void)tap_check(file_remove_tree(folder, NULL), "the folder is gone");
    return tap_end();
}
