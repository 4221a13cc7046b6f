/* Where a server listens: an IPv4, IPv6 or unix-socket address. Resolving names blocks, so it is
 * never done on a worker thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"

struct address {
    struct sockaddr_storage storage;
    socklen_t len; /* 0: no address */
};

enum { ADDRESS_MAX_RESULTS = 16, ADDRESS_TEXT_SIZE = 160 };

/* Resolves a host name or a numeric address (IPv6 without brackets) in the order that the system
 * prefers. Writes at most ADDRESS_MAX_RESULTS and sets `count` (>= 1 on success).
 * ERROR_TARGET "resolve NAME: reason". Blocks for as long as the system's resolver does. */
bool address_resolve(const char *host, uint16_t port, struct address *out, unsigned *count,
                     struct error *err);
/* ERROR_USAGE when the path is too long for a socket (107 bytes). */
bool address_unix(const char *path, struct address *out, struct error *err);
/* "10.0.0.5:6379", "[::1]:6379", "/run/x.sock". Returns `text`. */
const char *address_format(const struct address *address, char text[ADDRESS_TEXT_SIZE]);
/* True for a unix socket, 127.0.0.0/8 or ::1 (also mapped). */
bool address_is_loopback(const struct address *address);
