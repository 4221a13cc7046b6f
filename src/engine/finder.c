#include "engine/finder.h"

#include <string.h>

/* Tells of the whole records that begin before `limit`, from `at` on; returns the end of the last
 * one, or `at`. */
static size_t scan(const struct finder *finder, struct str bytes, size_t at, size_t limit)
{
    size_t begin = at;
    while (begin < limit) {
        const char *place =
            memmem(bytes.data + begin, bytes.len - begin, finder->marker.data, finder->marker.len);
        if (place == NULL) {
            break;
        }
        size_t offset = (size_t)(place - bytes.data);
        if (offset >= limit || bytes.len - offset < finder->size) {
            break;
        }
        bool is_one = finder->found(finder->self, place);
        begin = offset + (is_one ? finder->size : 1);
        at = is_one ? begin : at;
    }
    return at;
}

/* Keeps what a record may begin in: less than a whole one, not before `from`. */
static void keep(const struct finder *finder, struct finder_tail *tail, struct str bytes,
                 size_t from)
{
    size_t most = finder->size - 1;
    if (bytes.len - from > most) {
        from = bytes.len - most;
    }
    memmove(tail->bytes, bytes.data + from, bytes.len - from);
    tail->len = bytes.len - from;
}

void finder_feed(const struct finder *finder, struct finder_tail *tail, struct str bytes)
{
    size_t begin = 0;
    if (tail->len > 0) {
        size_t held = tail->len;
        size_t most = finder->size - 1;
        size_t more = bytes.len < most ? bytes.len : most;
        memcpy(tail->bytes + held, bytes.data, more);
        struct str seam = {tail->bytes, held + more};
        if (more == bytes.len) {
            keep(finder, tail, seam, scan(finder, seam, 0, seam.len));
            return;
        }
        size_t end = scan(finder, seam, 0, held);
        begin = end > held ? end - held : 0;
    }
    keep(finder, tail, bytes, scan(finder, bytes, begin, bytes.len));
}
