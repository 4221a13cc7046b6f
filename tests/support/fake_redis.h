/* The small Redis behind the fake server: knows which keys exist, and one value for all of them.
 * Databases share their keys. Thread rule: the fake server calls it under its lock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "redis/resp_value.h"
#include "support/fake_server.h"

struct fake_key;

struct fake_redis {
    const struct fake_config *config;
    struct fake_key **buckets;
    uint64_t keys;
};

/* Of one connection. */
struct fake_session {
    uint8_t protocol; /* 0 and 2: RESP2 */
    bool is_in;       /* logged in */
};

void fake_redis_init(struct fake_redis *redis, const struct fake_config *config);
void fake_redis_release(struct fake_redis *redis);
/* HELLO, AUTH, SELECT, CLIENT: commands that open a session. */
bool fake_redis_is_session(const struct resp_value *command);
/* Carries one command out and appends its reply. */
void fake_redis_answer(struct fake_redis *redis, struct fake_session *session,
                       const struct resp_value *command, struct buf *out);
