#include "hist/hist.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

static nsec at_most_highest(nsec value)
{
    return value < HIST_HIGHEST ? value : HIST_HIGHEST;
}

/* The buckets in use lie between these two; only for histograms that are not empty. */
static size_t first_index(const struct hist *hist)
{
    return hist_index(at_most_highest(hist->min));
}

static size_t last_index(const struct hist *hist)
{
    return hist_index(hist->high);
}

static void forget(struct hist *hist)
{
    *hist = (struct hist){.counts = hist->counts, .min = UINT64_MAX};
}

void hist_init(struct hist *hist)
{
    hist->counts = mem_alloc_array(HIST_BUCKETS, sizeof(hist->counts[0]));
    forget(hist);
}

void hist_release(struct hist *hist)
{
    mem_free(hist->counts);
    *hist = (struct hist){0};
}

void hist_clear(struct hist *hist)
{
    if (hist->count > 0) {
        size_t first = first_index(hist);
        size_t used = last_index(hist) - first + 1;
        memset(hist->counts + first, 0, used * sizeof(hist->counts[0]));
    }
    forget(hist);
}

nsec hist_widen(struct hist *hist, nsec value, uint64_t count)
{
    nsec held = at_most_highest(value);
    if (value < hist->min) {
        hist->min = value;
    }
    if (value > hist->max) {
        hist->max = value;
    }
    if (held > hist->high) {
        hist->high = held;
    }
    if (value > HIST_HIGHEST) {
        hist->saturated += count;
    }
    return held;
}

void hist_record_n(struct hist *hist, nsec value, uint64_t count)
{
    if (count == 0) {
        return;
    }
    nsec held = hist_widen(hist, value, count);
    hist->counts[hist_index(held)] += count;
    hist->count += count;
    __extension__ typedef unsigned __int128 u128;
    hist->sum += (u128)value * count;
}

void hist_add(struct hist *into, const struct hist *from)
{
    if (from->count == 0) {
        return;
    }
    size_t last = last_index(from);
    for (size_t i = first_index(from); i <= last; i++) {
        into->counts[i] += from->counts[i];
    }
    into->count += from->count;
    into->sum += from->sum;
    into->saturated += from->saturated;
    into->min = from->min < into->min ? from->min : into->min;
    into->max = from->max > into->max ? from->max : into->max;
    into->high = from->high > into->high ? from->high : into->high;
}

void hist_copy(struct hist *into, const struct hist *from)
{
    if (into != from) {
        hist_clear(into);
        hist_add(into, from);
    }
}

nsec hist_min(const struct hist *hist)
{
    return hist->count == 0 ? 0 : hist->min;
}

nsec hist_max(const struct hist *hist)
{
    return hist->max;
}

double hist_mean(const struct hist *hist)
{
    return hist->count == 0 ? 0 : (double)hist->sum / (double)hist->count;
}

/* Rank 1 is the lowest value. The next double below the percentile stands in for it, because the
 * double nearest to a decimal such as 99.9 may lie above it, and ceil would then count one too
 * many. */
static uint64_t rank_of(const struct hist *hist, double percentile)
{
    double rank = ceil(nextafter(percentile, 0) * (double)hist->count / 100);
    if (rank < 1) {
        return 1;
    }
    return rank >= (double)hist->count ? hist->count : (uint64_t)rank;
}

nsec hist_percentile(const struct hist *hist, double percentile)
{
    if (hist->count == 0 || !(percentile > 0)) {
        return hist_min(hist);
    }
    uint64_t rank = percentile < 100 ? rank_of(hist, percentile) : hist->count;
    if (rank > hist->count - hist->saturated) {
        return hist->max;
    }
    size_t index = first_index(hist);
    uint64_t below = hist->counts[index];
    while (below < rank) {
        index++;
        below += hist->counts[index];
    }
    nsec value = hist_bucket_high(index);
    return value < hist->max ? value : hist->max;
}

uint64_t hist_count_at_or_below(const struct hist *hist, nsec value)
{
    if (hist->count == 0 || value < hist->min) {
        return 0;
    }
    if (value >= hist->max) {
        return hist->count;
    }
    size_t last = hist_index(at_most_highest(value));
    uint64_t total = 0;
    for (size_t i = first_index(hist); i <= last; i++) {
        total += hist->counts[i];
    }
    return last == HIST_BUCKETS - 1 ? total - hist->saturated : total;
}

bool hist_next(struct hist_iter *iter, struct hist_bucket *bucket)
{
    const struct hist *hist = iter->hist;
    if (hist->count == 0) {
        return false;
    }
    size_t first = first_index(hist);
    size_t last = last_index(hist);
    for (size_t i = iter->next > first ? iter->next : first; i <= last; i++) {
        if (hist->counts[i] > 0) {
            *bucket = (struct hist_bucket){
                .low = hist_bucket_low(i),
                .high = hist_bucket_high(i),
                .count = hist->counts[i],
            };
            iter->next = i + 1;
            return true;
        }
    }
    iter->next = last + 1;
    return false;
}

/* Whether the extremes could be those of the values in the buckets. */
static bool fits(const struct hist *hist, nsec min, nsec max, uint64_t saturated)
{
    if (hist->count == 0) {
        return min == 0 && max == 0 && saturated == 0;
    }
    return min <= max && hist_index(at_most_highest(min)) == first_index(hist) &&
           hist_index(at_most_highest(max)) == last_index(hist) &&
           (max > HIST_HIGHEST) == (saturated > 0) && saturated <= hist->counts[last_index(hist)] &&
           (min > HIST_HIGHEST) == (saturated == hist->count);
}

bool hist_restore(struct hist *hist, nsec min, nsec max, uint64_t saturated, struct error *err)
{
    if (!fits(hist, min, max, saturated)) {
        return error_set(err, ERROR_USAGE,
                         "histogram: minimum %" PRIu64 " ns, maximum %" PRIu64 " ns and %" PRIu64
                         " saturated values contradict its buckets",
                         min, max, saturated);
    }
    if (hist->count > 0) {
        hist->min = min;
        hist->max = max;
        hist->high = at_most_highest(max);
        hist->saturated = saturated;
    }
    return true;
}
