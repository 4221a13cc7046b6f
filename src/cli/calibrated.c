#include "cli/calibrated.h"

#include "analysis/calibrate.h"
#include "cli/store_option.h"
#include "model/calibration_json.h"
#include "model/fingerprint.h"

/* NULL: there is none. */
static struct calibration *find(struct store *store, struct result *result,
                                const struct result_cell *cell, uint32_t arm)
{
    char fingerprint[FINGERPRINT_SIZE];
    struct buf text = {0};
    (void)fingerprint_take(result, cell, arm, fingerprint);
    bool found = store_find_calibration(store, fingerprint, &text, NULL) && text.len > 0;
    struct calibration *calibration =
        found ? calibration_json_parse(buf_str(&text), result, NULL) : NULL;
    buf_release(&text);
    return calibration;
}

void calibrated_look_up(const struct request *request, struct result *result)
{
    struct store *store = NULL;
    if (!result_kind_compares(result->kind) || result->design.aa || store_option_is_none(request) ||
        !store_option_open(request, STORE_READ, &store, NULL)) {
        return;
    }
    for (size_t i = 0; i < result->cell_count; i++) {
        struct result_cell *cell = &result->cells[i];
        struct calibration *calibration = NULL;
        for (uint32_t arm = 0; arm < result->arm_count && calibration == NULL; arm++) {
            calibration = find(store, result, cell, arm);
        }
        if (calibration != NULL) {
            calibrate_attach(result, cell, calibration);
        }
    }
    store_close(store);
}
