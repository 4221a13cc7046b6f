#include "analysis/calibrate.h"
#include "cli/command.h"
#include "cli/default_targets.h"
#include "cli/measure.h"
#include "cli/option_read.h"
#include "cli/options_workload.h"
#include "run/campaign.h"

#define FIELD(member) offsetof(struct request, member)
#define LEAST_SETTLE (CALIBRATE_SETTLE_SLICES * 10 * NSEC_PER_MSEC) /* no slice is shorter */

static bool read_slice(const struct option *option, struct str value, void *field,
                       struct error *err)
{
    (void)option;
    return spec_read_slice(value, field, err);
}

static bool read_settle(const struct option *option, struct str value, void *field,
                        struct error *err)
{
    nsec settle;
    if (!option_read_duration(option, value, &settle, err)) {
        return false;
    }
    if (settle > 0 && settle < LEAST_SETTLE) {
        return error_set(err, ERROR_USAGE,
                         "\"%.*s\": write at least 400ms, or 0s not to look at the warm-up",
                         STR_ARG(value));
    }
    *(nsec *)field = settle;
    return true;
}

static const struct option calibrating[] = {
    {"pairs", '\0', "N", "pairs of runs of the target and itself", "6", option_read_u32,
     FIELD(spec.design.pairs), CALIBRATE_LEAST_PAIRS, 10000},
    {"slice", '\0', "TIME",
     "how long one arm is loaded before the other has its turn; whole: one slice per run", "250ms",
     read_slice, FIELD(spec.design.slice), 0, 0},
    {"settle", '\0', "TIME",
     "how long each arm is watched beforehand, without warm-up, to see how much it takes; 0s: not",
     "10s", read_settle, FIELD(spec.design.settle), 0, 3600 * NSEC_PER_SEC},
    {.name = NULL},
};
static const struct option_group options_calibrating = {"Calibrating", calibrating};

static const struct option_group *const groups[] = {
    &options_calibrating,
    &options_measuring,
    &options_workload,
    &options_load,
    &options_output,
    &options_general,
    NULL,
};

static bool calibrate(struct request *request, int *exit_code, struct error *err)
{
    struct spec *spec = &request->spec;
    spec->design.aa = true;
    if (spec->target_count > 1) {
        return error_set(err, ERROR_USAGE,
                         "calibrate weighs one target against itself; %zu were given",
                         spec->target_count);
    }
    if (spec->target_count == 1 && !request_one_host(request, "calibrate", err)) {
        return false;
    }
    if (spec->target_count == 0 && !default_targets(request, err)) {
        return false;
    }
    if (!option_is_given(&request->line, "settle")) {
        spec->design.settle = CALIBRATE_SETTLE;
    }
    request_want_both_loops(request);
    return measure(request, campaign_calibrate, exit_code, err);
}

const struct command cmd_calibrate = {
    .name = "calibrate",
    .arguments = "[options] [TARGET]",
    .summary = "find out how noisy it is here, and what can be seen in spite of it",
    .text = "Weighs a target against itself: how much pairs scatter, what difference so many of "
            "them can show, from where the noise comes, and which --slice and --warmup follow. "
            "The result is kept, and comparisons under the same conditions show its noise floor "
            "beside their verdicts. Without a target: the redis-server found on this machine, or "
            "else the valkey-server.",
    .groups = groups,
    .takes_targets = true,
    .starts_servers = true,
    .run = calibrate,
};
