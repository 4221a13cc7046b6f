#include "redis/resp_read.h"

#include <stdlib.h>

#include "base/buf.h"
#include "support/tap.h"

struct row {
    const char *wire; /* one whole reply */
    char type;
    int64_t number;
    const char *text;  /* NULL: none */
    const char *flags; /* of e: error, h: holds one, n: null, p: push */
    const char *head;  /* of errors */
};

static const struct row rows[] = {
    {"+OK\r\n", '+', 0, "OK", "", NULL},
    {"+OKAY\r\n", '+', 0, "OKAY", "", NULL},
    {"+\r\n", '+', 0, "", "", NULL},
    {"+PONG and more\r\n", '+', 0, "PONG and more", "", NULL},
    {"-ERR no\r\n", '-', 0, "ERR no", "e", "ERR no"},
    {"-\r\n", '-', 0, "", "e", ""},
    {"!5\r\nOOM x\r\n", '!', 5, "OOM x", "e", "OOM x"},
    {"!0\r\n\r\n", '!', 0, "", "e", ""},
    {":0\r\n", ':', 0, "0", "", NULL},
    {":-1\r\n", ':', -1, "-1", "", NULL},
    {":+7\r\n", ':', 7, "+7", "", NULL},
    {":007\r\n", ':', 7, "007", "", NULL},
    {":999999999999999999\r\n", ':', 999999999999999999, "999999999999999999", "", NULL},
    {":9223372036854775807\r\n", ':', INT64_MAX, "9223372036854775807", "", NULL},
    {":-9223372036854775808\r\n", ':', INT64_MIN, "-9223372036854775808", "", NULL},
    {"$0\r\n\r\n", '$', 0, "", "", NULL},
    {"$3\r\nfoo\r\n", '$', 3, "foo", "", NULL},
    {"$03\r\nfoo\r\n", '$', 3, "foo", "", NULL},
    {"$0000000003\r\nfoo\r\n", '$', 3, "foo", "", NULL},
    {"$4\r\n\r\n\r\n\r\n", '$', 4, "\r\n\r\n", "", NULL},
    {"$12\r\n$3\r\nfoo\r\n+OK\r\n", '$', 12, "$3\r\nfoo\r\n+OK", "", NULL},
    {"$-1\r\n", '$', -1, NULL, "n", NULL},
    {"*-1\r\n", '*', -1, NULL, "n", NULL},
    {"_\r\n", '_', 0, NULL, "n", NULL},
    {"#t\r\n", '#', 1, "t", "", NULL},
    {"#f\r\n", '#', 0, "f", "", NULL},
    {",1.5\r\n", ',', 0, "1.5", "", NULL},
    {",-1e-300\r\n", ',', 0, "-1e-300", "", NULL},
    {",inf\r\n", ',', 0, "inf", "", NULL},
    {",-inf\r\n", ',', 0, "-inf", "", NULL},
    {",nan\r\n", ',', 0, "nan", "", NULL},
    {",0.1000000000000000000000000000000000000000001\r\n", ',', 0,
     "0.1000000000000000000000000000000000000000001", "", NULL},
    {"(3492890328409238509324850943850943825024385\r\n", '(', 0,
     "3492890328409238509324850943850943825024385", "", NULL},
    {"(-12\r\n", '(', 0, "-12", "", NULL},
    {"=7\r\ntxt:abc\r\n", '=', 7, "txt:abc", "", NULL},
    {"*0\r\n", '*', 0, NULL, "", NULL},
    {"~0\r\n", '~', 0, NULL, "", NULL},
    {"%0\r\n", '%', 0, NULL, "", NULL},
    {"*1\r\n$3\r\nfoo\r\n", '*', 1, NULL, "", NULL},
    {"*3\r\n+OK\r\n:5\r\n$-1\r\n", '*', 3, NULL, "", NULL},
    {"*2\r\n:1\r\n_\r\n", '*', 2, NULL, "", NULL},
    {"*2\r\n+1\r\n_\r\n", '*', 2, NULL, "", NULL},
    {"*2\r\n-ERR inside\r\n!3\r\nERR\r\n", '*', 2, NULL, "h", "ERR inside"},
    {"*2\r\n+OK\r\n*1\r\n-WRONGTYPE x\r\n", '*', 2, NULL, "h", "WRONGTYPE x"},
    {"*1\r\n!3\r\nERR\r\n", '*', 1, NULL, "h", ""},
    {"*2\r\n*2\r\n*0\r\n*-1\r\n*1\r\n*1\r\n_\r\n", '*', 2, NULL, "", NULL},
    {"~2\r\n#t\r\n,1\r\n", '~', 2, NULL, "", NULL},
    {"%2\r\n+a\r\n:1\r\n+b\r\n%1\r\n+c\r\n=4\r\ntxt:\r\n", '%', 4, NULL, "", NULL},
    {">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n", '>', 2, NULL, "p", NULL},
    {">0\r\n", '>', 0, NULL, "p", NULL},
    {"|1\r\n+ttl\r\n:3\r\n$3\r\nfoo\r\n", '$', 3, "foo", "", NULL},
    {"|1\r\n+ttl\r\n*1\r\n:3\r\n-ERR no\r\n", '-', 0, "ERR no", "e", "ERR no"},
    {"|0\r\n|1\r\n-x\r\n-y\r\n+OK\r\n", '+', 0, "OK", "", NULL},
    {"|1\r\n|1\r\n_\r\n_\r\n+a\r\n+b\r\n_\r\n", '_', 0, NULL, "n", NULL},
    {"*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n|0\r\n:2\r\n", '*', 2, NULL, "", NULL},
    {"|1\r\n+a\r\n+b\r\n>1\r\n+x\r\n", '>', 1, NULL, "p", NULL},
};

