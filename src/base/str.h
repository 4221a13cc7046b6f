/* String views: a pointer and a length. A view never owns its bytes and need not end with NUL.
 *
 * Pure; no allocation. A view dies with the bytes it points at. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *data;
    size_t len;
};

/* A view of a string literal. */
#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
/* For printf("%.*s"): two arguments, length and pointer. `s` is evaluated twice. */
#define STR_ARG(s) (int)(s).len, (s).data

/* A view of a NUL-terminated string; NULL gives the empty view. */
static inline struct str str_from(const char *text)
{
    return (struct str){text, text == NULL ? 0 : strlen(text)};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Compares without regard to ASCII case. */
bool str_eq_nocase(struct str a, struct str b);
bool str_starts_with(struct str s, struct str prefix);
bool str_ends_with(struct str s, struct str suffix);
/* Without blanks, tabs, CR and LF at both ends. */
struct str str_trim(struct str s);
/* Position of the first `wanted`, or -1. */
ptrdiff_t str_find(struct str s, char wanted);
/* Position of the last `wanted`, or -1. */
ptrdiff_t str_find_last(struct str s, char wanted);
/* From `start` (clamped to the length) to the end. */
struct str str_from_index(struct str s, size_t start);
/* The first `len` bytes (clamped). */
struct str str_prefix(struct str s, size_t len);
/* Takes the part before the first `separator` off `rest` and returns it; without a separator
 * returns all of `rest` and leaves it empty. Loop while rest.len > 0. */
struct str str_split(struct str *rest, char separator);
/* Reads a whole decimal number with nothing before or after it. False: not a number, or out of
 * range; `out` is then untouched. */
bool str_to_u64(struct str s, uint64_t *out);
bool str_to_i64(struct str s, int64_t *out);
/* Reads a finite decimal number (C locale: a dot, optional exponent). No blanks, hex, inf, nan. */
bool str_to_double(struct str s, double *out);
