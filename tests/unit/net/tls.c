/* Our end of TLS against a server of OpenSSL's in a thread of its own. */
#include "net/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/clock.h"
#include "support/tap.h"
#include "support/tls_server.h"

enum { PATH_SIZE = 128 };

static const nsec LONG = 5 * NSEC_PER_SEC;

/* ---- our end ---- */

/* What is made once for all tests. */
static struct fixture {
    char folder[64];
    struct certificate authority;
    struct certificate other; /* an authority that nobody knows */
    struct certificate good;  /* for localhost, *.good.example and the loopback addresses */
    struct certificate client;
    char ca[PATH_SIZE];
    char other_ca[PATH_SIZE];
    char cert[PATH_SIZE];
    char key[PATH_SIZE];
    char locked_key[PATH_SIZE];
    char other_key[PATH_SIZE];
    char rubbish[PATH_SIZE];
} fixture;

static struct certificate issue(const char *names, int first, int last)
{
    return certificate_make(&(struct certificate_wish){.subject = "server",
                                                       .names = names,
                                                       .first = first,
                                                       .last = last,
                                                       .issuer = &fixture.authority});
}

static void place(char out[PATH_SIZE], const char *name)
{
    (void)snprintf(out, PATH_SIZE, "%s/%s", fixture.folder, name);
}

static void make_fixture(void)
{
    (void)snprintf(fixture.folder, sizeof fixture.folder, "/tmp/tenbin-tls-XXXXXX");
    if (mkdtemp(fixture.folder) == NULL) {
        abort();
    }
    struct certificate_wish wish = {.subject = "Test Authority", .first = -400, .last = 30};
    fixture.authority = certificate_make(&wish);
    wish.subject = "Other Authority";
    fixture.other = certificate_make(&wish);
    fixture.good = issue("DNS:localhost,DNS:*.good.example,IP:127.0.0.1,IP:::1", -1, 30);
    fixture.client = issue("DNS:client", -1, 30);
    place(fixture.ca, "ca.pem");
    place(fixture.other_ca, "other-ca.pem");
    place(fixture.cert, "client.pem");
    place(fixture.key, "client.key");
    place(fixture.locked_key, "locked.key");
    place(fixture.other_key, "other.key");
    place(fixture.rubbish, "rubbish");
    certificate_save(&fixture.authority, fixture.ca);
    certificate_save(&fixture.other, fixture.other_ca);
    certificate_save(&fixture.client, fixture.cert);
    certificate_save_key(&fixture.client, fixture.key, NULL);
    certificate_save_key(&fixture.client, fixture.locked_key, "secret");
    certificate_save_key(&fixture.other, fixture.other_key, NULL);
    FILE *file = fopen(fixture.rubbish, "w");
    if (file == NULL || fputs("rubbish\n", file) < 0 || fclose(file) != 0) {
        abort();
    }
}

static void remove_fixture(void)
{
    const char *const files[] = {fixture.ca,         fixture.other_ca,  fixture.cert,   fixture.key,
                                 fixture.locked_key, fixture.other_key, fixture.rubbish};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)unlink(files[i]);
    }
    (void)rmdir(fixture.folder);
    certificate_release(&fixture.authority);
    certificate_release(&fixture.other);
    certificate_release(&fixture.good);
    certificate_release(&fixture.client);
}

static struct transport *make(const struct tls_config *config)
{
    struct error err = {0};
    struct transport *transport = tls_new(config, &err);
    if (transport == NULL) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return transport;
}

/* The verdict of the handshake. `waits`: how often it wanted to read; NULL: never mind. */
static enum io_status connect_to(const struct transport *transport, const struct tls_server *server,
                                 const char *name, struct stream *stream, unsigned *waits)
{
    if (!transport->open(transport, stream, &server->listener.address, name, NULL)) {
        return IO_ERROR;
    }
    for (;;) {
        enum io_status status = transport->establish(stream);
        if (status != IO_WANT_READ && status != IO_WANT_WRITE) {
            return status;
        }
        if (waits != NULL && status == IO_WANT_READ) {
            (*waits)++;
        }
        if (!transport_wait(stream, status, LONG)) {
            return status;
        }
    }
}

