#include "redis/client.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "net/tls.h"
#include "os/clock.h"
#include "os/signal.h"
#include "support/fake_server.h"
#include "support/responder.h"
#include "support/tap.h"

static const nsec LONG = 10 * NSEC_PER_SEC;
static const nsec SHORT = 200 * NSEC_PER_MSEC;

/* How a test reaches a fake server. */
struct visit {
    struct endpoint endpoint;
    struct credential_provider provider;
    struct credentials login;
    nsec timeout;
};

static void visit_init(struct visit *visit, const struct fake_server *server)
{
    *visit = (struct visit){.timeout = LONG};
    visit->endpoint = (struct endpoint){.transport = transport_plain(), .name = "fake"};
    visit->provider = (struct credential_provider){credentials_get_fixed, &visit->login};
    fake_server_address(server, &visit->endpoint.address);
}

static void visit_log_in(struct visit *visit, const char *user, const char *password)
{
    (void)snprintf(visit->login.user, sizeof visit->login.user, "%s", user);
    (void)snprintf(visit->login.password, sizeof visit->login.password, "%s", password);
    visit->endpoint.login = &visit->provider;
}

static void test_session(void)
{
    static const struct {
        const char *name;
        bool is_old;
        uint8_t protocol;
        const char *user;
        const char *password;
        uint32_t database;
        uint8_t agreed;
        const char *log;
    } rows[] = {
        {"plain", false, 0, "", "", 0, 3, "HELLO 3 SETNAME tenbin\nPING\n"},
        {"database", false, 0, "", "", 3, 3, "HELLO 3 SETNAME tenbin\nSELECT 3\nPING\n"},
        {"RESP2", false, 2, "", "", 2, 2, "SELECT 2\nCLIENT SETNAME tenbin\nPING\n"},
        {"RESP3", false, 3, "", "", 0, 3, "HELLO 3 SETNAME tenbin\nPING\n"},
        {"password", false, 0, "", "secret", 0, 3,
         "HELLO 3 AUTH default secret SETNAME tenbin\nPING\n"},
        {"user", false, 0, "default", "secret", 1, 3,
         "HELLO 3 AUTH default secret SETNAME tenbin\nSELECT 1\nPING\n"},
        {"RESP2 password", false, 2, "", "secret", 0, 2,
         "AUTH secret\nCLIENT SETNAME tenbin\nPING\n"},
        {"RESP2 user", false, 2, "default", "secret", 0, 2,
         "AUTH default secret\nCLIENT SETNAME tenbin\nPING\n"},
        {"old", true, 0, "", "", 0, 2, "HELLO 3 SETNAME tenbin\nCLIENT SETNAME tenbin\nPING\n"},
        {"old password", true, 0, "", "secret", 4, 2,
         "HELLO 3 AUTH default secret SETNAME tenbin\nSELECT 4\nAUTH secret\nSELECT 4\nCLIENT "
         "SETNAME tenbin\nPING\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fake_config config = {.is_old = rows[i].is_old};
        config.password = rows[i].password[0] == '\0' ? NULL : rows[i].password;
        struct error err = {0};
        struct fake_server *server = fake_server_new(&config, &err);
        struct visit visit;
        struct client client;
        char log[FAKE_LOG_SIZE];
        visit_init(&visit, server);
        visit_log_in(&visit, rows[i].user, rows[i].password);
        visit.endpoint.protocol = rows[i].protocol;
        visit.endpoint.database = rows[i].database;
        tap_check(client_connect(&client, &visit.endpoint, LONG, &err), "%s: connects %s",
                  rows[i].name, err.text);
        tap_int(client.protocol, rows[i].agreed, "%s: protocol", rows[i].name);
        tap_text(fake_server_log(server, log), rows[i].log, "%s: on the wire", rows[i].name);
        client_close(&client);
        fake_server_free(server);
    }
}

static const struct fake_step speak_http[] = {{FAKE_SEND, "HTTP/1.1 400 Bad Request\r\n\r\n", 0},
                                              {FAKE_STALL, NULL, 0}};
static const struct fake_step speak_tls[] = {{FAKE_SEND, "\x15\x03\x01", 0}, {FAKE_STALL, NULL, 0}};
static const struct fake_step too_many[] = {
    {FAKE_SEND, "-ERR max number of clients reached\r\n", 0}, {FAKE_CLOSE, NULL, 0}};
static const struct fake_step hang_up[] = {{FAKE_EXPECT, "*", 0}, {FAKE_RESET, NULL, 0}};
static const struct fake_step half[] = {
    {FAKE_EXPECT, "*4\r\n", 0}, {FAKE_SEND, "%1\r\n+se", 0}, {FAKE_STALL, NULL, 0}};

static const struct {
    const char *name;
    struct fake_config config;
    const char *user;
    const char *password;
    uint8_t protocol;
    bool is_short; /* waits in vain */
    const char *text;
} refusals[] = {
    {"wrong password",
     {.password = "secret"},
     "",
     "guess",
     0,
     false,
     "log in to fake: wrong user or password (WRONGPASS invalid username-password pair or "
     "user is disabled.)"},
    {"wrong user",
     {.password = "secret"},
     "eve",
     "secret",
     2,
     false,
     "log in to fake: wrong user or password (WRONGPASS invalid username-password pair or "
     "user is disabled.)"},
    {"no password",
     {.password = "secret"},
     "",
     "",
     0,
     false,
     "log in to fake: a password is required (NOAUTH HELLO must be called with the client "
     "already authenticated)"},
    {"no password, RESP2",
     {.password = "secret"},
     "",
     "",
     2,
     false,
     "log in to fake: a password is required (NOAUTH Authentication required.)"},
    {"RESP3 wanted",
     {.is_old = true},
     "",
     "",
     3,
     false,
     "log in to fake: RESP3 was asked for, but the server does not know HELLO (ERR unknown "
     "command 'HELLO')"},
    {"HTTP",
     {.script = speak_http},
     "",
     "",
     0,
     false,
     "fake does not speak RESP: it sent a byte that begins no RESP value"},
    {"TLS",
     {.script = speak_tls},
     "",
     "",
     0,
     false,
     "fake does not speak RESP: it sent a byte that begins no RESP value; it seems to speak TLS: "
     "write rediss://"},
    {"full",
     {.script = too_many},
     "",
     "",
     0,
     false,
     "log in to fake: the server takes no more clients (ERR max number of clients reached)"},
    {"reset",
     {.script = hang_up},
     "",
     "",
     0,
     false,
     "ask fake: the server closed the connection at once; if it speaks TLS here, write rediss://"},
    {"mute", {.is_mute = true}, "", "", 0, true, "ask fake: no answer within 0.2 s"},
    {"half a reply", {.script = half}, "", "", 0, true, "ask fake: no answer within 0.2 s"},
    {"loading",
     {.loading = 1000},
     "",
     "",
     0,
     true,
     "wait for the data to load on fake: no answer within 0.2 s"},
    {"closing",
     {.close_after = 1, .stall_after = 1, .error_every = 1, .error = "NOAUTH x"},
     "",
     "",
     0,
     false,
     "log in to fake: a password is required (NOAUTH x)"},
};

static void test_refusals(void)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct error err = {0};
        struct fake_server *server = fake_server_new(&refusals[i].config, &err);
        struct visit visit;
        struct client client;
        visit_init(&visit, server);
        visit_log_in(&visit, refusals[i].user, refusals[i].password);
        visit.endpoint.protocol = refusals[i].protocol;
        nsec start = clock_now(clock_monotonic());
        tap_check(
            !client_connect(&client, &visit.endpoint, refusals[i].is_short ? SHORT : LONG, &err),
            "%s: does not connect", refusals[i].name);
        tap_text(err.text, refusals[i].text, "%s: and says why", refusals[i].name);
        tap_int(err.code, ERROR_TARGET, "%s: the target's fault", refusals[i].name);
        tap_check(clock_now(clock_monotonic()) - start < 5 * NSEC_PER_SEC, "%s: in time",
                  refusals[i].name);
        fake_server_free(server);
    }
}

