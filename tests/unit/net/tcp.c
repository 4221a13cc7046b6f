#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/transport.h"
#include "os/clock.h"

#include "support/listener.h"
#include "support/tap.h"

enum { BIG = 4 * 1024 * 1024 };

static const nsec LONG = 5 * NSEC_PER_SEC;

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof value;
    (void)getsockopt(fd, level, name, &value, &len);
    return value;
}

static void test_options(const struct listener *listener, int kind)
{
    const char *name = listener_kind_name(kind);
    struct stream stream;
    int peer = listener_connect(listener, &stream);
    tap_check(peer >= 0, "%s: connects", name);
    tap_check((fcntl(stream.fd, F_GETFL) & O_NONBLOCK) != 0, "%s: does not block", name);
    tap_check((fcntl(stream.fd, F_GETFD) & FD_CLOEXEC) != 0, "%s: is not inherited", name);
    if (kind != LISTEN_UNIX) {
        tap_int(option(stream.fd, IPPROTO_TCP, TCP_NODELAY), 1, "%s: TCP_NODELAY", name);
        tap_int(option(stream.fd, SOL_SOCKET, SO_KEEPALIVE), 1, "%s: SO_KEEPALIVE", name);
    }
    stream.transport->close(&stream);
    tap_int(stream.fd, -1, "%s: closed", name);
    stream.transport->close(&stream);
    tap_int(stream.fd, -1, "%s: may be closed again", name);
    (void)close(peer);
}

static void test_exchange(const struct listener *listener, int kind)
{
    const char *name = listener_kind_name(kind);
    struct stream stream;
    int peer = listener_connect(listener, &stream);
    char data[16] = "";
    size_t count = 0;
    tap_int(stream.transport->read(&stream, data, sizeof data, &count), IO_WANT_READ,
            "%s: nothing to read yet", name);
    tap_check(!transport_wait(&stream, IO_WANT_READ, NSEC_PER_MSEC), "%s: waiting ends", name);
    char one[] = "ab";
    char two[] = "cde";
    struct iovec parts[] = {{one, 2}, {two, 3}};
    tap_int(stream.transport->write(&stream, parts, 2, &count), IO_DONE, "%s: writes parts", name);
    tap_int((int64_t)count, 5, "%s: all parts", name);
    tap_int(stream.transport->write(&stream, parts, 1, &count), IO_DONE, "%s: writes one", name);
    tap_int((int64_t)count, 2, "%s: all of one", name);
    tap_int(recv(peer, data, 7, MSG_WAITALL), 7, "%s: the peer got it", name);
    tap_check(memcmp(data, "abcdeab", 7) == 0, "%s: in order", name);
    tap_int(send(peer, "reply", 5, 0), 5, "%s: the peer answers", name);
    tap_check(transport_wait(&stream, IO_WANT_READ, LONG), "%s: readable", name);
    tap_int(stream.transport->read(&stream, data, 3, &count), IO_DONE, "%s: reads", name);
    tap_int((int64_t)count, 3, "%s: no more than asked", name);
    tap_int(stream.transport->read(&stream, data + 3, 13, &count), IO_DONE, "%s: the rest", name);
    tap_check(count == 2 && memcmp(data, "reply", 5) == 0, "%s: the rest is right", name);
    (void)close(peer);
    tap_check(transport_wait(&stream, IO_WANT_READ, LONG), "%s: an end is an event", name);
    tap_int(stream.transport->read(&stream, data, 3, &count), IO_CLOSED, "%s: peer closed", name);
    stream.transport->close(&stream);
}

