#include "report/text.h"

#include "report/grid.h"
#include "support/tap.h"

static void test_width(void)
{
    static const struct {
        const char *name;
        const char *text;
        size_t width;
    } rows[] = {
        {"empty", "", 0},
        {"ASCII", "redis", 5},
        {"two bytes", "\xC3\xA9", 1},
        {"East Asian", "\xE5\xA4\xA9\xE7\xA7\xA4", 4},
        {"combining", "e\xCC\x81", 1},
        {"outside the basic plane", "\xF0\x9F\x98\x80", 2},
        {"control",
         "a\x1b"
         "b",
         3},
        {"broken lead", "\xFF", 1},
        {"cut sequence", "\xE5\xA4", 2},
        {"overlong", "\xC0\x80", 2},
        {"overlong in three", "\xE0\x80\x80", 3},
        {"surrogate", "\xED\xA0\x80", 3},
        {"beyond Unicode", "\xF4\x90\x80\x80", 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tap_int((int64_t)text_width(str_from(rows[i].text)), (int64_t)rows[i].width, "width: %s",
                rows[i].name);
    }
}

static void test_add(void)
{
    static const struct {
        const char *name;
        const char *text;
        size_t columns;
        const char *wanted;
    } rows[] = {
        {"fits", "redis", 5, "redis"},
        {"is cut", "redis", 4, "red\xE2\x80\xA6"},
        {"to nothing", "redis", 0, ""},
        {"wide character does not fit", "\xE5\xA4\xA9\xE7\xA7\xA4", 3, "\xE5\xA4\xA9\xE2\x80\xA6"},
        {"wide character is dropped", "\xE5\xA4\xA9\xE7\xA7\xA4", 2, "\xE2\x80\xA6"},
        {"escape", "\x1b[31mred", 9, "?[31mred"},
        {"newline", "a\nb", 9, "a?b"},
        {"C1 control",
         "a\xC2\x9B"
         "b",
         9, "a?b"},
        {"right to left",
         "a\xE2\x80\xAE"
         "b",
         9, "a?b"},
        {"broken", "a\xFF", 9, "a?"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out = {0};
        struct page page = {.out = &out};
        text_add(&page, str_from(rows[i].text), rows[i].columns, STYLE_RED);
        tap_text(buf_text(&out), rows[i].wanted, "add: %s", rows[i].name);
        buf_release(&out);
    }
    struct buf out = {0};
    struct page page = {.out = &out, .color = true};
    text_add(&page, STR("no"), 2, STYLE_RED);
    text_add(&page, STR("yes"), 3, STYLE_PLAIN);
    tap_text(buf_text(&out), "\x1b[31mno\x1b[0myes", "add: colour ends with the text");
    buf_release(&out);
}

static void test_wrap(void)
{
    static const struct {
        const char *name;
        const char *text;
        struct wrap wrap;
        const char *wanted;
    } rows[] = {
        {"one line", "a b c", {0}, "a b c\n"},
        {"full line", "aaaa bbbbb", {0}, "aaaa bbbbb\n"},
        {"one too many", "aaaa bbbbbb", {0}, "aaaa\nbbbbbb\n"},
        {"indent", "aaaa bbbbbb cc", {.indent = 2}, "aaaa\n  bbbbbb\n  cc\n"},
        {"began late", "aaaa bb", {.first = 4}, "aaaa\nbb\n"},
        {"long word", "a bbbbbbbbbbbbbb c", {0}, "a\nbbbbbbbbbbbbbb\nc\n"},
        {"lines", "a\nb", {.indent = 1}, "a\n b\n"},
        {"percent sign", "aaaaaa 95 % b", {0}, "aaaaaa\n95 % b\n"},
        {"blanks", "a   b", {0}, "a b\n"},
        {"empty", "", {0}, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out = {0};
        struct page page = {.out = &out, .width = 10};
        text_wrap(&page, str_from(rows[i].text), &rows[i].wrap);
        tap_text(buf_text(&out), rows[i].wanted, "wrap: %s", rows[i].name);
        buf_release(&out);
    }
}

static void test_verdict_words(void)
{
    static const struct {
        const char *text;
        const char *wanted;
    } rows[] = {
        {"a: better.", "a: \x1b[32mbetter.\x1b[0m\n"},
        {"a: worse. b", "a: \x1b[31mworse.\x1b[0m b\n"},
        {"better-server", "better-server\n"},
        {"NOT VALID: a", "\x1b[31mNOT VALID:\x1b[0m a\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out = {0};
        struct page page = {.out = &out, .color = true, .width = 80};
        text_wrap(&page, str_from(rows[i].text), &(struct wrap){.mark_verdict = true});
        tap_text(buf_text(&out), rows[i].wanted, "verdict words: %s", rows[i].text);
        buf_release(&out);
    }
}

static void test_grid(void)
{
    static const struct {
        size_t width;
        const char *wanted;
    } rows[] = {
        {80, "  name    a  note\n  x     123  left\n  yy         z\n"},
        {10, "  name   a note\n  x    123 left\n  yy       z\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static const char *const cells[] = {"name", "a", "note", "x", "123", "left", "yy", "", "z"};
        struct buf out = {0};
        struct page page = {.out = &out, .width = rows[i].width};
        struct grid grid;
        grid_init(&grid, 3);
        grid_align_left(&grid, 2);
        for (size_t k = 0; k < sizeof cells / sizeof cells[0]; k++) {
            grid_add(&grid, cells[k], STYLE_PLAIN);
        }
        grid_write(&grid, &page);
        tap_text(buf_text(&out), rows[i].wanted, "grid in %zu columns", rows[i].width);
        grid_release(&grid);
        buf_release(&out);
    }
}

int main(void)
{
    test_width();
    test_add();
    test_wrap();
    test_verdict_words();
    test_grid();
    return tap_end();
}
