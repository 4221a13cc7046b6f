/* Simulates comparisons on noise that is known, and holds what the statistics promise against what
 * they do. A few minutes; `make simcheck`. Arguments: names of parts; none: all of them. */
#include <stdio.h>
#include <string.h>

#include "sim/check.h"
#include "sim/parts.h"

static const struct {
    const char *name;
    void (*run)(void);
} parts[] = {
    {"false-positives", part_false_positives},
    {"stopping", part_stopping},
    {"power", part_power},
    {"hosts", part_hosts},
    {"many", part_many},
    {"distribution", part_distribution},
    {"series", part_series},
};

enum { PARTS = sizeof parts / sizeof parts[0] };

static bool is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return true;
        }
    }
    return argc == 1;
}

static bool is_known(const char *name)
{
    for (size_t i = 0; i < PARTS; i++) {
        if (strcmp(parts[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (!is_known(argv[i])) {
            fprintf(stderr, "simcheck: %s: no such part\n", argv[i]);
            return 2;
        }
    }
    for (size_t i = 0; i < PARTS; i++) {
        if (is_wanted(parts[i].name, argc, argv)) {
            parts[i].run();
        }
    }
    return check_end() ? 0 : 1;
}
