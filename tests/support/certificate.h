/* Certificates for tests, made on the spot with any names and dates. Fails by ending the program.
 */
#pragma once

#include <openssl/x509.h>
#include <stdbool.h>

struct certificate {
    X509 *cert;
    EVP_PKEY *key;
};

/* `names`: alternative names as OpenSSL's configuration writes them ("DNS:a.example,IP:10.0.0.1");
 * NULL: none. Valid from `first` to `last`, in days from today. `issuer` NULL: signs itself. With
 * `names` NULL and no issuer it is an authority. */
struct certificate_wish {
    const char *subject;
    const char *names;
    int first;
    int last;
    const struct certificate *issuer;
};

struct certificate certificate_make(const struct certificate_wish *wish);
void certificate_release(struct certificate *certificate);
/* PEM files. With a passphrase the key is encrypted; NULL: none. */
void certificate_save(const struct certificate *certificate, const char *path);
void certificate_save_key(const struct certificate *certificate, const char *path,
                          const char *passphrase);
