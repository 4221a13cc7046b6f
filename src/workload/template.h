/* A command compiled once into constant bytes with holes for a key and a value. Sending it copies
 * the bytes and fills the holes; nothing is parsed, formatted or allocated. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
};

/* `key_size` bytes in all, or as many as the prefix and the numbers below `keys` need (0). */
void key_format_init(struct key_format *format, const char *prefix, uint64_t keys, size_t key_size);
/* Writes the digits of `number` that differ between keys, format->digits of them, at `out`. */
void key_format_write_number(const struct key_format *format, uint64_t number, char *out);

enum { TEMPLATE_MAX_KEYS = 4 };

/* Where the digits of a key go. */
struct template_key {
    size_t at;     /* in the head */
    uint64_t mask; /* of the word that ends with the digits: the digits ... */
    uint64_t kept; /* ... and the bytes before them */
};

struct template
{
    struct buf head; /* all bytes up to the value, or all there are */
    struct template_key keys[TEMPLATE_MAX_KEYS];
    size_t key_count;
    bool has_value;       /* the value follows the head, then "\r\n" */
    bool value_is_sized;  /* sizes differ between keys: "<len>\r\n" comes before the value */
    size_t digits;        /* of a key number */
    size_t max_size;      /* bytes of the longest command this can give */
    size_t max_head_size; /* ... of which template_write_head writes */
};

/* Compiles a command from its words; "{key}" and a last "{value}" are the holes, everything else
 * is taken literally. */
void template_init(struct template *template, const char *const *words, size_t count,
                   const struct key_format *keys, const struct value_space *values);
void template_release(struct template *template);
/* Writes the command for a key at `out`, which has room for max_size bytes; returns its length. */
size_t template_write(const struct template *template, const struct value_space *values,
                      uint64_t key, char *out);
/* The same up to and with the mark of a value that is longer than VALUES_LARGE: sets `rest` to what
 * follows before a final "\r\n". Commands with shorter values are written whole. */
size_t template_write_head(const struct template *template, const struct value_space *values,
                           uint64_t key, char *out, struct str *rest);