static bool has(const char *flags, char flag)
{
    return strchr(flags, flag) != NULL;
}

/* What is known of the reply is as in the row; `whole`: its text was in one piece. */
static bool matches(const struct row *row, const struct resp_reader *reader,
                    const struct resp_reply *reply, bool whole)
{
    struct str text = str_from(row->text);
    bool text_right = reply->text.data == NULL ? !whole || row->text == NULL
                                               : row->text != NULL && str_eq(reply->text, text);
    return text_right && reply->type == row->type && reply->number == row->number &&
           reply->size == strlen(row->wire) && reply->is_error == has(row->flags, 'e') &&
           reply->holds_error == has(row->flags, 'h') && reply->is_null == has(row->flags, 'n') &&
           reply->is_push == has(row->flags, 'p') &&
           (row->head == NULL || strcmp(reader->head, row->head) == 0);
}

/* Reads the row cut into pieces at `cut` and `cut + step`, ...; true when only the last byte ends
 * it and everything is known. */
static bool read_cut(const struct row *row, size_t cut, size_t step)
{
    struct resp_reader reader = {0};
    struct resp_reply reply = {0};
    size_t len = strlen(row->wire);
    size_t begin = 0;
    size_t end = cut;
    for (;;) {
        /* A copy of the exact size, so that a sanitizer sees a read beyond the piece. */
        size_t at = 0;
        size_t piece = end - begin;
        char *copy = malloc(piece + 1);
        memcpy(copy + 1, row->wire + begin, piece);
        enum resp_status status = resp_read(&reader, copy + 1, piece, &at, &reply);
        bool right = status == RESP_OK ? matches(row, &reader, &reply, false) : false;
        free(copy);
        if (at != piece) {
            return false;
        }
        if (end == len) {
            return status == RESP_OK && right;
        }
        if (status != RESP_MORE) {
            return false;
        }
        begin = end;
        end = end + step < len ? end + step : len;
    }
}

static void test_replies(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct resp_reader reader = {0};
        struct resp_reply reply = {0};
        size_t len = strlen(row->wire);
        size_t at = 0;
        enum resp_status status = resp_read(&reader, row->wire, len, &at, &reply);
        tap_check(status == RESP_OK && at == len && matches(row, &reader, &reply, true),
                  "row %zu whole, type %c", i, row->type);
        size_t wrong = 0;
        for (size_t cut = 0; cut <= len; cut++) {
            wrong += read_cut(row, cut, len) ? 0 : 1;
        }
        tap_int((int64_t)wrong, 0, "row %zu cut in two anywhere", i);
        tap_check(read_cut(row, 1, 1), "row %zu byte by byte", i);
        tap_check(read_cut(row, 2, 3), "row %zu in threes", i);
    }
}

/* All rows one after the other in one buffer, cut into pieces of every size. */
static void test_stream(void)
{
    struct buf wire = {0};
    size_t count = sizeof rows / sizeof rows[0];
    for (size_t i = 0; i < count; i++) {
        (void)buf_add_text(&wire, rows[i].wire);
    }
    size_t wrong = 0;
    for (size_t step = 1; step <= wire.len; step++) {
        struct resp_reader reader = {0};
        size_t seen = 0;
        for (size_t begin = 0; begin < wire.len; begin += step) {
            size_t at = 0;
            size_t len = wire.len - begin < step ? wire.len - begin : step;
            while (at < len) {
                struct resp_reply reply;
                enum resp_status status = resp_read(&reader, wire.data + begin, len, &at, &reply);
                wrong += status == RESP_BAD ? 1 : 0;
                if (status == RESP_OK) {
                    wrong +=
                        matches(&rows[seen % count], &reader, &reply, step == wire.len) ? 0 : 1;
                    seen++;
                }
            }
        }
        wrong += seen == count ? 0 : 1;
    }
    tap_int((int64_t)wrong, 0, "a stream of all replies in pieces of every size");
    buf_release(&wire);
}

