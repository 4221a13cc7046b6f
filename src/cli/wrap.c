#include "cli/wrap.h"

void wrap_write(struct buf *out, const char *text, size_t column, size_t indent)
{
    struct str rest = str_from(text);
    bool at_start = true;
    while (rest.len > 0) {
        struct str word = str_split(&rest, ' ');
        if (!at_start && column + 1 + word.len > WRAP_WIDTH) {
            (void)buf_addf(out, "\n%*s", (int)indent, "");
            column = indent;
            at_start = true;
        }
        if (!at_start) {
            (void)buf_add_char(out, ' ');
            column++;
        }
        (void)buf_add_str(out, word);
        column += word.len;
        at_start = false;
    }
    (void)buf_add_char(out, '\n');
}

void wrap_defuse(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) {
            text[i] = '?';
        }
    }
}
