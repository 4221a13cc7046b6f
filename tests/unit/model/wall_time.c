#include "model/wall_time.h"
#include "support/tap.h"

static const struct {
    const char *text;
    nsec wall;
} good[] = {
    {"1970-01-01T00:00:00.000Z", 0},
    {"1970-01-01T00:00:00.001Z", 1000000},
    {"2000-02-29T23:59:59.999Z", UINT64_C(951868799999000000)},
    {"2026-11-23T03:40:05.123Z", UINT64_C(1795405205123000000)},
    {"2100-03-01T00:00:00.000Z", UINT64_C(4107542400000000000)},
    {"2500-12-31T12:00:00.000Z", UINT64_C(16756718400000000000)},
};

static const char *const bad[] = {
    "",
    "2026-11-23",
    "2026-11-23T03:40:05.123",
    "2026-11-23T03:40:05.123+00:00",
    "2026-11-23 03:40:05.123Z",
    "2026-11-23T03:40:05.12Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "2100-02-29T00:00:00Z",
    "2026-11-23T24:00:00Z",
    "2026-11-23T00:60:00Z",
    "2026-11-23T00:00:60Z",
    "1969-12-31T23:59:59Z",
    "2501-01-01T00:00:00Z",
    "2026-11-2xT00:00:00Z",
};

int main(void)
{
    char text[UNITS_TEXT_SIZE];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        nsec wall = 1;
        tap_text(wall_time_format(good[i].wall + 999999, text), good[i].text, "writes %s",
                 good[i].text);
        tap_check(wall_time_read(str_from(good[i].text), &wall), "reads %s", good[i].text);
        tap_check(wall == good[i].wall, "%s is the right moment", good[i].text);
    }
    nsec wall = 1;
    tap_check(wall_time_read(STR("2026-11-23T03:40:05Z"), &wall), "milliseconds may be missing");
    tap_check(wall == UINT64_C(1795405205000000000), "and are then 0");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        wall = 1;
        tap_check(!wall_time_read(str_from(bad[i]), &wall) && wall == 1, "refuses \"%s\"", bad[i]);
    }
    return tap_end();
}
