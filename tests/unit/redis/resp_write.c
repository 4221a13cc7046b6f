#include "redis/resp_write.h"

#include "support/tap.h"

static void test_write(void)
{
    struct buf out = {0};
    resp_write_text(&out, "SELECT", "3", NULL);
    tap_text(buf_text(&out), "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n", "a list of texts");
    buf_clear(&out);
    const struct str args[] = {STR("SET"), STR("a\0b"), {NULL, 0}};
    resp_write(&out, args, 3);
    tap_check(str_eq(buf_str(&out), STR("*3\r\n$3\r\nSET\r\n$3\r\na\0b\r\n$0\r\n\r\n")),
              "bytes of any value, and none");
    buf_release(&out);
}

int main(void)
{
    test_write();
    return tap_end();
}
