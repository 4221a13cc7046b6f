#include "support/sim.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { START_NS = 1000000000, RECEIVED_SIZE = 64 * 1024, LINE_SIZE = 512 };

static nsec sim_now(void *self)
{
    struct sim *sim = self;
    sim->now += sim->reading;
    return sim->now;
}

/* ---- the server ---- */

static bool is_faulty(const struct sim *sim, int node)
{
    return sim->faulty == 0 || (sim->faulty >> node & 1) != 0;
}

static nsec finish_time(struct sim *sim, int node)
{
    nsec begin = sim->now > sim->free_at[node] ? sim->now : sim->free_at[node];
    nsec end = begin + sim->service;
    if (is_faulty(sim, node) && sim->stall_until > sim->stall_from && end > sim->stall_from &&
        begin < sim->stall_until) {
        end += sim->stall_until - (begin > sim->stall_from ? begin : sim->stall_from);
    }
    sim->free_at[node] = end;
    return end;
}

static const char *answer(struct sim *sim, const struct sim_command *command)
{
    struct str name = command->name;
    const char *scripted = sim->script == NULL ? NULL : sim->script(sim->script_self, command);
    sim->commands++;
    if (scripted != NULL) {
        return scripted;
    }
    if (sim->fail_every != 0 && sim->commands % sim->fail_every == 0) {
        return "-OOM command not allowed\r\n";
    }
    const char *wanted =
        sim->reply_to == NULL ? NULL : sim->reply_to(sim->self, str_from(command->line));
    if (wanted != NULL) {
        return wanted;
    }
    if (str_eq(name, STR("GET"))) {
        sim->gets++;
        if (sim->miss_every != 0 && sim->gets % sim->miss_every == 0) {
            return "$-1\r\n";
        }
        return "$5\r\nhello\r\n";
    }
    return str_eq(name, STR("UNLINK")) ? ":1\r\n" : "+OK\r\n";
}

/* Takes a line "<type><number>\r\n" off `text`. */
static bool take_count(struct str *text, char type, uint64_t *count)
{
    ptrdiff_t end = str_find(*text, '\n');
    if (end < 2 || text->data[0] != type) {
        return false;
    }
    struct str digits = {text->data + 1, (size_t)end - 2};
    *text = str_from_index(*text, (size_t)end + 1);
    return str_to_u64(digits, count);
}

/* One whole command at the front of `text`, and its words with spaces between them; false when it
 * is not all there yet. */
static bool take_command(struct str *text, struct sim_command *command, char line[LINE_SIZE])
{
    struct str rest = *text;
    size_t used = 0;
    uint64_t count;
    command->count = 0;
    if (!take_count(&rest, '*', &count)) {
        return false;
    }
    for (uint64_t i = 0; i < count; i++) {
        uint64_t len;
        if (!take_count(&rest, '$', &len) || rest.len < len + 2) {
            return false;
        }
        if (i < 2) {
            *(i == 0 ? &command->name : &command->key) = str_prefix(rest, len);
        }
        if (i < SIM_MAX_WORDS) {
            command->words[command->count++] = str_prefix(rest, len);
        }
        used += (size_t)snprintf(line + used, used < LINE_SIZE ? LINE_SIZE - used : 0, "%s%.*s",
                                 i > 0 ? " " : "", (int)len, rest.data);
        used = used < LINE_SIZE ? used : LINE_SIZE - 1;
        rest = str_from_index(rest, len + 2);
    }
    *text = rest;
    return true;
}

struct sim_reply *sim_reply(struct sim_connection *connection, nsec at, const char *text)
{
    struct sim_reply *reply = &connection->replies[connection->tail++ % SIM_MAX_REPLIES];
    (void)snprintf(reply->text, sizeof reply->text, "%s", text);
    reply->at = at;
    return reply;
}