static bool put_all(struct stream *stream, const char *data, size_t size)
{
    for (size_t sum = 0; sum < size;) {
        char copy[64];
        size_t put = 0;
        size_t len = size - sum < sizeof copy ? size - sum : sizeof copy;
        memcpy(copy, data + sum, len);
        struct iovec part = {copy, len};
        enum io_status status = stream->transport->write(stream, &part, 1, &put);
        if (status == IO_DONE) {
            sum += put;
        } else if ((status != IO_WANT_WRITE && status != IO_WANT_READ) ||
                   !transport_wait(stream, status, LONG)) {
            return false;
        }
    }
    return true;
}

/* What ended it, when `size` bytes did not come. */
static enum io_status get_all(struct stream *stream, char *data, size_t size, unsigned *waits)
{
    for (size_t sum = 0; sum < size;) {
        size_t got = 0;
        enum io_status status = stream->transport->read(stream, data + sum, size - sum, &got);
        if (status == IO_DONE) {
            sum += got;
            continue;
        }
        if (status != IO_WANT_READ && status != IO_WANT_WRITE) {
            return status;
        }
        if (waits != NULL) {
            (*waits)++;
        }
        if (!transport_wait(stream, status, LONG)) {
            return status;
        }
    }
    return IO_DONE;
}

static bool exchange(struct stream *stream, const char *text)
{
    char back[64] = "";
    size_t len = strlen(text);
    return put_all(stream, text, len) && get_all(stream, back, len, NULL) == IO_DONE &&
           memcmp(back, text, len) == 0;
}

/* ---- tests ---- */

static const struct {
    const char *name;
    int version;
    uint8_t asked;
} versions[] = {{"TLSv1.2", TLS1_2_VERSION, 12}, {"TLSv1.3", TLS1_3_VERSION, 13}};

enum { VERSIONS = sizeof versions / sizeof versions[0] };

static void test_versions(void)
{
    for (size_t i = 0; i < VERSIONS; i++) {
        struct tls_server server;
        tls_server_start(
            &server,
            &(struct tls_server_wish){.certificate = &fixture.good, .version = versions[i].version},
            LISTEN_TCP);
        for (unsigned insists = 0; insists < 2; insists++) {
            struct tls_config config = {.ca_file = fixture.ca,
                                        .version = insists ? versions[i].asked : 0};
            struct transport *transport = make(&config);
            struct stream stream;
            struct tls_facts facts;
            tap_text(transport->name, "tls", "the table has its name");
            tap_int(connect_to(transport, &server, "localhost", &stream, NULL), IO_DONE,
                    "%s: connects", versions[i].name);
            tap_check(exchange(&stream, "ping"), "%s: bytes go and come", versions[i].name);
            tls_facts(transport, &facts);
            tap_text(facts.version, versions[i].name, "%s: is agreed on", versions[i].name);
            tap_int((int64_t)facts.handshakes, 1, "%s: one handshake", versions[i].name);
            tap_check(facts.cipher[0] != '\0', "%s: with %s", versions[i].name, facts.cipher);
            transport->close(&stream);
            tap_int(stream.fd, -1, "%s: closed", versions[i].name);
            transport->close(&stream);
            tap_int(stream.fd, -1, "%s: may be closed again", versions[i].name);
            tls_free(transport);
        }
        tls_server_stop(&server);
    }
    tls_free(NULL);
}

/* The time that TCP takes is told apart from that of TLS. */
static void test_steps(void)
{
    struct tls_server server;
    tls_server_start(&server, &(struct tls_server_wish){.certificate = &fixture.good}, LISTEN_TCP);
    struct transport *transport = make(&(struct tls_config){.ca_file = fixture.ca});
    struct stream stream;
    (void)transport->open(transport, &stream, &server.listener.address, "localhost", NULL);
    tap_check(!stream.is_connected, "opening does not connect");
    (void)transport_wait(&stream, IO_WANT_WRITE, LONG);
    tap_int(transport->establish(&stream), IO_WANT_WRITE, "TCP is connected");
    tap_check(stream.is_connected, "and that is told");
    char byte;
    clock_sleep(20 * NSEC_PER_MSEC);
    tap_int(recv(stream.fd, &byte, 1, MSG_DONTWAIT), -1, "the server has heard nothing yet");
    tap_check(errno == EAGAIN, "nor answered");
    enum io_status status = transport->establish(&stream); /* the server may be quick */
    tap_check(status == IO_WANT_READ || status == IO_DONE, "then comes the handshake");
    transport->close(&stream);
    tap_int(connect_to(transport, &server, "localhost", &stream, NULL), IO_DONE,
            "a connection that was given up does not harm the next");
    transport->close(&stream);
    tls_free(transport);
    tls_server_stop(&server);
}

