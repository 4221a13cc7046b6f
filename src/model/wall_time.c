#include "model/wall_time.h"

#include <inttypes.h>
#include <stdio.h>

#define DAY UINT64_C(86400)
#define DAYS_OF_ERA UINT64_C(146097)      /* 400 years */
#define DAYS_BEFORE_1970 UINT64_C(719468) /* since 0000-03-01 */

const char *wall_time_format(nsec wall, char text[UNITS_TEXT_SIZE])
{
    uint64_t seconds = wall / NSEC_PER_SEC;
    uint64_t days = seconds / DAY + DAYS_BEFORE_1970;
    uint64_t era = days / DAYS_OF_ERA;
    uint64_t day_of_era = days % DAYS_OF_ERA;
    uint64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t from_march = (5 * day_of_year + 2) / 153;
    uint64_t day = day_of_year - (153 * from_march + 2) / 5 + 1;
    uint64_t month = from_march < 10 ? from_march + 3 : from_march - 9;
    uint64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    (void)snprintf(text, UNITS_TEXT_SIZE,
                   "%04" PRIu64 "-%02" PRIu64 "-%02" PRIu64 "T%02" PRIu64 ":%02" PRIu64
                   ":%02" PRIu64 ".%03" PRIu64 "Z",
                   year % 10000, month % 100, day % 100, seconds % DAY / 3600, seconds % 3600 / 60,
                   seconds % 60, wall / NSEC_PER_MSEC % 1000);
    return text;
}

static uint64_t days_since_1970(uint64_t year, uint64_t month, uint64_t day)
{
    uint64_t from_march = month > 2 ? month - 3 : month + 9;
    year -= month <= 2 ? 1 : 0;
    uint64_t year_of_era = year % 400;
    uint64_t day_of_year = (153 * from_march + 2) / 5 + day - 1;
    uint64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return year / 400 * DAYS_OF_ERA + day_of_era - DAYS_BEFORE_1970;
}

/* Whether `text` has a digit wherever `form` has a 0, and the same character elsewhere. */
static bool has_form(struct str text, struct str form)
{
    bool same = text.len == form.len;
    for (size_t i = 0; same && i < form.len; i++) {
        bool digit = text.data[i] >= '0' && text.data[i] <= '9';
        same = form.data[i] == '0' ? digit : text.data[i] == form.data[i];
    }
    return same;
}

static uint64_t number_at(struct str text, size_t start, size_t len)
{
    uint64_t number = 0;
    (void)str_to_u64(str_prefix(str_from_index(text, start), len), &number);
    return number;
}

bool wall_time_read(struct str text, nsec *out)
{
    bool precise = has_form(text, STR("0000-00-00T00:00:00.000Z"));
    if (!precise && !has_form(text, STR("0000-00-00T00:00:00Z"))) {
        return false;
    }
    uint64_t year = number_at(text, 0, 4);
    if (year < 1970 || year > 2500) {
        return false;
    }
    uint64_t days = days_since_1970(year, number_at(text, 5, 2), number_at(text, 8, 2));
    uint64_t seconds = number_at(text, 11, 2) * 3600 + number_at(text, 14, 2) * 60 +
                       number_at(text, 17, 2) + days * DAY;
    nsec wall = seconds * NSEC_PER_SEC + (precise ? number_at(text, 20, 3) * NSEC_PER_MSEC : 0);
    char back[UNITS_TEXT_SIZE];
    struct str same = str_from(wall_time_format(wall, back));
    if (!str_eq(str_prefix(same, 19), str_prefix(text, 19))) {
        return false; /* month 13, day 31 of a short month, hour 24, ... */
    }
    *out = wall;
    return true;
}
