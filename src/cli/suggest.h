/* "Did you mean ...?": how far a word that nobody knows is from one that exists. Pure. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

/* Insertions, deletions, replacements and swaps of neighbours that turn one word into the other
 * (Damerau's distance, each pair of neighbours swapped at most once). Words beyond 63 bytes are as
 * far as their length. */
unsigned suggest_distance(struct str a, struct str b);

/* Collects the nearest of several candidates. */
struct suggestion {
    struct str word;  /* what was typed */
    const char *best; /* NULL: nothing is near enough */
    unsigned distance;
};

void suggest_init(struct suggestion *suggestion, struct str word);
/* Takes `candidate` if it is nearer than all before it, and near enough to be meant: at most a
 * third of its letters differ. */
void suggest_consider(struct suggestion *suggestion, const char *candidate);
