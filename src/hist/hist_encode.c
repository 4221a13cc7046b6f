#include "hist/hist_encode.h"

#include <assert.h>
#include <inttypes.h>
#include <zlib.h>

#include "base/base64.h"
#include "base/mem.h"

/* The second lowest hexadecimal digit tells the size of a counter in other versions of the format;
 * version 2 has counters of any size and always says 1. */
#define COOKIE_PLAIN UINT32_C(0x1c849313)
#define COOKIE_COMPRESSED UINT32_C(0x1c849314)
#define RATIO_ONE UINT64_C(0x3ff0000000000000) /* 1.0, as the bits of a double */

enum {
    HEADER_SIZE = 40,
    COMPRESSED_HEADER_SIZE = 8,
    NUMBER_SIZE = 9,                                       /* the longest number */
    PLAIN_SIZE = HEADER_SIZE + HIST_BUCKETS * NUMBER_SIZE, /* the longest plain form */
};

static void put_u32(unsigned char *to, uint32_t value)
{
    for (int i = 3; i >= 0; i--) {
        to[i] = (unsigned char)(value & 0xff);
        value >>= 8;
    }
}

static void put_u64(unsigned char *to, uint64_t value)
{
    put_u32(to, (uint32_t)(value >> 32));
    put_u32(to + 4, (uint32_t)(value & UINT32_MAX));
}

static uint32_t get_u32(const unsigned char *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static uint64_t get_u64(const unsigned char *from)
{
    return (uint64_t)get_u32(from) << 32 | get_u32(from + 4);
}

/* Appends a number as ZigZag LEB128 of at most nine bytes, the ninth of which holds eight bits.
 * Returns how many bytes. */
static size_t put_number(unsigned char *to, int64_t value)
{
    uint64_t sign = value < 0 ? UINT64_MAX : 0;
    uint64_t left = (uint64_t)value << 1 ^ sign;
    size_t len = 0;
    while (left > 0x7f && len < NUMBER_SIZE - 1) {
        to[len++] = (unsigned char)(left & 0x7f) | 0x80;
        left >>= 7;
    }
    to[len++] = (unsigned char)left;
    return len;
}

/* Returns how many of the `len` bytes were read, or 0 when they end too early. */
static size_t get_number(const unsigned char *from, size_t len, int64_t *value)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < len && i < NUMBER_SIZE; i++) {
        bool last = i == NUMBER_SIZE - 1 || from[i] < 0x80;
        uint64_t part = last ? from[i] : from[i] & 0x7f;
        bits |= part << (7 * i);
        if (last) {
            *value = (int64_t)(bits >> 1 ^ (0 - (bits & 1)));
            return i + 1;
        }
    }
    return 0;
}

/* Writes the counts up to the last that is not 0; returns how many bytes. */
static size_t put_counts(const struct hist *hist, unsigned char *to)
{
    size_t end = hist_index(hist->high) + 1;
    size_t len = 0;
    for (size_t i = 0; i < end;) {
        size_t zeros = 0;
        while (i + zeros < end && hist->counts[i + zeros] == 0) {
            zeros++;
        }
        if (zeros > 1) {
            len += put_number(to + len, -(int64_t)zeros);
            i += zeros;
        } else {
            len += put_number(to + len, (int64_t)hist->counts[i]);
            i++;
        }
    }
    return len;
}

/* The plain form in memory of its own, which the caller frees. */
static unsigned char *encode_plain(const struct hist *hist, size_t *len)
{
    assert(hist->count <= INT64_MAX);
    unsigned char *plain =
        mem_alloc(HEADER_SIZE + (hist_index(hist->high) + 1) * (size_t)NUMBER_SIZE);
    size_t payload = put_counts(hist, plain + HEADER_SIZE);
    put_u32(plain, COOKIE_PLAIN);
    put_u32(plain + 4, (uint32_t)payload);
    put_u32(plain + 8, 0); /* normalizing index offset */
    put_u32(plain + 12, HIST_SIGNIFICANT_DIGITS);
    put_u64(plain + 16, 1); /* lowest value */
    put_u64(plain + 24, HIST_HIGHEST);
    put_u64(plain + 32, RATIO_ONE);
    *len = HEADER_SIZE + payload;
    return plain;
}

static unsigned char *encode_compressed(const struct hist *hist, size_t *len)
{
    size_t plain_len = 0;
    unsigned char *plain = encode_plain(hist, &plain_len);
    uLongf stream_len = compressBound(plain_len);
    unsigned char *packed = mem_alloc(COMPRESSED_HEADER_SIZE + stream_len);
    int status = compress(packed + COMPRESSED_HEADER_SIZE, &stream_len, plain, plain_len);
    assert(status == Z_OK); /* there is room, and memory never fails here */
    (void)status;
    put_u32(packed, COOKIE_COMPRESSED);
    put_u32(packed + 4, (uint32_t)stream_len);
    mem_free(plain);
    *len = COMPRESSED_HEADER_SIZE + stream_len;
    return packed;
}

bool hist_encode(const struct hist *hist, struct buf *out)
{
    size_t len = 0;
    unsigned char *plain = encode_plain(hist, &len);
    bool added = buf_add(out, plain, len);
    mem_free(plain);
    return added;
}

bool hist_encode_compressed(const struct hist *hist, struct buf *out)
{
    size_t len = 0;
    unsigned char *packed = encode_compressed(hist, &len);
    bool added = buf_add(out, packed, len);
    mem_free(packed);
    return added;
}

