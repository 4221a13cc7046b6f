#include "engine/near_cache.h"

#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

enum { WAYS = 4 };

void near_cache_init(struct near_cache *cache, uint64_t keys)
{
    cache->sets = 1;
    while (cache->sets * WAYS < keys) {
        cache->sets *= 2;
    }
    cache->entries = mem_alloc_array(cache->sets * WAYS, sizeof(struct near_entry));
}

void near_cache_release(struct near_cache *cache)
{
    mem_free(cache->entries);
    *cache = (struct near_cache){0};
}

static struct near_entry *set_of(const struct near_cache *cache, uint64_t key)
{
    return &cache->entries[(rng_mix(key) & (cache->sets - 1)) * WAYS];
}

static struct near_entry *find(const struct near_cache *cache, uint64_t key)
{
    struct near_entry *set = set_of(cache, key);
    for (int i = 0; i < WAYS; i++) {
        if (set[i].key == key + 1) {
            return &set[i];
        }
    }
    return NULL;
}

bool near_cache_has(const struct near_cache *cache, uint64_t key, uint32_t operation)
{
    const struct near_entry *entry = find(cache, key);
    return entry != NULL && (entry->operations >> operation & 1) != 0;
}

void near_cache_learn(struct near_cache *cache, uint64_t key, uint32_t operation)
{
    struct near_entry *entry = find(cache, key);
    if (entry == NULL) {
        size_t last = 0; /* a free one, or the oldest */
        entry = set_of(cache, key);
        while (last < WAYS - 1 && entry[last].key != 0) {
            last++;
        }
        memmove(entry + 1, entry, last * sizeof *entry);
        *entry = (struct near_entry){.key = key + 1};
    }
    entry->operations |= UINT64_C(1) << operation;
}

bool near_cache_forget(struct near_cache *cache, uint64_t key)
{
    struct near_entry *entry = find(cache, key);
    if (entry == NULL) {
        return false;
    }
    *entry = (struct near_entry){0};
    return true;
}

void near_cache_flush(struct near_cache *cache)
{
    memset(cache->entries, 0, cache->sets * WAYS * sizeof(struct near_entry));
}
