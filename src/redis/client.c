#include "redis/client.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "os/clock.h"
#include "os/signal.h"
#include "redis/resp_write.h"

enum {
    READ_SIZE = 64 * 1024,
    REPLY_LIMIT = 64 * 1024 * 1024, /* of one reply of a control command */
};

/* How a server that waits for TLS may answer plain words: the beginning of an alert. */
static const char TLS_ALERT[] = "\x15\x03";

static const nsec LOADING_PAUSE = 100 * NSEC_PER_MSEC;

/* After so long in a TLS handshake without an answer it is asked whether it is one at all. */
static const nsec TLS_PATIENCE = 500 * NSEC_PER_MSEC;

/* ---- opening a session ---- */

static void write_hello(const struct credentials *login, struct buf *out)
{
    if (login->user[0] == '\0' && login->password[0] == '\0') {
        resp_write_text(out, "HELLO", "3", "SETNAME", "tenbin", NULL);
        return;
    }
    const char *user = login->user[0] == '\0' ? "default" : login->user;
    resp_write_text(out, "HELLO", "3", "AUTH", user, login->password, "SETNAME", "tenbin", NULL);
}

/* True when a command was written. */
static bool write_auth(const struct credentials *login, struct buf *out)
{
    if (login->user[0] != '\0') {
        resp_write_text(out, "AUTH", login->user, login->password, NULL);
    } else if (login->password[0] != '\0') {
        resp_write_text(out, "AUTH", login->password, NULL);
    } else {
        return false;
    }
    return true;
}

bool client_write_session(const struct endpoint *endpoint, uint8_t protocol, struct buf *out,
                          unsigned *replies, struct error *err)
{
    struct credentials login = {0};
    bool written = false;
    *replies = 0;
    if (endpoint->login != NULL && !endpoint->login->get(endpoint->login, &login, err)) {
        goto out;
    }
    /* In one piece, so that no copy of the password stays behind where the buffer grew. */
    if (buf_reserve(out, strlen(login.user) + strlen(login.password) + 256) == NULL) {
        (void)error_set(err, ERROR_SYSTEM, "log in to %s: the login is too long", endpoint->name);
        goto out;
    }
    if (protocol == 3) {
        write_hello(&login, out);
        (*replies)++;
    } else if (write_auth(&login, out)) {
        (*replies)++;
    }
    if (endpoint->database != 0) {
        char number[16];
        (void)snprintf(number, sizeof number, "%u", (unsigned)endpoint->database);
        resp_write_text(out, "SELECT", number, NULL);
        (*replies)++;
    }
    if (protocol == 2) {
        resp_write_text(out, "CLIENT", "SETNAME", "tenbin", NULL);
        (*replies)++;
    }
    written = true;
out:
    credentials_wipe(&login);
    return written;
}

/* ---- one deadline for everything that a call waits for ---- */

static nsec time_left(nsec deadline)
{
    nsec now = clock_now(clock_monotonic());
    return now < deadline ? deadline - now : 0;
}

static bool fail_waiting(const struct client *client, const char *doing, struct error *err)
{
    if (signal_interrupted()) {
        return error_set(err, ERROR_INTERRUPTED, "%s %s: interrupted", doing, client->name);
    }
    bool is_in_handshake = !client->has_answered && client->stream.state != NULL &&
                           client->stream.is_connected && strcmp(doing, "connect") == 0;
    return error_set(err, ERROR_TARGET, "%s %s: no answer within %.3g s%s", doing, client->name,
                     (double)client->timeout / (double)NSEC_PER_SEC,
                     is_in_handshake ? " in the TLS handshake; does it speak TLS on this port?"
                                     : "");
}

/* The failure that `status` tells. */
static bool fail_status(const struct client *client, enum io_status status, const char *doing,
                        struct error *err)
{
    /* So does a server that waits for TLS and hears plain words. */
    bool may_want_tls = !client->has_answered && client->stream.state == NULL &&
                        strcmp(doing, "ask") == 0 &&
                        (status == IO_CLOSED || client->stream.last_errno == ECONNRESET);
    if (may_want_tls) {
        return error_set(err, ERROR_TARGET,
                         "%s %s: the server closed the connection at once; if it speaks TLS here, "
                         "write rediss://",
                         doing, client->name);
    }
    if (status == IO_CLOSED) {
        return error_set(err, ERROR_TARGET, "%s %s: the server closed the connection", doing,
                         client->name);
    }
    if (client->stream.last_errno == 0 && client->stream.problem != NULL) {
        return error_set(err, ERROR_TARGET, "%s %s: %s", doing, client->name,
                         client->stream.problem);
    }
    return error_set_errno(err, ERROR_TARGET, client->stream.last_errno, "%s %s", doing,
                           client->name);
}

