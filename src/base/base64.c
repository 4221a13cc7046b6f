#include "base/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool base64_encode(struct str bytes, struct buf *out)
{
    size_t len = (bytes.len + 2) / 3 * 4;
    char *to = buf_reserve(out, len);
    if (to == NULL) {
        return false;
    }
    const unsigned char *from = (const unsigned char *)bytes.data;
    for (size_t i = 0; i < bytes.len; i += 3, to += 4) {
        size_t left = bytes.len - i;
        uint32_t second = left > 1 ? from[i + 1] : 0;
        uint32_t third = left > 2 ? from[i + 2] : 0;
        uint32_t bits = (uint32_t)from[i] << 16 | second << 8 | third;
        to[0] = alphabet[bits >> 18];
        to[1] = alphabet[bits >> 12 & 63];
        to[2] = '=';
        to[3] = '=';
        if (left > 1) {
            to[2] = alphabet[bits >> 6 & 63];
        }
        if (left > 2) {
            to[3] = alphabet[bits & 63];
        }
    }
    buf_added(out, len);
    return true;
}

/* The six bits a character stands for, or -1. */
static int six_bits(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '+') {
        return 62;
    }
    return c == '/' ? 63 : -1;
}

/* Reads four characters, the last `padding` of which are '=', into up to three bytes. */
static bool decode_group(const char *from, size_t padding, char *to)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        int six = i + padding < 4 ? six_bits(from[i]) : 0;
        if (six < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)six;
    }
    uint32_t unused = padding == 0 ? 0 : (UINT32_C(1) << (8 * padding)) - 1;
    if ((bits & unused) != 0) {
        return false;
    }
    for (size_t i = 0; i + padding < 3; i++) {
        to[i] = (char)(unsigned char)(bits >> (16 - 8 * i) & 0xff);
    }
    return true;
}

static size_t padding_of(struct str text)
{
    if (text.data[text.len - 1] != '=') {
        return 0;
    }
    return text.data[text.len - 2] == '=' ? 2 : 1;
}

bool base64_decode(struct str text, struct buf *out)
{
    if (text.len % 4 != 0) {
        return false;
    }
    if (text.len == 0) {
        return true;
    }
    size_t padding = padding_of(text);
    size_t len = text.len / 4 * 3 - padding;
    char *to = buf_reserve(out, len);
    if (to == NULL) {
        return false;
    }
    for (size_t i = 0; i < text.len; i += 4, to += 3) {
        if (!decode_group(text.data + i, i + 4 == text.len ? padding : 0, to)) {
            return false;
        }
    }
    buf_added(out, len);
    return true;
}
