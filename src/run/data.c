#include "run/data.h"

#include <string.h>

static bool sweep(const struct lane *lane, const struct arm_context *context, size_t operation,
                  uint64_t last, struct error *err)
{
    struct engine_keys keys = {.operation = operation, .last = last};
    return engine_sweep(lane->engine, &keys, context->watch, err);
}

/* ---- functions ---- */

static bool load_functions(const struct lane *lane, struct error *err)
{
    const struct words *words = &lane->workload->words;
    if (words->library == NULL) {
        return true;
    }
    struct str list[] = {STR("FUNCTION"), STR("LOAD"), STR("REPLACE"), str_from(words->source)};
    return target_call_primaries(&lane->arm->target, &(struct word_list){list, 4}, err) ||
           error_prefix(err, "loading functions");
}

static bool remove_functions(const struct lane *lane, struct error *err)
{
    const struct words *words = &lane->workload->words;
    if (words->library == NULL) {
        return true;
    }
    struct str list[] = {STR("FUNCTION"), STR("DELETE"), str_from(words->library)};
    struct error problem = {0};
    if (target_call_primaries(&lane->arm->target, &(struct word_list){list, 3}, &problem) ||
        strstr(problem.text, "Library not found") != NULL) {
        return true;
    }
    *err = problem;
    return false;
}

/* ---- datasets ---- */

/* Keys of all datasets. */
static uint64_t keys_of(const struct workload *workload)
{
    uint64_t keys = 0;
    for (size_t i = 0; i < workload->data_count; i++) {
        const struct dataset *data = &workload->data[i];
        keys += data->load_operation == DATASET_NONE ? 0 : data->keys.count;
    }
    return keys;
}

static bool fill(const struct lane *lane, const struct arm_context *context, struct error *err)
{
    for (size_t i = 0; i < lane->workload->data_count; i++) {
        const struct dataset *data = &lane->workload->data[i];
        if (data->load_operation != DATASET_NONE &&
            !sweep(lane, context, data->load_operation, data->keys.count, err)) {
            return false;
        }
    }
    return true;
}

static bool fill_and_count(const struct lane *lane, const struct arm_context *context,
                           struct error *err)
{
    struct target *target = &lane->arm->target;
    struct info_counters counters;
    uint64_t wanted = keys_of(lane->workload);
    uint64_t before = 0;
    uint64_t after = 0;
    if (!target_counters(target, &counters, err) || !target_count_keys(target, &before, err)) {
        return false;
    }
    uint64_t expired = counters.expired_keys;
    if (!fill(lane, context, err) || !target_count_keys(target, &after, err) ||
        !target_counters(target, &counters, err)) {
        return false;
    }
    /* Keys that other cells have made with a time to live may go meanwhile. */
    expired = counters.expired_keys - expired;
    return (after <= before + wanted && after + expired >= before + wanted) ||
           error_set(err, ERROR_INVALID,
                     "%s: loaded %llu keys, but the server counts %llu (is maxmemory too small for "
                     "them?)",
                     target->endpoint.name, (unsigned long long)wanted,
                     (unsigned long long)(after > before ? after - before : 0));
}

static bool prepare(const struct lane *lane, const struct arm_context *context, struct error *err)
{
    for (size_t i = 0; i < lane->workload->data_count; i++) {
        const struct dataset *data = &lane->workload->data[i];
        if (data->prepare_operation != DATASET_NONE &&
            !sweep(lane, context, data->prepare_operation, data->keys.count, err)) {
            return false;
        }
    }
    return true;
}

bool data_load(struct lane *lane, const struct arm_context *context, bool counts, struct error *err)
{
    bool is_filled = counts && lane->arm->target.owned ? fill_and_count(lane, context, err)
                                                       : fill(lane, context, err);
    return is_filled && prepare(lane, context, err) && load_functions(lane, err);
}

bool data_remove(const struct lane *lane, struct engine *engine, struct error *err)
{
    for (size_t i = 0; i < lane->workload->data_count; i++) {
        const struct dataset *data = &lane->workload->data[i];
        struct engine_keys keys = {.operation = data->remove_operation, .last = data->keys.count};
        if (data->grows && lane->reach > keys.last) {
            keys.last = lane->reach;
        }
        if (!engine_sweep(engine, &keys, NULL, err)) {
            return false;
        }
    }
    return remove_functions(lane, err);
}
