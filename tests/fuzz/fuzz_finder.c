/* Records are found alike however the stream is cut. The first two bytes of the input say how long
 * pieces are in turn, the rest is the stream. */
#include <assert.h>
#include <string.h>

#include "engine/finder.h"
#include "fuzz.h"

enum { SIZE = 6, MOST = 4096 };

struct found {
    char bytes[MOST];
    size_t len;
};

/* A record is "ab" and four more bytes of which the last is not '!'. */
static bool note(void *self, const char *record)
{
    struct found *found = self;
    if (record[SIZE - 1] == '!' || found->len + SIZE > MOST) {
        return false;
    }
    memcpy(found->bytes + found->len, record, SIZE);
    found->len += SIZE;
    return true;
}

static void feed(struct str stream, size_t first, size_t second, struct found *found)
{
    char room[2 * SIZE];
    struct finder_tail tail = {.bytes = room};
    struct finder finder = {.marker = STR("ab"), .size = SIZE, .found = note, .self = found};
    found->len = 0;
    for (bool is_first = true; stream.len > 0; is_first = !is_first) {
        struct str piece = str_prefix(stream, is_first ? first : second);
        finder_feed(&finder, &tail, piece);
        assert(tail.len < SIZE);
        stream = str_from_index(stream, piece.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct found whole;
    static struct found cut;
    if (size < 2) {
        return 0;
    }
    struct str stream = {(const char *)data + 2, size - 2};
    feed(stream, stream.len + 1, stream.len + 1, &whole);
    feed(stream, 1 + data[0] % 32u, 1 + data[1] % 32u, &cut);
    assert(whole.len == cut.len && memcmp(whole.bytes, cut.bytes, cut.len) == 0);
    return 0;
}
