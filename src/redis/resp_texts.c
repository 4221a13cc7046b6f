#include "redis/resp_texts.h"

#include <string.h>

/* What the next byte belongs to. */
enum { STATE_TYPE, STATE_LINE, STATE_LF, STATE_BODY };

enum { CRLF_SIZE = 2 };

void resp_texts_begin(struct resp_texts *texts)
{
    texts->left = 0;
    texts->count = 0;
    texts->used = 0;
    texts->state = STATE_TYPE;
    texts->is_full = false;
    texts->line_len = 0;
}

/* What does not fit is not there, and neither is what follows: numbers would not be right. */
static void keep(struct resp_texts *texts, const char *data, size_t len)
{
    if (texts->count == RESP_TEXTS_MOST || len > (size_t)RESP_TEXTS_BYTES - texts->used) {
        texts->is_full = true;
    }
    if (!texts->is_full) {
        memcpy(texts->bytes + texts->used, data, len);
        texts->used = (uint16_t)(texts->used + len);
    }
}

static void end_text(struct resp_texts *texts)
{
    keep(texts, "", 0);
    if (!texts->is_full) {
        texts->ends[texts->count++] = texts->used;
    }
}

static bool has_body(char type)
{
    return type == '$' || type == '=' || type == '!';
}

static bool is_aggregate(char type)
{
    return type == '*' || type == '%' || type == '~' || type == '>' || type == '|';
}

static void end_line(struct resp_texts *texts)
{
    struct str line = {texts->line, texts->line_len};
    uint64_t len;
    texts->state = STATE_TYPE;
    if (has_body(texts->type) && str_to_u64(line, &len)) {
        texts->left = len + CRLF_SIZE;
        texts->state = STATE_BODY;
    } else if (!is_aggregate(texts->type)) {
        end_text(texts); /* of a line, or a null */
    } else if (str_eq(line, STR("-1"))) {
        end_text(texts);
    }
}

static void take_line(struct resp_texts *texts, const char *data, size_t len)
{
    if (has_body(texts->type) || is_aggregate(texts->type)) {
        size_t room = sizeof texts->line - texts->line_len;
        size_t kept = len < room ? len : room;
        memcpy(texts->line + texts->line_len, data, kept);
        texts->line_len = (uint8_t)(texts->line_len + kept);
    } else {
        keep(texts, data, len);
    }
}

static size_t take_body(struct resp_texts *texts, const char *data, size_t len)
{
    uint64_t body = texts->left > CRLF_SIZE ? texts->left - CRLF_SIZE : 0;
    size_t taken = len < texts->left ? len : (size_t)texts->left;
    keep(texts, data, taken < body ? taken : (size_t)body);
    texts->left -= taken;
    if (texts->left == 0) {
        texts->state = STATE_TYPE;
        end_text(texts);
    }
    return taken;
}

void resp_texts_take(struct resp_texts *texts, const char *data, size_t len)
{
    size_t at = 0;
    while (at < len) {
        switch (texts->state) {
        case STATE_TYPE:
            texts->type = data[at++];
            texts->line_len = 0;
            texts->state = STATE_LINE;
            break;
        case STATE_LINE: {
            const char *end = memchr(data + at, '\r', len - at);
            size_t line = end == NULL ? len - at : (size_t)(end - data) - at;
            take_line(texts, data + at, line);
            at += line;
            if (end != NULL) {
                at++;
                texts->state = STATE_LF;
            }
            break;
        }
        case STATE_LF:
            at++;
            end_line(texts);
            break;
        default:
            at += take_body(texts, data + at, len - at);
            break;
        }
    }
}

bool resp_texts_get(const struct resp_texts *texts, size_t index, struct str *out)
{
    if (index >= texts->count) {
        return false;
    }
    size_t start = index == 0 ? 0 : texts->ends[index - 1];
    *out = (struct str){texts->bytes + start, texts->ends[index] - start};
    return true;
}
