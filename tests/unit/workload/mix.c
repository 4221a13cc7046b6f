/* Changing a mix as a whole. */
#include "workload/mix.h"

#include "support/tap.h"
#include "workload/workload.h"

static const struct operation_spec operations[] = {
    {.name = "HGET",
     .weight = 3,
     .steps = (const struct step_spec[]){{.command = "HGET {key} {field}"}},
     .step_count = 1},
    {.name = "HLEN",
     .weight = 1,
     .steps = (const struct step_spec[]){{.command = "HLEN {key}"}},
     .step_count = 1},
    {.name = "HSET",
     .weight = 1,
     .steps = (const struct step_spec[]){{.command = "HSET {key} [{field} {value}]*2"}},
     .step_count = 1},
};

static struct cell_spec hashes(void)
{
    struct spec spec;
    spec_init(&spec, PRESET_QUICK);
    spec.workload.name = "hashes";
    spec.workload.data = DATA_HASH;
    spec.workload.operations = operations;
    spec.workload.operation_count = 3;
    return (struct cell_spec){.workload = spec.workload, .load = spec.load};
}

static void test_shares(void)
{
    static const struct {
        uint32_t writes, reads;
        double share;
    } rows[] = {{1, 4, 0.2}, {1, 19, 0.05}, {4, 1, 0.8}, {1, 1, 0.5}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena = {0};
        struct error err = {0};
        struct cell_spec cell = hashes();
        cell.has_ratio = true;
        cell.workload.writes = rows[i].writes;
        cell.workload.reads = rows[i].reads;
        tap_check(mix_cell(&cell, &arena, &err), "share of row %zu", i);
        tap_near(cell.write_share, rows[i].share, 1e-12, "what is written, by weight");
        const struct operation_spec *got = cell.workload.operations;
        tap_int(got[0].weight, 3 * (int64_t)got[1].weight, "reads keep their weights");
        arena_release(&arena);
    }
    struct cell_spec plain = hashes();
    struct arena arena = {0};
    tap_check(mix_cell(&plain, &arena, NULL), "a cell that asks for nothing");
    tap_near(plain.write_share, 0.2, 1e-12, "has the share of its weights");
    tap_check(plain.workload.operations == operations, "and its own operations");
    plain.workload.operation_count = 2;
    plain.has_ratio = true;
    struct error err = {0};
    tap_check(!mix_cell(&plain, &arena, &err), "nothing to scale");
    tap_text(err.text, "workload hashes has only operations that read", "is said");
    arena_release(&arena);
}

static void test_wrapping(void)
{
    struct arena arena = {0};
    struct error err = {0};
    struct cell_spec cell = hashes();
    cell.is_transaction = true;
    tap_check(mix_cell(&cell, &arena, &err), "as transactions");
    tap_int((int64_t)cell.workload.operations[0].step_count, 3, "three steps");
    tap_text(cell.workload.operations[0].steps[0].command, "MULTI", "first");
    tap_text(cell.workload.operations[0].steps[1].command, "HGET {key} {field}", "then");
    tap_text(cell.workload.operations[0].steps[2].command, "EXEC", "last");
    tap_check(workload_check(&cell.workload, &err), "which can be sent: %s", err.text);
    tap_near(cell.write_share, 0.2, 1e-12, "MULTI writes nothing by itself");
    tap_check(!mix_transaction(&cell.workload, &arena, &err), "not twice");

    cell = hashes();
    cell.is_script = true;
    tap_check(mix_cell(&cell, &arena, &err), "as scripts");
    tap_text(cell.workload.operations[2].steps[0].command,
             "EVALSHA {script:call-any} 1 {key} HSET "
             "[{field} {value}]*2",
             "the command is an argument");
    tap_check(workload_check(&cell.workload, &err), "which can be sent: %s", err.text);
    tap_text(cell.workload.operations[2].name, "HSET", "results know it by its name");

    const struct operation_spec keyless[] = {
        {.name = "PING",
         .weight = 1,
         .steps = (const struct step_spec[]){{.command = "PING"}},
         .step_count = 1}};
    cell.workload.operations = keyless;
    cell.workload.operation_count = 1;
    tap_check(!mix_script(&cell.workload, &arena, &err), "a command without a key");
    tap_text(err.text, "\"PING\" cannot be called by a script: its first argument is not {key}",
             "is refused");
    arena_release(&arena);
}

static void test_default(void)
{
    struct arena arena = {0};
    struct spec spec;
    spec_init(&spec, PRESET_QUICK);
    struct cell_spec cell = {.workload = spec.workload, .load = spec.load, .is_script = true};
    tap_check(mix_cell(&cell, &arena, NULL), "GET and SET, as scripts");
    tap_int((int64_t)cell.workload.operation_count, 2, "are written out");
    tap_near(cell.write_share, 0.2, 1e-12, "in their ratio");
    arena_release(&arena);
}

int main(void)
{
    test_shares();
    test_wrapping();
    test_default();
    return tap_end();
}