static bool wants(enum io_status status)
{
    return status == IO_WANT_READ || status == IO_WANT_WRITE;
}

/* IO_WANT_*: not established when the time was over. */
static enum io_status wait_established(struct client *client, nsec deadline)
{
    for (;;) {
        enum io_status status = client->stream.transport->establish(&client->stream);
        if (!wants(status) || !transport_wait(&client->stream, status, time_left(deadline))) {
            return status;
        }
    }
}

/* Has the server closed? One that refuses a client says why before that, and it can be read. */
static bool may_have_said_why(const struct client *client, enum io_status status)
{
    int why = client->stream.last_errno;
    return status == IO_CLOSED || why == 0 || why == EPIPE || why == ECONNRESET;
}

/* Sends what is in `out` and forgets it. That the server has closed is not a failure yet. */
static bool send_all(struct client *client, nsec deadline, struct error *err)
{
    size_t sent = 0;
    bool done = true;
    while (sent < client->out.len) {
        struct iovec rest = {client->out.data + sent, client->out.len - sent};
        size_t put = 0;
        enum io_status status = client->stream.transport->write(&client->stream, &rest, 1, &put);
        if (status == IO_DONE) {
            sent += put;
        } else if (!wants(status)) {
            done = may_have_said_why(client, status) || fail_status(client, status, "ask", err);
            break;
        } else if (!transport_wait(&client->stream, status, time_left(deadline))) {
            done = fail_waiting(client, "ask", err);
            break;
        }
    }
    if (client->out.data != NULL) {
        explicit_bzero(client->out.data, client->out.len);
    }
    buf_clear(&client->out);
    return done;
}

static bool read_more(struct client *client, nsec deadline, struct error *err)
{
    char *room = buf_reserve(&client->in, READ_SIZE);
    if (room == NULL) {
        return error_set(err, ERROR_TARGET, "ask %s: a reply of more than %d bytes", client->name,
                         (int)REPLY_LIMIT);
    }
    for (;;) {
        size_t got = 0;
        enum io_status status =
            client->stream.transport->read(&client->stream, room, READ_SIZE, &got);
        if (status == IO_DONE) {
            buf_added(&client->in, got);
            client->has_answered = true;
            return true;
        }
        if (!wants(status)) {
            return fail_status(client, status, "ask", err);
        }
        if (!transport_wait(&client->stream, status, time_left(deadline))) {
            return fail_waiting(client, "ask", err);
        }
    }
}

/* ---- the network's part, and the handshake ---- */

/* Does somebody at this address answer plain words? Redis and Valkey take the beginning of a TLS
 * handshake for a line that has not ended yet, and say nothing to it, ever. Nothing secret is
 * sent. */
static bool speaks_plainly(const struct endpoint *endpoint, nsec patience)
{
    const struct transport *plain = transport_plain();
    nsec deadline = clock_now(clock_monotonic()) + patience;
    struct client probe = {.timeout = patience, .stream = {.fd = -1}};
    buf_init(&probe.in, REPLY_LIMIT);
    resp_write_text(&probe.out, "PING", NULL);
    bool answered = plain->open(plain, &probe.stream, &endpoint->address, NULL, NULL) &&
                    wait_established(&probe, deadline) == IO_DONE &&
                    send_all(&probe, deadline, NULL) && read_more(&probe, deadline, NULL) &&
                    (probe.in.data[0] == '+' || probe.in.data[0] == '-');
    client_close(&probe);
    return answered;
}

static bool establish(struct client *client, const struct endpoint *endpoint, nsec deadline,
                      struct error *err)
{
    bool has_handshake = client->stream.state != NULL;
    nsec left = time_left(deadline);
    nsec doubt = has_handshake && left > TLS_PATIENCE ? deadline - (left - TLS_PATIENCE) : deadline;
    enum io_status status = wait_established(client, doubt);
    if (wants(status) && doubt < deadline) {
        nsec patience = time_left(deadline) / 2;
        if (client->stream.is_connected && !signal_interrupted() &&
            speaks_plainly(endpoint, patience < TLS_PATIENCE ? patience : TLS_PATIENCE)) {
            return error_set(err, ERROR_TARGET,
                             "connect %s: the server does not speak TLS on this port; write "
                             "redis:// instead of rediss://, or name its TLS port",
                             client->name);
        }
        status = wait_established(client, deadline);
    }
    if (wants(status)) {
        return fail_waiting(client, "connect", err);
    }
    return status == IO_DONE || fail_status(client, status, "connect", err);
}

