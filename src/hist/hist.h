/* A histogram of times: how often each latency was seen, to three significant digits, in constant
 * memory and with no allocation while recording.
 *
 * The layout is that of HdrHistogram (Gil Tene, hdrhistogram.org) with 3 significant digits and
 * lowest value 1 ns, so that hist_encode.h can write its format. Values below 2048 ns have a bucket
 * each; above, every power of two is divided into 1024 buckets of equal width. A bucket is
 * therefore at most 1/1024 of its values wide, which bounds the relative error of a percentile.
 *
 * Count, minimum, maximum and mean are exact, whatever the buckets hold. A value above
 * HIST_HIGHEST (73 minutes) is counted in the last bucket and again in `saturated`, and takes part
 * in the exact maximum and mean: nothing is clipped without a trace.
 *
 * What it does not do: correct for coordinated omission (record the time since the intended start
 * instead), or hold negative or fractional values.
 *
 * Thread rule: one owner at a time. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"

enum {
    HIST_SIGNIFICANT_DIGITS = 3,
    HIST_HALF_BITS = 10,             /* a power of two has 2^10 buckets... */
    HIST_HALF = 1 << HIST_HALF_BITS, /* ...and the range below 2^11 has two such halves */
    HIST_OCTAVES = 32,               /* ranges: below 2^11, below 2^12, ... below 2^42 */
    HIST_BUCKETS = (HIST_OCTAVES + 1) * HIST_HALF,
};

/* The highest value with a bucket of its own: 2^42 - 1 ns, 73 minutes. */
#define HIST_HIGHEST ((UINT64_C(1) << (HIST_HALF_BITS + HIST_OCTAVES)) - 1)

/* Read the fields freely; `min` and `max` through hist_min and hist_max, which know of emptiness.
 * An all-zero struct may be released, but not used otherwise. */
struct hist {
    uint64_t *counts; /* HIST_BUCKETS of them */
    uint64_t count;
    nsec min;  /* exact; UINT64_MAX when empty */
    nsec high; /* min(max, HIST_HIGHEST): one comparison on the hot path finds both kinds of news */
    nsec max;  /* exact */
    uint64_t saturated;                  /* values above HIST_HIGHEST, also part of `count` */
    __extension__ unsigned __int128 sum; /* exact */
};

/* Empties a struct with any content and allocates its counts: the only allocation ever made. */
void hist_init(struct hist *hist);
/* May be called on a zeroed struct, and twice. */
void hist_release(struct hist *hist);
/* Empties it. Costs as much as the span of buckets in use. */
void hist_clear(struct hist *hist);

/* The bucket of a value up to HIST_HIGHEST. */
static inline size_t hist_index(nsec value)
{
    unsigned octave =
        63u - HIST_HALF_BITS - (unsigned)__builtin_clzll(value | (2u * HIST_HALF - 1));
    return ((size_t)octave << HIST_HALF_BITS) + (size_t)(value >> octave);
}

/* The lowest and the highest value that fall into a bucket. */
static inline nsec hist_bucket_low(size_t index)
{
    size_t halves = index >> HIST_HALF_BITS;
    size_t octave = halves == 0 ? 0 : halves - 1;
    return (nsec)(index - (octave << HIST_HALF_BITS)) << octave;
}

static inline nsec hist_bucket_high(size_t index)
{
    return hist_bucket_low(index + 1) - 1;
}

/* Widens the range to a value outside of [min, high] that will be counted `count` times, and
 * returns the value whose bucket counts it. Part of recording; not for others. */
nsec hist_widen(struct hist *hist, nsec value, uint64_t count) __attribute__((cold, noinline));

/* Counts one value. Any value is allowed. */
static inline void hist_record(struct hist *hist, nsec value)
{
    nsec held = value;
    if (__builtin_expect(value < hist->min || value > hist->high, 0)) {
        held = hist_widen(hist, value, 1);
    }
    hist->counts[hist_index(held)]++;
    hist->count++;
    hist->sum += value;
}

/* Counts a value `count` times; 0 times changes nothing. */
void hist_record_n(struct hist *hist, nsec value, uint64_t count);

/* Adds everything `from` holds: exactly as if its values had been recorded into `into`. */
void hist_add(struct hist *into, const struct hist *from);
/* Makes `into`, an initialised histogram, hold what `from` holds. */
void hist_copy(struct hist *into, const struct hist *from);

/* Exact; 0 when empty. */
nsec hist_min(const struct hist *hist);
nsec hist_max(const struct hist *hist);
/* Exact to the rounding of a double; 0 when empty. */
double hist_mean(const struct hist *hist);

/* The value at a percentile, 0 to 100 (clamped): the highest value of the bucket that holds the
 * value of rank ceil(percentile / 100 * count), at least 1, in ascending order; never outside of
 * [min, max]. Percentile 0 is the minimum, 100 the maximum, both exact. Where the rank falls among
 * saturated values the maximum is returned, the least bound known. 0 when empty. The convention is
 * that of HdrHistogram's Java implementation. */
nsec hist_percentile(const struct hist *hist, double percentile);
/* How many values are at most `value`, to the resolution of its bucket (all of that bucket
 * counts). Saturated values count only from the exact maximum on. */
uint64_t hist_count_at_or_below(const struct hist *hist, nsec value);

struct hist_bucket {
    nsec low;       /* lowest and highest value that falls into the bucket */
    nsec high;      /* HIST_HIGHEST in the last one, even when it holds saturated values */
    uint64_t count; /* more than 0 */
};

/* Walks over the buckets that are not empty, in ascending order. Valid until the next change.
 *
 *     struct hist_iter iter = {.hist = &hist};
 *     struct hist_bucket bucket;
 *     while (hist_next(&iter, &bucket)) { ... }
 */
struct hist_iter {
    const struct hist *hist;
    size_t next; /* index of the first bucket not looked at */
};

bool hist_next(struct hist_iter *iter, struct hist_bucket *bucket);

/* Gives a histogram whose extremes are known to bucket resolution only (it was decoded) its exact
 * minimum, maximum and number of saturated values back. False, and nothing changed: they
 * contradict its buckets. For an empty histogram all three are 0. */
bool hist_restore(struct hist *hist, nsec min, nsec max, uint64_t saturated, struct error *err);
