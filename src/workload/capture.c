#include "workload/capture.h"

#include <ctype.h>
#include <string.h>

void capture_release(struct capture *capture)
{
    buf_release(&capture->bytes);
}

bool capture_is_blank(struct str line)
{
    struct str text = str_trim(line);
    return text.len == 0 || text.data[0] == '#' || str_eq(text, STR("OK")) ||
           str_eq(text, STR("+OK"));
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    int letter = tolower((unsigned char)digit);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* What stands behind a backslash; its length, 0: nothing that MONITOR writes. */
static size_t take_escape(struct str rest, struct buf *out)
{
    static const char names[] = "nrtab\"\\";
    static const char meant[] = "\n\r\t\a\b\"\\";
    if (rest.len == 0) {
        return 0;
    }
    if (rest.data[0] == 'x') {
        int high = rest.len >= 3 ? hex_value(rest.data[1]) : -1;
        int low = rest.len >= 3 ? hex_value(rest.data[2]) : -1;
        if (high < 0 || low < 0) {
            return 0;
        }
        buf_add_char(out, (char)(high * 16 + low));
        return 3;
    }
    const char *at = memchr(names, rest.data[0], sizeof names - 1);
    if (at == NULL) {
        return 0;
    }
    buf_add_char(out, meant[at - names]);
    return 1;
}

/* Takes a quoted word off the front; false: it is none. */
static bool take_word(struct str *rest, struct buf *out)
{
    if (rest->len == 0 || rest->data[0] != '"') {
        return false;
    }
    size_t at = 1;
    while (at < rest->len && rest->data[at] != '"') {
        if (rest->data[at] == '\\') {
            size_t taken = take_escape(str_from_index(*rest, at + 1), out);
            if (taken == 0) {
                return false;
            }
            at += 1 + taken;
        } else {
            buf_add_char(out, rest->data[at++]);
        }
    }
    if (at >= rest->len) {
        return false;
    }
    *rest = str_from_index(*rest, at + 1);
    return true;
}

/* "1700000000.123456" */
static bool read_time(struct str text, nsec *out)
{
    enum { DIGITS = 9 };
    struct str fraction = text;
    struct str whole = str_split(&fraction, '.');
    uint64_t seconds;
    uint64_t part = 0;
    if (!str_to_u64(whole, &seconds) || seconds > UINT32_MAX || fraction.len > DIGITS ||
        (fraction.len > 0 && !str_to_u64(fraction, &part))) {
        return false;
    }
    for (size_t i = fraction.len; i < DIGITS; i++) {
        part *= 10;
    }
    *out = seconds * NSEC_PER_SEC + part;
    return true;
}

/* "[0 127.0.0.1:51234]" */
static bool read_client(struct str *rest, struct capture_line *out)
{
    ptrdiff_t end = str_find(*rest, ']');
    /* An address of IPv6 has brackets of its own. */
    while (end >= 0 && (size_t)end + 1 < rest->len && rest->data[end + 1] != ' ') {
        ptrdiff_t next = str_find(str_from_index(*rest, (size_t)end + 1), ']');
        end = next < 0 ? -1 : end + 1 + next;
    }
    uint64_t database;
    if (rest->len == 0 || rest->data[0] != '[' || end < 0) {
        return false;
    }
    struct str inside = str_prefix(str_from_index(*rest, 1), (size_t)end - 1);
    if (!str_to_u64(str_split(&inside, ' '), &database) || database > UINT32_MAX) {
        return false;
    }
    out->database = (uint32_t)database;
    out->client = inside;
    *rest = str_trim(str_from_index(*rest, (size_t)end + 1));
    return inside.len > 0;
}

bool capture_read(struct capture *capture, struct str line, struct capture_line *out,
                  struct error *err)
{
    size_t ends[CAPTURE_MAX_WORDS];
    struct str rest = str_trim(line);
    *out = (struct capture_line){0};
    buf_clear(&capture->bytes);
    if (rest.len > 0 && rest.data[0] == '+') {
        rest = str_from_index(rest, 1); /* as it comes on the wire */
    }
    if (!read_time(str_split(&rest, ' '), &out->at)) {
        return error_set(err, ERROR_USAGE,
                         "it does not begin with a time such as "
                         "1700000000.123456");
    }
    if (!read_client(&rest, out)) {
        return error_set(err, ERROR_USAGE, "behind the time stands no [DATABASE CLIENT]");
    }
    while (rest.len > 0) {
        if (out->word_count == CAPTURE_MAX_WORDS) {
            return error_set(err, ERROR_USAGE, "it has more than %d words", CAPTURE_MAX_WORDS);
        }
        if (!take_word(&rest, &capture->bytes)) {
            return error_set(err, ERROR_USAGE, "word %zu is not quoted as MONITOR does it",
                             out->word_count + 1);
        }
        ends[out->word_count++] = capture->bytes.len;
        rest = str_trim(rest);
    }
    for (size_t i = 0, start = 0; i < out->word_count; start = ends[i++]) {
        capture->words[i] = (struct str){buf_text(&capture->bytes) + start, ends[i] - start};
    }
    return out->word_count > 0 || error_set(err, ERROR_USAGE, "there is no command in it");
}