/* The next reply that is not a push message. */
static bool read_reply(struct client *client, struct arena *arena, struct resp_value *value,
                       nsec deadline, struct error *err)
{
    struct resp_reader reader = {0};
    size_t at = 0;
    for (;;) {
        struct resp_reply reply;
        enum resp_status status = resp_read(&reader, client->in.data, client->in.len, &at, &reply);
        if (status == RESP_BAD) {
            bool is_tls = client->in.len > 1 && memcmp(client->in.data, TLS_ALERT, 2) == 0;
            return error_set(err, ERROR_TARGET, "%s does not speak RESP: it sent %s%s",
                             client->name, reader.problem,
                             is_tls ? "; it seems to speak TLS: write rediss://" : "");
        }
        if (status == RESP_OK && !reply.is_push) {
            size_t used = 0;
            status = resp_value_parse(str_prefix(buf_str(&client->in), at), arena, value, &used);
            assert(status == RESP_OK && used == at);
        }
        if (status == RESP_OK) {
            buf_consume(&client->in, at);
            at = 0;
        }
        if (status == RESP_OK && !reply.is_push) {
            return true;
        }
        if (status == RESP_MORE && !read_more(client, deadline, err)) {
            return false;
        }
    }
}

static bool is_error(const struct resp_value *value)
{
    return value->type == '-' || value->type == '!';
}

/* ---- connecting ---- */

/* What a refusal at the door means, in words. */
static bool fail_session(const struct client *client, struct str text, struct error *err)
{
    const char *meaning = "refused";
    switch (reply_error_classify(text)) {
    case REPLY_ERROR_WRONGPASS:
        meaning = "wrong user or password";
        break;
    case REPLY_ERROR_NOAUTH:
        meaning = "a password is required";
        break;
    case REPLY_ERROR_MAXCLIENTS:
        meaning = "the server takes no more clients";
        break;
    case REPLY_ERROR_UNKNOWN_COMMAND:
        meaning = "RESP3 was asked for, but the server does not know HELLO";
        break;
    default:
        break;
    }
    struct str cut = str_prefix(text, 200);
    return error_set(err, ERROR_TARGET, "log in to %s: %s (%.*s)", client->name, meaning,
                     STR_ARG(cut));
}

static bool is_hello_unknown(struct str text)
{
    return reply_error_classify(text) == REPLY_ERROR_UNKNOWN_COMMAND ||
           str_starts_with(text, STR("NOPROTO"));
}

/* Sends the session's commands for `protocol` and reads all their replies. Leaves the protocol of
 * the client 0, without failing, when the server does not know HELLO and the endpoint does not
 * insist on it. */
static bool try_session(struct client *client, const struct endpoint *endpoint, uint8_t protocol,
                        nsec deadline, struct error *err)
{
    struct arena arena = {0};
    unsigned replies = 0;
    bool failed = !client_write_session(endpoint, protocol, &client->out, &replies, err) ||
                  !send_all(client, deadline, err);
    client->protocol = protocol;
    for (unsigned i = 0; i < replies && !failed; i++) {
        struct resp_value reply;
        failed = !read_reply(client, &arena, &reply, deadline, err);
        if (failed || client->protocol == 0 || !is_error(&reply)) {
            continue;
        }
        if (i == 0 && protocol == 3 && endpoint->protocol != 3 && is_hello_unknown(reply.text)) {
            client->protocol = 0;
        } else if (protocol == 3 || i + 1 < replies) { /* the last one of 2 is but a name */
            failed = !fail_session(client, reply.text, err);
        }
    }
    arena_release(&arena);
    return !failed;
}

static bool open_session(struct client *client, const struct endpoint *endpoint, nsec deadline,
                         struct error *err)
{
    uint8_t protocol = endpoint->protocol == 2 ? 2 : 3;
    if (!try_session(client, endpoint, protocol, deadline, err)) {
        return false;
    }
    return client->protocol != 0 || try_session(client, endpoint, 2, deadline, err);
}

/* Asks until the server has loaded its data. Tells also whether a login is required that HELLO or
 * its absence let through. */
static bool wait_until_ready(struct client *client, nsec deadline, struct error *err)
{
    struct arena arena = {0};
    bool ready = false;
    for (;;) {
        struct resp_value reply;
        resp_write_text(&client->out, "PING", NULL);
        if (!send_all(client, deadline, err) ||
            !read_reply(client, &arena, &reply, deadline, err)) {
            break;
        }
        enum reply_error kind =
            is_error(&reply) ? reply_error_classify(reply.text) : REPLY_ERROR_NONE;
        if (kind == REPLY_ERROR_NOAUTH || kind == REPLY_ERROR_MAXCLIENTS) {
            (void)fail_session(client, reply.text, err);
            break;
        }
        ready = kind != REPLY_ERROR_LOADING;
        if (ready) {
            break;
        }
        if (time_left(deadline) <= LOADING_PAUSE || signal_interrupted()) {
            (void)fail_waiting(client, "wait for the data to load on", err);
            break;
        }
        clock_sleep(LOADING_PAUSE);
    }
    arena_release(&arena);
    return ready;
}

