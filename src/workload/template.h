/* A command compiled once into constant bytes with holes for a key and a value. Sending it copies
 * the bytes and fills the holes; nothing is parsed, formatted or allocated. Pure. */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "workload/values.h"

/* How a key is written: a prefix and a number in decimal with leading zeros, always equally long.
 */
struct key_format {
    const char *prefix; /* must outlive the format */
    size_t prefix_len;
    size_t padding; /* zeros between the prefix and the digits that differ between keys */
    size_t digits;  /* those digits */
    uint64_t tags;  /* "{<number modulo this>}" stands before the zeros; 0: no tag */
    size_t tag_digits;
};

/* `key_size` bytes in all, or as many as the prefix and the numbers below `keys` need (0). */
void key_format_init(struct key_format *format, const char *prefix, uint64_t keys, size_t key_size);
/* Adds hash tags; `key_size` as before. */
void key_format_add_tags(struct key_format *format, uint64_t tags, size_t key_size);
/* Has the number no more digits than a key has room for? */
bool key_format_holds(const struct key_format *format, uint64_t number);
/* Bytes of a key. */
size_t key_format_size(const struct key_format *format);
/* Writes a whole key. */
void key_format_write(const struct key_format *format, uint64_t number, char *out);
/* Writes the tag of a key with its braces, "" without tags; returns its length. */
size_t key_format_write_tag(const struct key_format *format, uint64_t number, char *out);
/* Writes the digits of `number` that differ between keys, format->digits of them, at `out`. */
void key_format_write_number(const struct key_format *format, uint64_t number, char *out);

enum { TEMPLATE_MAX_KEYS = 4 };

/* Where the digits of a key go. */
struct template_key {
    size_t at;     /* in the head */
    uint64_t word; /* the word that ends with the digits, with all of them '0' */
};

struct template
{
    struct buf head; /* all bytes up to the value, or all there are; with room for whole chunks */
    struct template_key keys[TEMPLATE_MAX_KEYS];
    size_t key_count;
    bool has_value;       /* the value follows the head, then "\r\n" */
    bool value_is_sized;  /* sizes differ between keys: "<len>\r\n" comes before the value */
    size_t digits;        /* of a key number */
    bool is_quick;        /* one key of at most eight digits, and no value or one of one size */
    size_t quick_at;      /* where the word with the digits goes */
    size_t max_size;      /* bytes of the longest command this can give */
    size_t max_head_size; /* ... of which template_write_head writes */
};

/* Copies are made in chunks of this size, and may write that much more than there is to copy. */
enum { TEMPLATE_CHUNK = 64 };

/* Compiles a command from its words; "{key}" and a last "{value}" are the holes, everything else
 * is taken literally. */
void template_init(struct template *template, const char *const *words, size_t count,
                   const struct key_format *keys, const struct value_space *values);
void template_release(struct template *template);
/* The eight decimal digits of a number below 10^8, each as a byte from 0 to 9, in the order of
 * memory: all at once by multiplication (Mula, "SIMD-ized conversion", on one 64-bit word). Each
 * step splits its fields into a quotient and, above it, a remainder. */
static inline uint64_t template_eight_digits(uint64_t number)
{
    uint64_t fours = number / 10000;
    uint64_t halves = (number << 32) - fours * ((UINT64_C(10000) << 32) - 1);
    uint64_t hundreds = ((halves * 10486) >> 20) & 0x7f0000007fu;
    uint64_t quarters = (halves << 16) - hundreds * ((100u << 16) - 1);
    uint64_t tens = ((quarters * 103) >> 10) & 0x000f000f000f000fu;
    return htole64((quarters << 8) - tens * ((10u << 8) - 1));
}

/* Most commands and short values are one chunk. */
static inline void template_copy(char *out, const char *from, size_t len)
{
    memcpy(out, from, TEMPLATE_CHUNK);
    if (len > TEMPLATE_CHUNK) {
        memcpy(out + TEMPLATE_CHUNK, from + TEMPLATE_CHUNK, len - TEMPLATE_CHUNK);
    }
}

/* What template_write does, for the hot path: `template->is_quick`, and room for TEMPLATE_CHUNK
 * more bytes than max_size. */
static inline size_t template_write_quick(const struct template *template,
                                          const struct value_space *values, uint64_t key, char *out)
{
    size_t len = template->head.len;
    template_copy(out, template->head.data, len);
    uint64_t word = template_eight_digits(key) | template->keys[0].word;
    memcpy(out + template->quick_at, &word, sizeof word);
    if (template->has_value) {
        uint64_t mark = value_space_mark(key);
        const char *from = value_space_place(values, mark);
        size_t size = (size_t)values->size_low;
        char *value = out + len;
        template_copy(value, from, size);
        memcpy(value, &mark, sizeof mark);
        memcpy(value + size, "\r\n", 2);
        len += size + 2;
    }
    return len;
}

/* Writes the command for a key at `out`, which has room for max_size bytes; returns its length. */
size_t template_write(const struct template *template, const struct value_space *values,
                      uint64_t key, char *out);
/* The same up to and with the mark of a value that is longer than VALUES_LARGE: sets `rest` to what
 * follows before a final "\r\n". Commands with shorter values are written whole. */
size_t template_write_head(const struct template *template, const struct value_space *values,
                           uint64_t key, char *out, struct str *rest);
