/* A listening socket for the tests of net/: bare system calls, so that the code under test is
 * only ever one end of a connection. */
#pragma once

#include <stdbool.h>

#include "net/address.h"
#include "net/transport.h"

enum { LISTEN_TCP, LISTEN_TCP6, LISTEN_UNIX, LISTEN_KINDS };

struct listener {
    int fd;
    struct address address; /* where it listens */
};

/* "tcp", "tcp over IPv6", "unix". */
const char *listener_kind_name(int kind);
/* False when the machine has no such family. Ends the program when anything else fails. */
bool listener_init(struct listener *listener, int kind);
void listener_release(struct listener *listener);
/* The next connection; blocking. */
int listener_accept(const struct listener *listener);
/* Opens `stream` to it, establishes it, and returns the accepted other end; -1: failed. */
int listener_connect(const struct listener *listener, struct stream *stream);
/* Closes with a reset instead of an orderly end. */
void listener_reset(int fd);
