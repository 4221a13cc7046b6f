/* Slots, and topologies out of what clusters answer. */
#include "redis/topology.h"

#include "base/mem.h"
#include "support/tap.h"

static void test_slots(void)
{
    static const struct {
        const char *key;
        uint16_t slot;
    } rows[] = {
        {"123456789", 0x31c3}, /* the specification's test value */
        {"foo", 12182},        /* as a server answers CLUSTER KEYSLOT, from here on */
        {"bar", 5061},
        {"", 0},
        {"{user1000}.following", 3443},
        {"{user1000}.followers", 3443},
        {"user1000", 3443},
        {"foo{}{bar}", 8363},
        {"foo{{bar}}zap", 4015},
        {"foo{bar}{zap}", 5061},
        {"foo{bar", 15278},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tap_int(slots_of_key(str_from(rows[i].key)), rows[i].slot, "slot of \"%s\"", rows[i].key);
    }
    tap_int(slots_crc16(slots_crc16(0, "1234", 4), "56789", 5), 0x31c3, "CRC goes on");
}

struct reading {
    struct topology *topology;
    struct arena arena;
    struct resp_value reply;
};

static void parse(struct reading *reading, const char *text)
{
    size_t used = 0;
    if (resp_value_parse(str_from(text), &reading->arena, &reading->reply, &used) != RESP_OK) {
        tap_check(false, "the test's own reply can be read");
    }
}

static void reading_init(struct reading *reading)
{
    *reading = (struct reading){.topology = mem_alloc(sizeof(struct topology))};
}

static void reading_release(struct reading *reading)
{
    arena_release(&reading->arena);
    mem_free(reading->topology);
}

#define NODE(id, port, tls_port, endpoint, role, health)                                           \
    "*14\r\n$2\r\nid\r\n$1\r\n" id "\r\n$4\r\nport\r\n:" port "\r\n$8\r\ntls-port\r\n:" tls_port   \
    "\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n$8\r\nendpoint\r\n" endpoint "\r\n$4\r\nrole\r\n+" role    \
    "\r\n$6\r\nhealth\r\n+" health "\r\n"
#define SHARD(slots, count, nodes)                                                                 \
    "*4\r\n$5\r\nslots\r\n" slots "$5\r\nnodes\r\n*" count "\r\n" nodes
#define HALF_1 "*2\r\n:0\r\n:8191\r\n"
#define HALF_2 "*4\r\n:8192\r\n:10000\r\n:10002\r\n:16383\r\n"
#define HERE "$9\r\n127.0.0.1"

static void test_shards(void)
{
    struct reading reading;
    struct error err = {0};
    reading_init(&reading);
    parse(&reading, "*2\r\n" SHARD(HALF_1, "2",
                                   NODE("a", "7000", "7100", HERE, "master", "online")
                                       NODE("b", "7001", "7101", HERE, "replica", "online"))
                        SHARD(HALF_2, "3",
                              NODE("c", "7002", "7102", "$1\r\n?", "master", "fail")
                                  NODE("d", "7003", "7103", "$-1", "master", "online")
                                      NODE("e", "7004", "7104", HERE, "replica", "loading")));
    struct topology *topology = reading.topology;
    bool read = topology_read_shards(topology, &reading.reply, STR("seed"), false, &err);
    tap_check(read, "shards are read: %s", err.text);
    tap_int((int64_t)topology->shard_count, 2, "two shards");
    tap_int((int64_t)topology->node_count, 3, "nodes that serve");
    tap_text(topology->nodes[0].name, "127.0.0.1:7000", "the first is named");
    tap_text(topology->nodes[2].name, "seed:7003", "one without endpoint is where we asked");
    tap_int(topology->shards[1].primary, 2, "a failed primary is replaced");
    tap_int(topology->slots[8191], 0, "last slot of the first");
    tap_int(topology->slots[8192], 1, "first slot of the second");
    tap_int(topology->slots[10001], TOPOLOGY_NONE, "a slot that nobody serves");
    tap_check(topology->nodes[1].is_replica, "the replica is one");
    topology_choose_readers(topology, READ_FROM_REPLICA, NULL);
    tap_int(topology->shards[0].readers[0], 1, "reads go to the replica");
    tap_int(topology->shards[1].readers[0], 2, "or to the primary without one");
    topology_choose_readers(topology, READ_FROM_PRIMARY, NULL);
    tap_int(topology->shards[0].readers[0], 0, "or to the primary as asked");
    /* A second look, with TLS, after the first node has gone. */
    struct topology *before = mem_alloc(sizeof *before);
    *before = *topology;
    tap_check(topology_equal(before, topology), "the same is equal");
    parse(&reading, "*1\r\n" SHARD("*2\r\n:0\r\n:16383\r\n", "1",
                                   NODE("b", "7001", "7101", HERE, "master", "online")));
    tap_check(topology_read_shards(topology, &reading.reply, STR("seed"), false, &err), "again");
    tap_int(topology->shards[0].primary, 1, "a node keeps its number");
    tap_check(topology->nodes[0].is_gone, "one that left is marked");
    tap_check(!topology_equal(before, topology), "another is not equal");
    tap_check(topology_read_shards(topology, &reading.reply, STR("seed"), true, &err), "with TLS");
    tap_int(topology->nodes[topology->shards[0].primary].port, 7101, "the TLS port is used");
    mem_free(before);
    reading_release(&reading);
}

