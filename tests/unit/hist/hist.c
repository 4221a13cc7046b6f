#include "hist/hist.h"

#include "base/mem.h"
#include "base/rng.h"
#include "support/tap.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void check_int(uint64_t got, uint64_t wanted, const char *what, const char *of)
{
    tap_int((int64_t)got, (int64_t)wanted, "%s: %s", of, what);
}

/* Buckets by the definition of the format: 2048 of width 1, then 1024 per power of two. */
static void test_layout(void)
{
    static const struct {
        nsec value;
        size_t index;
        nsec low;
        nsec high;
    } rows[] = {
        {0, 0, 0, 0},
        {1, 1, 1, 1},
        {1023, 1023, 1023, 1023},
        {1024, 1024, 1024, 1024},
        {2047, 2047, 2047, 2047},
        {2048, 2048, 2048, 2049},
        {2049, 2048, 2048, 2049},
        {2050, 2049, 2050, 2051},
        {4095, 3071, 4094, 4095},
        {4096, 3072, 4096, 4099},
        {1000000, 11169, 999936, 1000447},
        {HIST_HIGHEST, HIST_BUCKETS - 1, HIST_HIGHEST - (UINT64_C(1) << 31) + 1, HIST_HIGHEST},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char name[32];
        snprintf(name, sizeof(name), "%" PRIu64, rows[i].value);
        check_int(hist_index(rows[i].value), rows[i].index, "bucket", name);
        check_int(hist_bucket_low(rows[i].index), rows[i].low, "lowest of its bucket", name);
        check_int(hist_bucket_high(rows[i].index), rows[i].high, "highest of its bucket", name);
    }
    size_t wrong = 0;
    for (size_t i = 0; i < HIST_BUCKETS; i++) {
        wrong += hist_index(hist_bucket_low(i)) != i || hist_index(hist_bucket_high(i)) != i;
        wrong += i > 0 && hist_bucket_low(i) != hist_bucket_high(i - 1) + 1;
    }
    check_int(wrong, 0, "every bucket begins where the one before ends", "layout");
}

static void test_percentiles(void)
{
    static const struct {
        uint64_t ones; /* the values 1, 2, ..., ones, once each */
        double percentile;
        nsec wanted;
    } rows[] = {
        {0, 50, 0},         {0, 100, 0},         {1, 0, 1},           {1, 50, 1},
        {1, 100, 1},        {2, 50, 1},          {2, 50.1, 2},        {10, -5, 1},
        {10, 0, 1},         {10, 1, 1},          {10, 10, 1},         {10, 10.1, 2},
        {10, 99, 10},       {10, 250, 10},       {10, NAN, 1},        {1000, 50, 500},
        {1000, 99, 990},    {1000, 99.9, 999},   {1000, 99.95, 1000}, {1001, 99.9, 1000},
        {2000, 99.9, 1998}, {2000, 99.99, 2000},
    };
    struct hist hist = {0};
    hist_init(&hist);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        hist_clear(&hist);
        for (uint64_t value = 1; value <= rows[i].ones; value++) {
            hist_record(&hist, value);
        }
        tap_int((int64_t)hist_percentile(&hist, rows[i].percentile), (int64_t)rows[i].wanted,
                "percentile %g of %" PRIu64 " values", rows[i].percentile, rows[i].ones);
    }
    hist_clear(&hist);
    hist_record_n(&hist, 1000000, 3);
    check_int(hist_percentile(&hist, 50), 1000000, "p50 is not above the maximum", "constant");
    hist_record(&hist, 2000000);
    check_int(hist_percentile(&hist, 50), 1000447, "p50 is the highest of its bucket",
              "two values");
    check_int(hist_percentile(&hist, 100), 2000000, "p100 is the exact maximum", "two values");
    hist_release(&hist);
}

/* Every decimal percentile with two digits, where the exact rank can be had in integers. */
static void test_ranks(void)
{
    static const uint64_t counts[] = {1, 3, 7, 10, 99, 100, 1000, 1001, 2000};
    struct hist hist = {0};
    hist_init(&hist);
    for (size_t c = 0; c < COUNT_OF(counts); c++) {
        uint64_t count = counts[c];
        hist_clear(&hist);
        for (uint64_t value = 1; value <= count; value++) {
            hist_record(&hist, value);
        }
        size_t wrong = 0;
        for (uint64_t p = 1; p <= 10000; p++) {
            wrong += hist_percentile(&hist, (double)p / 100) != (p * count + 9999) / 10000;
        }
        tap_int((int64_t)wrong, 0, "ranks among %" PRIu64 " values", count);
    }
    hist_release(&hist);
}

