/* What drawing and writing the commands of each built-in workload costs: nanoseconds and bytes per
 * command, the median of several rounds. No server, no socket. Nothing is judged by it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "model/workload_file.h"
#include "os/clock.h"
#include "workload/builtin.h"
#include "workload/workload.h"

enum { ROUNDS = 7, OPERATIONS = 300 * 1000, PLACES = 64 };

struct cost {
    double nanoseconds; /* per command */
    double bytes;
};

static struct cost run_round(const struct workload *workload, struct workload_stream *stream,
                             char *out, size_t room)
{
    uint64_t commands = 0;
    uint64_t bytes = 0;
    nsec began = clock_now(clock_monotonic());
    for (int i = 0; i < OPERATIONS; i++) {
        struct workload_draw draw = {0};
        (void)workload_draw_next(workload, stream, &draw);
        size_t steps = workload->operations[draw.operation].step_count;
        for (size_t step = 0; step < steps; step++) {
            bytes += workload_write_step(workload, &draw, step, out + commands % PLACES * room);
            commands++;
        }
    }
    nsec took = clock_now(clock_monotonic()) - began;
    return (struct cost){(double)took / (double)commands, (double)bytes / (double)commands};
}

static int compare_costs(const void *a, const void *b)
{
    const struct cost *left = a;
    const struct cost *right = b;
    return (left->nanoseconds > right->nanoseconds) - (left->nanoseconds < right->nanoseconds);
}

static void measure(const struct workload_spec *spec)
{
    struct workload workload;
    struct workload_stream stream;
    struct cost costs[ROUNDS];
    workload_init(&workload, spec, 1);
    workload_stream_init(&stream, &workload, 1, 0, 1);
    size_t room = workload.max_step_size + TEMPLATE_CHUNK;
    char *out = mem_alloc_array(PLACES, room);
    for (int i = 0; i < ROUNDS; i++) {
        costs[i] = run_round(&workload, &stream, out, room);
    }
    qsort(costs, ROUNDS, sizeof costs[0], compare_costs);
    printf("| %s | %.0f | %.0f |\n", spec->name, costs[ROUNDS / 2].nanoseconds,
           costs[ROUNDS / 2].bytes);
    mem_free(out);
    workload_release(&workload);
}

int main(void)
{
    printf("| workload | ns per command | bytes per command |\n|---|---|---|\n");
    for (const struct builtin_workload *at = builtin_workloads; at->name != NULL; at++) {
        struct spec spec;
        struct arena arena = {0};
        struct error err = {0};
        spec_init(&spec, PRESET_QUICK);
        if (!workload_file_read(at->name, str_from(at->text), &arena, &spec.workload, &err)) {
            fprintf(stderr, "workloads: %s\n", err.text);
            return EXIT_FAILURE;
        }
        measure(&spec.workload);
        arena_release(&arena);
    }
    return EXIT_SUCCESS;
}
