/* Finds records of a fixed size that begin with a marker, in a stream of bytes that may be cut
 * anywhere. Pure, without allocation. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* What is looked for, and who is told. */
struct finder {
    struct str marker; /* not empty */
    size_t size;       /* of a record, with its marker; more than 1 */
    /* Told of a record, whose bytes are valid during the call. False: it only begins like one. */
    bool (*found)(void *self, const char *record);
    void *self;
};

/* The end of what was given last, in which a record may have begun. */
struct finder_tail {
    char *bytes; /* room for 2 * size */
    size_t len;
};

/* Goes on with the next bytes of the stream. To begin anew set tail->len to 0. */
void finder_feed(const struct finder *finder, struct finder_tail *tail, struct str bytes);
