#include "base/units.h"

#include <math.h>
#include <stdio.h>

struct unit {
    const char *suffix;
    double factor;
};

/* Splits "12.5ms" into 12.5 and "ms". */
static bool split_number(struct str text, double *number, struct str *suffix)
{
    size_t len = 0;
    while (len < text.len &&
           ((text.data[len] >= '0' && text.data[len] <= '9') || text.data[len] == '.')) {
        len++;
    }
    *suffix = str_from_index(text, len);
    return str_to_double(str_prefix(text, len), number);
}

static bool read_with_units(struct str text, const struct unit *units, size_t count, double *out)
{
    double number;
    struct str suffix;
    if (!split_number(text, &number, &suffix)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (str_eq(suffix, str_from(units[i].suffix))) {
            *out = number * units[i].factor;
            return true;
        }
    }
    return false;
}

/* A whole number below 2^53: from there on a double no longer tells neighbours apart. */
static bool to_whole(double value, uint64_t *out)
{
    double whole = nearbyint(value);
    if (fabs(value - whole) > 1e-6 || whole < 0 || whole >= 0x1p53) {
        return false;
    }
    *out = (uint64_t)whole;
    return true;
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

bool units_read_duration(struct str text, nsec *out)
{
    static const struct unit units[] = {
        {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9},
    };
    if (str_eq(text, STR("0"))) {
        *out = 0;
        return true;
    }
    double value;
    if (!read_with_units(text, units, COUNT_OF(units), &value) || value > 9.2e18) {
        return false;
    }
    *out = (nsec)nearbyint(value);
    return true;
}

bool units_read_size(struct str text, uint64_t *out)
{
    static const struct unit units[] = {
        {"", 1},         {"B", 1},         {"k", 1e3},         {"K", 1e3},
        {"kB", 1e3},     {"KB", 1e3},      {"M", 1e6},         {"MB", 1e6},
        {"G", 1e9},      {"GB", 1e9},      {"Ki", 1024},       {"KiB", 1024},
        {"Mi", 1048576}, {"MiB", 1048576}, {"Gi", 1073741824}, {"GiB", 1073741824},
    };
    double value;
    return read_with_units(text, units, COUNT_OF(units), &value) && to_whole(value, out);
}

static const struct unit count_units[] = {
    {"", 1}, {"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"m", 1e6}, {"G", 1e9},
};

bool units_read_count(struct str text, uint64_t *out)
{
    double value;
    return read_with_units(text, count_units, COUNT_OF(count_units), &value) &&
           to_whole(value, out);
}

bool units_read_rate(struct str text, double *out)
{
    if (str_ends_with(text, STR("/s"))) {
        text = str_prefix(text, text.len - 2);
    }
    double value;
    if (!read_with_units(text, count_units, COUNT_OF(count_units), &value) || !(value > 0)) {
        return false;
    }
    *out = value;
    return true;
}

bool units_read_fraction(struct str text, double *out)
{
    double whole = 1;
    if (str_ends_with(text, STR("%"))) {
        text = str_prefix(text, text.len - 1);
        whole = 100;
    }
    double value;
    if (!str_to_double(text, &value) || !(value > 0) || value > whole) {
        return false;
    }
    *out = value / whole; /* dividing gives the double nearest to 0.57, 57 * 0.01 does not */
    return true;
}

/* Three significant digits. */
static void format_3(char *text, double value, const char *unit)
{
    int digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    (void)snprintf(text, UNITS_TEXT_SIZE, "%.*f %s", digits, value, unit);
}

const char *units_format_latency(double nanoseconds, char text[UNITS_TEXT_SIZE])
{
    if (nanoseconds < 999.5) {
        (void)snprintf(text, UNITS_TEXT_SIZE, "%.0f ns", nanoseconds);
    } else if (nanoseconds < 999.5e3) {
        format_3(text, nanoseconds / 1e3, "us");
    } else if (nanoseconds < 999.5e6) {
        format_3(text, nanoseconds / 1e6, "ms");
    } else {
        format_3(text, nanoseconds / 1e9, "s");
    }
    return text;
}

const char *units_format_duration(nsec duration, char text[UNITS_TEXT_SIZE])
{
    uint64_t seconds = duration / NSEC_PER_SEC + (duration % NSEC_PER_SEC != 0);
    if (seconds < 60) {
        (void)snprintf(text, UNITS_TEXT_SIZE, "%llu s", (unsigned long long)seconds);
    } else if (seconds < 3600) {
        (void)snprintf(text, UNITS_TEXT_SIZE, "%llu m %02llu s", (unsigned long long)seconds / 60,
                       (unsigned long long)seconds % 60);
    } else {
        (void)snprintf(text, UNITS_TEXT_SIZE, "%llu h %02llu m", (unsigned long long)seconds / 3600,
                       (unsigned long long)seconds / 60 % 60);
    }
    return text;
}

const char *units_format_count(uint64_t count, char text[UNITS_TEXT_SIZE])
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    size_t out = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            text[out++] = ',';
        }
        text[out++] = digits[i];
    }
    text[out] = '\0';
    return text;
}

const char *units_format_size(uint64_t bytes, char text[UNITS_TEXT_SIZE])
{
    static const char *const names[] = {"KiB", "MiB", "GiB", "TiB"};
    if (bytes < 1024) {
        (void)snprintf(text, UNITS_TEXT_SIZE, "%llu B", (unsigned long long)bytes);
        return text;
    }
    double value = (double)bytes / 1024;
    size_t name = 0;
    while (value >= 1023.95 && name + 1 < COUNT_OF(names)) {
        value /= 1024;
        name++;
    }
    (void)snprintf(text, UNITS_TEXT_SIZE, "%.1f %s", value, names[name]);
    return text;
}

const char *units_format_change(double ratio, char text[UNITS_TEXT_SIZE])
{
    double percent = (ratio - 1) * 100;
    if (fabs(percent) < 0.005) {
        percent = 0; /* not "-0.00 %" */
    }
    (void)snprintf(text, UNITS_TEXT_SIZE, "%+.*f %%", fabs(percent) < 0.995 ? 2 : 1, percent);
    return text;
}
