#include "net/tls_problem.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    NAMES_SHOWN = 3,
    NAMES_SIZE = 160,
    DATE_SIZE = 32,
};

#define NEEDS_CERT "the server asks for a client certificate; name one with ?cert=FILE&key=FILE"

/* ---- what a certificate says ---- */

/* Adds text of a certificate, which is anybody's: only what can be printed, and never too much. */
static void add_text(char out[NAMES_SIZE], const unsigned char *text, size_t len)
{
    size_t at = strlen(out);
    for (size_t i = 0; i < len && at + 1 < NAMES_SIZE; i++) {
        out[at++] = text[i] >= 0x20 && text[i] < 0x7f ? (char)text[i] : '?';
    }
    out[at] = '\0';
}

static void add_literal(char out[NAMES_SIZE], const char *text)
{
    add_text(out, (const unsigned char *)text, strlen(text));
}

static void add_ip(char out[NAMES_SIZE], const ASN1_OCTET_STRING *ip)
{
    const unsigned char *bytes = ASN1_STRING_get0_data(ip);
    char text[INET6_ADDRSTRLEN] = "an address";
    if (ASN1_STRING_length(ip) == sizeof(struct in_addr)) {
        (void)inet_ntop(AF_INET, bytes, text, sizeof text);
    } else if (ASN1_STRING_length(ip) == sizeof(struct in6_addr)) {
        (void)inet_ntop(AF_INET6, bytes, text, sizeof text);
    }
    add_literal(out, text);
}

/* The common name, or else the whole name. */
static void add_subject(char out[NAMES_SIZE], const X509_NAME *name)
{
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (at >= 0) {
        const ASN1_STRING *text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
        add_text(out, ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
        return;
    }
    char line[NAMES_SIZE] = "";
    (void)X509_NAME_oneline(name, line, sizeof line);
    add_literal(out, line[0] == '\0' ? "nobody by name" : line);
}

/* "a.example, 10.0.0.5 and 4 more". */
static void list_names(X509 *cert, char out[NAMES_SIZE])
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    int shown = 0;
    int more = 0;
    out[0] = '\0';
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS && name->type != GEN_IPADD) {
            continue;
        }
        if (shown == NAMES_SHOWN) {
            more++;
            continue;
        }
        add_literal(out, shown++ > 0 ? ", " : "");
        if (name->type == GEN_IPADD) {
            add_ip(out, name->d.iPAddress);
        } else {
            add_text(out, ASN1_STRING_get0_data(name->d.dNSName),
                     (size_t)ASN1_STRING_length(name->d.dNSName));
        }
    }
    if (shown == 0) {
        add_subject(out, X509_get_subject_name(cert));
    }
    if (more > 0) {
        size_t at = strlen(out);
        (void)snprintf(out + at, NAMES_SIZE - at, " and %d more", more);
    }
    GENERAL_NAMES_free(names);
}

static const char *format_date(const ASN1_TIME *when, char out[DATE_SIZE])
{
    struct tm tm;
    if (ASN1_TIME_to_tm(when, &tm) == 1) {
        (void)snprintf(out, DATE_SIZE, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
                       tm.tm_mday);
    } else {
        (void)snprintf(out, DATE_SIZE, "an unknown date");
    }
    return out;
}

/* ---- verification ---- */

static void explain_date(X509 *cert, int depth, bool is_over, char out[TLS_PROBLEM_SIZE])
{
    char date[DATE_SIZE];
    char whose[NAMES_SIZE] = "certificate";
    if (depth > 0) {
        add_literal(whose, " of the authority ");
        add_subject(whose, X509_get_subject_name(cert));
    }
    (void)snprintf(
        out, TLS_PROBLEM_SIZE,
        is_over ? "%s expired on %s; renew it, or do without verification with ?verify=no"
                : "%s is not valid before %s; is the clock of this machine right?",
        whose, format_date(is_over ? X509_get0_notAfter(cert) : X509_get0_notBefore(cert), date));
}

static void explain_authority(const struct tls_case *of, X509 *cert, char out[TLS_PROBLEM_SIZE])
{
    char issuer[NAMES_SIZE] = "";
    add_subject(issuer, X509_get_issuer_name(cert));
    if (of->config->ca_file != NULL) {
        (void)snprintf(out, TLS_PROBLEM_SIZE,
                       "certificate is signed by the authority \"%s\", which is not in %s; name "
                       "its file with ?ca=FILE",
                       issuer, of->config->ca_file);
    } else {
        (void)snprintf(out, TLS_PROBLEM_SIZE,
                       "certificate is signed by the authority \"%s\", which is not known to this "
                       "system; name its file with ?ca=FILE",
                       issuer);
    }
}

void tls_problem_of_certificate(const struct tls_case *of, X509_STORE_CTX *store,
                                char out[TLS_PROBLEM_SIZE])
{
    X509 *cert = X509_STORE_CTX_get_current_cert(store);
    int error = X509_STORE_CTX_get_error(store);
    char names[NAMES_SIZE];
    switch (cert == NULL ? X509_V_ERR_UNSPECIFIED : error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        explain_date(cert, X509_STORE_CTX_get_error_depth(store),
                     error == X509_V_ERR_CERT_HAS_EXPIRED, out);
        break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        (void)snprintf(out, TLS_PROBLEM_SIZE,
                       "certificate is self-signed and not known to this system; name its file "
                       "with ?ca=FILE");
        break;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        explain_authority(of, cert, out);
        break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        list_names(cert, names);
        (void)snprintf(out, TLS_PROBLEM_SIZE,
                       "certificate is for %s, not for %s; name what it is for with ?sni=NAME",
                       names, of->name);
        break;
    default:
        (void)snprintf(out, TLS_PROBLEM_SIZE, "certificate is not accepted: %s",
                       X509_verify_cert_error_string(error));
        break;
    }
}

