#include "cli/command.h"
#include "cli/measure.h"
#include "cli/options_workload.h"
#include "run/campaign.h"

static const struct option_group *const groups[] = {
    &options_measuring, &options_workload, &options_load, &options_output, &options_general, NULL,
};

static bool run(struct request *request, int *exit_code, struct error *err)
{
    struct spec *spec = &request->spec;
    if (spec->target_count != 1) {
        return error_set(err, ERROR_USAGE, "run measures one target; %zu were given",
                         spec->target_count);
    }
    if (!request_one_host(request, "run", err)) {
        return false;
    }
    spec->design.pairs = 1;
    spec->design.slice = 0;
    return measure(request, campaign_run, exit_code, err);
}

const struct command cmd_run = {
    .name = "run",
    .arguments = "[options] TARGET",
    .summary = "measure one target",
    .text = "Measures one target: throughput and latency over the measured time. A target is "
            "redis://HOST[:PORT] (rediss:// with TLS), unix:///PATH or "
            "local:PROGRAM[@VERSION][?SETTING=VALUE&...].",
    .groups = groups,
    .takes_targets = true,
    .starts_servers = true,
    .run = run,
};
