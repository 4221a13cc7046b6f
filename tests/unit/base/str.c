#include "base/str.h"

#include "support/tap.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void tap_str(struct str got, const char *wanted, const char *name)
{
    tap_check(str_eq(got, str_from(wanted)), "%s: \"%.*s\" is \"%s\"", name, STR_ARG(got), wanted);
}

static void views_and_equality(void)
{
    static const struct {
        const char *a, *b;
        bool same, same_nocase;
    } rows[] = {
        {"", "", true, true},        {NULL, "", true, true},       {NULL, NULL, true, true},
        {"abc", "abc", true, true},  {"abc", "abd", false, false}, {"abc", "ab", false, false},
        {"Abc", "aBC", false, true}, {"[", "{", false, false}, /* differ in the bit that tells upper
                                                                  from lower case */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct str a = str_from(rows[i].a);
        struct str b = str_from(rows[i].b);
        tap_check(str_eq(a, b) == rows[i].same, "equality, row %zu", i);
        tap_check(str_eq_nocase(a, b) == rows[i].same_nocase, "equality without case, row %zu", i);
    }
    tap_int((int64_t)STR("a\0b").len, 3, "a literal with a NUL keeps its length");
}

static void starts_and_ends(void)
{
    static const struct {
        const char *text, *part;
        bool starts, ends;
    } rows[] = {
        {"", "", true, true},       {"abc", "", true, true},    {"abc", "ab", true, false},
        {"abc", "bc", false, true}, {"abc", "abc", true, true}, {"ab", "abc", false, false},
        {NULL, "a", false, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct str text = str_from(rows[i].text);
        struct str part = str_from(rows[i].part);
        tap_check(str_starts_with(text, part) == rows[i].starts, "starts with, row %zu", i);
        tap_check(str_ends_with(text, part) == rows[i].ends, "ends with, row %zu", i);
    }
}

static void parts(void)
{
    tap_str(str_trim(STR(" \t\r\n a b \n")), "a b", "trim");
    tap_str(str_trim(STR(" \t ")), "", "trim of blanks");
    tap_str(str_trim(str_from(NULL)), "", "trim of nothing");
    tap_int(str_find(STR("abcabc"), 'b'), 1, "find the first");
    tap_int(str_find_last(STR("abcabc"), 'b'), 4, "find the last");
    tap_int(str_find(STR("abc"), 'x'), -1, "find nothing");
    tap_int(str_find_last(STR("abc"), 'x'), -1, "find nothing from the end");
    tap_int(str_find(str_from(NULL), 'x'), -1, "find in an empty view");
    tap_int(str_find_last(STR("abc"), 'a'), 0, "the last may be at 0");
    tap_str(str_from_index(STR("abc"), 1), "bc", "from an index");
    tap_str(str_from_index(STR("abc"), 3), "", "from the end");
    tap_str(str_from_index(STR("abc"), 9), "", "from beyond the end");
    tap_str(str_prefix(STR("abc"), 2), "ab", "prefix");
    tap_str(str_prefix(STR("abc"), 9), "abc", "prefix longer than the text");
}

static void splitting(void)
{
    struct str rest = STR("a,,bc");
    tap_str(str_split(&rest, ','), "a", "split 1");
    tap_str(str_split(&rest, ','), "", "split 2");
    tap_str(str_split(&rest, ','), "bc", "split 3");
    tap_int((int64_t)rest.len, 0, "nothing is left");
    tap_str(str_split(&rest, ','), "", "split of nothing");
}

static void unsigned_numbers(void)
{
    static const struct {
        struct str text;
        bool valid;
        uint64_t value;
    } rows[] = {
        {{"0", 1}, true, 0},
        {{"007", 3}, true, 7},
        {{"18446744073709551615", 20}, true, UINT64_MAX},
        {{"18446744073709551616", 20}, false, 0},
        {{"99999999999999999999", 20}, false, 0},
        {{"", 0}, false, 0},
        {{NULL, 0}, false, 0},
        {{"-1", 2}, false, 0},
        {{"+1", 2}, false, 0},
        {{" 1", 2}, false, 0},
        {{"1 ", 2}, false, 0},
        {{"1x", 2}, false, 0},
        {{"1\0", 2}, false, 0},
        {{"12", 1}, true, 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t value = 77;
        bool valid = str_to_u64(rows[i].text, &value);
        tap_check(valid == rows[i].valid && value == (valid ? rows[i].value : 77),
                  "u64, row %zu: \"%.*s\"", i, STR_ARG(rows[i].text));
    }
}

static void signed_numbers(void)
{
    static const struct {
        const char *text;
        bool valid;
        int64_t value;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"-1", true, -1},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"-9223372036854775808", true, INT64_MIN},
        {"-9223372036854775809", false, 0},
        {"-", false, 0},
        {"--1", false, 0},
        {"", false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t value = 77;
        bool valid = str_to_i64(str_from(rows[i].text), &value);
        tap_check(valid == rows[i].valid && value == (valid ? rows[i].value : 77),
                  "i64, row %zu: \"%s\"", i, rows[i].text);
    }
}

static void decimal_numbers(void)
{
    static const struct {
        struct str text;
        bool valid;
        double value;
    } rows[] = {
        {{"0", 1}, true, 0},
        {{"1.5", 3}, true, 1.5},
        {{"-2e3", 4}, true, -2000},
        {{".5", 2}, true, 0.5},
        {{"1e308", 5}, true, 1e308},
        {{"1e309", 5}, false, 0},
        {{"", 0}, false, 0},
        {{".", 1}, false, 0},
        {{"-", 1}, false, 0},
        {{"e5", 2}, false, 0},
        {{"1e", 2}, false, 0},
        {{"1.2.3", 5}, false, 0},
        {{" 1", 2}, false, 0},
        {{"1 ", 2}, false, 0},
        {{"0x10", 4}, false, 0},
        {{"inf", 3}, false, 0},
        {{"nan", 3}, false, 0},
        {{"1,5", 3}, false, 0},
        {{"\0", 1}, false, 0},
        {{"1\0005", 3}, false, 0},
        {{"12", 1}, true, 1},
        {{"0000000000000000000000000000000000000000000000000000000000000001", 64}, false, 0},
        {{"000000000000000000000000000000000000000000000000000000000000001", 63}, true, 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        double value = 77;
        bool valid = str_to_double(rows[i].text, &value);
        tap_check(valid == rows[i].valid, "double, row %zu: validity", i);
        tap_near(value, valid ? rows[i].value : 77, 0, "double, row %zu: value", i);
    }
}

int main(void)
{
    views_and_equality();
    starts_and_ends();
    parts();
    splitting();
    unsigned_numbers();
    signed_numbers();
    decimal_numbers();
    return tap_end();
}
