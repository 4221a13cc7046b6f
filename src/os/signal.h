/* Ctrl-C and its like.
 *
 * After signal_catch the first SIGINT, SIGTERM or SIGHUP sets a flag that long work polls; the
 * second one of SIGINT or SIGTERM writes the text of signal_last_words to standard error and ends
 * the process at once with exit code 130. A SIGHUP that was ignored from the start (nohup) stays
 * ignored. System calls other than sleeping and polling are restarted.
 * SIGPIPE is ignored: writing to a reader that went away fails instead of ending the process. */
#pragma once

#include <stdbool.h>

/* Call it once, from the main thread, before others are started. */
void signal_catch(void);
/* True once the user asked to stop. From any thread. */
bool signal_interrupted(void);
/* What a second Ctrl-C prints before the process ends: names what remains. Copied (at most 1023
 * bytes); "" for nothing. Call it from the main thread only. */
void signal_last_words(const char *text);
