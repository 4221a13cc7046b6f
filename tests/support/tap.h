/* Unit tests that speak TAP. A test program is a main() that calls checks and ends with
 * `return tap_end();`. Every check is one TAP line; rows of a table name themselves.
 *
 *     tap_check(str_eq(a, b), "equal views: %s", row->name);
 *     tap_int(got, wanted, "parses %s", row->text);
 *
 * What was got and wanted goes to standard error, which the test runner shows for failures. */
#pragma once

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct tap {
    int count;
    int failed;
};

static struct tap tap;

__attribute__((format(printf, 2, 0))) static inline bool tap_report(bool passed, const char *format,
                                                                    va_list args)
{
    tap.count++;
    tap.failed += passed ? 0 : 1;
    printf("%sok %d - ", passed ? "" : "not ", tap.count);
    vprintf(format, args);
    printf("\n");
    fflush(stdout);
    return passed;
}

__attribute__((format(printf, 2, 3))) static inline bool tap_check(bool passed, const char *format,
                                                                   ...)
{
    va_list args;
    va_start(args, format);
    tap_report(passed, format, args);
    va_end(args);
    return passed;
}

__attribute__((format(printf, 3, 4))) static inline bool tap_int(int64_t got, int64_t wanted,
                                                                 const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tap_report(got == wanted, format, args);
    va_end(args);
    if (got != wanted) {
        fprintf(stderr, "#   got %" PRId64 ", wanted %" PRId64 "\n", got, wanted);
    }
    return got == wanted;
}

__attribute__((format(printf, 3, 4))) static inline bool
tap_text(const char *got, const char *wanted, const char *format, ...)
{
    bool same = got != NULL && wanted != NULL && strcmp(got, wanted) == 0;
    va_list args;
    va_start(args, format);
    tap_report(same, format, args);
    va_end(args);
    if (!same) {
        fprintf(stderr, "#   got    \"%s\"\n#   wanted \"%s\"\n", got == NULL ? "(null)" : got,
                wanted == NULL ? "(null)" : wanted);
    }
    return same;
}

/* Equal within `tolerance`, absolute. NaN is near nothing. */
__attribute__((format(printf, 4, 5))) static inline bool
tap_near(double got, double wanted, double tolerance, const char *format, ...)
{
    bool near = fabs(got - wanted) <= tolerance;
    va_list args;
    va_start(args, format);
    tap_report(near, format, args);
    va_end(args);
    if (!near) {
        fprintf(stderr, "#   got %.17g, wanted %.17g +- %g\n", got, wanted, tolerance);
    }
    return near;
}

/* Prints the plan; the exit status of main. */
static inline int tap_end(void)
{
    printf("1..%d\n", tap.count);
    return tap.failed == 0 && tap.count > 0 ? 0 : 1;
}
