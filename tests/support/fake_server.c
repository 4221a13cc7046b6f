#include "support/fake_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "os/clock.h"
#include "os/thread.h"
#include "support/fake_redis.h"

enum { READ_SIZE = 64 * 1024, BACKLOG = 511, POLL_MILLISECONDS = 5 };

struct connection {
    struct fake_server *server;
    struct connection *next;
    pthread_t thread;
    int fd;
    struct buf in;
    struct buf out;
    struct fake_session session;
    uint64_t commands;
};

struct fake_server {
    const struct fake_config *config;
    int fd;
    struct address address;
    pthread_t thread;
    atomic_bool stopping;
    pthread_mutex_t lock; /* of everything below: one command at a time, like Redis */
    struct fake_redis redis;
    uint64_t connections;
    uint64_t commands;
    struct buf log;
    struct connection *list; /* touched by the accepting thread only, until it has ended */
};

static bool is_stopping(struct fake_server *server)
{
    return atomic_load(&server->stopping);
}

/* In short steps, so that a server can be freed while it delays. */
static void pause_for(struct fake_server *server, nsec pause)
{
    nsec end = clock_now(clock_monotonic()) + pause;
    for (;;) {
        nsec now = clock_now(clock_monotonic());
        if (now >= end || is_stopping(server)) {
            return;
        }
        clock_sleep(end - now < NSEC_PER_MSEC ? end - now : NSEC_PER_MSEC);
    }
}

/* False when the server stops. */
static bool wait_for(struct fake_server *server, int fd, short events)
{
    struct pollfd asked = {.fd = fd, .events = events};
    while (!is_stopping(server)) {
        int ready = poll(&asked, 1, POLL_MILLISECONDS);
        if (ready > 0 || (ready < 0 && errno != EINTR)) {
            return true;
        }
    }
    return false;
}

static bool send_bytes(struct connection *connection, const char *data, size_t len)
{
    const struct fake_config *config = connection->server->config;
    size_t sent = 0;
    while (sent < len) {
        size_t size = len - sent;
        if (config->piece != 0 && size > config->piece) {
            size = config->piece;
        }
        ssize_t put = send(connection->fd, data + sent, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put < 0 && (errno == EAGAIN || errno == EINTR)) {
            if (!wait_for(connection->server, connection->fd, POLLOUT)) {
                return false;
            }
            continue;
        }
        if (put < 0) {
            return false;
        }
        sent += (size_t)put;
        if (config->piece != 0 && sent < len) {
            pause_for(connection->server, config->piece_pause);
        }
    }
    return true;
}

static bool flush(struct connection *connection)
{
    bool sent = send_bytes(connection, buf_text(&connection->out), connection->out.len);
    buf_clear(&connection->out);
    return sent;
}

static bool receive(struct connection *connection)
{
    const struct fake_config *config = connection->server->config;
    for (;;) {
        size_t size = config->read_size == 0 ? READ_SIZE : config->read_size;
        char *room = buf_reserve(&connection->in, size);
        ssize_t got = recv(connection->fd, room, size, MSG_DONTWAIT);
        if (got > 0) {
            buf_added(&connection->in, (size_t)got);
            if (config->read_pause > 0) {
                pause_for(connection->server, config->read_pause);
            }
            return true;
        }
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            return false;
        }
        if (!wait_for(connection->server, connection->fd, POLLIN)) {
            return false;
        }
    }
}

static void reset_when_closed(const struct connection *connection)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

static void hold(struct connection *connection)
{
    while (!is_stopping(connection->server)) {
        pause_for(connection->server, NSEC_PER_SEC);
    }
}

/* ---- scripts ---- */

static bool expect(struct connection *connection, struct str wanted)
{
    while (connection->in.len < wanted.len) {
        if (!receive(connection)) {
            return false;
        }
    }
    if (!str_starts_with(buf_str(&connection->in), wanted)) {
        return false;
    }
    buf_consume(&connection->in, wanted.len);
    return true;
}