static void test_short_write(const struct listener *listener, int kind)
{
    const char *name = listener_kind_name(kind);
    struct stream stream;
    int peer = listener_connect(listener, &stream);
    int small = 4096;
    (void)setsockopt(stream.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    char *data = mem_alloc(BIG);
    char *seen = mem_alloc(BIG);
    for (size_t i = 0; i < BIG; i++) {
        data[i] = (char)(i * 7 + i / 251);
    }
    size_t sent = 0;
    size_t received = 0;
    unsigned full = 0;
    unsigned shorts = 0;
    uint64_t before = mem_allocations();
    while (sent < BIG) {
        struct iovec rest = {data + sent, BIG - sent};
        size_t put = 0;
        enum io_status status = stream.transport->write(&stream, &rest, 1, &put);
        if (status == IO_DONE) {
            shorts += put < BIG - sent ? 1 : 0;
            sent += put;
            continue;
        }
        if (status != IO_WANT_WRITE) {
            break;
        }
        full++;
        /* The buffer may be full of bytes that arrived but are not acknowledged yet. */
        ssize_t len = recv(peer, seen + received, BIG - received, MSG_DONTWAIT);
        received += len > 0 ? (size_t)len : 0;
        if (!transport_wait(&stream, IO_WANT_WRITE, LONG)) {
            break;
        }
    }
    tap_int((int64_t)sent, BIG, "%s: everything is taken in the end", name);
    tap_check(full > 0 && shorts > 0, "%s: with short writes and a full socket", name);
    tap_int((int64_t)(mem_allocations() - before), 0, "%s: without allocation", name);
    while (received < sent) {
        ssize_t len = recv(peer, seen + received, sent - received, MSG_WAITALL);
        if (len <= 0) {
            break;
        }
        received += (size_t)len;
    }
    tap_check(memcmp(data, seen, BIG) == 0, "%s: and arrives unharmed", name);
    mem_free(data);
    mem_free(seen);
    (void)close(peer);
    stream.transport->close(&stream);
}

/* Writes until the stream has learned that nobody reads any more. */
static enum io_status write_on(struct stream *stream)
{
    char byte = 'x';
    struct iovec part = {&byte, 1};
    enum io_status status = IO_DONE;
    for (int i = 0; i < 100 && status == IO_DONE; i++) {
        size_t put = 0;
        status = stream->transport->write(stream, &part, 1, &put);
        clock_sleep(NSEC_PER_MSEC);
    }
    return status;
}

static void test_broken_pipe(const struct listener *listener, int kind)
{
    const char *name = listener_kind_name(kind);
    struct stream stream;
    int peer = listener_connect(listener, &stream);
    (void)close(peer);
    tap_int(write_on(&stream), IO_ERROR, "%s: writing to nobody fails without a signal", name);
    tap_check(stream.last_errno == EPIPE || stream.last_errno == ECONNRESET,
              "%s: broken pipe or reset, not %d", name, stream.last_errno);
    stream.transport->close(&stream);
}

static void test_reset(const struct listener *listener)
{
    struct stream stream;
    int peer = listener_connect(listener, &stream);
    listener_reset(peer);
    (void)transport_wait(&stream, IO_WANT_READ, LONG);
    char byte = 0;
    size_t got = 0;
    tap_int(stream.transport->read(&stream, &byte, 1, &got), IO_ERROR, "a reset is an error");
    tap_int(stream.last_errno, ECONNRESET, "a reset is called a reset");
    stream.transport->close(&stream);
}

/* A socket that is bound to a port of its own on loopback. */
static int bind_loopback(struct address *address)
{
    struct sockaddr_in loopback = {.sin_family = AF_INET};
    loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)bind(fd, (struct sockaddr *)&loopback, sizeof loopback);
    *address = (struct address){.len = sizeof address->storage};
    (void)getsockname(fd, (struct sockaddr *)&address->storage, &address->len);
    return fd;
}

static void test_refused(void)
{
    struct stream stream;
    struct error err = {0};
    struct address nobody;
    int holder = bind_loopback(&nobody); /* nobody listens, and nobody else can take the port */
    const struct transport *transport = transport_plain();
    tap_check(transport->open(transport, &stream, &nobody, NULL, &err), "tcp: refusal comes later");
    enum io_status status = IO_WANT_WRITE;
    while (status == IO_WANT_WRITE && transport_wait(&stream, IO_WANT_WRITE, LONG)) {
        status = transport->establish(&stream);
    }
    tap_int(status, IO_ERROR, "tcp: refused");
    tap_int(stream.last_errno, ECONNREFUSED, "tcp: and says so");
    transport->close(&stream);
    (void)close(holder);

    struct address gone;
    (void)address_unix("/tmp/tenbin-nobody.sock", &gone, &err);
    tap_check(!transport->open(transport, &stream, &gone, NULL, &err), "unix: refused at once");
    tap_text(err.text, "connect /tmp/tenbin-nobody.sock: no such file or directory",
             "unix: and says so");
    tap_int(err.code, ERROR_TARGET, "unix: the target's fault");
    tap_int(stream.last_errno, ENOENT, "unix: errno for machines");
    tap_int(stream.fd, -1, "unix: nothing left open");
    transport->close(&stream);
}

/* A connection that nobody accepts because the queue is full waits and is not established. */
static void test_unanswered(void)
{
    enum { CALLERS = 4 };
    struct address full;
    struct stream streams[CALLERS];
    struct error err = {0};
    const struct transport *transport = transport_plain();
    int listener = bind_loopback(&full);
    (void)listen(listener, 0);
    enum io_status last = IO_ERROR;
    for (int i = 0; i < CALLERS; i++) {
        tap_check(transport->open(transport, &streams[i], &full, NULL, &err), "caller %d begins",
                  i);
        (void)transport_wait(&streams[i], IO_WANT_WRITE, 20 * NSEC_PER_MSEC);
        last = transport->establish(&streams[i]);
    }
    tap_int(last, IO_WANT_WRITE, "with a full queue a caller waits");
    for (int i = 0; i < CALLERS; i++) {
        transport->close(&streams[i]);
    }
    (void)close(listener);
}

int main(void)
{
    for (int kind = 0; kind < LISTEN_KINDS; kind++) {
        struct listener listener;
        if (!listener_init(&listener, kind)) {
            printf("# skipped: this machine has no %s\n", listener_kind_name(kind));
            continue;
        }
        test_options(&listener, kind);
        test_exchange(&listener, kind);
        test_short_write(&listener, kind);
        test_broken_pipe(&listener, kind);
        if (kind != LISTEN_UNIX) {
            test_reset(&listener);
        }
        listener_release(&listener);
    }
    test_refused();
    test_unanswered();
    return tap_end();
}
