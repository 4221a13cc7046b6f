/* The command line of the programs in bench/: options of the form `--name value`.
 *
 * Thread rule: main thread, at the start of the program. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Leaves a processor option at this value: run anywhere. */
#define OPTIONS_ANY_CPU UINT64_MAX

/* One option. Exactly one of the places is not NULL; it holds the default. */
struct option_row {
    const char *name;  /* without "--" */
    uint64_t *number;  /* a whole number */
    double *real;      /* a decimal number */
    const char **text; /* anything */
};

/* Fills in what is given. On anything unknown or unreadable says so on standard error, lists the
 * options and ends the program with exit code 2. */
void options_read(const struct option_row *rows, size_t count, int argc, char **argv);
/* The same for a program that has more than one set of options: takes those of `rows` out of argv
 * and returns how many words are left there, in their order, for the next set. */
int options_take(const struct option_row *rows, size_t count, int argc, char **argv);
/* Says `problem` on standard error and ends the program with exit code 1. */
void options_fail(const char *problem) __attribute__((noreturn));
/* Binds the calling thread, and all it starts, to one processor, unless it is OPTIONS_ANY_CPU. */
void options_pin(uint64_t cpu);
