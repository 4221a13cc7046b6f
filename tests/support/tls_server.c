#include "support/tls_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/clock.h"

static void echo(SSL *ssl, bool once)
{
    char data[16384];
    size_t got = 0;
    size_t put = 0;
    while (SSL_read_ex(ssl, data, sizeof data, &got) == 1 &&
           SSL_write_ex(ssl, data, got, &put) == 1 && !once) {
    }
}

static void swallow(SSL *ssl)
{
    char *data = mem_alloc(TLS_SERVER_BIG);
    size_t sum = 0;
    size_t len = 0;
    while (sum < TLS_SERVER_BIG && SSL_read_ex(ssl, data + sum, TLS_SERVER_BIG - sum, &len) == 1) {
        sum += len;
        if (sum < TLS_SERVER_BIG / 8) {
            clock_sleep(2 * NSEC_PER_MSEC); /* long enough for our socket to fill */
        }
    }
    (void)SSL_write_ex(ssl, data, sum, &len);
    mem_free(data);
}

/* Everything through memory, and out of it one byte at a time. */
static void drip(struct tls_server *server, int fd)
{
    SSL *ssl = SSL_new(server->context);
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    char data[4096];
    SSL_set_bio(ssl, in, out);
    SSL_set_accept_state(ssl);
    for (;;) {
        int got = SSL_read(ssl, data, sizeof data);
        if (got > 0) {
            (void)SSL_write(ssl, data, got);
        }
        char byte;
        while (BIO_read(out, &byte, 1) == 1) {
            (void)send(fd, &byte, 1, MSG_NOSIGNAL);
            clock_sleep(80 * NSEC_PER_USEC);
        }
        ssize_t len = got > 0 ? 0 : recv(fd, data, sizeof data, 0);
        if (got <= 0 && len <= 0) {
            break;
        }
        (void)BIO_write(in, data, (int)len);
    }
    SSL_free(ssl);
}

static void converse(struct tls_server *server, int fd)
{
    SSL *ssl = SSL_new(server->context);
    char data[16];
    size_t len = 0;
    (void)SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        switch (server->wish.script) {
        case TLS_GREET:
            (void)SSL_write_ex(ssl, "hello", 5, &len);
            break;
        case TLS_THREE:
            (void)SSL_read_ex(ssl, data, sizeof data, &len);
            for (int i = 0; i < 3; i++) {
                (void)SSL_write_ex(ssl, "0123456789", 10, &len);
            }
            break;
        case TLS_SWALLOW:
            swallow(ssl);
            break;
        default:
            break;
        }
        echo(ssl, server->wish.script == TLS_RESET);
        if (server->wish.script != TLS_RESET) {
            (void)SSL_shutdown(ssl);
        }
    }
    SSL_free(ssl);
}

static void *serve(void *self)
{
    struct tls_server *server = self;
    char data[1024];
    /* Only our end must not raise it. */
    sigset_t pipe;
    (void)sigemptyset(&pipe);
    (void)sigaddset(&pipe, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe, NULL);
    for (;;) {
        int fd = accept(server->listener.fd, NULL, NULL);
        if (fd < 0) {
            return NULL;
        }
        int on = 1; /* or a reset would throw away what waits to be sent with more */
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        switch (server->wish.script) {
        case TLS_PLAIN:
            (void)recv(fd, data, sizeof data, 0);
            (void)send(fd, "-ERR unknown command\r\n", 22, MSG_NOSIGNAL);
            break;
        case TLS_CLOSE_FIRST:
            (void)recv(fd, data, sizeof data, 0);
            break;
        case TLS_DRIP:
            drip(server, fd);
            break;
        default:
            converse(server, fd);
            break;
        }
        if (server->wish.script == TLS_RESET) {
            listener_reset(fd);
        } else {
            (void)close(fd);
        }
    }
}

void tls_server_start(struct tls_server *server, const struct tls_server_wish *wish, int kind)
{
    *server = (struct tls_server){.wish = *wish, .context = SSL_CTX_new(TLS_server_method())};
    if (!listener_init(&server->listener, kind)) {
        abort();
    }
    if (wish->certificate != NULL) {
        (void)SSL_CTX_use_certificate(server->context, wish->certificate->cert);
        (void)SSL_CTX_use_PrivateKey(server->context, wish->certificate->key);
    }
    if (wish->client_authority != NULL) {
        (void)X509_STORE_add_cert(SSL_CTX_get_cert_store(server->context),
                                  wish->client_authority->cert);
        SSL_CTX_set_verify(server->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                           NULL);
    }
    (void)SSL_CTX_set_session_id_context(server->context, (const unsigned char *)"test", 4);
    (void)SSL_CTX_set_min_proto_version(server->context, wish->version);
    (void)SSL_CTX_set_max_proto_version(server->context, wish->version);
    if (pthread_create(&server->thread, NULL, serve, server) != 0) {
        abort();
    }
}

void tls_server_stop(struct tls_server *server)
{
    (void)shutdown(server->listener.fd, SHUT_RDWR);
    (void)pthread_join(server->thread, NULL);
    listener_release(&server->listener);
    SSL_CTX_free(server->context);
}
