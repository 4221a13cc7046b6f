/* The part of a spec that describes data: what a workload stores, and how much that is. */
#include <string.h>

#include "model/spec.h"

enum {
    KEY_OVERHEAD = 64,            /* bytes that a server spends on a key, about */
    ELEMENT_OVERHEAD = 32,        /* and on an element of it */
    MEMBER_SIZE = 16,             /* name of a field or member, about */
    LOGLOG_SIZE = 12 * 1024 + 16, /* a HyperLogLog that is dense, the most */
};

static bool same_choices(const struct workload_spec *a, const struct workload_spec *b)
{
    if (a->value_choice_count != b->value_choice_count) {
        return false;
    }
    for (size_t i = 0; i < a->value_choice_count; i++) {
        if (a->value_choices[i].size != b->value_choices[i].size ||
            a->value_choices[i].weight != b->value_choices[i].weight) {
            return false;
        }
    }
    return true;
}

static bool same_form(const struct value_form *a, const struct value_form *b)
{
    return a->kind == b->kind && a->encoding == b->encoding && a->compression == b->compression &&
           a->level == b->level &&
           strcmp(a->object == NULL ? "" : a->object, b->object == NULL ? "" : b->object) == 0;
}

static bool same_values(const struct workload_spec *a, const struct workload_spec *b)
{
    return same_form(&a->form, &b->form) && a->value_sizes == b->value_sizes &&
           a->value_size_low == b->value_size_low && a->value_size_high == b->value_size_high &&
           same_choices(a, b) && !(a->value_size_mean < b->value_size_mean) &&
           !(a->value_size_mean > b->value_size_mean) && !(a->value_size_sd < b->value_size_sd) &&
           !(a->value_size_sd > b->value_size_sd) && !(a->compressibility < b->compressibility) &&
           !(a->compressibility > b->compressibility);
}

static bool same_keys(const struct workload_spec *a, const struct workload_spec *b)
{
    return a->keys == b->keys && a->key_size == b->key_size && a->hash_tags == b->hash_tags &&
           strcmp(a->key_prefix, b->key_prefix) == 0;
}

/* Several datasets, and what is prepared: the same where it was copied from the same. */
static bool same_extras(const struct workload_spec *a, const struct workload_spec *b)
{
    return a->others == b->others && a->prepare == b->prepare && a->functions == b->functions &&
           a->counts_keys == b->counts_keys;
}

bool spec_same_data(const struct workload_spec *a, const struct workload_spec *b)
{
    bool same_elements = a->data == DATA_STRING || a->elements == b->elements;
    return a->data == b->data && same_elements && same_keys(a, b) && same_values(a, b) &&
           same_extras(a, b) && a->ttl_low == b->ttl_low && a->ttl_high == b->ttl_high;
}

double spec_value_size_mean(const struct workload_spec *workload)
{
    double sum = 0;
    double weights = 0;
    switch (workload->value_sizes) {
    case VALUE_SIZES_LOGNORMAL:
        return workload->value_size_mean;
    case VALUE_SIZES_WEIGHTED:
        for (size_t i = 0; i < workload->value_choice_count; i++) {
            sum +=
                (double)workload->value_choices[i].size * (double)workload->value_choices[i].weight;
            weights += (double)workload->value_choices[i].weight;
        }
        return weights > 0 ? sum / weights : 0;
    case VALUE_SIZES_EVEN:
        break;
    }
    return ((double)workload->value_size_low + (double)workload->value_size_high) / 2;
}

static double bytes_of_key(const struct workload_spec *workload)
{
    double value = spec_value_size_mean(workload);
    double element = value + ELEMENT_OVERHEAD;
    switch (workload->data) {
    case DATA_NONE:
        return 0;
    case DATA_STRING:
        return KEY_OVERHEAD + value;
    case DATA_HYPERLOGLOG:
        return KEY_OVERHEAD + LOGLOG_SIZE;
    case DATA_BITMAP:
        return KEY_OVERHEAD + (double)workload->elements / 8;
    case DATA_SET:
    case DATA_ZSET:
    case DATA_GEO:
        element = ELEMENT_OVERHEAD + MEMBER_SIZE;
        break;
    case DATA_HASH:
    case DATA_STREAM:
        element += MEMBER_SIZE;
        break;
    case DATA_LIST:
        break;
    }
    return KEY_OVERHEAD + (double)workload->elements * element;
}

uint64_t spec_data_bytes(const struct workload_spec *workload)
{
    double bytes = (double)workload->keys * bytes_of_key(workload);
    return bytes < (double)INT64_MAX ? (uint64_t)bytes : INT64_MAX;
}
