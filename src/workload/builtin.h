/* The workloads and suites that the program brings: the files of src/workload/builtin and
 * src/workload/suites, in alphabetical order. */
#pragma once

#include "base/str.h"

struct builtin_workload {
    const char *name; /* NULL ends the table */
    const char *description;
    const char *text; /* YAML: model/workload_file.h or model/suite.h reads it */
};

extern const struct builtin_workload builtin_workloads[];
extern const struct builtin_workload builtin_suites[];

/* NULL: there is none of that name. */
const struct builtin_workload *builtin_find(struct str name);
const struct builtin_workload *builtin_find_suite(struct str name);
