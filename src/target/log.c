#include "target/log.h"

#include <stdio.h>

/* The mark of a level stands alone between the time and the text. */
static bool is_level(struct str word)
{
    return word.len == 1 && memchr("#*-.", word.data[0], 4) != NULL;
}

/* Drops "1234:M 23 Nov 2026 15:13:08.436 # " in front of the text; a line of another form stays. */
static struct str without_stamp(struct str line)
{
    enum { WORDS_BEFORE_LEVEL = 5 };
    struct str rest = line;
    struct str process = str_split(&rest, ' ');
    uint64_t pid;
    ptrdiff_t colon = str_find(process, ':');
    if (colon < 0 || !str_to_u64(str_prefix(process, (size_t)colon), &pid)) {
        return line;
    }
    for (int i = 1; i < WORDS_BEFORE_LEVEL; i++) {
        (void)str_split(&rest, ' '); /* day, month, year, time */
    }
    return is_level(str_split(&rest, ' ')) ? str_trim(rest) : line;
}

/* The name in ">>> 'name value'": the value may be a password. */
static struct str quoted_setting(struct str line)
{
    struct str rest = str_from_index(line, sizeof(">>> '") - 1);
    size_t len = 0;
    while (len < rest.len && rest.data[len] != ' ' && rest.data[len] != '\'') {
        len++;
    }
    return str_prefix(rest, len);
}

const char *log_last_words(struct str log, char text[LOG_TEXT_SIZE])
{
    struct str last = {0};
    struct str setting = {0}; /* the refused one, when the line before the last quotes it */
    bool was_quoted = false;
    while (log.len > 0) {
        struct str line = str_trim(str_split(&log, '\n'));
        if (line.len == 0) {
            continue;
        }
        line = without_stamp(line);
        bool quotes = str_starts_with(line, STR(">>> '"));
        if (quotes) {
            setting = quoted_setting(line);
        } else {
            setting = was_quoted ? setting : (struct str){0};
            last = line;
        }
        was_quoted = quotes;
    }
    if (setting.len > 0) {
        (void)snprintf(text, LOG_TEXT_SIZE, "%.*s ('%.*s')", STR_ARG(last), STR_ARG(setting));
    } else {
        (void)snprintf(text, LOG_TEXT_SIZE, "%.*s", STR_ARG(last));
    }
    return text;
}

bool log_says_port_taken(struct str log)
{
    static const char said[] = "Address already in use";
    return log.len > 0 && memmem(log.data, log.len, said, sizeof said - 1) != NULL;
}
