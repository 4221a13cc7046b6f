/* Any bytes given to the decoder of histograms: no crash, and what is accepted is sound: it can be
 * walked, its parts add up, and encoding it again gives back the same histogram. */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "hist/hist_encode.h"

static void check_sound(const struct hist *hist)
{
    struct hist_iter iter = {.hist = hist};
    struct hist_bucket bucket = {0};
    uint64_t total = 0;
    nsec above = 0;
    while (hist_next(&iter, &bucket)) {
        assert(bucket.count > 0 && bucket.low >= above && bucket.high >= bucket.low);
        above = bucket.high + 1;
        total += bucket.count;
    }
    assert(total == hist->count);
    nsec median = hist_percentile(hist, 50);
    assert(median >= hist_min(hist) && median <= hist_max(hist));
    assert(hist_percentile(hist, 100) == hist_max(hist));
    assert(hist_count_at_or_below(hist, hist_max(hist)) == hist->count);
}

static void check_again(const struct hist *hist)
{
    struct hist again = {0};
    struct buf plain = {0};
    hist_init(&again);
    hist_encode(hist, &plain);
    bool decoded = hist_decode(&again, buf_str(&plain), NULL);
    assert(decoded);
    (void)decoded;
    assert(again.count == hist->count && again.sum == hist->sum);
    assert(memcmp(again.counts, hist->counts, HIST_BUCKETS * sizeof(hist->counts[0])) == 0);
    buf_release(&plain);
    hist_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hist hist = {0};
    struct error err = {0};
    struct str bytes = {(const char *)data, size};
    hist_init(&hist);
    bool decoded = size > 0 && data[0] == 'H' ? hist_decode_text(&hist, bytes, &err)
                                              : hist_decode(&hist, bytes, &err);
    if (decoded) {
        check_sound(&hist);
        check_again(&hist);
    } else {
        assert(hist.count == 0 && err.code != ERROR_NONE && err.text[0] != '\0');
    }
    hist_release(&hist);
    return 0;
}
