#include "workload/builtin.h"

#include <stddef.h>

const struct builtin_workload *builtin_find(struct str name)
{
    for (const struct builtin_workload *at = builtin_workloads; at->name != NULL; at++) {
        if (str_eq(name, str_from(at->name))) {
            return at;
        }
    }
    return NULL;
}
