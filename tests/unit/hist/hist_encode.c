#include "hist/hist_encode.h"

#include <zlib.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/rng.h"
#include "support/tap.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct sample {
    nsec value;
    uint64_t count;
};

/* A histogram made by another implementation, and what it reads out of it. */
struct vector {
    const char *name;
    const struct sample *samples;
    size_t sample_count;
    uint64_t count;
    nsec percentiles[5]; /* 50, 90, 99, 99.9, 99.99 */
    nsec max;
    const char *text;
};

#include "data/hdr_vectors.inc"

static const double percentiles[] = {50, 90, 99, 99.9, 99.99};

enum { HEADER_SIZE = 40 };

#define HEADER(payload)                                                                            \
    "\x1c\x84\x93\x13" payload "\0\0\0\0"                                                          \
    "\0\0\0\3"                                                                                     \
    "\0\0\0\0\0\0\0\1"                                                                             \
    "\0\0\x03\xff\xff\xff\xff\xff"                                                                 \
    "\x3f\xf0\0\0\0\0\0\0"

#define MOST_8 "\xfe\xff\xff\xff\xff\xff\xff\xff" /* begins a 9-byte number */

static void record_all(struct hist *hist, const struct vector *vector)
{
    hist_clear(hist);
    for (size_t i = 0; i < vector->sample_count; i++) {
        hist_record_n(hist, vector->samples[i].value, vector->samples[i].count);
    }
}

/* The plain form inside of a text. */
static void unpack(const char *text, struct buf *plain)
{
    struct buf packed = {0};
    base64_decode(str_from(text), &packed);
    uLongf len = 400000;
    char *room = buf_reserve(plain, len);
    if (packed.len > 8 &&
        uncompress((Bytef *)room, &len, (const Bytef *)packed.data + 8, packed.len - 8) == Z_OK) {
        buf_added(plain, len);
    }
    buf_release(&packed);
}

/* The header apart from two fields that readers of integer histograms ignore, which this peer
 * fills in its own way (offset 1, and a ratio with the bits of the integer 1). */
static bool same_header(const char *a, const char *b)
{
    return memcmp(a, b, 8) == 0 && memcmp(a + 12, b + 12, 20) == 0;
}

static void test_vector(const struct vector *vector)
{
    struct hist theirs = {0};
    struct hist ours = {0};
    struct buf their_plain = {0};
    struct buf our_plain = {0};
    struct error err = {0};
    hist_init(&theirs);
    hist_init(&ours);
    tap_check(hist_decode_text(&theirs, str_from(vector->text), &err), "%s: decoded %s",
              vector->name, err.text);
    tap_int((int64_t)theirs.count, (int64_t)vector->count, "%s: count", vector->name);
    for (size_t i = 0; i < COUNT_OF(percentiles); i++) {
        tap_int((int64_t)hist_percentile(&theirs, percentiles[i]), (int64_t)vector->percentiles[i],
                "%s: percentile %g", vector->name, percentiles[i]);
    }
    tap_int((int64_t)hist_max(&theirs), (int64_t)vector->max, "%s: maximum", vector->name);
    record_all(&ours, vector);
    hist_encode(&ours, &our_plain);
    unpack(vector->text, &their_plain);
    if (tap_int((int64_t)our_plain.len, (int64_t)their_plain.len, "%s: length", vector->name)) {
        tap_check(same_header(our_plain.data, their_plain.data), "%s: header", vector->name);
        tap_check(memcmp(our_plain.data + HEADER_SIZE, their_plain.data + HEADER_SIZE,
                         our_plain.len - HEADER_SIZE) == 0,
                  "%s: counts, byte for byte", vector->name);
    }
    buf_release(&their_plain);
    buf_release(&our_plain);
    hist_release(&theirs);
    hist_release(&ours);
}

