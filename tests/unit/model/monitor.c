#include "model/monitor.h"

#include <math.h>

#include "support/tap.h"

/* Names are unique where they are read: within their source. */
static void test_table(void)
{
    int doubles = 0;
    for (int i = 0; i < MONITOR_FIGURES; i++) {
        tap_check(monitor_facts[i].name != NULL, "figure %d has a name", i);
        for (int k = 0; k < i; k++) {
            doubles += monitor_facts[i].source == monitor_facts[k].source &&
                       str_eq(str_from(monitor_facts[i].name), str_from(monitor_facts[k].name));
        }
    }
    tap_int(doubles, 0, "and none has the name of another one");
}

static void test_sources(void)
{
    enum monitor_source source = MONITOR_HOST;
    for (int i = 0; i < MONITOR_SOURCES; i++) {
        const char *name = monitor_source_name((enum monitor_source)i);
        tap_check(monitor_source_find(str_from(name), &source) && (int)source == i, "%s", name);
    }
    tap_check(!monitor_source_find(STR("hos"), &source) && source == MONITOR_CLIENT,
              "no other name");
}

static void test_sample(void)
{
    static const struct {
        enum monitor_figure figure;
        double value;
        double kept;
    } rows[] = {
        {MONITOR_STEAL, 0.123456, 0.1235},
        {MONITOR_CPU, 2.00004, 2},
        {MONITOR_COMMANDS, 123456.789, 123457},
        {MONITOR_SAVING, 1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct monitor_sample sample = monitor_sample_of(MONITOR_SERVER, "a");
        int known = 0;
        monitor_set(&sample, rows[i].figure, rows[i].value);
        for (int k = 0; k < MONITOR_FIGURES; k++) {
            known += isnan(sample.figures[k]) ? 0 : 1;
        }
        tap_int(known, 1, "only what was set is known of %s", monitor_facts[rows[i].figure].name);
        tap_near(sample.figures[rows[i].figure], rows[i].kept, 1e-12, "to the digits that count");
    }
}

int main(void)
{
    test_table();
    test_sources();
    test_sample();
    return tap_end();
}