static void serve(struct sim *sim, struct sim_connection *connection)
{
    struct str text = buf_str(&connection->received);
    struct sim_command command = {.node = connection->node, .from = connection};
    char line[LINE_SIZE];
    while (take_command(&text, &command, line)) {
        command.line = line;
        if (sim->special != NULL && sim->special(sim, &command)) {
            continue;
        }
        command.pending = connection->tail + 1 - connection->head;
        command.is_asking = connection->is_asking;
        connection->is_asking = str_eq(command.name, STR("ASKING"));
        const char *said = answer(sim, &command);
        struct sim_reply *reply = sim_reply(connection, finish_time(sim, connection->node), said);
        command.key = (struct str){0};
        if (sim->commands == sim->twice_at) {
            connection->replies[connection->tail++ % SIM_MAX_REPLIES] = *reply;
        }
    }
    buf_consume(&connection->received, connection->received.len - text.len);
}

static void close_everything(struct sim *sim)
{
    for (int i = 0; i < SIM_MAX_CONNECTIONS; i++) {
        if (sim->connections[i].is_open && is_faulty(sim, sim->connections[i].node)) {
            sim->connections[i].is_closed_by_peer = true;
        }
    }
    sim->close_at = 0;
}

/* ---- the transport ---- */

static struct sim *sim_of(const struct stream *stream)
{
    return stream->transport->self;
}

static int node_at(const struct address *address)
{
    struct sockaddr_in where;
    memcpy(&where, &address->storage, sizeof where);
    int port = address->len == sizeof where ? ntohs(where.sin_port) : 0;
    return port >= 1 && port <= SIM_NODES ? port - 1 : 0;
}

static bool sim_open(const struct transport *transport, struct stream *stream,
                     const struct address *address, const char *name, struct error *err)
{
    (void)name;
    struct sim *sim = transport->self;
    int node = node_at(address);
    if (sim->now < sim->down_until && is_faulty(sim, node)) {
        return error_set(err, ERROR_TARGET, "sim: connection refused");
    }
    for (int i = 0; i < SIM_MAX_CONNECTIONS; i++) {
        if (!sim->connections[i].is_open) {
            /* Never grows while a test counts allocations. */
            (void)buf_reserve(&sim->connections[i].received, RECEIVED_SIZE);
            buf_clear(&sim->connections[i].received);
            sim->connections[i].head = sim->connections[i].tail = 0;
            sim->connections[i].taken = 0;
            sim->connections[i].is_open = true;
            sim->connections[i].is_asking = false;
            sim->connections[i].node = node;
            sim->connections[i].is_closed_by_peer = false;
            *stream = (struct stream){.transport = transport, .fd = i};
            sim->opened++;
            return true;
        }
    }
    return error_set(err, ERROR_TARGET, "sim: too many connections");
}

static enum io_status sim_establish(struct stream *stream)
{
    (void)stream;
    return IO_DONE;
}

static enum io_status sim_read(struct stream *stream, void *data, size_t size, size_t *got)
{
    struct sim *sim = sim_of(stream);
    struct sim_connection *connection = &sim->connections[stream->fd];
    size_t len = 0;
    sim->read_calls++;
    if (connection->is_closed_by_peer) {
        return IO_CLOSED;
    }
    while (connection->head != connection->tail) {
        const struct sim_reply *reply = &connection->replies[connection->head % SIM_MAX_REPLIES];
        size_t reply_len = strlen(reply->text) - connection->taken;
        size_t room = sim->read_limit == 0 ? size - len : sim->read_limit - len;
        if (reply->at > sim->now || room == 0 || (sim->read_limit == 0 && reply_len > room)) {
            break;
        }
        size_t part = reply_len < room ? reply_len : room;
        memcpy((char *)data + len, reply->text + connection->taken, part);
        len += part;
        connection->taken += part;
        if (part == reply_len) {
            connection->taken = 0;
            connection->head++;
        }
    }
    *got = len;
    return len > 0 ? IO_DONE : IO_WANT_READ;
}

