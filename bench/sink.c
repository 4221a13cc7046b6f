/* A server that does next to nothing, so that what is measured against it is the client: it reads
 * commands, however they are split, and gives GET the same bulk string for any key and SET an +OK.
 * It answers what Redis clients and benchmarks ask before they begin, and stores nothing.
 *
 * It prints its port on one line and runs until it is killed or the process that started it ends.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "options.h"

enum {
    INPUT_SIZE = 4 * 1024 * 1024, /* also the longest command */
    EVENTS = 128,
    MAX_WORDS = 4, /* of a command that are looked at */
};

struct peer {
    int fd;
    bool is_writing; /* the answers did not fit into the socket; nothing is read meanwhile */
    struct buf rest; /* the start of a command */
    struct buf out;
};

struct sink {
    int epoll;
    int listener;
    uint64_t port;
    uint64_t keys;   /* what DBSIZE answers */
    struct buf bulk; /* the answer to GET */
    char *input;
};

struct command {
    struct str words[MAX_WORDS];
    uint64_t count;
};

enum parse { PARSE_DONE, PARSE_MORE, PARSE_BAD };

/* ---- reading ---- */

/* "*3\r\n", "$5\r\n" */
static enum parse parse_length(struct str input, size_t *at, char type, uint64_t *out)
{
    size_t i = *at;
    uint64_t number = 0;
    if (i < input.len && input.data[i] != type) {
        return PARSE_BAD;
    }
    for (i++; i < input.len && input.data[i] != '\r'; i++) {
        unsigned digit = (unsigned char)input.data[i] - (unsigned)'0';
        number = number * 10 + digit;
        if (digit > 9 || number > INPUT_SIZE) {
            return PARSE_BAD;
        }
    }
    if (i + 1 >= input.len) {
        return PARSE_MORE;
    }
    *at = i + 2;
    *out = number;
    return PARSE_DONE;
}

static enum parse parse_command(struct str input, size_t *at, struct command *out)
{
    size_t i = *at;
    enum parse status = parse_length(input, &i, '*', &out->count);
    for (uint64_t word = 0; status == PARSE_DONE && word < out->count; word++) {
        uint64_t len = 0;
        status = parse_length(input, &i, '$', &len);
        if (status == PARSE_DONE) {
            if (input.len - i < len + 2) {
                return PARSE_MORE;
            }
            if (word < MAX_WORDS) {
                out->words[word] = (struct str){input.data + i, len};
            }
            i += len + 2;
        }
    }
    if (status == PARSE_DONE) {
        *at = i;
    }
    return status;
}

/* ---- answering ---- */

static void answer_info(const struct sink *sink, struct buf *out)
{
    struct buf text = {0};
    buf_addf(&text,
             "# Server\r\nredis_version:7.0.0\r\nredis_mode:standalone\r\nprocess_id:%d\r\n"
             "run_id:%040d\r\ntcp_port:%llu\r\nuptime_in_seconds:1\r\n"
             "# Memory\r\nused_memory:1\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n"
             "# Persistence\r\nloading:0\r\naof_enabled:0\r\nrdb_bgsave_in_progress:0\r\n"
             "# Stats\r\ntotal_commands_processed:0\r\ninstantaneous_ops_per_sec:0\r\n"
             "evicted_keys:0\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n"
             "# CPU\r\nused_cpu_sys:0.0\r\nused_cpu_user:0.0\r\n# Cluster\r\ncluster_enabled:0\r\n"
             "# Keyspace\r\ndb0:keys=%llu,expires=0,avg_ttl=0\r\n",
             (int)getpid(), (int)getpid(), (unsigned long long)sink->port,
             (unsigned long long)sink->keys);
    buf_addf(out, "$%zu\r\n", text.len);
    buf_add_str(out, buf_str(&text));
    buf_add_text(out, "\r\n");
    buf_release(&text);
}

