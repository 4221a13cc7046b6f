#include "analysis/contract.h"

#include <string.h>

#include "support/sample_result.h"
#include "support/tap.h"

enum { FACTS = 4 };

struct row {
    const char *name;
    const char *a; /* "fact=value fact=value", values without spaces */
    const char *b;
    const char *code; /* NULL: nothing is found */
    enum severity severity;
};

static const struct row rows[] = {
    {"alike", "tls=no save=", "tls=no save=", NULL, 0},
    {"TLS on one side", "tls=no", "tls=yes", "tls-differs", SEVERITY_INVALID},
    {"not told", "tls=no save=900", "tls=no", NULL, 0},
    {"cluster mode", "redis_mode=standalone", "redis_mode=cluster", "cluster-differs",
     SEVERITY_INVALID},
    {"primaries", "primaries=3", "primaries=2", "cluster-differs", SEVERITY_INVALID},
    {"replicas", "replicas=0", "replicas=1", "replicas-differ", SEVERITY_INVALID},
    {"snapshots", "save=", "save=3600", "persistence-differs", SEVERITY_INVALID},
    {"append-only file", "appendonly=no", "appendonly=yes", "persistence-differs",
     SEVERITY_INVALID},
    {"when it is synced", "appendonly=yes appendfsync=always",
     "appendonly=yes appendfsync=everysec", "persistence-differs", SEVERITY_INVALID},
    {"when nothing is", "appendonly=no appendfsync=always", "appendonly=no appendfsync=everysec",
     NULL, 0},
    {"eviction", "maxmemory-policy=noeviction", "maxmemory-policy=allkeys-lru", "eviction-differs",
     SEVERITY_INVALID},
    {"memory", "maxmemory=0", "maxmemory=1000", "memory-limit-differs", SEVERITY_CONDITIONAL},
    {"threads", "io-threads=1", "io-threads=4", "threads-differ", SEVERITY_CONDITIONAL},
    {"a preset of engines", "lazyfree-lazy-user-del=no", "lazyfree-lazy-user-del=yes",
     "tuning-differs", SEVERITY_NOTE},
    {"allocator", "mem_allocator=jemalloc-5.2.1", "mem_allocator=jemalloc-5.3.0",
     "platform-differs", SEVERITY_NOTE},
    {"near and far", "round-trip-us=80", "round-trip-us=600", "network-differs",
     SEVERITY_CONDITIONAL},
    {"about as far", "round-trip-us=80", "round-trip-us=170", NULL, 0},
    {"other data", "bytes-per-key=100", "bytes-per-key=160", "data-differs", SEVERITY_CONDITIONAL},
    {"about such data", "bytes-per-key=100", "bytes-per-key=140", NULL, 0},
    {"small keys", "bytes-per-key=20", "bytes-per-key=50", NULL, 0},
    {"data that expires", "expiring-percent=0", "expiring-percent=100", "data-differs",
     SEVERITY_CONDITIONAL},
    {"about as much of it", "expiring-percent=40", "expiring-percent=50", NULL, 0},
    {"a replica", "role=master", "role=slave", "replica", SEVERITY_CONDITIONAL},
    {"a save under way", "rdb_bgsave_in_progress=1", "rdb_bgsave_in_progress=0", "busy-server",
     SEVERITY_CONDITIONAL},
    {"empty", "keys=0", "keys=0", NULL, 0},
    {"as full", "keys=1000", "keys=1050", "not-empty", SEVERITY_NOTE},
    {"fuller", "keys=0", "keys=5", "not-empty", SEVERITY_CONDITIONAL},
};

static void give_facts(struct result *result, struct result_arm *arm, const char *text)
{
    struct str rest = str_from(text);
    arm->facts = arena_alloc_array(&result->arena, FACTS, sizeof *arm->facts);
    while (rest.len > 0) {
        struct str value = str_split(&rest, ' ');
        struct str name = str_split(&value, '=');
        arm->facts[arm->fact_count].name = arena_copy(&result->arena, name);
        arm->facts[arm->fact_count++].value = arena_copy(&result->arena, value);
    }
}

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct result result;
        sample_init(&result, 2);
        give_facts(&result, &result.arms[0], row->a);
        give_facts(&result, &result.arms[1], row->b);
        bool comparable = contract_check(&result);
        bool is_invalid = row->code != NULL && row->severity == SEVERITY_INVALID;
        tap_check(comparable == !is_invalid, "%s: comparable", row->name);
        tap_int((int64_t)result.findings.count, row->code == NULL ? 0 : 1, "%s: findings",
                row->name);
        if (row->code != NULL && result.findings.count == 1) {
            tap_text(result.findings.items[0].code, row->code, "%s: code", row->name);
            tap_int(result.findings.items[0].severity, row->severity, "%s: severity", row->name);
        }
        result_release(&result);
    }
}

/* What the user wrote in a target is meant. */
static void test_asked(void)
{
    static struct setting settings[] = {{"appendonly", "yes"}};
    struct result result;
    sample_init(&result, 2);
    give_facts(&result, &result.arms[0], "appendonly=no");
    give_facts(&result, &result.arms[1], "appendonly=yes");
    result.arms[1].settings = settings;
    result.arms[1].setting_count = 1;
    tap_check(contract_check(&result), "a setting that was asked for");
    tap_int(result.findings.items[0].severity, SEVERITY_NOTE, "is a note");
    tap_text(result.findings.items[0].text,
             "appendonly: redis has \"no\", valkey has \"yes\", as asked", "that says so");
    result_release(&result);
}

/* Redis 8 and Valkey 9.1 have modules built in: servers that we start have no others. */
static void test_modules(void)
{
    for (int own = 0; own < 4; own++) {
        struct result result;
        sample_init(&result, 2);
        give_facts(&result, &result.arms[0], "modules=vectorset");
        give_facts(&result, &result.arms[1], "modules=lua");
        result.arms[0].started_by_us = (own & 1) != 0;
        result.arms[1].started_by_us = (own & 2) != 0;
        tap_check(contract_check(&result), "modules that differ");
        tap_text(result.findings.items[0].code, "modules-differ", "are told");
        tap_int(result.findings.items[0].severity, own == 3 ? SEVERITY_NOTE : SEVERITY_CONDITIONAL,
                "how severe, started by us: %d", own);
        tap_text(result.findings.items[0].text,
                 own == 3 ? "modules: redis has \"vectorset\", valkey has \"lua\", built in or as "
                            "asked"
                          : "modules: redis has \"vectorset\", valkey has \"lua\"",
                 "the names");
        result_release(&result);
    }
}

static void test_same_server(void)
{
    struct result result;
    sample_init(&result, 3);
    give_facts(&result, &result.arms[0], "run_id=abc");
    give_facts(&result, &result.arms[1], "run_id=abc");
    give_facts(&result, &result.arms[2], "run_id=def");
    result.arms[0].started_by_us = false;
    result.arms[1].started_by_us = false;
    tap_check(!contract_check(&result), "one attached server for two arms");
    tap_text(result.findings.items[0].code, "same-server", "is told");
    result.findings.count = 0;
    result.design.aa = true;
    tap_check(contract_check(&result), "but as a control it is meant");
    result.design.aa = false;
    result.arms[1].started_by_us = true;
    tap_check(contract_check(&result), "servers of our own are separate ones");
    result_release(&result);
}

int main(void)
{
    test_rows();
    test_asked();
    test_modules();
    test_same_server();
    return tap_end();
}
