#include "workload/workload.h"

#include <assert.h>

#include "base/mem.h"
#include "redis/slots.h"

/* Streams of random numbers below one seed. */
enum { STREAM_VALUES = 1, STREAM_SCATTER = 2, STREAM_CLIENTS = 1000 };

static size_t add_operation(struct workload *workload, const char *name, uint32_t weight,
                            const char *const *words, size_t count)
{
    assert(workload->operation_count < WORKLOAD_MAX_OPERATIONS);
    size_t index = workload->operation_count++;
    struct workload_operation *operation = &workload->operations[index];
    operation->name = name;
    operation->weight = weight;
    operation->step_count = 1;
    template_init(&operation->steps[0].command, words, count, &workload->key_format,
                  &workload->values);
    if (operation->steps[0].command.max_size > workload->max_step_size) {
        workload->max_step_size = operation->steps[0].command.max_size;
    }
    if (operation->steps[0].command.max_head_size > workload->max_head_size) {
        workload->max_head_size = operation->steps[0].command.max_head_size;
    }
    workload->names[index] = name;
    workload->weights[index] = weight;
    workload->total_weight += weight;
    return index;
}

/* The part of a key that decides: all of it, or its hash tag, which a prefix may hold. */
static void prepare_slots(struct workload *workload)
{
    const struct key_format *format = &workload->key_format;
    struct str prefix = {format->prefix, format->prefix_len};
    ptrdiff_t open = str_find(prefix, '{');
    ptrdiff_t close = open < 0 ? -1 : str_find(str_from_index(prefix, (size_t)open + 1), '}');
    workload->slot_is_fixed = close > 0;
    if (workload->slot_is_fixed) {
        workload->slot = slots_of_key(prefix);
    }
    workload->prefix_crc = slots_crc16(0, prefix.data, prefix.len);
    for (size_t i = 0; i < format->padding; i++) {
        workload->prefix_crc = slots_crc16(workload->prefix_crc, "0", 1);
    }
}

/* Keys and weights that fit into one random number, and commands that need no call to write. */
static bool is_quick(const struct workload *workload)
{
    enum { SPARE_BITS = 20 };
    uint64_t chances = 0;
    bool fits = !__builtin_mul_overflow(workload->total_weight, workload->keys.count, &chances) &&
                chances < UINT64_MAX >> SPARE_BITS;
    for (size_t i = 0; i < workload->operation_count; i++) {
        const struct workload_operation *operation = &workload->operations[i];
        fits = fits && operation->step_count == 1 && operation->steps[0].command.is_quick;
    }
    return fits && workload->keys.distribution == KEYS_UNIFORM;
}

void workload_init(struct workload *workload, const struct workload_spec *spec, uint64_t seed)
{
    static const char *const get[] = {"GET", "{key}"};
    static const char *const set[] = {"SET", "{key}", "{value}"};
    static const char *const unlink_key[] = {"UNLINK", "{key}"};

    *workload = (struct workload){0};
    workload->key_prefix = mem_copy_text(spec->key_prefix, strlen(spec->key_prefix));
    key_format_init(&workload->key_format, workload->key_prefix, spec->keys, spec->key_size);
    prepare_slots(workload);
    key_space_init(&workload->keys, spec, rng_derive(seed, STREAM_SCATTER));
    value_space_init(&workload->values, spec, rng_derive(seed, STREAM_VALUES));
    if (spec->reads > 0) {
        size_t index = add_operation(workload, "GET", spec->reads, get, 2);
        workload->operations[index].steps[0].is_read = true;
    }
    if (spec->writes > 0) {
        add_operation(workload, "SET", spec->writes, set, 3);
    }
    size_t drawn = workload->operation_count;
    workload->load_operation = add_operation(workload, "load", 0, set, 3);
    workload->remove_operation = add_operation(workload, "remove", 0, unlink_key, 2);
    workload->operation_count = drawn;
    workload->is_quick = is_quick(workload);
}

void workload_release(struct workload *workload)
{
    for (size_t i = 0; i < WORKLOAD_MAX_OPERATIONS; i++) {
        for (size_t step = 0; step < workload->operations[i].step_count; step++) {
            template_release(&workload->operations[i].steps[step].command);
        }
    }
    value_space_release(&workload->values);
    mem_free(workload->key_prefix);
    *workload = (struct workload){0};
}

uint64_t workload_share(const struct workload *workload, uint32_t client, uint32_t clients)
{
    __extension__ typedef unsigned __int128 u128;
    return (uint64_t)((u128)workload->keys.count * client / clients);
}

void workload_stream_init(struct workload_stream *stream, const struct workload *workload,
                          uint64_t seed, uint32_t client, uint32_t clients)
{
    *stream = (struct workload_stream){
        .position = workload_share(workload, client, clients),
    };
    rng_init(&stream->rng, rng_derive(seed, STREAM_CLIENTS + (uint64_t)client));
}

void workload_stream_sweep(struct workload_stream *stream, size_t operation, uint64_t first,
                           uint64_t end)
{
    *stream = (struct workload_stream){
        .position = first,
        .sweep_end = end,
        .is_sweep = true,
        .sweep_operation = (uint32_t)operation,
    };
}

bool workload_draw_next(const struct workload *workload, struct workload_stream *stream,
                        struct workload_draw *out)
{
    if (stream->is_sweep) {
        if (stream->position >= stream->sweep_end) {
            return false;
        }
        out->key = stream->position++;
        out->operation = stream->sweep_operation;
        return true;
    }
    if (workload->is_quick) {
        workload_draw_uniform(workload, stream, out);
        return true;
    }
    uint32_t operation = 0;
    if (workload->operation_count > 1) {
        uint64_t ticket = rng_below(&stream->rng, workload->total_weight);
        while (ticket >= workload->operations[operation].weight) {
            ticket -= workload->operations[operation].weight;
            operation++;
        }
    }
    out->operation = operation;
    out->key = key_space_draw(&workload->keys, &stream->rng, &stream->position);
    return true;
}

size_t workload_write_head(const struct workload *workload, const struct workload_draw *draw,
                           size_t step, char *out, struct str *rest)
{
    return template_write_head(&workload->operations[draw->operation].steps[step].command,
                               &workload->values, draw->key, out, rest);
}

uint16_t workload_slot(const struct workload *workload, const struct workload_draw *draw)
{
    enum { MAX_DIGITS = 24 };
    char digits[MAX_DIGITS];
    if (workload->slot_is_fixed) {
        return workload->slot;
    }
    key_format_write_number(&workload->key_format, draw->key, digits);
    return slots_crc16(workload->prefix_crc, digits, workload->key_format.digits) % SLOTS_COUNT;
}
