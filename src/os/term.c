#include "os/term.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { USUAL_WIDTH = 80 };

bool term_is_terminal(FILE *stream)
{
    return isatty(fileno(stream)) == 1;
}

bool term_wants_color(FILE *stream)
{
    const char *no_color = getenv("NO_COLOR");
    const char *kind = getenv("TERM");
    return term_is_terminal(stream) && (no_color == NULL || no_color[0] == '\0') && kind != NULL &&
           strcmp(kind, "dumb") != 0;
}

unsigned term_width(FILE *stream)
{
    struct winsize size = {0};
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return USUAL_WIDTH;
    }
    return size.ws_col;
}
