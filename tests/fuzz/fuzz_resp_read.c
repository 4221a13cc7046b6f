/* A server's bytes: whole, in single bytes and in random pieces they must mean the same. */
#include <assert.h>
#include <stdlib.h>

#include "base/rng.h"
#include "fuzz.h"
#include "redis/resp_read.h"

enum { MAX_PIECE = 24 };

/* All that was read, folded into one number, so that two ways of reading compare cheaply. */
struct outcome {
    uint64_t hash;
    uint64_t replies;
    enum resp_status last;
    const char *problem;
};

static void fold(struct outcome *outcome, uint64_t value)
{
    outcome->hash = rng_mix(outcome->hash ^ rng_mix(value));
}

static void fold_reply(struct outcome *outcome, const struct resp_reader *reader,
                       const struct resp_reply *reply)
{
    fold(outcome, (unsigned char)reply->type);
    fold(outcome,
         (reply->is_error ? 1u : 0u) + (reply->is_null ? 2u : 0u) + (reply->is_push ? 4u : 0u));
    fold(outcome, (uint64_t)reply->number);
    fold(outcome, reply->size);
    if (reply->is_error) {
        size_t len = strlen(reader->head);
        assert(len < RESP_HEAD_SIZE);
        for (size_t i = 0; i < len; i++) {
            fold(outcome, (unsigned char)reader->head[i]);
        }
    }
    outcome->replies++;
}

/* Feeds one piece from memory of its own size. False after RESP_BAD. */
static bool feed(struct resp_reader *reader, struct outcome *outcome, const uint8_t *data,
                 size_t len)
{
    char *piece = malloc(len);
    size_t at = 0;
    assert(piece != NULL);
    memcpy(piece, data, len);
    while (at < len && outcome->last != RESP_BAD) {
        struct resp_reply reply;
        size_t before = at;
        outcome->last = resp_read(reader, piece, len, &at, &reply);
        assert(at <= len && (at > before || outcome->last == RESP_BAD));
        if (outcome->last == RESP_OK) {
            struct str text = reply.text;
            assert(text.data == NULL ||
                   (text.data >= piece && text.data + text.len + 2 <= piece + at));
            fold_reply(outcome, reader, &reply);
        } else if (outcome->last == RESP_MORE) {
            assert(at == len);
        }
    }
    outcome->problem = reader->problem;
    free(piece);
    return outcome->last != RESP_BAD;
}

static struct outcome read_in_pieces(const uint8_t *data, size_t size, size_t max, uint64_t seed)
{
    struct resp_reader reader = {0};
    struct outcome outcome = {.last = RESP_MORE};
    struct rng rng;
    size_t at = 0;
    rng_init(&rng, seed);
    while (at < size) {
        size_t left = size - at;
        size_t len = max == 0 ? left : 1 + rng_below(&rng, max);
        len = len < left ? len : left;
        if (!feed(&reader, &outcome, data + at, len)) {
            break;
        }
        at += len;
    }
    return outcome;
}

static void expect_same(const struct outcome *a, const struct outcome *b)
{
    assert(a->replies == b->replies);
    assert(a->hash == b->hash);
    assert(a->last == b->last);
    assert(a->problem == b->problem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t seed = size;
    for (size_t i = 0; i < size; i++) {
        seed = rng_mix(seed ^ data[i]);
    }
    struct outcome whole = read_in_pieces(data, size, 0, seed);
    struct outcome bytes = read_in_pieces(data, size, 1, seed);
    struct outcome pieces = read_in_pieces(data, size, MAX_PIECE, seed);
    expect_same(&whole, &bytes);
    expect_same(&whole, &pieces);
    return 0;
}
