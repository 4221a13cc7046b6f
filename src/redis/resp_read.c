#include "redis/resp_read.h"

#include <assert.h>
#include <string.h>

/* What the next byte belongs to. */
enum state {
    STATE_IDLE,  /* the first byte of a reply; 0, as resp_is_between says */
    STATE_NEXT,  /* the first byte of an element inside a reply, or after attributes */
    STATE_LINE,  /* a line: text, a number or a length */
    STATE_LF,    /* the LF that must follow the CR of a line */
    STATE_BODY,  /* the body of a bulk string, its CR and its LF: `skip` bytes */
    STATE_BROKEN /* after RESP_BAD */
};

enum {
    CRLF_SIZE = 2,
    SHORT_BULK_DIGITS = 8, /* of a length that the short way reads */
    SHORT_INT_DIGITS = 18  /* of a number that cannot overflow */
};

/* An attribute in `pending`: what follows it, not itself, is the element that counts. */
static const uint64_t ATTRIBUTE = UINT64_C(1) << 63;

/* The bytes of one call. */
struct span {
    const char *at;
    const char *end;
    struct str line; /* the current line, when it began in this call */
    struct str text; /* the body of the top-level reply, when it lies whole in this call */
};

static inline bool is_crlf(const char *bytes)
{
    return memcmp(bytes, "\r\n", CRLF_SIZE) == 0;
}

/*
 * The short way: values that lie whole in the bytes at hand. Each function consumes one value and
 * returns true, or leaves everything that is split, rare or wrong to the long way below. Status and
 * bulk string are inlined into resp_read and keep few values alive at once: most of their cost were
 * calls and saved registers.
 */

#define ALWAYS_INLINE __attribute__((always_inline)) static inline

ALWAYS_INLINE bool short_status(const char *data, size_t len, size_t *at, struct resp_reply *reply)
{
    enum { SIZE = 5 };
    const char *bytes = data + *at;
    if (len - *at < SIZE || memcmp(bytes, "+OK\r", SIZE - 1) != 0 || bytes[SIZE - 1] != '\n') {
        return false;
    }
    *reply = (struct resp_reply){.type = '+', .size = SIZE, .text = {bytes + 1, 2}};
    *at += SIZE;
    return true;
}

/* The caller has seen the '$'. */
ALWAYS_INLINE bool short_bulk(const char *data, size_t len, size_t *at, struct resp_reply *reply)
{
    uint64_t size = 0;
    size_t digits = *at + 1;
    size_t end = digits;
    for (; end < len; end++) {
        unsigned value = (unsigned char)data[end] - (unsigned)'0';
        if (value > 9) {
            break;
        }
        size = size * 10 + value;
    }
    /* So few digits neither overflow nor exceed RESP_MAX_BULK. None at all wraps around. */
    if (end - digits - 1 >= SHORT_BULK_DIGITS) {
        return false;
    }
    if (len - end < size + 2 * CRLF_SIZE || !is_crlf(data + end)) {
        return false;
    }
    const char *body = data + end + CRLF_SIZE;
    if (!is_crlf(body + size)) {
        return false;
    }
    size_t whole = end + size + 2 * CRLF_SIZE - *at;
    *reply = (struct resp_reply){
        .type = '$', .number = (int64_t)size, .size = whole, .text = {body, size}};
    *at += whole;
    return true;
}

static size_t short_integer(const char *bytes, size_t left, struct resp_reply *reply)
{
    bool negative = left > 1 && bytes[1] == '-';
    size_t first = negative ? 2 : 1;
    size_t limit = left < first + SHORT_INT_DIGITS ? left : first + SHORT_INT_DIGITS;
    int64_t number = 0;
    size_t i = first;
    for (; i < limit; i++) {
        unsigned value = (unsigned char)bytes[i] - (unsigned)'0';
        if (value > 9) {
            break;
        }
        number = number * 10 + (int64_t)value;
    }
    size_t whole = i + CRLF_SIZE;
    if (i == first || left < whole || !is_crlf(bytes + i)) {
        return 0;
    }
    *reply = (struct resp_reply){.type = ':',
                                 .number = negative ? -number : number,
                                 .size = whole,
                                 .text = {bytes + 1, i - 1}};
    return whole;
}

/* Integers and both forms of null. */
__attribute__((noinline)) static bool short_other(const char *data, size_t len, size_t *at,
                                                  struct resp_reply *reply)
{
    enum { NULL_SIZE = 3, NULL_BULK_SIZE = 5 };
    const char *bytes = data + *at;
    size_t left = len - *at;
    size_t whole = 0;
    if (bytes[0] == ':') {
        whole = short_integer(bytes, left, reply);
    } else if (bytes[0] == '_' && left >= NULL_SIZE && is_crlf(bytes + 1)) {
        *reply = (struct resp_reply){.type = '_', .is_null = true, .size = NULL_SIZE};
        whole = NULL_SIZE;
    } else if (left >= NULL_BULK_SIZE && memcmp(bytes, "$-1\r\n", NULL_BULK_SIZE) == 0) {
        *reply =
            (struct resp_reply){.type = '$', .is_null = true, .number = -1, .size = NULL_BULK_SIZE};
        whole = NULL_BULK_SIZE;
    }
    *at += whole;
    return whole != 0;
}

