#include "support/fake_redis.h"

#include <string.h>

#include "base/mem.h"

enum { BUCKETS = 1 << 16, VALUE_SIZE = 64 };

struct fake_key {
    struct fake_key *next;
    size_t len;
    char *text;
};

struct call {
    struct fake_redis *redis;
    struct fake_session *session;
    const struct resp_value *command;
    struct buf *out;
};

static struct str argument(const struct call *call, size_t index)
{
    return index < call->command->count ? call->command->elements[index].text : (struct str){0};
}

static void add(const struct call *call, const char *reply)
{
    (void)buf_add_text(call->out, reply);
}

/* ---- keys ---- */

/* FNV-1a (Fowler, Noll, Vo). */
static struct fake_key **find(struct fake_redis *redis, struct str key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < key.len; i++) {
        hash = (hash ^ (unsigned char)key.data[i]) * UINT64_C(0x100000001b3);
    }
    struct fake_key **at = &redis->buckets[hash % BUCKETS];
    while (*at != NULL && !str_eq((struct str){(*at)->text, (*at)->len}, key)) {
        at = &(*at)->next;
    }
    return at;
}

static void add_key(struct fake_redis *redis, struct str text)
{
    struct fake_key **at = find(redis, text);
    if (*at == NULL) {
        struct fake_key *key = mem_alloc(sizeof *key);
        *key = (struct fake_key){.len = text.len, .text = mem_copy_text(text.data, text.len)};
        *at = key;
        redis->keys++;
    }
}

static bool remove_key(struct fake_redis *redis, struct str text)
{
    struct fake_key **at = find(redis, text);
    struct fake_key *key = *at;
    if (key == NULL) {
        return false;
    }
    *at = key->next;
    mem_free(key->text);
    mem_free(key);
    redis->keys--;
    return true;
}

static void remove_all(struct fake_redis *redis)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        while (redis->buckets[i] != NULL) {
            struct fake_key *key = redis->buckets[i];
            (void)remove_key(redis, (struct str){key->text, key->len});
        }
    }
}

/* ---- commands ---- */

static void add_bulk(const struct call *call, const char *text)
{
    (void)buf_addf(call->out, "$%zu\r\n%s\r\n", strlen(text), text);
}

