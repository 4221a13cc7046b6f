#include "workload/stamp.h"

#include <stdio.h>
#include <string.h>

#include "support/tap.h"

static void test_round_trip(void)
{
    static const struct stamp rows[] = {
        {.at = 0, .tag = 0, .is_recorded = false},
        {.at = 1, .tag = STAMP_TAG_MAX, .is_recorded = true},
        {.at = UINT64_MAX, .tag = 0x00abcd, .is_recorded = true},
        {.at = UINT64_C(0x0123456789abcdef), .tag = 42, .is_recorded = false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char bytes[STAMP_SIZE];
        struct stamp got = {.at = 5};
        stamp_write_blank(bytes);
        tap_check(!stamp_read(bytes, &got), "a blank stamp is none");
        tap_int((int64_t)stamp_fill(bytes, sizeof bytes, &rows[i]), 1, "it is filled in");
        tap_int((int64_t)stamp_fill(bytes, sizeof bytes, &rows[0]), 0, "once");
        tap_check(stamp_read(bytes, &got), "and read");
        tap_check(got.at == rows[i].at && got.tag == rows[i].tag &&
                      got.is_recorded == rows[i].is_recorded,
                  "as it was written, row %zu", i);
    }
}

static void test_many(void)
{
    char bytes[3 * STAMP_SIZE + 7];
    struct stamp stamp = {.at = 77, .tag = 1, .is_recorded = true};
    memset(bytes, '@', sizeof bytes);
    stamp_write_blank(bytes + 3);
    stamp_write_blank(bytes + 3 + STAMP_SIZE);
    tap_int((int64_t)stamp_fill(bytes, sizeof bytes, &stamp), 2, "all of them");
    tap_check(bytes[0] == '@' && bytes[3 + 2 * STAMP_SIZE] == '@', "and nothing else");
}

static void test_wrong(void)
{
    static const char right[] = "@tenbin@00002ar0123456789abcdef@";
    struct stamp got;
    tap_check(stamp_read(right, &got), "a right one");
    for (size_t i = 0; i < STAMP_SIZE; i++) {
        char bytes[STAMP_SIZE + 1];
        memcpy(bytes, right, sizeof bytes);
        bytes[i] = 'X';
        tap_check(!stamp_read(bytes, &got), "a wrong byte at %zu", i);
    }
}

int main(void)
{
    test_round_trip();
    test_many();
    test_wrong();
    return tap_end();
}
