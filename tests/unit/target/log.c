#include "target/log.h"

#include "support/tap.h"

static const struct {
    const char *name;
    const char *log;
    const char *words;
    bool port_taken;
} rows[] = {
    {"an empty log", "", "", false},
    {"blank lines only", "\n \n\n", "", false},
    {"a refused setting",
     "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\nReading the configuration file, at line 6\n"
     ">>> 'foo \"bar\"'\nBad directive or wrong number of arguments\n",
     "Bad directive or wrong number of arguments ('foo')", false},
    {"a refused password is not shown", ">>> 'requirepass secret extra'\nwrong number of arguments",
     "wrong number of arguments ('requirepass')", false},
    {"a refused setting in stamped lines",
     "21:M 23 Nov 2026 15:35:04.361 # >>> 'foo bar'\n21:M 23 Nov 2026 15:35:04.361 # aborting\n",
     "aborting ('foo')", false},
    {"a setting without value", ">>> 'foo'\nBad directive\n", "Bad directive ('foo')", false},
    {"a refusal that is not the last line", ">>> 'foo 1'\nBad directive\nbye\n", "bye", false},
    {"a stamped line",
     "25:M 23 Nov 2026 15:13:08.436 * Ready\n25:M 23 Nov 2026 15:13:09.445 # bye bye...\n",
     "bye bye...", false},
    {"a stamped line without an end", "25:C 23 Nov 2026 15:13:09.445 - a - b", "a - b", false},
    {"a line of another form", "25: what * is this\n", "25: what * is this", false},
    {"a signal handler's line", "25:signal-handler (1795446786) Received SIGTERM\n",
     "25:signal-handler (1795446786) Received SIGTERM", false},
    {"a taken port",
     "25:M 23 Nov 2026 15:13:09.445 # Warning: Could not create server TCP listening socket "
     "127.0.0.1:18311: bind: Address already in use\n"
     "25:M 23 Nov 2026 15:13:09.446 # Failed listening on port 18311 (TCP), aborting.\n",
     "Failed listening on port 18311 (TCP), aborting.", true},
};

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[LOG_TEXT_SIZE];
        (void)tap_text(log_last_words(str_from(rows[i].log), text), rows[i].words, "%s",
                       rows[i].name);
        (void)tap_int(log_says_port_taken(str_from(rows[i].log)), rows[i].port_taken,
                      "%s: is the port taken", rows[i].name);
    }
    char longer[2 * LOG_TEXT_SIZE];
    memset(longer, 'x', sizeof longer);
    char text[LOG_TEXT_SIZE];
    (void)tap_int((int64_t)strlen(log_last_words((struct str){longer, sizeof longer}, text)),
                  LOG_TEXT_SIZE - 1, "a long line is cut");
    return tap_end();
}