static bool log_in(const struct call *call, struct str user, struct str password)
{
    const struct fake_config *config = call->redis->config;
    const char *wanted = config->user == NULL ? "default" : config->user;
    if (config->password != NULL && str_eq(user, str_from(wanted)) &&
        str_eq(password, str_from(config->password))) {
        call->session->is_in = true;
        return true;
    }
    add(call, "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
    return false;
}

static void answer_hello(const struct call *call)
{
    struct str version = argument(call, 1);
    if (version.len != 0 && !str_eq(version, STR("2")) && !str_eq(version, STR("3"))) {
        add(call, "-NOPROTO unsupported protocol version\r\n");
        return;
    }
    for (size_t i = 2; i + 2 < call->command->count; i++) {
        if (str_eq_nocase(argument(call, i), STR("AUTH"))) {
            if (!log_in(call, argument(call, i + 1), argument(call, i + 2))) {
                return;
            }
            break;
        }
    }
    if (call->redis->config->password != NULL && !call->session->is_in) {
        add(call, "-NOAUTH HELLO must be called with the client already authenticated\r\n");
        return;
    }
    call->session->protocol = str_eq(version, STR("3")) ? 3 : 2;
    add(call, call->session->protocol == 3 ? "%2\r\n" : "*4\r\n");
    add_bulk(call, "server");
    add_bulk(call, "redis");
    add_bulk(call, "proto");
    (void)buf_addf(call->out, ":%d\r\n", (int)call->session->protocol);
}

static void answer_auth(const struct call *call)
{
    bool has_user = call->command->count > 2;
    if (log_in(call, has_user ? argument(call, 1) : STR("default"),
               argument(call, has_user ? 2 : 1))) {
        add(call, "+OK\r\n");
    }
}

static void answer_ok(const struct call *call)
{
    add(call, "+OK\r\n");
}

static void answer_ping(const struct call *call)
{
    add(call, "+PONG\r\n");
}

static void answer_info(const struct call *call)
{
    const char *info = call->redis->config->info;
    if (info == NULL) {
        info = "# Server\r\nredis_version:7.0.0\r\nredis_mode:standalone\r\n"
               "# Replication\r\nrole:master\r\n";
    }
    if (call->session->protocol == 3) {
        (void)buf_addf(call->out, "=%zu\r\ntxt:%s\r\n", strlen(info) + 4, info);
    } else {
        add_bulk(call, info);
    }
}

static void answer_set(const struct call *call)
{
    add_key(call->redis, argument(call, 1));
    add(call, "+OK\r\n");
}

static void answer_get(const struct call *call)
{
    if (*find(call->redis, argument(call, 1)) == NULL) {
        add(call, call->session->protocol == 3 ? "_\r\n" : "$-1\r\n");
        return;
    }
    uint32_t size = call->redis->config->value_size;
    size = size == 0 ? VALUE_SIZE : size;
    (void)buf_addf(call->out, "$%u\r\n", (unsigned)size);
    char *room = buf_reserve(call->out, size);
    memset(room, 'x', size);
    buf_added(call->out, size);
    add(call, "\r\n");
}

static void answer_del(const struct call *call)
{
    unsigned removed = 0;
    for (size_t i = 1; i < call->command->count; i++) {
        removed += remove_key(call->redis, argument(call, i)) ? 1 : 0;
    }
    (void)buf_addf(call->out, ":%u\r\n", removed);
}

static void answer_dbsize(const struct call *call)
{
    (void)buf_addf(call->out, ":%llu\r\n", (unsigned long long)call->redis->keys);
}

static void answer_flush(const struct call *call)
{
    remove_all(call->redis);
    add(call, "+OK\r\n");
}

static const struct {
    const char *name;
    size_t arguments; /* at least, with the name */
    bool is_session;
    void (*answer)(const struct call *call);
} commands[] = {
    {"HELLO", 1, true, answer_hello},    {"AUTH", 2, true, answer_auth},
    {"SELECT", 2, true, answer_ok},      {"CLIENT", 2, true, answer_ok},
    {"PING", 1, false, answer_ping},     {"INFO", 1, false, answer_info},
    {"SET", 3, false, answer_set},       {"GET", 2, false, answer_get},
    {"UNLINK", 2, false, answer_del},    {"DEL", 2, false, answer_del},
    {"DBSIZE", 1, false, answer_dbsize}, {"FLUSHALL", 1, false, answer_flush},
    {"FLUSHDB", 1, false, answer_flush},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

/* The row of the command, or COMMANDS. */
static size_t look_up(const struct resp_value *command)
{
    size_t i = 0;
    if (command->type != '*' || command->count == 0) {
        return COMMANDS;
    }
    while (i < COMMANDS && !str_eq_nocase(command->elements[0].text, str_from(commands[i].name))) {
        i++;
    }
    return i;
}

bool fake_redis_is_session(const struct resp_value *command)
{
    size_t row = look_up(command);
    return row < COMMANDS && commands[row].is_session;
}

void fake_redis_answer(struct fake_redis *redis, struct fake_session *session,
                       const struct resp_value *command, struct buf *out)
{
    struct call call = {redis, session, command, out};
    size_t row = look_up(command);
    bool is_hello = row < COMMANDS && commands[row].answer == answer_hello;
    bool logs_in = is_hello || (row < COMMANDS && commands[row].answer == answer_auth);
    if (row == COMMANDS || (is_hello && redis->config->is_old)) {
        struct str name = argument(&call, 0);
        (void)buf_addf(out, "-ERR unknown command '%.*s'\r\n", STR_ARG(name));
    } else if (redis->config->password != NULL && !session->is_in && !logs_in) {
        add(&call, "-NOAUTH Authentication required.\r\n");
    } else if (command->count < commands[row].arguments) {
        add(&call, "-ERR wrong number of arguments\r\n");
    } else {
        commands[row].answer(&call);
    }
}

void fake_redis_init(struct fake_redis *redis, const struct fake_config *config)
{
    *redis = (struct fake_redis){.config = config};
    redis->buckets = mem_alloc_array(BUCKETS, sizeof(struct fake_key *));
}

void fake_redis_release(struct fake_redis *redis)
{
    if (redis->buckets != NULL) {
        remove_all(redis);
    }
    mem_free(redis->buckets);
    *redis = (struct fake_redis){0};
}
