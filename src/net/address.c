#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

enum { PORT_TEXT_SIZE = 8 };

bool address_resolve(const char *host, uint16_t port, struct address *out, unsigned *count,
                     struct error *err)
{
    char service[PORT_TEXT_SIZE];
    (void)snprintf(service, sizeof service, "%u", (unsigned)port);
    /* Not AI_ADDRCONFIG: it hides "localhost" on a machine that has no network but its own. */
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    *count = 0;
    int failed = getaddrinfo(host, service, &hints, &list);
    if (failed == EAI_SYSTEM) {
        return error_set_errno(err, ERROR_TARGET, errno, "resolve %s", host);
    }
    if (failed != 0) {
        return error_set(err, ERROR_TARGET, "resolve %s: %s", host, gai_strerror(failed));
    }
    for (const struct addrinfo *at = list; at != NULL && *count < ADDRESS_MAX_RESULTS;
         at = at->ai_next) {
        if (at->ai_family != AF_INET && at->ai_family != AF_INET6) {
            continue;
        }
        struct address *address = &out[(*count)++];
        *address = (struct address){.len = at->ai_addrlen};
        memcpy(&address->storage, at->ai_addr, at->ai_addrlen);
    }
    freeaddrinfo(list);
    if (*count == 0) {
        return error_set(err, ERROR_TARGET, "resolve %s: no IPv4 or IPv6 address", host);
    }
    return true;
}

bool address_unix(const char *path, struct address *out, struct error *err)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len == 0) {
        return error_set(err, ERROR_USAGE, "the path of the unix socket is empty");
    }
    if (len >= sizeof where.sun_path) {
        return error_set(err, ERROR_USAGE,
                         "the path of the unix socket has %zu bytes, more than the %zu allowed: %s",
                         len, sizeof where.sun_path - 1, path);
    }
    memcpy(where.sun_path, path, len + 1);
    *out = (struct address){.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1)};
    memcpy(&out->storage, &where, sizeof where);
    return true;
}

/* The address without its port; an IPv6 address keeps its scope ("fe80::1%eth0"). */
static bool format_host(const struct address *address, char *text, size_t size)
{
    return getnameinfo((const struct sockaddr *)&address->storage, address->len, text,
                       (socklen_t)size, NULL, 0, NI_NUMERICHOST) == 0;
}

const char *address_format(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
    char host[ADDRESS_TEXT_SIZE - 16];
    if (address->len == 0) {
        (void)snprintf(text, ADDRESS_TEXT_SIZE, "no address");
    } else if (address->storage.ss_family == AF_UNIX) {
        struct sockaddr_un where;
        memcpy(&where, &address->storage, sizeof where);
        (void)snprintf(text, ADDRESS_TEXT_SIZE, "%.*s", (int)sizeof where.sun_path, where.sun_path);
    } else if (!format_host(address, host, sizeof host)) {
        (void)snprintf(text, ADDRESS_TEXT_SIZE, "address of family %d",
                       (int)address->storage.ss_family);
    } else if (address->storage.ss_family == AF_INET6) {
        struct sockaddr_in6 where;
        memcpy(&where, &address->storage, sizeof where);
        (void)snprintf(text, ADDRESS_TEXT_SIZE, "[%s]:%u", host, (unsigned)ntohs(where.sin6_port));
    } else {
        struct sockaddr_in where;
        memcpy(&where, &address->storage, sizeof where);
        (void)snprintf(text, ADDRESS_TEXT_SIZE, "%s:%u", host, (unsigned)ntohs(where.sin_port));
    }
    return text;
}

static bool is_loopback_ipv4(const uint8_t *bytes)
{
    return bytes[0] == 127;
}

bool address_is_loopback(const struct address *address)
{
    if (address->len == 0) {
        return false;
    }
    if (address->storage.ss_family == AF_UNIX) {
        return true;
    }
    if (address->storage.ss_family == AF_INET) {
        struct sockaddr_in where;
        memcpy(&where, &address->storage, sizeof where);
        return is_loopback_ipv4((const uint8_t *)&where.sin_addr);
    }
    if (address->storage.ss_family == AF_INET6) {
        struct sockaddr_in6 where;
        memcpy(&where, &address->storage, sizeof where);
        if (IN6_IS_ADDR_V4MAPPED(&where.sin6_addr)) {
            return is_loopback_ipv4(where.sin6_addr.s6_addr + 12);
        }
        return IN6_IS_ADDR_LOOPBACK(&where.sin6_addr);
    }
    return false;
}
