/* The terminal, if there is one. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* True if the stream is a terminal. */
bool term_is_terminal(FILE *stream);
/* True if colours are wanted on the stream: a terminal, NO_COLOR unset or empty, TERM not "dumb".
 */
bool term_wants_color(FILE *stream);
/* Columns of the terminal, or 80 where there is none. */
unsigned term_width(FILE *stream);
