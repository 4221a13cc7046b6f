#include "workload/dataset.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/rng.h"
#include "redis/slots.h"

/* Streams of random numbers below the seed of a dataset. */
enum { STREAM_VALUES = 1, STREAM_SCATTER = 2 };

static char *prefix_of(const struct workload_spec *spec, const char *prefix)
{
    struct buf text = {0};
    buf_add_text(&text, prefix);
    if (spec->data_name != NULL) {
        buf_addf(&text, "%s:", spec->data_name);
    }
    char *copy = mem_copy_text(buf_text(&text), text.len);
    buf_release(&text);
    return copy;
}

/* The part of a key that decides: all of it, or its hash tag, which a prefix may hold. */
static void prepare_slots(struct dataset *dataset)
{
    const struct key_format *format = &dataset->key_format;
    struct str prefix = {format->prefix, format->prefix_len};
    ptrdiff_t open = str_find(prefix, '{');
    ptrdiff_t close = open < 0 ? -1 : str_find(str_from_index(prefix, (size_t)open + 1), '}');
    dataset->slot_is_fixed = close > 0;
    if (dataset->slot_is_fixed) {
        dataset->slot = slots_of_key(prefix);
    }
    dataset->prefix_crc = slots_crc16(0, prefix.data, prefix.len);
    for (size_t i = 0; i < format->padding; i++) {
        dataset->prefix_crc = slots_crc16(dataset->prefix_crc, "0", 1);
    }
}

void dataset_init(struct dataset *dataset, const struct workload_spec *spec, const char *prefix,
                  bool grows, uint64_t seed)
{
    uint64_t numbers = grows ? spec->keys + DATASET_MAX_INSERTED : spec->keys;
    *dataset = (struct dataset){
        .key_prefix = prefix_of(spec, prefix),
        .grows = grows,
        .load_operation = DATASET_NONE,
        .prepare_operation = DATASET_NONE,
    };
    key_format_init(&dataset->key_format, dataset->key_prefix, numbers, spec->key_size);
    if (spec->hash_tags > 0) {
        key_format_add_tags(&dataset->key_format, spec->hash_tags, spec->key_size);
    }
    prepare_slots(dataset);
    key_space_init(&dataset->keys, spec, rng_derive(seed, STREAM_SCATTER));
    value_space_init(&dataset->values, spec, rng_derive(seed, STREAM_VALUES));
}

void dataset_release(struct dataset *dataset)
{
    value_space_release(&dataset->values);
    mem_free(dataset->key_prefix);
    *dataset = (struct dataset){0};
}

struct pattern_source dataset_source(const struct dataset *dataset,
                                     const struct workload_spec *spec)
{
    return (struct pattern_source){
        .name = spec->data_name,
        .keys = &dataset->keys,
        .key_format = &dataset->key_format,
        .values = &dataset->values,
        .elements = spec->elements,
        .ttl_low = spec->ttl_low / NSEC_PER_MSEC,
        .ttl_high = spec->ttl_high / NSEC_PER_MSEC,
    };
}

uint16_t dataset_slot(const struct dataset *dataset, uint64_t number)
{
    enum { MAX_DIGITS = 24 };
    char digits[MAX_DIGITS];
    const struct key_format *format = &dataset->key_format;
    if (dataset->slot_is_fixed) {
        return dataset->slot;
    }
    if (format->tags > 0) {
        struct key_format tag = {.digits = format->tag_digits};
        key_format_write_number(&tag, number % format->tags, digits);
        return slots_crc16(0, digits, tag.digits) % SLOTS_COUNT;
    }
    key_format_write_number(format, number, digits);
    return slots_crc16(dataset->prefix_crc, digits, format->digits) % SLOTS_COUNT;
}

/* Not too many bytes at once. */
uint64_t dataset_chunk(const struct workload_spec *spec, uint64_t max_value)
{
    enum { MOST = 64, ROOM = 64 * 1024 };
    uint64_t fitting = ROOM / max_value;
    uint64_t most = fitting < 1 ? 1 : fitting;
    most = most < MOST ? most : MOST;
    if (spec->data == DATA_STRING || spec->data == DATA_STREAM) {
        return 1;
    }
    return spec->elements < most ? spec->elements : most;
}

void dataset_filler(const struct workload_spec *spec, uint64_t chunk, char out[DATASET_FILLER_SIZE])
{
    static const struct {
        const char *command;
        const char *element; /* NULL: not repeated */
    } fillers[DATA_TYPE_COUNT] = {
        [DATA_STRING] = {"SET {key} {value}", NULL},
        [DATA_LIST] = {"RPUSH {key}", "{value}"},
        [DATA_HASH] = {"HSET {key}", "{field} {value}"},
        [DATA_SET] = {"SADD {key}", "{member}"},
        [DATA_ZSET] = {"ZADD {key}", "{score} {member}"},
        [DATA_STREAM] = {"XADD {key} * {field} {value}", NULL},
        [DATA_HYPERLOGLOG] = {"PFADD {key}", "{member}"},
        [DATA_GEO] = {"GEOADD {key}", "{float:-180:180:6} {float:-85:85:6} {member}"},
        [DATA_BITMAP] = {"BITFIELD {key}", "SET u1 {index} {int:0:1}"},
    };
    if (spec->data == DATA_STRING && spec->ttl_high > 0) {
        (void)snprintf(out, DATASET_FILLER_SIZE, "SET {key} {value} PX {ttl}");
    } else if (fillers[spec->data].element == NULL) {
        (void)snprintf(out, DATASET_FILLER_SIZE, "%s", fillers[spec->data].command);
    } else {
        (void)snprintf(out, DATASET_FILLER_SIZE, "%s [%s]*%u", fillers[spec->data].command,
                       fillers[spec->data].element, (unsigned)chunk);
    }
}