static void test_bytes(void)
{
    static const char wanted[] = HEADER("\0\0\0\x05") "\x00\x02\x05\x80\x02";
    struct hist hist = {0};
    struct buf plain = {0};
    hist_init(&hist);
    hist_record(&hist, 1);
    hist_record_n(&hist, 5, 128);
    hist_encode(&hist, &plain);
    tap_check(plain.len == sizeof(wanted) - 1 && memcmp(plain.data, wanted, plain.len) == 0,
              "plain form, byte for byte");
    static const char largest[] = HEADER("\0\0\0\x09") MOST_8 "\xff";
    hist_clear(&hist);
    buf_clear(&plain);
    hist_record_n(&hist, 0, INT64_MAX);
    hist_encode(&hist, &plain);
    tap_check(plain.len == sizeof(largest) - 1 && memcmp(plain.data, largest, plain.len) == 0,
              "the largest count, byte for byte");
    buf_release(&plain);
    hist_release(&hist);
}

static const struct {
    const char *name;
    bool (*encode)(const struct hist *, struct buf *);
    bool (*decode)(struct hist *, struct str, struct error *);
} forms[] = {
    {"plain", hist_encode, hist_decode},
    {"compressed", hist_encode_compressed, hist_decode},
    {"text", hist_encode_text, hist_decode_text},
};

static void test_limit(void)
{
    struct hist hist = {0};
    hist_init(&hist);
    hist_record_n(&hist, 1000000, 3);
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct buf whole = {0};
        struct buf small = {0};
        forms[i].encode(&hist, &whole);
        buf_init(&small, whole.len - 1);
        tap_check(!forms[i].encode(&hist, &small) && small.len == 0, "%s: one byte too many",
                  forms[i].name);
        buf_init(&small, whole.len);
        tap_check(forms[i].encode(&hist, &small) && small.len == whole.len, "%s: just fits",
                  forms[i].name);
        struct hist back = {0};
        hist_init(&back);
        forms[i].decode(&back, buf_str(&whole), NULL);
        tap_near(hist_mean(&back), 1000192, 0, "%s: mean in the middle of the bucket",
                 forms[i].name);
        hist_release(&back);
        buf_release(&whole);
        buf_release(&small);
    }
    hist_release(&hist);
}

/* Encodes and decodes in each form; counts and percentiles must come back. */
static void test_round_trip(void)
{
    struct hist hist = {0};
    struct hist back = {0};
    struct rng rng;
    struct buf bytes = {0};
    rng_init(&rng, 3);
    hist_init(&hist);
    hist_init(&back);
    for (int i = 0; i < 50000; i++) {
        hist_record_n(&hist, rng_next(&rng) >> (20 + rng_below(&rng, 40)),
                      rng_next(&rng) >> (16 + rng_below(&rng, 48)));
    }
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct error err = {0};
        buf_clear(&bytes);
        forms[i].encode(&hist, &bytes);
        tap_check(forms[i].decode(&back, buf_str(&bytes), &err), "%s: decoded %s", forms[i].name,
                  err.text);
        tap_check(memcmp(back.counts, hist.counts, HIST_BUCKETS * sizeof(hist.counts[0])) == 0,
                  "%s: every count", forms[i].name);
        tap_int((int64_t)back.count, (int64_t)hist.count, "%s: count", forms[i].name);
        tap_int((int64_t)hist_min(&back), (int64_t)hist_bucket_low(hist_index(hist_min(&hist))),
                "%s: minimum", forms[i].name);
        tap_check(hist.saturated > 0 &&
                      hist_restore(&back, hist_min(&hist), hist_max(&hist), hist.saturated, &err),
                  "%s: extremes restored %s", forms[i].name, err.text);
        size_t wrong = 0;
        for (int half = 1; half <= 200; half++) {
            wrong += hist_percentile(&back, half / 2.0) != hist_percentile(&hist, half / 2.0);
        }
        tap_int((int64_t)wrong, 0, "%s: percentiles", forms[i].name);
    }
    buf_release(&bytes);
    hist_release(&hist);
    hist_release(&back);
}