static enum io_status sim_write(struct stream *stream, const struct iovec *parts, int count,
                                size_t *put)
{
    struct sim *sim = sim_of(stream);
    struct sim_connection *connection = &sim->connections[stream->fd];
    size_t room = sim->write_limit == 0 ? SIZE_MAX : sim->write_limit;
    sim->write_calls++;
    if (connection->is_closed_by_peer) {
        stream->last_errno = 32;
        return IO_ERROR;
    }
    *put = 0;
    for (int i = 0; i < count && room > 0; i++) {
        size_t len = parts[i].iov_len < room ? parts[i].iov_len : room;
        buf_add(&connection->received, parts[i].iov_base, len);
        if (sim->keep_log) {
            buf_add(&sim->log, parts[i].iov_base, len);
        }
        *put += len;
        room -= len;
    }
    serve(sim, connection);
    return IO_DONE;
}

static void sim_close(struct stream *stream)
{
    if (stream->fd >= 0) {
        sim_of(stream)->connections[stream->fd].is_open = false;
        stream->fd = -1;
    }
}

/* ---- the loop ---- */

static bool loop_sim_add(struct loop *loop, int fd, uint32_t token, bool want_write,
                         struct error *err)
{
    (void)err;
    struct sim *sim = loop->self;
    sim->connections[fd].token = token;
    sim->connections[fd].want_write = want_write;
    return true;
}

static void loop_sim_change(struct loop *loop, int fd, uint32_t token, bool want_write)
{
    (void)loop_sim_add(loop, fd, token, want_write, NULL);
}

static void loop_sim_remove(struct loop *loop, int fd)
{
    (void)loop;
    (void)fd;
}

/* When the connection has something to tell; UINT64_MAX: nothing under way. */
static nsec ready_time(const struct sim *sim, const struct sim_connection *connection)
{
    if (!connection->is_open) {
        return UINT64_MAX;
    }
    if (connection->want_write || connection->is_closed_by_peer) {
        return sim->now;
    }
    if (connection->head == connection->tail) {
        return UINT64_MAX;
    }
    return connection->replies[connection->head % SIM_MAX_REPLIES].at;
}

static unsigned loop_sim_wait(struct loop *loop, struct loop_event *events, unsigned max,
                              nsec timeout)
{
    struct sim *sim = loop->self;
    nsec next = timeout > UINT64_MAX - sim->now ? UINT64_MAX : sim->now + timeout;
    for (int i = 0; i < SIM_MAX_CONNECTIONS; i++) {
        nsec ready = ready_time(sim, &sim->connections[i]);
        next = ready < next ? ready : next;
    }
    if (sim->close_at != 0 && sim->close_at <= next) {
        sim->now = sim->close_at > sim->now ? sim->close_at : sim->now;
        close_everything(sim);
    } else {
        sim->now = next > sim->now ? next : sim->now + sim->tick;
    }
    unsigned count = 0;
    for (int i = 0; i < SIM_MAX_CONNECTIONS && count < max; i++) {
        struct sim_connection *connection = &sim->connections[i];
        if (ready_time(sim, connection) <= sim->now) {
            events[count++] = (struct loop_event){
                .token = connection->token,
                .readable = !connection->want_write || connection->is_closed_by_peer,
                .writable = connection->want_write,
            };
        }
    }
    return count;
}

static void loop_sim_release(struct loop *loop)
{
    (void)loop;
}

static const struct loop_table loop_table = {
    .name = "sim",
    .add = loop_sim_add,
    .change = loop_sim_change,
    .remove = loop_sim_remove,
    .wait = loop_sim_wait,
    .release = loop_sim_release,
};

struct sim *sim_new(nsec service)
{
    struct sim *sim = mem_alloc(sizeof *sim);
    sim->now = START_NS;
    sim->service = service;
    sim->clock = (struct clock){sim_now, sim};
    sim->loop = (struct loop){.table = &loop_table, .self = sim};
    sim->transport = (struct transport){
        .name = "sim",
        .self = sim,
        .open = sim_open,
        .establish = sim_establish,
        .read = sim_read,
        .write = sim_write,
        .close = sim_close,
    };
    return sim;
}

void sim_free(struct sim *sim)
{
    for (int i = 0; i < SIM_MAX_CONNECTIONS; i++) {
        buf_release(&sim->connections[i].received);
    }
    buf_release(&sim->log);
    mem_free(sim);
}
