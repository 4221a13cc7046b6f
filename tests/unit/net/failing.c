/* Connecting and talking while the system refuses one call: whichever it is, there is a sentence,
 * and nothing is left open. */
#include "support/refusing.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "net/loop.h"
#include "net/tls.h"
#include "os/clock.h"
#include "support/responder.h"
#include "support/tap.h"
#include "support/tls_server.h"

/* Whom to talk to. */
struct peer {
    const struct transport *transport;
    uint16_t port;
};

/* ---- a conversation ---- */

static bool tell(const struct stream *stream, enum io_status status, struct error *err)
{
    if (status == IO_CLOSED) {
        return error_set(err, ERROR_TARGET, "closed");
    }
    if (stream->last_errno == 0) {
        return error_set(err, ERROR_TARGET, "%s", stream->problem);
    }
    return error_set_errno(err, ERROR_TARGET, stream->last_errno, "talk");
}

/* Waits for what `status` wants. False: it wants nothing, or it does not come. */
static bool goes_on(const struct stream *stream, enum io_status status)
{
    return (status == IO_WANT_READ || status == IO_WANT_WRITE) &&
           transport_wait(stream, status, 5 * NSEC_PER_SEC);
}

static bool talk(struct stream *stream, struct error *err)
{
    char answer[64];
    size_t len = 0;
    struct iovec parts[] = {{"PI", 2}, {"NG", 2}};
    enum io_status status;
    do {
        status = stream->transport->establish(stream);
    } while (goes_on(stream, status));
    if (status != IO_DONE) {
        return tell(stream, status, err);
    }
    do {
        status = stream->transport->write(stream, parts, 2, &len);
    } while (goes_on(stream, status));
    if (status != IO_DONE) {
        return tell(stream, status, err);
    }
    do {
        status = stream->transport->read(stream, answer, sizeof answer, &len);
    } while (goes_on(stream, status));
    return status == IO_DONE || tell(stream, status, err);
}

static bool converse(const void *self, struct error *err)
{
    const struct peer *peer = self;
    struct address addresses[ADDRESS_MAX_RESULTS];
    unsigned count = 0;
    struct stream stream;
    if (!address_resolve("127.0.0.1", peer->port, addresses, &count, err) ||
        !peer->transport->open(peer->transport, &stream, &addresses[0], "localhost", err)) {
        return false;
    }
    bool done = talk(&stream, err);
    stream.transport->close(&stream);
    return done;
}

static const uint32_t conversation = 1U << FAIL_GETADDRINFO | 1U << FAIL_SOCKET |
                                     1U << FAIL_SETSOCKOPT | 1U << FAIL_CONNECT |
                                     1U << FAIL_GETSOCKOPT | 1U << FAIL_READ | 1U << FAIL_WRITE;

static void test_plain(void)
{
    static const struct answer answers[] = {{"PING", "+PONG\r\n"}, {0}};
    struct responder responder;
    const struct transport transport = failing_transport();
    struct peer peer = {&transport, responder_start(&responder, answers, NULL)};
    struct attempt attempt = {
        .name = "plain", .run = converse, .self = &peer, .uses = conversation};
    refuse_all(&attempt);
    responder_stop(&responder);
    buf_release(&responder.heard);
}

static void test_tls(void)
{
    struct certificate own = certificate_make(&(struct certificate_wish){
        .subject = "server", .names = "DNS:localhost", .first = -1, .last = 30});
    struct tls_server server;
    struct transport *transport = tls_new(&(struct tls_config){.no_verify = true}, NULL);
    tls_server_start(&server, &(struct tls_server_wish){.script = TLS_ECHO, .certificate = &own},
                     LISTEN_TCP);
    struct sockaddr_in where;
    memcpy(&where, &server.listener.address.storage, sizeof where);
    struct peer peer = {transport, ntohs(where.sin_port)};
    struct attempt attempt = {.name = "TLS",
                              .run = converse,
                              .self = &peer,
                              .uses = conversation,
                              .survives = {[FAIL_WRITE] = 1}}; /* the farewell */
    refuse_all(&attempt);
    tls_free(transport);
    tls_server_stop(&server);
    certificate_release(&own);
}

/* ---- the loop ---- */

static bool watch(const void *self, struct error *err)
{
    (void)self;
    struct loop loop = {0};
    int fds[2];
    if (!loop_init_epoll(&loop, err)) {
        return false;
    }
    bool done = false;
    if (pipe(fds) == 0) {
        done = loop_add(&loop, fds[0], 1, false, err);
        (void)close(fds[0]);
        (void)close(fds[1]);
    }
    loop_release(&loop);
    return done;
}

static void test_loop(void)
{
    const struct attempt attempt = {
        .name = "loop",
        .run = watch,
        .uses = 1U << FAIL_EPOLL_CREATE | 1U << FAIL_EPOLL_ADD,
    };
    refuse_all(&attempt);
}

int main(void)
{
    test_plain();
    test_tls();
    test_loop();
    return tap_end();
}
