#include "base/units.h"

#include "support/tap.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct whole_row {
    const char *text;
    bool valid;
    uint64_t value;
};

static void check_whole(const char *name, bool (*read)(struct str, uint64_t *),
                        const struct whole_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value = 77;
        bool valid = read(str_from(rows[i].text), &value);
        tap_check(valid == rows[i].valid, "%s \"%s\" is %s", name, rows[i].text,
                  rows[i].valid ? "read" : "refused");
        tap_int((int64_t)value, (int64_t)(rows[i].valid ? rows[i].value : 77), "%s \"%s\": value",
                name, rows[i].text);
    }
}

static void durations(void)
{
    static const struct whole_row rows[] = {
        {"3ns", true, 3},
        {"10us", true, 10000},
        {"500ms", true, 500000000},
        {"20s", true, 20000000000},
        {"5m", true, 300000000000},
        {"1.5h", true, 5400000000000},
        {"0.1s", true, 100000000},
        {"0", true, 0},
        {"0s", true, 0},
        {"", false, 0},
        {"5", false, 0},
        {"s", false, 0},
        {".s", false, 0},
        {"-1s", false, 0},
        {"+1s", false, 0},
        {"1 s", false, 0},
        {" 1s", false, 0},
        {"1s ", false, 0},
        {"1S", false, 0},
        {"1e3s", false, 0},
        {"1.2.3s", false, 0},
        {"1d", false, 0},
        {"infs", false, 0},
        {"9999999999999999999h", false, 0},
    };
    check_whole("duration", units_read_duration, rows, COUNT_OF(rows));
}

static void sizes(void)
{
    static const struct whole_row rows[] = {
        {"0", true, 0},
        {"100", true, 100},
        {"64B", true, 64},
        {"1k", true, 1000},
        {"1K", true, 1000},
        {"1kB", true, 1000},
        {"4KiB", true, 4096},
        {"4Ki", true, 4096},
        {"10MB", true, 10000000},
        {"1MiB", true, 1048576},
        {"1GiB", true, 1073741824},
        {"1.5KiB", true, 1536},
        {"1.1k", true, 1100},
        {"0.0015k", false, 0},
        {"0.1KiB", false, 0},
        {"1.5", false, 0},
        {"-1", false, 0},
        {"1kb", false, 0},
        {"1 k", false, 0},
        {"", false, 0},
        {"9007199254740991", true, 9007199254740991},
        {"9007199254740993", false, 0}, /* a double cannot tell it from its neighbours */
        {"99999999999999999999", false, 0},
    };
    check_whole("size", units_read_size, rows, COUNT_OF(rows));
}

static void counts(void)
{
    static const struct whole_row rows[] = {
        {"0", true, 0},          {"100000", true, 100000}, {"100k", true, 100000},
        {"1.5M", true, 1500000}, {"2G", true, 2000000000}, {"1m", true, 1000000},
        {"0.5", false, 0},       {"1.0005k", false, 0},    {"1KiB", false, 0},
        {"k", false, 0},         {"1kk", false, 0},        {"0x10", false, 0},
    };
    check_whole("count", units_read_count, rows, COUNT_OF(rows));
}

struct real_row {
    const char *text;
    bool valid;
    double value;
};

static void check_real(const char *name, bool (*read)(struct str, double *),
                       const struct real_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double value = 77;
        bool valid = read(str_from(rows[i].text), &value);
        tap_check(valid == rows[i].valid, "%s \"%s\" is %s", name, rows[i].text,
                  rows[i].valid ? "read" : "refused");
        tap_near(value, rows[i].valid ? rows[i].value : 77, 0, "%s \"%s\": value", name,
                 rows[i].text);
    }
}

static void rates(void)
{
    static const struct real_row rows[] = {
        {"100k", true, 100000}, {"100k/s", true, 100000}, {"2.5M/s", true, 2500000},
        {"0.5", true, 0.5},     {"0", false, 0},          {"0/s", false, 0},
        {"-5", false, 0},       {"/s", false, 0},         {"", false, 0},
        {"100/sec", false, 0},  {"100 /s", false, 0},     {"100/s/s", false, 0},
    };
    check_real("rate", units_read_rate, rows, COUNT_OF(rows));
}

