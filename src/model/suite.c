#include "model/suite.h"

#include <string.h>

#include "base/mem.h"
#include "model/suite_settings.h"

enum { LEAST_KEYS = 16 }; /* that the limit of data leaves */

struct expansion {
    const struct suite *suite;
    const struct suite_world *world;
    struct arena *arena;
    struct suite_cells *out;
    size_t capacity;
    bool *used; /* of the suite's changes: did they find their cell? */
    struct error *err;
};

static bool wrong(const struct expansion *at, size_t line)
{
    return error_prefix(at->err, "%s:%zu", at->suite->file, line);
}

static bool apply(const struct expansion *at, const struct suite_level *level,
                  struct cell_spec *cell)
{
    for (size_t i = 0; i < level->setting_count; i++) {
        if (!suite_setting_apply(&level->settings[i], cell, at->err)) {
            return wrong(at, level->settings[i].line);
        }
    }
    return true;
}

/* Fewer keys, so that the data of the cell stays below the suite's limit. */
static void limit_keys(const struct suite *suite, struct workload_spec *workload)
{
    uint64_t bytes = spec_data_bytes(workload);
    if (suite->data_limit == 0 || bytes <= suite->data_limit) {
        return;
    }
    double share = (double)suite->data_limit / (double)bytes;
    uint64_t keys = (uint64_t)((double)workload->keys * share);
    uint64_t least = workload->keys < LEAST_KEYS ? workload->keys : LEAST_KEYS;
    workload->keys = keys < least ? least : keys;
    if (workload->hash_tags > workload->keys) {
        workload->hash_tags = workload->keys;
    }
}

static const struct suite_change *find_change(const struct expansion *at, const char *cell)
{
    for (size_t i = 0; i < at->suite->change_count; i++) {
        if (strcmp(at->suite->changes[i].cell, cell) == 0 && !at->used[i]) {
            at->used[i] = true;
            return &at->suite->changes[i];
        }
    }
    return NULL;
}

static bool add_cell(struct expansion *at, struct cell_spec *cell)
{
    const struct suite_change *change = find_change(at, cell->name);
    if (change != NULL && change->is_skip) {
        return true;
    }
    if (change != NULL && !apply(at, &change->level, cell)) {
        return false;
    }
    if (at->out->count == SUITE_MAX_CELLS) {
        return error_set(at->err, ERROR_USAGE, "%s: more than %d cells", at->suite->file,
                         SUITE_MAX_CELLS);
    }
    if (at->out->count == at->capacity) {
        size_t capacity = at->capacity == 0 ? 64 : at->capacity * 2;
        struct cell_spec *items = arena_alloc_array(at->arena, capacity, sizeof *items);
        if (at->out->count > 0) {
            memcpy(items, at->out->items, at->out->count * sizeof *items);
        }
        at->out->items = items;
        at->capacity = capacity;
    }
    limit_keys(at->suite, &cell->workload);
    at->out->items[at->out->count++] = *cell;
    return true;
}

/* The cells of one workload with a level of each factor in `chosen` (0: the base). */
static bool add_combination(struct expansion *at, const struct cell_spec *base,
                            const size_t *chosen)
{
    struct cell_spec cell = *base;
    const char *name = base->name;
    const struct suite_factor *varied = NULL;
    size_t varied_count = 0;
    for (size_t i = 0; i < at->suite->factor_count; i++) {
        const struct suite_factor *factor = &at->suite->factors[i];
        if (chosen[i] == 0) {
            continue;
        }
        struct cell_spec before = cell;
        const struct suite_level *level = &factor->levels[chosen[i] - 1];
        if (!apply(at, level, &cell)) {
            return false;
        }
        if (suite_same_cell(&before, &cell)) {
            return true; /* there is this cell without the level */
        }
        name = arena_printf(at->arena, "%s %s", name, level->name);
        varied = factor;
        varied_count++;
    }
    cell.name = name;
    cell.factor = varied_count == 0 ? NULL : varied_count == 1 ? varied->name : "several";
    return add_cell(at, &cell);
}

