/* A TLS server of OpenSSL's for tests, in a thread of its own: one connection after the other. */
#pragma once

#include <openssl/ssl.h>
#include <pthread.h>

#include "support/certificate.h"
#include "support/listener.h"

enum { TLS_SERVER_BIG = 3 * 1024 * 1024 };

enum tls_script {
    TLS_ECHO,        /* what comes goes back */
    TLS_GREET,       /* "hello" right after the handshake, then TLS_ECHO */
    TLS_THREE,       /* three small records at once for the first byte, then TLS_ECHO */
    TLS_DRIP,        /* TLS_ECHO, but every byte that is sent comes alone */
    TLS_SWALLOW,     /* reads TLS_SERVER_BIG bytes slowly, then sends them back */
    TLS_RESET,       /* TLS_ECHO once, then breaks the connection */
    TLS_PLAIN,       /* answers without TLS */
    TLS_CLOSE_FIRST, /* closes as soon as something came */
};

/* What the server is like. */
struct tls_server_wish {
    enum tls_script script;
    const struct certificate *certificate;
    const struct certificate *client_authority; /* whose certificates it wants of clients */
    int version;                                /* TLS1_2_VERSION...; 0: any */
};

struct tls_server {
    struct tls_server_wish wish;
    struct listener listener;
    SSL_CTX *context;
    pthread_t thread;
};

/* Fails by ending the program. `wish` is copied. */
void tls_server_start(struct tls_server *server, const struct tls_server_wish *wish, int kind);
void tls_server_stop(struct tls_server *server);
