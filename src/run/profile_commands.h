/* Commands that a profile knows how to write as operations of a workload. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "model/spec.h"

/* What a command works on. */
enum profile_place {
    PROFILE_ON_TYPE,   /* keys of `type` */
    PROFILE_ON_NUMBER, /* strings that are numbers */
    PROFILE_ON_ANY,    /* keys of any type: the most frequent group */
    PROFILE_ON_NONE,   /* no key */
};

struct profile_form {
    const char *name; /* in lower case; NULL ends the table */
    enum profile_place place;
    enum data_type type;
    /* As in workload files, with @ for the key's placeholder, and * for how many of them where a
     * command takes any number. */
    const char *text;
};

/* NULL: not known. */
const struct profile_form *profile_form_find(struct str name);
/* Is it no part of a load: connections, administration, our own questions? */
bool profile_form_is_apart(struct str name);