static void test_at_or_below(void)
{
    static const struct {
        nsec value;
        uint64_t wanted;
    } rows[] = {
        {0, 0},    {9, 0},    {10, 2},   {99, 2},   {100, 3},        {5000, 4},
        {4999, 4}, {4996, 4}, {4995, 3}, {9999, 4}, {UINT64_MAX, 4},
    };
    struct hist hist = {0};
    hist_init(&hist);
    check_int(hist_count_at_or_below(&hist, 5), 0, "at or below 5", "empty");
    hist_record_n(&hist, 10, 2);
    hist_record(&hist, 100);
    hist_record(&hist, 4999);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        tap_int((int64_t)hist_count_at_or_below(&hist, rows[i].value), (int64_t)rows[i].wanted,
                "values at or below %" PRIu64, rows[i].value);
    }
    hist_release(&hist);
}

static void test_saturation(void)
{
    struct hist hist = {0};
    hist_init(&hist);
    hist_record_n(&hist, 500, 97);
    hist_record(&hist, HIST_HIGHEST);
    check_int(hist.saturated, 0, "none saturated at the highest value", "saturation");
    hist_record(&hist, HIST_HIGHEST + 1);
    hist_record(&hist, UINT64_C(1) << 60);
    check_int(hist.saturated, 2, "two saturated", "saturation");
    check_int(hist.count, 100, "all counted", "saturation");
    check_int(hist.counts[HIST_BUCKETS - 1], 3, "in the last bucket", "saturation");
    check_int(hist_max(&hist), UINT64_C(1) << 60, "exact maximum", "saturation");
    check_int(hist_percentile(&hist, 98), HIST_HIGHEST, "p98 has a bucket", "saturation");
    check_int(hist_percentile(&hist, 99), UINT64_C(1) << 60, "p99 is saturated", "saturation");
    check_int(hist_count_at_or_below(&hist, HIST_HIGHEST), 98, "at or below", "saturation");
    check_int(hist_count_at_or_below(&hist, UINT64_C(1) << 59), 98, "just below", "saturation");
    check_int(hist_count_at_or_below(&hist, UINT64_C(1) << 60), 100, "all", "saturation");
    hist_record_n(&hist, UINT64_MAX, 5);
    check_int(hist.saturated, 7, "several at once", "saturation");
    hist_clear(&hist);
    check_int(hist.saturated + hist.count + hist.counts[HIST_BUCKETS - 1], 0, "cleared",
              "saturation");
    hist_record(&hist, UINT64_MAX);
    check_int(hist_min(&hist), UINT64_MAX, "minimum when all are saturated", "saturation");
    check_int(hist.saturated, 1, "one saturated after clearing", "saturation");
    hist_clear(&hist);
    check_int(hist.counts[HIST_BUCKETS - 1], 0, "cleared when all are saturated", "saturation");
    hist_release(&hist);
}

/* Whether two histograms hold the same, field for field and bucket for bucket. */
static bool same(const struct hist *a, const struct hist *b)
{
    return memcmp(a->counts, b->counts, HIST_BUCKETS * sizeof(a->counts[0])) == 0 &&
           a->count == b->count && a->min == b->min && a->max == b->max && a->high == b->high &&
           a->saturated == b->saturated && a->sum == b->sum;
}

static void test_merge(void)
{
    enum { PARTS = 5, VALUES = 100000 };
    struct hist whole = {0};
    struct hist merged = {0};
    struct hist parts[PARTS] = {0};
    struct rng rng;
    rng_init(&rng, 11);
    hist_init(&whole);
    hist_init(&merged);
    for (int i = 0; i < PARTS; i++) {
        hist_init(&parts[i]);
    }
    for (int i = 0; i < VALUES; i++) {
        nsec value = rng_next(&rng) >> (17 + rng_below(&rng, 44));
        hist_record(&whole, value);
        hist_record(&parts[rng_below(&rng, PARTS - 1)], value); /* the last stays empty */
    }
    for (int i = 0; i < PARTS; i++) {
        hist_add(&merged, &parts[i]);
    }
    tap_check(whole.saturated > 0, "merge: some values are saturated");
    tap_check(same(&merged, &whole), "merge: the parts make the whole");
    hist_copy(&parts[0], &whole);
    tap_check(same(&parts[0], &whole), "copy: equal to its source");
    hist_copy(&parts[0], &parts[0]);
    tap_check(same(&parts[0], &whole), "copy: onto itself changes nothing");
    hist_copy(&whole, &parts[PARTS - 1]);
    tap_check(same(&whole, &parts[PARTS - 1]), "copy: of an empty one");
    hist_clear(&merged);
    tap_check(same(&merged, &whole), "clear: like new");
    hist_release(&whole);
    hist_release(&merged);
    for (int i = 0; i < PARTS; i++) {
        hist_release(&parts[i]);
    }
}

