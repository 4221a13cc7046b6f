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

void calibrated_look_up(const struct request *request, struct result *result)
{
    struct store *store = NULL;
    struct error err = {0};
    if (!result_kind_compares(result->kind) || result->design.aa || store_option_is_none(request)) {
        return;
    }
    bool is_open = store_option_open(request, STORE_READ, &store, &err);
    for (size_t i = 0; is_open && i < result->cell_count; i++) {
        look_up(store, result, &result->cells[i], &err);
    }
    store_close(store);
    if (err.code != ERROR_NONE) {
        result_add_finding(result, &result->findings, SEVERITY_NOTE, "calibration-unreadable", NULL,
                           "whether it was calibrated here cannot be told: %s", err.text);
    }
}
