#include "net/tls.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"

enum {
    NAME_SIZE = 256,
    PROBLEM_SIZE = 320,
    SESSIONS = 1024, /* one per address: more nodes than a cluster has */
    TEXT_SIZE = 128,
    COALESCE = 16 * 1024, /* what a TLS record holds */
};

/* A session to resume, by the address that gave it. */
struct kept_session {
    char address[ADDRESS_TEXT_SIZE];
    SSL_SESSION *session;
};

struct tls {
    struct transport transport; /* what users see; its `self` points here */
    SSL_CTX *context;
    BIO_METHOD *socket_method;
    char server_name[NAME_SIZE]; /* instead of the host's; "": that one */
    bool keeps_sessions;
    pthread_mutex_t mutex; /* of what follows */
    struct kept_session *sessions;
    size_t session_count;
    struct tls_facts facts;
};

/* The state of one stream. */
struct tls_stream {
    struct tls *tls;
    SSL *ssl;
    char name[NAME_SIZE];            /* asked for and verified */
    char address[ADDRESS_TEXT_SIZE]; /* whose session it is */
    char problem[PROBLEM_SIZE];
};

/* ---- a socket for OpenSSL that raises no signal ---- */

static int socket_write(BIO *bio, const char *data, int len)
{
    const struct stream *stream = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t put = send(stream->fd, data, (size_t)len, MSG_NOSIGNAL);
    if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        BIO_set_retry_write(bio);
    }
    return (int)put;
}

static int socket_read(BIO *bio, char *data, int len)
{
    const struct stream *stream = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t got = recv(stream->fd, data, (size_t)len, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        BIO_set_retry_read(bio);
    }
    if (got == 0) {
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    }
    return (int)got;
}

static long socket_control(BIO *bio, int command, long number, void *data)
{
    (void)number;
    (void)data;
    if (command == BIO_CTRL_EOF) {
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    }
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *make_socket_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    if (method == NULL || !BIO_meth_set_write(method, socket_write) ||
        !BIO_meth_set_read(method, socket_read) || !BIO_meth_set_ctrl(method, socket_control)) {
        BIO_meth_free(method);
        return NULL;
    }
    return method;
}

/* ---- sessions ---- */

static struct kept_session *find_session(struct tls *tls, const char *address)
{
    for (size_t i = 0; i < tls->session_count; i++) {
        if (strcmp(tls->sessions[i].address, address) == 0) {
            return &tls->sessions[i];
        }
    }
    return NULL;
}

/* OpenSSL hands over a session that may be resumed. 1: we keep it. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls_stream *state = SSL_get_app_data(ssl);
    struct tls *tls = state->tls;
    int kept = 0;
    pthread_mutex_lock(&tls->mutex);
    struct kept_session *place = find_session(tls, state->address);
    if (place == NULL && tls->session_count < SESSIONS) {
        place = &tls->sessions[tls->session_count++];
        (void)snprintf(place->address, sizeof place->address, "%s", state->address);
    }
    if (place != NULL) {
        SSL_SESSION_free(place->session);
        place->session = session;
        kept = 1;
    }
    pthread_mutex_unlock(&tls->mutex);
    return kept;
}

static void offer_session(struct tls_stream *state)
{
    struct tls *tls = state->tls;
    pthread_mutex_lock(&tls->mutex);
    const struct kept_session *kept = find_session(tls, state->address);
    if (kept != NULL && kept->session != NULL) {
        (void)SSL_set_session(state->ssl, kept->session);
    }
    pthread_mutex_unlock(&tls->mutex);
}

static void note_handshake(struct tls_stream *state)
{
    struct tls *tls = state->tls;
    pthread_mutex_lock(&tls->mutex);
    tls->facts.handshakes++;
    tls->facts.resumed += SSL_session_reused(state->ssl) ? 1 : 0;
    (void)snprintf(tls->facts.version, sizeof tls->facts.version, "%s",
                   SSL_get_version(state->ssl));
    (void)snprintf(tls->facts.cipher, sizeof tls->facts.cipher, "%s",
                   SSL_get_cipher_name(state->ssl));
    pthread_mutex_unlock(&tls->mutex);
}

void tls_facts(const struct transport *transport, struct tls_facts *out)
{
    struct tls *tls = transport->self;
    pthread_mutex_lock(&tls->mutex);
    *out = tls->facts;
    pthread_mutex_unlock(&tls->mutex);
}

/* ---- what went wrong ---- */

