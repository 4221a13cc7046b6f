/* What the checks of a spec have in common. Internal to the module. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* ERROR_USAGE with the sentence; returns false. */
bool spec_refuse(struct error *err, const char *sentence);
/* Is a value within its limits? ERROR_USAGE names it. */
bool spec_within(const char *name, uint64_t value, uint64_t low, uint64_t high, struct error *err);

struct load_spec;
struct workload_spec;

/* In roles.c: the groups, subscribers and so on of a workload, and whether they fit the load. */
bool spec_validate_roles(const struct workload_spec *workload, struct error *err);
bool spec_validate_role_load(const struct workload_spec *workload, const struct load_spec *load,
                             struct error *err);
