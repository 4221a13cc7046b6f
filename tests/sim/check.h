/* The table that simcheck prints: what was simulated, what came out, and whether it is within its
 * bounds. */
#pragma once

#include <stdbool.h>

/* Begins a group of rows. */
void check_title(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints a row; low <= got <= high is as it should be. */
void check_between(double got, double low, double high, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Prints a row that has no bounds. */
void check_show(double got, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints what was checked and how much of it was out of its bounds; true: nothing was. */
bool check_end(void);
