#include "base/buf.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>

#include "base/mem.h"

enum { FIRST_CAPACITY = 64 };

void buf_init(struct buf *buf, size_t limit)
{
    *buf = (struct buf){.limit = limit};
}

void buf_release(struct buf *buf)
{
    mem_free(buf->data);
    *buf = (struct buf){.limit = buf->limit};
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->overflown = false;
    if (buf->data != NULL) {
        buf->data[0] = '\0';
    }
}

/* Makes room for `extra` bytes and the NUL behind them; the content stays terminated. */
static void grow(struct buf *buf, size_t extra)
{
    size_t wanted = SIZE_MAX; /* more than there is: mem_resize reports it */
    size_t capacity = buf->capacity == 0 ? FIRST_CAPACITY : buf->capacity;
    if (extra < SIZE_MAX / 4 && buf->len < SIZE_MAX / 4) {
        wanted = buf->len + extra + 1;
    }
    while (capacity < wanted) {
        capacity = capacity > SIZE_MAX / 2 ? SIZE_MAX : capacity * 2;
    }
    buf->data = mem_resize(buf->data, capacity, 1);
    buf->capacity = capacity;
    buf->data[buf->len] = '\0';
}

char *buf_reserve(struct buf *buf, size_t extra)
{
    if (buf->limit != 0 && extra > buf->limit - buf->len) {
        buf->overflown = true;
        return NULL;
    }
    if (extra >= buf->capacity - buf->len) {
        grow(buf, extra);
    }
    return buf->data + buf->len;
}

void buf_added(struct buf *buf, size_t len)
{
    assert(buf->len + len < buf->capacity);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

bool buf_add(struct buf *buf, const void *data, size_t len)
{
    char *room = buf_reserve(buf, len);
    if (room == NULL) {
        return false;
    }
    if (len > 0) {
        memcpy(room, data, len);
    }
    buf_added(buf, len);
    return true;
}

bool buf_add_str(struct buf *buf, struct str text)
{
    return buf_add(buf, text.data, text.len);
}

bool buf_add_text(struct buf *buf, const char *text)
{
    return buf_add(buf, text, strlen(text));
}

bool buf_add_char(struct buf *buf, char c)
{
    return buf_add(buf, &c, 1);
}

bool buf_addv(struct buf *buf, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    assert(len >= 0);
    char *room = buf_reserve(buf, (size_t)len);
    if (room != NULL) {
        (void)vsnprintf(room, (size_t)len + 1, format, again);
        buf_added(buf, (size_t)len);
    }
    va_end(again);
    return room != NULL;
}

bool buf_addf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool added = buf_addv(buf, format, args);
    va_end(args);
    return added;
}

void buf_consume(struct buf *buf, size_t len)
{
    assert(len <= buf->len);
    if (len == 0) {
        return;
    }
    memmove(buf->data, buf->data + len, buf->len - len);
    buf->len -= len;
    buf->data[buf->len] = '\0';
}

struct str buf_str(const struct buf *buf)
{
    return (struct str){buf->data, buf->len};
}

const char *buf_text(const struct buf *buf)
{
    return buf->data == NULL ? "" : buf->data;
}