static const struct {
    const char *wire;
    const char *problem; /* the first words */
} bad[] = {
    {"HTTP/1.1 400 Bad Request\r\n", "a byte that begins no RESP value"},
    {"\r\n", "a byte that begins no RESP value"},
    {"\x15\x03\x01", "a byte that begins no RESP value"},
    {"@", "a byte that begins no RESP value"},
    {"+OK\n", "a line that ends without a carriage return"},
    {"+OK\rx", "a carriage return without a line feed"},
    {"+OK\r\r\n", "a carriage return without a line feed"},
    {"-a\nb\r\n", "a line that ends without a carriage return"},
    {":\r\n", "an integer"},
    {":-\r\n", "an integer"},
    {":+-1\r\n", "an integer"},
    {":--1\r\n", "an integer"},
    {":1.5\r\n", "an integer"},
    {":1 \r\n", "an integer"},
    {":9223372036854775808\r\n", "an integer"},
    {":-9223372036854775809\r\n", "an integer"},
    {":00000000000000000000000000000000001\r\n", "an integer"},
    {"$\r\n", "a length that is not a number"},
    {"$-\r\n", "a length that is not a number"},
    {"$-2\r\n", "a length that is not a number"},
    {"$-0\r\n", "a length that is not a number"},
    {"$-11\r\n", "a length that is not a number"},
    {"$+3\r\nfoo\r\n", "a length that is not a number"},
    {"$3x\r\nfoo\r\n", "a length that is not a number"},
    {"$3\nfoo\r\n", "a line that ends without a carriage return"},
    {"$3\r\nfoobar\r\n", "a string that is not followed by CR and LF"},
    {"$3\r\nfoo\rx", "a string that is not followed by CR and LF"},
    {"$3\r\nfoo\n\r", "a string that is not followed by CR and LF"},
    {"$0\r\nx", "a string that is not followed by CR and LF"},
    {"$536870913\r\n", "a length beyond the limit"},
    {"$999999999\r\n", "a length beyond the limit"},
    {"$9223372036854775807\r\n", "a length beyond the limit"},
    {"$18446744073709551615\r\n", "a length beyond the limit"},
    {"$18446744073709551616\r\n", "a length that is not a number"},
    {"$?\r\n", "a streamed string"},
    {"*?\r\n", "a streamed string"},
    {"%?\r\n", "a streamed string"},
    {"~?\r\n", "a streamed string"},
    {";4\r\nabcd\r\n", "a streamed string"},
    {".\r\n", "a streamed string"},
    {"*16777217\r\n", "a length beyond the limit"},
    {"%8388609\r\n", "a length beyond the limit"},
    {"~16777217\r\n", "a length beyond the limit"},
    {"*-2\r\n", "a length that is not a number"},
    {"%-1\r\n", "a length that is not a number"},
    {"~-1\r\n", "a length that is not a number"},
    {">-1\r\n", "a length that is not a number"},
    {"|-1\r\n", "a length that is not a number"},
    {"=-1\r\n", "a length that is not a number"},
    {"!-1\r\n", "a length that is not a number"},
    {"=3\r\ntxt\r\n", "a verbatim string without its format"},
    {"_x\r\n", "a null with something in it"},
    {"#x\r\n", "a boolean"},
    {"#\r\n", "a boolean"},
    {"#tt\r\n", "a boolean"},
    {",\r\n", "a double"},
    {",x\r\n", "a double"},
    {",1.2.3\r\n", "a double"},
    {"(\r\n", "a big number"},
    {"(-\r\n", "a big number"},
    {"(12a\r\n", "a big number"},
    {"*1\r\n>1\r\n+x\r\n", "a push message inside another value"},
    {"*1\r\nx", "a byte that begins no RESP value"},
    {"*1\r\n$-2\r\n", "a length that is not a number"},
    {"|1\r\n+a\r\n>0\r\n", "a push message inside another value"},
};

static bool fails_cut(const char *wire, size_t cut, const char *problem)
{
    struct resp_reader reader = {0};
    struct resp_reply reply;
    size_t len = strlen(wire);
    size_t at = 0;
    enum resp_status status = resp_read(&reader, wire, cut, &at, &reply);
    if (status == RESP_MORE) {
        status = resp_read(&reader, wire, len, &at, &reply);
    }
    return status == RESP_BAD && strncmp(reader.problem, problem, strlen(problem)) == 0;
}

