#include "net/tls.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "net/tls_problem.h"

/* The most that one record carries; more at once gains nothing, and for some ciphers costs an
 * allocation. */
enum { RECORD_SIZE = SSL3_RT_MAX_PLAIN_LENGTH };

/* What a server gave us last, to be greeted as one it knows. Lives as long as its context. */
struct session {
    struct session *next;
    SSL_SESSION *ticket; /* NULL: none yet; guarded by the context's mutex */
    uint16_t port;
    char name[TLS_NAME_SIZE];
};

struct context {
    struct transport transport;
    struct tls_config config; /* with copies of its texts */
    SSL_CTX *ssl;
    BIO_METHOD *bio;
    bool is_key_locked;    /* by a passphrase */
    pthread_mutex_t mutex; /* of what follows; taken only while connections are made */
    struct session *sessions;
    struct tls_facts facts;
};

/* The state of a stream. */
struct tls {
    struct context *context;
    SSL *ssl;
    struct session *session;
    int fd;
    int last_errno;      /* of the socket */
    bool is_drained;     /* the socket has given all it had, so that it need not be asked again */
    bool is_at_end;      /* the peer has closed */
    bool is_handshaking; /* TCP is connected */
    bool is_established; /* the handshake is done */
    bool is_asked_for_cert; /* the server asked for a certificate and we have none */
    bool has_read;          /* something that the server sent after the handshake */
    bool has_ended;         /* with `end`, which is told once what came before has been told */
    enum io_status end;
    char name[TLS_NAME_SIZE]; /* asked for and verified; "": none */
    char problem[TLS_PROBLEM_SIZE];
};

/* ---- between OpenSSL and the socket: no signal, no system call that must fail ---- */

static int socket_write(BIO *bio, const char *data, size_t size, size_t *put)
{
    struct tls *tls = BIO_get_data(bio);
    ssize_t len;
    BIO_clear_retry_flags(bio);
    do {
        len = send(tls->fd, data, size, MSG_NOSIGNAL);
    } while (len < 0 && errno == EINTR);
    if (len >= 0) {
        *put = (size_t)len;
        return 1;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        BIO_set_retry_write(bio);
    } else {
        tls->last_errno = errno;
    }
    return 0;
}

static int socket_read(BIO *bio, char *data, size_t size, size_t *got)
{
    struct tls *tls = BIO_get_data(bio);
    ssize_t len;
    BIO_clear_retry_flags(bio);
    if (tls->is_drained) {
        BIO_set_retry_read(bio);
        return 0;
    }
    do {
        len = recv(tls->fd, data, size, 0);
    } while (len < 0 && errno == EINTR);
    if (len > 0) {
        *got = (size_t)len;
        tls->is_drained = *got < size;
        return 1;
    }
    if (len == 0) {
        tls->is_at_end = true;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        tls->is_drained = true;
        BIO_set_retry_read(bio);
    } else {
        tls->last_errno = errno;
    }
    return 0;
}

static long socket_control(BIO *bio, int command, long number, void *pointer)
{
    const struct tls *tls = BIO_get_data(bio);
    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_EOF:
        return tls != NULL && tls->is_at_end ? 1 : 0;
    case BIO_CTRL_FLUSH:
        return 1;
    default:
        return 0;
    }
}

static BIO_METHOD *make_bio_method(void)
{
    BIO_METHOD *method =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without signals");
    if (method != NULL) {
        (void)BIO_meth_set_write_ex(method, socket_write);
        (void)BIO_meth_set_read_ex(method, socket_read);
        (void)BIO_meth_set_ctrl(method, socket_control);
    }
    return method;
}

/* ---- failing ---- */

static struct tls_case case_of(const struct tls *tls)
{
    return (struct tls_case){
        .config = &tls->context->config,
        .name = tls->name,
        .is_established = tls->is_established,
        .is_asked_for_cert = tls->is_asked_for_cert,
    };
}

/* A server that does not take our certificate says so and closes, and with TLS 1.3 that is after
 * our part of the handshake: writing fails, but what it said may still be there to be read. */
static void hear_last_words(struct tls *tls)
{
    char byte;
    size_t got;
    tls->is_drained = false;
    ERR_clear_error();
    if (tls->is_established && !tls->has_read && SSL_read_ex(tls->ssl, &byte, 1, &got) != 1 &&
        ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_SSL) {
        struct tls_case of = case_of(tls);
        tls_problem_of_error(&of, tls->problem);
    }
}