static void test_record_n(void)
{
    struct hist once = {0};
    struct hist many = {0};
    hist_init(&once);
    hist_init(&many);
    static const nsec values[] = {0, 7, 5000, 123456789, HIST_HIGHEST, HIST_HIGHEST + 1};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        hist_record_n(&many, values[i], 0);
        tap_check(same(&many, &once), "zero times %" PRIu64 " changes nothing", values[i]);
        hist_record_n(&many, values[i], 3);
        for (int k = 0; k < 3; k++) {
            hist_record(&once, values[i]);
        }
        tap_check(same(&many, &once), "three times %" PRIu64 " at once", values[i]);
    }
    hist_clear(&many);
    hist_record_n(&many, UINT64_MAX, UINT64_MAX);
    tap_near(hist_mean(&many), 0x1p64, 0, "mean: a sum beyond 64 bits");
    hist_release(&once);
    hist_release(&many);
}

static void test_iteration(void)
{
    static const struct hist_bucket wanted[] = {
        {0, 0, 2}, {2047, 2047, 1}, {2048, 2049, 3}, {999936, 1000447, 1}};
    struct hist hist = {0};
    struct hist_bucket bucket = {0};
    hist_init(&hist);
    struct hist_iter iter = {.hist = &hist};
    tap_check(!hist_next(&iter, &bucket), "iteration: nothing in an empty one");
    hist_record_n(&hist, 1000000, 1);
    hist_record_n(&hist, 2048, 2);
    hist_record_n(&hist, 2049, 1);
    hist_record_n(&hist, 2047, 1);
    hist_record_n(&hist, 0, 2);
    iter = (struct hist_iter){.hist = &hist};
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        bool more = hist_next(&iter, &bucket);
        tap_check(more && bucket.low == wanted[i].low && bucket.high == wanted[i].high &&
                      bucket.count == wanted[i].count,
                  "iteration: bucket of %" PRIu64, wanted[i].low);
    }
    tap_check(!hist_next(&iter, &bucket), "iteration: ends");
    tap_check(!hist_next(&iter, &bucket), "iteration: stays at its end");
    hist_release(&hist);
}

static void test_restore(void)
{
    static const struct {
        const char *name;
        nsec min;
        nsec max;
        uint64_t saturated;
        bool wanted;
    } rows[] = {
        {"the exact extremes", 5000, 1000000, 0, true},
        {"others in the same buckets", 5003, 1000447, 0, true},
        {"minimum in another bucket", 4999, 1000000, 0, false},
        {"maximum in another bucket", 5000, 1000448, 0, false},
        {"saturated without a cause", 5000, 1000000, 1, false},
        {"swapped", 1000000, 5000, 0, false},
        {"maximum beyond", 5000, HIST_HIGHEST + 1, 1, false},
    };
    struct hist hist = {0};
    struct error err = {0};
    hist_init(&hist);
    tap_check(hist_restore(&hist, 0, 0, 0, &err), "restore: nothing into an empty one");
    tap_check(!hist_restore(&hist, 0, 1, 0, NULL), "restore: a maximum of no values");
    hist_record(&hist, 5000);
    hist_record(&hist, 1000000);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool got = hist_restore(&hist, rows[i].min, rows[i].max, rows[i].saturated, &err);
        tap_check(got == rows[i].wanted, "restore: %s", rows[i].name);
    }
    tap_check(strstr(err.text, "maximum 4398046511104 ns") != NULL, "restore: says what: %s",
              err.text);
    check_int(hist_min(&hist), 5003, "a refused one changes nothing", "restore");
    check_int(hist_percentile(&hist, 100), 1000447, "bounds the percentiles", "restore");
    hist_record(&hist, HIST_HIGHEST);
    tap_check(!hist_restore(&hist, 5000, UINT64_MAX, 2, NULL), "restore: too many saturated");
    tap_check(hist_restore(&hist, 5000, UINT64_MAX, 1, NULL), "restore: one saturated");
    check_int(hist_percentile(&hist, 99), UINT64_MAX, "saturated percentile", "restore");
    hist_release(&hist);
}

static void test_no_allocation(void)
{
    struct hist hist = {0};
    struct hist other = {0};
    hist_init(&hist);
    hist_init(&other);
    uint64_t before = mem_allocations();
    for (nsec value = 1; value < UINT64_C(1) << 62; value *= 2) {
        hist_record(&hist, value);
        hist_record_n(&hist, value + 1, 3);
    }
    hist_add(&other, &hist);
    hist_copy(&hist, &other);
    hist_clear(&other);
    check_int(mem_allocations() - before, 0, "recording and merging", "allocations");
    check_int(hist.count, 62 * 4, "was recorded", "allocations");
    hist_release(&hist);
    hist_release(&hist);
    hist_release(&other);
}

int main(void)
{
    test_layout();
    test_percentiles();
    test_ranks();
    test_at_or_below();
    test_saturation();
    test_merge();
    test_record_n();
    test_iteration();
    test_restore();
    test_no_allocation();
    return tap_end();
}
