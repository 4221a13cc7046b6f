#include "workload/capture.h"

#include "support/tap.h"

struct row {
    const char *line;
    const char *wanted; /* "time database client: words in <>", or a part of the sentence */
    bool is_read;
};

static const struct row rows[] = {
    {"1700000000.123456 [0 127.0.0.1:51234] \"SET\" \"a key\" \"v\"",
     "1700000000123456000 0 127.0.0.1:51234: <SET><a key><v>", true},
    {"+1700000000.5 [15 [::1]:9] \"get\" \"\"\r", "1700000000500000000 15 [::1]:9: <get><>", true},
    {"1.000001 [0 unix:/tmp/a b.sock] \"X\"", "1000001000 0 unix:/tmp/a b.sock: <X>", true},
    {"1 [0 lua] \"\\\"\\\\\\n\\r\\t\\a\\b\\x41\\xff\"", "1000000000 0 lua: <\"\\\n\r\t\a\bA\xff>",
     true},
    {"1.5 [2 x] \"AUTH\" \"(redacted)\"", "1500000000 2 x: <AUTH><(redacted)>", true},
    {"x", "does not begin with a time", false},
    {"1.x [0 a] \"b\"", "does not begin with a time", false},
    {"99999999999 [0 a] \"b\"", "does not begin with a time", false},
    {"1.5", "no [DATABASE CLIENT]", false},
    {"1.5 [a b] \"c\"", "no [DATABASE CLIENT]", false},
    {"1.5 [0] \"c\"", "no [DATABASE CLIENT]", false},
    {"1.5 [0 a \"c\"", "no [DATABASE CLIENT]", false},
    {"1.5 [0 a]", "no command", false},
    {"1.5 [0 a] b", "word 1 is not quoted", false},
    {"1.5 [0 a] \"b\" \"c", "word 2 is not quoted", false},
    {"1.5 [0 a] \"\\q\"", "word 1 is not quoted", false},
    {"1.5 [0 a] \"\\x4\"", "word 1 is not quoted", false},
    {"1.5 [0 a] \"\\", "word 1 is not quoted", false},
};

int main(void)
{
    static struct capture capture;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct capture_line line;
        struct error err = {0};
        struct buf text = {0};
        bool done = capture_read(&capture, str_from(rows[i].line), &line, &err);
        if (done) {
            buf_addf(&text, "%llu %u %.*s: ", (unsigned long long)line.at, line.database,
                     STR_ARG(line.client));
        }
        for (size_t k = 0; done && k < line.word_count; k++) {
            buf_add_char(&text, '<');
            buf_add_str(&text, capture.words[k]);
            buf_add_char(&text, '>');
        }
        tap_check(done == rows[i].is_read, "line %zu", i + 1);
        if (rows[i].is_read) {
            tap_text(buf_text(&text), rows[i].wanted, "line %zu: content", i + 1);
        } else {
            tap_check(strstr(err.text, rows[i].wanted) != NULL && err.code == ERROR_USAGE,
                      "line %zu: %s", i + 1, err.text);
        }
        buf_release(&text);
    }
    static const char *const blank[] = {"", "  \r", "OK", "+OK", "# a comment"};
    for (size_t i = 0; i < sizeof blank / sizeof blank[0]; i++) {
        tap_check(capture_is_blank(str_from(blank[i])), "\"%s\" says nothing", blank[i]);
    }
    tap_check(!capture_is_blank(STR("OK 1")), "other lines do");
    capture_release(&capture);
    return tap_end();
}