static void answer_hello(const struct command *command, struct buf *out)
{
    bool is_3 = command->count > 1 && str_eq(command->words[1], STR("3"));
    buf_addf(out,
             "%s\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.0.0\r\n"
             "$5\r\nproto\r\n:%d\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n"
             "$4\r\nrole\r\n$6\r\nmaster\r\n",
             is_3 ? "%5" : "*10", is_3 ? 3 : 2);
}

/* Commands whose answer is always the same. */
static const struct {
    const char *name;
    const char *answer;
} fixed_answers[] = {
    {"PING", "+PONG\r\n"},  {"AUTH", "+OK\r\n"},     {"SELECT", "+OK\r\n"}, {"CLIENT", "+OK\r\n"},
    {"UNLINK", ":1\r\n"},   {"DEL", ":1\r\n"},       {"COMMAND", "*0\r\n"}, {"FLUSHALL", "+OK\r\n"},
    {"FLUSHDB", "+OK\r\n"}, {"READONLY", "+OK\r\n"}, {"EXISTS", ":1\r\n"},
};

static void answer_other(const struct sink *sink, const struct command *command, struct buf *out)
{
    struct str name = command->words[0];
    for (size_t i = 0; i < sizeof fixed_answers / sizeof fixed_answers[0]; i++) {
        if (str_eq_nocase(name, str_from(fixed_answers[i].name))) {
            buf_add_text(out, fixed_answers[i].answer);
            return;
        }
    }
    if (str_eq_nocase(name, STR("HELLO"))) {
        answer_hello(command, out);
    } else if (str_eq_nocase(name, STR("INFO"))) {
        answer_info(sink, out);
    } else if (str_eq_nocase(name, STR("DBSIZE"))) {
        buf_addf(out, ":%llu\r\n", (unsigned long long)sink->keys);
    } else if (str_eq_nocase(name, STR("CONFIG")) && command->count == 3) {
        buf_addf(out, "*2\r\n$%zu\r\n%.*s\r\n$0\r\n\r\n", command->words[2].len,
                 STR_ARG(command->words[2]));
    } else {
        buf_addf(out, "-ERR unknown command '%.*s'\r\n", (int)(name.len < 64 ? name.len : 64),
                 name.data);
    }
}

static bool is_word(struct str word, const char *lower)
{
    return word.len == 3 && (word.data[0] | 0x20) == lower[0] &&
           (word.data[1] | 0x20) == lower[1] && (word.data[2] | 0x20) == lower[2];
}

static void answer(const struct sink *sink, const struct command *command, struct buf *out)
{
    if (is_word(command->words[0], "get")) {
        buf_add_str(out, buf_str(&sink->bulk));
    } else if (is_word(command->words[0], "set")) {
        buf_add(out, "+OK\r\n", 5);
    } else {
        answer_other(sink, command, out);
    }
}

/* ---- connections ---- */

static void watch(const struct sink *sink, int fd, void *peer, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = peer};
    if (epoll_ctl(sink->epoll, operation, fd, &event) != 0) {
        options_fail("sink: epoll_ctl failed");
    }
}

static void drop(struct peer *peer)
{
    (void)close(peer->fd);
    buf_release(&peer->rest);
    buf_release(&peer->out);
    mem_free(peer);
}

/* Sends the answers; what does not fit goes when the socket has room again. False: it is gone. */
static bool send_answers(const struct sink *sink, struct peer *peer)
{
    if (peer->out.len == 0) {
        return true;
    }
    ssize_t len = send(peer->fd, peer->out.data, peer->out.len, MSG_NOSIGNAL);
    if (len < 0 && errno != EAGAIN) {
        return false;
    }
    bool is_whole = len == (ssize_t)peer->out.len;
    if (is_whole) {
        buf_clear(&peer->out);
    } else {
        buf_consume(&peer->out, len > 0 ? (size_t)len : 0);
    }
    if (peer->is_writing == is_whole) {
        peer->is_writing = !is_whole;
        watch(sink, peer->fd, peer, EPOLL_CTL_MOD, is_whole ? EPOLLIN : EPOLLOUT);
    }
    return true;
}

