/* Text that looks like a language's: words by the frequencies that words have (Zipf), so that it
 * compresses about as well as prose. Pure. */
#pragma once

#include <stddef.h>

#include "base/rng.h"

/* Fills `size` bytes with words and spaces between them. */
void prose_fill(char *out, size_t size, struct rng *rng);
