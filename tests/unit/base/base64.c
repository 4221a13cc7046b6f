#include "base/base64.h"

#include "base/rng.h"
#include "support/tap.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define ROW(bytes, text) bytes, sizeof(bytes) - 1, text

/* RFC 4648, section 10, and the corners of the alphabet. */
static const struct {
    const char *bytes;
    size_t len;
    const char *text;
} pairs[] = {
    {ROW("", "")},
    {ROW("f", "Zg==")},
    {ROW("fo", "Zm8=")},
    {ROW("foo", "Zm9v")},
    {ROW("foob", "Zm9vYg==")},
    {ROW("fooba", "Zm9vYmE=")},
    {ROW("foobar", "Zm9vYmFy")},
    {ROW("\0\0\0", "AAAA")},
    {ROW("\xff\xff\xff\xff", "/////w==")},
    {ROW("\xfb\xef\xbe", "++++")},
};

static const char *const refused[] = {
    "Z",        "Zg",   "Zg=",  "=",    "====",   "Z===", "Zm9v=", "Zm-v",     "Zm 9v",
    "Zg==Zg==", "Zm=9", "Zh==", "Zm9=", "Zm9v\n", "Zg=v", "Zm9_",  "Zm9v====", "\xc3\xa9gg"};

int main(void)
{
    struct buf out = {0};
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        buf_clear(&out);
        base64_encode((struct str){pairs[i].bytes, pairs[i].len}, &out);
        tap_text(buf_text(&out), pairs[i].text, "encodes \"%s\"", pairs[i].text);
        buf_clear(&out);
        bool decoded = base64_decode(str_from(pairs[i].text), &out);
        tap_check(decoded && str_eq(buf_str(&out), (struct str){pairs[i].bytes, pairs[i].len}),
                  "decodes \"%s\"", pairs[i].text);
    }
    buf_clear(&out);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        tap_check(!base64_decode(str_from(refused[i]), &out) && out.len == 0, "refuses row %zu", i);
    }
    struct buf small = {0};
    buf_init(&small, 3);
    tap_check(!base64_encode(STR("f"), &small) && small.overflown, "encodes within the limit");
    buf_clear(&small);
    tap_check(base64_decode(STR("Zm9v"), &small), "decodes up to the limit");
    tap_check(!base64_decode(STR("Zg=="), &small) && small.overflown, "decodes within the limit");
    buf_release(&small);
    buf_release(&out);
    return tap_end();
}