/* Answers all whole commands and keeps the start of the next one. False: it does not speak RESP. */
static bool take_commands(const struct sink *sink, struct peer *peer, struct str input)
{
    size_t at = 0;
    enum parse status = PARSE_DONE;
    while (at < input.len && status == PARSE_DONE) {
        struct command command = {0};
        status = parse_command(input, &at, &command);
        if (status == PARSE_DONE && command.count > 0) {
            answer(sink, &command, &peer->out);
        }
    }
    buf_clear(&peer->rest);
    if (at < input.len) {
        buf_add_str(&peer->rest, str_from_index(input, at));
    }
    return status != PARSE_BAD && peer->rest.len < INPUT_SIZE;
}

static bool receive(const struct sink *sink, struct peer *peer)
{
    size_t kept = peer->rest.len;
    if (kept > 0) {
        memcpy(sink->input, peer->rest.data, kept);
    }
    ssize_t len = recv(peer->fd, sink->input + kept, INPUT_SIZE - kept, 0);
    if (len <= 0) {
        return len < 0 && errno == EAGAIN;
    }
    return take_commands(sink, peer, (struct str){sink->input, kept + (size_t)len}) &&
           send_answers(sink, peer);
}

static void accept_peer(const struct sink *sink)
{
    int on = 1;
    int fd = accept4(sink->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct peer *peer = mem_alloc(sizeof *peer);
    peer->fd = fd;
    watch(sink, fd, peer, EPOLL_CTL_ADD, EPOLLIN);
}

static void serve(const struct sink *sink)
{
    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(sink->epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            struct peer *peer = events[i].data.ptr;
            if (peer == NULL) {
                accept_peer(sink);
            } else if (!(peer->is_writing ? send_answers(sink, peer) : receive(sink, peer))) {
                drop(peer);
            }
        }
    }
}

static void listen_on_loopback(struct sink *sink)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)sink->port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t len = sizeof address;
    int on = 1;
    sink->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (sink->listener < 0 ||
        setsockopt(sink->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(sink->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(sink->listener, SOMAXCONN) != 0 ||
        getsockname(sink->listener, (struct sockaddr *)&address, &len) != 0) {
        options_fail("sink: cannot listen on that port");
    }
    sink->port = ntohs(address.sin_port);
    watch(sink, sink->listener, NULL, EPOLL_CTL_ADD, EPOLLIN);
}

int main(int argc, char **argv)
{
    struct sink sink = {.keys = 131072};
    uint64_t value_size = 64;
    uint64_t cpu = OPTIONS_ANY_CPU;
    uint64_t is_tied = 0;
    const struct option_row rows[] = {
        {.name = "port", .number = &sink.port}, {.name = "value-size", .number = &value_size},
        {.name = "keys", .number = &sink.keys}, {.name = "cpu", .number = &cpu},
        {.name = "tied", .number = &is_tied},
    };
    options_read(rows, sizeof rows / sizeof rows[0], argc, argv);
    if (sink.port > UINT16_MAX || value_size > INPUT_SIZE / 2) {
        options_fail("sink: --port or --value-size is too large");
    }
    options_pin(cpu);
    if (is_tied != 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    sink.input = mem_alloc(INPUT_SIZE);
    buf_addf(&sink.bulk, "$%zu\r\n", (size_t)value_size);
    memset(buf_reserve(&sink.bulk, value_size), 'x', value_size);
    buf_added(&sink.bulk, value_size);
    buf_add_text(&sink.bulk, "\r\n");
    sink.epoll = epoll_create1(EPOLL_CLOEXEC);
    listen_on_loopback(&sink);
    printf("%llu\n", (unsigned long long)sink.port);
    (void)fflush(stdout);
    serve(&sink);
    return 0;
}