bool hist_encode_text(const struct hist *hist, struct buf *out)
{
    size_t len = 0;
    unsigned char *packed = encode_compressed(hist, &len);
    bool added = base64_encode((struct str){(const char *)packed, len}, out);
    mem_free(packed);
    return added;
}

static bool refuse(struct error *err, const char *why)
{
    return error_set(err, ERROR_USAGE, "decode a histogram: %s", why);
}

/* Adds `count` values at the bucket `index`: in the middle, for the mean, and the range widened to
 * the whole bucket. */
static void fill_bucket(struct hist *hist, size_t index, uint64_t count)
{
    nsec low = hist_bucket_low(index);
    nsec high = hist_bucket_high(index);
    hist_record_n(hist, low + (high - low + 1) / 2, count);
    hist_widen(hist, low, 0);
    hist_widen(hist, high, 0);
}

static bool get_counts(struct hist *hist, const unsigned char *from, size_t len, struct error *err)
{
    size_t index = 0;
    while (len > 0) {
        int64_t number = 0;
        size_t taken = get_number(from, len, &number);
        if (taken == 0) {
            return refuse(err, "the last count is cut off");
        }
        from += taken;
        len -= taken;
        uint64_t buckets = number < 0 ? 0 - (uint64_t)number : 1;
        if (buckets > HIST_BUCKETS - index) {
            return refuse(err, "more counts than buckets");
        }
        if (number > 0) {
            if ((uint64_t)number > INT64_MAX - hist->count) {
                return refuse(err, "the counts overflow");
            }
            fill_bucket(hist, index, (uint64_t)number);
        }
        index += buckets;
    }
    return true;
}

/* Whether the counts stand for whole nanoseconds from bucket 0 on. hdr-histogram-js says so in its
 * own way, which can mean nothing else: a true offset is a multiple of half an octave, and a ratio
 * with the bits of the integer 1 is no number anyone scales by. */
static bool unshifted(const unsigned char *header)
{
    uint32_t offset = get_u32(header + 8);
    uint64_t ratio = get_u64(header + 32);
    return (offset == 0 && ratio == RATIO_ONE) || (offset == 1 && ratio == 1);
}

static bool decode_plain(struct hist *hist, const unsigned char *from, size_t len,
                         struct error *err)
{
    if (len < HEADER_SIZE) {
        return refuse(err, "too short for a header");
    }
    if (get_u32(from) != COOKIE_PLAIN) {
        return refuse(err, "not HdrHistogram's V2 encoding (unknown cookie)");
    }
    if (get_u32(from + 4) != len - HEADER_SIZE) {
        return refuse(err, "its length is not the one it states");
    }
    if (!unshifted(from)) {
        return refuse(err, "shifted or scaled values are not supported");
    }
    uint32_t digits = get_u32(from + 12);
    uint64_t lowest = get_u64(from + 16);
    uint64_t highest = get_u64(from + 24);
    if (digits != HIST_SIGNIFICANT_DIGITS || lowest != 1 || highest != HIST_HIGHEST) {
        return error_set(err, ERROR_USAGE,
                         "decode a histogram: it has %" PRIu32 " digits from %" PRIu64
                         " to %" PRIu64 ", wanted %d from 1 to %" PRIu64,
                         digits, lowest, highest, HIST_SIGNIFICANT_DIGITS, HIST_HIGHEST);
    }
    if (!get_counts(hist, from + HEADER_SIZE, len - HEADER_SIZE, err)) {
        hist_clear(hist);
        return false;
    }
    return true;
}

static bool decode_compressed(struct hist *hist, const unsigned char *from, size_t len,
                              struct error *err)
{
    if (get_u32(from + 4) != len - COMPRESSED_HEADER_SIZE) {
        return refuse(err, "its length is not the one it states");
    }
    uLongf plain_len = PLAIN_SIZE;
    uLong stream_len = len - COMPRESSED_HEADER_SIZE;
    unsigned char *plain = mem_alloc(plain_len);
    bool decoded = false;
    if (uncompress2(plain, &plain_len, from + COMPRESSED_HEADER_SIZE, &stream_len) != Z_OK) {
        refuse(err, "the zlib stream is damaged, cut off, or longer than any histogram");
        goto out;
    }
    if (stream_len != len - COMPRESSED_HEADER_SIZE) {
        refuse(err, "bytes follow the zlib stream");
        goto out;
    }
    decoded = decode_plain(hist, plain, plain_len, err);
out:
    mem_free(plain);
    return decoded;
}

bool hist_decode(struct hist *hist, struct str bytes, struct error *err)
{
    hist_clear(hist);
    if (bytes.len < COMPRESSED_HEADER_SIZE) {
        return refuse(err, "too short for a header");
    }
    const unsigned char *from = (const unsigned char *)bytes.data;
    if (get_u32(from) == COOKIE_COMPRESSED) {
        return decode_compressed(hist, from, bytes.len, err);
    }
    return decode_plain(hist, from, bytes.len, err);
}

bool hist_decode_text(struct hist *hist, struct str text, struct error *err)
{
    struct buf packed = {0};
    hist_clear(hist);
    buf_init(&packed, COMPRESSED_HEADER_SIZE + compressBound(PLAIN_SIZE));
    bool decoded = base64_decode(text, &packed);
    if (decoded) {
        decoded = hist_decode(hist, buf_str(&packed), err);
    } else if (packed.overflown) {
        refuse(err, "longer than any histogram");
    } else {
        refuse(err, "not base64");
    }
    buf_release(&packed);
    return decoded;
}
