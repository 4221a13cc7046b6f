#include "run/null_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/loop.h"
#include "net/transport.h"
#include "os/thread.h"

/* ---- commands ---- */

enum { AT_COMMAND, IN_COUNT, AT_WORD, IN_LENGTH, IN_WORD };
#define LONGEST_NUMBER (UINT64_C(1) << 30)

static void answer(const struct null_parser *parser, struct str value, struct buf *out)
{
    struct str name = {parser->name, parser->name_len};
    if (str_eq_nocase(name, STR("GET"))) {
        buf_add_str(out, value);
    } else if (str_eq_nocase(name, STR("HELLO"))) {
        buf_add_text(out, "-ERR unknown command\r\n");
    } else {
        buf_add(out, "+OK\r\n", 5);
    }
}

/* One byte of a line "*3\r\n" or "$5\r\n". */
static bool take_line(struct null_parser *parser, char byte)
{
    bool is_count = parser->state == IN_COUNT;
    if (byte == '\r') {
        return true;
    }
    if (byte != '\n') {
        parser->number = parser->number * 10 + (unsigned)(byte - '0');
        return byte >= '0' && byte <= '9' && parser->number < LONGEST_NUMBER;
    }
    if (is_count) {
        parser->words = parser->number;
        parser->name_len = 0;
        parser->is_first = true;
        parser->state = AT_WORD;
        return parser->words > 0;
    }
    parser->left = parser->number + 2;
    parser->state = IN_WORD;
    return true;
}

/* As much of a word as there is; returns how much. */
static size_t take_word(struct null_parser *parser, struct str rest)
{
    size_t taken = rest.len < parser->left ? rest.len : (size_t)parser->left;
    size_t text = parser->left > 2 ? (size_t)parser->left - 2 : 0;
    for (size_t i = 0; parser->is_first && i < taken && i < text; i++) {
        if (parser->name_len < sizeof parser->name) {
            parser->name[parser->name_len++] = rest.data[i];
        }
    }
    parser->left -= taken;
    return taken;
}

static void end_word(struct null_parser *parser, struct str value, struct buf *out)
{
    parser->is_first = false;
    parser->words--;
    parser->state = parser->words > 0 ? AT_WORD : AT_COMMAND;
    if (parser->words == 0) {
        answer(parser, value, out);
    }
}

bool null_parser_feed(struct null_parser *parser, struct str input, struct str value,
                      struct buf *out)
{
    for (size_t i = 0; i < input.len;) {
        if (parser->state == IN_WORD) {
            i += take_word(parser, str_from_index(input, i));
            if (parser->left == 0) {
                end_word(parser, value, out);
            }
            continue;
        }
        char byte = input.data[i++];
        if (parser->state == AT_COMMAND || parser->state == AT_WORD) {
            if (byte != (parser->state == AT_COMMAND ? '*' : '$')) {
                return false;
            }
            parser->number = 0;
            parser->state++;
        } else if (!take_line(parser, byte)) {
            return false;
        }
    }
    return true;
}

/* ---- connections ---- */

enum {
    LISTENER = 0, /* the token of the listening socket; peers have their index + 1 */
    MOST_PEERS = 4096,
    BACKLOG = 1024,
    INPUT_SIZE = 1 << 16,
    LOOK_MS = 20, /* how often it looks whether it is to end */
    EVENTS = 64,
};

struct peer {
    struct stream stream; /* fd -1: free */
    struct null_parser parser;
    struct buf out;
    size_t sent; /* of `out` */
    bool is_waiting;
};

struct null_server {
    int fd;
    struct address address;
    struct loop loop;
    pthread_t thread;
    bool has_thread;
    atomic_bool is_over;
    struct cpu_set cpus;
    bool is_pinned;
    struct buf value;
    struct peer *peers; /* MOST_PEERS */
    size_t peer_count;
    char *input; /* INPUT_SIZE */
};

static void drop(struct null_server *server, struct peer *peer)
{
    loop_remove(&server->loop, peer->stream.fd);
    peer->stream.transport->close(&peer->stream);
    buf_release(&peer->out);
}

/* Whoever comes beyond what is possible is turned away: the load then is not measured. */
static void welcome(struct null_server *server)
{
    int at_once = 1;
    int fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    if (server->peer_count == MOST_PEERS ||
        !loop_add(&server->loop, fd, (uint32_t)server->peer_count + 1, false, NULL)) {
        (void)close(fd);
        return;
    }
    struct peer *peer = &server->peers[server->peer_count++];
    *peer = (struct peer){.stream = {.transport = transport_plain(), .fd = fd}};
    peer->stream.is_connected = true;
}

