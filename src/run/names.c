#include "run/names.h"

#include <string.h>

#include "os/clock.h"
#include "os/system.h"
#include "run/plan.h"

enum { IDENTITY_MASK = 0xffffff };

uint64_t names_draw_identity(void)
{
    return system_draw_random();
}

const char *names_result_id(struct result *result, uint64_t identity)
{
    char utc[CLOCK_TEXT_SIZE];
    char date[CLOCK_TEXT_SIZE];
    size_t len = 0;
    clock_format_utc(result->created_wall, utc);
    for (const char *c = utc; *c != '\0' && *c != '.'; c++) {
        if (*c != '-' && *c != ':') {
            date[len++] = *c;
        }
    }
    date[len] = '\0';
    return arena_printf(&result->arena, "%s-%06x", date, (unsigned)(identity & IDENTITY_MASK));
}

const char *names_key_prefix(struct arena *arena, const char *prefix, uint64_t identity)
{
    return arena_printf(arena, "%s%06x:", prefix, (unsigned)(identity & IDENTITY_MASK));
}

static bool is_taken(const struct result *result, size_t arm, const char *label)
{
    for (size_t i = 0; i < result->arm_count; i++) {
        if (i != arm && result->arms[i].label != NULL &&
            strcmp(result->arms[i].label, label) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_answered(const struct result_arm *arm)
{
    return arm->engine != NULL && arm->engine[0] != '\0';
}

/* Labels all arms of `unnamed` with `format(arm)`; takes them back where two are alike. */
static void try_labels(struct result *result, const bool *unnamed, bool with_version)
{
    for (size_t i = 0; i < result->arm_count; i++) {
        struct result_arm *arm = &result->arms[i];
        if (unnamed[i] && arm->label == NULL && has_answered(arm)) {
            arm->label = with_version ? arena_printf(&result->arena, "%s-%s", arm->engine,
                                                     arm->engine_version)
                                      : arm->engine;
        }
    }
    bool clash[PLAN_MAX_ARMS] = {false};
    for (size_t i = 0; i < result->arm_count; i++) {
        clash[i] = unnamed[i] && result->arms[i].label != NULL &&
                   is_taken(result, i, result->arms[i].label);
    }
    for (size_t i = 0; i < result->arm_count; i++) {
        if (clash[i]) {
            result->arms[i].label = NULL;
        }
    }
}

void names_label_arms(struct result *result)
{
    bool unnamed[PLAN_MAX_ARMS] = {false};
    for (size_t i = 0; i < result->arm_count; i++) {
        unnamed[i] = result->arms[i].label == NULL;
    }
    try_labels(result, unnamed, false);
    try_labels(result, unnamed, true);
    for (size_t i = 0; i < result->arm_count; i++) {
        struct result_arm *arm = &result->arms[i];
        for (unsigned number = 1; arm->label == NULL; number++) {
            const char *label = has_answered(arm)
                                    ? arena_printf(&result->arena, "%s-%s-%u", arm->engine,
                                                   arm->engine_version, number)
                                    : arena_printf(&result->arena, "target-%u", number);
            arm->label = is_taken(result, i, label) ? NULL : label;
        }
    }
}