static enum io_status fail(struct stream *stream)
{
    struct tls *tls = stream->state;
    if (tls->last_errno != 0) {
        hear_last_words(tls);
    }
    struct tls_case of = case_of(tls);
    /* What the server says when it misses our certificate may be lost when it closes. */
    bool is_missed = tls->is_asked_for_cert && !tls->has_read;
    bool is_early = !tls->is_established || is_missed;
    stream->last_errno = 0;
    if (tls->problem[0] != '\0') {
        /* It has been said. */
    } else if (tls->last_errno != 0 && !is_missed) {
        stream->last_errno = tls->last_errno;
    } else if (tls->last_errno != 0 || (tls->is_at_end && is_early)) {
        tls_problem_of_end(&of, tls->problem);
    } else {
        tls_problem_of_error(&of, tls->problem);
    }
    ERR_clear_error();
    stream->problem = tls->problem;
    tls->has_ended = true;
    tls->end = IO_ERROR;
    return IO_ERROR;
}

/* After a call of OpenSSL that did not do all it was asked for. */
static enum io_status status_of(struct stream *stream)
{
    struct tls *tls = stream->state;
    switch (SSL_get_error(tls->ssl, 0)) {
    case SSL_ERROR_WANT_READ:
        return IO_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return IO_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        tls->is_at_end = true;
        if (tls->is_established && (tls->has_read || !tls->is_asked_for_cert)) {
            return IO_CLOSED;
        }
        return fail(stream);
    default:
        return fail(stream);
    }
}

/* ---- sessions ---- */

static struct session *find_session(struct context *context, const char *name, uint16_t port)
{
    pthread_mutex_lock(&context->mutex);
    struct session *found = context->sessions;
    while (found != NULL && (found->port != port || strcmp(found->name, name) != 0)) {
        found = found->next;
    }
    if (found == NULL) {
        found = mem_alloc(sizeof *found);
        found->port = port;
        (void)snprintf(found->name, sizeof found->name, "%s", name);
        found->next = context->sessions;
        context->sessions = found;
    }
    pthread_mutex_unlock(&context->mutex);
    return found;
}

static void offer_session(struct tls *tls)
{
    pthread_mutex_lock(&tls->context->mutex);
    if (tls->session->ticket != NULL) {
        (void)SSL_set_session(tls->ssl, tls->session->ticket);
    }
    pthread_mutex_unlock(&tls->context->mutex);
}

/* A session from the server: at the end of the handshake, or with TLS 1.3 soon after it. 1: it is
 * ours now. */
static int keep_session(SSL *ssl, SSL_SESSION *ticket)
{
    struct tls *tls = SSL_get_app_data(ssl);
    if (!SSL_SESSION_is_resumable(ticket)) {
        return 0;
    }
    pthread_mutex_lock(&tls->context->mutex);
    SSL_SESSION *old = tls->session->ticket;
    tls->session->ticket = ticket;
    pthread_mutex_unlock(&tls->context->mutex);
    SSL_SESSION_free(old);
    return 1;
}

static void count_handshake(struct tls *tls)
{
    struct tls_facts *facts = &tls->context->facts;
    pthread_mutex_lock(&tls->context->mutex);
    facts->handshakes++;
    facts->resumed += SSL_session_reused(tls->ssl) ? 1 : 0;
    (void)snprintf(facts->version, sizeof facts->version, "%s", SSL_get_version(tls->ssl));
    (void)snprintf(facts->cipher, sizeof facts->cipher, "%s", SSL_get_cipher_name(tls->ssl));
    pthread_mutex_unlock(&tls->context->mutex);
}

/* ---- verification ---- */

static int judge_certificate(int accepted, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls *tls = SSL_get_app_data(ssl);
    if (!accepted) {
        struct tls_case of = case_of(tls);
        tls_problem_of_certificate(&of, store, tls->problem);
    }
    return accepted;
}

/* The server asks for a certificate and none is loaded: it gets none. */
static int note_missing_cert(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
    struct tls *tls = SSL_get_app_data(ssl);
    (void)cert;
    (void)key;
    tls->is_asked_for_cert = true;
    return 0;
}