static void test_nobody(void)
{
    struct fake_config config = {0};
    struct error err = {0};
    struct fake_server *server = fake_server_new(&config, &err);
    struct visit visit;
    struct client client = {0};
    client_close(&client);
    visit_init(&visit, server);
    fake_server_free(server);
    tap_check(!client_connect(&client, &visit.endpoint, LONG, &err), "nobody listens");
    tap_text(err.text, "connect fake: connection refused", "and the sentence says so");
    client_close(&client);
}

static void test_loading_ends(void)
{
    struct fake_config config = {.loading = 3};
    struct error err = {0};
    struct fake_server *server = fake_server_new(&config, &err);
    struct visit visit;
    struct client client;
    struct fake_counts counts;
    visit_init(&visit, server);
    tap_check(client_connect(&client, &visit.endpoint, LONG, &err), "waits for loading %s",
              err.text);
    fake_server_count(server, &counts);
    tap_int((int64_t)counts.commands, 4, "asks until it is loaded");
    client_close(&client);
    fake_server_free(server);
}

static void ask(const char *name, const struct fake_config *config, uint8_t protocol)
{
    struct error err = {0};
    struct fake_server *server = fake_server_new(config, &err);
    struct visit visit;
    struct client client;
    struct arena arena = {0};
    struct resp_value reply = {0};
    struct str info = {0};
    visit_init(&visit, server);
    visit.endpoint.protocol = protocol;
    tap_check(client_connect(&client, &visit.endpoint, LONG, &err), "%s: connects %s", name,
              err.text);
    tap_check(client_call(&client, &arena, &reply, &err, "GET", "a", NULL) && reply.is_null,
              "%s: a miss", name);
    tap_check(client_call(&client, &arena, &reply, &err, "SET", "a", "b", NULL) &&
                  str_eq(reply.text, STR("OK")),
              "%s: a SET", name);
    tap_check(client_call(&client, &arena, &reply, &err, "GET", "a", NULL) && reply.text.len == 64,
              "%s: a hit", name);
    tap_check(client_call(&client, &arena, &reply, &err, "DBSIZE", NULL) && reply.integer == 1,
              "%s: one key", name);
    tap_check(client_call(&client, &arena, &reply, &err, "NONSENSE", NULL) && reply.type == '-',
              "%s: an error is a reply", name);
    tap_check(client_info(&client, &arena, NULL, &info, &err) &&
                  str_starts_with(info, STR("# Server\r\nredis_version:")),
              "%s: INFO %s", name, err.text);
    tap_check(client_call(&client, &arena, &reply, &err, "UNLINK", "a", "b", NULL) &&
                  reply.integer == 1,
              "%s: UNLINK", name);
    arena_release(&arena);
    client_close(&client);
    fake_server_free(server);
}

