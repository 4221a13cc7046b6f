/* A suite: a plan of cells. Each of its workloads gives a base cell, and factors vary one thing at
 * a time from there, or all of them at once. What a file may hold is in docs/SUITES.md.
 *
 * A setting is a field and the text of its value, as in files and options; it is looked at when it
 * is applied to a cell. Plain data in an arena. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "model/spec.h"

struct suite_setting {
    const char *field;
    const char *value;
    size_t line; /* in the file, for errors */
};

/* What makes a cell another one. */
struct suite_level {
    const char *name; /* in the names of cells: "10KB" */
    struct suite_setting *settings;
    size_t setting_count;
    size_t line;
};

struct suite_factor {
    const char *name;
    struct suite_level *levels;
    size_t level_count;
};

struct suite_workload {
    const char *workload;     /* a built-in name, or a file */
    struct suite_level level; /* its name is that of the base cell */
};

/* Changes of one cell of the plan. */
struct suite_change {
    const char *cell;
    bool is_skip; /* it is left out */
    struct suite_level level;
};

struct suite {
    const char *file; /* or the built-in's name: in errors */
    const char *name;
    const char *description; /* NULL: none */
    uint64_t data_limit;     /* bytes that the data of one cell may take: there are fewer keys if
                                need be; 0: none */
    struct suite_level base; /* of all cells */
    struct suite_workload *workloads;
    size_t workload_count; /* >= 1 */
    struct suite_factor *factors;
    size_t factor_count;
    struct suite_change *changes;
    size_t change_count;
};

enum {
    SUITE_MAX_WORKLOADS = 100,
    SUITE_MAX_FACTORS = 16,
    SUITE_MAX_LEVELS = 100,
    SUITE_MAX_CELLS = 10000,
};

/* Reads a whole file's text. `name` stands in errors: ERROR_USAGE with file, line, field and what
 * is expected. */
bool suite_file_read(const char *name, struct str text, struct arena *arena, struct suite *out,
                     struct error *err);

/* What the plan is expanded with. */
struct suite_world {
    const struct spec *spec; /* its workload and load are what cells start from */
    /* The workload of a name over what `out` holds. ERROR_USAGE. */
    bool (*find)(void *self, struct str name, struct workload_spec *out, struct error *err);
    void *self;
    bool is_crossed; /* every level of a factor with every level of the others */
};

struct suite_cells {
    struct cell_spec *items;
    size_t count;
};

/* The cells of the plan, in the arena: for each workload its base cell and then, factor by factor,
 * one for each level; crossed: all combinations. A level that changes nothing about a workload (the
 * size of values where there are none) gives no cell. Mixes are not changed yet: see mix_cell.
 * ERROR_USAGE names file and line. */
bool suite_expand(const struct suite *suite, const struct suite_world *world, struct arena *arena,
                  struct suite_cells *out, struct error *err);
/* The fields that settings may have, separated by ", " (appended). */
void suite_list_fields(struct buf *out);
