#include "cli/option_read.h"

#include <stdint.h>

#include "base/units.h"

bool option_read_on(const struct option *option, struct str value, void *field, struct error *err)
{
    (void)option;
    (void)value;
    (void)err;
    *(bool *)field = true;
    return true;
}

bool option_read_off(const struct option *option, struct str value, void *field, struct error *err)
{
    (void)option;
    (void)value;
    (void)err;
    *(bool *)field = false;
    return true;
}

bool option_read_u64(const struct option *option, struct str value, void *field, struct error *err)
{
    uint64_t count;
    if (!units_read_count(value, &count) || count < option->low || count > option->high) {
        char low[UNITS_TEXT_SIZE];
        char high[UNITS_TEXT_SIZE];
        return error_set(err, ERROR_USAGE, "\"%.*s\": write a whole number from %s to %s",
                         STR_ARG(value), units_format_count(option->low, low),
                         units_format_count(option->high, high));
    }
    *(uint64_t *)field = count;
    return true;
}

bool option_read_u32(const struct option *option, struct str value, void *field, struct error *err)
{
    uint64_t count;
    if (!option_read_u64(option, value, &count, err)) {
        return false;
    }
    *(uint32_t *)field = (uint32_t)count;
    return true;
}

bool option_read_size32(const struct option *option, struct str value, void *field,
                        struct error *err)
{
    uint64_t size;
    if (!units_read_size(value, &size) || size < option->low || size > option->high) {
        char low[UNITS_TEXT_SIZE];
        char high[UNITS_TEXT_SIZE];
        return error_set(err, ERROR_USAGE, "\"%.*s\": write a size from %s to %s", STR_ARG(value),
                         units_format_size(option->low, low),
                         units_format_size(option->high, high));
    }
    *(uint32_t *)field = (uint32_t)size;
    return true;
}

bool option_read_duration(const struct option *option, struct str value, void *field,
                          struct error *err)
{
    nsec duration;
    if (!units_read_duration(value, &duration)) {
        return error_set(err, ERROR_USAGE, "\"%.*s\": write a time such as 500ms, 20s or 5m",
                         STR_ARG(value));
    }
    char limit[UNITS_TEXT_SIZE];
    if (duration < option->low) {
        return error_set(err, ERROR_USAGE, "\"%.*s\": write at least %s", STR_ARG(value),
                         units_format_latency((double)option->low, limit));
    }
    if (duration > option->high) {
        return error_set(err, ERROR_USAGE, "\"%.*s\": write at most %s", STR_ARG(value),
                         units_format_duration(option->high, limit));
    }
    *(nsec *)field = duration;
    return true;
}

bool option_read_text(const struct option *option, struct str value, void *field, struct error *err)
{
    if (value.len == 0) {
        return error_set(err, ERROR_USAGE, "the value is empty; write a %s", option->argument);
    }
    *(const char **)field = value.data;
    return true;
}