#define ROW(name, bytes, says) name, bytes, sizeof(bytes) - 1, says

static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    const char *says; /* NULL: accepted */
} foreign[] = {
    {ROW("one zero", HEADER("\0\0\0\1") "\0", NULL)},
    {ROW("no counts at all", HEADER("\0\0\0\0"), NULL)},
    {ROW("a run of one zero", HEADER("\0\0\0\2") "\x01\x02", NULL)},
    {ROW("zeros to the end", HEADER("\0\0\0\3") "\xff\x8f\x04", NULL)},
    {ROW("zeros beyond the end", HEADER("\0\0\0\3") "\x81\x90\x04", "more counts than buckets")},
    {ROW("count beyond the end", HEADER("\0\0\0\4") "\xff\x8f\x04\x02", "more counts than")},
    {ROW("the longest run", HEADER("\0\0\0\x09") "\xff\xff\xff\xff\xff\xff\xff\xff\xff",
         "more counts than buckets")},
    {ROW("the largest count", HEADER("\0\0\0\x09") MOST_8 "\xff", NULL)},
    {ROW("overflow", HEADER("\0\0\0\x0a") MOST_8 "\xff\x02", "overflow")},
    {ROW("number cut off", HEADER("\0\0\0\1") "\x80", "cut off")},
    {ROW("number cut off at 8", HEADER("\0\0\0\x08") MOST_8, "cut off")},
    {ROW("nothing", "", "too short")},
    {ROW("seven bytes", "\x1c\x84\x93\x14\0\0\0", "too short")},
    {ROW("cookie only", "\x1c\x84\x93\x13\0\0\0\0", "too short")},
    {ROW("bytes after the counts", HEADER("\0\0\0\1") "\0\0", "length")},
    {ROW("counts missing", HEADER("\0\0\0\2") "\0", "length")},
    {ROW("huge length", HEADER("\xff\xff\xff\xff") "\0", "length")},
    {ROW("version 1",
         "\x1c\x84\x93\x11\0\0\0\1\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\1"
         "\0\0\x03\xff\xff\xff\xff\xff\x3f\xf0\0\0\0\0\0\0\0",
         "unknown cookie")},
    {ROW("shifted",
         "\x1c\x84\x93\x13\0\0\0\1\0\0\4\0\0\0\0\3\0\0\0\0\0\0\0\1"
         "\0\0\x03\xff\xff\xff\xff\xff\x3f\xf0\0\0\0\0\0\0\0",
         "shifted or scaled")},
    {ROW("scaled",
         "\x1c\x84\x93\x13\0\0\0\1\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\1"
         "\0\0\x03\xff\xff\xff\xff\xff\x40\x00\0\0\0\0\0\0\0",
         "shifted or scaled")},
    {ROW("2 digits",
         "\x1c\x84\x93\x13\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1"
         "\0\0\x03\xff\xff\xff\xff\xff\x3f\xf0\0\0\0\0\0\0\0",
         "2 digits from 1 to 4398046511103")},
    {ROW("lowest value 1000",
         "\x1c\x84\x93\x13\0\0\0\1\0\0\0\0\0\0\0\3\0\0\0\0\0\0\3\xe8"
         "\0\0\x03\xff\xff\xff\xff\xff\x3f\xf0\0\0\0\0\0\0\0",
         "3 digits from 1000 to")},
    {ROW("another highest value",
         "\x1c\x84\x93\x13\0\0\0\1\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\1"
         "\0\0\0\0\0\0\x10\0\x3f\xf0\0\0\0\0\0\0\0",
         "from 1 to 4096, wanted 3 from 1 to 4398046511103")},
};

static void check_refused(bool decoded, const struct hist *hist, const struct error *err,
                          const char *says, const char *name)
{
    tap_check(!decoded && err->code == ERROR_USAGE && strstr(err->text, says) != NULL,
              "%s: refused: %s", name, err->text);
    tap_check(hist->count == 0 && hist_max(hist) == 0, "%s: leaves it empty", name);
}