static void fractions(void)
{
    static const struct real_row rows[] = {
        {"2%", true, 0.02},   {"57%", true, 0.57}, /* 57 * 0.01 is not 0.57 */
        {"0.02", true, 0.02}, {"100%", true, 1},   {"1", true, 1},     {"0.5%", true, 0.005},
        {"0", false, 0},      {"0%", false, 0},    {"101%", false, 0}, {"1.01", false, 0},
        {"-2%", false, 0},    {"%", false, 0},     {"", false, 0},     {"2 %", false, 0},
    };
    check_real("fraction", units_read_fraction, rows, COUNT_OF(rows));
}

struct format_row {
    double value;
    const char *text;
};

static void latencies(void)
{
    static const struct format_row rows[] = {
        {0, "0 ns"},         {640, "640 ns"},    {999.4, "999 ns"},   {999.5, "1.00 us"},
        {1000, "1.00 us"},   {9994, "9.99 us"},  {9996, "10.0 us"},   {12345, "12.3 us"},
        {99960, "100 us"},   {999400, "999 us"}, {999500, "1.00 ms"}, {1240000, "1.24 ms"},
        {999.6e6, "1.00 s"}, {3e9, "3.00 s"},    {75e9, "75.0 s"},    {3600e9, "3600 s"},
    };
    char text[UNITS_TEXT_SIZE];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        tap_text(units_format_latency(rows[i].value, text), rows[i].text, "latency %g",
                 rows[i].value);
    }
}

static void changes(void)
{
    static const struct format_row rows[] = {
        {1.031, "+3.1 %"},     {0.98, "-2.0 %"},      {1, "+0.00 %"},  {1.005, "+0.50 %"},
        {0.9949, "-0.51 %"},   {1.00996, "+1.0 %"},   {2, "+100.0 %"}, {0, "-100.0 %"},
        {1 - 1e-9, "+0.00 %"}, {1 + 1e-9, "+0.00 %"},
    };
    char text[UNITS_TEXT_SIZE];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        tap_text(units_format_change(rows[i].value, text), rows[i].text, "change %g",
                 rows[i].value);
    }
}

static void check_formats(const char *name,
                          const char *(*format)(uint64_t, char text[UNITS_TEXT_SIZE]),
                          const struct whole_row *rows, size_t count)
{
    char text[UNITS_TEXT_SIZE];
    for (size_t i = 0; i < count; i++) {
        tap_text(format(rows[i].value, text), rows[i].text, "%s %" PRIu64, name, rows[i].value);
    }
}

static void whole_numbers_are_formatted(void)
{
    static const struct whole_row duration_rows[] = {
        {"0 s", true, 0},
        {"1 s", true, 1},
        {"45 s", true, 45 * NSEC_PER_SEC},
        {"59 s", true, 58 * NSEC_PER_SEC + 1},
        {"1 m 00 s", true, 59 * NSEC_PER_SEC + 1},
        {"3 m 20 s", true, 200 * NSEC_PER_SEC},
        {"1 h 00 m", true, 3600 * NSEC_PER_SEC},
        {"1 h 05 m", true, 3900 * NSEC_PER_SEC},
        {"5124095 h 34 m", true, UINT64_MAX},
    };
    static const struct whole_row count_rows[] = {
        {"0", true, 0},
        {"999", true, 999},
        {"1,000", true, 1000},
        {"123,456", true, 123456},
        {"1,234,567", true, 1234567},
        {"18,446,744,073,709,551,615", true, UINT64_MAX},
    };
    static const struct whole_row size_rows[] = {
        {"0 B", true, 0},
        {"100 B", true, 100},
        {"1023 B", true, 1023},
        {"1.0 KiB", true, 1024},
        {"4.0 KiB", true, 4096},
        {"1.0 MiB", true, 1048575},
        {"1.5 GiB", true, 1610612736},
        {"16777216.0 TiB", true, UINT64_MAX},
    };
    check_formats("duration", units_format_duration, duration_rows, COUNT_OF(duration_rows));
    check_formats("count", units_format_count, count_rows, COUNT_OF(count_rows));
    check_formats("size", units_format_size, size_rows, COUNT_OF(size_rows));
}

int main(void)
{
    durations();
    sizes();
    counts();
    rates();
    fractions();
    latencies();
    changes();
    whole_numbers_are_formatted();
    return tap_end();
}
