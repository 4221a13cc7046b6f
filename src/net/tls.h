/* TLS over TCP or a unix socket, with OpenSSL, behind the table of transport.h.
 *
 * The server's certificate is verified (chain and host name) unless told otherwise; every failure
 * has a sentence that says what is wrong with what ("certificate expired on 2026-01-31", "the
 * certificate is for a.example, not for b.example", ...). Of TLS 1.2 and 1.3 the newest that the
 * server knows is used. Sessions are resumed when allowed; a session belongs to a host name and
 * port.
 *
 * Thread rule: one context serves all threads; a stream belongs to one. Only making a connection
 * locks, or allocates memory of ours; OpenSSL 3.0 allocates some bytes for each record. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "net/transport.h"

struct tls_config {
    const char *ca_file;     /* PEM; NULL: the system's authorities */
    const char *cert_file;   /* PEM, our certificate with its chain; NULL: none */
    const char *key_file;    /* PEM; NULL: in cert_file */
    const char *server_name; /* to ask for and verify instead of the host's name; NULL: that one */
    bool no_verify;
    bool no_session_reuse;
    uint8_t version; /* 12 or 13 to insist; 0: either */
};

/* What has been agreed on with servers, over all connections: for results. */
struct tls_facts {
    uint64_t handshakes;
    uint64_t resumed;
    char version[16]; /* of the latest: "TLSv1.3" */
    char cipher[64];
};

/* A transport for servers that this config describes. `config` is copied. NULL: ERROR_USAGE with
 * the file that cannot be read, is not PEM, or does not fit the key. */
struct transport *tls_new(const struct tls_config *config, struct error *err);
/* NULL is allowed. All its streams must be closed. */
void tls_free(struct transport *transport);
/* From any thread. */
void tls_facts(const struct transport *transport, struct tls_facts *out);
