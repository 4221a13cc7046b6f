#include "workload/mix.h"

#include <string.h>

#include "workload/workload.h"

#define MIX_SCRIPT "call-any"

/* GET and SET of the default workload, written out. */
static void write_out(struct workload_spec *workload, struct arena *arena)
{
    static const struct step_spec steps[] = {{.command = "GET {key}"},
                                             {.command = "SET {key} {value}"}};
    struct operation_spec *operations = arena_alloc_array(arena, 2, sizeof *operations);
    size_t count = 0;
    if (workload->operation_count > 0) {
        return;
    }
    if (workload->reads > 0) {
        operations[count++] = (struct operation_spec){
            .name = "GET", .weight = workload->reads, .steps = &steps[0], .step_count = 1};
    }
    if (workload->writes > 0) {
        operations[count++] = (struct operation_spec){
            .name = "SET", .weight = workload->writes, .steps = &steps[1], .step_count = 1};
    }
    workload->operations = operations;
    workload->operation_count = count;
}

static struct operation_spec *copy_operations(const struct workload_spec *workload,
                                              struct arena *arena)
{
    struct operation_spec *copy = arena_alloc_array(arena, workload->operation_count, sizeof *copy);
    memcpy(copy, workload->operations, workload->operation_count * sizeof *copy);
    return copy;
}

bool mix_scale(struct workload_spec *workload, struct arena *arena, struct error *err)
{
    uint64_t sums[2] = {0};
    if (workload->operation_count == 0) {
        return true;
    }
    struct operation_spec *scaled = copy_operations(workload, arena);
    for (size_t i = 0; i < workload->operation_count; i++) {
        sums[workload_operation_writes(&scaled[i])] += scaled[i].weight;
    }
    if (sums[false] == 0 || sums[true] == 0) {
        return error_set(err, ERROR_USAGE, "workload %s has only operations that %s",
                         workload->name, sums[true] == 0 ? "read" : "write");
    }
    for (size_t i = 0; i < workload->operation_count; i++) {
        bool writes = workload_operation_writes(&scaled[i]);
        uint64_t weight = (uint64_t)scaled[i].weight * sums[!writes] *
                          (writes ? workload->writes : workload->reads);
        if (sums[!writes] > UINT16_MAX || weight > UINT32_MAX) {
            return error_set(err, ERROR_USAGE, "weights become too large");
        }
        scaled[i].weight = (uint32_t)weight;
    }
    workload->operations = scaled;
    return true;
}

double mix_write_share(const struct workload_spec *workload)
{
    double writes = workload->operation_count == 0 ? (double)workload->writes : 0;
    double all = workload->operation_count == 0 ? writes + (double)workload->reads : 0;
    for (size_t i = 0; i < workload->operation_count; i++) {
        double weight = (double)workload->operations[i].weight;
        writes += workload_operation_writes(&workload->operations[i]) ? weight : 0;
        all += weight;
    }
    return all > 0 ? writes / all : 0;
}

/* All its steps are commands that are sent one after another, whatever is answered. */
static bool is_plain(const struct operation_spec *operation)
{
    for (size_t i = 0; i < operation->step_count; i++) {
        const struct step_spec *step = &operation->steps[i];
        if (step->when != STEP_ALWAYS || step->think > 0 || step->each) {
            return false;
        }
    }
    return operation->retries == 0;
}

static bool is_command(const char *command, const char *name)
{
    struct str rest = str_trim(str_from(command));
    return str_eq_nocase(str_split(&rest, ' '), str_from(name));
}

bool mix_transaction(struct workload_spec *workload, struct arena *arena, struct error *err)
{
    write_out(workload, arena);
    struct operation_spec *wrapped = copy_operations(workload, arena);
    for (size_t i = 0; i < workload->operation_count; i++) {
        size_t count = wrapped[i].step_count;
        struct step_spec *steps = arena_alloc_array(arena, count + 2, sizeof *steps);
        if (is_command(wrapped[i].steps[0].command, "MULTI") || !is_plain(&wrapped[i]) ||
            count + 2 > WORKLOAD_MAX_STEPS) {
            return error_set(err, ERROR_USAGE,
                             "operation %s cannot be put between MULTI and EXEC: it is a "
                             "transaction, depends on replies, or is too long",
                             wrapped[i].name);
        }
        steps[0] = (struct step_spec){.command = "MULTI"};
        memcpy(steps + 1, wrapped[i].steps, count * sizeof *steps);
        steps[count + 1] = (struct step_spec){.command = "EXEC"};
        wrapped[i].steps = steps;
        wrapped[i].step_count = count + 2;
    }
    workload->operations = wrapped;
    return true;
}

/* "HGET {key} {field}" -> EVALSHA {script:call} 1 {key} HGET {field} */
static const char *script_of(const char *command, struct arena *arena)
{
    struct str rest = str_trim(str_from(command));
    struct str name = str_split(&rest, ' ');
    rest = str_trim(rest);
    struct str key = str_split(&rest, ' ');
    if (!str_eq(key, STR("{key}"))) {
        return NULL;
    }
    return arena_printf(arena, "EVALSHA {script:" MIX_SCRIPT "} 1 {key} %.*s %.*s", STR_ARG(name),
                        STR_ARG(rest));
}

/* Adds the script that calls any command on a key. */
static void add_script(struct workload_spec *workload, struct arena *arena)
{
    struct source_spec *scripts =
        arena_alloc_array(arena, workload->script_count + 1, sizeof *scripts);
    if (workload->script_count > 0) {
        memcpy(scripts, workload->scripts, workload->script_count * sizeof *scripts);
    }
    scripts[workload->script_count] = (struct source_spec){
        .name = MIX_SCRIPT,
        .text = "return redis.call(ARGV[1],KEYS[1],unpack(ARGV,2))",
    };
    workload->scripts = scripts;
    workload->script_count++;
}

bool mix_script(struct workload_spec *workload, struct arena *arena, struct error *err)
{
    write_out(workload, arena);
    struct operation_spec *wrapped = copy_operations(workload, arena);
    for (size_t i = 0; i < workload->operation_count; i++) {
        struct step_spec *steps = arena_alloc_array(arena, wrapped[i].step_count, sizeof *steps);
        for (size_t k = 0; k < wrapped[i].step_count; k++) {
            steps[k] = wrapped[i].steps[k];
            steps[k].command = script_of(wrapped[i].steps[k].command, arena);
            if (steps[k].command == NULL) {
                return error_set(err, ERROR_USAGE,
                                 "\"%s\" cannot be called by a script: its first argument is not "
                                 "{key}",
                                 wrapped[i].steps[k].command);
            }
        }
        wrapped[i].steps = steps;
    }
    workload->operations = wrapped;
    add_script(workload, arena);
    return true;
}

bool mix_cell(struct cell_spec *cell, struct arena *arena, struct error *err)
{
    if (cell->has_ratio && !mix_scale(&cell->workload, arena, err)) {
        return false;
    }
    cell->write_share = mix_write_share(&cell->workload);
    return (!cell->is_transaction || mix_transaction(&cell->workload, arena, err)) &&
           (!cell->is_script || mix_script(&cell->workload, arena, err));
}
