#include "run/data.h"

static bool sweep(struct arm *arm, const struct arm_context *context, size_t operation,
                  uint64_t last, struct error *err)
{
    struct engine_keys keys = {.operation = operation, .last = last};
    return engine_sweep(arm->engine, &keys, context->watch, err);
}

/* ---- functions ---- */

static bool load_functions(struct arm *arm, const struct arm_context *context, struct error *err)
{
    const struct words *words = &context->workload->words;
    if (words->library == NULL) {
        return true;
    }
    struct str list[] = {STR("FUNCTION"), STR("LOAD"), STR("REPLACE"), str_from(words->source)};
    return target_call_primaries(&arm->target, &(struct word_list){list, 4}, err) ||
           error_prefix(err, "loading functions");
}

static bool remove_functions(struct arm *arm, const struct arm_context *context, struct error *err)
{
    const struct words *words = &context->workload->words;
    if (words->library == NULL) {
        return true;
    }
    struct str list[] = {STR("FUNCTION"), STR("DELETE"), str_from(words->library)};
    struct error problem = {0};
    if (target_call_primaries(&arm->target, &(struct word_list){list, 3}, &problem) ||
        strstr(problem.text, "Library not found") != NULL) {
        return true;
    }
    *err = problem;
    return false;
}

/* ---- datasets ---- */

static bool check_count(struct arm *arm, const struct arm_context *context, struct error *err)
{
    const struct workload_spec *spec = &context->spec->workload;
    bool expires = spec->ttl_high > 0;
    uint64_t wanted = 0;
    uint64_t counted;
    for (size_t i = 0; i < context->workload->data_count; i++) {
        wanted += context->workload->data[i].keys.count;
    }
    for (size_t i = 0; i < spec->other_count; i++) {
        expires = expires || spec->others[i].ttl_high > 0;
    }
    if (!arm->target.owned || expires) {
        return true;
    }
    if (!target_count_keys(&arm->target, &counted, err)) {
        return false;
    }
    return counted == wanted ||
           error_set(err, ERROR_INVALID,
                     "%s: loaded %llu keys, but the server counts %llu (is maxmemory too small for "
                     "them?)",
                     arm->target.endpoint.name, (unsigned long long)wanted,
                     (unsigned long long)counted);
}

static bool prepare_data(struct arm *arm, const struct arm_context *context, struct error *err)
{
    const struct workload *workload = context->workload;
    for (size_t i = 0; i < workload->data_count; i++) {
        const struct dataset *data = &workload->data[i];
        if (data->prepare_operation != DATASET_NONE &&
            !sweep(arm, context, data->prepare_operation, data->keys.count, err)) {
            return false;
        }
    }
    return true;
}

bool data_load(struct arm *arm, const struct arm_context *context, struct error *err)
{
    const struct workload *workload = context->workload;
    for (size_t i = 0; i < workload->data_count && workload->trace == NULL; i++) {
        const struct dataset *data = &workload->data[i];
        if (!sweep(arm, context, data->load_operation, data->keys.count, err)) {
            return false;
        }
    }
    if (workload->trace != NULL) {
        return true; /* it begins as it did when it was captured: with nothing of ours */
    }
    return check_count(arm, context, err) && prepare_data(arm, context, err) &&
           load_functions(arm, context, err);
}

bool data_remove(struct arm *arm, const struct arm_context *context, struct error *err)
{
    const struct workload *workload = context->workload;
    for (size_t i = 0; i < workload->data_count; i++) {
        const struct dataset *data = &workload->data[i];
        uint64_t last = data->keys.count;
        if (data->grows && arm->reach > last) {
            last = arm->reach;
        }
        if (!sweep(arm, context, data->remove_operation, last, err)) {
            return false;
        }
    }
    return remove_functions(arm, context, err);
}

void data_note_reach(struct arm *arm)
{
    uint64_t reach = arm->engine == NULL ? 0 : engine_reach(arm->engine);
    arm->reach = reach > arm->reach ? reach : arm->reach;
}