/*
 * The long way: one state per kind of byte, so that a reply may be split anywhere.
 */

static enum resp_status broken(struct resp_reader *reader, const char *problem)
{
    reader->state = STATE_BROKEN;
    reader->problem = problem;
    return RESP_BAD;
}

/* An element has ended; so have the aggregates whose last one it was. */
static enum resp_status end_element(struct resp_reader *reader)
{
    while (reader->depth > 0) {
        uint64_t *pending = &reader->pending[reader->depth - 1];
        (*pending)--;
        if ((*pending & ~ATTRIBUTE) > 0) {
            reader->state = STATE_NEXT;
            return RESP_MORE;
        }
        reader->depth--;
        if (*pending == ATTRIBUTE) {
            reader->state = STATE_NEXT;
            return RESP_MORE;
        }
    }
    reader->state = STATE_IDLE;
    return RESP_OK;
}

/* Elements of an aggregate, and what follows attributes, take the short way too. */
static bool short_element(struct resp_reader *reader, struct span *span)
{
    size_t at = 0;
    size_t len = (size_t)(span->end - span->at);
    struct resp_reply found;
    if (!(*span->at == '$' && short_bulk(span->at, len, &at, &found)) &&
        !short_other(span->at, len, &at, &found)) {
        return false;
    }
    span->at += at;
    if (reader->at_top) {
        reader->reply = found;
        span->text = found.text;
    }
    return true;
}

static enum resp_status read_type(struct resp_reader *reader, struct span *span)
{
    reader->at_top = reader->depth == 0;
    if (reader->state == STATE_NEXT && short_element(reader, span)) {
        return end_element(reader);
    }
    char type = *span->at++;
    if (type == '\0' || strchr("+-:$*_#,(!=%~>|", type) == NULL) {
        return broken(reader, type == '.' || type == ';'
                                  ? "a streamed string or aggregate, which is not supported"
                                  : "a byte that begins no RESP value");
    }
    if (type == '>' && !reader->at_top) {
        return broken(reader, "a push message inside another value");
    }
    reader->type = type;
    reader->line_len = 0;
    reader->state = STATE_LINE;
    bool is_error = type == '-' || type == '!';
    if (reader->at_top && type != '|') {
        reader->reply = (struct resp_reply){
            .type = type, .is_error = is_error, .is_null = type == '_', .is_push = type == '>'};
    }
    reader->keeps_head = is_error && (reader->at_top || !reader->reply.holds_error);
    if (reader->keeps_head) {
        reader->reply.holds_error = !reader->at_top;
        reader->head_len = 0;
        reader->head[0] = '\0';
    }
    return RESP_MORE;
}

static void keep_head(struct resp_reader *reader, const char *data, size_t len)
{
    size_t room = sizeof reader->head - 1 - reader->head_len;
    size_t kept = len < room ? len : room;
    memcpy(reader->head + reader->head_len, data, kept);
    reader->head_len += (uint32_t)kept;
    reader->head[reader->head_len] = '\0';
}

static enum resp_status read_line(struct resp_reader *reader, struct span *span)
{
    /* One byte more than may belong to the line: there the CR may stand. */
    size_t room = RESP_MAX_LINE - reader->line_len;
    size_t left = (size_t)(span->end - span->at);
    size_t window = left > room ? room + 1 : left;
    const char *cr = memchr(span->at, '\r', window);
    size_t len = cr == NULL ? window : (size_t)(cr - span->at);
    if (memchr(span->at, '\n', len) != NULL) {
        return broken(reader, "a line that ends without a carriage return");
    }
    if (len > room) {
        return broken(reader, "a line that is too long");
    }
    if (reader->line_len == 0) {
        span->line = (struct str){span->at, len};
    }
    if (reader->line_len < sizeof reader->line) {
        size_t kept = sizeof reader->line - reader->line_len;
        memcpy(reader->line + reader->line_len, span->at, len < kept ? len : kept);
    }
    if (reader->keeps_head && reader->type == '-') {
        keep_head(reader, span->at, len);
    }
    reader->line_len += (uint32_t)len;
    span->at += len;
    if (cr != NULL) {
        span->at++;
        reader->state = STATE_LF;
    }
    return RESP_MORE;
}