/* ---- the handshake and after ---- */

enum meaning {
    MEANS_OTHER,
    MEANS_NO_TLS,
    MEANS_VERSION,
    MEANS_NEEDS_CERT,
    MEANS_REFUSED,
    MEANS_CERT_REFUSED,
    MEANS_NAME_UNKNOWN,
};

static enum meaning meaning_of(int reason)
{
    switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_UNEXPECTED_MESSAGE:
        return MEANS_NO_TLS;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        return MEANS_VERSION;
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return MEANS_NEEDS_CERT;
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
        return MEANS_REFUSED;
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
        return MEANS_CERT_REFUSED;
    case SSL_R_TLSV1_UNRECOGNIZED_NAME:
        return MEANS_NAME_UNKNOWN;
    default:
        return MEANS_OTHER;
    }
}

static void explain_version(const struct tls_config *config, char out[TLS_PROBLEM_SIZE])
{
    if (config->version == 0) {
        (void)snprintf(out, TLS_PROBLEM_SIZE, "the server speaks neither TLS 1.2 nor TLS 1.3");
    } else {
        (void)snprintf(out, TLS_PROBLEM_SIZE,
                       "the server does not speak TLS 1.%u; leave tls-version away to use what it "
                       "does speak",
                       config->version % 10U);
    }
}

void tls_problem_of_error(const struct tls_case *of, char out[TLS_PROBLEM_SIZE])
{
    unsigned long error = ERR_peek_last_error();
    int reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
    const char *said = ERR_reason_error_string(error);
    enum meaning meaning = meaning_of(reason);
    if (of->is_asked_for_cert && (meaning == MEANS_REFUSED || meaning == MEANS_CERT_REFUSED)) {
        meaning = MEANS_NEEDS_CERT;
    }
    if (meaning == MEANS_NO_TLS && of->is_established) {
        meaning = MEANS_OTHER;
    }
    ERR_clear_error();
    switch (meaning) {
    case MEANS_NO_TLS:
        (void)snprintf(out, TLS_PROBLEM_SIZE,
                       "the server does not speak TLS on this port; write redis:// instead of "
                       "rediss://, or name its TLS port");
        break;
    case MEANS_VERSION:
        explain_version(of->config, out);
        break;
    case MEANS_NEEDS_CERT:
        (void)snprintf(out, TLS_PROBLEM_SIZE, NEEDS_CERT);
        break;
    case MEANS_CERT_REFUSED:
        (void)snprintf(out, TLS_PROBLEM_SIZE, "the server does not accept %s%s (%s)",
                       of->config->cert_file == NULL ? "the connection" : "our certificate ",
                       of->config->cert_file == NULL ? "" : of->config->cert_file, said);
        break;
    case MEANS_NAME_UNKNOWN:
        (void)snprintf(out, TLS_PROBLEM_SIZE,
                       "the server does not know the name %s; name another with ?sni=NAME",
                       of->name);
        break;
    case MEANS_REFUSED:
        (void)snprintf(out, TLS_PROBLEM_SIZE,
                       "the server refused the TLS handshake: it has no cipher or certificate for "
                       "this client");
        break;
    case MEANS_OTHER:
        (void)snprintf(out, TLS_PROBLEM_SIZE, "TLS failed: %s",
                       said == NULL ? "for a reason that OpenSSL does not tell" : said);
        break;
    }
}

void tls_problem_of_end(const struct tls_case *of, char out[TLS_PROBLEM_SIZE])
{
    (void)snprintf(out, TLS_PROBLEM_SIZE, "%s",
                   of->is_asked_for_cert ? NEEDS_CERT
                                         : "the server closed the connection during the TLS "
                                           "handshake; does it speak TLS on this port?");
}

/* ---- files ---- */

bool tls_problem_of_file(const struct tls_config *config, const char *path, bool is_key,
                         struct error *err)
{
    unsigned long first = ERR_peek_error();
    unsigned long last = ERR_peek_last_error();
    ERR_clear_error();
    if (ERR_SYSTEM_ERROR(first)) {
        return error_set_errno(err, ERROR_USAGE, ERR_GET_REASON(first), "read %s", path);
    }
    if (is_key && ERR_GET_LIB(last) == ERR_LIB_X509 &&
        (ERR_GET_REASON(last) == X509_R_KEY_VALUES_MISMATCH ||
         ERR_GET_REASON(last) == X509_R_KEY_TYPE_MISMATCH)) {
        return error_set(err, ERROR_USAGE, "the private key in %s does not belong to %s", path,
                         config->cert_file);
    }
    if (ERR_GET_LIB(first) == ERR_LIB_SSL) {
        return error_set(err, ERROR_USAGE, "use %s for TLS: %s", path,
                         ERR_reason_error_string(first));
    }
    return error_set(err, ERROR_USAGE, "%s holds no %s in PEM form", path,
                     is_key ? "private key" : "certificate");
}