/* The next combination; false: that was the last. */
static bool next_combination(const struct suite *suite, size_t *chosen)
{
    for (size_t i = suite->factor_count; i > 0; i--) {
        if (chosen[i - 1] < suite->factors[i - 1].level_count) {
            chosen[i - 1]++;
            return true;
        }
        chosen[i - 1] = 0;
    }
    return false;
}

/* Also of levels that change nothing, and so give no cells. */
static bool count_combinations(const struct expansion *at)
{
    size_t count = 1;
    for (size_t i = 0; i < at->suite->factor_count && count <= SUITE_MAX_CELLS; i++) {
        count *= at->suite->factors[i].level_count + 1;
    }
    return count <= SUITE_MAX_CELLS ||
           error_set(at->err, ERROR_USAGE, "%s: all combinations of its levels are more than %d",
                     at->suite->file, SUITE_MAX_CELLS);
}

static bool add_crossed(struct expansion *at, const struct cell_spec *base)
{
    size_t chosen[SUITE_MAX_FACTORS] = {0};
    if (!count_combinations(at)) {
        return false;
    }
    do {
        if (!add_combination(at, base, chosen)) {
            return false;
        }
    } while (next_combination(at->suite, chosen));
    return true;
}

static bool add_one_at_a_time(struct expansion *at, const struct cell_spec *base)
{
    size_t chosen[SUITE_MAX_FACTORS] = {0};
    if (!add_combination(at, base, chosen)) {
        return false;
    }
    for (size_t i = 0; i < at->suite->factor_count; i++) {
        for (size_t level = 1; level <= at->suite->factors[i].level_count; level++) {
            chosen[i] = level;
            if (!add_combination(at, base, chosen)) {
                return false;
            }
        }
        chosen[i] = 0;
    }
    return true;
}

static bool add_workload(struct expansion *at, const struct suite_workload *workload)
{
    const struct spec *spec = at->world->spec;
    struct cell_spec base = {.workload = spec->workload, .load = spec->load};
    if (!at->world->find(at->world->self, str_from(workload->workload), &base.workload, at->err)) {
        return wrong(at, workload->level.line);
    }
    base.name = workload->level.name == NULL ? base.workload.name : workload->level.name;
    base.structure = base.name;
    if (!apply(at, &at->suite->base, &base) || !apply(at, &workload->level, &base)) {
        return false;
    }
    return at->world->is_crossed ? add_crossed(at, &base) : add_one_at_a_time(at, &base);
}

static bool check_names(const struct expansion *at)
{
    const struct suite_cells *cells = at->out;
    for (size_t i = 0; i < cells->count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(cells->items[i].name, cells->items[k].name) == 0) {
                return error_set(at->err, ERROR_USAGE,
                                 "%s: two cells are called \"%s\": give workloads or levels "
                                 "different names",
                                 at->suite->file, cells->items[i].name);
            }
        }
    }
    return true;
}

/* A change of a cell that is not there would be ignored without a word. */
static bool check_changes(const struct expansion *at)
{
    for (size_t i = 0; i < at->suite->change_count; i++) {
        const struct suite_change *change = &at->suite->changes[i];
        if (!at->used[i]) {
            error_set(at->err, ERROR_USAGE, "\"%s\" is no cell of this plan, or named twice",
                      change->cell);
            return wrong(at, change->level.line);
        }
    }
    return true;
}

bool suite_expand(const struct suite *suite, const struct suite_world *world, struct arena *arena,
                  struct suite_cells *out, struct error *err)
{
    struct expansion at = {
        .suite = suite,
        .world = world,
        .arena = arena,
        .out = out,
        .used = arena_alloc_array(arena, suite->change_count, sizeof(bool)),
        .err = err,
    };
    *out = (struct suite_cells){0};
    for (size_t i = 0; i < suite->workload_count; i++) {
        if (!add_workload(&at, &suite->workloads[i])) {
            return false;
        }
    }
    if (out->count == 0) {
        return error_set(err, ERROR_USAGE, "%s: no cell is left", suite->file);
    }
    return check_names(&at) && check_changes(&at);
}
