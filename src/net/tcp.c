/* Plain sockets: TCP and unix. A message of errno for every failure, no signal for any. */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/kernel.h"
#include "net/transport.h"

static bool set_option(int fd, int level, int name)
{
    int on = 1;
    return setsockopt(fd, level, name, &on, sizeof on) == 0;
}

/* Without TCP_NODELAY the kernel would hold requests back and the measurement would show Nagle's
 * algorithm instead of the server, so a refusal is a failure. */
static bool set_options(int fd, sa_family_t family)
{
    if (family != AF_INET && family != AF_INET6) {
        return true;
    }
    return set_option(fd, IPPROTO_TCP, TCP_NODELAY) && set_option(fd, SOL_SOCKET, SO_KEEPALIVE);
}

static void plain_close(struct stream *stream)
{
    if (stream->fd >= 0) {
        (void)close(stream->fd);
    }
    stream->fd = -1;
}

static bool plain_open(const struct transport *transport, struct stream *stream,
                       const struct address *address, const char *host, struct error *err)
{
    char name[ADDRESS_TEXT_SIZE];
    (void)host; /* plain sockets go by the address */
    *stream = (struct stream){.transport = transport, .fd = -1};
    stream->fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (stream->fd < 0) {
        return error_set_errno(err, ERROR_SYSTEM, errno, "open a socket for %s",
                               address_format(address, name));
    }
    if (!set_options(stream->fd, address->storage.ss_family)) {
        stream->last_errno = errno;
        plain_close(stream);
        return error_set_errno(err, ERROR_SYSTEM, stream->last_errno, "set up a socket for %s",
                               address_format(address, name));
    }
    /* An interrupted connect goes on by itself, like one that has to wait. */
    if (connect(stream->fd, (const struct sockaddr *)&address->storage, address->len) == 0 ||
        errno == EINPROGRESS || errno == EINTR) {
        return true;
    }
    stream->last_errno = errno;
    plain_close(stream);
    return error_set_errno(err, ERROR_TARGET, stream->last_errno, "connect %s",
                           address_format(address, name));
}

static enum io_status fail(struct stream *stream, int why)
{
    stream->last_errno = why;
    return IO_ERROR;
}

static enum io_status plain_establish(struct stream *stream)
{
    struct pollfd asked = {.fd = stream->fd, .events = POLLOUT};
    int ready = poll(&asked, 1, 0);
    if (ready == 0 || (ready < 0 && errno == EINTR)) {
        return IO_WANT_WRITE;
    }
    int why = 0;
    socklen_t len = sizeof why;
    if (ready < 0 || getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &why, &len) != 0) {
        return fail(stream, errno);
    }
    if (why != 0) {
        return fail(stream, why);
    }
    stream->is_connected = true;
    return IO_DONE;
}

/* The kernel did not do what it was asked for. A call that a signal interrupted is made again after
 * the next event, which comes at once. */
__attribute__((cold, noinline)) static enum io_status refuse(struct stream *stream, long result,
                                                             enum io_status again)
{
    if (result == -EAGAIN || result == -EINTR) {
        return again;
    }
    return fail(stream, (int)-result);
}

static enum io_status plain_read(struct stream *stream, void *data, size_t size, size_t *got)
{
    assert(size > 0);
    long len =
        kernel_call(SYS_recvfrom, (const long[6]){stream->fd, (long)(intptr_t)data, (long)size});
    if (__builtin_expect(len <= 0, 0)) {
        return len == 0 ? IO_CLOSED : refuse(stream, len, IO_WANT_READ);
    }
    *got = (size_t)len;
    return IO_DONE;
}

static inline long send_part(int fd, const struct iovec *part)
{
    return kernel_call(SYS_sendto, (const long[6]){fd, (long)(intptr_t)part->iov_base,
                                                   (long)part->iov_len, MSG_NOSIGNAL});
}

/* Apart, so that a message is no burden on the stack of a write of one part. */
__attribute__((noinline)) static long send_parts(int fd, const struct iovec *parts, size_t count)
{
    /* sendmsg promises not to write through msg_iov, but its type does not say so. */
    struct msghdr message = {.msg_iovlen = count};
    memcpy(&message.msg_iov, &parts, sizeof parts);
    return kernel_call(SYS_sendmsg, (const long[6]){fd, (long)(intptr_t)&message, MSG_NOSIGNAL});
}

static enum io_status plain_write(struct stream *stream, const struct iovec *parts, int count,
                                  size_t *put)
{
    assert(count > 0);
    long len =
        count == 1 ? send_part(stream->fd, parts) : send_parts(stream->fd, parts, (size_t)count);
    if (__builtin_expect(len < 0, 0)) {
        return refuse(stream, len, IO_WANT_WRITE);
    }
    *put = (size_t)len;
    return IO_DONE;
}

const struct transport *transport_plain(void)
{
    static const struct transport plain = {
        .name = "tcp",
        .open = plain_open,
        .establish = plain_establish,
        .read = plain_read,
        .write = plain_write,
        .close = plain_close,
    };
    return &plain;
}
