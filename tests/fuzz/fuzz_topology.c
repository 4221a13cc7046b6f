/* Feeds what a cluster might answer to the readers of topologies: whatever it is, nodes, shards and
 * slots must refer to each other. The first byte chooses the reader. */
#include <assert.h>

#include "base/mem.h"
#include "fuzz.h"
#include "redis/topology.h"

static void check(const struct topology *topology)
{
    assert(topology->node_count <= TOPOLOGY_MAX_NODES);
    assert(topology->shard_count <= TOPOLOGY_MAX_SHARDS);
    for (size_t i = 0; i < topology->shard_count; i++) {
        const struct topology_shard *shard = &topology->shards[i];
        assert(shard->primary == TOPOLOGY_NONE || shard->primary < topology->node_count);
        assert(shard->reader_count <= TOPOLOGY_MAX_READERS);
        for (size_t k = 0; k < shard->reader_count; k++) {
            assert(shard->readers[k] < topology->node_count);
        }
    }
    for (size_t i = 0; i < SLOTS_COUNT; i++) {
        assert(topology->slots[i] == TOPOLOGY_NONE || topology->slots[i] < topology->shard_count);
    }
}

static void feed_redirect(struct str text)
{
    struct str host;
    uint16_t port;
    uint16_t slot;
    if (topology_read_redirect(text, &host, &port, &slot)) {
        assert(host.data >= text.data && host.data + host.len <= text.data + text.len);
        assert(port > 0 && slot < SLOTS_COUNT);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct arena arena = {0};
    struct resp_value reply;
    size_t used = 0;
    if (size == 0) {
        return 0;
    }
    text = str_from_index(text, 1);
    feed_redirect(text);
    if (resp_value_parse(text, &arena, &reply, &used) == RESP_OK) {
        struct topology *topology = mem_alloc(sizeof *topology);
        bool read = data[0] % 2 == 0 ? topology_read_shards(topology, &reply, STR("seed"),
                                                            data[0] % 4 == 0, NULL)
                                     : topology_read_slots(topology, &reply, STR("seed"), NULL);
        if (read) {
            check(topology);
            topology_choose_readers(topology, READ_FROM_PRIMARY, NULL);
            check(topology);
        }
        mem_free(topology);
    }
    arena_release(&arena);
    return 0;
}
