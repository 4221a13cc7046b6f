/* A workload file: what is refused says why, and what is taken can be checked, compiled, and every
 * command of it written within the room that is kept for it. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "model/workload_file.h"
#include "workload/workload.h"

enum { MOST_BYTES = 64 * 1024, DRAWS = 20 };

static bool is_small(const struct workload_spec *spec)
{
    bool small = spec->value_size_high <= MOST_BYTES && spec->key_size <= MOST_BYTES;
    for (size_t i = 0; i < spec->other_count; i++) {
        small = small && is_small(&spec->others[i]);
    }
    return small;
}

static void write_all(const struct workload *workload)
{
    struct workload_stream stream;
    struct workload_draw draw;
    struct resp_texts texts;
    char *out = mem_alloc(workload->max_step_size + TEMPLATE_CHUNK);
    resp_texts_begin(&texts);
    resp_texts_take(&texts, "*3\r\n+m12\r\n:-7\r\n$-1\r\n", 20);
    workload_stream_init(&stream, workload, 1, 0, 2);
    for (int i = 0; i < DRAWS; i++) {
        if (!workload_draw_next(workload, &stream, &draw)) {
            break;
        }
        const struct workload_operation *operation = &workload->operations[draw.operation];
        for (size_t step = 0; step < operation->step_count; step++) {
            for (uint32_t at = 0; at < 4; at++) {
                struct workload_replies replies = {.texts = at < 3 ? &texts : NULL, .at = at};
                size_t len = workload_write_linked(workload, &draw, step, &replies, out);
                assert(len > 0 && len <= workload->max_step_size);
                assert(workload_slot(workload, &draw, step, &replies) < 16384);
            }
        }
    }
    mem_free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct error err = {0};
    struct spec spec;
    struct str text = {(const char *)data, size};
    spec_init(&spec, PRESET_QUICK);
    bool done = workload_file_read("fuzz.yaml", text, &arena, &spec.workload, &err) &&
                spec_validate_workload(&spec.workload, &err) &&
                workload_check(&spec.workload, &err);
    assert(done || (err.code == ERROR_USAGE && err.text[0] != '\0'));
    if (done && is_small(&spec.workload)) {
        workload_settle(&spec.workload);
        if (spec_validate_workload(&spec.workload, &err)) {
            struct workload *workload = mem_alloc(sizeof *workload);
            workload_init(workload, &spec.workload, 1);
            write_all(workload);
            workload_release(workload);
            mem_free(workload);
        }
    }
    arena_release(&arena);
    return 0;
}
