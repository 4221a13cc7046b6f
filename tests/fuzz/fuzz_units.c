/* What a user may type as a number with a unit: every reader of base/units.h and base/str.h. */
#include <assert.h>
#include <math.h>

#include "base/str.h"
#include "base/units.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    uint64_t whole = 0;
    int64_t number = 0;
    double real = 0;
    (void)units_read_duration(text, &whole);
    assert(!units_read_size(text, &whole) || whole < UINT64_C(1) << 53);
    assert(!units_read_count(text, &whole) || whole < UINT64_C(1) << 53);
    assert(!units_read_rate(text, &real) || (real > 0 && isfinite(real)));
    assert(!units_read_fraction(text, &real) || (real > 0 && real <= 1));
    assert(!str_to_double(text, &real) || isfinite(real));
    if (str_to_i64(text, &number) && number >= 0) {
        assert(str_to_u64(text, &whole) ? whole == (uint64_t)number : text.data[0] == '-');
    }
    struct str rest = text;
    while (rest.len > 0) {
        struct str part = str_split(&rest, ',');
        assert(str_trim(part).len <= part.len && str_find(part, ',') == -1);
    }
    return 0;
}
