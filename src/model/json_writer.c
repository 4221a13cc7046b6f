#include "model/json_writer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Bytes of the UTF-8 sequence at the start of `text` (RFC 3629: no overlong forms, no surrogates,
 * nothing above U+10FFFF), or 0. */
static size_t utf8_length(struct str text)
{
    static const struct {
        unsigned char low, high;               /* of the first byte */
        unsigned char second_low, second_high; /* of the second */
        unsigned char len;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    const unsigned char *bytes = (const unsigned char *)text.data;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        size_t len = forms[i].len;
        if (bytes[0] < forms[i].low || bytes[0] > forms[i].high || len > text.len) {
            continue;
        }
        bool good =
            len < 2 || (bytes[1] >= forms[i].second_low && bytes[1] <= forms[i].second_high);
        for (size_t j = 2; j < len; j++) {
            good = good && bytes[j] >= 0x80 && bytes[j] <= 0xbf;
        }
        return good ? len : 0;
    }
    return 0;
}

static void add_quoted(struct buf *out, struct str text)
{
    (void)buf_add_char(out, '"');
    while (text.len > 0) {
        unsigned char c = (unsigned char)text.data[0];
        size_t len = utf8_length(text);
        if (c == '"' || c == '\\') {
            (void)buf_addf(out, "\\%c", c);
        } else if (c < 0x20 || c == 0x7f) {
            (void)buf_addf(out, "\\u%04x", c);
        } else if (len == 0) {
            (void)buf_add_text(out, "\\ufffd");
        } else {
            (void)buf_add_str(out, str_prefix(text, len));
        }
        text = str_from_index(text, len == 0 ? 1 : len);
    }
    (void)buf_add_char(out, '"');
}

static void new_line(struct json_writer *json)
{
    (void)buf_addf(json->out, "\n%*s", (int)(2 * json->depth), "");
}

static void begin(struct json_writer *json, const char *name)
{
    if (json->filled) {
        (void)buf_add_char(json->out, ',');
    }
    if (json->depth > 0) {
        new_line(json);
    }
    json->filled = true;
    if (name != NULL) {
        add_quoted(json->out, str_from(name));
        (void)buf_add_text(json->out, ": ");
    }
}

void json_writer_open(struct json_writer *json, const char *name, char bracket)
{
    begin(json, name);
    (void)buf_add_char(json->out, bracket);
    json->depth++;
    json->filled = false;
}

void json_writer_close(struct json_writer *json, char bracket)
{
    json->depth--;
    if (json->filled) {
        new_line(json);
    }
    (void)buf_add_char(json->out, bracket);
    json->filled = true;
}

void json_writer_text(struct json_writer *json, const char *name, const char *value)
{
    if (value == NULL) {
        json_writer_null(json, name);
        return;
    }
    begin(json, name);
    add_quoted(json->out, str_from(value));
}

void json_writer_count(struct json_writer *json, const char *name, uint64_t value)
{
    if (value == UINT64_MAX) {
        json_writer_null(json, name);
        return;
    }
    begin(json, name);
    (void)buf_addf(json->out, "%" PRIu64, value < INT64_MAX ? value : (uint64_t)INT64_MAX);
}

void json_writer_number(struct json_writer *json, const char *name, double value)
{
    if (!isfinite(value)) {
        json_writer_null(json, name);
        return;
    }
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        double back = strtod(text, NULL);
        if (!(back < value) && !(back > value)) {
            break;
        }
    }
    begin(json, name);
    (void)buf_add_text(json->out, text);
}

void json_writer_seconds(struct json_writer *json, const char *name, nsec time)
{
    json_writer_number(json, name, (double)time / (double)NSEC_PER_SEC);
}

void json_writer_bool(struct json_writer *json, const char *name, bool value)
{
    begin(json, name);
    (void)buf_add_text(json->out, value ? "true" : "false");
}

void json_writer_null(struct json_writer *json, const char *name)
{
    begin(json, name);
    (void)buf_add_text(json->out, "null");
}