/* Whom to ask for and verify. Without a name it is the number that we connect to. */
static void choose_name(struct tls *tls, const struct address *address, const char *name)
{
    const char *wanted = tls->context->config.server_name;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    if (wanted == NULL) {
        wanted = name;
    }
    if (wanted != NULL && wanted[0] != '\0') {
        (void)snprintf(tls->name, sizeof tls->name, "%s", wanted);
        tls->name[strcspn(tls->name, "%")] = '\0'; /* the scope of an IPv6 address */
    } else if (address->storage.ss_family == AF_INET) {
        memcpy(&v4, &address->storage, sizeof v4);
        (void)inet_ntop(AF_INET, &v4.sin_addr, tls->name, sizeof tls->name);
    } else if (address->storage.ss_family == AF_INET6) {
        memcpy(&v6, &address->storage, sizeof v6);
        (void)inet_ntop(AF_INET6, &v6.sin6_addr, tls->name, sizeof tls->name);
    }
    size_t len = strlen(tls->name);
    if (len > 1 && tls->name[len - 1] == '.') {
        tls->name[len - 1] = '\0'; /* of a fully qualified name; certificates do without */
    }
}

static bool is_number(const char *name)
{
    struct in6_addr bytes;
    return inet_pton(AF_INET, name, &bytes) == 1 || inet_pton(AF_INET6, name, &bytes) == 1;
}

static bool expect_name(struct tls *tls)
{
    X509_VERIFY_PARAM *expected = SSL_get0_param(tls->ssl);
    if (tls->name[0] == '\0') {
        return true;
    }
    if (is_number(tls->name)) {
        return X509_VERIFY_PARAM_set1_ip_asc(expected, tls->name) == 1;
    }
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set_tlsext_host_name(tls->ssl, tls->name) == 1 &&
           X509_VERIFY_PARAM_set1_host(expected, tls->name, 0) == 1;
}

/* ---- the table ---- */

static uint16_t port_of(const struct address *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    switch (address->storage.ss_family) {
    case AF_INET:
        memcpy(&v4, &address->storage, sizeof v4);
        return ntohs(v4.sin_port);
    case AF_INET6:
        memcpy(&v6, &address->storage, sizeof v6);
        return ntohs(v6.sin6_port);
    default:
        return 0;
    }
}

static void free_state(struct tls *tls)
{
    SSL_free(tls->ssl);
    mem_free(tls);
}

/* Everything but the socket. NULL: OpenSSL refuses the name, or lacks memory. */
static struct tls *make_state(struct context *context, const struct address *address,
                              const char *name)
{
    struct tls *tls = mem_alloc(sizeof *tls);
    tls->context = context;
    tls->fd = -1;
    choose_name(tls, address, name);
    tls->session = find_session(context, tls->name, port_of(address));
    tls->ssl = SSL_new(context->ssl);
    BIO *bio = tls->ssl == NULL ? NULL : BIO_new(context->bio);
    if (bio == NULL) {
        free_state(tls);
        return NULL;
    }
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->ssl, bio, bio);
    (void)SSL_set_app_data(tls->ssl, tls);
    SSL_set_connect_state(tls->ssl);
    if (!expect_name(tls)) {
        free_state(tls);
        return NULL;
    }
    if (!context->config.no_session_reuse) {
        offer_session(tls);
    }
    return tls;
}

static bool tls_open(const struct transport *transport, struct stream *stream,
                     const struct address *address, const char *name, struct error *err)
{
    *stream = (struct stream){.transport = transport, .fd = -1};
    struct tls *tls = make_state(transport->self, address, name);
    if (tls == NULL) {
        char where[ADDRESS_TEXT_SIZE];
        ERR_clear_error();
        stream->problem = "TLS cannot be set up for this name";
        return error_set(err, ERROR_TARGET, "connect %s: %s %s", address_format(address, where),
                         stream->problem, name == NULL ? "" : name);
    }
    if (!transport_plain()->open(transport, stream, address, name, err)) {
        free_state(tls);
        return false;
    }
    tls->fd = stream->fd;
    stream->state = tls;
    return true;
}

static enum io_status tls_establish(struct stream *stream)
{
    struct tls *tls = stream->state;
    if (!tls->is_handshaking) {
        enum io_status status = transport_plain()->establish(stream);
        tls->is_handshaking = status == IO_DONE;
        /* The caller comes back at once, and knows the time that TCP took from that of TLS. */
        return status == IO_DONE ? IO_WANT_WRITE : status;
    }
    tls->is_drained = false;
    ERR_clear_error();
    if (SSL_do_handshake(tls->ssl) != 1) {
        return status_of(stream);
    }
    ERR_clear_error();
    tls->is_established = true;
    count_handshake(tls);
    return IO_DONE;
}

/* Bytes were moved, so the caller is told of those first. */
static void end_later(struct stream *stream, enum io_status status)
{
    struct tls *tls = stream->state;
    if (status == IO_CLOSED || status == IO_ERROR) {
        tls->has_ended = true;
        tls->end = status;
        (void)shutdown(tls->fd, SHUT_RD); /* makes it readable: the caller comes back */
    }
}

