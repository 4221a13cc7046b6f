#include "workload/builtin.h"

#include <stddef.h>

static const struct builtin_workload *find(const struct builtin_workload *table, struct str name)
{
    for (const struct builtin_workload *at = table; at->name != NULL; at++) {
        if (str_eq(name, str_from(at->name))) {
            return at;
        }
    }
    return NULL;
}

const struct builtin_workload *builtin_find(struct str name)
{
    return find(builtin_workloads, name);
}

const struct builtin_workload *builtin_find_suite(struct str name)
{
    return find(builtin_suites, name);
}
