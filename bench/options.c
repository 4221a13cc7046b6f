#include "options.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "os/cpu.h"
#include "os/thread.h"

static const struct option_row *find(const struct option_row *rows, size_t count, const char *word)
{
    for (size_t i = 0; i < count && strncmp(word, "--", 2) == 0; i++) {
        if (strcmp(rows[i].name, word + 2) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

static bool read_value(const struct option_row *row, const char *value)
{
    if (row->number != NULL) {
        return str_to_u64(str_from(value), row->number);
    }
    if (row->real != NULL) {
        return str_to_double(str_from(value), row->real);
    }
    *row->text = value;
    return true;
}

int options_take(const struct option_row *rows, size_t count, int argc, char **argv)
{
    int left = 1;
    for (int i = 1; i < argc; i++) {
        const struct option_row *row = find(rows, count, argv[i]);
        if (row != NULL && i + 1 < argc && read_value(row, argv[i + 1])) {
            i++;
        } else {
            argv[left++] = argv[i];
        }
    }
    return left;
}

void options_read(const struct option_row *rows, size_t count, int argc, char **argv)
{
    if (options_take(rows, count, argc, argv) == 1) {
        return;
    }
    (void)fprintf(stderr, "%s: cannot use %s; options:", argv[0], argv[1]);
    for (size_t known = 0; known < count; known++) {
        (void)fprintf(stderr, " --%s", rows[known].name);
    }
    (void)fputs("\n", stderr);
    exit(2);
}

void options_fail(const char *problem)
{
    (void)fprintf(stderr, "%s\n", problem);
    exit(1);
}

void options_pin(uint64_t cpu)
{
    struct cpu_set cpus = {0};
    struct error err = {0};
    if (cpu == OPTIONS_ANY_CPU) {
        return;
    }
    if (cpu >= CPU_MAX) {
        options_fail("--cpu: no such processor");
    }
    cpu_set_add(&cpus, (unsigned)cpu);
    if (!thread_pin(&cpus, &err)) {
        options_fail(err.text);
    }
}