static void write_date(const ASN1_TIME *time, char text[TEXT_SIZE])
{
    struct tm date = {0};
    if (time == NULL || !ASN1_TIME_to_tm(time, &date)) {
        (void)snprintf(text, TEXT_SIZE, "an unreadable date");
        return;
    }
    (void)snprintf(text, TEXT_SIZE, "%04d-%02d-%02d", date.tm_year + 1900, date.tm_mon + 1,
                   date.tm_mday);
}

/* The names that a certificate is for: its alternative names, or its common name. */
static void write_names(X509 *certificate, char text[TEXT_SIZE])
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    size_t len = 0;
    text[0] = '\0';
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        char number[INET6_ADDRSTRLEN] = "";
        const char *shown = number;
        if (name->type == GEN_DNS) {
            shown = (const char *)ASN1_STRING_get0_data(name->d.dNSName);
        } else if (name->type == GEN_IPADD) {
            int family = ASN1_STRING_length(name->d.iPAddress) == 4 ? AF_INET : AF_INET6;
            (void)inet_ntop(family, ASN1_STRING_get0_data(name->d.iPAddress), number,
                            sizeof number);
        }
        if (shown[0] != '\0' && len < TEXT_SIZE) {
            int added = snprintf(text + len, TEXT_SIZE - len, "%s%s", len > 0 ? ", " : "", shown);
            len += added > 0 ? (size_t)added : 0;
        }
    }
    GENERAL_NAMES_free(names);
    if (text[0] == '\0') {
        (void)X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text,
                                        TEXT_SIZE);
    }
}

static void explain_certificate(struct tls_stream *state, int why, X509 *certificate)
{
    char text[TEXT_SIZE];
    switch (why) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        write_date(certificate == NULL ? NULL : X509_get0_notAfter(certificate), text);
        (void)snprintf(state->problem, PROBLEM_SIZE,
                       "the server's certificate expired on %s; renew it, or add ?verify=no", text);
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        write_date(certificate == NULL ? NULL : X509_get0_notBefore(certificate), text);
        (void)snprintf(state->problem, PROBLEM_SIZE,
                       "the server's certificate is not valid before %s; is this machine's clock "
                       "right?",
                       text);
        break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        (void)snprintf(text, sizeof text, "another name");
        if (certificate != NULL) {
            write_names(certificate, text);
        }
        (void)snprintf(state->problem, PROBLEM_SIZE,
                       "the server's certificate is for %.100s, not for %.100s; name the server as "
                       "the certificate does, or add ?sni=NAME",
                       text, state->name);
        break;
    default:
        (void)snprintf(state->problem, PROBLEM_SIZE,
                       "the server's certificate is not trusted (%s); name its authority with "
                       "?ca=FILE, or add ?verify=no",
                       X509_verify_cert_error_string(why));
    }
}

/* Called for every certificate of the chain; what is said of the first bad one stays. */
static int check_certificate(int is_good, X509_STORE_CTX *store)
{
    if (!is_good) {
        SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
        explain_certificate(SSL_get_app_data(ssl), X509_STORE_CTX_get_error(store),
                            X509_STORE_CTX_get_current_cert(store));
    }
    return is_good;
}

static void explain_protocol(struct tls_stream *state, unsigned long code)
{
    const char *reason = ERR_reason_error_string(code);
    switch (ERR_GET_REASON(code)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
        (void)snprintf(state->problem, PROBLEM_SIZE,
                       "the server does not speak TLS here; write redis:// or name its TLS port");
        break;
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
        (void)snprintf(state->problem, PROBLEM_SIZE,
                       "the server does not take this version of TLS; leave ?tls-version= out");
        break;
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
        (void)snprintf(state->problem, PROBLEM_SIZE,
                       "the server refused the handshake (%s): it may want a certificate, see "
                       "?cert=FILE&key=FILE",
                       reason == NULL ? "no reason given" : reason);
        break;
    default:
        (void)snprintf(state->problem, PROBLEM_SIZE, "TLS failed: %s",
                       reason == NULL ? "no reason given" : reason);
    }
}

/* What a call of OpenSSL that did not succeed means. */
static enum io_status judge(struct stream *stream, int result)
{
    struct tls_stream *state = stream->state;
    int saved = errno;
    int why = SSL_get_error(state->ssl, result);
    unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    stream->last_errno = 0;
    stream->problem = state->problem;
    switch (why) {
    case SSL_ERROR_WANT_READ:
        return IO_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return IO_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return IO_CLOSED;
    case SSL_ERROR_SYSCALL:
        stream->last_errno = saved;
        return saved == 0 ? IO_CLOSED : IO_ERROR;
    default:
        break;
    }
    if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        return IO_CLOSED;
    }
    if (ERR_GET_REASON(code) != SSL_R_CERTIFICATE_VERIFY_FAILED) {
        explain_protocol(state, code); /* else check_certificate has said it */
    }
    return IO_ERROR;
}