/* The start of the line; all of it for whatever is short enough to be a number. */
static struct str kept_line(const struct resp_reader *reader)
{
    size_t len = reader->line_len;
    return (struct str){reader->line, len < sizeof reader->line ? len : sizeof reader->line};
}

static bool is_line_integer(const struct resp_reader *reader, int64_t *out)
{
    struct str line = kept_line(reader);
    if (reader->line_len > line.len) {
        return false;
    }
    if (line.len > 1 && line.data[0] == '+' && line.data[1] != '-') {
        line = str_from_index(line, 1);
    }
    return str_to_i64(line, out);
}

/* A line longer than any double is written, by some long-double replies, is only sampled. */
static bool is_line_double(const struct resp_reader *reader)
{
    struct str line = kept_line(reader);
    double value;
    if (reader->line_len > line.len) {
        return strchr("+-.0123456789", line.data[0]) != NULL;
    }
    return str_to_double(line, &value) || str_eq_nocase(line, STR("inf")) ||
           str_eq_nocase(line, STR("-inf")) || str_eq_nocase(line, STR("nan")) ||
           str_eq_nocase(line, STR("-nan"));
}

static bool is_line_big_number(const struct resp_reader *reader)
{
    struct str line = kept_line(reader);
    size_t sign = line.len > 0 && (line.data[0] == '-' || line.data[0] == '+') ? 1 : 0;
    for (size_t i = sign; i < line.len; i++) {
        if (line.data[i] < '0' || line.data[i] > '9') {
            return false;
        }
    }
    return line.len > sign;
}

/* Reads the line as a length of at most `max`, or -1 where `may_be_null`. NULL or a problem. */
static const char *line_length(const struct resp_reader *reader, bool may_be_null, uint64_t max,
                               int64_t *out)
{
    struct str line = kept_line(reader);
    uint64_t len = 0;
    if (line.len > 0 && line.data[0] == '?') {
        return "a streamed string or aggregate, which is not supported";
    }
    if (reader->line_len == 2 && may_be_null && str_eq(line, STR("-1"))) {
        *out = -1;
        return NULL;
    }
    if (reader->line_len > line.len || !str_to_u64(line, &len)) {
        return "a length that is not a number, or out of range";
    }
    if (len > max) {
        return "a length beyond the limit";
    }
    *out = (int64_t)len;
    return NULL;
}

static enum resp_status begin_body(struct resp_reader *reader)
{
    int64_t len = 0;
    const char *problem = line_length(reader, reader->type == '$', RESP_MAX_BULK, &len);
    if (problem != NULL) {
        return broken(reader, problem);
    }
    if (reader->type == '=' && len < 4) {
        return broken(reader, "a verbatim string without its format");
    }
    if (reader->at_top) {
        reader->reply.number = len;
        reader->reply.is_null = len < 0;
    }
    if (len < 0) {
        return end_element(reader);
    }
    reader->skip = (uint64_t)len + CRLF_SIZE;
    reader->state = STATE_BODY;
    return RESP_MORE;
}

static enum resp_status begin_aggregate(struct resp_reader *reader)
{
    bool pairs = reader->type == '%' || reader->type == '|';
    uint64_t max = pairs ? RESP_MAX_ELEMENTS / 2 : RESP_MAX_ELEMENTS;
    int64_t count = 0;
    const char *problem = line_length(reader, reader->type == '*', max, &count);
    if (problem != NULL) {
        return broken(reader, problem);
    }
    bool attribute = reader->type == '|';
    count = pairs ? count * 2 : count;
    if (reader->at_top && !attribute) {
        reader->reply.number = count;
        reader->reply.is_null = count < 0;
    }
    if (count <= 0) {
        if (!attribute) {
            return end_element(reader);
        }
        reader->state = STATE_NEXT;
        return RESP_MORE;
    }
    if (reader->depth == RESP_MAX_DEPTH) {
        return broken(reader, "aggregates nested too deeply");
    }
    reader->pending[reader->depth++] = (uint64_t)count | (attribute ? ATTRIBUTE : 0);
    reader->state = STATE_NEXT;
    return RESP_MORE;
}

/* A line of text has ended: it is the whole value, if it is well formed. */
static enum resp_status end_text(struct resp_reader *reader, struct span *span)
{
    int64_t number = 0;
    struct str line = kept_line(reader);
    if (reader->type == ':' && !is_line_integer(reader, &number)) {
        return broken(reader, "an integer that is not a number, or out of range");
    }
    if (reader->type == ',' && !is_line_double(reader)) {
        return broken(reader, "a double that is not a number");
    }
    if (reader->type == '(' && !is_line_big_number(reader)) {
        return broken(reader, "a big number that is not a number");
    }
    if (reader->type == '#' && !str_eq(line, STR("t")) && !str_eq(line, STR("f"))) {
        return broken(reader, "a boolean that is neither true nor false");
    }
    if (reader->type == '_' && reader->line_len != 0) {
        return broken(reader, "a null with something in it");
    }
    if (reader->at_top) {
        reader->reply.number = reader->type == '#' ? str_eq(line, STR("t")) : number;
        span->text = span->line;
        if (reader->type == '_') {
            span->text = (struct str){0};
        }
    }
    return end_element(reader);
}

