#include "redis/info.h"

#include <math.h>
#include <stdio.h>

#include "support/tap.h"

enum { SAMPLE_SIZE = 16 * 1024 };

/* The samples are answers of real servers (tests/data/info_*.txt). */
static struct str read_sample(const char *name, char data[SAMPLE_SIZE])
{
    char path[512];
    (void)snprintf(path, sizeof path, TEST_DATA_DIR "/info_%s.txt", name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return (struct str){0};
    }
    size_t len = fread(data, 1, SAMPLE_SIZE, file);
    (void)fclose(file);
    return (struct str){data, len};
}

static void test_samples(void)
{
    static const struct {
        const char *name;
        const char *engine;
        const char *version;
        const char *run_id;
        uint64_t process_id;
        uint64_t commands;
        uint64_t memory;
        double cpu;
        double main_thread;
    } rows[] = {
        {"redis-7.0.15", "redis", "7.0.15", "c7362c908d2634a73e9fc6c665018bd4a0cdd3cf", 12096, 7,
         991520, 0.022344, 0.0223},
        {"redis-8.0.2", "redis", "8.0.2", "e54475ba3012e96bc0fe493a39161e46b6f61a0f", 12261, 7,
         791376, 0.027007, 0.026892},
        {"valkey-8.0.1", "valkey", "8.0.1", "35d0fd88f9419c9b76211e303b9dee3efd946220", 12402, 7,
         1024600, 0.022066, 0.022028},
        {"valkey-9.1.2", "valkey", "9.1.2", "998a2d30287fd9586f01fe613e43d282ab891e09", 12531, 9,
         1017928, 0.027243, 0.027078},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static char data[SAMPLE_SIZE];
        const char *name = rows[i].name;
        struct str info = read_sample(name, data);
        struct info_server server;
        struct info_counters counters;
        tap_check(info_read_server(info, &server), "%s: a server", name);
        tap_text(server.engine, rows[i].engine, "%s: engine", name);
        tap_text(server.version, rows[i].version, "%s: its own version", name);
        tap_text(server.mode, "standalone", "%s: mode", name);
        tap_text(server.role, "master", "%s: role", name);
        tap_text(server.run_id, rows[i].run_id, "%s: run id", name);
        tap_int((int64_t)server.process_id, (int64_t)rows[i].process_id, "%s: process", name);
        tap_int((int64_t)server.uptime_seconds, 1, "%s: uptime", name);
        tap_int((int64_t)server.connected_clients, 1, "%s: clients", name);
        info_read_counters(info, &counters);
        tap_near(counters.cpu_seconds, rows[i].cpu, 1e-9, "%s: processor time", name);
        tap_near(counters.cpu_main_seconds, rows[i].main_thread, 1e-9, "%s: main thread", name);
        tap_int((int64_t)counters.commands, (int64_t)rows[i].commands, "%s: commands", name);
        tap_int((int64_t)counters.keyspace_hits, 1, "%s: hits", name);
        tap_int((int64_t)counters.keyspace_misses, 1, "%s: misses", name);
        tap_int((int64_t)counters.used_memory, (int64_t)rows[i].memory, "%s: memory", name);
        struct info_keyspace keyspace;
        info_read_keyspace(info, &keyspace);
        tap_int((int64_t)keyspace.keys, 4, "%s: keys of databases 0 and 3", name);
        tap_int((int64_t)keyspace.expiring, 1, "%s: of which one expires", name);
    }
}

static void test_find(void)
{
    struct str info = STR("# A\r\nab:1\r\na:2\nb:x:y\r\nc:\r\na:3\r\nd:1.5\r\nlast:9");
    struct str value = {0};
    uint64_t whole = 77;
    double real = 0;
    tap_check(info_find(info, "a", &value) && str_eq(value, STR("2")), "a whole name");
    tap_check(info_find(info, "b", &value) && str_eq(value, STR("x:y")), "a colon in the value");
    tap_check(info_find(info, "c", &value) && value.len == 0, "an empty value");
    tap_check(info_find(info, "last", &value) && str_eq(value, STR("9")), "no newline at the end");
    tap_check(!info_find(info, "x", &value), "a value is not a name");
    tap_check(!info_find(info, "# A", &value), "a section is not a name");
    tap_check(info_find_u64(info, "ab", &whole) && whole == 1, "a number");
    tap_check(!info_find_u64(info, "d", &whole) && whole == 1, "untouched when it is none");
    tap_check(info_find_double(info, "d", &real) && real == 1.5, "a double");
}