/* Primaries that serve nothing are known, and of no shard; one that is down is not. */
static void test_empty_shards(void)
{
    struct reading reading;
    struct error err = {0};
    reading_init(&reading);
    parse(&reading,
          "*3\r\n" SHARD("*0\r\n", "2",
                         NODE("a", "7000", "7100", HERE, "master", "online")
                             NODE("b", "7001", "7101", HERE, "replica", "online"))
              SHARD("*2\r\n:0\r\n:16383\r\n", "1",
                    NODE("c", "7002", "7102", HERE, "master", "online"))
                  SHARD("*0\r\n", "1", NODE("d", "7003", "7103", HERE, "master", "fail")));
    struct topology *topology = reading.topology;
    bool read = topology_read_shards(topology, &reading.reply, STR("seed"), false, &err);
    tap_check(read, "empty shards: read %s", err.text);
    tap_int((int64_t)topology->shard_count, 1, "empty shards: one serves");
    tap_int((int64_t)topology->node_count, 2, "empty shards: two nodes");
    uint16_t empty = topology_find_node(topology, STR("127.0.0.1"), 7000);
    tap_check(empty != TOPOLOGY_NONE && !topology->nodes[empty].is_gone &&
                  topology->nodes[empty].shard == TOPOLOGY_NONE,
              "empty shards: the primary is there, and of no shard");
    tap_int(topology->shards[0].primary, topology_find_node(topology, STR("127.0.0.1"), 7002),
            "empty shards: the other one serves");
    /* It leaves. */
    parse(&reading, "*1\r\n" SHARD("*2\r\n:0\r\n:16383\r\n", "1",
                                   NODE("c", "7002", "7102", HERE, "master", "online")));
    struct topology *before = mem_alloc(sizeof *before);
    *before = *topology;
    tap_check(topology_read_shards(topology, &reading.reply, STR("seed"), false, &err), "again");
    tap_check(topology->nodes[empty].is_gone, "empty shards: one that left is marked");
    tap_check(!topology_equal(before, topology), "empty shards: which is another topology");
    mem_free(before);
    reading_release(&reading);
}

