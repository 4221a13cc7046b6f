/* Lets the Nth of the system's calls fail, once. Link with `failing_link_args`, which lead the
 * calls of everything that is linked statically through here (the C library's own and OpenSSL's are
 * not).
 *
 * Only threads that are made while a failure is armed, and the one that arms, are subject to it:
 * start servers before. Thread rule: one thread arms and disarms. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "net/transport.h"

enum failing_call {
    FAIL_GETADDRINFO,
    FAIL_SOCKET,
    FAIL_SETSOCKOPT,
    FAIL_CONNECT,
    FAIL_GETSOCKOPT,
    FAIL_READ,  /* recv, and reading from a failing_transport */
    FAIL_WRITE, /* send, and writing to one */
    FAIL_EPOLL_CREATE,
    FAIL_EPOLL_ADD, /* epoll_ctl, of a new descriptor: the others are about known ones */
    FAIL_PTHREAD_CREATE,
    FAILING_CALLS,
};

const char *failing_name(enum failing_call call);
/* How a sentence says that it failed: the system's words for the error that it fails with. */
const char *failing_words(enum failing_call call);
/* The `nth` call from now on fails, from 1. */
void failing_arm(enum failing_call call, unsigned nth);
/* True: it has failed. False: there were not so many. */
bool failing_disarm(void);

/* Plain sockets; net/tcp.c reads and writes without the C library, so that no linker leads those
 * calls elsewhere. */
struct transport failing_transport(void);

/* What a failure may leave behind: open descriptors and threads of this process. */
struct failing_remains {
    size_t descriptors;
    size_t threads;
};
struct failing_remains failing_count(void);
/* Is no more left than at `before`? Waits for it a little: servers of the test close their end when
 * they have noticed that ours is closed. */
bool failing_left_nothing(const struct failing_remains *before);
