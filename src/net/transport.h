/* Byte streams behind one table: plain sockets (tcp.c serves TCP and unix sockets), TLS (tls.h) and
 * fakes. Nobody above this table knows which one it uses.
 *
 * No call blocks. A call that cannot go on says what it waits for, which for TLS may be the other
 * direction than the one asked for. No call allocates on an established plain stream.
 * Thread rule: a stream belongs to one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "base/error.h"
#include "base/units.h"
#include "net/address.h"

enum io_status {
    IO_DONE,       /* progress was made: see the count */
    IO_WANT_READ,  /* nothing done; call again when readable */
    IO_WANT_WRITE, /* nothing done; call again when writable */
    IO_CLOSED,     /* the peer closed in an orderly way */
    IO_ERROR,      /* broken; `last_errno` of the stream says why */
};

struct transport;

struct stream {
    const struct transport *transport;
    void *state;         /* the transport's own; NULL for plain sockets */
    int fd;              /* what the event loop watches; -1: closed */
    int last_errno;      /* after IO_ERROR; 0: `problem` says why */
    bool is_connected;   /* the network's part is done; a handshake may follow */
    const char *problem; /* after IO_ERROR with last_errno 0: a clause, static or the state's own,
                            valid until close */
};

struct transport {
    const char *name; /* "tcp", ... */
    void *self;       /* handed through in `stream->transport`; NULL for plain sockets */
    /* Begins to connect; `establish` then says when it is done. False: failed at once, the stream
     * is closed and `last_errno` says why (EAGAIN: a unix socket whose queue of waiting
     * connections is full; open it again later). An opened stream must be closed in any case.
     * `name` is the host's name, which TLS asks for and verifies; NULL or "": none. */
    bool (*open)(const struct transport *transport, struct stream *stream,
                 const struct address *address, const char *name, struct error *err);
    /* Continues connecting (and handshaking) after the event that was wanted; IO_DONE once bytes
     * can flow. */
    enum io_status (*establish)(struct stream *stream);
    /* At most `size` bytes into `data`; IO_DONE sets *got >= 1. After less than `size` nothing is
     * held back: what comes next makes the socket readable. */
    enum io_status (*read)(struct stream *stream, void *data, size_t size, size_t *got);
    /* As many bytes as the peer takes now; IO_DONE sets *put >= 1, maybe less than asked. */
    enum io_status (*write)(struct stream *stream, const struct iovec *parts, int count,
                            size_t *put);
    /* Closes and forgets; allowed on a closed stream. */
    void (*close)(struct stream *stream);
};

/* TCP (TCP_NODELAY, keepalive) and unix sockets, by the family of the address. */
const struct transport *transport_plain(void);

/* Waits (poll) until the stream is ready for what `status` wants. False when `timeout` passed or
 * the user has asked to stop (os/signal.h); then it still waits up to 100 ms, so that a quick
 * answer to a farewell arrives. For the blocking control client, never for workers. */
bool transport_wait(const struct stream *stream, enum io_status status, nsec timeout);