static void test_names(void)
{
    static const struct {
        const char *name;
        const char *server_name;
        int kind;
    } rows[] = {
        {"localhost", NULL, LISTEN_TCP},
        {"localhost.", NULL, LISTEN_TCP},
        {"a.good.example", NULL, LISTEN_TCP},
        {"127.0.0.1", NULL, LISTEN_TCP},
        {NULL, NULL, LISTEN_TCP},
        {"", NULL, LISTEN_TCP},
        {"wrong", "localhost", LISTEN_TCP},
        {"wrong", "127.0.0.1", LISTEN_TCP},
        {"wrong", "b.good.example", LISTEN_TCP},
        {"::1", NULL, LISTEN_TCP6},
        {NULL, NULL, LISTEN_TCP6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tls_server server;
        struct stream stream;
        tls_server_start(&server, &(struct tls_server_wish){.certificate = &fixture.good},
                         rows[i].kind);
        struct transport *transport =
            make(&(struct tls_config){.ca_file = fixture.ca, .server_name = rows[i].server_name});
        tap_int(connect_to(transport, &server, rows[i].name, &stream, NULL), IO_DONE,
                "the certificate is for %s%s%s", rows[i].name == NULL ? "the number" : rows[i].name,
                rows[i].server_name == NULL ? "" : " as ",
                rows[i].server_name == NULL ? "" : rows[i].server_name);
        transport->close(&stream);
        tls_free(transport);
        tls_server_stop(&server);
    }
}

static void test_nothing_held_back(void)
{
    char data[256];
    for (size_t i = 0; i < VERSIONS; i++) {
        struct tls_server server;
        struct stream stream;
        size_t got = 0;
        struct transport *transport = make(&(struct tls_config){.ca_file = fixture.ca});
        tls_server_start(&server,
                         &(struct tls_server_wish){.script = TLS_THREE,
                                                   .certificate = &fixture.good,
                                                   .version = versions[i].version},
                         LISTEN_TCP);
        (void)connect_to(transport, &server, "localhost", &stream, NULL);
        (void)put_all(&stream, "x", 1);
        clock_sleep(50 * NSEC_PER_MSEC);
        tap_int(transport->read(&stream, data, 5, &got), IO_DONE, "%s: reads a piece",
                versions[i].name);
        tap_int((int64_t)got, 5, "%s: no more than asked", versions[i].name);
        tap_int(transport->read(&stream, data, sizeof data, &got), IO_DONE, "%s: reads the rest",
                versions[i].name);
        tap_int((int64_t)got, 25, "%s: of three records at once", versions[i].name);
        tap_int(transport->read(&stream, data, sizeof data, &got), IO_WANT_READ,
                "%s: and that was all", versions[i].name);
        transport->close(&stream);
        tls_server_stop(&server);

        /* With TLS 1.3 tickets come first. */
        tls_server_start(&server,
                         &(struct tls_server_wish){.script = TLS_GREET,
                                                   .certificate = &fixture.good,
                                                   .version = versions[i].version},
                         LISTEN_TCP);
        (void)connect_to(transport, &server, "localhost", &stream, NULL);
        clock_sleep(50 * NSEC_PER_MSEC);
        tap_int(transport->read(&stream, data, sizeof data, &got), IO_DONE,
                "%s: what follows a ticket is not held back", versions[i].name);
        tap_int((int64_t)got, 5, "%s: it is whole", versions[i].name);
        transport->close(&stream);
        tls_server_stop(&server);
        tls_free(transport);
    }
}

static void test_drops(void)
{
    for (size_t i = 0; i < VERSIONS; i++) {
        struct tls_server server;
        struct stream stream;
        unsigned early = 0;
        unsigned late = 0;
        char back[8] = "";
        struct transport *transport = make(&(struct tls_config){.ca_file = fixture.ca});
        tls_server_start(&server,
                         &(struct tls_server_wish){.script = TLS_DRIP,
                                                   .certificate = &fixture.good,
                                                   .version = versions[i].version},
                         LISTEN_TCP);
        tap_int(connect_to(transport, &server, "localhost", &stream, &early), IO_DONE,
                "%s: a handshake in drops", versions[i].name);
        tap_check(put_all(&stream, "drops", 5) && get_all(&stream, back, 5, &late) == IO_DONE &&
                      strcmp(back, "drops") == 0,
                  "%s: bytes in drops", versions[i].name);
        tap_check(early > 10 && late > 2, "%s: it waited %u and %u times", versions[i].name, early,
                  late);
        transport->close(&stream);
        tls_server_stop(&server);
        tls_free(transport);
    }
}

/* All from `from` on, in parts that are other ones for each start: small, big and empty. */
static int cut(char *data, size_t from, struct iovec parts[6])
{
    static const size_t sizes[] = {17, 40000, 0, 2, 16384, 16385, 300, 5, 70000};
    for (size_t i = 0; i < 5; i++) {
        size_t len = sizes[(from + i) % (sizeof sizes / sizeof sizes[0])];
        len = len < TLS_SERVER_BIG - from ? len : TLS_SERVER_BIG - from;
        parts[i] = (struct iovec){data + from, len};
        from += len;
    }
    parts[5] = (struct iovec){data + from, TLS_SERVER_BIG - from};
    return 6;
}

static void test_large(void)
{
    char *data = mem_alloc(TLS_SERVER_BIG);
    char *back = mem_alloc(TLS_SERVER_BIG);
    for (size_t i = 0; i < TLS_SERVER_BIG; i++) {
        data[i] = (char)(i * 7 + i / 251);
    }
    for (size_t i = 0; i < VERSIONS; i++) {
        struct tls_server server;
        struct stream stream;
        unsigned full = 0;
        unsigned waits = 0;
        struct transport *transport = make(&(struct tls_config){.ca_file = fixture.ca});
        tls_server_start(&server,
                         &(struct tls_server_wish){.script = TLS_SWALLOW,
                                                   .certificate = &fixture.good,
                                                   .version = versions[i].version},
                         LISTEN_TCP);
        (void)connect_to(transport, &server, "localhost", &stream, NULL);
        int small = 4096;
        (void)setsockopt(stream.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
        size_t sum = 0;
        while (sum < TLS_SERVER_BIG) {
            struct iovec parts[6];
            size_t put = 0;
            int count = cut(data, sum, parts);
            enum io_status status = transport->write(&stream, parts, count, &put);
            full += status == IO_WANT_WRITE ? 1 : 0;
            sum += status == IO_DONE ? put : 0;
            if (status != IO_DONE &&
                (status != IO_WANT_WRITE || !transport_wait(&stream, status, LONG))) {
                break;
            }
        }
        tap_int((int64_t)sum, TLS_SERVER_BIG, "%s: everything is taken in the end",
                versions[i].name);
        tap_check(full > 0, "%s: the socket was full %u times", versions[i].name, full);
        tap_int(get_all(&stream, back, TLS_SERVER_BIG, &waits), IO_DONE, "%s: it comes back",
                versions[i].name);
        tap_check(memcmp(data, back, TLS_SERVER_BIG) == 0, "%s: unchanged", versions[i].name);
        memset(back, 0, TLS_SERVER_BIG);
        transport->close(&stream);
        tls_server_stop(&server);
        tls_free(transport);
    }
    mem_free(data);
    mem_free(back);
}

static void test_no_allocation(void)
{
    for (size_t i = 0; i < VERSIONS; i++) {
        struct tls_server server;
        struct stream stream;
        struct transport *transport = make(&(struct tls_config){.ca_file = fixture.ca});
        tls_server_start(
            &server,
            &(struct tls_server_wish){.certificate = &fixture.good, .version = versions[i].version},
            LISTEN_TCP);
        (void)connect_to(transport, &server, "localhost", &stream, NULL);
        bool works = exchange(&stream, "warm");
        uint64_t before = mem_allocations();
        for (int k = 0; k < 200; k++) {
            works = works && exchange(&stream, "request");
        }
        tap_check(works && before > 0, "%s: requests are answered", versions[i].name);
        tap_int((int64_t)(mem_allocations() - before), 0, "%s: without allocation of ours",
                versions[i].name);
        transport->close(&stream);
        tls_server_stop(&server);
        tls_free(transport);
    }
}

static void visit(const struct transport *transport, const struct tls_server *server)
{
    struct stream stream;
    tap_check(connect_to(transport, server, "localhost", &stream, NULL) == IO_DONE &&
                  exchange(&stream, "ping"),
              "a visit");
    if (server->wish.script == TLS_RESET) {
        char byte;
        (void)transport_wait(&stream, IO_WANT_READ, LONG);
        tap_int(get_all(&stream, &byte, 1, NULL), IO_ERROR, "it was broken off");
        tap_int(stream.last_errno, ECONNRESET, "by a reset");
    }
    transport->close(&stream);
}

static void test_sessions(void)
{
    for (size_t i = 0; i < VERSIONS; i++) {
        for (unsigned resets = 0; resets < 2; resets++) {
            for (unsigned off = 0; off < 2; off++) {
                struct tls_server servers[2];
                struct tls_facts facts;
                struct tls_server_wish wish = {.script = resets ? TLS_RESET : TLS_ECHO,
                                               .certificate = &fixture.good,
                                               .version = versions[i].version};
                tls_server_start(&servers[0], &wish, LISTEN_TCP);
                tls_server_start(&servers[1], &wish, LISTEN_TCP);
                struct transport *transport =
                    make(&(struct tls_config){.ca_file = fixture.ca, .no_session_reuse = off});
                visit(transport, &servers[0]);
                visit(transport, &servers[1]);
                tls_facts(transport, &facts);
                tap_int((int64_t)facts.resumed, 0, "%s: a session belongs to one server",
                        versions[i].name);
                visit(transport, &servers[0]);
                visit(transport, &servers[0]);
                visit(transport, &servers[1]);
                tls_facts(transport, &facts);
                tap_int((int64_t)facts.handshakes, 5, "%s: all are counted", versions[i].name);
                tap_int((int64_t)facts.resumed, off ? 0 : 3, "%s: resumed%s%s", versions[i].name,
                        off ? ", which is forbidden" : "", resets ? ", after resets" : "");
                tls_server_stop(&servers[0]);
                tls_server_stop(&servers[1]);
                tls_free(transport);
            }
        }
    }
}

/* ---- failures ---- */

/* A part of the sentence; "" for none, when all goes well. */
struct failure {
    const char *what;
    struct tls_server_wish wish;
    struct tls_config config;
    const char *name;
    const char *sentence;
};

/* The clause, from the handshake or from the first read. */
static const char *clause_of(const struct transport *transport, const struct tls_server *server,
                             const char *name, struct stream *stream)
{
    char byte;
    enum io_status status = connect_to(transport, server, name, stream, NULL);
    if (status == IO_DONE) {
        (void)put_all(stream, "x", 1);
        status = get_all(stream, &byte, 1, NULL);
    }
    if (status == IO_DONE) {
        return "";
    }
    if (status != IO_ERROR || stream->last_errno != 0 || stream->problem == NULL) {
        fprintf(stderr, "#   status %d, errno %d\n", (int)status, stream->last_errno);
        return "(no clause)";
    }
    return stream->problem;
}

static void check_failures(const struct failure *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct failure *row = &rows[i];
        struct tls_server server;
        struct stream stream;
        tls_server_start(&server, &row->wish, LISTEN_TCP);
        struct transport *transport = make(&row->config);
        const char *clause = clause_of(transport, &server, row->name, &stream);
        bool fits =
            row->sentence[0] == '\0' ? clause[0] == '\0' : strstr(clause, row->sentence) != NULL;
        if (!tap_check(fits, "%s: %s", row->what, row->sentence)) {
            fprintf(stderr, "#   got \"%s\"\n", clause);
        }
        transport->close(&stream);
        tls_free(transport);
        tls_server_stop(&server);
    }
}

static void test_bad_certificates(void)
{
    struct certificate expired = issue("DNS:localhost", -40, -10);
    struct certificate early = issue("DNS:localhost", 3, 30);
    struct certificate ringing = issue("DNS:a\a\x1b[31m.example,DNS:b,DNS:c,DNS:d,DNS:e", -1, 30);
    struct certificate alone = certificate_make(&(struct certificate_wish){
        .subject = "alone", .names = "DNS:localhost", .first = -1, .last = 30});
    struct certificate nameless = certificate_make(&(struct certificate_wish){
        .subject = "old.example", .first = -1, .last = 30, .issuer = &fixture.authority});
    struct tls_config trusts = {.ca_file = fixture.ca};
    struct tls_config ignores = {.no_verify = true};
    char over[64];
    char begin[64];
    char date[CLOCK_TEXT_SIZE];
    nsec now = clock_wall();
    nsec day = 24 * 3600 * NSEC_PER_SEC;
    (void)snprintf(over, sizeof over, "certificate expired on %.10s; ",
                   clock_format_utc(now - 10 * day, date));
    (void)snprintf(begin, sizeof begin, "certificate is not valid before %.10s; ",
                   clock_format_utc(now + 3 * day, date));
    const struct failure rows[] = {
        {"expired", {.certificate = &expired}, trusts, "localhost", over},
        {"early", {.certificate = &early}, trusts, "localhost", begin},
        {"expired, not verified", {.certificate = &expired}, ignores, "localhost", ""},
        {"self-signed",
         {.certificate = &alone},
         trusts,
         "localhost",
         "certificate is self-signed and not known to this system; name its file with ?ca=FILE"},
        {"self-signed, not verified", {.certificate = &alone}, ignores, "elsewhere", ""},
        {"unknown to the system",
         {.certificate = &fixture.good},
         {0},
         "localhost",
         "certificate is signed by the authority \"Test Authority\", which is not known to this "
         "system; name its file with ?ca=FILE"},
        {"another authority",
         {.certificate = &fixture.good},
         {.ca_file = fixture.other_ca},
         "localhost",
         "signed by the authority \"Test Authority\", which is not in /tmp/"},
        {"another name",
         {.certificate = &fixture.good},
         trusts,
         "b.example",
         "certificate is for localhost, *.good.example, 127.0.0.1 and 1 more, not for b.example; "
         "name what it is for with ?sni=NAME"},
        {"another number",
         {.certificate = &fixture.good},
         trusts,
         "10.1.2.3",
         ", not for 10.1.2.3; "},
        {"a wildcard is for one level",
         {.certificate = &fixture.good},
         trusts,
         "a.b.good.example",
         ", not for a.b.good.example; "},
        {"a number that nobody named", {.certificate = &expired}, trusts, NULL, "certificate "},
        {"names of any bytes",
         {.certificate = &ringing},
         trusts,
         "localhost",
         "certificate is for a??[31m.example, b, c and 2 more, not for localhost; "},
        {"no alternative names",
         {.certificate = &nameless},
         trusts,
         "localhost",
         "certificate is for old.example, not for localhost; "},
        {"no alternative names, but right", {.certificate = &nameless}, trusts, "old.example", ""},
    };
    check_failures(rows, sizeof rows / sizeof rows[0]);
    certificate_release(&expired);
    certificate_release(&early);
    certificate_release(&ringing);
    certificate_release(&alone);
    certificate_release(&nameless);
}

static void test_refusals(void)
{
    struct tls_config trusts = {.ca_file = fixture.ca};
    struct tls_config only_12 = {.ca_file = fixture.ca, .version = 12};
    struct tls_config only_13 = {.ca_file = fixture.ca, .version = 13};
    struct tls_config shows = {
        .ca_file = fixture.ca, .cert_file = fixture.cert, .key_file = fixture.key};
    const struct certificate *good = &fixture.good;
    const char *wants = "the server asks for a client certificate; name one with "
                        "?cert=FILE&key=FILE";
    const struct failure rows[] = {
        {"no certificate, 1.2",
         {.certificate = good, .client_authority = &fixture.authority, .version = TLS1_2_VERSION},
         trusts,
         "localhost",
         wants},
        {"no certificate, 1.3",
         {.certificate = good, .client_authority = &fixture.authority, .version = TLS1_3_VERSION},
         trusts,
         "localhost",
         wants},
        {"our certificate, 1.2",
         {.certificate = good, .client_authority = &fixture.authority, .version = TLS1_2_VERSION},
         shows,
         "localhost",
         ""},
        {"our certificate, 1.3",
         {.certificate = good, .client_authority = &fixture.authority, .version = TLS1_3_VERSION},
         shows,
         "localhost",
         ""},
        {"our certificate is not known, 1.2",
         {.certificate = good, .client_authority = &fixture.other, .version = TLS1_2_VERSION},
         shows,
         "localhost",
         "the server does not accept our certificate /tmp/"},
        {"our certificate is not known, 1.3",
         {.certificate = good, .client_authority = &fixture.other, .version = TLS1_3_VERSION},
         shows,
         "localhost",
         "the server does not accept our certificate /tmp/"},
        {"an older version",
         {.certificate = good, .version = TLS1_2_VERSION},
         only_13,
         "localhost",
         "the server does not speak TLS 1.3; leave tls-version away"},
        {"a newer version",
         {.certificate = good, .version = TLS1_3_VERSION},
         only_12,
         "localhost",
         "the server does not speak TLS 1.2; leave tls-version away"},
        {"no certificate to show",
         {.certificate = NULL},
         trusts,
         "localhost",
         "the server refused the TLS handshake"},
        {"no TLS",
         {.script = TLS_PLAIN},
         trusts,
         "localhost",
         "the server does not speak TLS on this port; write redis:// instead of rediss://"},
        {"closed at once",
         {.script = TLS_CLOSE_FIRST},
         trusts,
         "localhost",
         "the server closed the connection during the TLS handshake; does it speak TLS"},
    };
    check_failures(rows, sizeof rows / sizeof rows[0]);
}

/* Writing to a server that has gone raises no signal, which would end this program. */
static void test_gone(void)
{
    struct tls_server server;
    struct stream stream;
    char byte = 'x';
    size_t put = 0;
    enum io_status status = IO_DONE;
    struct transport *transport = make(&(struct tls_config){.ca_file = fixture.ca});
    tls_server_start(&server,
                     &(struct tls_server_wish){.script = TLS_RESET, .certificate = &fixture.good},
                     LISTEN_TCP);
    (void)connect_to(transport, &server, "localhost", &stream, NULL);
    (void)exchange(&stream, "last");
    (void)transport_wait(&stream, IO_WANT_READ, LONG);
    for (int i = 0; i < 3 && status == IO_DONE; i++) {
        struct iovec part = {&byte, 1};
        status = transport->write(&stream, &part, 1, &put);
    }
    tap_int(status, IO_ERROR, "writing fails");
    tap_check(stream.last_errno == EPIPE || stream.last_errno == ECONNRESET, "with errno");
    transport->close(&stream);
    tls_server_stop(&server);
    tap_check(!transport->open(transport, &stream, &(struct address){0}, "localhost", NULL),
              "nowhere to connect to");
    transport->close(&stream);
    tls_free(transport);
}

static void test_files(void)
{
    const struct {
        struct tls_config config;
        const char *sentence;
    } rows[] = {
        {{.ca_file = "/nowhere/ca.pem"}, "read /nowhere/ca.pem: no such file or directory"},
        {{.ca_file = fixture.rubbish}, "rubbish holds no certificate in PEM form"},
        {{.cert_file = "/nowhere/c.pem"}, "read /nowhere/c.pem: no such file or directory"},
        {{.cert_file = fixture.rubbish}, "rubbish holds no certificate in PEM form"},
        {{.cert_file = fixture.cert}, "client.pem holds no private key in PEM form"},
        {{.cert_file = fixture.cert, .key_file = "/nowhere/k"},
         "read /nowhere/k: no such file or directory"},
        {{.cert_file = fixture.cert, .key_file = fixture.rubbish},
         "rubbish holds no private key in PEM form"},
        {{.cert_file = fixture.cert, .key_file = fixture.other_key},
         "other.key does not belong to "},
        {{.cert_file = fixture.cert, .key_file = fixture.locked_key},
         "locked.key is protected by a passphrase; name one that is not"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error err = {0};
        struct transport *transport = tls_new(&rows[i].config, &err);
        tap_check(transport == NULL, "a file that is no good");
        tap_int(err.code, ERROR_USAGE, "is wrong usage");
        if (!tap_check(strstr(err.text, rows[i].sentence) != NULL, "%s", rows[i].sentence)) {
            fprintf(stderr, "#   got \"%s\"\n", err.text);
        }
        tls_free(transport);
    }
}

int main(void)
{
    make_fixture();
    test_versions();
    test_steps();
    test_names();
    test_nothing_held_back();
    test_drops();
    test_large();
    test_no_allocation();
    test_sessions();
    test_bad_certificates();
    test_refusals();
    test_gone();
    test_files();
    remove_fixture();
    return tap_end();
}