static enum io_status tls_read(struct stream *stream, void *data, size_t size, size_t *got)
{
    struct tls *tls = stream->state;
    size_t all = 0;
    assert(size > 0);
    if (tls->has_ended) {
        return tls->end;
    }
    tls->is_drained = false;
    while (all < size) {
        size_t some = 0;
        if (SSL_read_ex(tls->ssl, (char *)data + all, size - all, &some) != 1) {
            enum io_status status = status_of(stream);
            if (all == 0) {
                return status;
            }
            end_later(stream, status);
            break;
        }
        tls->has_read = true;
        all += some;
        if (some < RECORD_SIZE && !SSL_has_pending(tls->ssl)) {
            break; /* the rest, if any, is in the socket, which is readable then */
        }
    }
    *got = all;
    return IO_DONE;
}

/* Where a write stands in the parts that it was given. */
struct place {
    const struct iovec *parts;
    int count;
    size_t offset; /* in the first of them */
};

static void advance(struct place *place, size_t len)
{
    while (place->count > 0 && len >= place->parts->iov_len - place->offset) {
        len -= place->parts->iov_len - place->offset;
        place->offset = 0;
        place->parts++;
        place->count--;
    }
    place->offset += len;
}

/* The bytes of the next record: a piece of one part, or small parts gathered. They begin a record
 * that could not be sent whole the last time in the same way, and are never fewer than then. */
static const char *next_record(struct place place, char gathered[RECORD_SIZE], size_t *len)
{
    size_t left = place.parts->iov_len - place.offset;
    if (place.count == 1 || left >= RECORD_SIZE) {
        *len = left < RECORD_SIZE ? left : RECORD_SIZE;
        return (const char *)place.parts->iov_base + place.offset;
    }
    *len = 0;
    while (place.count > 0 && *len < RECORD_SIZE) {
        left = place.parts->iov_len - place.offset;
        size_t room = RECORD_SIZE - *len;
        size_t some = left < room ? left : room;
        memcpy(gathered + *len, (const char *)place.parts->iov_base + place.offset, some);
        *len += some;
        advance(&place, some);
    }
    return gathered;
}

static enum io_status tls_write(struct stream *stream, const struct iovec *parts, int count,
                                size_t *put)
{
    struct tls *tls = stream->state;
    struct place place = {.parts = parts, .count = count};
    char gathered[RECORD_SIZE];
    size_t all = 0;
    assert(count > 0);
    if (tls->has_ended && tls->end == IO_ERROR) {
        return tls->end;
    }
    tls->is_drained = false;
    advance(&place, 0); /* past empty parts */
    while (place.count > 0) {
        size_t len = 0;
        size_t some = 0;
        const char *record = next_record(place, gathered, &len);
        if (SSL_write_ex(tls->ssl, record, len, &some) != 1) {
            enum io_status status = status_of(stream);
            if (all == 0) {
                return status;
            }
            end_later(stream, status);
            break;
        }
        advance(&place, some);
        all += some;
    }
    *put = all;
    return IO_DONE;
}

