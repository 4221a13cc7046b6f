/* Calls that must not be used. The build includes this file ahead of every source file, and using
 * one of these functions is an error (-Werror=deprecated-declarations).
 *
 * Declaring them here, instead of poisoning the names, needs no system header, so that a file that
 * forgets an include still does not compile. The functions that merely belong to one module
 * (malloc, printf, exit, time) are watched over by tools/check_calls. */
#pragma once

#define BANNED(instead) __attribute__((deprecated("banned: " instead)))

struct tm;

/* They write without knowing how much room there is. */
char *strcpy(char *, const char *) BANNED("use base/buf.h or snprintf");
char *stpcpy(char *, const char *) BANNED("use base/buf.h or snprintf");
char *strcat(char *, const char *) BANNED("use base/buf.h or snprintf");
int sprintf(char *, const char *, ...) BANNED("use base/buf.h or snprintf");
int vsprintf(char *, const char *, __builtin_va_list) BANNED("use base/buf.h or vsnprintf");
char *gets(char *) BANNED("use os/file.h");

/* They hide state that all threads share. */
char *strtok(char *, const char *) BANNED("use str_split of base/str.h");
int rand(void) BANNED("use base/rng.h");
void srand(unsigned) BANNED("use base/rng.h");
struct tm *gmtime(const __INT64_TYPE__ *) BANNED("use clock_format_utc of os/clock.h");
struct tm *localtime(const __INT64_TYPE__ *) BANNED("use clock_format_utc of os/clock.h");
char *asctime(const struct tm *) BANNED("use clock_format_utc of os/clock.h");
char *ctime(const __INT64_TYPE__ *) BANNED("use clock_format_utc of os/clock.h");

/* They cannot tell "0" from nonsense. */
int atoi(const char *) BANNED("use str_to_i64 of base/str.h");
long atol(const char *) BANNED("use str_to_i64 of base/str.h");
long long atoll(const char *) BANNED("use str_to_i64 of base/str.h");
double atof(const char *) BANNED("use str_to_double of base/str.h");

#undef BANNED