/* ---- the table ---- */

static struct tls_stream *state_of(const struct stream *stream)
{
    return stream->state;
}

static void tls_close(struct stream *stream)
{
    struct tls_stream *state = stream->state;
    if (state != NULL) {
        if (SSL_is_init_finished(state->ssl)) {
            (void)SSL_shutdown(state->ssl); /* a farewell; nobody waits for the answer */
        }
        ERR_clear_error();
        SSL_free(state->ssl);
        mem_free(state);
    }
    stream->state = NULL;
    stream->problem = NULL;
    transport_plain()->close(stream);
}

static bool is_number(const char *name)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

static bool set_name(struct tls_stream *state)
{
    const char *name = state->name;
    if (name[0] == '\0') {
        return true;
    }
    if (is_number(name)) {
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(state->ssl), name) == 1;
    }
    return SSL_set_tlsext_host_name(state->ssl, name) == 1 && SSL_set1_host(state->ssl, name) == 1;
}

static bool tls_open(const struct transport *transport, struct stream *stream,
                     const struct address *address, const char *name, struct error *err)
{
    struct tls *tls = transport->self;
    if (!transport_plain()->open(transport_plain(), stream, address, NULL, err)) {
        stream->transport = transport;
        return false;
    }
    stream->transport = transport;
    struct tls_stream *state = mem_alloc(sizeof *state);
    const char *asked = tls->server_name[0] != '\0' ? tls->server_name : name == NULL ? "" : name;
    (void)snprintf(state->name, sizeof state->name, "%s", asked);
    (void)address_format(address, state->address);
    state->tls = tls;
    state->ssl = SSL_new(tls->context);
    stream->state = state;
    BIO *bio = BIO_new(tls->socket_method);
    if (state->ssl == NULL || bio == NULL || !set_name(state)) {
        BIO_free(bio);
        SSL_free(state->ssl);
        mem_free(state);
        stream->state = NULL;
        transport_plain()->close(stream);
        return error_set(err, ERROR_SYSTEM, "prepare TLS to %s: OpenSSL refused", asked);
    }
    BIO_set_init(bio, 1);
    SSL_set_bio(state->ssl, bio, bio);
    SSL_set_app_data(state->ssl, state);
    SSL_set_connect_state(state->ssl);
    if (tls->keeps_sessions) {
        offer_session(state);
    }
    return true;
}

/* The stream may have been copied since it was opened: its present place is told each time. */
static SSL *ssl_of(struct stream *stream)
{
    SSL *ssl = state_of(stream)->ssl;
    BIO_set_data(SSL_get_rbio(ssl), stream);
    errno = 0;
    return ssl;
}

static enum io_status tls_establish(struct stream *stream)
{
    if (!stream->is_connected) {
        enum io_status status = transport_plain()->establish(stream);
        if (status != IO_DONE) {
            return status;
        }
    }
    int result = SSL_do_handshake(ssl_of(stream));
    if (result != 1) {
        enum io_status status = judge(stream, result);
        if (status == IO_CLOSED) {
            struct tls_stream *state = state_of(stream);
            (void)snprintf(state->problem, PROBLEM_SIZE,
                           "the server closed the connection in the TLS handshake; does it speak "
                           "TLS on this port?");
            stream->last_errno = 0;
            return IO_ERROR;
        }
        return status;
    }
    note_handshake(state_of(stream));
    return IO_DONE;
}

static enum io_status tls_read(struct stream *stream, void *data, size_t size, size_t *got)
{
    SSL *ssl = ssl_of(stream);
    size_t sum = 0;
    assert(size > 0);
    /* One call gives one record at most; what is left would not make the socket readable. */
    while (sum < size) {
        size_t len = 0;
        int result = SSL_read_ex(ssl, (char *)data + sum, size - sum, &len);
        if (result != 1) {
            if (sum == 0) {
                return judge(stream, result);
            }
            /* What was read counts; an end or a failure comes again with the next call, except
             * that waiting in the other direction cannot happen here without renegotiation. */
            ERR_clear_error();
            break;
        }
        sum += len;
        if (len < COALESCE && !SSL_has_pending(ssl)) {
            break;
        }
    }
    *got = sum;
    return IO_DONE;
}