static void tls_close(struct stream *stream)
{
    struct tls *tls = stream->state;
    if (tls != NULL) {
        if (tls->is_established && stream->fd >= 0 && tls->last_errno == 0 && !tls->has_ended) {
            (void)SSL_shutdown(tls->ssl);
        }
        /* Without a farewell OpenSSL would take the session for a bad one, and not resume it. */
        SSL_set_shutdown(tls->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        free_state(tls);
        ERR_clear_error();
    }
    stream->state = NULL;
    stream->problem = NULL;
    transport_plain()->close(stream);
}

/* ---- the context ---- */

/* A key with a passphrase must not make OpenSSL ask for it on the terminal. */
static int note_passphrase(char *buf, int size, int is_writing, void *self)
{
    struct context *context = self;
    (void)buf;
    (void)size;
    (void)is_writing;
    context->is_key_locked = true;
    return -1;
}

static bool load_key(struct context *context, struct error *err)
{
    const struct tls_config *config = &context->config;
    const char *key = config->key_file != NULL ? config->key_file : config->cert_file;
    if (SSL_CTX_use_PrivateKey_file(context->ssl, key, SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_check_private_key(context->ssl) == 1) {
        return true;
    }
    if (context->is_key_locked) {
        ERR_clear_error();
        return error_set(err, ERROR_USAGE,
                         "the private key in %s is protected by a passphrase; name one that is not",
                         key);
    }
    return tls_problem_of_file(config, key, true, err);
}

static bool load_files(struct context *context, struct error *err)
{
    const struct tls_config *config = &context->config;
    ERR_clear_error();
    if (config->ca_file != NULL &&
        SSL_CTX_load_verify_locations(context->ssl, config->ca_file, NULL) != 1) {
        return tls_problem_of_file(config, config->ca_file, false, err);
    }
    if (config->ca_file == NULL && SSL_CTX_set_default_verify_paths(context->ssl) != 1) {
        return error_set(err, ERROR_USAGE,
                         "the system's authorities cannot be read; name a file "
                         "of them with ?ca=FILE");
    }
    if (config->cert_file != NULL &&
        SSL_CTX_use_certificate_chain_file(context->ssl, config->cert_file) != 1) {
        return tls_problem_of_file(config, config->cert_file, false, err);
    }
    if (config->cert_file != NULL && !load_key(context, err)) {
        return false;
    }
    ERR_clear_error();
    return true;
}

static void set_options(struct context *context)
{
    const struct tls_config *config = &context->config;
    SSL_CTX *ssl = context->ssl;
    (void)SSL_CTX_set_min_proto_version(ssl,
                                        config->version == 13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    (void)SSL_CTX_set_max_proto_version(ssl,
                                        config->version == 12 ? TLS1_2_VERSION : TLS1_3_VERSION);
    /* An end without a farewell is common, and RESP knows for itself what is whole. */
    (void)SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                       SSL_OP_NO_COMPRESSION);
    /* Retrying goes on behind a message that holds no data (a ticket, say), which is right here:
     * the socket does not block, and nothing may be held back. */
    (void)SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_read_ahead(ssl, 1);
    SSL_CTX_set_default_passwd_cb(ssl, note_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(ssl, context);
    if (config->no_verify) {
        SSL_CTX_set_verify(ssl, SSL_VERIFY_NONE, NULL);
    } else {
        SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, judge_certificate);
    }
    if (config->cert_file == NULL) {
        SSL_CTX_set_client_cert_cb(ssl, note_missing_cert);
    }
    if (config->no_session_reuse) {
        (void)SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
        return;
    }
    (void)SSL_CTX_set_session_cache_mode(ssl,
                                         SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(ssl, keep_session);
}

static const char *copy(const char *text)
{
    return text == NULL ? NULL : mem_copy_text(text, strlen(text));
}

static void free_text(const char *text)
{
    void *owned = NULL;
    memcpy(&owned, &text, sizeof text); /* ours, whatever the type of the config says */
    mem_free(owned);
}

struct transport *tls_new(const struct tls_config *config, struct error *err)
{
    static const struct transport table = {
        .name = "tls",
        .open = tls_open,
        .establish = tls_establish,
        .read = tls_read,
        .write = tls_write,
        .close = tls_close,
    };
    struct context *context = mem_alloc(sizeof *context);
    context->transport = table;
    context->transport.self = context;
    context->config = *config;
    context->config.ca_file = copy(config->ca_file);
    context->config.cert_file = copy(config->cert_file);
    context->config.key_file = copy(config->key_file);
    context->config.server_name = copy(config->server_name);
    (void)pthread_mutex_init(&context->mutex, NULL);
    context->ssl = SSL_CTX_new(TLS_client_method());
    context->bio = make_bio_method();
    if (context->ssl == NULL || context->bio == NULL) {
        ERR_clear_error();
        (void)error_set(err, ERROR_SYSTEM, "OpenSSL cannot be set up for TLS");
        tls_free(&context->transport);
        return NULL;
    }
    set_options(context);
    if (!load_files(context, err)) {
        tls_free(&context->transport);
        return NULL;
    }
    return &context->transport;
}

void tls_free(struct transport *transport)
{
    if (transport == NULL) {
        return;
    }
    struct context *context = transport->self;
    while (context->sessions != NULL) {
        struct session *session = context->sessions;
        context->sessions = session->next;
        SSL_SESSION_free(session->ticket);
        mem_free(session);
    }
    SSL_CTX_free(context->ssl);
    BIO_meth_free(context->bio);
    (void)pthread_mutex_destroy(&context->mutex);
    free_text(context->config.ca_file);
    free_text(context->config.cert_file);
    free_text(context->config.key_file);
    free_text(context->config.server_name);
    mem_free(context);
}

void tls_facts(const struct transport *transport, struct tls_facts *out)
{
    struct context *context = transport->self;
    pthread_mutex_lock(&context->mutex);
    *out = context->facts;
    pthread_mutex_unlock(&context->mutex);
}
