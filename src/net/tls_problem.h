/* Failures of TLS in words: clauses that say what is wrong with what, and what helps. Internal to
 * tls.c.
 *
 * Thread rule: they read and empty the calling thread's queue of OpenSSL errors. */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "net/tls.h"

enum { TLS_PROBLEM_SIZE = 384, TLS_NAME_SIZE = 256 };

/* What is known of a connection that fails. */
struct tls_case {
    const struct tls_config *config;
    const char *name;       /* whom it was for; "": nobody by name */
    bool is_established;    /* the handshake is done */
    bool is_asked_for_cert; /* the server asked for a certificate and was given none */
};

/* Why a certificate was not accepted, in the callback of its verification. */
void tls_problem_of_certificate(const struct tls_case *of, X509_STORE_CTX *store,
                                char out[TLS_PROBLEM_SIZE]);
/* What the error that OpenSSL keeps for this thread means. */
void tls_problem_of_error(const struct tls_case *of, char out[TLS_PROBLEM_SIZE]);
/* The server closed the connection, or reset it, before it answered anything. */
void tls_problem_of_end(const struct tls_case *of, char out[TLS_PROBLEM_SIZE]);
/* A file of the config that cannot be used; `is_key`: for the key. Returns false. */
bool tls_problem_of_file(const struct tls_config *config, const char *path, bool is_key,
                         struct error *err);
