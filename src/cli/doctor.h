/* Is this machine, and are those targets, fit for measuring? Checks that look, say what they saw,
 * judge it and advise; nothing is changed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "base/units.h"
#include "model/target_spec.h"

enum doctor_verdict { DOCTOR_OK, DOCTOR_WARN, DOCTOR_BAD };

struct doctor {
    FILE *out;
    unsigned warnings;
    unsigned failures;
};

/* Writes one finding at once, because some checks take seconds. `format`: what was seen. */
void doctor_say(struct doctor *doctor, enum doctor_verdict verdict, const char *name,
                const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Below the finding: what it means or what to do about it. NULL: nothing. */
void doctor_advise(struct doctor *doctor, const char *advice);

/* Processors, governor, huge pages, limits, clock: what the system says about itself. */
void doctor_check_machine(struct doctor *doctor);
/* About 3 s of watching: other programs, time taken by the hypervisor, and how evenly fixed work is
 * done. Stops early when the user wants to. */
void doctor_check_noise(struct doctor *doctor);
/* Server programs that local: targets can use. */
void doctor_check_servers(struct doctor *doctor);
/* Reaches (or starts) the target and asks it. False: it cannot be reached; that has been said. */
bool doctor_check_target(struct doctor *doctor, const struct target_spec *spec);

/* Sorts ascending. */
void doctor_sort(nsec *times, size_t count);
