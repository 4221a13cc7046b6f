#include "base/buf.h"

#include "support/tap.h"

static void grows_and_stays_terminated(void)
{
    struct buf buf = {0};
    tap_text(buf_text(&buf), "", "a zeroed buffer reads as the empty text");
    tap_check(buf_str(&buf).len == 0, "and as the empty view");
    bool added = true;
    for (int i = 0; i < 1000; i++) {
        added = added && buf_addf(&buf, "%03d", i);
    }
    tap_check(added && buf.len == 3000 && strlen(buf_text(&buf)) == 3000, "appends 3000 bytes");
    tap_check(memcmp(buf.data + 2997, "999", 4) == 0, "the last bytes and the NUL are in place");
    buf_clear(&buf);
    tap_check(buf.len == 0 && buf.capacity >= 3000, "clear keeps the memory");
    tap_text(buf_text(&buf), "", "a cleared buffer reads as the empty text");
    buf_release(&buf);
    tap_check(buf.data == NULL && buf.capacity == 0, "release gives the memory back");
    tap_text(buf_text(&buf), "", "a released buffer reads as the empty text");
}

static void appends_every_kind(void)
{
    struct buf buf = {0};
    bool added = buf_add(&buf, "ab", 2) && buf_add_str(&buf, STR("cd")) &&
                 buf_add_text(&buf, "ef") && buf_add_char(&buf, 'g') &&
                 buf_addf(&buf, "-%d-%s", 7, "x") && buf_add(&buf, NULL, 0) &&
                 buf_add_str(&buf, (struct str){0});
    tap_check(added, "every kind of append succeeds");
    tap_text(buf_text(&buf), "abcdefg-7-x", "in order");
    buf_consume(&buf, 0);
    buf_consume(&buf, 8);
    tap_text(buf_text(&buf), "7-x", "consume takes from the front");
    buf_consume(&buf, 3);
    tap_text(buf_text(&buf), "", "consuming all leaves nothing");
    buf_release(&buf);
    buf_consume(&buf, 0);
    tap_check(buf.len == 0, "consuming nothing from nothing is allowed");
}

static void refuses_beyond_the_limit(void)
{
    struct buf buf;
    buf_init(&buf, 4);
    tap_check(buf_add_text(&buf, "abcd"), "exactly the limit fits");
    tap_check(!buf.overflown, "and is no overflow");
    tap_check(!buf_add_char(&buf, 'e'), "one byte more is refused");
    tap_check(buf.overflown, "and marked");
    tap_text(buf_text(&buf), "abcd", "the content is as before");
    buf_consume(&buf, 2);
    tap_check(buf_add_text(&buf, "x") && buf.overflown, "the mark stays after a later success");
    tap_check(!buf_addf(&buf, "%s", "12"), "a formatted text is refused whole");
    tap_text(buf_text(&buf), "cdx", "and appends no part of it");
    tap_check(buf_reserve(&buf, 2) == NULL, "reserving beyond the limit fails");
    tap_check(buf_reserve(&buf, SIZE_MAX) == NULL, "so does reserving everything");
    buf_clear(&buf);
    tap_check(!buf.overflown, "clear forgets the mark");
    buf_release(&buf);
    tap_check(buf.limit == 4, "release keeps the limit");
}

static void reserves_room(void)
{
    struct buf buf = {0};
    char *room = buf_reserve(&buf, 100);
    tap_check(room != NULL && buf.len == 0, "reserving adds nothing");
    tap_text(buf_text(&buf), "", "reserved room is not content");
    memcpy(room, "0123456789", 10);
    buf_added(&buf, 10);
    tap_text(buf_text(&buf), "0123456789", "what was written counts once added");
    tap_check(buf_reserve(&buf, 1) == buf.data + 10, "room starts after the content");
    buf_release(&buf);
}

int main(void)
{
    grows_and_stays_terminated();
    appends_every_kind();
    refuses_beyond_the_limit();
    reserves_room();
    return tap_end();
}
