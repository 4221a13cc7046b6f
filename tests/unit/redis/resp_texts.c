/* Texts of replies, cut in any way. */
#include "redis/resp_texts.h"

#include <string.h>

#include "base/mem.h"
#include "support/tap.h"

static const struct {
    const char *reply;
    const char *texts[6]; /* up to NULL */
} rows[] = {
    {"+OK\r\n", {"OK"}},
    {":-12\r\n", {"-12"}},
    {"$5\r\nhello\r\n", {"hello"}},
    {"$0\r\n\r\n", {""}},
    {"$-1\r\n", {""}},
    {"_\r\n", {""}},
    {"*-1\r\n", {""}},
    {"*0\r\n", {NULL}},
    {"%0\r\n", {NULL}},
    {"$7\r\na\r\nb\r\nc\r\n", {"a\r\nb\r\nc"}},
    {"*2\r\n$1\r\n0\r\n*2\r\n$2\r\nk1\r\n$2\r\nk2\r\n", {"0", "k1", "k2"}},
    {"*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n",
     {"s", "1-0", "f", "v"}},
    {"%1\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n",
     {"s", "1-0", "f", "v"}},
    {"*3\r\n#t\r\n,1.5\r\n(123\r\n", {"t", "1.5", "123"}},
    {"=7\r\ntxt:abc\r\n", {"txt:abc"}},
    {"*3\r\n$1\r\na\r\n$-1\r\n$1\r\nb\r\n", {"a", "", "b"}},
    {"-ERR no\r\n", {"ERR no"}},
};

static void take_in_pieces(struct resp_texts *texts, const char *reply, size_t piece)
{
    size_t len = strlen(reply);
    resp_texts_begin(texts);
    for (size_t at = 0; at < len; at += piece) {
        resp_texts_take(texts, reply + at, len - at < piece ? len - at : piece);
    }
}

static void test_rows(void)
{
    struct resp_texts texts;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t piece = 1; piece <= strlen(rows[i].reply); piece++) {
            size_t count = 0;
            bool same = true;
            struct str text;
            take_in_pieces(&texts, rows[i].reply, piece);
            for (; rows[i].texts[count] != NULL; count++) {
                same = same && resp_texts_get(&texts, count, &text) &&
                       str_eq(text, str_from(rows[i].texts[count]));
            }
            same = same && !resp_texts_get(&texts, count, &text);
            tap_check(same, "row %zu in pieces of %zu", i, piece);
        }
    }
}

/* What does not fit is not there; what came before stays. */
static void test_limits(void)
{
    struct resp_texts texts;
    struct str text;
    static char large[RESP_TEXTS_BYTES + 64];
    size_t head = (size_t)snprintf(large, sizeof large, "*3\r\n+a\r\n$%d\r\n", RESP_TEXTS_BYTES);
    resp_texts_begin(&texts);
    resp_texts_take(&texts, large, head);
    memset(large, 'x', sizeof large);
    resp_texts_take(&texts, large, RESP_TEXTS_BYTES);
    resp_texts_take(&texts, "\r\n+b\r\n", 6);
    tap_check(resp_texts_get(&texts, 0, &text) && str_eq(text, STR("a")), "before");
    tap_check(!resp_texts_get(&texts, 1, &text), "one that is too long");
    tap_check(!resp_texts_get(&texts, 2, &text), "and none behind it");
    resp_texts_begin(&texts);
    for (int i = 0; i < RESP_TEXTS_MOST + 5; i++) {
        resp_texts_take(&texts, "+x\r\n", 4);
    }
    tap_int(texts.count, RESP_TEXTS_MOST, "not more than so many");
    resp_texts_begin(&texts);
    tap_check(!resp_texts_get(&texts, 0, &text), "forgotten");
}

int main(void)
{
    test_rows();
    test_limits();
    return tap_end();
}
