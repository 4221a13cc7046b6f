#include "support/certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY = 24 * 60 * 60 };

static void must(bool worked, const char *what)
{
    if (!worked) {
        fprintf(stderr, "cannot %s\n", what);
        abort();
    }
}

static void add_extension(X509 *cert, int kind, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    must(extension != NULL && X509_add_ext(cert, extension, -1) == 1, "add an extension");
    X509_EXTENSION_free(extension);
}

struct certificate certificate_make(const struct certificate_wish *wish)
{
    struct certificate made = {.cert = X509_new(), .key = EVP_EC_gen("P-256")};
    must(made.cert != NULL && made.key != NULL, "make a key");
    const struct certificate *issuer = wish->issuer == NULL ? &made : wish->issuer;
    static long serial;
    (void)ASN1_INTEGER_set(X509_get_serialNumber(made.cert), ++serial);
    (void)X509_set_version(made.cert, X509_VERSION_3);
    (void)X509_gmtime_adj(X509_getm_notBefore(made.cert), (long)wish->first * DAY);
    (void)X509_gmtime_adj(X509_getm_notAfter(made.cert), (long)wish->last * DAY);
    (void)X509_NAME_add_entry_by_txt(X509_get_subject_name(made.cert), "CN", MBSTRING_UTF8,
                                     (const unsigned char *)wish->subject, -1, -1, 0);
    (void)X509_set_issuer_name(made.cert, X509_get_subject_name(issuer->cert));
    (void)X509_set_pubkey(made.cert, made.key);
    if (wish->names != NULL) {
        add_extension(made.cert, NID_subject_alt_name, wish->names);
    } else if (wish->issuer == NULL) {
        add_extension(made.cert, NID_basic_constraints, "critical,CA:TRUE");
    }
    must(X509_sign(made.cert, issuer->key, EVP_sha256()) > 0, "sign a certificate");
    return made;
}

void certificate_release(struct certificate *certificate)
{
    X509_free(certificate->cert);
    EVP_PKEY_free(certificate->key);
    *certificate = (struct certificate){0};
}

void certificate_save(const struct certificate *certificate, const char *path)
{
    FILE *file = fopen(path, "w");
    must(file != NULL && PEM_write_X509(file, certificate->cert) == 1, "save a certificate");
    (void)fclose(file);
}

void certificate_save_key(const struct certificate *certificate, const char *path,
                          const char *passphrase)
{
    FILE *file = fopen(path, "w");
    int len = passphrase == NULL ? 0 : (int)strlen(passphrase);
    must(file != NULL &&
             PEM_write_PKCS8PrivateKey(file, certificate->key, len == 0 ? NULL : EVP_aes_128_cbc(),
                                       passphrase, len, NULL, NULL) == 1,
         "save a key");
    (void)fclose(file);
}
