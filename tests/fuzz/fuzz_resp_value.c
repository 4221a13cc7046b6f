/* A server's bytes as a tree: built exactly when the reader finds a whole reply, within limits. */
#include <assert.h>

#include "fuzz.h"
#include "redis/resp_value.h"

/* Counts the values of a tree and touches every byte of it. */
static size_t walk(const struct resp_value *value, unsigned depth)
{
    size_t seen = 1;
    unsigned char sum = 0;
    assert(depth <= RESP_MAX_DEPTH);
    for (size_t i = 0; i < value->text.len; i++) {
        sum = (unsigned char)(sum + (unsigned char)value->text.data[i]);
    }
    assert(value->text.data == NULL || value->text.data[value->text.len] == '\0');
    for (size_t i = 0; i < value->count; i++) {
        seen += walk(&value->elements[i], depth + 1);
    }
    (void)sum;
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct arena arena = {0};
    struct resp_value value = {0};
    struct resp_reader reader = {0};
    struct resp_reply reply;
    size_t used = 0;
    size_t at = 0;
    enum resp_status wanted = resp_read(&reader, text.data, text.len, &at, &reply);
    enum resp_status status = resp_value_parse(text, &arena, &value, &used);
    assert(status == wanted);
    if (status == RESP_OK) {
        assert(used == at && value.type == reply.type && value.is_null == reply.is_null);
        /* Every value takes at least three bytes ("_\r\n"). */
        assert(walk(&value, 0) <= size / 3);
        (void)resp_value_get(&value, "server");
    }
    arena_release(&arena);
    return 0;
}