static void test_foreign(void)
{
    struct hist hist = {0};
    hist_init(&hist);
    for (size_t i = 0; i < COUNT_OF(foreign); i++) {
        struct error err = {0};
        hist_record(&hist, 77); /* must be forgotten */
        bool decoded = hist_decode(&hist, (struct str){foreign[i].bytes, foreign[i].len}, &err);
        if (foreign[i].says == NULL) {
            tap_check(decoded, "%s: decoded %s", foreign[i].name, err.text);
        } else {
            check_refused(decoded, &hist, &err, foreign[i].says, foreign[i].name);
        }
    }
    hist_release(&hist);
}

/* Every single cut and many changed bytes of a good one: never accepted with more than it says,
 * never a crash (the sanitizers watch). */
static void test_damaged(void)
{
    struct hist hist = {0};
    struct hist out = {0};
    struct buf good = {0};
    struct error err = {0};
    hist_init(&hist);
    hist_init(&out);
    for (nsec value = 1; value < HIST_HIGHEST; value = value * 3 / 2 + 1) {
        hist_record(&hist, value);
    }
    hist_encode_compressed(&hist, &good);
    size_t accepted = 0;
    for (size_t len = 0; len < good.len; len++) {
        accepted += hist_decode(&out, (struct str){good.data, len}, NULL);
    }
    tap_int((int64_t)accepted, 0, "no cut form is accepted");
    for (size_t at = 0; at < good.len; at++) {
        good.data[at] = (char)(good.data[at] ^ 0x10);
        accepted += hist_decode(&out, buf_str(&good), NULL) && out.count != hist.count;
        good.data[at] = (char)(good.data[at] ^ 0x10);
    }
    tap_int((int64_t)accepted, 0, "no changed form is accepted with another count");
    buf_add(&good, "!", 1);
    bool decoded = hist_decode(&out, buf_str(&good), &err);
    check_refused(decoded, &out, &err, "length", "a byte after the stream");
    good.data[7]++;
    decoded = hist_decode(&out, buf_str(&good), &err);
    check_refused(decoded, &out, &err, "follow the zlib stream", "a byte after, counted");
    buf_release(&good);
    hist_release(&hist);
    hist_release(&out);
}

/* A stream that unpacks to far more than any histogram. */
static void test_bomb(void)
{
    enum { ZEROS = 8 << 20 };
    unsigned char *zeros = mem_alloc(ZEROS);
    uLongf len = compressBound(ZEROS);
    unsigned char *packed = mem_alloc(8 + len);
    struct hist out = {0};
    struct error err = {0};
    hist_init(&out);
    compress(packed + 8, &len, zeros, ZEROS);
    memcpy(packed, "\x1c\x84\x93\x14\0\0", 6);
    packed[6] = (unsigned char)(len >> 8);
    packed[7] = (unsigned char)(len & 0xff);
    bool decoded = hist_decode(&out, (struct str){(const char *)packed, 8 + len}, &err);
    check_refused(decoded, &out, &err, "longer than any histogram", "a stream of 8 MiB");
    struct buf text = {0};
    char *room = buf_reserve(&text, ZEROS);
    memset(room, 'A', ZEROS);
    buf_added(&text, ZEROS);
    decoded = hist_decode_text(&out, buf_str(&text), &err);
    check_refused(decoded, &out, &err, "longer than any histogram", "a text of 8 MiB");
    decoded = hist_decode_text(&out, STR("not base64!!"), &err);
    check_refused(decoded, &out, &err, "not base64", "another text");
    buf_release(&text);
    hist_release(&out);
    mem_free(zeros);
    mem_free(packed);
}

int main(void)
{
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        test_vector(&vectors[i]);
    }
    test_bytes();
    test_limit();
    test_round_trip();
    test_foreign();
    test_damaged();
    test_bomb();
    return tap_end();
}