static enum io_status tls_write(struct stream *stream, const struct iovec *parts, int count,
                                size_t *put)
{
    SSL *ssl = ssl_of(stream);
    size_t sum = 0;
    assert(count > 0);
    for (int i = 0; i < count; i++) {
        const char *data = parts[i].iov_base;
        size_t left = parts[i].iov_len;
        while (left > 0) {
            size_t len = 0;
            int result = SSL_write_ex(ssl, data, left, &len);
            if (result != 1) {
                enum io_status status = judge(stream, result);
                *put = sum;
                return sum > 0 && (status == IO_WANT_WRITE || status == IO_WANT_READ) ? IO_DONE
                                                                                      : status;
            }
            sum += len;
            data += len;
            left -= len;
        }
    }
    *put = sum;
    return IO_DONE;
}

/* ---- making a context ---- */

static bool refuse(struct error *err, const char *what, const char *file)
{
    unsigned long code = ERR_peek_error(); /* the first one: what the others followed from */
    const char *reason = ERR_reason_error_string(code);
    if (ERR_SYSTEM_ERROR(code)) {
        reason = strerror(ERR_GET_REASON(code));
    }
    (void)error_set(err, ERROR_USAGE, "%s %s: %s", what, file,
                    reason == NULL ? "cannot be used" : reason);
    ERR_clear_error();
    return false;
}

static bool load_files(SSL_CTX *context, const struct tls_config *config, struct error *err)
{
    const char *key = config->key_file != NULL ? config->key_file : config->cert_file;
    if (config->ca_file != NULL && !SSL_CTX_load_verify_file(context, config->ca_file)) {
        return refuse(err, "certificate authority", config->ca_file);
    }
    if (config->ca_file == NULL && !SSL_CTX_set_default_verify_paths(context)) {
        return refuse(err, "the system's certificate authorities", "");
    }
    if (config->cert_file == NULL) {
        return true;
    }
    if (SSL_CTX_use_certificate_chain_file(context, config->cert_file) != 1) {
        return refuse(err, "certificate", config->cert_file);
    }
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
        return refuse(err, "key", key);
    }
    return SSL_CTX_check_private_key(context) == 1 || refuse(err, "key", key);
}

static void set_up(SSL_CTX *context, const struct tls_config *config)
{
    int least = config->version == 13 ? TLS1_3_VERSION : TLS1_2_VERSION;
    int most = config->version == 12 ? TLS1_2_VERSION : TLS1_3_VERSION;
    (void)SSL_CTX_set_min_proto_version(context, least);
    (void)SSL_CTX_set_max_proto_version(context, most);
    (void)SSL_CTX_set_mode(context,
                           SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    (void)SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    (void)SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_read_ahead(context, 1);
    if (config->no_verify) {
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    } else {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, check_certificate);
    }
    if (!config->no_session_reuse) {
        (void)SSL_CTX_set_session_cache_mode(context,
                                             SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(context, keep_session);
    } else {
        (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    }
}

struct transport *tls_new(const struct tls_config *config, struct error *err)
{
    struct tls *tls = mem_alloc(sizeof *tls);
    ERR_clear_error(); /* what is told below is about this one */
    tls->transport = (struct transport){
        .name = "tls",
        .self = tls,
        .open = tls_open,
        .establish = tls_establish,
        .read = tls_read,
        .write = tls_write,
        .close = tls_close,
    };
    tls->keeps_sessions = !config->no_session_reuse;
    tls->sessions = mem_alloc_array(SESSIONS, sizeof *tls->sessions);
    pthread_mutex_init(&tls->mutex, NULL);
    if (config->server_name != NULL) {
        (void)snprintf(tls->server_name, sizeof tls->server_name, "%s", config->server_name);
    }
    tls->context = SSL_CTX_new(TLS_client_method());
    tls->socket_method = make_socket_method();
    if (tls->context == NULL || tls->socket_method == NULL) {
        (void)error_set(err, ERROR_SYSTEM, "prepare TLS: OpenSSL refused");
    } else {
        set_up(tls->context, config);
        if (load_files(tls->context, config, err)) {
            return &tls->transport;
        }
    }
    tls_free(&tls->transport);
    return NULL;
}

void tls_free(struct transport *transport)
{
    if (transport == NULL) {
        return;
    }
    struct tls *tls = transport->self;
    for (size_t i = 0; i < tls->session_count; i++) {
        SSL_SESSION_free(tls->sessions[i].session);
    }
    SSL_CTX_free(tls->context);
    BIO_meth_free(tls->socket_method);
    pthread_mutex_destroy(&tls->mutex);
    mem_free(tls->sessions);
    mem_free(tls);
}
