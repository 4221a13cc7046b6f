#include "cli/calibrated.h"

#include "analysis/calibrate.h"
#include "cli/store_option.h"
#include "model/calibration_json.h"
#include "model/fingerprint.h"

/* NULL: there is none, or, with err->code set, nobody can tell. */
static struct calibration *find(struct store *store, struct result *result,
                                const struct result_cell *cell, uint32_t arm, struct error *err)
{
    char fingerprint[FINGERPRINT_SIZE];
    struct buf text = {0};
    (void)fingerprint_take(result, cell, arm, fingerprint);
    bool found = store_find_calibration(store, fingerprint, &text, err) && text.len > 0;
    struct calibration *calibration =
        found ? calibration_json_parse(buf_str(&text), result, err) : NULL;
    buf_release(&text);
    return calibration;
}

static void look_up(struct store *store, struct result *result, struct result_cell *cell,
                    struct error *err)
{
    struct calibration *calibration = NULL;
    for (uint32_t arm = 0; arm < result->arm_count && calibration == NULL; arm++) {
        calibration = find(store, result, cell, arm, err);
    }
    if (calibration != NULL) {
        calibrate_attach(result, cell, calibration);
    }
}

/* Are there figures to which the noise of a target against itself says something? */
static bool is_concerned(const struct request *request, const struct result *result)
{
    return result_kind_compares(result->kind) && !result->design.aa &&
           !store_option_is_none(request);
}

bool calibrated_look_up(const struct request *request, struct result *result)
{
    struct store *store = NULL;
    struct error err = {0};
    bool found = false;
    if (!is_concerned(request, result)) {
        return false;
    }
    bool is_open = store_option_open(request, STORE_READ, &store, &err);
    for (size_t i = 0; is_open && i < result->cell_count; i++) {
        look_up(store, result, &result->cells[i], &err);
        found = found || result->cells[i].calibration != NULL;
    }
    store_close(store);
    if (err.code != ERROR_NONE) {
        result_add_finding(result, &result->findings, SEVERITY_NOTE, "calibration-unreadable", NULL,
                           "whether it was calibrated here cannot be told: %s", err.text);
    }
    return found;
}

/* ---- by itself ---- */

bool calibrated_is_due(const struct request *request, const struct result *result)
{
    return is_concerned(request, result) && request->calibrates && result->kind == RESULT_COMPARE &&
           result->design.preset != PRESET_QUICK && !result->interrupted &&
           !result_unit_is_host(result) && request->spec.target_count > 0 &&
           target_spec_hosts(&request->spec.targets[0]) == 1 &&
           finding_list_worst(&result->findings) != SEVERITY_INVALID;
}

void calibrated_plan(const struct request *request, struct spec *spec)
{
    *spec = request->spec;
    spec->target_count = 1;
    spec->design.aa = true;
    spec->design.pairs = CALIBRATE_LEAST_PAIRS;
    spec->design.max_pairs = 0;
    spec->design.time_budget = 0;
    spec->design.settle = CALIBRATE_SETTLE;
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        spec->design.gated[metric] = false;
    }
}
