/* How to reach and enter one Redis-protocol server: address, login, database, protocol. Plain data
 * that target/ fills and everyone who connects reads.
 *
 * A login is a provider that is asked anew at each connect, because some passwords expire. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "net/address.h"
#include "net/transport.h"

enum { CREDENTIAL_SIZE = 4096, ENDPOINT_HOST_SIZE = 256 };

/* Filled for the moment of one login; wipe it with credentials_wipe afterwards. */
struct credentials {
    char user[CREDENTIAL_SIZE];     /* "": the default user */
    char password[CREDENTIAL_SIZE]; /* "" and no user: no AUTH is sent */
};

struct credential_provider {
    /* ERROR_TARGET when no password can be had now. Any thread may ask. */
    bool (*get)(const struct credential_provider *provider, struct credentials *out,
                struct error *err);
    void *self;
};

/* The provider of a fixed login: `self` points at a struct credentials. */
bool credentials_get_fixed(const struct credential_provider *provider, struct credentials *out,
                           struct error *err);
/* Overwrites the login in a way that the compiler does not optimise away. */
void credentials_wipe(struct credentials *credentials);

struct endpoint {
    const struct transport *transport;
    struct address address;
    char name[ADDRESS_TEXT_SIZE];  /* for sentences: as the user wrote it, without a password */
    char host[ENDPOINT_HOST_SIZE]; /* the host's name, for TLS; "": none (a unix socket) */
    const struct credential_provider *login; /* NULL: none */
    uint32_t database;
    uint8_t protocol; /* 2 or 3 to insist; 0: RESP3 where HELLO is known, else RESP2 */
};
