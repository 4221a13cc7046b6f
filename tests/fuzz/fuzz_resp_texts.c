/* Texts of a reply do not depend on how its bytes are cut, and lie within the buffer. */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "redis/resp_read.h"
#include "redis/resp_texts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct resp_reader reader = {0};
    struct resp_reply reply;
    static struct resp_texts whole;
    static struct resp_texts cut;
    const char *bytes = (const char *)data;
    size_t used = 0;
    if (resp_read(&reader, bytes, size, &used, &reply) != RESP_OK) {
        return 0; /* only what resp_read takes is shown */
    }
    resp_texts_begin(&whole);
    resp_texts_begin(&cut);
    resp_texts_take(&whole, bytes, used);
    for (size_t at = 0; at < used; at++) {
        resp_texts_take(&cut, bytes + at, 1);
    }
    assert(whole.count == cut.count && whole.count <= RESP_TEXTS_MOST);
    for (size_t i = 0; i < whole.count; i++) {
        struct str a;
        struct str b;
        bool both = resp_texts_get(&whole, i, &a) && resp_texts_get(&cut, i, &b);
        assert(both && str_eq(a, b));
        assert(a.data >= whole.bytes && a.data + a.len <= whole.bytes + RESP_TEXTS_BYTES);
    }
    struct str none;
    assert(!resp_texts_get(&whole, whole.count, &none));
    if (bytes[0] != '|' && reply.text.data != NULL && reply.size <= RESP_TEXTS_BYTES &&
        reply.type != '=') {
        assert(whole.count == 1 && resp_texts_get(&whole, 0, &none) && str_eq(none, reply.text));
    }
    return 0;
}
