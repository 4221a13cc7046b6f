/* Text for people, broken into lines. Pure. */
#pragma once

#include <stddef.h>

#include "base/buf.h"

enum { WRAP_WIDTH = 80 };

/* Appends `text` broken at blanks so that no line is wider than WRAP_WIDTH (a longer word stays
 * whole). The first line is taken to begin at column `column`, every other one begins with `indent`
 * blanks. Ends with a newline. */
void wrap_write(struct buf *out, const char *text, size_t column, size_t indent);

/* Replaces control characters by '?': text that came from a server must not steer the terminal. */
void wrap_defuse(char *text, size_t len);
