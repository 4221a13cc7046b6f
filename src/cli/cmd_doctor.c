#include <stdio.h>

#include "cli/command.h"
#include "cli/doctor.h"
#include "cli/options_workload.h"
#include "os/signal.h"

static const struct option_group *const groups[] = {&options_general, NULL};

static void conclude(const struct doctor *doctor)
{
    if (doctor->failures > 0) {
        (void)fprintf(doctor->out, "\nNot fit for measuring as it is: %u bad, %u to be wary of.\n",
                      doctor->failures, doctor->warnings);
    } else if (doctor->warnings > 0) {
        (void)fprintf(doctor->out, "\nFit for measuring, with %u to be wary of.\n",
                      doctor->warnings);
    } else {
        (void)fputs("\nFit for measuring.\n", doctor->out);
    }
}

/* All hosts of one target. */
static bool check_hosts(struct doctor *doctor, const struct target_spec *target)
{
    bool fit = true;
    for (size_t i = 0; i < target_spec_hosts(target) && !signal_interrupted(); i++) {
        fit = doctor_check_target(doctor, target_spec_host(target, i)) && fit;
    }
    return fit;
}

static bool doctor(struct request *request, int *exit_code, struct error *err)
{
    struct doctor state = {.out = stdout};
    doctor_check_machine(&state);
    doctor_check_noise(&state);
    doctor_check_servers(&state);
    *exit_code = COMMAND_DONE;
    for (size_t i = 0; i < request->spec.target_count && !signal_interrupted(); i++) {
        if (!check_hosts(&state, &request->spec.targets[i])) {
            *exit_code = COMMAND_TARGET;
        }
    }
    if (signal_interrupted()) {
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    }
    conclude(&state);
    if (fflush(stdout) != 0) {
        return error_set(err, ERROR_USAGE, "standard output cannot be written");
    }
    return true;
}

const struct command cmd_doctor = {
    .name = "doctor",
    .arguments = "[TARGET ...]",
    .summary = "is this machine (and that target) fit for measuring?",
    .text =
        "Looks at what disturbs measurements on this machine: processors, clock, limits, other "
        "programs, the noise of fixed work; and at each target: can it be reached, who answers, "
        "how fast, and what else it is doing. Takes about 4 s and changes nothing.",
    .groups = groups,
    .takes_targets = true,
    .starts_servers = true,
    .run = doctor,
};
