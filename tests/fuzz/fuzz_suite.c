/* Any text as a suite file: read or refused with a sentence, and what was read can be expanded, all
 * cells within their limits and with names of their own. */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "model/suite.h"

static bool find(void *self, struct str name, struct workload_spec *out, struct error *err)
{
    static const struct step_spec get = {.command = "GET {key}"};
    static const struct operation_spec operation = {
        .name = "GET", .weight = 1, .steps = &get, .step_count = 1};
    (void)self;
    if (name.len > 8) {
        return error_set(err, ERROR_USAGE, "no workload");
    }
    out->name = "w";
    out->operations = &operation;
    out->operation_count = 1;
    return true;
}

static void check(const struct suite_cells *cells)
{
    assert(cells->count > 0 && cells->count <= SUITE_MAX_CELLS);
    for (size_t i = 0; i < cells->count; i++) {
        const struct cell_spec *cell = &cells->items[i];
        assert(cell->name != NULL && cell->structure != NULL);
        assert(cell->load.clients >= 1 && cell->load.pipeline >= 1 && cell->workload.keys >= 1);
        assert(i == 0 || strcmp(cell->name, cells->items[i - 1].name) != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct error err = {0};
    struct suite suite;
    struct suite_cells cells;
    struct spec spec;
    spec_init(&spec, PRESET_QUICK);
    struct suite_world world = {.spec = &spec, .find = find, .is_crossed = size % 2 == 1};
    bool read = suite_file_read("f", (struct str){(const char *)data, size}, &arena, &suite, &err);
    if (read && suite_expand(&suite, &world, &arena, &cells, &err)) {
        check(&cells);
    } else {
        assert(err.code == ERROR_USAGE && err.text[0] != '\0');
    }
    arena_release(&arena);
    return 0;
}
