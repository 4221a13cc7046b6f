/* A rate or a shape as a user may type it: what is taken is within its limits, and is the same
 * again after a result was written and read. */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "model/load_profile.h"

typedef bool reader(struct str text, struct load_profile *out, struct error *err);

static void check(reader *read, struct str text)
{
    struct load_profile profile = {0};
    struct load_profile again = {0};
    struct error err = {0};
    struct buf written = {0};
    if (!read(text, &profile, &err)) {
        assert(err.code == ERROR_USAGE && err.text[0] != '\0');
        assert(profile.shape == LOAD_CLOSED);
        return;
    }
    assert(profile.shape != LOAD_CLOSED);
    assert(profile.rate_count >= 1 && profile.rate_count <= LOAD_MAX_RATES);
    double sum = 0;
    for (size_t i = 0; i < profile.rate_count; i++) {
        assert(profile.rates[i] >= 0 && profile.rates[i] <= 1e9);
        sum += profile.rates[i];
    }
    assert(sum > 0);
    assert(profile.shape != LOAD_BURST || profile.length < profile.period);
    load_profile_write(&profile, &written);
    bool is_read = read(buf_str(&written), &again, NULL);
    assert(is_read && memcmp(&profile, &again, sizeof profile) == 0);
    buf_clear(&written);
    load_profile_describe(&profile, &written);
    assert(buf_str(&written).len > 0);
    buf_release(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    check(load_profile_read_rate, text);
    check(load_profile_read, text);
    return 0;
}
