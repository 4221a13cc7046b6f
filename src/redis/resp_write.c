#include "redis/resp_write.h"

#include <stdarg.h>

static void write_argument(struct buf *out, struct str argument)
{
    (void)buf_addf(out, "$%zu\r\n", argument.len);
    (void)buf_add_str(out, argument);
    (void)buf_add_text(out, "\r\n");
}

void resp_write(struct buf *out, const struct str *args, size_t count)
{
    (void)buf_addf(out, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        write_argument(out, args[i]);
    }
}

void resp_write_textv(struct buf *out, va_list args)
{
    va_list again;
    va_copy(again, args);
    size_t count = 0;
    while (va_arg(args, const char *) != NULL) {
        count++;
    }
    (void)buf_addf(out, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        write_argument(out, str_from(va_arg(again, const char *)));
    }
    va_end(again);
}

void resp_write_text(struct buf *out, ...)
{
    va_list args;
    va_start(args, out);
    resp_write_textv(out, args);
    va_end(args);
}
