/* A dataset compiled: its keys and values, and what loads, prepares and removes one of them. Pure;
 * read-only after init. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/spec.h"
#include "workload/keys.h"
#include "workload/pattern.h"
#include "workload/template.h"
#include "workload/values.h"

/* No operation. */
#define DATASET_NONE SIZE_MAX

/* Keys that may be inserted, all clients together. */
#define DATASET_MAX_INSERTED UINT64_C(1000000000000)

struct dataset {
    struct key_space keys;
    struct value_space values;
    struct key_format key_format;
    char *key_prefix;      /* what all its keys begin with */
    bool grows;            /* keys are inserted: numbers from keys.count on */
    size_t load_operation; /* index of the workload's operation that stores one of its keys ... */
    size_t prepare_operation; /* ... of what is done to it then (DATASET_NONE: nothing) ... */
    size_t remove_operation;  /* ... and of the one that removes it */
    bool slot_is_fixed;       /* the prefix holds a hash tag: all keys are in `slot` */
    uint16_t slot;
    uint16_t prefix_crc; /* CRC16 of what all keys begin with */
};

/* Keys begin with `prefix`, and the dataset's name if it has one. `seed` fixes values and the
 * scattering of keys. */
void dataset_init(struct dataset *dataset, const struct workload_spec *spec, const char *prefix,
                  bool grows, uint64_t seed);
void dataset_release(struct dataset *dataset);
/* What its placeholders draw from. */
struct pattern_source dataset_source(const struct dataset *dataset,
                                     const struct workload_spec *spec);
/* The hash slot of a key. */
uint16_t dataset_slot(const struct dataset *dataset, uint64_t number);
/* Elements that one command stores while loading, with values of up to `max_value` bytes. */
uint64_t dataset_chunk(const struct workload_spec *spec, uint64_t max_value);

enum { DATASET_FILLER_SIZE = 96 };
/* The command that stores a key, or the next `chunk` of its elements. */
void dataset_filler(const struct workload_spec *spec, uint64_t chunk,
                    char out[DATASET_FILLER_SIZE]);
