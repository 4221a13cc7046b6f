#include "support/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static void must(bool worked, const char *what)
{
    if (!worked) {
        perror(what);
        abort();
    }
}

const char *listener_kind_name(int kind)
{
    static const char *const names[] = {"tcp", "tcp over IPv6", "unix"};
    return names[kind];
}

static void set_address(struct listener *listener, int kind)
{
    struct address *address = &listener->address;
    *address = (struct address){0};
    if (kind == LISTEN_UNIX) {
        struct sockaddr_un where = {.sun_family = AF_UNIX};
        (void)snprintf(where.sun_path, sizeof where.sun_path, "/tmp/tenbin-net-%d.sock",
                       (int)getpid());
        (void)unlink(where.sun_path);
        memcpy(&address->storage, &where, sizeof where);
        address->len =
            (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(where.sun_path) + 1);
    } else if (kind == LISTEN_TCP6) {
        struct sockaddr_in6 where = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
        memcpy(&address->storage, &where, sizeof where);
        address->len = sizeof where;
    } else {
        struct sockaddr_in where = {.sin_family = AF_INET};
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        memcpy(&address->storage, &where, sizeof where);
        address->len = sizeof where;
    }
}

bool listener_init(struct listener *listener, int kind)
{
    set_address(listener, kind);
    struct sockaddr *where = (struct sockaddr *)&listener->address.storage;
    listener->fd = socket(where->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener->fd < 0 && errno == EAFNOSUPPORT) {
        return false;
    }
    must(listener->fd >= 0, "socket");
    if (bind(listener->fd, where, listener->address.len) != 0) {
        must(kind == LISTEN_TCP6 && errno == EADDRNOTAVAIL, "bind");
        (void)close(listener->fd);
        return false;
    }
    must(listen(listener->fd, 16) == 0, "listen");
    if (kind != LISTEN_UNIX) {
        socklen_t len = sizeof listener->address.storage;
        must(getsockname(listener->fd, where, &len) == 0, "getsockname");
    }
    return true;
}

void listener_release(struct listener *listener)
{
    if (listener->fd >= 0) {
        (void)close(listener->fd);
    }
    listener->fd = -1;
    if (listener->address.storage.ss_family == AF_UNIX) {
        struct sockaddr_un where;
        memcpy(&where, &listener->address.storage, sizeof where);
        (void)unlink(where.sun_path);
    }
}

int listener_accept(const struct listener *listener)
{
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
    must(fd >= 0, "accept");
    return fd;
}

int listener_connect(const struct listener *listener, struct stream *stream)
{
    const struct transport *transport = transport_plain();
    if (!transport->open(transport, stream, &listener->address, NULL, NULL)) {
        return -1;
    }
    int fd = listener_accept(listener);
    while (transport->establish(stream) == IO_WANT_WRITE) {
        if (!transport_wait(stream, IO_WANT_WRITE, 5 * NSEC_PER_SEC)) {
            (void)close(fd);
            return -1;
        }
    }
    return fd;
}

void listener_reset(int fd)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    must(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0, "SO_LINGER");
    (void)close(fd);
}
