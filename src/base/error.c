#include "base/error.h"

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
    const char *reason = strerrordesc_np(system_errno);
    (void)snprintf(err->text + len, sizeof err->text - len, ": %s",
                   reason == NULL ? "unknown error" : reason);
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