/* True: go on as a small Redis. */
static bool play_script(struct connection *connection)
{
    const struct fake_step *step = connection->server->config->script;
    for (bool going = true; going; step++) {
        switch (step->action) {
        case FAKE_END:
            return true;
        case FAKE_EXPECT:
            going = expect(connection, str_from(step->text));
            break;
        case FAKE_SEND:
            going = send_bytes(connection, step->text, strlen(step->text));
            break;
        case FAKE_DELAY:
            pause_for(connection->server, step->pause);
            break;
        case FAKE_RESET:
            reset_when_closed(connection);
            return false;
        case FAKE_STALL:
            hold(connection);
            return false;
        case FAKE_CLOSE:
            return false;
        }
    }
    return false;
}

/* ---- a small Redis ---- */

static bool is_every(uint64_t count, uint64_t every)
{
    return every != 0 && count % every == 0;
}

static void log_command(struct fake_server *server, const struct resp_value *command)
{
    size_t before = server->log.len;
    bool fits = server->log.limit == 0 || !server->log.overflown;
    for (size_t i = 0; i < command->count && fits; i++) {
        fits = buf_add_str(&server->log, command->elements[i].text) &&
               buf_add_char(&server->log, i + 1 < command->count ? ' ' : '\n');
    }
    if (!fits && server->log.len > before) {
        server->log.len = before;
        server->log.data[before] = '\0';
    }
}

/* What the configuration does to command number `count` before and instead of its reply. Returns
 * false when the reply must not come from the small Redis. */
static bool misbehave(struct connection *connection, uint64_t count)
{
    const struct fake_config *config = connection->server->config;
    if (count == config->delay_at || is_every(count, config->delay_every)) {
        (void)flush(connection);
        pause_for(connection->server, config->delay);
    }
    if (is_every(count, config->push_every)) {
        (void)buf_add_text(&connection->out, ">2\r\n+message\r\n+fake\r\n");
    }
    if (config->stall_after != 0 && count > config->stall_after) {
        return false;
    }
    if (count <= config->loading) {
        (void)buf_add_text(&connection->out, "-LOADING the dataset is in memory soon\r\n");
        return false;
    }
    if (is_every(count, config->error_every)) {
        (void)buf_addf(&connection->out, "-%s\r\n",
                       config->error == NULL ? "ERR fake" : config->error);
        return false;
    }
    return true;
}

/* One command. False: the connection is to be closed. */
static bool answer(struct connection *connection, const struct resp_value *command)
{
    struct fake_server *server = connection->server;
    const struct fake_config *config = server->config;
    bool open = true;
    (void)pthread_mutex_lock(&server->lock);
    log_command(server, command);
    if (fake_redis_is_session(command)) {
        fake_redis_answer(&server->redis, &connection->session, command, &connection->out);
    } else {
        server->commands++;
        connection->commands++;
        if (misbehave(connection, server->commands)) {
            fake_redis_answer(&server->redis, &connection->session, command, &connection->out);
        }
        open = config->close_after == 0 || connection->commands < config->close_after;
    }
    (void)pthread_mutex_unlock(&server->lock);
    return open;
}

/* Answers every whole command that has arrived. */
static bool answer_all(struct connection *connection)
{
    bool open = true;
    while (open) {
        struct arena arena = {0};
        struct resp_value command;
        size_t used = 0;
        enum resp_status status =
            resp_value_parse(buf_str(&connection->in), &arena, &command, &used);
        if (status == RESP_OK) {
            open = answer(connection, &command);
            buf_consume(&connection->in, used);
        }
        arena_release(&arena);
        if (status == RESP_BAD) {
            (void)buf_add_text(&connection->out, "-ERR Protocol error\r\n");
            (void)flush(connection);
            return false;
        }
        if (status == RESP_MORE) {
            return flush(connection);
        }
    }
    (void)flush(connection);
    if (connection->server->config->closes_by_reset) {
        reset_when_closed(connection);
    }
    return false;
}

static void *serve(void *arg)
{
    struct connection *connection = arg;
    const struct fake_config *config = connection->server->config;
    if (config->is_mute) {
        hold(connection);
    } else if (config->script == NULL || play_script(connection)) {
        while (answer_all(connection) && receive(connection)) {
        }
    }
    (void)close(connection->fd);
    buf_release(&connection->in);
    buf_release(&connection->out);
    return NULL;
}

