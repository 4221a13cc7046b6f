/* What real clusters answered: see tests/data/make_cluster_replies.py for the cases and their
 * order. */
#include "base/mem.h"
#include "os/file.h"
#include "redis/topology.h"
#include "support/tap.h"

enum { NODES = 5, FIRST_PORT = 17001 }; /* the sixth has been killed */

static const struct scene {
    const char *name;
    const char *hosts[NODES]; /* of the nodes as their ports follow */
} scenes[] = {
#define HERE "127.0.0.1"
    {"addresses", {HERE, HERE, HERE, HERE, HERE}},
    {"RESP3", {HERE, HERE, HERE, HERE, HERE}},
    {"host names",
     {"node-1.example", "asked.example", "node-3.example", "node-4.example", "node-5.example"}},
    {"unknown endpoints",
     {"asked.example", "asked.example", "asked.example", "asked.example", "asked.example"}},
    {"IPv6", {"::1", HERE, HERE, HERE, HERE}},
};

static void check_slots(const struct topology *topology, const char *name)
{
    static const struct {
        uint16_t slot;
        uint16_t shard;
    } rows[] = {{0, 0}, {4, 0}, {5, TOPOLOGY_NONE}, {6, 0}, {5460, 0}, {5461, 1}, {16383, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tap_int(topology->slots[rows[i].slot], rows[i].shard, "%s: shard of slot %u", name,
                (unsigned)rows[i].slot);
    }
}

static void check_shards(const struct topology *topology, const struct scene *scene,
                         const char *name)
{
    tap_int((int64_t)topology->shard_count, 3, "%s: shards", name);
    for (uint16_t i = 0; i < NODES; i++) {
        uint16_t port = (uint16_t)(FIRST_PORT + i);
        uint16_t number = topology_find_node(topology, str_from(scene->hosts[i]), port);
        if (!tap_check(number != TOPOLOGY_NONE, "%s: node %u is %s", name, i + 1u,
                       scene->hosts[i])) {
            continue;
        }
        const struct topology_node *node = &topology->nodes[number];
        const struct topology_shard *shard = &topology->shards[i % 3];
        tap_int(node->shard, i % 3, "%s: shard of node %u", name, i + 1u);
        tap_int(node->is_replica, i >= 3, "%s: role of node %u", name, i + 1u);
        if (i < 3) {
            tap_int(shard->primary, number, "%s: primary of shard %u", name, (unsigned)i);
            tap_int(shard->reader_count, i < 2, "%s: replicas of shard %u", name, (unsigned)i);
        } else {
            tap_int(shard->readers[0], number, "%s: replica of shard %u", name, i - 3u);
        }
    }
    tap_int((int64_t)topology->node_count, NODES, "%s: the dead replica is not there", name);
}

static bool next_reply(struct str *rest, struct arena *arena, struct resp_value *reply)
{
    size_t used = 0;
    if (resp_value_parse(*rest, arena, reply, &used) != RESP_OK) {
        return false;
    }
    *rest = str_from_index(*rest, used + 1);
    return true;
}

/* Both questions about one scene, and the same nodes in both answers. */
static void check_scene(struct str *rest, const struct scene *scene, const char *server)
{
    struct topology *shards = mem_alloc(sizeof *shards);
    struct topology *slots = mem_alloc(sizeof *slots);
    struct arena arena = {0};
    struct error err = {0};
    struct resp_value reply;
    char name[128];
    (void)snprintf(name, sizeof name, "%s: SHARDS: %s", server, scene->name);
    bool read = next_reply(rest, &arena, &reply) &&
                topology_read_shards(shards, &reply, STR("asked.example"), false, &err);
    if (tap_check(read, "%s: read %s", name, err.text)) {
        check_shards(shards, scene, name);
        check_slots(shards, name);
    }
    /* With what is known, as a second search does: the numbers stay. */
    *slots = *shards;
    (void)snprintf(name, sizeof name, "%s: SLOTS: %s", server, scene->name);
    read = next_reply(rest, &arena, &reply) &&
           topology_read_slots(slots, &reply, STR("asked.example"), &err);
    if (tap_check(read, "%s: read %s", name, err.text)) {
        check_shards(slots, scene, name);
        check_slots(slots, name);
        tap_check(topology_equal(shards, slots), "%s: the same as SHARDS", name);
    }
    arena_release(&arena);
    mem_free(shards);
    mem_free(slots);
}

int main(void)
{
    static const char *const servers[] = {"redis-7.0", "redis-8.0", "valkey-8.0", "valkey-9.1"};
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        char path[256];
        struct buf text;
        struct error err = {0};
        buf_init(&text, 1 << 20);
        (void)snprintf(path, sizeof path, "%s/cluster_%s.resp", TEST_DATA_DIR, servers[i]);
        if (tap_check(file_read(path, &text, &err), "%s: %s", servers[i], err.text)) {
            struct str rest = buf_str(&text);
            for (size_t k = 0; k < sizeof scenes / sizeof scenes[0]; k++) {
                check_scene(&rest, &scenes[k], servers[i]);
            }
            tap_int((int64_t)rest.len, 0, "%s: nothing is left", servers[i]);
        }
        buf_release(&text);
    }
    return tap_end();
}
