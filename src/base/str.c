#include "base/str.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (tolower((unsigned char)a.data[i]) != tolower((unsigned char)b.data[i])) {
            return false;
        }
    }
    return true;
}

bool str_starts_with(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq(str_prefix(s, prefix.len), prefix);
}

bool str_ends_with(struct str s, struct str suffix)
{
    return s.len >= suffix.len && str_eq(str_from_index(s, s.len - suffix.len), suffix);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
    while (s.len > 0 && is_blank(s.data[0])) {
        s.data++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.data[s.len - 1])) {
        s.len--;
    }
    return s;
}

ptrdiff_t str_find(struct str s, char wanted)
{
    const char *at = s.len == 0 ? NULL : memchr(s.data, wanted, s.len);
    return at == NULL ? -1 : at - s.data;
}

ptrdiff_t str_find_last(struct str s, char wanted)
{
    for (size_t i = s.len; i > 0; i--) {
        if (s.data[i - 1] == wanted) {
            return (ptrdiff_t)i - 1;
        }
    }
    return -1;
}

struct str str_from_index(struct str s, size_t start)
{
    if (start >= s.len) {
        return (struct str){s.data == NULL ? NULL : s.data + s.len, 0};
    }
    return (struct str){s.data + start, s.len - start};
}

struct str str_prefix(struct str s, size_t len)
{
    return (struct str){s.data, len < s.len ? len : s.len};
}

struct str str_split(struct str *rest, char separator)
{
    ptrdiff_t at = str_find(*rest, separator);
    struct str head = *rest;
    if (at < 0) {
        *rest = str_from_index(*rest, rest->len);
        return head;
    }
    head = str_prefix(*rest, (size_t)at);
    *rest = str_from_index(*rest, (size_t)at + 1);
    return head;
}

bool str_to_u64(struct str s, uint64_t *out)
{
    uint64_t value = 0;
    if (s.len == 0) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(s.data[i] - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

bool str_to_i64(struct str s, int64_t *out)
{
    bool negative = s.len > 0 && s.data[0] == '-';
    uint64_t magnitude;
    if (!str_to_u64(negative ? str_from_index(s, 1) : s, &magnitude)) {
        return false;
    }
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0)) {
        return false;
    }
    *out = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

bool str_to_double(struct str s, double *out)
{
    char text[64];
    if (s.len == 0 || s.len >= sizeof text) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];
        if (!isdigit((unsigned char)c) && memchr("+-.eE", c, 5) == NULL) {
            return false;
        }
    }
    memcpy(text, s.data, s.len);
    text[s.len] = '\0';
    char *end;
    double value = strtod(text, &end);
    if (*end != '\0' || !isfinite(value)) {
        return false;
    }
    *out = value;
    return true;
}