static enum resp_status read_line_feed(struct resp_reader *reader, struct span *span)
{
    if (*span->at != '\n') {
        return broken(reader, "a carriage return without a line feed");
    }
    span->at++;
    switch (reader->type) {
    case '$':
    case '=':
    case '!':
        return begin_body(reader);
    case '*':
    case '~':
    case '%':
    case '>':
    case '|':
        return begin_aggregate(reader);
    default:
        return end_text(reader, span);
    }
}

static enum resp_status read_body(struct resp_reader *reader, struct span *span)
{
    if (reader->skip > CRLF_SIZE) {
        size_t left = (size_t)(span->end - span->at);
        uint64_t missing = reader->skip - CRLF_SIZE;
        size_t len = missing < left ? (size_t)missing : left;
        if (reader->at_top && len == (uint64_t)reader->reply.number) {
            span->text = (struct str){span->at, len};
        }
        if (reader->at_top && reader->type == '!') {
            keep_head(reader, span->at, len);
        }
        span->at += len;
        reader->skip -= len;
        return RESP_MORE;
    }
    if (reader->at_top && reader->skip == CRLF_SIZE && reader->reply.number == 0) {
        span->text = (struct str){span->at, 0};
    }
    if (*span->at != (reader->skip == CRLF_SIZE ? '\r' : '\n')) {
        return broken(reader, "a string that is not followed by CR and LF");
    }
    span->at++;
    reader->skip--;
    return reader->skip == 0 ? end_element(reader) : RESP_MORE;
}

static enum resp_status read_on(struct resp_reader *reader, struct span *span)
{
    switch (reader->state) {
    case STATE_IDLE:
    case STATE_NEXT:
        return read_type(reader, span);
    case STATE_LINE:
        return read_line(reader, span);
    case STATE_LF:
        return read_line_feed(reader, span);
    case STATE_BODY:
        return read_body(reader, span);
    default:
        assert(reader->state == STATE_BROKEN);
        return RESP_BAD;
    }
}

/* Not inlined, so that the short way saves no registers for it. */
__attribute__((noinline)) static enum resp_status read_long(struct resp_reader *reader,
                                                            const char *data, size_t len,
                                                            size_t *at, struct resp_reply *reply)
{
    enum resp_status status = reader->state == STATE_BROKEN ? RESP_BAD : RESP_MORE;
    if (*at >= len) {
        return status;
    }
    struct span span = {.at = data + *at, .end = data + len};
    if (reader->state == STATE_IDLE) {
        reader->size = 0;
    }
    while (status == RESP_MORE && span.at < span.end) {
        status = read_on(reader, &span);
    }
    size_t used = (size_t)(span.at - data);
    reader->size += used - *at;
    *at = used;
    if (status == RESP_OK) {
        *reply = reader->reply;
        reply->size = reader->size;
        reply->text = span.text;
    }
    return status;
}

/* Not inlined, for the same reason. */
__attribute__((noinline)) static enum resp_status read_other(struct resp_reader *reader,
                                                             const char *data, size_t len,
                                                             size_t *at, struct resp_reply *reply)
{
    if (reader->state == STATE_IDLE && *at < len && short_other(data, len, at, reply)) {
        return RESP_OK;
    }
    return read_long(reader, data, len, at, reply);
}

enum resp_status resp_read(struct resp_reader *reader, const char *data, size_t len, size_t *at,
                           struct resp_reply *reply)
{
    if (reader->state == STATE_IDLE && *at < len) {
        if (data[*at] == '$' ? short_bulk(data, len, at, reply)
                             : short_status(data, len, at, reply)) {
            return RESP_OK;
        }
    }
    return read_other(reader, data, len, at, reply);
}

void resp_learn_habit(struct resp_habit *habit, const char *data, const struct resp_reply *reply)
{
    bool is_string = reply->type == '$';
    if (reply->text.data == NULL || (!is_string && reply->type != '+' && reply->type != ':')) {
        return;
    }
    size_t head = is_string ? (size_t)(reply->text.data - data) : (size_t)reply->size;
    unsigned char mask[sizeof habit->mask] = {0};
    if (head > sizeof mask) {
        return;
    }
    memset(mask, 0xff, head);
    memcpy(&habit->mask, mask, sizeof mask);
    memcpy(&habit->word, data, head);
    habit->word &= habit->mask;
    habit->whole = (size_t)reply->size;
}