static void test_bad(void)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t wrong = 0;
        for (size_t cut = 0; cut <= strlen(bad[i].wire); cut++) {
            wrong += fails_cut(bad[i].wire, cut, bad[i].problem) ? 0 : 1;
        }
        tap_int((int64_t)wrong, 0, "bad row %zu is %s, cut anywhere", i, bad[i].problem);
    }
    struct resp_reader reader = {0};
    struct resp_reply reply;
    size_t at = 0;
    tap_int(resp_read(&reader, "x+OK\r\n", 6, &at, &reply), RESP_BAD, "bad");
    at = 1;
    tap_int(resp_read(&reader, "x+OK\r\n", 6, &at, &reply), RESP_BAD, "stays bad");
    at = 0;
    tap_int(resp_read(&reader, NULL, 0, &at, &reply), RESP_BAD, "also without bytes");
    reader = (struct resp_reader){0};
    tap_int(resp_read(&reader, NULL, 0, &at, &reply), RESP_MORE, "no bytes are no reply");
}

/* `count` times `unit`, then `tail`, whole and byte by byte. */
static void test_limit(const char *unit, size_t count, const char *tail, enum resp_status wanted)
{
    struct buf wire = {0};
    for (size_t i = 0; i < count; i++) {
        (void)buf_add_text(&wire, unit);
    }
    (void)buf_add_text(&wire, tail);
    struct resp_reader whole = {0};
    struct resp_reader split = {0};
    struct resp_reply reply;
    size_t at = 0;
    tap_int(resp_read(&whole, wire.data, wire.len, &at, &reply), wanted, "%zu of \"%c\" whole",
            count, unit[0]);
    enum resp_status status = RESP_MORE;
    for (size_t i = 0; i < wire.len && status == RESP_MORE; i++) {
        at = i;
        status = resp_read(&split, wire.data, i + 1, &at, &reply);
    }
    tap_int(status, wanted, "%zu of \"%c\" byte by byte", count, unit[0]);
    if (wanted == RESP_BAD) {
        tap_text(split.problem, whole.problem, "for the same reason");
    }
    buf_release(&wire);
}

static void test_limits(void)
{
    test_limit("*1\r\n", RESP_MAX_DEPTH, "+OK\r\n", RESP_OK);
    test_limit("*1\r\n", RESP_MAX_DEPTH + 1, "+OK\r\n", RESP_BAD);
    test_limit("|1\r\n", RESP_MAX_DEPTH + 1, "+OK\r\n", RESP_BAD);
    test_limit("+", 1 + RESP_MAX_LINE, "\r\n", RESP_OK);
    test_limit("+", 1 + RESP_MAX_LINE + 1, "\r\n", RESP_BAD);
    test_limit("+", 1 + RESP_MAX_LINE, "\n\r\n", RESP_BAD);
    test_limit("$", 1, "536870912\r\n", RESP_MORE);
    test_limit("*", 1, "16777216\r\n", RESP_MORE);
    test_limit("%", 1, "8388608\r\n", RESP_MORE);
}

static void test_head(void)
{
    struct resp_reader reader = {0};
    struct resp_reply reply;
    struct buf wire = {0};
    size_t at = 0;
    (void)buf_add_text(&wire, "-ERR ");
    for (int i = 0; i < 300; i++) {
        (void)buf_add_char(&wire, 'x');
    }
    (void)buf_add_text(&wire, "\r\n+OK\r\n*1\r\n-inner\r\n");
    (void)resp_read(&reader, wire.data, wire.len, &at, &reply);
    tap_int((int64_t)strlen(reader.head), RESP_HEAD_SIZE - 1, "a long error is cut");
    (void)resp_read(&reader, wire.data, wire.len, &at, &reply);
    tap_int((int64_t)strlen(reader.head), RESP_HEAD_SIZE - 1, "and stays until the next one");
    (void)resp_read(&reader, wire.data, wire.len, &at, &reply);
    tap_text(reader.head, "inner", "that may be inside of a reply");
    buf_release(&wire);
}

/* A body larger than any buffer passes through a small one. */
static void test_large(void)
{
    enum { PIECE = 4096 };
    static char piece[PIECE];
    struct resp_reader reader = {0};
    struct resp_reply reply = {0};
    size_t at = 0;
    uint64_t left = RESP_MAX_BULK;
    enum resp_status status = resp_read(&reader, "$536870912\r\n", 12, &at, &reply);
    while (left > 0 && status == RESP_MORE) {
        at = 0;
        status = resp_read(&reader, piece, PIECE, &at, &reply);
        left -= PIECE;
    }
    at = 0;
    tap_int(status, RESP_MORE, "the whole body is taken");
    tap_int(resp_read(&reader, "\r\n", 2, &at, &reply), RESP_OK, "512 MB end");
    tap_int((int64_t)reply.size, 12 + (int64_t)RESP_MAX_BULK + 2, "and are counted");
    tap_check(reply.text.data == NULL, "without a text");
}

int main(void)
{
    test_replies();
    test_stream();
    test_bad();
    test_limits();
    test_head();
    test_large();
    return tap_end();
}