static void test_slot_ranges(void)
{
    struct reading reading;
    struct error err = {0};
    reading_init(&reading);
    parse(&reading,
          "*3\r\n"
          "*4\r\n:0\r\n:100\r\n*3\r\n$1\r\na\r\n:7000\r\n$1\r\n1\r\n*3\r\n$1\r\nb\r\n:7001\r\n"
          "$1\r\n2\r\n"
          "*3\r\n:101\r\n:16000\r\n*4\r\n$0\r\n\r\n:7002\r\n$1\r\n3\r\n*0\r\n"
          "*4\r\n:16001\r\n:16383\r\n*3\r\n$1\r\na\r\n:7000\r\n$1\r\n1\r\n*3\r\n$1\r\nb\r\n:7001"
          "\r\n$1\r\n2\r\n");
    struct topology *topology = reading.topology;
    bool read = topology_read_slots(topology, &reading.reply, STR("10.0.0.9"), &err);
    tap_check(read, "ranges are read: %s", err.text);
    tap_int((int64_t)topology->shard_count, 2, "ranges of one primary are one shard");
    tap_int(topology->slots[16383], topology->slots[0], "also when they are apart");
    tap_int(topology->shards[0].reader_count, 1, "its replica is counted once");
    tap_text(topology->nodes[topology->shards[1].primary].name, "10.0.0.9:7002",
             "an empty host is the one that was asked");
    reading_release(&reading);
}

static void test_garbage(void)
{
    static const char *const replies[] = {
        "*0\r\n",
        ":1\r\n",
        "*-1\r\n",
        "*1\r\n:1\r\n",
        "*1\r\n*2\r\n:0\r\n:1\r\n",
        "*1\r\n*3\r\n:0\r\n:99999\r\n*2\r\n$1\r\na\r\n:1\r\n",
        "*1\r\n*3\r\n:5\r\n:1\r\n*2\r\n$1\r\na\r\n:1\r\n",
        "*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\na\r\n:0\r\n",
        "*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\na\r\n:70000\r\n",
        "*1\r\n*4\r\n$5\r\nslots\r\n:1\r\n$5\r\nnodes\r\n*0\r\n",
        "*1\r\n" SHARD("*2\r\n:-1\r\n:5\r\n", "0", ""),
        "*1\r\n" SHARD(HALF_1, "1", "*2\r\n$4\r\nrole\r\n+master\r\n"),
        "*1\r\n" SHARD("*0\r\n", "0", ""),
    };
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        struct reading reading;
        struct error err = {0};
        reading_init(&reading);
        parse(&reading, replies[i]);
        bool shards = topology_read_shards(reading.topology, &reading.reply, STR("h"), false, &err);
        tap_check(!shards && err.code == ERROR_TARGET, "garbage %zu is no list of shards", i);
        bool slots = topology_read_slots(reading.topology, &reading.reply, STR("h"), &err);
        tap_check(!slots, "garbage %zu is no list of slots", i);
        reading_release(&reading);
    }
}

static void test_redirects(void)
{
    static const struct {
        const char *text;
        bool is_one;
        const char *host;
        uint16_t port;
        uint16_t slot;
    } rows[] = {
        {"MOVED 3999 127.0.0.1:6381", true, "127.0.0.1", 6381, 3999},
        {"ASK 0 host.example:1", true, "host.example", 1, 0},
        {"MOVED 16383 :6381", true, "", 6381, 16383},
        {"MOVED 5 ?:6381", true, "", 6381, 5},
        {"MOVED 5 ::1:6381", true, "::1", 6381, 5},
        {"MOVED 16384 h:1", false, "", 0, 0},
        {"MOVED 5 h", false, "", 0, 0},
        {"MOVED 5 h:0", false, "", 0, 0},
        {"MOVED 5 h:99999", false, "", 0, 0},
        {"MOVED x h:1", false, "", 0, 0},
        {"ERR MOVED 5 h:1", false, "", 0, 0},
        {"MOVED", false, "", 0, 0},
        {"", false, "", 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str host = {0};
        uint16_t port = 0;
        uint16_t slot = 0;
        bool is_one = topology_read_redirect(str_from(rows[i].text), &host, &port, &slot);
        tap_int(is_one, rows[i].is_one, "\"%s\": is one", rows[i].text);
        if (is_one && rows[i].is_one) {
            tap_check(str_eq(host, str_from(rows[i].host)), "\"%s\": host", rows[i].text);
            tap_int(port, rows[i].port, "\"%s\": port", rows[i].text);
            tap_int(slot, rows[i].slot, "\"%s\": slot", rows[i].text);
        }
    }
}

int main(void)
{
    test_slots();
    test_shards();
    test_empty_shards();
    test_slot_ranges();
    test_garbage();
    test_redirects();
    return tap_end();
}