/* ---- listening ---- */

static void begin(struct fake_server *server, int fd)
{
    struct connection *connection = mem_alloc(sizeof *connection);
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *connection = (struct connection){.server = server, .fd = fd};
    (void)pthread_mutex_lock(&server->lock);
    server->connections++;
    (void)pthread_mutex_unlock(&server->lock);
    if (!thread_start(&connection->thread, "fake", serve, connection, NULL)) {
        (void)close(fd);
        mem_free(connection);
        return;
    }
    connection->next = server->list;
    server->list = connection;
}

static void *listen_on(void *arg)
{
    struct fake_server *server = arg;
    while (wait_for(server, server->fd, POLLIN)) {
        int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            begin(server, fd);
        }
    }
    return NULL;
}

static bool set_address(struct fake_server *server, struct error *err)
{
    if (server->config->unix_path != NULL) {
        (void)unlink(server->config->unix_path);
        return address_unix(server->config->unix_path, &server->address, err);
    }
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(server->config->port)};
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    memcpy(&server->address.storage, &where, sizeof where);
    server->address.len = sizeof where;
    return true;
}

static bool open_socket(struct fake_server *server, struct error *err)
{
    struct sockaddr *where = (struct sockaddr *)&server->address.storage;
    int on = 1;
    server->fd = socket(where->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (server->fd < 0 || setsockopt(server->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(server->fd, where, server->address.len) != 0 || listen(server->fd, BACKLOG) != 0) {
        return error_set_errno(err, ERROR_SYSTEM, errno, "listen for the fake server");
    }
    if (where->sa_family == AF_INET) {
        socklen_t len = sizeof server->address.storage;
        (void)getsockname(server->fd, where, &len);
    }
    return true;
}

struct fake_server *fake_server_new(const struct fake_config *config, struct error *err)
{
    struct fake_server *server = mem_alloc(sizeof *server);
    *server = (struct fake_server){.config = config, .fd = -1};
    (void)pthread_mutex_init(&server->lock, NULL);
    buf_init(&server->log, FAKE_LOG_SIZE - 1);
    fake_redis_init(&server->redis, config);
    if (!set_address(server, err) || !open_socket(server, err) ||
        !thread_start(&server->thread, "fake-listen", listen_on, server, err)) {
        atomic_store(&server->stopping, true);
        fake_server_free(server);
        return NULL;
    }
    return server;
}

void fake_server_free(struct fake_server *server)
{
    if (server == NULL) {
        return;
    }
    if (!atomic_exchange(&server->stopping, true)) {
        (void)pthread_join(server->thread, NULL);
    }
    while (server->list != NULL) {
        struct connection *next = server->list->next;
        (void)pthread_join(server->list->thread, NULL);
        mem_free(server->list);
        server->list = next;
    }
    if (server->fd >= 0) {
        (void)close(server->fd);
        if (server->config->unix_path != NULL) {
            (void)unlink(server->config->unix_path);
        }
    }
    fake_redis_release(&server->redis);
    buf_release(&server->log);
    (void)pthread_mutex_destroy(&server->lock);
    mem_free(server);
}

void fake_server_address(const struct fake_server *server, struct address *address)
{
    *address = server->address;
}

uint16_t fake_server_port(const struct fake_server *server)
{
    struct sockaddr_in where;
    memcpy(&where, &server->address.storage, sizeof where);
    return where.sin_family == AF_INET ? ntohs(where.sin_port) : 0;
}

void fake_server_count(struct fake_server *server, struct fake_counts *counts)
{
    (void)pthread_mutex_lock(&server->lock);
    *counts = (struct fake_counts){
        .connections = server->connections,
        .commands = server->commands,
        .keys = server->redis.keys,
    };
    (void)pthread_mutex_unlock(&server->lock);
}

const char *fake_server_log(struct fake_server *server, char text[FAKE_LOG_SIZE])
{
    (void)pthread_mutex_lock(&server->lock);
    size_t len = server->log.len;
    memcpy(text, buf_text(&server->log), len);
    (void)pthread_mutex_unlock(&server->lock);
    text[len] = '\0';
    return text;
}
