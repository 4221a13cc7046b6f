#include "target/facts.h"

#include <stdlib.h>
#include <string.h>

#include "os/clock.h"
#include "redis/topology.h"

enum { PINGS = 21, MOST = 40, MODULES_MOST = 256 };

/* Settings that change what an operation costs, and the line of INFO that tells some of them where
 * CONFIG is not allowed. */
static const struct {
    const char *name;
    const char *info; /* NULL: none */
} asked[] = {
    {"maxmemory", "maxmemory"},
    {"maxmemory-policy", "maxmemory_policy"},
    {"save", NULL},
    {"appendonly", "aof_enabled"},
    {"appendfsync", NULL},
    {"io-threads", NULL},
    {"activedefrag", NULL},
    {"hz", "configured_hz"},
    {"latency-tracking", NULL},
    {"lazyfree-lazy-user-del", NULL},
};

/* Lines of INFO as they are. */
static const char *const lines[] = {
    "run_id",
    "redis_mode",
    "role",
    "arch_bits",
    "mem_allocator",
    "loading",
    "rdb_bgsave_in_progress",
    "aof_rewrite_in_progress",
};

struct inquiry {
    struct target *target;
    bool is_broken; /* a call failed: the connection is of no use any more */
    struct arena *arena;
    struct setting *items;
    size_t count;
};

static void add(struct inquiry *inquiry, const char *name, struct str value)
{
    if (inquiry->count < MOST) {
        inquiry->items[inquiry->count++] =
            (struct setting){.name = name, .value = arena_copy(inquiry->arena, value)};
    }
}

static void add_number(struct inquiry *inquiry, const char *name, uint64_t value)
{
    if (inquiry->count < MOST) {
        inquiry->items[inquiry->count++] = (struct setting){
            .name = name, .value = arena_printf(inquiry->arena, "%llu", (unsigned long long)value)};
    }
}

static bool ask(struct inquiry *inquiry, struct arena *arena, struct resp_value *reply,
                const char *word, const char *name)
{
    const char *get = name == NULL ? NULL : "GET";
    if (!inquiry->is_broken &&
        !client_call(&inquiry->target->control, arena, reply, NULL, word, get, name, NULL)) {
        inquiry->is_broken = true;
    }
    return !inquiry->is_broken;
}

/* CONFIG GET of one setting. False: the server does not tell, or no longer answers. */
static bool ask_setting(struct inquiry *inquiry, const char *name)
{
    struct arena arena = {0};
    struct resp_value reply = {0};
    bool told = ask(inquiry, &arena, &reply, "CONFIG", name) &&
                (reply.type == '*' || reply.type == '%') && reply.count >= 2;
    if (told) {
        add(inquiry, name, reply.elements[1].text);
    }
    arena_release(&arena);
    return told;
}

static void add_settings(struct inquiry *inquiry, struct str info)
{
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        struct str value;
        if (!ask_setting(inquiry, asked[i].name) && asked[i].info != NULL &&
            info_find(info, asked[i].info, &value)) {
            bool is_switch = strcmp(asked[i].name, "appendonly") == 0;
            bool is_on = str_eq(value, STR("1"));
            struct str word = is_on ? STR("yes") : STR("no");
            add(inquiry, asked[i].name, is_switch ? word : value);
        }
    }
}

/* The names in lines like "module:name=search,ver=21005,api=1,...", in their order. */
static void add_modules(struct inquiry *inquiry, struct str info)
{
    struct buf names = {0};
    struct str rest = info;
    while (rest.len > 0) {
        struct str line = str_trim(str_split(&rest, '\n'));
        if (str_starts_with(line, STR("module:name=")) && names.len < MODULES_MOST) {
            struct str rest_of_line = str_from_index(line, sizeof "module:name=" - 1);
            struct str name = str_split(&rest_of_line, ',');
            buf_addf(&names, "%s%.*s", names.len > 0 ? " " : "", STR_ARG(name));
        }
    }
    add(inquiry, "modules", buf_str(&names));
    buf_release(&names);
}

static void add_shape(struct inquiry *inquiry, struct str info)
{
    const struct target *target = inquiry->target;
    const struct topology *topology = target->topology;
    uint64_t replicas = 0;
    add(inquiry, "tls", target->tls != NULL ? STR("yes") : STR("no"));
    if (topology != NULL && topology->is_cluster) {
        for (size_t i = 0; i < topology->node_count; i++) {
            replicas += topology->nodes[i].is_replica && !topology->nodes[i].is_gone;
        }
        add_number(inquiry, "primaries", topology->shard_count);
        add_number(inquiry, "replicas", replicas);
    } else {
        add_number(inquiry, "primaries", 1);
        if (info_find_u64(info, "connected_slaves", &replicas)) {
            add_number(inquiry, "replicas", replicas);
        }
    }
}

/* What the data of others is like, where there is enough of it that the server's own memory does
 * not matter. */
static void add_data(struct inquiry *inquiry, struct str info)
{
    enum { ENOUGH_KEYS = 10000 }; /* engines differ by some 100 KB */
    struct info_keyspace keyspace;
    uint64_t bytes;
    info_read_keyspace(info, &keyspace);
    if (keyspace.keys < ENOUGH_KEYS) {
        return;
    }
    add_number(inquiry, "expiring-percent",
               (uint64_t)(100.0 * (double)keyspace.expiring / (double)keyspace.keys));
    if (info_find_u64(info, "used_memory_dataset", &bytes)) {
        add_number(inquiry, "bytes-per-key", bytes / keyspace.keys);
    }
}

static int compare_times(const void *a, const void *b)
{
    nsec left = *(const nsec *)a;
    nsec right = *(const nsec *)b;
    return (left > right) - (left < right);
}

static void add_round_trip(struct inquiry *inquiry)
{
    nsec times[PINGS];
    for (size_t i = 0; i < PINGS; i++) {
        struct arena arena = {0};
        struct resp_value reply;
        nsec before = clock_now(clock_monotonic());
        bool answered = ask(inquiry, &arena, &reply, "PING", NULL);
        times[i] = clock_now(clock_monotonic()) - before;
        arena_release(&arena);
        if (!answered) {
            return;
        }
    }
    qsort(times, PINGS, sizeof times[0], compare_times);
    add_number(inquiry, "round-trip-us", times[PINGS / 2] / NSEC_PER_USEC);
}

size_t facts_read(struct target *target, struct arena *arena, struct setting **out)
{
    struct arena scratch = {0};
    struct str info;
    uint64_t keys = 0;
    struct inquiry inquiry = {
        .target = target,
        .arena = arena,
        .items = arena_alloc_array(arena, MOST, sizeof(struct setting)),
    };
    if (client_info(&target->control, &scratch, NULL, &info, NULL)) {
        add_shape(&inquiry, info);
        for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
            struct str value;
            if (info_find(info, lines[i], &value)) {
                add(&inquiry, lines[i], value);
            }
        }
        add_settings(&inquiry, info);
        add_modules(&inquiry, info);
        if (!inquiry.is_broken && target_count_keys(target, &keys, NULL)) {
            add_number(&inquiry, "keys", keys);
        }
        add_data(&inquiry, info);
        add_round_trip(&inquiry);
    }
    arena_release(&scratch);
    *out = inquiry.items;
    return inquiry.count;
}
