#include "run/live.h"

#include "os/clock.h"

/* So that with the slices in between it is not more than a second. */
enum { PAUSE_MS = 700 };

bool live_is_due(const struct live *live)
{
    return live->observer->measured != NULL &&
           clock_now(clock_monotonic()) >= live->told + PAUSE_MS * NSEC_PER_MSEC;
}

struct result_run *live_begin(struct result *draft, const struct result *result,
                              const struct result_cell *cell, const char *const *commands,
                              size_t command_count)
{
    *draft = *result;
    draft->arena = (struct arena){0};
    draft->cells = arena_alloc(&draft->arena, sizeof *draft->cells);
    draft->cell_count = 1;
    draft->cells[0] = *cell;
    draft->cells[0].runs = NULL;
    draft->cells[0].run_count = 0;
    draft->cells[0].run_capacity = 0;
    return result_add_run(draft, &draft->cells[0], commands, command_count);
}

static void tell(struct live *live, const struct result *part, uint32_t cell, uint32_t run)
{
    struct run_part told = {.result = part, .cell = cell, .run = run};
    live->observer->measured(live->observer->self, &told);
    live->told = clock_now(clock_monotonic());
}

void live_tell_draft(struct live *live, struct result *draft, uint32_t cell, uint32_t run)
{
    tell(live, draft, cell, run);
    result_release(draft);
}

void live_tell(struct live *live, const struct result *result, uint32_t cell, uint32_t run)
{
    struct result part = *result;
    struct result_cell only = result->cells[cell];
    if (live->observer->measured == NULL) {
        return;
    }
    only.runs += run;
    only.run_count = 1;
    part.cells = &only;
    part.cell_count = 1;
    tell(live, &part, cell, run);
}
