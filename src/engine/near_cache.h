/* What one client remembers of what it has read, by the numbers of keys: which operation's reply
 * it holds. A table of a fixed size; a newcomer pushes out the oldest of the few that share its
 * place. Pure; allocates in init alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct near_entry {
    uint64_t key;        /* its number and 1; 0: free */
    uint64_t operations; /* bits of those whose reply is held */
};

struct near_cache {
    struct near_entry *entries;
    size_t sets; /* a power of two */
};

/* Room for about `keys`, at least one set of four. */
void near_cache_init(struct near_cache *cache, uint64_t keys);
/* May be called on a zeroed struct. */
void near_cache_release(struct near_cache *cache);
bool near_cache_has(const struct near_cache *cache, uint64_t key, uint32_t operation);
void near_cache_learn(struct near_cache *cache, uint64_t key, uint32_t operation);
/* True: it was there. */
bool near_cache_forget(struct near_cache *cache, uint64_t key);
void near_cache_flush(struct near_cache *cache);
