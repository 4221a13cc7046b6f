#include "os/clock.h"

#include "support/tap.h"

int main(void)
{
    static const struct {
        nsec wall;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {UINT64_C(1795405205123456789), "2026-11-23T03:40:05.123Z"},
        {UINT64_C(951782399999999999), "2000-02-28T23:59:59.999Z"},
        {UINT64_C(951782400000000000), "2000-02-29T00:00:00.000Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[CLOCK_TEXT_SIZE];
        tap_text(clock_format_utc(rows[i].wall, text), rows[i].text, "date of %" PRIu64,
                 rows[i].wall);
    }

    const struct clock *clock = clock_monotonic();
    nsec before = clock_now(clock);
    clock_sleep(20 * NSEC_PER_MSEC);
    nsec slept = clock_now(clock) - before;
    tap_check(slept >= 20 * NSEC_PER_MSEC && slept < 10 * NSEC_PER_SEC, "sleeps at least as long");
    tap_check(clock_wall() > UINT64_C(1700000000) * NSEC_PER_SEC, "the wall clock knows the year");
    return tap_end();
}