bool client_connect(struct client *client, const struct endpoint *endpoint, nsec timeout,
                    struct error *err)
{
    nsec deadline = clock_now(clock_monotonic()) + timeout;
    *client = (struct client){.timeout = timeout, .stream = {.fd = -1}};
    buf_init(&client->in, REPLY_LIMIT);
    (void)snprintf(client->name, sizeof client->name, "%s", endpoint->name);
    if (!endpoint->transport->open(endpoint->transport, &client->stream, &endpoint->address,
                                   endpoint->host, err)) {
        client->stream = (struct stream){.fd = -1};
        client_close(client);
        return false;
    }
    if (!establish(client, endpoint, deadline, err) ||
        !open_session(client, endpoint, deadline, err) ||
        !wait_until_ready(client, deadline, err)) {
        client_close(client);
        return false;
    }
    return true;
}

/* ---- asking ---- */

/* Drops the replies that were not waited for. */
static bool read_owed(struct client *client, nsec deadline, struct error *err)
{
    bool done = true;
    while (done && client->owed > 0) {
        struct arena arena = {0};
        struct resp_value reply;
        done = read_reply(client, &arena, &reply, deadline, err);
        client->owed -= done ? 1 : 0;
        arena_release(&arena);
    }
    return done;
}

static bool call(struct client *client, struct arena *arena, struct resp_value *reply,
                 struct error *err)
{
    nsec deadline = clock_now(clock_monotonic()) + client->timeout;
    return send_all(client, deadline, err) && read_owed(client, deadline, err) &&
           read_reply(client, arena, reply, deadline, err);
}

/* Why nothing came: the time was over, or the connection is. */
static enum client_answer late_or_broken(nsec deadline)
{
    return time_left(deadline) == 0 || signal_interrupted() ? CLIENT_LATE : CLIENT_BROKEN;
}

enum client_answer client_ask(struct client *client, const char *word, nsec deadline)
{
    if (!read_owed(client, deadline, NULL)) {
        return late_or_broken(deadline);
    }
    resp_write_text(&client->out, word, NULL);
    /* Cut short it cannot be gone on with. */
    return send_all(client, deadline, NULL) ? CLIENT_ANSWERED : CLIENT_BROKEN;
}

enum client_answer client_take(struct client *client, struct arena *arena, struct resp_value *reply,
                               nsec deadline)
{
    if (read_reply(client, arena, reply, deadline, NULL)) {
        return CLIENT_ANSWERED;
    }
    enum client_answer answer = late_or_broken(deadline);
    client->owed += answer == CLIENT_LATE ? 1 : 0;
    return answer;
}

bool client_call(struct client *client, struct arena *arena, struct resp_value *reply,
                 struct error *err, ...)
{
    assert(client->stream.transport != NULL);
    va_list args;
    va_start(args, err);
    resp_write_textv(&client->out, args);
    va_end(args);
    return call(client, arena, reply, err);
}

bool client_call_words(struct client *client, struct arena *arena, struct resp_value *reply,
                       struct error *err, const struct word_list *list)
{
    assert(client->stream.transport != NULL);
    resp_write(&client->out, list->words, list->count);
    return call(client, arena, reply, err);
}

bool client_info(struct client *client, struct arena *arena, const char *section, struct str *text,
                 struct error *err)
{
    struct resp_value reply;
    if (!client_call(client, arena, &reply, err, "INFO", section, NULL)) {
        return false;
    }
    if (is_error(&reply)) {
        struct str cut = str_prefix(reply.text, 200);
        return error_set(err, ERROR_TARGET, "ask %s for INFO: %.*s", client->name, STR_ARG(cut));
    }
    if ((reply.type != '$' && reply.type != '=') || reply.is_null) {
        return error_set(err, ERROR_TARGET, "ask %s for INFO: the answer is not a text",
                         client->name);
    }
    *text = reply.text;
    return true;
}

void client_close(struct client *client)
{
    if (client->stream.transport != NULL) {
        client->stream.transport->close(&client->stream);
    }
    client->stream.transport = NULL;
    client->protocol = 0;
    if (client->out.data != NULL) {
        explicit_bzero(client->out.data, client->out.capacity);
    }
    buf_release(&client->in);
    buf_release(&client->out);
}
