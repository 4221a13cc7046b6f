#include "workload/stamp.h"

#include <string.h>

enum {
    TAG_DIGITS = 6,
    TIME_DIGITS = 16,
    TAG_AT = STAMP_MARKER_SIZE,
    FLAG_AT = TAG_AT + TAG_DIGITS,
    TIME_AT = FLAG_AT + 1,
    END_AT = TIME_AT + TIME_DIGITS,
};

const char stamp_marker[STAMP_MARKER_SIZE + 1] = "@tenbin@";
static const char blank[STAMP_SIZE + 1] = "@tenbin@000000?0000000000000000@";

void stamp_write_blank(char *out)
{
    memcpy(out, blank, STAMP_SIZE);
}

static void write_hex(char *out, size_t digits, uint64_t number)
{
    for (size_t i = digits; i > 0; i--) {
        out[i - 1] = "0123456789abcdef"[number & 15];
        number >>= 4;
    }
}

static bool read_hex(const char *text, size_t digits, uint64_t *out)
{
    uint64_t number = 0;
    for (size_t i = 0; i < digits; i++) {
        char digit = text[i];
        bool is_number = digit >= '0' && digit <= '9';
        if (!is_number && !(digit >= 'a' && digit <= 'f')) {
            return false;
        }
        number = number << 4 | (uint64_t)(is_number ? digit - '0' : digit - 'a' + 10);
    }
    *out = number;
    return true;
}

size_t stamp_fill(char *bytes, size_t len, const struct stamp *stamp)
{
    size_t count = 0;
    char *at = bytes;
    char *end = bytes + len;
    while ((at = memmem(at, (size_t)(end - at), blank, STAMP_SIZE)) != NULL) {
        write_hex(at + TAG_AT, TAG_DIGITS, stamp->tag);
        at[FLAG_AT] = stamp->is_recorded ? 'r' : '-';
        write_hex(at + TIME_AT, TIME_DIGITS, stamp->at);
        at += STAMP_SIZE;
        count++;
    }
    return count;
}

bool stamp_read(const char *bytes, struct stamp *out)
{
    uint64_t tag;
    char flag = bytes[FLAG_AT];
    if (memcmp(bytes, stamp_marker, STAMP_MARKER_SIZE) != 0 || bytes[END_AT] != '@' ||
        (flag != 'r' && flag != '-') || !read_hex(bytes + TAG_AT, TAG_DIGITS, &tag) ||
        !read_hex(bytes + TIME_AT, TIME_DIGITS, &out->at)) {
        return false;
    }
    out->tag = (uint32_t)tag;
    out->is_recorded = flag == 'r';
    return true;
}
