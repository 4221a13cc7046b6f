/* What a server's log says about how it ended. Pure. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

enum { LOG_TEXT_SIZE = 256 };

/* The reason a server gave last, as part of a sentence: the last line that is not empty, without
 * its process id and time; for a setting that was refused the reason and its name:
 * "Bad directive or wrong number of arguments ('foo')". "" for an empty log. Returns `text`.
 * Forms: those of Redis and Valkey ("PID:ROLE DAY MONTH YEAR TIME LEVEL TEXT"). */
const char *log_last_words(struct str log, char text[LOG_TEXT_SIZE]);
/* Did it find its port taken by another process? */
bool log_says_port_taken(struct str log);
