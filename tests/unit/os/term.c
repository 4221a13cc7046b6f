#include "os/term.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "support/tap.h"

/* Opens the near end of a new pseudo terminal; `far` keeps it alive. */
static FILE *open_terminal(int *far)
{
    *far = posix_openpt(O_RDWR | O_NOCTTY);
    if (*far < 0 || grantpt(*far) != 0 || unlockpt(*far) != 0) {
        return NULL;
    }
    int near = open(ptsname(*far), O_RDWR | O_NOCTTY);
    return near < 0 ? NULL : fdopen(near, "w");
}

static void test_terminal(void)
{
    int far;
    FILE *terminal = open_terminal(&far);
    if (!tap_check(terminal != NULL, "opens a pseudo terminal")) {
        return;
    }
    static const struct {
        const char *term;
        const char *no_color;
        bool wanted;
    } rows[] = {
        {"xterm", NULL, true}, {"xterm", "", true}, {"xterm", "1", false},
        {"dumb", NULL, false}, {NULL, NULL, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)unsetenv("TERM");
        (void)unsetenv("NO_COLOR");
        if (rows[i].term != NULL) {
            (void)setenv("TERM", rows[i].term, 1);
        }
        if (rows[i].no_color != NULL) {
            (void)setenv("NO_COLOR", rows[i].no_color, 1);
        }
        tap_int(term_wants_color(terminal), rows[i].wanted, "colour with TERM=%s NO_COLOR=%s",
                rows[i].term == NULL ? "(unset)" : rows[i].term,
                rows[i].no_color == NULL ? "(unset)" : rows[i].no_color);
    }
    tap_check(term_is_terminal(terminal), "it is one");
    tap_int(term_width(terminal), 80, "no width is known at first");
    struct winsize size = {.ws_row = 24, .ws_col = 132};
    (void)ioctl(far, TIOCSWINSZ, &size);
    tap_int(term_width(terminal), 132, "then it is");
    (void)fclose(terminal);
    (void)close(far);
}

int main(void)
{
    test_terminal();
    FILE *file = tmpfile();
    if (tap_check(file != NULL, "opens a file")) {
        (void)setenv("TERM", "xterm", 1);
        (void)unsetenv("NO_COLOR");
        tap_check(!term_is_terminal(file), "a file is no terminal");
        tap_check(!term_wants_color(file), "and gets no colour");
        tap_int(term_width(file), 80, "and has the usual width");
        (void)fclose(file);
    }
    return tap_end();
}
