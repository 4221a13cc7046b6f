#include "report/report.h"

#include <stddef.h>

#include "base/str.h"
#include "report/forms.h"

static const struct report reports[] = {
    {"terminal", report_terminal},
    {"json", report_json},
};

const struct report *report_find(const char *name)
{
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
        if (str_eq(str_from(name), str_from(reports[i].name))) {
            return &reports[i];
        }
    }
    return NULL;
}