/* False: the connection is broken. */
static bool send_out(struct null_server *server, struct peer *peer, uint32_t token)
{
    size_t put = 1;
    enum io_status status = IO_DONE;
    while (status == IO_DONE && peer->sent < peer->out.len) {
        struct iovec part = {peer->out.data + peer->sent, peer->out.len - peer->sent};
        status = peer->stream.transport->write(&peer->stream, &part, 1, &put);
        peer->sent += status == IO_DONE ? put : 0;
    }
    bool waits = peer->sent < peer->out.len;
    if (!waits) {
        buf_clear(&peer->out);
        peer->sent = 0;
    }
    if (waits != peer->is_waiting) {
        loop_change(&server->loop, peer->stream.fd, token, waits);
        peer->is_waiting = waits;
    }
    return status == IO_DONE || status == IO_WANT_WRITE;
}

static bool serve_peer(struct null_server *server, struct peer *peer, uint32_t token)
{
    size_t got = 0;
    enum io_status status =
        peer->stream.transport->read(&peer->stream, server->input, INPUT_SIZE, &got);
    if (status == IO_DONE) {
        struct str input = {server->input, got};
        if (!null_parser_feed(&peer->parser, input, buf_str(&server->value), &peer->out)) {
            return false;
        }
    }
    return (status == IO_DONE || status == IO_WANT_READ) && send_out(server, peer, token);
}

static void *serve(void *arg)
{
    struct null_server *server = arg;
    struct loop_event events[EVENTS];
    if (server->is_pinned) {
        (void)thread_pin(&server->cpus, NULL);
    }
    while (!atomic_load_explicit(&server->is_over, memory_order_relaxed)) {
        unsigned count = loop_wait(&server->loop, events, EVENTS, LOOK_MS * NSEC_PER_MSEC);
        for (unsigned i = 0; i < count; i++) {
            struct peer *peer =
                events[i].token == LISTENER ? NULL : &server->peers[events[i].token - 1];
            if (peer == NULL) {
                welcome(server);
            } else if (peer->stream.fd >= 0 && !serve_peer(server, peer, events[i].token)) {
                drop(server, peer);
            }
        }
    }
    return NULL;
}

/* ---- from start to end ---- */

static bool listen_somewhere(struct null_server *server, struct error *err)
{
    unsigned count;
    struct address found[ADDRESS_MAX_RESULTS];
    if (!address_resolve("127.0.0.1", 0, found, &count, err)) {
        return false;
    }
    server->address = found[0];
    struct sockaddr *where = (struct sockaddr *)&server->address.storage;
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->fd < 0 || bind(server->fd, where, server->address.len) != 0 ||
        listen(server->fd, BACKLOG) != 0 ||
        getsockname(server->fd, where, &server->address.len) != 0) {
        return error_set_errno(err, ERROR_SYSTEM, errno, "listen on 127.0.0.1");
    }
    return true;
}

struct null_server *null_server_start(size_t value_size, const struct cpu_set *cpus,
                                      struct error *err)
{
    struct null_server *server = mem_alloc(sizeof *server);
    *server = (struct null_server){.fd = -1};
    server->peers = mem_alloc_array(MOST_PEERS, sizeof *server->peers);
    server->input = mem_alloc(INPUT_SIZE);
    server->is_pinned = cpus != NULL;
    if (cpus != NULL) {
        server->cpus = *cpus;
    }
    buf_addf(&server->value, "$%zu\r\n", value_size);
    memset(buf_reserve(&server->value, value_size), 'x', value_size);
    buf_added(&server->value, value_size);
    buf_add_text(&server->value, "\r\n");
    server->has_thread = listen_somewhere(server, err) && loop_init_epoll(&server->loop, err) &&
                         loop_add(&server->loop, server->fd, LISTENER, false, err) &&
                         thread_start(&server->thread, "null-server", serve, server, err);
    if (!server->has_thread) {
        null_server_stop(server);
        return NULL;
    }
    return server;
}

void null_server_address(const struct null_server *server, struct address *out)
{
    *out = server->address;
}

void null_server_stop(struct null_server *server)
{
    if (server == NULL) {
        return;
    }
    atomic_store_explicit(&server->is_over, true, memory_order_relaxed);
    if (server->has_thread) {
        (void)pthread_join(server->thread, NULL);
    }
    for (size_t i = 0; i < server->peer_count; i++) {
        if (server->peers[i].stream.fd >= 0) {
            drop(server, &server->peers[i]);
        }
    }
    if (server->fd >= 0) {
        (void)close(server->fd);
    }
    loop_release(&server->loop);
    buf_release(&server->value);
    mem_free(server->peers);
    mem_free(server->input);
    mem_free(server);
}
