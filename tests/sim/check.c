#include "sim/check.h"

#include <stdarg.h>
#include <stdio.h>

static unsigned checked;
static unsigned out_of_bounds;

void check_title(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("\n");
    vprintf(format, args);
    printf("\n");
    va_end(args);
}

void check_between(double got, double low, double high, const char *format, ...)
{
    bool within = got >= low && got <= high;
    va_list args;
    va_start(args, format);
    printf("  %-4s %8.4f  [%.4f, %.4f]  ", within ? "ok" : "OUT", got, low, high);
    vprintf(format, args);
    printf("\n");
    va_end(args);
    fflush(stdout);
    checked++;
    out_of_bounds += within ? 0 : 1;
}

void check_show(double got, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("       %8.4f                    ", got);
    vprintf(format, args);
    printf("\n");
    va_end(args);
}

bool check_end(void)
{
    printf("\n%u checked, %u out of bounds\n", checked, out_of_bounds);
    return out_of_bounds == 0;
}
