#include "foreign/hdr.h"

#include <inttypes.h>
#include <zlib.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/mem.h"

enum {
    COOKIE = 0x1c849303,            /* plain; the middle bits tell a word size that V2 ignores */
    COOKIE_COMPRESSED = 0x1c849304, /* ... */
    COOKIE_BITS = 0xf0,
    HEADER_SIZE = 40,
    OUTER_SIZE = 8,
    PLAIN_MOST = 16 << 20, /* bytes: five digits over the whole range of 63 bits are less */
    DIGITS_MOST = 5,
};

/* How a histogram divides its range (HdrHistogram, AbstractHistogram.java). */
struct layout {
    unsigned unit_bits; /* values are multiples of 2^unit_bits */
    unsigned half_bits; /* a power of two has 2^half_bits buckets */
};

static uint32_t get_u32(const unsigned char *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static uint64_t get_u64(const unsigned char *from)
{
    return (uint64_t)get_u32(from) << 32 | get_u32(from + 4);
}

static bool refuse(struct error *err, const char *why)
{
    return error_set(err, ERROR_USAGE, "decode a histogram: %s", why);
}

/* The bytes taken; 0: it is cut off. ZigZag LEB128, at most 9 bytes, the ninth whole. */
static size_t get_number(const unsigned char *from, size_t len, int64_t *out)
{
    enum { BYTES_MOST = 9 };
    uint64_t value = 0;
    for (size_t i = 0; i < len && i < BYTES_MOST; i++) {
        bool is_last = i == BYTES_MOST - 1;
        value |= (uint64_t)(is_last ? from[i] : from[i] & 0x7f) << (7 * i);
        if (is_last || from[i] < 0x80) {
            *out = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
            return i + 1;
        }
    }
    return 0;
}

/* The lowest value of the `index`th bucket, and its width; false beyond 63 bits. */
static bool find_bucket(const struct layout *layout, uint64_t index, uint64_t *low, uint64_t *width)
{
    uint64_t halves = index >> layout->half_bits;
    uint64_t octave = halves == 0 ? 0 : halves - 1;
    uint64_t step = index - (octave << layout->half_bits);
    uint64_t shift = octave + layout->unit_bits;
    if (shift + layout->half_bits + 1 > 62) {
        return false;
    }
    *low = step << shift;
    *width = UINT64_C(1) << shift;
    return true;
}

/* Puts `count` values in the middle of the bucket. */
static bool add_bucket(const struct layout *layout, uint64_t index, uint64_t count, nsec unit,
                       struct hist *into)
{
    uint64_t low = 0;
    uint64_t width = 0;
    double most = 9e18;
    if (!find_bucket(layout, index, &low, &width)) {
        return false;
    }
    double middle = ((double)low + (width > 1 ? (double)width / 2 : 0)) * (double)unit;
    if (middle > most || count > INT64_MAX - into->count) {
        return false;
    }
    hist_record_n(into, (nsec)middle, count);
    return true;
}

struct counts {
    const unsigned char *from;
    size_t len;
};

static bool add_counts(const struct layout *layout, struct counts counts, nsec unit,
                       struct hist *into, struct error *err)
{
    uint64_t index = 0;
    while (counts.len > 0) {
        int64_t number = 0;
        size_t taken = get_number(counts.from, counts.len, &number);
        if (taken == 0) {
            return refuse(err, "the last count is cut off");
        }
        counts.from += taken;
        counts.len -= taken;
        uint64_t skipped = number < 0 ? 0 - (uint64_t)number : 1;
        if (number > 0 && !add_bucket(layout, index, (uint64_t)number, unit, into)) {
            return refuse(err, "its values or counts are too large");
        }
        index += skipped;
        if (skipped > UINT32_MAX || index > UINT32_MAX) {
            return refuse(err, "more counts than buckets");
        }
    }
    return true;
}

/* The number of bits below that of the highest one. */
static unsigned floor_log2(uint64_t value)
{
    return 63u - (unsigned)__builtin_clzll(value | 1);
}

static bool add_plain(const unsigned char *from, size_t len, nsec unit, struct hist *into,
                      struct error *err)
{
    if (len < HEADER_SIZE || (get_u32(from) & ~(uint32_t)COOKIE_BITS) != COOKIE) {
        return refuse(err, "not HdrHistogram's V2 encoding");
    }
    uint32_t digits = get_u32(from + 12);
    uint64_t lowest = get_u64(from + 16);
    if (get_u32(from + 4) != len - HEADER_SIZE || digits > DIGITS_MOST || lowest < 1 ||
        lowest > INT64_MAX) {
        return refuse(err, "its header makes no sense");
    }
    uint64_t resolution = 2; /* values up to here are told apart one by one: 2 * 10^digits */
    for (uint32_t i = 0; i < digits; i++) {
        resolution *= 10;
    }
    unsigned bits = floor_log2(resolution - 1) + 1; /* rounded up to a power of two */
    struct layout layout = {.unit_bits = floor_log2(lowest), .half_bits = bits - 1};
    return add_counts(&layout, (struct counts){from + HEADER_SIZE, len - HEADER_SIZE}, unit, into,
                      err);
}

static bool add_compressed(const unsigned char *from, size_t len, nsec unit, struct hist *into,
                           struct error *err)
{
    if (len < OUTER_SIZE || (get_u32(from) & ~(uint32_t)COOKIE_BITS) != COOKIE_COMPRESSED ||
        get_u32(from + 4) != len - OUTER_SIZE) {
        return refuse(err, "not a compressed histogram in HdrHistogram's V2 encoding");
    }
    uLongf plain_len = PLAIN_MOST;
    unsigned char *plain = mem_alloc(plain_len);
    bool done = uncompress(plain, &plain_len, from + OUTER_SIZE, len - OUTER_SIZE) == Z_OK
                    ? add_plain(plain, plain_len, unit, into, err)
                    : refuse(err, "the zlib stream is damaged, or longer than any histogram");
    mem_free(plain);
    return done;
}

bool hdr_add(struct str text, nsec unit, struct hist *into, struct error *err)
{
    struct buf bytes = {0};
    bool done =
        base64_decode(text, &bytes)
            ? add_compressed((const unsigned char *)buf_text(&bytes), bytes.len, unit, into, err)
            : refuse(err, "not base64");
    buf_release(&bytes);
    return done;
}
