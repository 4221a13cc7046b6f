/* Records in a stream that is cut in every possible way. */
#include "engine/finder.h"

#include <string.h>

#include "support/tap.h"

struct heard {
    char text[256];
    size_t len;
};

/* A record is "<<" and two more bytes; one that ends with '!' is none. */
static bool found(void *self, const char *record)
{
    struct heard *heard = self;
    if (record[3] == '!') {
        return false;
    }
    memcpy(heard->text + heard->len, record, 4);
    heard->len += 4;
    return true;
}

static void feed(const char *text, size_t len, size_t piece, struct heard *heard)
{
    char room[8];
    struct finder_tail tail = {.bytes = room};
    struct finder finder = {.marker = STR("<<"), .size = 4, .found = found, .self = heard};
    *heard = (struct heard){0};
    for (size_t at = 0; at < len; at += piece) {
        size_t left = len - at;
        finder_feed(&finder, &tail, (struct str){text + at, left < piece ? left : piece});
    }
}

static void test_pieces(void)
{
    static const struct {
        const char *text;
        const char *wanted;
    } rows[] = {
        {"", ""},
        {"<<ab", "<<ab"},
        {"x<<ab<<cdy", "<<ab<<cd"},
        {"<<<ab", "<<<a"},
        {"<<a!<<bc", "<<bc"},
        {"<<<!ab", "<<!a"},
        {"....<<a", ""},
        {"xx<<<<ab", "<<<<"},
        {"<<ab....................<<cd<", "<<ab<<cd"},
        {"<<abcdefghijkl<<mnopqrst<<u!<<vw", "<<ab<<mn<<vw"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t piece = 1; piece <= 12; piece++) {
            struct heard heard;
            feed(rows[i].text, strlen(rows[i].text), piece, &heard);
            tap_text(heard.text, rows[i].wanted, "row %zu in pieces of %zu", i, piece);
        }
    }
}

int main(void)
{
    test_pieces();
    return tap_end();
}
