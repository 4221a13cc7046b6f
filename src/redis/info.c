#include "redis/info.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

bool info_find(struct str info, const char *name, struct str *value)
{
    struct str wanted = str_from(name);
    while (info.len > 0) {
        struct str line = str_trim(str_split(&info, '\n'));
        if (line.len > wanted.len && line.data[wanted.len] == ':' &&
            str_starts_with(line, wanted)) {
            *value = str_from_index(line, wanted.len + 1);
            return true;
        }
    }
    return false;
}

bool info_find_u64(struct str info, const char *name, uint64_t *out)
{
    struct str value;
    return info_find(info, name, &value) && str_to_u64(value, out);
}

bool info_find_double(struct str info, const char *name, double *out)
{
    struct str value;
    return info_find(info, name, &value) && str_to_double(value, out);
}

/* Bytes that are not plain text would reach terminals and reports: they become '?'. */
static void copy_text(char out[INFO_TEXT_SIZE], struct str text)
{
    struct str cut = str_prefix(text, INFO_TEXT_SIZE - 1);
    for (size_t i = 0; i < cut.len; i++) {
        out[i] = cut.data[i] < ' ' || cut.data[i] > '~' ? '?' : cut.data[i];
    }
    out[cut.len] = '\0';
}

static bool copy_line(struct str info, const char *name, char out[INFO_TEXT_SIZE])
{
    struct str value;
    if (!info_find(info, name, &value)) {
        return false;
    }
    copy_text(out, value);
    return true;
}

/* Servers other than Redis report a redis_version that says what they are compatible with, and
 * their own as <engine>_version. */
static bool read_engine(struct str info, struct info_server *out)
{
    static const char *const engines[] = {"valkey", "dragonfly"};
    char line[INFO_TEXT_SIZE + sizeof "_version"];
    if (copy_line(info, "server_name", out->engine)) {
        (void)snprintf(line, sizeof line, "%s_version", out->engine);
        return copy_line(info, line, out->version) ||
               copy_line(info, "redis_version", out->version);
    }
    for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++) {
        (void)snprintf(line, sizeof line, "%s_version", engines[i]);
        if (copy_line(info, line, out->version)) {
            copy_text(out->engine, str_from(engines[i]));
            return true;
        }
    }
    copy_text(out->engine, STR("redis"));
    return copy_line(info, "redis_version", out->version);
}

bool info_read_server(struct str info, struct info_server *out)
{
    *out = (struct info_server){0};
    if (!read_engine(info, out)) {
        return false;
    }
    if (!copy_line(info, "server_mode", out->mode)) {
        (void)copy_line(info, "redis_mode", out->mode);
    }
    (void)copy_line(info, "role", out->role);
    (void)copy_line(info, "run_id", out->run_id);
    (void)info_find_u64(info, "process_id", &out->process_id);
    (void)info_find_u64(info, "uptime_in_seconds", &out->uptime_seconds);
    (void)info_find_u64(info, "connected_clients", &out->connected_clients);
    return true;
}

/* The sum of two lines; false when one is missing. */
static bool read_sum(struct str info, const char *a, const char *b, double *out)
{
    double first = 0;
    double second = 0;
    if (!info_find_double(info, a, &first) || !info_find_double(info, b, &second)) {
        return false;
    }
    *out = first + second;
    return true;
}

void info_read_counters(struct str info, struct info_counters *out)
{
    *out = (struct info_counters){.cpu_seconds = -1, .cpu_main_seconds = -1};
    (void)read_sum(info, "used_cpu_sys", "used_cpu_user", &out->cpu_seconds);
    (void)read_sum(info, "used_cpu_sys_main_thread", "used_cpu_user_main_thread",
                   &out->cpu_main_seconds);
    (void)info_find_u64(info, "total_commands_processed", &out->commands);
    (void)info_find_u64(info, "keyspace_hits", &out->keyspace_hits);
    (void)info_find_u64(info, "keyspace_misses", &out->keyspace_misses);
    (void)info_find_u64(info, "evicted_keys", &out->evicted_keys);
    (void)info_find_u64(info, "expired_keys", &out->expired_keys);
    (void)info_find_u64(info, "total_forks", &out->forks);
    (void)info_find_u64(info, "used_memory", &out->used_memory);
}

