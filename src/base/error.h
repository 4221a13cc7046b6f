/* What went wrong outside the program: a code and one sentence that says what was tried on what
 * ("connect 10.0.0.5:6379: connection refused"). Bugs are asserts; lack of memory ends the
 * program (mem.h). Functions that can fail return false (or a status) and fill a struct error. */
#pragma once

#include <stdbool.h>

/* Kinds of failure, as far as a caller treats them differently. Each has one exit code
 * (docs/ARCHITECTURE.md, "Exit codes"). */
enum error_code {
    ERROR_NONE = 0,
    ERROR_USAGE,       /* wrong options or configuration, or an output that cannot be written */
    ERROR_INVALID,     /* measured, but the measurement is not valid */
    ERROR_TARGET,      /* a target could not be reached, started, logged into, or is not RESP */
    ERROR_SYSTEM,      /* this machine refused something that is not an output file */
    ERROR_INTERRUPTED, /* the user asked to stop */
};

enum { ERROR_TEXT_SIZE = 512 };

struct error {
    enum error_code code;
    char text[ERROR_TEXT_SIZE]; /* one sentence, no newline, no full stop; cut if too long */
};

/* Sets code and sentence. `err` may be NULL. Returns false, so that a caller can write
 * `return error_set(...)`. */
bool error_set(struct error *err, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with ": " and the text of the system error `system_errno` appended. */
bool error_set_errno(struct error *err, enum error_code code, int system_errno, const char *format,
                     ...) __attribute__((format(printf, 4, 5)));
/* Puts "text: " before the sentence. `err` may be NULL. Returns false. */
bool error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