static void test_others(void)
{
    struct info_server server;
    struct info_counters counters;
    tap_check(!info_read_server(STR("role:master\r\n"), &server), "no version, no server");
    tap_check(
        info_read_server(STR("redis_version:7.4.0\r\ndragonfly_version:df-v1.30.0\r\n"), &server),
        "another engine");
    tap_text(server.engine, "dragonfly", "by its version line");
    tap_text(server.version, "df-v1.30.0", "with its own version");
    tap_check(info_read_server(STR("redis_version:7.0\x01\xff\r\nserver_name:odd\r\n"), &server),
              "a server name without a version of that name");
    tap_text(server.engine, "odd", "keeps its name");
    tap_text(server.version, "7.0\?\?", "and what it is compatible with, as plain text");
    info_read_counters(STR("used_cpu_sys:1\r\n"), &counters);
    tap_near(counters.cpu_seconds, -1, 0, "half of a sum is nothing");
    tap_near(counters.cpu_main_seconds, -1, 0, "not told");
}

/* What the two servers' own answers say, and made-up ones for replication. */
static void test_moment(void)
{
    static char data[SAMPLE_SIZE];
    struct info_moment moment;
    info_read_moment(read_sample("valkey-8.0.1", data), &moment);
    tap_near(moment.cpu_seconds, 0.022066, 1e-9, "processor time");
    tap_near(moment.cpu_main_seconds, 0.022028, 1e-9, "of the main thread");
    tap_near(moment.commands, 7, 0, "commands");
    tap_near(moment.used_memory, 1024600, 0, "memory");
    tap_near(moment.connected_clients, 1, 0, "clients");
    tap_check(moment.blocked_clients == 0 && moment.evicted_keys == 0 && moment.forks == 0 &&
                  moment.saving == 0 && moment.rewriting == 0 && moment.replicas == 0,
              "what is told to be 0 is 0");
    tap_check(isnan(moment.replica_lag) && isnan(moment.link_up), "no replica, and it is none");

    static const struct {
        const char *text;
        double replicas, lag, link, saving;
    } rows[] = {
        {"", NAN, NAN, NAN, NAN},
        {"rdb_bgsave_in_progress:1\r\n", NAN, NAN, NAN, 1},
        {"connected_slaves:2\r\nslave0:ip=a,port=1,state=online,offset=90,lag=0\r\n"
         "slave1:ip=b,port=1,state=online,offset=40,lag=1\r\nmaster_repl_offset:100\r\n",
         2, 60, NAN, NAN},
        {"connected_slaves:1\r\nslave0:ip=a,port=1,state=online,offset=190,lag=0\r\n"
         "master_repl_offset:100\r\n",
         1, 0, NAN, NAN},
        {"connected_slaves:9\r\nmaster_repl_offset:100\r\n", 9, NAN, NAN, NAN},
        {"master_link_status:up\r\n", NAN, NAN, 1, NAN},
        {"master_link_status:down\r\nrdb_bgsave_in_progress:x\r\n", NAN, NAN, 0, NAN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        info_read_moment(str_from(rows[i].text), &moment);
        const double seen[] = {moment.replicas, moment.replica_lag, moment.link_up, moment.saving};
        const double told[] = {rows[i].replicas, rows[i].lag, rows[i].link, rows[i].saving};
        for (size_t k = 0; k < sizeof seen / sizeof seen[0]; k++) {
            tap_check(isnan(told[k]) ? isnan(seen[k]) : seen[k] == told[k],
                      "row %zu, figure %zu: %g", i, k, seen[k]);
        }
        tap_check(isnan(moment.cpu_seconds) && isnan(moment.evicted_keys),
                  "row %zu: what is missing is not 0", i);
    }
}

int main(void)
{
    test_moment();
    test_samples();
    test_find();
    test_others();
    return tap_end();
}