/* The field `name=` in "ip=127.0.0.1,port=6380,state=online,offset=42,lag=0". */
static bool find_field(struct str value, struct str name, double *out)
{
    while (value.len > 0) {
        struct str field = str_split(&value, ',');
        if (str_eq(str_split(&field, '='), name)) {
            return str_to_double(field, out);
        }
    }
    return false;
}

/* "slave0:...", "slave1:...": as many lines as replicas. */
static void read_replicas(struct str info, struct info_moment *out)
{
    double sent = 0;
    double confirmed = 0;
    if (!info_find_double(info, "connected_slaves", &out->replicas) ||
        !info_find_double(info, "master_repl_offset", &sent)) {
        return;
    }
    for (int i = 0; i < out->replicas; i++) {
        char name[24];
        struct str value;
        (void)snprintf(name, sizeof name, "slave%d", i);
        if (!info_find(info, name, &value)) {
            return;
        }
        if (find_field(value, STR("offset"), &confirmed)) {
            double lag = confirmed < sent ? sent - confirmed : 0;
            out->replica_lag = out->replica_lag > lag ? out->replica_lag : lag;
        }
    }
}

void info_read_moment(struct str info, struct info_moment *out)
{
    static const struct {
        const char *name;
        size_t place;
    } lines[] = {
        {"total_commands_processed", offsetof(struct info_moment, commands)},
        {"evicted_keys", offsetof(struct info_moment, evicted_keys)},
        {"expired_keys", offsetof(struct info_moment, expired_keys)},
        {"total_forks", offsetof(struct info_moment, forks)},
        {"used_memory", offsetof(struct info_moment, used_memory)},
        {"connected_clients", offsetof(struct info_moment, connected_clients)},
        {"blocked_clients", offsetof(struct info_moment, blocked_clients)},
        {"rdb_bgsave_in_progress", offsetof(struct info_moment, saving)},
        {"aof_rewrite_in_progress", offsetof(struct info_moment, rewriting)},
    };
    struct str link;
    *out =
        (struct info_moment){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    (void)read_sum(info, "used_cpu_sys", "used_cpu_user", &out->cpu_seconds);
    (void)read_sum(info, "used_cpu_sys_main_thread", "used_cpu_user_main_thread",
                   &out->cpu_main_seconds);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        (void)info_find_double(info, lines[i].name,
                               (double *)(void *)((char *)out + lines[i].place));
    }
    read_replicas(info, out);
    if (info_find(info, "master_link_status", &link)) {
        out->link_up = str_eq(link, STR("up")) ? 1 : 0;
    }
}

/* "keys=5,expires=1,avg_ttl=0" */
static void add_database(struct str fields, struct info_keyspace *out)
{
    while (fields.len > 0) {
        struct str value = str_split(&fields, ',');
        struct str name = str_split(&value, '=');
        uint64_t number = 0;
        (void)str_to_u64(value, &number);
        out->keys += str_eq(name, STR("keys")) ? number : 0;
        out->expiring += str_eq(name, STR("expires")) ? number : 0;
    }
}

void info_read_keyspace(struct str info, struct info_keyspace *out)
{
    *out = (struct info_keyspace){0};
    while (info.len > 0) {
        struct str line = str_trim(str_split(&info, '\n'));
        struct str name = str_split(&line, ':');
        uint64_t number;
        if (str_starts_with(name, STR("db")) && str_to_u64(str_from_index(name, 2), &number)) {
            add_database(line, out);
        }
    }
}
