#include "base/error.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool error_set(struct error *err, enum error_code code, const char *format, ...)
{
    if (err == NULL) {
        return false;
    }
    err->code = code;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return false;
}

/* The system's words for an error, in the middle of a sentence: "connection refused". Leading
 * abbreviations ("RFS specific error") keep their capitals. */
static void append_reason(char *text, size_t size, int system_errno)
{
    const char *reason = strerrordesc_np(system_errno);
    if (reason == NULL) {
        reason = "unknown error";
    }
    char first =
        islower((unsigned char)reason[1]) ? (char)tolower((unsigned char)reason[0]) : reason[0];
    (void)snprintf(text, size, ": %c%s", first, reason + 1);
}

bool error_set_errno(struct error *err, enum error_code code, int system_errno, const char *format,
                     ...)
{
    if (err == NULL) {
        return false;
    }
    err->code = code;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    size_t len = strlen(err->text);
    append_reason(err->text + len, sizeof err->text - len, system_errno);
    return false;
}

bool error_prefix(struct error *err, const char *format, ...)
{
    if (err == NULL) {
        return false;
    }
    char old[ERROR_TEXT_SIZE];
    memcpy(old, err->text, sizeof old);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    size_t len = strlen(err->text);
    (void)snprintf(err->text + len, sizeof err->text - len, ": %s", old);
    return false;
}