static void test_lost(void)
{
    struct fake_config config = {.close_after = 3};
    struct error err = {0};
    struct fake_server *server = fake_server_new(&config, &err);
    struct visit visit;
    struct client client;
    struct arena arena = {0};
    struct resp_value reply = {0};
    visit_init(&visit, server);
    (void)client_connect(&client, &visit.endpoint, LONG, &err);
    tap_check(client_call(&client, &arena, &reply, &err, "PING", NULL), "the second command");
    tap_check(client_call(&client, &arena, &reply, &err, "PING", NULL), "the third command");
    tap_check(!client_call(&client, &arena, &reply, &err, "PING", NULL), "then it is closed");
    tap_check(strcmp(err.text, "ask fake: the server closed the connection") == 0 ||
                  strcmp(err.text, "ask fake: connection reset by peer") == 0,
              "and the sentence says so: %s", err.text);
    arena_release(&arena);
    client_close(&client);
    fake_server_free(server);
}

/* TLS to one that does not answer it: as Redis and Valkey, which take it for a line that has not
 * ended, or as one that says nothing at all. */
static void test_no_tls(void)
{
    static const char hello[] = "\x16\x03";
    static const char no_tls[] = "connect fake: the server does not speak TLS on this port; write "
                                 "redis:// instead of rediss://, or name its TLS port";
    static const struct {
        const char *ping;
        const char *text;
        nsec timeout;
    } rows[] = {
        {"+PONG\r\n", no_tls, 10 * NSEC_PER_SEC},
        {"-NOAUTH Authentication required.\r\n", no_tls, 10 * NSEC_PER_SEC},
        {NULL,
         "connect fake: no answer within 0.8 s in the TLS handshake; does it speak TLS on this "
         "port?",
         800 * NSEC_PER_MSEC},
        {"\x15\x03\x03",
         "connect fake: no answer within 0.8 s in the TLS handshake; does it speak TLS on this "
         "port?",
         800 * NSEC_PER_MSEC},
    };
    struct transport *tls = tls_new(&(struct tls_config){.no_verify = true}, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct answer answers[] = {{hello, NULL}, {"PING", rows[i].ping}, {0}};
        struct responder responder;
        struct error err = {0};
        struct client client;
        struct endpoint endpoint = {.transport = tls, .name = "fake"};
        struct address addresses[ADDRESS_MAX_RESULTS];
        unsigned count = 0;
        uint16_t port = responder_start(&responder, answers, NULL);
        (void)address_resolve("127.0.0.1", port, addresses, &count, NULL);
        endpoint.address = addresses[0];
        nsec start = clock_now(clock_monotonic());
        tap_check(!client_connect(&client, &endpoint, rows[i].timeout, &err), "no TLS %zu", i);
        nsec took = clock_now(clock_monotonic()) - start;
        tap_text(err.text, rows[i].text, "no TLS %zu: and says why", i);
        tap_check(took < 5 * NSEC_PER_SEC, "no TLS %zu: in time", i);
        tap_check(rows[i].text == no_tls || took >= rows[i].timeout, "no TLS %zu: after the limit",
                  i);
        responder_stop(&responder);
        buf_release(&responder.heard);
    }
    tls_free(tls);
}

