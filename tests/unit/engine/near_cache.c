#include "engine/near_cache.h"

#include "support/tap.h"

static void test_life(void)
{
    struct near_cache cache = {0};
    near_cache_init(&cache, 100);
    tap_check(!near_cache_has(&cache, 7, 0), "at first nothing is there");
    near_cache_learn(&cache, 7, 0);
    near_cache_learn(&cache, 7, 3);
    near_cache_learn(&cache, 0, 1);
    tap_check(near_cache_has(&cache, 7, 0) && near_cache_has(&cache, 7, 3), "what was learnt is");
    tap_check(near_cache_has(&cache, 0, 1), "also of key 0");
    tap_check(!near_cache_has(&cache, 7, 1), "another operation's reply is not");
    tap_check(near_cache_forget(&cache, 7), "forgetting tells that it was there");
    tap_check(!near_cache_forget(&cache, 7), "and that it was not");
    tap_check(!near_cache_has(&cache, 7, 0) && !near_cache_has(&cache, 7, 3),
              "all operations of a key are forgotten together");
    near_cache_learn(&cache, 7, 1);
    tap_check(!near_cache_has(&cache, 7, 0), "and do not come back with another");
    near_cache_flush(&cache);
    tap_check(!near_cache_has(&cache, 0, 1) && !near_cache_has(&cache, 7, 1), "or all at once");
    near_cache_release(&cache);
}

/* Full tables push out; those that were never learnt are never there. */
static void test_bounds(void)
{
    enum { ROOM = 64, KEYS = 1000 };
    struct near_cache cache = {0};
    near_cache_init(&cache, ROOM);
    size_t held = 0;
    for (uint64_t key = 0; key < KEYS; key++) {
        near_cache_learn(&cache, key, 0);
        held += near_cache_has(&cache, key, 0);
    }
    tap_int((int64_t)held, KEYS, "a newcomer is always there");
    held = 0;
    for (uint64_t key = 0; key < KEYS; key++) {
        held += near_cache_has(&cache, key, 0);
        tap_check(!near_cache_has(&cache, key + KEYS, 0), "key %d was never learnt",
                  (int)(key + KEYS));
    }
    tap_int((int64_t)held, ROOM, "no more than there is room for");
    near_cache_release(&cache);
    near_cache_init(&cache, 1);
    for (uint64_t key = 0; key < 4; key++) {
        near_cache_learn(&cache, key, 0);
    }
    tap_check(near_cache_has(&cache, 0, 0), "the smallest has room for four");
    near_cache_learn(&cache, 4, 0);
    tap_check(!near_cache_has(&cache, 0, 0) && near_cache_has(&cache, 1, 0),
              "and drops the oldest");
    near_cache_release(&cache);
}

int main(void)
{
    test_life();
    test_bounds();
    return tap_end();
}
