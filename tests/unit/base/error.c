#include "base/error.h"

#include <errno.h>

#include "support/tap.h"

static void sets_code_and_sentence(void)
{
    struct error err = {0};
    tap_check(!error_set(&err, ERROR_TARGET, "connect %s:%d", "10.0.0.5", 6379), "returns false");
    tap_int(err.code, ERROR_TARGET, "the code is kept");
    tap_text(err.text, "connect 10.0.0.5:6379", "the sentence is formatted");
    tap_check(!error_set_errno(&err, ERROR_SYSTEM, ECONNREFUSED, "connect %s", "h"),
              "returns false with a system error");
    tap_int(err.code, ERROR_SYSTEM, "the code is replaced");
    tap_text(err.text, "connect h: connection refused", "the system's reason is appended");
    tap_check(!error_prefix(&err, "arm %c", 'A'), "a prefix returns false");
    tap_text(err.text, "arm A: connect h: connection refused", "a prefix comes first");
    tap_int(err.code, ERROR_SYSTEM, "a prefix keeps the code");
}

static void knows_every_reason(void)
{
    static const struct {
        int code;
        const char *text;
    } rows[] = {
        {ENOENT, "x: no such file or directory"},
        {EIO, "x: input/output error"},
        {E2BIG, "x: argument list too long"},
        {EDOTDOT, "x: RFS specific error"}, /* an abbreviation keeps its capitals */
        {ENOTUNIQ, "x: name not unique on network"},
        {123456, "x: unknown error"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error err = {0};
        (void)error_set_errno(&err, ERROR_SYSTEM, rows[i].code, "x");
        tap_text(err.text, rows[i].text, "errno %d", rows[i].code);
    }
}

static void nobody_listens(void)
{
    tap_check(!error_set(NULL, ERROR_USAGE, "x"), "set without an error object");
    tap_check(!error_set_errno(NULL, ERROR_USAGE, EIO, "x"), "set errno without an error object");
    tap_check(!error_prefix(NULL, "x"), "prefix without an error object");
}

static void cuts_what_is_too_long(void)
{
    char longer[ERROR_TEXT_SIZE + 100];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    struct error err = {0};
    (void)error_set(&err, ERROR_USAGE, "%s", longer);
    tap_int((int64_t)strlen(err.text), ERROR_TEXT_SIZE - 1, "set cuts");
    (void)error_prefix(&err, "b");
    tap_int((int64_t)strlen(err.text), ERROR_TEXT_SIZE - 1, "prefix cuts the end");
    tap_check(strncmp(err.text, "b: aaa", 6) == 0, "and keeps the prefix");
    (void)error_prefix(&err, "%s", longer);
    tap_int((int64_t)strlen(err.text), ERROR_TEXT_SIZE - 1, "a prefix that is too long is cut");
    (void)error_set_errno(&err, ERROR_USAGE, EIO, "%s", longer);
    tap_int((int64_t)strlen(err.text), ERROR_TEXT_SIZE - 1, "set errno cuts");
}

int main(void)
{
    sets_code_and_sentence();
    knows_every_reason();
    nobody_listens();
    cuts_what_is_too_long();
    return tap_end();
}