static nsec soon(nsec patience)
{
    return clock_now(clock_monotonic()) + patience;
}

/* A reply that is late is not waited for, asked for only once, and taken for no other one. */
static void test_late(void)
{
    struct fake_config config = {.info = "first:1\r\n", .delay_at = 2, .delay = LONG / 20};
    struct error err = {0};
    struct fake_server *server = fake_server_new(&config, &err);
    struct visit visit;
    struct client client;
    struct arena arena = {0};
    struct resp_value reply;
    struct str info;
    char log[FAKE_LOG_SIZE];
    nsec patience = 20 * NSEC_PER_MSEC;
    visit_init(&visit, server);
    tap_check(client_connect(&client, &visit.endpoint, LONG, &err), "late: connects");
    nsec start = clock_now(clock_monotonic());
    tap_int(client_ask(&client, "INFO", soon(patience)), CLIENT_ANSWERED, "late: asked");
    tap_int(client_take(&client, &arena, &reply, soon(patience)), CLIENT_LATE, "late: no reply");
    tap_int(client_ask(&client, "INFO", soon(patience)), CLIENT_LATE, "late: not asked again");
    tap_check(clock_now(clock_monotonic()) - start < config.delay, "late: nobody waits for it");
    tap_check(client_call(&client, &arena, &reply, &err, "PING", NULL) && reply.type == '+',
              "late: a later call has its own reply");
    tap_text(fake_server_log(server, log), "HELLO 3 SETNAME tenbin\nPING\nINFO\nPING\n",
             "late: on the wire");
    tap_int(client_ask(&client, "INFO", soon(LONG)), CLIENT_ANSWERED, "late: asked once more");
    tap_check(client_take(&client, &arena, &reply, soon(LONG)) == CLIENT_ANSWERED &&
                  str_eq(reply.text, STR("first:1\r\n")),
              "late: and answered");
    tap_check(client_info(&client, &arena, NULL, &info, &err), "late: nothing is owed");
    fake_server_free(server);
    tap_check(client_ask(&client, "INFO", soon(LONG)) == CLIENT_BROKEN ||
                  client_take(&client, &arena, &reply, soon(LONG)) == CLIENT_BROKEN,
              "late: a server that is gone is not late");
    client_close(&client);
    arena_release(&arena);
}

/* Ctrl-C ends a long wait soon. Comes last: the wish to stop stays. */
static void test_interrupted(void)
{
    struct fake_config config = {.is_mute = true};
    struct error err = {0};
    struct fake_server *server = fake_server_new(&config, &err);
    struct visit visit;
    struct client client;
    visit_init(&visit, server);
    signal_catch();
    (void)raise(SIGTERM);
    nsec start = clock_now(clock_monotonic());
    tap_check(!client_connect(&client, &visit.endpoint, LONG, &err), "interrupted");
    tap_int(err.code, ERROR_INTERRUPTED, "by the user");
    tap_text(err.text, "ask fake: interrupted", "and the sentence says so");
    tap_check(clock_now(clock_monotonic()) - start < 5 * NSEC_PER_SEC, "soon");
    fake_server_free(server);
}

int main(void)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/tmp/tenbin-client-%d.sock", (int)getpid());
    test_session();
    test_refusals();
    test_nobody();
    test_loading_ends();
    test_lost();
    test_no_tls();
    test_late();
    ask("RESP2", &(struct fake_config){0}, 2);
    ask("RESP3", &(struct fake_config){0}, 3);
    ask("unix", &(struct fake_config){.unix_path = path}, 0);
    ask("bytes", &(struct fake_config){.piece = 1, .piece_pause = 10 * NSEC_PER_USEC}, 0);
    ask("pushes", &(struct fake_config){.push_every = 2}, 3);
    ask("delays", &(struct fake_config){.delay_every = 3, .delay = 2 * NSEC_PER_MSEC}, 0);
    test_interrupted();
    return tap_end();
}
