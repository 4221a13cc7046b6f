/* The workloads that the program brings: the files of src/workload/builtin, in alphabetical order.
 */
#pragma once

#include "base/str.h"

struct builtin_workload {
    const char *name; /* NULL ends the table */
    const char *description;
    const char *text; /* YAML: model/workload_file.h reads it */
};

extern const struct builtin_workload builtin_workloads[];

/* NULL: there is none of that name. */
const struct builtin_workload *builtin_find(struct str name);
